//! A list of records, its search box, and the pane beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::separation;
use crate::api::View;
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::domain::query::{SpanKind, spans};
use crate::env::Zone;
use crate::tui::app::App;
use crate::tui::content::{self, TextLine};
use crate::tui::effect::Lane;
use crate::tui::held;
use crate::tui::highlight::Highlight;
use crate::tui::layout::Parts;
use crate::tui::paint;
use crate::tui::screen::columns::Shows;
use crate::tui::screen::list::List;
use crate::tui::text;
use crate::tui::theme::{Theme, Tone};

/// The sign before a row or field that somebody else changed.
pub(super) const CHANGED: &str = "~";
/// The sign before a row that is not in the list any more.
const LEFT: &str = "-";
/// The sign of a marked row.
const MARK: &str = "*";

pub(super) fn draw(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let list = app.list()?;
    let caret = search_box(app, list, buf, parts.bar);
    captions(app, list, buf, parts.captions);
    let row = rows(app, list, buf, parts.main);
    if let (Some(line), Some(pane)) = (parts.line, parts.pane) {
        separation(buf, line, app);
        let lines = app.pane_lines();
        let top = usize::from(list.preview_scroll).min(lines.len().saturating_sub(1));
        let room = Rect { x: pane.x + 1, width: pane.width.saturating_sub(1), ..pane };
        if list.preview_focus && line.width == 1 {
            // The pane that has the keys is told by more than a colour.
            paint::put(buf, line.x, pane.y, 1, ">", app.ctx.theme.style(Tone::Focus));
        } else if list.preview_focus {
            paint::put(buf, line.x, line.y, 1, "v", app.ctx.theme.style(Tone::Focus));
        }
        paint::lines(buf, room, &lines, top, None, app.ctx.theme);
    }
    under_the_box(list, buf, parts, app.ctx.theme);
    if list.search.open { caret } else { row }
}

/// The box with the number of hits at its right.
fn search_box(app: &App, list: &List, buf: &mut Buffer, area: Rect) -> Option<Position> {
    let theme = app.ctx.theme;
    let position = if list.total == 0 { 0 } else { list.scroll.cursor + 1 };
    let mut count = if list.loaded { format!("{position}/{}", list.total) } else { "…".to_owned() };
    if list.withheld > 0 {
        count = format!("{count}, {} held back", list.withheld);
    }
    let view = list.view.as_ref().filter(|view| !view.title.is_empty());
    if !list.sort.is_empty() && view.is_none_or(|view| view.sort != list.sort) {
        count = format!("{count} by {}", sort_words(&list.sort));
    }
    if let Some(view) = view {
        count = format!("[{}] {count}", text::truncate(&text::clean(&view.title), 32));
    }
    let width = u16::try_from(text::width(&count)).unwrap_or(0).min(area.width / 2);
    paint::put(buf, area.right().saturating_sub(width), area.y, width, &count, theme.style(Tone::Dim));
    let room = Rect { width: area.width.saturating_sub(width + 1), ..area };
    let told = news(app, list, room.width / 2);
    let width = u16::try_from(text::width(&told)).unwrap_or(0).min(room.width / 2);
    let x = room.right().saturating_sub(width + 1);
    paint::put(buf, x, area.y, width, &told, theme.style(Tone::Badge));
    let width = if told.is_empty() { room.width } else { room.width.saturating_sub(width + 2) };
    let room = Rect { width, ..room };
    let key = app.keymap.key_of(crate::tui::action::Action::Search);
    if !list.search.open && list.search.line.is_empty() {
        let text = format!("{key} to search");
        paint::put(buf, room.x, room.y, room.width, &text, theme.style(Tone::Dim));
        return None;
    }
    let caret = paint::field(buf, room, "/ ", &list.search.line, theme);
    colour(list, buf, room, theme);
    caret
}

