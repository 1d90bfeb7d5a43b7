//! The attributes the terminal writes with, and the shortest way to change them (ECMA-48, SGR).

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Colours and attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// Attribute, the code that sets it, the code that takes it back.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Pen {
    pub(super) fn of(cell: &Cell) -> Pen {
        Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a space written with this pen shows anything.
    pub(super) fn shows_on_blank(&self) -> bool {
        self.bg != Color::Reset || super::shows_on_blank(self.modifier)
    }

    /// Whether a space looks the same written with either.
    pub(super) fn same_on_blank(&self, other: &Pen) -> bool {
        self == other
            || (self.bg == other.bg
                && !super::shows_on_blank(self.modifier)
                && !super::shows_on_blank(other.modifier))
    }

    /// Appends the sequence that makes this pen the other.
    pub(super) fn change(&mut self, to: &Pen, out: &mut Vec<u8>) {
        if self == to {
            return;
        }
        let afresh = Pen::default().codes(to);
        let step = self.codes(to);
        let codes = if afresh.len() + 2 < step.len() || *to == Pen::default() {
            if afresh.is_empty() { String::new() } else { format!("0;{afresh}") }
        } else {
            step
        };
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(codes.as_bytes());
        out.push(b'm');
        *self = to.clone();
    }

    /// The codes that lead from this pen to the other, joined by `;`.
    fn codes(&self, to: &Pen) -> String {
        let mut codes: Vec<String> = Vec::new();
        let mut have = self.modifier;
        for (attribute, _, undo) in ATTRIBUTES {
            if have.contains(attribute) && !to.modifier.contains(attribute) {
                codes.push(undo.to_string());
                // Bold and dim, and the two ways of blinking, are taken back together.
                for (other, _, same) in ATTRIBUTES {
                    if same == undo {
                        have.remove(other);
                    }
                }
            }
        }
        for (attribute, code, _) in ATTRIBUTES {
            if to.modifier.contains(attribute) && !have.contains(attribute) {
                codes.push(code.to_string());
            }
        }
        if self.fg != to.fg {
            codes.push(colour(to.fg, false));
        }
        if self.bg != to.bg {
            codes.push(colour(to.bg, true));
        }
        codes.join(";")
    }
}

fn colour(colour: Color, background: bool) -> String {
    let base = if background { 40 } else { 30 };
    let named = |offset: u8| (base + offset).to_string();
    match colour {
        Color::Reset => named(9),
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(60),
        Color::LightRed => named(61),
        Color::LightGreen => named(62),
        Color::LightYellow => named(63),
        Color::LightBlue => named(64),
        Color::LightMagenta => named(65),
        Color::LightCyan => named(66),
        Color::White => named(67),
        Color::Indexed(n) => format!("{};5;{n}", named(8)),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", named(8)),
    }
}
