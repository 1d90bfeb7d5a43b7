//! The day's work, and the call lists.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::Error;
use crate::domain::call::EntryState;
use crate::domain::task::TaskField;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::content::{self, TextLine};
use crate::tui::held::by;
use crate::tui::layer::Ctx;
use crate::tui::layout::Parts;
use crate::tui::paint;
use crate::tui::rights::urgency;
use crate::tui::screen::lists::progress;
use crate::tui::screen::today::{Item, items};
use crate::tui::text;
use crate::tui::theme::Tone;

pub(super) fn fault(error: &Error, buf: &mut Buffer, area: Rect, app: &App) {
    let theme = app.ctx.theme;
    let line = format!("{}{}", theme.mark(Tone::Error), error.message);
    paint::put(buf, area.x, area.y, area.width, &line, theme.style(Tone::Error));
}

/// The day in a few words, above everything.
fn caption(app: &App) -> String {
    let day = app.ctx.zone.of(app.ctx.now).format("%A, %Y-%m-%d").to_string();
    let Some(work) = &app.today.work else { return day };
    let late = [&work.calls, &work.tasks].into_iter().flatten().filter(|task| task.overdue).count();
    let late = match late {
        0 => String::new(),
        many => format!(", {many} overdue"),
    };
    let calls = work.open.len() + work.calls.len();
    let overdue = work.requests.iter().filter(|one| one.overdue).count();
    let requests = match (work.requests.len(), overdue) {
        (0, _) => String::new(),
        (many, 0) => format!(", requests {many}"),
        (many, overdue) => format!(", requests {many} ({overdue} overdue)"),
    };
    format!("{day}: calls {calls}, tasks {}{late}{requests}", work.tasks.len())
}

pub(super) fn day(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let theme = app.ctx.theme;
    paint::put(buf, 1, parts.bar.y, parts.bar.width, &caption(app), theme.style(Tone::Dim));
    let main = Rect { x: parts.main.x + 1, width: parts.main.width.saturating_sub(2), ..parts.main };
    if let Some(error) = &app.today.fault {
        fault(error, buf, main, app);
        return None;
    }
    let lines = lines(app, usize::from(main.width));
    let at = paint::lines(buf, main, &lines, app.today.top, Some(app.today.cursor), theme);
    let note = paint::scroll_note(app.today.top, usize::from(main.height), lines.len());
    let width = u16::try_from(text::width(&note)).unwrap_or(0);
    let x = parts.bar.right().saturating_sub(width);
    paint::put(buf, x, parts.bar.y, width, &note, theme.style(Tone::Dim));
    at
}

/// The lines of the day, each item one, under its heading.
fn lines(app: &App, width: usize) -> Vec<TextLine> {
    let Some(work) = &app.today.work else {
        let told = if app.is_slow() { "loading …" } else { "" };
        return vec![TextLine { item: None, spans: vec![(Tone::Dim, told.to_owned())] }];
    };
    let items = items(work);
    if items.is_empty() {
        let key = app.keymap.key_of(Action::Contacts);
        let words = format!("Nothing is due today. {key} shows the contacts.");
        return vec![TextLine { item: None, spans: vec![(Tone::Dim, words)] }];
    }
    let mut lines = Vec::new();
    let mut heading = "";
    for (n, item) in items.iter().enumerate() {
        if item.heading() != heading {
            if !heading.is_empty() {
                lines.push(TextLine::default());
            }
            heading = item.heading();
            let many = items.iter().filter(|one| one.heading() == heading).count();
            let words = format!("{heading} ({many})");
            lines.push(TextLine { item: None, spans: vec![(Tone::Title, words)] });
        }
        lines.push(TextLine { item: Some(n), spans: row(*item, width, &app.ctx) });
    }
    lines
}