/// What others did that the list does not show, with the key that shows it; shorter where there is less room.
fn news(app: &App, list: &List, room: u16) -> String {
    let (new, left) = (list.news.added(), list.news.left());
    let key = app.keymap.key_of(crate::tui::action::Action::Refresh);
    let (counts, does) = match (new, left) {
        (0, 0) => return String::new(),
        (new, 0) => (format!("{new} new"), "shows them"),
        (0, left) => (format!("{left} gone"), "clears them"),
        (new, left) => (format!("{new} new, {left} gone"), "shows"),
    };
    let long = format!("{counts}: {key} {does}");
    if text::width(&long) <= usize::from(room) { long } else { format!("{counts} ({key})") }
}

fn sort_words(sort: &str) -> String {
    match sort.strip_prefix('-') {
        Some(name) => format!("{}, descending", name.replace('_', " ")),
        None => sort.replace('_', " "),
    }
}

/// Colours the filters of a query that is seen from its beginning.
fn colour(list: &List, buf: &mut Buffer, area: Rect, theme: Theme) {
    let line = &list.search.line;
    if text::width(line.text()) >= usize::from(area.width.saturating_sub(2)) {
        return;
    }
    for (range, kind) in spans(line.text()) {
        let tone = match kind {
            SpanKind::Word | SpanKind::Phrase => continue,
            SpanKind::Minus => Tone::Warning,
            SpanKind::Name | SpanKind::View => Tone::KeyHint,
            SpanKind::UnknownName => Tone::Error,
            SpanKind::Value => Tone::Badge,
            SpanKind::Comma => Tone::Dim,
        };
        let before = line.text().get(..range.start).map_or(0, text::width);
        let width = line.text().get(range).map_or(0, text::width);
        let x = area.x + 2 + u16::try_from(before).unwrap_or(0);
        let place = Rect { x, y: area.y, width: u16::try_from(width).unwrap_or(0), height: 1 };
        buf.set_style(place.intersection(area), theme.style(tone));
    }
}

/// What is wrong with the query, or what could follow, over the first rows.
fn under_the_box(list: &List, buf: &mut Buffer, parts: &Parts, theme: Theme) {
    if !list.search.open {
        return;
    }
    let below = Rect { y: parts.bar.y + 1, height: parts.main.height, ..parts.bar };
    if let Some(fault) = &list.search.fault {
        let start = list.search.line.text().get(..fault.span.start).map_or(0, text::width);
        let long = list.search.line.text().get(fault.span.clone()).map_or(1, text::width).max(1);
        let carets = format!("{}{}", " ".repeat(start + 2), "^".repeat(long));
        let mut lines =
            vec![(Tone::Error, carets), (Tone::Error, format!("{}{fault}", theme.mark(Tone::Error)))];
        if let Some(hint) = fault.hint() {
            lines.push((Tone::Dim, format!("  {hint}")));
        }
        for (y, (tone, line)) in (below.y..below.bottom()).zip(lines) {
            let row = Rect { y, height: 1, ..below };
            paint::clear(buf, row);
            paint::row(buf, row, &line, theme.style(tone));
        }
        return;
    }
    let Some(popup) = list.search.popup.as_ref().filter(|popup| !popup.items.is_empty()) else { return };
    let widest =
        popup.items.iter().map(|item| text::width(&text::clean(&item.text))).max().unwrap_or(0).min(40);
    let width = u16::try_from(widest + 12).unwrap_or(40).min(below.width);
    let before = u16::try_from(text::width(list.search.line.before())).unwrap_or(0);
    let x = (below.x + 2 + before).min(below.right().saturating_sub(width));
    let height = u16::try_from(popup.items.len()).unwrap_or(1).min(below.height).min(8);
    let area = Rect { x, y: below.y, width, height };
    paint::clear(buf, area);
    let top = (popup.chosen + 1).saturating_sub(usize::from(height));
    for (y, (n, item)) in (area.y..area.bottom()).zip(popup.items.iter().enumerate().skip(top)) {
        let on = n == popup.chosen;
        let sign = if on { theme.mark(Tone::Selection) } else { "  " };
        let name = text::pad(&text::clean(&item.text), widest, text::Align::Left);
        let count = if item.count > 0 { format!("{:>6}", item.count) } else { String::new() };
        let style = theme.style(if on { Tone::Selection } else { Tone::Badge });
        paint::row(buf, Rect { y, height: 1, ..area }, &format!("{sign}{name}  {count}"), style);
    }
}

