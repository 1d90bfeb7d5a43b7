//! How the editor of a note looks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{NoteEditor, Part, noun, when, words};
use crate::domain::contact::NoteKind;
use crate::tui::forms::frame;
use crate::tui::layer::Ctx;
use crate::tui::text;
use crate::tui::theme::Tone;

pub(super) fn draw(editor: &NoteEditor, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
    let theme = ctx.theme;
    let inner = frame::panel(buf, area, &editor.title, theme);
    if inner.is_empty() {
        return None;
    }
    let tone = |part: Part| theme.style(if part == editor.part { Tone::Focus } else { Tone::Dim });
    let mark = |part: Part| if part == editor.part { ">" } else { " " };
    let value = |row: u16| {
        let at = frame::row_of(inner, row);
        Rect { x: at.x + 8.min(at.width), width: at.width.saturating_sub(8), ..at }
    };
    frame::line(buf, inner, 0, &format!("{}Kind", mark(Part::Kind)), tone(Part::Kind));
    let kinds: Vec<String> =
        NoteKind::ALL
            .iter()
            .map(|kind| {
                if *kind == editor.kind { format!("[{}]", noun(*kind)) } else { format!(" {} ", noun(*kind)) }
            })
            .collect();
    frame::line(buf, value(0), 0, &kinds.join(" "), theme.style(Tone::Text));
    frame::line(buf, inner, 1, &format!("{}When", mark(Part::When)), tone(Part::When));
    let when_at = editor.when.draw(buf, value(1), theme.style(Tone::Text));
    let at = when(editor.when.text(), ctx.now, ctx.zone).ok().flatten().unwrap_or(ctx.now);
    let typed = u16::try_from(text::width(editor.when.text())).unwrap_or(u16::MAX);
    let rest = Rect { x: value(1).x.saturating_add(typed + 1).min(value(1).right()), ..value(1) };
    frame::line(
        buf,
        Rect { width: value(1).right().saturating_sub(rest.x), ..rest },
        0,
        &ctx.zone.name(at),
        theme.style(Tone::Dim),
    );
    let mut said: Vec<(Tone, String)> = Vec::new();
    if !editor.found.is_empty() {
        said.push((
            Tone::Warning,
            format!("This seems to tell {}; such data is not held.", words(&editor.found)),
        ));
    }
    said.extend(editor.message.clone());
    let rows = |said: &[(Tone, String)]| {
        said.iter()
            .map(|(tone, text)| frame::rows(&format!("{}{text}", theme.mark(*tone)), inner.width))
            .sum::<u16>()
    };
    let foot = rows(&said).min(inner.height.saturating_sub(4));
    let body = frame::below(inner, 3);
    let body = Rect { height: body.height.saturating_sub(foot), ..body };
    let text_at = editor.text.draw(buf, body, theme.style(Tone::Text));
    let under = Rect { y: body.bottom(), height: foot, ..inner };
    said.iter().fold(0, |row, (tone, text)| frame::message(buf, under, row, text, *tone, theme));
    Some(match editor.part {
        Part::Kind => Position::new(value(0).x.min(inner.right().saturating_sub(1)), inner.y),
        Part::When => when_at,
        Part::Text => text_at,
    })
}
