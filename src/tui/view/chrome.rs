//! What is around every screen: header, footer, messages, the popup of what may follow a key, the panel of jobs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::action::{ACTIONS, Action, prefix_title};
use crate::tui::app::{App, answers};
use crate::tui::keymap;
use crate::tui::layer::{Hint, Level};
use crate::tui::layout::centred;
use crate::tui::paint;
use crate::tui::screen::Place;
use crate::tui::text;
use crate::tui::theme::Tone;

fn cells(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}

/// The screens, who is here, and what is going on.
pub(super) fn header(app: &App, buf: &mut Buffer, area: Rect) {
    let theme = app.ctx.theme;
    let mut right = Vec::new();
    if app.is_slow() {
        right.push((Tone::Dim, "waiting …".to_owned()));
    }
    match app.running_jobs() {
        0 => {}
        running => {
            let job = app.jobs.iter().rev().find(|job| job.ended.is_none());
            let share = job.filter(|job| job.total > 0).map_or_else(String::new, |job| {
                format!(" {} %", job.done.saturating_mul(100) / job.total.max(1))
            });
            let jobs = app.keymap.key_of(Action::Jobs);
            let what = if running == 1 { "1 job".to_owned() } else { format!("{running} jobs") };
            right.push((Tone::Warning, format!("{what}{share} ({jobs})")));
        }
    }
    if let Some(identity) = &app.ctx.identity {
        if identity.demo {
            right.push((Tone::Badge, "[demo]".to_owned()));
        }
        if area.width >= crate::tui::layout::NARROW {
            right.push((Tone::Dim, identity.name.clone()));
        }
        if area.width >= crate::tui::layout::WIDE {
            right.push((Tone::Dim, identity.controller.clone()));
        }
    }
    let mut x = area.right();
    for (tone, part) in right.iter().rev() {
        let part = text::truncate(&text::clean(part), usize::from(area.width / 3)).into_owned();
        x = x.saturating_sub(cells(&part) + 1);
        paint::put(buf, x, area.y, area.width, &part, theme.style(*tone));
        x = x.saturating_sub(1);
    }
    let end = x;
    let mut x = area.x;
    let here = match app.place {
        Place::Record(crate::domain::entity::RecordKind::Company, _) => Place::Companies,
        Place::Record(..) => Place::Contacts,
        Place::CallLists => Place::Today,
        Place::Request(_) => Place::Requests,
        place => place,
    };
    for (place, action) in [
        (Place::Today, Action::Today),
        (Place::Contacts, Action::Contacts),
        (Place::Companies, Action::Companies),
        (Place::Activity, Action::Activity),
        (Place::Requests, Action::Requests),
    ] {
        // For whose work it is; for others only while it is shown.
        let works = app.ctx.identity.as_ref().is_some_and(answers);
        if place == Place::Requests && place != here && !works {
            continue;
        }
        let key = app.keymap.key_of(action);
        let label = crate::tui::content::capital(action.spec().label);
        let on = place == here;
        let shown = if on { format!("[{key} {label}]") } else { format!(" {key} {label} ") };
        let style = theme.style(if on { Tone::Focus } else { Tone::Text });
        x += paint::put(buf, x, area.y, end.saturating_sub(x), &shown, style);
    }
}

/// Keys that work here, the most useful first; how to find the others is always the last.
pub(super) fn footer(app: &App, buf: &mut Buffer, area: Rect) {
    let theme = app.ctx.theme;
    let top = app.layers().next_back();
    let searching = app.list().is_some_and(|list| list.search.open);
    let help = format!("{} help", app.keymap.key_of(Action::Help));
    let with_help = top.is_none() && !searching && app.jobs_panel.is_none();
    let reserved = if with_help { cells(&help) + 1 } else { 0 };
    let end = area.right().saturating_sub(reserved);
    let mut x = area.x;
    let marked = app.list().map_or(0, |list| list.marks.count(list.total));
    if marked > 0 && with_help {
        let shown = format!("{marked} marked ");
        x += paint::put(buf, x, area.y, end.saturating_sub(x), &shown, theme.style(Tone::Warning));
    }
    let hints = match top {
        Some(layer) => layer.hints(&app.ctx),
        None if app.jobs_panel.is_some() => {
            vec![Hint::new("j k", "move"), Hint::new("x", "cancel, or take away"), Hint::new("esc", "close")]
        }
        None if searching => vec![
            Hint::new("enter", "to the list"),
            Hint::new("tab", "complete"),
            Hint::new("up", "searches before"),
            Hint::new("esc", "as before"),
        ],
        None => of_table(app),
    };
    for hint in hints {
        let key = text::clean(&hint.key).into_owned();
        let width = cells(&key) + 1 + cells(&hint.text) + 2;
        if x + width > end {
            continue;
        }
        x += paint::put(buf, x, area.y, end.saturating_sub(x), &key, theme.style(Tone::KeyHint));
        x += u16::from(!key.is_empty());
        x += paint::put(buf, x, area.y, end.saturating_sub(x), &hint.text, theme.style(Tone::Text)) + 2;
    }
    if with_help {
        paint::put(buf, end + 1, area.y, reserved, &help, theme.style(Tone::KeyHint));
    }
}

