//! Drawing: the state goes in, cells come out, nothing is changed.

mod activity;
mod chrome;
mod detail;
mod list;
mod requests;
mod today;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::paint;
use crate::tui::screen::Place;
use crate::tui::term::Link;
use crate::tui::theme::Tone;

/// Draws everything, and says where the terminal's cursor belongs: on the focused row or in the focused text.
pub fn draw(app: &App, buf: &mut Buffer) -> Option<Position> {
    let area = buf.area;
    buf.set_style(area, app.ctx.theme.style(Tone::Text));
    if layout::too_small(app.ctx.size) {
        return too_small(app, buf);
    }
    let covered = app.layers().next_back().is_some_and(|layer| layer.opaque());
    let parts = app.parts();
    let mut cursor = None;
    if !covered {
        chrome::header(app, buf, parts.header);
        cursor = match app.place {
            Place::Contacts | Place::Companies => list::draw(app, buf, &parts),
            Place::Today => today::day(app, buf, &parts),
            Place::CallLists => today::lists(app, buf, &parts),
            Place::Requests => requests::register(app, buf, &parts),
            Place::Request(_) => requests::one(app, buf, &parts),
            Place::Activity => activity::draw(app, buf, &parts),
            Place::Record(..) => detail::draw(app, buf, &parts),
        };
        if app.jobs_panel.is_some() {
            cursor = chrome::jobs(app, buf, parts.body);
        }
    }
    let from = app.layers().position(|layer| layer.opaque()).unwrap_or(0);
    for layer in app.layers().skip(from) {
        let place = if layer.opaque() { area } else { layer.place(parts.body).intersection(parts.body) };
        paint::clear(buf, place);
        buf.set_style(place, app.ctx.theme.style(Tone::Text));
        cursor = layer.draw(buf, place, &app.ctx);
    }
    if !covered {
        chrome::prefix(app, buf, parts.body);
        chrome::toasts(app, buf, parts.body, cursor);
        chrome::footer(app, buf, parts.footer);
    }
    cursor.filter(|at| area.contains(*at))
}

/// What on the screen is a link: where the topmost layer says that a text is one, and it is seen.
pub fn links(app: &App, buf: &Buffer) -> Vec<Link> {
    let Some((label, uri)) = app.layers().next_back().and_then(|layer| layer.link()) else {
        return Vec::new();
    };
    let wanted: Vec<char> = label.chars().collect();
    let width = u16::try_from(wanted.len()).unwrap_or(u16::MAX);
    let is_at = |x: u16, y: u16| {
        (x..).zip(&wanted).all(|(x, c)| buf.cell((x, y)).is_some_and(|cell| cell.symbol().chars().eq([*c])))
    };
    let found = (buf.area.top()..buf.area.bottom())
        .flat_map(|y| (buf.area.left()..buf.area.right()).map(move |x| (x, y)))
        .find(|(x, y)| width > 0 && is_at(*x, *y));
    found.map(|(x, y)| Link { x, y, width, uri }).into_iter().collect()
}

fn too_small(app: &App, buf: &mut Buffer) -> Option<Position> {
    let (w, h) = (layout::SMALLEST.width, layout::SMALLEST.height);
    let size = app.ctx.size;
    let lines = [
        "Too small".to_owned(),
        format!("{}x{}, {w}x{h} needed", size.width, size.height),
        "q quits".to_owned(),
    ];
    for (y, line) in (0..size.height).zip(lines) {
        paint::put(buf, 0, y, size.width, &line, app.ctx.theme.style(Tone::Text));
    }
    None
}

/// The line between a list and the pane beside or below it.
fn separation(buf: &mut Buffer, line: Rect, app: &App) {
    let style = app.ctx.theme.style(Tone::Border);
    let sign = if line.width == 1 { "│" } else { "─" };
    for y in line.top()..line.bottom() {
        for x in line.left()..line.right() {
            paint::put(buf, x, y, 1, sign, style);
        }
    }
}