/// One row: when, who, what.
fn row(item: Item<'_>, width: usize, ctx: &Ctx) -> Vec<(Tone, String)> {
    let at = |at| content::clock(at, ctx);
    let (late, when, who, what) = match item {
        Item::Open(open) => (true, at(open.begun_at), open.name.as_str(), open.purpose.clone()),
        Item::Call(task) | Item::Task(task) => {
            let when = task.due.map(at).unwrap_or_default();
            (task.overdue, when, task.name.as_str(), task.task.text(TaskField::text.key()).to_owned())
        }
        Item::List(list) => (false, progress(list), list.name.as_str(), list.purpose.clone()),
        Item::Expiring(one) => {
            let what = format!("{}, {}", one.purpose, by(one.channel));
            (false, content::day(one.until, ctx.zone), one.name.as_str(), what)
        }
        Item::Request(one) => {
            let when = one.due.map(|day| day.to_string()).unwrap_or_default();
            let what = format!("{}: {}, no {}", urgency(one).1, one.right.replace('_', " "), one.number);
            (one.overdue, when, one.name.as_str(), what)
        }
    };
    let tone = if late { Tone::Warning } else { Tone::Text };
    let mark = if late { ctx.theme.mark(Tone::Warning) } else { "  " };
    let name = (width / 3).clamp(12, 40);
    let pad = |text: &str, size: usize| text::pad(&text::clean(text), size, text::Align::Left);
    vec![
        (tone, format!("{}{}", text::pad(mark, 2, text::Align::Left), pad(&when, 17))),
        (Tone::Text, format!("{} ", pad(who, name))),
        (Tone::Dim, text::truncate(&text::clean(&what), width.saturating_sub(name + 20)).into_owned()),
    ]
}

/// Where the columns of the call lists begin, and their widths: name, done, purpose, whose, later, by whom.
fn columns(width: u16) -> [(u16, u16, &'static str); 6] {
    let name = (width / 3).clamp(14, 40);
    let purpose = if width >= 70 { 16 } else { 10 };
    let team = if width >= 70 { 10 } else { 0 };
    let later = if width >= 60 { 6 } else { 0 };
    let mut x = 2;
    let mut next = |width: u16, label| {
        let place = (x, width, label);
        x += if width == 0 { 0 } else { width + 2 };
        place
    };
    let done = 12;
    let used = 2 + name + purpose + team + later + done + 10;
    [
        next(name, "List"),
        next(done, "Done"),
        next(purpose, "Purpose"),
        next(team, "Team"),
        next(later, "Later"),
        next(width.saturating_sub(used), "By whom"),
    ]
}

pub(super) fn lists(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let theme = app.ctx.theme;
    let state = &app.call_lists;
    let words = "Call lists: enter goes on with one, one person after another";
    paint::put(buf, 1, parts.bar.y, parts.bar.width, words, theme.style(Tone::Dim));
    if let Some(error) = &state.fault {
        fault(error, buf, parts.main, app);
        return None;
    }
    if state.lists.is_empty() {
        let words = match (state.loaded, app.is_slow()) {
            (true, _) => "There is no call list; `:call-list make` makes one.",
            (false, true) => "loading …",
            (false, false) => "",
        };
        paint::put(buf, 1, parts.main.y, parts.main.width, words, theme.style(Tone::Dim));
        return None;
    }
    let columns = columns(parts.main.width);
    for (x, width, label) in columns {
        paint::put(buf, x, parts.captions.y, width, label, theme.style(Tone::Title));
    }
    let mut at = None;
    let rows = state.lists.iter().enumerate().skip(usize::try_from(state.scroll.top).unwrap_or(0));
    for (y, (n, list)) in (parts.main.y..parts.main.bottom()).zip(rows) {
        let on = n as u64 == state.scroll.cursor;
        let style = theme.style(if on { Tone::Selection } else { Tone::Text });
        buf.set_style(Rect { y, height: 1, ..parts.main }, style);
        paint::put(buf, parts.main.x, y, 1, if on { ">" } else { " " }, style);
        let later = match list.count(EntryState::Later) {
            0 => String::new(),
            many => many.to_string(),
        };
        let by: Vec<String> = list.done_by.iter().map(|(who, many)| format!("{who} {many}")).collect();
        let cells = [
            list.name.clone(),
            progress(list),
            list.purpose.clone(),
            list.team.clone(),
            later,
            by.join(", "),
        ];
        for ((x, width, _), cell) in columns.into_iter().zip(cells) {
            paint::put(buf, x, y, width, &cell, style);
        }
        if on {
            at = Some(Position { x: parts.main.x, y });
        }
    }
    at
}