fn captions(app: &App, list: &List, buf: &mut Buffer, area: Rect) {
    let style = app.ctx.theme.style(Tone::Title);
    let mut x = area.x + 3;
    for column in &list.columns {
        paint::put(buf, x, area.y, column.width.min(area.right().saturating_sub(x)), &column.label, style);
        x += column.width + 2;
    }
}

fn rows(app: &App, list: &List, buf: &mut Buffer, area: Rect) -> Option<Position> {
    let theme = app.ctx.theme;
    // What was found before is no answer to a question that cannot be answered.
    if list.total == 0 || !list.loaded || list.fault.is_some() {
        nothing(app, list, buf, area);
        return None;
    }
    let highlight = Highlight::of(list.search.line.text());
    let mut at = None;
    for (y, n) in (area.y..area.bottom()).zip(list.scroll.top..list.total) {
        let on = n == list.scroll.cursor;
        let focused = on && !list.preview_focus;
        let left = list.row(n).is_some_and(|row| list.news.has_left(row.id));
        let tone = if focused {
            Tone::Selection
        } else if left {
            Tone::Dim
        } else {
            Tone::Text
        };
        let base = theme.style(tone);
        let line = Rect { y, height: 1, ..area };
        buf.set_style(line, base);
        paint::put(buf, area.x, y, 1, if on { ">" } else { " " }, base);
        let Some(row) = list.row(n) else {
            paint::put(buf, area.x + 3, y, 1, "…", theme.style(Tone::Dim));
            continue;
        };
        let marked = list.marks.has(row.id) || list.in_range(n);
        if marked {
            paint::put(buf, area.x + 1, y, 1, MARK, base.patch(theme.style(Tone::Warning)));
        }
        let mut x = area.x + 3;
        for column in &list.columns {
            let width = column.width.min(area.right().saturating_sub(x));
            let (content, masked) = cell(row, column.shows, app.ctx.zone);
            let style = if masked { base.patch(theme.style(Tone::Masked)) } else { base };
            highlight.put(buf, x, y, width, &content, style, theme);
            x += column.width + 2;
        }
        if row.deleted {
            paint::put(buf, area.x + 2, y, 1, "x", base);
        } else if left {
            paint::put(buf, area.x + 2, y, 1, LEFT, base);
        } else if list.changed.contains(&row.id) {
            paint::put(buf, area.x + 2, y, 1, CHANGED, base.patch(theme.style(Tone::Badge)));
        }
        if on {
            at = Some(Position { x: area.x, y });
        }
    }
    at
}

/// What a row shows in a column, and whether it is a mask.
fn cell(row: &View, shows: Shows, zone: Zone) -> (String, bool) {
    match shows {
        Shows::Title if row.deleted => (format!("{} (deleted)", row.title), false),
        Shows::Title => (row.title.clone(), false),
        Shows::Updated => (content::day(row.updated_at, zone), false),
        Shows::Created => (content::day(row.created_at, zone), false),
        Shows::Field(key) => match row.get(key) {
            None => (String::new(), false),
            Some(shown) if shown.value.is_none() => (format!("# {}", shown.text), true),
            Some(shown) => {
                let mut values = content::values(shown, zone);
                let more = values.len().saturating_sub(1);
                let first = if values.is_empty() { String::new() } else { values.remove(0).1 };
                (if more > 0 { format!("{first} +{more}") } else { first }, false)
            }
        },
    }
}

