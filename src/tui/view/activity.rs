//! The log.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::separation;
use crate::api::Entry;
use crate::domain::entity::RecordKind;
use crate::tui::app::App;
use crate::tui::content;
use crate::tui::layout::Parts;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

pub(super) fn draw(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let theme = app.ctx.theme;
    let log = &app.activity;
    let count = if log.entries.is_empty() {
        String::new()
    } else {
        format!("{}/{}{}", log.scroll.cursor + 1, log.entries.len(), if log.ended { "" } else { "+" })
    };
    paint::put(
        buf,
        1,
        parts.bar.y,
        parts.bar.width,
        "Who changed what, latest first",
        theme.style(Tone::Dim),
    );
    let width = u16::try_from(text::width(&count)).unwrap_or(0);
    let x = parts.bar.right().saturating_sub(width);
    paint::put(buf, x, parts.bar.y, width, &count, theme.style(Tone::Dim));
    if let Some(fault) = &log.fault {
        let line = format!("{}{}", theme.mark(Tone::Error), fault.message);
        paint::put(buf, parts.main.x, parts.main.y, parts.main.width, &line, theme.style(Tone::Error));
        return None;
    }
    let title = theme.style(Tone::Title);
    let widths = columns(parts.main.width);
    for ((x, width), label) in widths.into_iter().zip(["When", "Who", "What", "Record", "Changes"]) {
        paint::put(buf, x, parts.captions.y, width, label, title);
    }
    let mut at = None;
    let rows = log.entries.iter().enumerate().skip(usize::try_from(log.scroll.top).unwrap_or(0));
    for (y, (n, entry)) in (parts.main.y..parts.main.bottom()).zip(rows) {
        let on = n as u64 == log.scroll.cursor;
        let style = theme.style(if on { Tone::Selection } else { Tone::Text });
        buf.set_style(Rect { y, height: 1, ..parts.main }, style);
        paint::put(buf, parts.main.x, y, 1, if on { ">" } else { " " }, style);
        let cells = [
            content::time(entry.at, app.ctx.zone),
            entry.actor.clone(),
            content::done(entry.action).to_owned(),
            record(entry),
            summary(entry),
        ];
        for ((x, width), cell) in widths.into_iter().zip(cells) {
            paint::put(buf, x, y, width, &cell, style);
        }
        if on {
            at = Some(Position { x: parts.main.x, y });
        }
    }
    if let (Some(line), Some(pane)) = (parts.line, parts.pane) {
        separation(buf, line, app);
        let room = Rect { x: pane.x + 1, width: pane.width.saturating_sub(1), ..pane };
        paint::lines(buf, room, &app.pane_lines(), 0, None, theme);
    }
    at
}

/// Where each column begins, and its width: when, who, what, which record, which fields.
fn columns(width: u16) -> [(u16, u16); 5] {
    let when = 16;
    let who = if width >= 76 { 12 } else { 8 };
    let what = if width >= 76 { 18 } else { 8 };
    let left = width.saturating_sub(2 + when + who + what + 8);
    let record = if width >= 70 { left / 2 } else { left };
    let mut x = 2;
    let mut next = |width: u16| {
        let place = (x, width);
        x += width + 2;
        place
    };
    [next(when), next(who), next(what), next(record), next(left.saturating_sub(record))]
}

fn record(entry: &Entry) -> String {
    if entry.erased {
        return "(erased)".to_owned();
    }
    let kind = match entry.kind {
        RecordKind::Contact => "",
        RecordKind::Settings => "store",
        kind => kind.singular(),
    };
    match (kind.is_empty(), entry.title.is_empty()) {
        (true, _) => entry.title.clone(),
        (false, true) => kind.to_owned(),
        (false, false) => format!("{kind}: {}", entry.title),
    }
}

fn summary(entry: &Entry) -> String {
    entry.changes.iter().map(|change| change.label.as_str()).collect::<Vec<_>>().join(", ")
}
