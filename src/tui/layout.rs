//! Where things stand on the screen. Used by what draws and by what must know how many rows are seen.

use ratatui::layout::{Rect, Size};

/// The smallest terminal there is room in.
pub const SMALLEST: Size = Size { width: 40, height: 10 };
/// From this width on, a pane stands beside the list.
pub const WIDE: u16 = 100;
/// Below this width there is one pane only.
pub const NARROW: u16 = 60;

/// The parts of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    pub header: Rect,
    /// Between header and footer.
    pub body: Rect,
    pub footer: Rect,
    /// The search box, the caption of the log, or the title of a record.
    pub bar: Rect,
    /// Captions of columns, or tabs.
    pub captions: Rect,
    /// Rows or lines.
    pub main: Rect,
    /// The pane beside or below the list, within its line of separation.
    pub pane: Option<Rect>,
    /// The line between list and pane.
    pub line: Option<Rect>,
}

/// Whether the terminal is too small for anything.
pub fn too_small(size: Size) -> bool {
    size.width < SMALLEST.width || size.height < SMALLEST.height
}

/// Divides the screen. `pane` says whether one is wanted; `None` leaves it to the width.
pub fn parts(size: Size, pane: Option<bool>, has_pane: bool) -> Parts {
    let (w, h) = (size.width, size.height);
    let row = |y: u16| Rect { x: 0, y: y.min(h.saturating_sub(1)), width: w, height: 1.min(h) };
    let body = Rect { x: 0, y: 1, width: w, height: h.saturating_sub(2) };
    let wanted = has_pane && w >= NARROW && pane.unwrap_or(w >= WIDE);
    let (inner, pane, line) = if !wanted {
        (body, None, None)
    } else if w >= WIDE {
        // A list of 55 % leaves a name, a company and a phone at 100 columns.
        let left = (u32::from(w) * 55 / 100) as u16;
        let right = w - left - 1;
        let line = Rect { x: left, width: 1, ..body };
        (Rect { width: left, ..body }, Some(Rect { x: left + 1, width: right, ..body }), Some(line))
    } else {
        let above = body.height.div_ceil(2);
        let line = Rect { y: body.y + above, height: 1, ..body };
        let pane = Rect { y: body.y + above + 1, height: body.height.saturating_sub(above + 1), ..body };
        (Rect { height: above, ..body }, Some(pane), Some(line))
    };
    Parts {
        header: row(0),
        body,
        footer: row(h.saturating_sub(1)),
        bar: Rect { height: 1.min(inner.height), ..inner },
        captions: Rect { y: inner.y + 1, height: 1.min(inner.height.saturating_sub(1)), ..inner },
        main: Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner },
        pane,
        line,
    }
}

/// A box in the middle of `body`, as large as wanted and no larger than there is room.
pub fn centred(body: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(body.width);
    let height = height.min(body.height);
    Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_lies_on_the_screen() {
        for width in 0..220 {
            for height in 0..60 {
                for pane in [None, Some(true), Some(false)] {
                    let parts = parts(Size { width, height }, pane, true);
                    let screen = Rect { x: 0, y: 0, width, height };
                    let all = [parts.header, parts.body, parts.footer, parts.bar, parts.captions, parts.main];
                    for rect in all.into_iter().chain(parts.pane).chain(parts.line) {
                        if !too_small(Size { width, height }) {
                            assert_eq!(rect.intersection(screen), rect, "{width}×{height} {pane:?}");
                            assert!(!parts.main.is_empty());
                        }
                    }
                }
            }
        }
    }
}
