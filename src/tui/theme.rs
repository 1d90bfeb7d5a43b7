//! What text means, and how each theme shows it.
//!
//! A screen names a [`Tone`], never a colour. The default theme uses the terminal's own foreground and background and
//! its 16 colours, which the person chose. Nothing is told by colour alone: [`Theme::mark`] gives the sign that stands
//! before a text where its tone matters, and in [`Palette::Mono`] it is all there is beside bold, underline and reverse.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Text,
    Dim,
    Title,
    /// The row the cursor is on.
    Selection,
    /// The part of a hit that was searched for.
    Match,
    Error,
    Warning,
    Ok,
    Border,
    /// The border or caption of the pane that has the keys.
    Focus,
    Badge,
    KeyHint,
    DiffAdd,
    DiffDel,
    /// In place of a value the reader may not see.
    Masked,
}

impl Tone {
    pub const ALL: [Tone; 15] = [
        Tone::Text,
        Tone::Dim,
        Tone::Title,
        Tone::Selection,
        Tone::Match,
        Tone::Error,
        Tone::Warning,
        Tone::Ok,
        Tone::Border,
        Tone::Focus,
        Tone::Badge,
        Tone::KeyHint,
        Tone::DiffAdd,
        Tone::DiffDel,
        Tone::Masked,
    ];
}

/// The themes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// The 16 colours of the terminal.
    #[default]
    Ansi16,
    /// Fixed colours of the 256 for a dark background.
    Dark,
    /// Fixed colours of the 256 for a light background.
    Light,
    /// No colour at all.
    Mono,
}

impl Palette {
    pub const ALL: [Palette; 4] = [Palette::Ansi16, Palette::Dark, Palette::Light, Palette::Mono];

    /// The name in `config.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Palette::Ansi16 => "ansi16",
            Palette::Dark => "dark",
            Palette::Light => "light",
            Palette::Mono => "mono",
        }
    }

    /// The palette of that name.
    pub fn named(name: &str) -> Option<Palette> {
        Palette::ALL.into_iter().find(|palette| palette.name() == name)
    }
}

/// A palette in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    palette: Palette,
}

impl Theme {
    pub fn new(palette: Palette) -> Theme {
        Theme { palette }
    }

    /// The palette asked for, unless the surroundings rule colour out.
    ///
    /// `no_color` and `term` are the variables `NO_COLOR` (<https://no-color.org>: present and not empty) and `TERM`.
    pub fn choose(wanted: Option<Palette>, no_color: Option<&str>, term: Option<&str>) -> Theme {
        let colourless = term.is_some_and(|term| {
            term == "dumb"
                || term.ends_with("-m")
                || term.ends_with("-mono")
                || term.starts_with("vt1")
                || term.starts_with("vt2")
        });
        if no_color.is_some_and(|value| !value.is_empty()) || colourless {
            Theme::new(Palette::Mono)
        } else {
            Theme::new(wanted.unwrap_or_default())
        }
    }

    pub fn palette(self) -> Palette {
        self.palette
    }

    /// How text of this tone looks.
    pub fn style(self, tone: Tone) -> Style {
        match self.palette {
            Palette::Ansi16 => ansi16(tone),
            Palette::Dark => indexed(tone, &DARK),
            Palette::Light => indexed(tone, &LIGHT),
            Palette::Mono => mono(tone),
        }
    }

    /// The sign before a text of this tone, one cell and a space, or nothing where the tone says nothing that matters.
    ///
    /// The same in every theme: a layout must not change with the colours.
    pub fn mark(self, tone: Tone) -> &'static str {
        match tone {
            Tone::Selection => "> ",
            Tone::Error => "! ",
            Tone::Warning => "* ",
            Tone::Ok => "= ",
            Tone::DiffAdd => "+ ",
            Tone::DiffDel => "- ",
            Tone::Masked => "# ",
            Tone::Text
            | Tone::Dim
            | Tone::Title
            | Tone::Match
            | Tone::Border
            | Tone::Focus
            | Tone::Badge
            | Tone::KeyHint => "",
        }
    }
}

fn ansi16(tone: Tone) -> Style {
    let style = Style::new();
    match tone {
        Tone::Text => style,
        // Bright black is invisible in some dark palettes and faint is not drawn by some terminals; both together
        // would be too little, so it is the one that stays readable where it is not understood.
        Tone::Dim | Tone::Border => style.add_modifier(Modifier::DIM),
        Tone::Title => style.add_modifier(Modifier::BOLD),
        // Reverse video has the contrast of the text itself, whatever the colours are.
        Tone::Selection => style.add_modifier(Modifier::REVERSED),
        Tone::Match => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Tone::Error => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        Tone::Warning => style.fg(Color::Yellow).add_modifier(Modifier::BOLD),
        Tone::Ok | Tone::DiffAdd => style.fg(Color::Green),
        Tone::Focus => style.fg(Color::Cyan).add_modifier(Modifier::BOLD),
        Tone::Badge => style.fg(Color::Magenta),
        Tone::KeyHint => style.fg(Color::Cyan),
        Tone::DiffDel => style.fg(Color::Red),
        Tone::Masked => style.add_modifier(Modifier::DIM | Modifier::REVERSED),
    }
}

