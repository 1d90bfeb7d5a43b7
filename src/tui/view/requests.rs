//! The register of requests, and one request.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::today::fault;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::Parts;
use crate::tui::paint;
use crate::tui::rights::{lines, urgency};
use crate::tui::text;
use crate::tui::theme::Tone;

/// Where the columns begin, and their widths: number, how urgent, due, right, person, who carries it out.
fn columns(width: u16) -> [(u16, u16, &'static str); 6] {
    let (number, urgent, due, right) = (4, 20, 10, if width >= 100 { 21 } else { 13 });
    let assigned = if width >= 70 { 9 } else { 0 };
    let used = 2 + number + urgent + due + right + assigned + 4 + u16::from(assigned > 0);
    let mut x = 2;
    let mut next = |width: u16, label| {
        let place = (x, width, label);
        x += if width == 0 { 0 } else { width + 1 };
        place
    };
    [
        next(number, "No"),
        next(urgent, "How urgent"),
        next(due, "Due"),
        next(right, "Asks for"),
        next(width.saturating_sub(used), "Person"),
        next(assigned, "Assigned"),
    ]
}

pub(super) fn register(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let theme = app.ctx.theme;
    let state = &app.requests;
    let (open, overdue) = state.counts();
    let late = if overdue > 0 { format!(", {overdue} overdue") } else { String::new() };
    let words = if state.loaded {
        format!("Requests of persons: {open} open{late}, {} closed", state.rows.len() - open)
    } else {
        "Requests of persons".to_owned()
    };
    let tone = if overdue > 0 { Tone::Warning } else { Tone::Dim };
    paint::put(buf, 1, parts.bar.y, parts.bar.width, &words, theme.style(tone));
    if let Some(error) = &state.fault {
        fault(error, buf, parts.main, app);
        return None;
    }
    if state.rows.is_empty() {
        let key = app.keymap.key_of(Action::TakeIn);
        let words = match (state.loaded, app.is_slow()) {
            (true, _) => format!("Nobody has asked for anything. {key} takes a request in."),
            (false, true) => "loading …".to_owned(),
            (false, false) => String::new(),
        };
        paint::put(buf, 1, parts.main.y, parts.main.width, &words, theme.style(Tone::Dim));
        return None;
    }
    let columns = columns(parts.main.width);
    for (x, width, label) in columns {
        paint::put(buf, x, parts.captions.y, width, label, theme.style(Tone::Title));
    }
    let mut at = None;
    let rows = state.rows.iter().enumerate().skip(usize::try_from(state.scroll.top).unwrap_or(0));
    for (y, (n, one)) in (parts.main.y..parts.main.bottom()).zip(rows) {
        let on = n as u64 == state.scroll.cursor;
        let (tone, left) = urgency(one);
        let style = theme.style(if on { Tone::Selection } else { Tone::Text });
        buf.set_style(Rect { y, height: 1, ..parts.main }, style);
        paint::put(buf, parts.main.x, y, 1, if on { ">" } else { " " }, style);
        let cells = [
            one.number.to_string(),
            format!("{}{left}", theme.mark(tone)),
            one.due.map(|day| day.to_string()).unwrap_or_default(),
            one.right.replace('_', " "),
            one.name.clone(),
            one.assigned.clone(),
        ];
        for (column, ((x, width, _), cell)) in columns.into_iter().zip(cells).enumerate() {
            let style = if column == 1 && !on { theme.style(tone) } else { style };
            paint::put(buf, x, y, width, &cell, style);
        }
        if on {
            at = Some(Position { x: parts.main.x, y });
        }
    }
    at
}

pub(super) fn one(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let theme = app.ctx.theme;
    let state = &app.request;
    let title = match &state.card {
        Some(card) => {
            let one = &card.request;
            format!("Request {}: {}, {}", one.number, one.right.replace('_', " "), one.name)
        }
        None => format!("Request {}", state.number),
    };
    paint::put(buf, 1, parts.bar.y, parts.bar.width, &title, theme.style(Tone::Title));
    if let Some(error) = &state.fault {
        fault(error, buf, parts.main, app);
        return None;
    }
    let Some(card) = &state.card else { return None };
    let main = Rect { x: parts.main.x + 1, width: parts.main.width.saturating_sub(2), ..parts.main };
    let lines = lines(card, usize::from(main.width), &app.ctx);
    paint::lines(buf, main, &lines, state.top, None, theme);
    let note = paint::scroll_note(state.top, usize::from(main.height), lines.len());
    let width = u16::try_from(text::width(&note)).unwrap_or(0);
    let x = parts.bar.right().saturating_sub(width);
    paint::put(buf, x, parts.bar.y, width, &note, theme.style(Tone::Dim));
    Some(Position { x: main.x, y: main.y })
}