/// What stands where there are no rows.
fn nothing(app: &App, list: &List, buf: &mut Buffer, area: Rect) {
    let theme = app.ctx.theme;
    let lines: Vec<(Tone, String)> = if let Some(fault) = &list.fault {
        let mut lines = vec![(Tone::Error, format!("{}{}", theme.mark(Tone::Error), fault.message))];
        lines.extend(fault.hint.iter().map(|hint| (Tone::Dim, format!("  {hint}"))));
        lines
    } else if !list.loaded {
        // A short wait is none; a word that flashes by is worse than an empty place.
        if app.is_slow() { vec![(Tone::Dim, "  loading …".to_owned())] } else { Vec::new() }
    } else if !list.query.is_empty() {
        let none = list.kind.plural();
        vec![(Tone::Text, format!("  No {none} found.")), (Tone::Dim, "  esc clears the search".to_owned())]
    } else if list.view.is_some() {
        let none = list.kind.plural();
        let line = format!("  No {none} in this view.");
        vec![(Tone::Text, line), (Tone::Dim, "  esc leaves the view".to_owned())]
    } else {
        let new = app.keymap.key_of(crate::tui::action::Action::New);
        let import = app.keymap.key_of(crate::tui::action::Action::Import);
        let none = list.kind.plural();
        let mut lines =
            vec![(Tone::Text, format!("  No {none} yet.")), (Tone::Dim, format!("  {new} makes one"))];
        if list.kind == RecordKind::Contact {
            lines.push((Tone::Dim, format!("  {import} imports them from a file")));
        }
        lines
    };
    for (y, (tone, line)) in (area.y..area.bottom()).zip(lines) {
        paint::put(buf, area.x, y, area.width, &line, theme.style(tone));
    }
}

/// From this height on the pane tells what the person said about the use of the data.
const HELD_FROM: u16 = 12;

impl App {
    /// What the pane beside or below the list shows.
    pub fn pane_lines(&self) -> Vec<TextLine> {
        let parts = self.parts();
        let Some(pane) = parts.pane else { return Vec::new() };
        let width = usize::from(pane.width.saturating_sub(2));
        if matches!(self.place, crate::tui::screen::Place::Activity) {
            return self
                .activity
                .current()
                .map(|entry| content::changes(entry, width, self.ctx.zone))
                .unwrap_or_default();
        }
        let Some(list) = self.list() else { return Vec::new() };
        let Some(row) = list.current() else { return Vec::new() };
        if list.news.is_gone(row.id) {
            let said = format!("This {} is no longer yours to see.", list.kind);
            return vec![TextLine { item: None, spans: vec![(Tone::Warning, said)] }];
        }
        let card = list.card.as_ref().filter(|card| card.record.id == row.id);
        // The record before stays for the moment its successor takes to come: two frames for one key flicker, and
        // cost twice the bytes. Where that takes long, what the row knows of it stands in.
        let before =
            list.card.as_ref().filter(|_| !self.is_slow() && self.is_coming(Lane::Preview(list.kind)));
        let card = card.or(before);
        let view = card.map_or(row, |card| &card.record);
        let title = text::clean(&view.title).into_owned();
        let mut lines = vec![TextLine { item: None, spans: vec![(Tone::Title, title)] }];
        let job = view.text(ContactField::job_title.key());
        if view.kind == RecordKind::Contact && !job.is_empty() {
            lines.push(TextLine { item: None, spans: vec![(Tone::Dim, text::clean(job).into_owned())] });
        }
        lines.push(TextLine::default());
        if let Some(held) = card.and_then(|card| card.held.as_ref()).filter(|_| pane.height >= HELD_FROM) {
            let key = self.keymap.key_of(crate::tui::action::Action::Consent);
            lines.extend(held::lines(held, width, 3, &key, &self.ctx));
            lines.push(TextLine::default());
        }
        lines.extend(content::fields(view, &self.ctx, width));
        if let Some(card) = card {
            if !card.notes.is_empty() {
                lines.push(TextLine::default());
                lines.extend(content::notes(&card.notes, width, self.ctx.zone));
            }
            if !card.people.is_empty() {
                lines.push(TextLine::default());
                lines.extend(content::people(&card.people, width));
            }
        }
        lines
    }
}
