//! One record with its tabs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::content;
use crate::tui::held;
use crate::tui::layout::Parts;
use crate::tui::paint;
use crate::tui::screen::detail::Tab;
use crate::tui::text;
use crate::tui::theme::Tone;

pub(super) fn draw(app: &App, buf: &mut Buffer, parts: &Parts) -> Option<Position> {
    let theme = app.ctx.theme;
    let detail = app.detail.as_ref()?;
    if detail.gone {
        let said = format!("{}This {} is no longer yours to see.", theme.mark(Tone::Warning), detail.kind);
        paint::put(buf, 0, parts.bar.y, parts.bar.width, &said, theme.style(Tone::Warning));
        let hint = "esc goes back to the list";
        paint::put(buf, 2, parts.captions.y, parts.captions.width, hint, theme.style(Tone::Dim));
        return None;
    }
    if let Some(fault) = &detail.fault {
        let sign = theme.mark(Tone::Error);
        paint::put(
            buf,
            0,
            parts.bar.y,
            parts.bar.width,
            &format!("{sign}{}", fault.message),
            theme.style(Tone::Error),
        );
        if let Some(hint) = &fault.hint {
            paint::put(buf, 2, parts.captions.y, parts.captions.width, hint, theme.style(Tone::Dim));
        }
        return None;
    }
    let Some(card) = &detail.card else {
        if app.is_slow() {
            paint::put(buf, 2, parts.bar.y, parts.bar.width, "loading …", theme.style(Tone::Dim));
        }
        return None;
    };
    let mut badges = Vec::new();
    if card.record.deleted {
        badges.push((Tone::Warning, "deleted".to_owned()));
    }
    if let Some(at) = detail.at {
        badges.push((Tone::Warning, format!("as it stood on {}", content::time(at, app.ctx.zone))));
    }
    if !detail.present.is_empty() {
        badges.push((Tone::Badge, format!("also here: {}", detail.present.join(", "))));
    }
    let mut end = parts.bar.right();
    for (tone, badge) in badges.iter().rev() {
        let shown = format!("[{badge}]");
        let width = u16::try_from(text::width(&shown)).unwrap_or(0);
        end = end.saturating_sub(width + 1);
        paint::put(buf, end, parts.bar.y, width, &shown, theme.style(*tone));
    }
    let bar = Rect { x: 1, width: end.saturating_sub(2), ..parts.bar };
    paint::put(buf, bar.x, bar.y, bar.width, &card.record.title, theme.style(Tone::Title));
    tabs(app, buf, parts.captions);
    let lines = detail.lines(&app.ctx);
    let main = Rect { x: parts.main.x + 3, width: parts.main.width.saturating_sub(3), ..parts.main };
    let above = detail.held_height();
    if let Some(held) = card.held.as_ref().filter(|_| above > 0) {
        let key = app.keymap.key_of(Action::Consent);
        let lines = held::lines(held, usize::from(main.width), usize::from(above), &key, &app.ctx);
        paint::lines(buf, Rect { height: above, ..main }, &lines, 0, None, theme);
    }
    let main = Rect { y: main.y + above, height: main.height.saturating_sub(above), ..main };
    let waits = match detail.tab {
        Tab::History => detail.history.is_none(),
        Tab::Looked => detail.readings.is_none(),
        Tab::Fields | Tab::Notes | Tab::People => false,
    };
    if waits && app.is_slow() {
        paint::put(buf, main.x, main.y, main.width, "loading …", theme.style(Tone::Dim));
    }
    let at = paint::lines(buf, main, &lines, detail.top, Some(detail.cursor), theme)?;
    paint::put(buf, parts.main.x, at.y, 1, ">", theme.style(Tone::Text));
    if detail.tab == Tab::Fields && !detail.changed.is_empty() {
        let items = content::items(&card.record, &app.ctx);
        for (y, line) in (main.y..main.bottom()).zip(lines.iter().skip(detail.top)) {
            let key = line.item.and_then(|item| items.get(item)).and_then(|item| item.key);
            if key.is_some_and(|key| detail.changed.contains(&key)) {
                paint::put(buf, parts.main.x + 1, y, 1, super::list::CHANGED, theme.style(Tone::Badge));
            }
        }
    }
    let note = paint::scroll_note(detail.top, usize::from(main.height), lines.len());
    let width = u16::try_from(text::width(&note)).unwrap_or(0);
    let x = parts.captions.right().saturating_sub(width);
    paint::put(buf, x, parts.captions.y, width, &note, theme.style(Tone::Dim));
    Some(Position { x: parts.main.x, y: at.y })
}

fn tabs(app: &App, buf: &mut Buffer, area: Rect) {
    let Some(detail) = &app.detail else { return };
    let theme = app.ctx.theme;
    let mut x = area.x;
    for tab in Tab::of(detail.kind, detail.watches) {
        let card = detail.card.as_ref();
        let count = match tab {
            Tab::Fields => None,
            Tab::Notes => card.map(|card| card.notes.len()),
            Tab::People => card.map(|card| card.people.len()),
            Tab::History => detail.history.as_ref().map(Vec::len),
            Tab::Looked => {
                detail.readings.as_ref().map(|page| usize::try_from(page.total).unwrap_or(usize::MAX))
            }
        };
        let count = count.map_or_else(String::new, |count| format!(" {count}"));
        let on = *tab == detail.tab;
        let title = tab.title();
        let shown = if on { format!("[{title}{count}]") } else { format!(" {title}{count} ") };
        let style = theme.style(if on { Tone::Focus } else { Tone::Dim });
        x += paint::put(buf, x, area.y, area.right().saturating_sub(x), &shown, style) + 1;
    }
}