fn mono(tone: Tone) -> Style {
    let style = Style::new();
    match tone {
        Tone::Text | Tone::Dim | Tone::Border | Tone::DiffAdd | Tone::DiffDel | Tone::Ok => style,
        Tone::Title | Tone::Error | Tone::Warning | Tone::Focus | Tone::KeyHint => {
            style.add_modifier(Modifier::BOLD)
        }
        Tone::Selection => style.add_modifier(Modifier::REVERSED),
        Tone::Match => style.add_modifier(Modifier::UNDERLINED),
        Tone::Badge => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Tone::Masked => style.add_modifier(Modifier::REVERSED),
    }
}

/// Numbers of xterm's 256 colours; the background stays the terminal's except on the selected row.
struct Colours {
    dim: u8,
    error: u8,
    warning: u8,
    ok: u8,
    focus: u8,
    badge: u8,
    key: u8,
    selected: (u8, u8),
}

const DARK: Colours = Colours {
    dim: 247,
    error: 210,
    warning: 222,
    ok: 114,
    focus: 117,
    badge: 183,
    key: 117,
    selected: (231, 24),
};
const LIGHT: Colours =
    Colours { dim: 240, error: 124, warning: 94, ok: 22, focus: 25, badge: 90, key: 25, selected: (16, 153) };

fn indexed(tone: Tone, colours: &Colours) -> Style {
    let style = Style::new();
    let fg = |number: u8| style.fg(Color::Indexed(number));
    match tone {
        Tone::Text => style,
        Tone::Dim | Tone::Border => fg(colours.dim),
        Tone::Title => style.add_modifier(Modifier::BOLD),
        Tone::Selection => fg(colours.selected.0).bg(Color::Indexed(colours.selected.1)),
        Tone::Match => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Tone::Error => fg(colours.error).add_modifier(Modifier::BOLD),
        Tone::Warning => fg(colours.warning).add_modifier(Modifier::BOLD),
        Tone::Ok | Tone::DiffAdd => fg(colours.ok),
        Tone::Focus => fg(colours.focus).add_modifier(Modifier::BOLD),
        Tone::Badge => fg(colours.badge),
        Tone::KeyHint => fg(colours.key),
        Tone::DiffDel => fg(colours.error),
        Tone::Masked => fg(colours.dim).add_modifier(Modifier::REVERSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue of one of xterm's 256 colours from 16 up.
    fn rgb(number: u8) -> [f64; 3] {
        let n = i32::from(number);
        assert!(n >= 16, "the first 16 are the terminal's own");
        if n >= 232 {
            return [f64::from(8 + 10 * (n - 232)); 3];
        }
        let level = |step: i32| if step == 0 { 0.0 } else { f64::from(55 + 40 * step) };
        [level((n - 16) / 36), level((n - 16) / 6 % 6), level((n - 16) % 6)]
    }

    /// Contrast after WCAG 2.2.
    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let luminance = |c: [f64; 3]| {
            let linear = c
                .map(|v| v / 255.0)
                .map(|v| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055_f64).powf(2.4) });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn fixed_colours_can_be_read_on_their_background() {
        for (palette, paper) in [(Palette::Dark, [30.0; 3]), (Palette::Light, [245.0; 3])] {
            for tone in Tone::ALL {
                let style = Theme::new(palette).style(tone);
                let Some(Color::Indexed(fg)) = style.fg else { continue };
                let bg = match style.bg {
                    Some(Color::Indexed(bg)) => rgb(bg),
                    _ => paper,
                };
                let ratio = contrast(rgb(fg), bg);
                assert!(ratio >= 4.5, "{palette:?} {tone:?}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn no_colour_means_none_and_the_selection_is_still_seen() {
        for theme in [
            Theme::choose(Some(Palette::Dark), Some("1"), Some("xterm-256color")),
            Theme::choose(None, None, Some("dumb")),
            Theme::choose(None, None, Some("vt220")),
        ] {
            for tone in Tone::ALL {
                let style = theme.style(tone);
                assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
            }
            assert!(theme.style(Tone::Selection).add_modifier.contains(Modifier::REVERSED));
        }
        assert_eq!(Theme::choose(None, Some(""), Some("xterm")).palette(), Palette::Ansi16);
    }

    #[test]
    fn what_matters_is_told_without_colour() {
        let marks = [Tone::Error, Tone::Warning, Tone::Ok, Tone::DiffAdd, Tone::DiffDel, Tone::Masked];
        for (index, tone) in marks.iter().enumerate() {
            let mark = Theme::default().mark(*tone);
            assert!(!mark.is_empty());
            assert!(marks.iter().skip(index + 1).all(|other| Theme::default().mark(*other) != mark));
        }
    }

    #[test]
    fn names_are_found_again() {
        for palette in Palette::ALL {
            assert_eq!(Palette::named(palette.name()), Some(palette));
        }
        assert_eq!(Palette::named("Solarized"), None);
    }
}
