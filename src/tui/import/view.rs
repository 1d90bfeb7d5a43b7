//! How the import looks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::domain::basis::Basis;
use crate::interchange::{Guess, Target};
use crate::tui::forms::frame;
use crate::tui::import::layer::{Busy, ImportScreen, Origin, Page};
use crate::tui::text::{self, Align};
use crate::tui::theme::{Theme, Tone};

pub(crate) fn draw(screen: &ImportScreen, buf: &mut Buffer, area: Rect, theme: Theme) -> Option<Position> {
    let name = screen.file().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = match screen.page {
        Page::Path => "Import a file".to_owned(),
        Page::Columns => format!("{name}: what the columns are"),
        Page::Provenance => format!("{name}: where it comes from"),
        Page::Tried => format!("{name}: what would happen"),
        Page::Done => format!("{name}: what happened"),
    };
    let inner = frame::panel(buf, area, &title, theme);
    if inner.is_empty() {
        return None;
    }
    let foot = match (&screen.busy, screen.message.is_empty()) {
        (Busy::No, true) => None,
        (Busy::No, false) => Some((Tone::Error, screen.message.clone())),
        (Busy::Looking, _) => Some((Tone::Dim, "Looking at the file …".to_owned())),
        (Busy::Trying, _) => Some((Tone::Dim, "Looking what would happen; nothing is changed …".to_owned())),
        (Busy::Running { stopping: true, .. }, _) => {
            Some((Tone::Warning, "Stopping after this part. What was taken stays.".to_owned()))
        }
        (Busy::Running { done, total, .. }, _) => {
            let percent = done.saturating_mul(100).checked_div(*total).unwrap_or(0).min(100);
            Some((Tone::Dim, format!("Importing: {percent} % of the file …")))
        }
    };
    let height = foot.as_ref().map_or(0, |(tone, said)| {
        frame::rows(&format!("{}{said}", theme.mark(*tone)), inner.width).min(4).min(inner.height)
    });
    if let Some((tone, said)) = foot {
        let at = frame::below(inner, inner.height - height);
        frame::message(buf, at, 0, &said, tone, theme);
    }
    let body = Rect { height: inner.height - height, ..inner };
    match screen.page {
        Page::Path => file(screen, buf, body, theme),
        Page::Columns => columns(screen, buf, body, theme),
        Page::Provenance => origin(screen, buf, body, theme),
        Page::Tried | Page::Done => report(screen, buf, body, theme),
    }
}

fn file(screen: &ImportScreen, buf: &mut Buffer, body: Rect, theme: Theme) -> Option<Position> {
    let row = frame::wrapped(
        buf,
        body,
        0,
        "Which file? CSV of any program, vCard, JSContact or JSON. Nothing is taken before you have seen what would happen.",
        theme.style(Tone::Text),
    ) + 1;
    let cursor = screen.path.draw(buf, frame::row_of(body, row), theme.style(Tone::Focus));
    screen
        .offers
        .iter()
        .fold(row + 1, |row, one| frame::line(buf, body, row, &format!("  {one}"), theme.style(Tone::Dim)));
    Some(cursor)
}

fn columns(screen: &ImportScreen, buf: &mut Buffer, body: Rect, theme: Theme) -> Option<Position> {
    let looked = screen.looked.as_ref()?;
    let columns = looked.mapping.as_ref()?.columns();
    frame::line(buf, body, 0, &looked.about, theme.style(Tone::Dim));
    let list = frame::below(body, 2);
    let width = usize::from(list.width);
    let header =
        columns.iter().map(|one| text::width(&one.header)).max().unwrap_or(0).clamp(6, (width / 3).max(6));
    let target =
        columns.iter().map(|one| text::width(&said(one))).max().unwrap_or(0).clamp(6, (width / 3).max(6));
    let head = format!(
        "  {}  {}  samples",
        text::pad("column", header, Align::Left),
        text::pad("taken as", target, Align::Left)
    );
    frame::line(buf, body, 1, &head, theme.style(Tone::Title));
    let from = frame::scrolled(screen.at, columns.len(), usize::from(list.height));
    let mut cursor = None;
    for (row, one) in columns.iter().skip(from).take(usize::from(list.height)).enumerate() {
        let at = from + row;
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        let tone = match (one.forbidden, &one.target) {
            (Some(_), _) => Tone::Error,
            (None, Target::Skip) => Tone::Dim,
            (None, _) if one.sure || one.chosen => Tone::Text,
            (None, _) => Tone::Warning,
        };
        // The tone is told by a sign, too; the selected row is reversed and keeps it.
        let mark = if tone == Tone::Text || tone == Tone::Dim { "  " } else { theme.mark(tone) };
        let samples = one.samples.join(", ");
        let line = format!(
            "{mark}{}  {}  {}",
            text::pad(&text::clean(&one.header), header, Align::Left),
            text::pad(&text::clean(&said(one)), target, Align::Left),
            text::clean(&samples)
        );
        let selected = at == screen.at;
        let line = text::pad(&line, width, Align::Left);
        frame::line(buf, list, row, &line, theme.style(if selected { Tone::Selection } else { tone }));
        if selected {
            cursor = Some(Position::new(list.x, list.y + row));
        }
    }
    cursor
}