fn of_table(app: &App) -> Vec<Hint> {
    let mut specs: Vec<_> = ACTIONS
        .iter()
        .filter(|spec| spec.footer > 0 && spec.on.has(app.context()) && app.disabled(spec.action).is_none())
        .collect();
    specs.sort_by_key(|spec| std::cmp::Reverse(spec.footer));
    specs
        .into_iter()
        .map(|spec| Hint::new(app.keymap.key_of(spec.action), spec.label))
        .filter(|hint| !hint.key.is_empty())
        .collect()
}

/// What may follow the keys pressed so far.
pub(super) fn prefix(app: &App, buf: &mut Buffer, body: Rect) {
    if app.prefix.is_empty() {
        return;
    }
    let theme = app.ctx.theme;
    let following = app.keymap.following(app.context(), &app.prefix);
    let rows: Vec<(String, String, bool)> = following
        .into_iter()
        .map(|(keys, action)| match app.disabled(action) {
            None => (keys, action.spec().label.to_owned(), true),
            Some(reason) => (keys, format!("{} — {reason}", action.spec().label), false),
        })
        .collect();
    let width = rows.iter().map(|(_, label, _)| cells(label)).max().unwrap_or(0).min(46) + 10;
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX).min(body.height);
    let width = width.min(body.width);
    let area = Rect { x: body.right() - width, y: body.bottom() - height, width, height };
    let pressed = keymap::show(&app.prefix);
    let inner = paint::panel(buf, area, &format!("{pressed}: {}", prefix_title(&pressed)), theme);
    for (y, (keys, label, enabled)) in (inner.y..inner.bottom()).zip(rows) {
        paint::put(buf, inner.x, y, 4, &keys, theme.style(Tone::KeyHint));
        let tone = if enabled { Tone::Text } else { Tone::Dim };
        paint::put(buf, inner.x + 4, y, inner.width.saturating_sub(4), &label, theme.style(tone));
    }
}

/// Messages, at the bottom of the body; at its top where they would hide what has the keys.
pub(super) fn toasts(app: &App, buf: &mut Buffer, body: Rect, cursor: Option<Position>) {
    let theme = app.ctx.theme;
    let mut lines: Vec<(Tone, String)> = Vec::new();
    for toast in app.toasts() {
        let tone = match toast.level {
            Level::Done => Tone::Ok,
            Level::Info => Tone::Text,
            Level::Warning => Tone::Warning,
            Level::Error => Tone::Error,
        };
        let width = usize::from(body.width.saturating_sub(4).max(8));
        let sign = theme.mark(tone);
        for (n, part) in text::wrap(&text::clean_lines(&toast.text), width).into_iter().take(4).enumerate() {
            lines.push((tone, format!("{}{part}", if n == 0 { sign } else { "" })));
        }
        if let Some(hint) = &toast.hint {
            for part in text::wrap(&text::clean_lines(hint), width).into_iter().take(2) {
                lines.push((Tone::Dim, format!("  {part}")));
            }
        }
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(body.height / 2);
    let low = Rect { y: body.bottom() - height, height, ..body };
    let hides = cursor.is_some_and(|at| low.contains(at));
    let area = if hides { Rect { y: body.y, ..low } } else { low };
    for (y, (tone, line)) in (area.y..area.bottom()).zip(lines) {
        let row = Rect { y, height: 1, ..area };
        paint::clear(buf, row);
        paint::row(buf, row, &format!(" {line}"), theme.style(tone));
    }
}

/// Long work, the latest first.
pub(super) fn jobs(app: &App, buf: &mut Buffer, body: Rect) -> Option<Position> {
    let theme = app.ctx.theme;
    let height = u16::try_from(app.jobs.len() + 2).unwrap_or(u16::MAX).clamp(4, 16);
    let inner = paint::panel(buf, centred(body, 76, height), "Jobs", theme);
    if app.jobs.is_empty() {
        paint::put(buf, inner.x, inner.y, inner.width, "Nothing runs.", theme.style(Tone::Dim));
    }
    let cursor = app.jobs_panel.unwrap_or(0);
    let top = (cursor + 1).saturating_sub(usize::from(inner.height.max(1)));
    let mut at = None;
    for (y, (n, job)) in (inner.y..inner.bottom()).zip(app.jobs.iter().enumerate().skip(top)) {
        let (tone, state) = match &job.ended {
            Some(Ok(text)) => (Tone::Ok, format!("= {text}")),
            Some(Err(error)) => (Tone::Error, format!("! {}", error.message)),
            None if job.cancelling => (Tone::Warning, "cancelling".to_owned()),
            None if job.total > 0 => {
                let share = job.done.saturating_mul(20) / job.total.max(1);
                let full = usize::try_from(share.min(20)).unwrap_or(0);
                (
                    Tone::Text,
                    format!("[{}{}] {}/{}", "#".repeat(full), ".".repeat(20 - full), job.done, job.total),
                )
            }
            None => (Tone::Dim, "running".to_owned()),
        };
        let on = n == cursor;
        let style = theme.style(if on { Tone::Selection } else { tone });
        let title = text::pad(&text::clean(&job.title), 30, text::Align::Left);
        paint::row(buf, Rect { y, height: 1, ..inner }, &format!("{title}  {state}"), style);
        if on {
            at = Some(Position { x: inner.x, y });
        }
    }
    at
}
