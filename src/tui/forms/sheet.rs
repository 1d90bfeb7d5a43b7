//! How a record form looks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::tui::forms::field::{Editor, FormField};
use crate::tui::forms::record::RecordForm;
use crate::tui::forms::{frame, similar};
use crate::tui::layer::Ctx;
use crate::tui::text;
use crate::tui::theme::{Theme, Tone};

/// Most rows a form may take; a hundred items in each field stay below.
const MOST_ROWS: u16 = 600;

pub(crate) fn draw(form: &RecordForm, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
    let theme = ctx.theme;
    let inner = frame::panel(buf, area, &form.title, theme);
    if inner.is_empty() {
        return None;
    }
    if let Some(conflict) = &form.conflict {
        return conflict.draw(buf, inner, theme);
    }
    let foot = form
        .message
        .as_ref()
        .map_or(0, |(tone, said)| frame::rows(&format!("{}{said}", theme.mark(*tone)), inner.width).min(3));
    // The warning stays in sight wherever the form is scrolled to.
    let (head, warned) = warning(form, buf, inner, theme);
    let window = Rect { height: inner.height.saturating_sub(foot + head), ..frame::below(inner, head) };
    let drawn = content(form, inner.width, theme);
    // The focused field with what is said under it is to be seen whole; failing that, its editor.
    let (first, last) = drawn.focused;
    let top = last.saturating_sub(window.height).min(first);
    let top = top.min(drawn.rows.saturating_sub(window.height));
    for y in 0..window.height.min(drawn.rows.saturating_sub(top)) {
        for x in 0..window.width {
            if let (Some(from), Some(to)) =
                (drawn.buf.cell((x, top + y)), buf.cell_mut((window.x + x, window.y + y)))
            {
                to.clone_from(from);
            }
        }
    }
    if let Some((tone, said)) = &form.message {
        frame::message(buf, Rect { y: window.bottom(), height: foot, ..inner }, 0, said, *tone, theme);
    }
    if warned.is_some() {
        return warned;
    }
    drawn
        .cursor
        .filter(|at| (top..top + window.height).contains(&at.y))
        .map(|at| Position::new(window.x + at.x, window.y + at.y - top))
}

struct Drawn {
    buf: Buffer,
    rows: u16,
    /// The first row of what has the focus and the row after its last.
    focused: (u16, u16),
    cursor: Option<Position>,
}

/// The whole form, however long.
fn content(form: &RecordForm, width: u16, theme: Theme) -> Drawn {
    let area = Rect::new(0, 0, width, MOST_ROWS);
    let mut drawn = Drawn { buf: Buffer::empty(area), rows: 0, focused: (0, 0), cursor: None };
    let labels = form.fields.iter().map(|one| text::width(&one.info.label) + 2).max().unwrap_or(0);
    let label = u16::try_from(labels).unwrap_or(u16::MAX).min(24).min(width / 3);
    let mut group = "";
    for (at, one) in form.fields.iter().enumerate() {
        if one.group != group {
            if drawn.rows > 0 {
                drawn.rows += 1;
            }
            let line = "─".repeat(usize::from(width).saturating_sub(text::width(one.group) + 1));
            frame::line(
                &mut drawn.buf,
                area,
                drawn.rows,
                &format!("{} {line}", one.group),
                theme.style(Tone::Border),
            );
            drawn.rows = frame::line(&mut drawn.buf, area, drawn.rows, one.group, theme.style(Tone::Title));
            group = one.group;
        }
        let focused = at == form.focus && form.on_similar.is_none();
        field(form, one, focused, Rect { y: drawn.rows, ..area }, label, theme, &mut drawn);
        if drawn.rows + 12 >= MOST_ROWS {
            break;
        }
    }
    drawn
}

/// Draws who may be here already; says how many rows that took, and where the cursor is if it is there.
fn warning(form: &RecordForm, buf: &mut Buffer, inner: Rect, theme: Theme) -> (u16, Option<Position>) {
    if form.alike.found.is_empty() || inner.height < 8 {
        return (0, None);
    }
    let area = Rect { height: inner.height / 3, ..inner };
    let mut row = frame::message(buf, area, 0, "Possibly here already:", Tone::Warning, theme);
    let mut cursor = None;
    let shown = usize::from(area.height.saturating_sub(row));
    let from = frame::scrolled(form.on_similar.unwrap_or(0), form.alike.found.len(), shown);
    for (at, one) in form.alike.found.iter().enumerate().skip(from).take(shown) {
        let on = form.on_similar == Some(at);
        if on {
            cursor = Some(Position::new(area.x, area.y + row));
        }
        let (mark, tone) =
            if on { (theme.mark(Tone::Selection), Tone::Selection) } else { ("  ", Tone::Text) };
        row = frame::line(buf, area, row, &format!("{mark}{}", similar::describe(one)), theme.style(tone));
    }
    (row, cursor)
}