/// What a column is taken for, in words.
fn said(one: &Guess) -> String {
    match (&one.target, one.forbidden, one.chosen) {
        (_, Some(found), false) => format!("never: {}", found.kind.replace('_', " ")),
        (_, Some(_), true) => "skipped".to_owned(),
        (Target::Skip, None, _) => "not taken".to_owned(),
        (target, None, _) if one.sure || one.chosen => target.to_string(),
        (target, None, _) => format!("{target}?"),
    }
}

fn origin(screen: &ImportScreen, buf: &mut Buffer, body: Rect, theme: Theme) -> Option<Position> {
    if let Some(looked) = &screen.looked {
        frame::line(buf, body, 0, &looked.about, theme.style(Tone::Dim));
    }
    let row = frame::wrapped(
        buf,
        body,
        1,
        "This holds for every row that does not say it itself. People must be told where their data came from.",
        theme.style(Tone::Text),
    );
    let mut row = row + 1;
    let mut cursor = None;
    for (at, (one, line)) in Origin::ALL.iter().zip(&screen.origin).enumerate() {
        let spec = one.field().spec();
        let focused = at == screen.at;
        let star = if screen.needed(*one) { "*" } else { "" };
        let label =
            text::pad(&format!("{}{star}", spec.label), 14.min(usize::from(body.width / 3)), Align::Left);
        let marker = if focused { ">" } else { " " };
        let tone = if focused { Tone::Focus } else { Tone::Dim };
        frame::line(buf, body, row, &format!("{marker}{label}"), theme.style(tone));
        if row >= body.height {
            break;
        }
        let place = frame::row_of(body, row);
        let used = u16::try_from(text::width(&label) + 2).unwrap_or(place.width).min(place.width);
        let field = Rect { x: place.x + used, width: place.width - used, ..place };
        let at_cursor = if *one == Origin::Basis {
            let basis = line.text().parse::<Basis>();
            let shown = basis.map_or_else(|_| "—".to_owned(), |basis| basis.label().to_owned());
            buf.set_stringn(field.x, field.y, shown, usize::from(field.width), theme.style(Tone::Text));
            Position::new(field.x.min(place.right().saturating_sub(1)), field.y)
        } else {
            line.draw(buf, field, theme.style(Tone::Text))
        };
        row += 1;
        if focused {
            cursor = Some(at_cursor);
            let why = if screen.in_file(*one) { "the file says it" } else { spec.why };
            row = frame::wrapped(
                buf,
                Rect { x: field.x, width: field.width, ..body },
                row,
                why,
                theme.style(Tone::Dim),
            );
        }
    }
    cursor
}

fn report(screen: &ImportScreen, buf: &mut Buffer, body: Rect, theme: Theme) -> Option<Position> {
    let tally = screen.tally.as_ref()?;
    let real = screen.page == Page::Done;
    let verb = |done: &'static str, would: &'static str| if real { done } else { would };
    let mut row = 0;
    for (count, what) in [
        (tally.rows.created, verb("contacts added", "contacts would be added")),
        (tally.rows.updated, verb("contacts changed", "contacts would change")),
        (tally.rows.unchanged, "contacts are so already"),
        (tally.rows.rejected.len() as u64, verb("rows not taken", "rows would not be taken")),
        (tally.rows.suppressed, verb("rows not taken: suppressed", "rows would not be taken: suppressed")),
    ] {
        if count == 0 && what.ends_with("suppressed") {
            continue;
        }
        row = frame::line(buf, body, row, &format!("{count:>8}  {what}"), theme.style(Tone::Text));
    }
    if tally.stopped {
        row = frame::message(
            buf,
            body,
            row,
            "Stopped. What was taken stays; the same file again takes the rest.",
            Tone::Warning,
            theme,
        );
    }
    if let Some(error) = &tally.failed {
        row = frame::message(buf, body, row, &error.message, Tone::Error, theme);
    }
    if !real && tally.rows.created + tally.rows.updated > 0 {
        row = frame::line(buf, body, row, "i imports it.", theme.style(Tone::KeyHint));
    }
    let list = frame::below(body, row + 1);
    let rejected =
        tally.rows.rejected.iter().map(|one| (Tone::Error, format!("row {}: {}", one.row, one.reason)));
    let dropped = tally
        .dropped
        .iter()
        .map(|one| (Tone::Warning, format!("{} in {} rows: {}", one.field, one.rows, one.reason)));
    let rows = usize::from(list.height);
    let total = tally.rows.rejected.len() + tally.dropped.len();
    let from = frame::scrolled(screen.at, total, rows);
    for (row, (tone, said)) in rejected.chain(dropped).skip(from).take(rows).enumerate() {
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        frame::line(buf, list, row, &format!("{}{said}", theme.mark(tone)), theme.style(tone));
    }
    let at = u16::try_from(screen.at.saturating_sub(from)).unwrap_or(0).min(list.height.saturating_sub(1));
    (total > 0 && list.height > 0)
        .then(|| Position::new(list.x, list.y + at))
        .or(Some(Position::new(body.x, body.y)))
}