fn field(
    form: &RecordForm,
    one: &FormField,
    focused: bool,
    at: Rect,
    label: u16,
    theme: Theme,
    drawn: &mut Drawn,
) {
    let first = drawn.rows;
    let height = one.height(focused);
    let star = if one.required { "*" } else { "" };
    let name =
        text::pad(&format!("{}{star}", text::clean(&one.info.label)), usize::from(label), text::Align::Left);
    let tone = match (focused, one.error.is_some()) {
        (_, true) => Tone::Error,
        (true, false) => Tone::Focus,
        (false, false) => Tone::Dim,
    };
    let marker = if focused { ">" } else { " " };
    drawn.buf.set_stringn(0, at.y, marker, 1, theme.style(Tone::Focus));
    drawn.buf.set_stringn(1, at.y, &name, usize::from(label), theme.style(tone));
    let room = FormField::room(Rect { height, ..at }, label);
    let style = theme.style(if one.locked.is_some() { Tone::Masked } else { Tone::Text });
    let cursor = match &one.editor {
        // Only what has the cursor is scrolled to it; the others are read, and reading begins at the start.
        Editor::Line(line) if !focused => at_rest(&mut drawn.buf, room, [line.text()], style),
        Editor::Text(area) | Editor::Items(area) if !focused => {
            at_rest(&mut drawn.buf, room, area.lines().iter().map(String::as_str), style)
        }
        Editor::Line(line) => line.draw(&mut drawn.buf, room, style),
        Editor::Text(area) | Editor::Items(area) => area.draw(&mut drawn.buf, room, style),
        Editor::Choice(_) => {
            let word = one.chosen();
            let shown = if word.is_empty() { "—".to_owned() } else { text::clean(&word).into_owned() };
            drawn.buf.set_stringn(room.x, room.y, shown, usize::from(room.width), style);
            Position::new(room.x, room.y)
        }
    };
    drawn.rows += height;
    let under = Rect { y: 0, height: MOST_ROWS, ..room };
    if let Some(error) = &one.error {
        drawn.rows = frame::message(&mut drawn.buf, under, drawn.rows, error, Tone::Error, theme);
    } else if !one.normal.is_empty() {
        drawn.rows = frame::message(&mut drawn.buf, under, drawn.rows, &one.normal, Tone::Ok, theme);
    }
    if focused {
        if let Some(why) = one.locked {
            drawn.rows = frame::wrapped(&mut drawn.buf, under, drawn.rows, why, theme.style(Tone::Dim));
        } else if one.error.is_none() {
            let said = help(one);
            drawn.rows = frame::wrapped(&mut drawn.buf, under, drawn.rows, &said, theme.style(Tone::Dim));
        }
        for (number, offer) in form.offered.list.iter().enumerate() {
            let on = form.offered.at == Some(number);
            let (mark, tone) =
                if on { (theme.mark(Tone::Selection), Tone::Selection) } else { ("  ", Tone::Text) };
            let line = format!("{mark}{}  {}", offer.label, offer.detail);
            drawn.rows = frame::line(&mut drawn.buf, under, drawn.rows, &line, theme.style(tone));
        }
        drawn.focused = (first, drawn.rows);
        drawn.cursor = Some(cursor);
    }
}

/// The beginning of a text that nobody is typing in.
fn at_rest<'a>(
    buf: &mut Buffer,
    room: Rect,
    lines: impl IntoIterator<Item = &'a str>,
    style: Style,
) -> Position {
    for (y, line) in (room.y..room.bottom()).zip(lines) {
        let clean = text::clean(line);
        let shown = text::truncate(&clean, usize::from(room.width));
        buf.set_stringn(room.x, y, shown, usize::from(room.width), style);
    }
    Position::new(room.x, room.y)
}

/// What is said under a field that has the cursor.
fn help(one: &FormField) -> String {
    use crate::domain::value::Kind;
    let how = match one.info.kind {
        Kind::Phones => "one a line, `label: number`",
        Kind::Emails => "one a line, `label: address`",
        Kind::Links => "one a line",
        Kind::Addresses => "one a line: street | postal code | city | region | country",
        Kind::Tags => "separated by commas",
        Kind::Words => "separated by commas",
        Kind::Day => "2026-01-31",
        Kind::Time => "2026-01-31T09:30:00Z",
        Kind::Text
        | Kind::LongText
        | Kind::Country
        | Kind::Language
        | Kind::Basis
        | Kind::Company
        | Kind::Contact
        | Kind::User
        | Kind::Flag
        | Kind::Number
        | Kind::Word(_)
        | Kind::Slug => "",
    };
    let needed = if one.required { "needed" } else { "" };
    let purpose = if one.info.purpose.is_empty() { &one.info.why } else { &one.info.purpose };
    [needed, purpose.as_str(), how]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}
