use std::num::NonZeroU16;

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, List, ListItem, Paragraph, Widget, Wrap};

use super::*;
use crate::tui::theme::{Palette, Theme, Tone};

fn terminal(width: u16, height: u16) -> vt100::Parser {
    vt100::Parser::new(NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap(), 0)
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Red => vt100::Color::Idx(1),
        Color::Cyan => vt100::Color::Idx(6),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::Indexed(n) => vt100::Color::Idx(n),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        other => panic!("not used here: {other:?}"),
    }
}

/// What differs between the terminal and the frame, if anything does.
fn difference(screen: &vt100::Screen, frame: &Buffer) -> Option<String> {
    for y in 0..frame.area.height {
        let mut x = 0;
        while x < frame.area.width {
            let cell = &frame[(x, y)];
            let shown = screen.cell(y, x)?;
            let symbol = cell.symbol();
            let size = symbol.cell_width();
            let contents = if shown.contents().is_empty() { " " } else { shown.contents() };
            let expected = if x + size > frame.area.width { " " } else { symbol };
            if !is_sure(symbol) {
                // vt100 has its own idea of these; what matters is that nothing else suffers.
                x += size.max(1);
                continue;
            }
            let mut wrong = contents != expected || shown.bgcolor() != colour(cell.bg);
            wrong |= shown.inverse() != cell.modifier.contains(Modifier::REVERSED);
            wrong |= shown.underline() != cell.modifier.contains(Modifier::UNDERLINED);
            if expected != " " {
                wrong |= shown.fgcolor() != colour(cell.fg)
                    || shown.bold() != cell.modifier.contains(Modifier::BOLD)
                    || shown.dim() != cell.modifier.contains(Modifier::DIM)
                    || shown.italic() != cell.modifier.contains(Modifier::ITALIC);
            }
            if wrong {
                return Some(format!("at {x},{y}: {contents:?} for {cell:?}"));
            }
            x += if expected == symbol { size.max(1) } else { 1 };
        }
    }
    None
}

fn style() -> impl Strategy<Value = Style> {
    let colours = prop_oneof![
        6 => Just(Color::Reset),
        1 => Just(Color::Red),
        1 => Just(Color::Cyan),
        1 => Just(Color::DarkGray),
        1 => Just(Color::Indexed(153)),
        1 => Just(Color::Rgb(1, 2, 3)),
    ];
    // vt100 knows these attributes, and dim, which it takes for the opposite of bold.
    (colours.clone(), colours, 0_u16..128).prop_map(|(fg, bg, bits)| {
        let wanted = Modifier::from_bits_truncate(bits & 0b100_1101);
        let wanted = if bits & 0b11_0000 == 0 { wanted } else { Modifier::empty() };
        Style::new().fg(fg).bg(bg).add_modifier(wanted)
    })
}

const PIECES: &[&str] = &[
    "Anna ",
    "山田",
    "한글",
    "é",
    "e\u{301}",
    "│",
    "             ",
    " ",
    "x",
    "word word",
    "👩‍👩‍👦",
    "क्षि",
    "ш",
    "日",
];

type Stroke = (u16, u16, &'static str, Style);

fn strokes() -> impl Strategy<Value = Vec<Stroke>> {
    proptest::collection::vec((0_u16..24, 0_u16..5, proptest::sample::select(PIECES), style()), 0..14)
}

fn frame(strokes: &[Stroke]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 5));
    for (x, y, text, style) in strokes {
        // vt100 cannot be told not to break lines by itself, so what it finds wider stays away from the edge.
        let x = if text.chars().all(|c| is_sure(&c.to_string())) { *x } else { *x % 10 };
        buffer.set_string(x, *y, text, *style);
    }
    buffer
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1500))]

    #[test]
    fn the_terminal_shows_the_frame(
        frames in proptest::collection::vec((strokes(), any::<bool>()), 1..6),
        cursors in proptest::collection::vec((0_u16..24, 0_u16..5), 6),
    ) {
        let mut terminal = terminal(24, 5);
        let mut painter = Painter::new();
        for ((strokes, keep), (x, y)) in frames.iter().zip(&cursors) {
            let frame = frame(strokes);
            let cursor = keep.then_some(Position { x: *x, y: *y });
            terminal.process(painter.paint(&frame, cursor));
            let wrong = difference(terminal.screen(), &frame);
            prop_assert!(wrong.is_none(), "{:?}", wrong);
            prop_assert!(terminal.screen().hide_cursor() != *keep);
            if *keep {
                prop_assert!(terminal.screen().cursor_position() == (*y, *x));
            }
            prop_assert!(painter.paint(&frame, cursor).is_empty(), "the same frame costs nothing");
        }
    }
}

#[test]
fn what_a_cell_must_not_contain_never_reaches_the_terminal() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
    for (x, symbol) in
        [(0, "\x1b[2J"), (1, "\u{9b}"), (2, "\u{202e}"), (3, "a\u{202e}"), (4, "\r\n"), (5, "山")]
    {
        buffer[(x, 0)].set_symbol(symbol);
    }
    let mut painter = Painter::new();
    assert_eq!(
        painter.paint(&buffer, None).escape_ascii().to_string(),
        r"\x1b[?2026h\x1b[m\x1b[2J\x1b[?25l\x1b[?2026l"
    );
}

#[test]
fn a_doubtful_width_does_not_shift_the_row() {
    let mut painter = Painter::new();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
    buffer.set_string(0, 0, "👩‍👩‍👦    |क्षि   |a|", Style::new());
    let bytes = String::from_utf8_lossy(painter.paint(&buffer, None)).into_owned();
    assert!(bytes.contains("  \r👩‍👩‍👦\x1b[1;3H    |"), "{}", bytes.escape_debug());
    assert!(bytes.contains("|a|"), "what is certain costs nothing: {}", bytes.escape_debug());
}

#[test]
fn the_shortest_way() {
    for (from, to, expected) in [
        (None, (0, 0), "\x1b[H"),
        (None, (0, 4), "\x1b[5H"),
        (Some((5, 5)), (0, 5), "\r"),
        (Some((5, 5)), (0, 6), "\r\n"),
        (Some((5, 5)), (4, 5), "\x08"),
        (Some((5, 5)), (6, 5), "\x1b[C"),
        (Some((5, 5)), (60, 5), "\x1b[61G"),
        (Some((5, 5)), (5, 4), "\x1b[A"),
        (Some((5, 5)), (7, 9), "\x1b[10;8H"),
    ] {
        assert_eq!(way(from, to), expected, "{from:?} to {to:?}");
    }
}

/// A screen like those of the product: header, list with a selected row, preview of that record, footer.
struct Mock {
    theme: Theme,
    selected: usize,
}

const NAMES: [&str; 8] = [
    "Anna Kowalska",
    "Bartłomiej Wiśniewski",
    "Çiğdem Yılmaz",
    "山田太郎",
    "Дмитрий Соколов",
    "José García",
    "Müller, Jörg",
    "Zoë O'Brien",
];

impl Mock {
    fn draw(&self, area: Rect) -> (Buffer, Position) {
        let mut buffer = Buffer::empty(area);
        let style = |tone| self.theme.style(tone);
        Line::styled(" Contacts  1 204 of 18 733   2 due today", style(Tone::Title))
            .render(Rect { height: 1, ..area }, &mut buffer);
        let body = Rect { y: 1, height: area.height - 2, ..area };
        let list = Rect { width: area.width / 2, ..body };
        let preview = Rect { x: list.width, width: area.width - list.width, ..body };
        let rows = usize::from(body.height) - 2;
        let first = self.selected.saturating_sub(rows - 1);
        let items: Vec<ListItem<'_>> = (first..first + rows)
            .map(|row| {
                let tone = if row == self.selected { Tone::Selection } else { Tone::Text };
                let name = NAMES[row % NAMES.len()];
                let text = format!("{}{name} ", self.theme.mark(tone));
                let city = ["Kraków", "Berlin", "Lyon"][row % 3];
                let width = usize::from(list.width) - 2;
                let text = crate::tui::text::pad(&text, width - 10, crate::tui::text::Align::Left);
                ListItem::new(format!("{text}{city:<10}")).style(style(tone))
            })
            .collect();
        List::new(items)
            .block(Block::new().borders(Borders::ALL).border_style(style(Tone::Focus)).title("Contacts"))
            .render(list, &mut buffer);
        let name = NAMES[self.selected % NAMES.len()];
        let number = self.selected;
        let field = |label: &str, value: String| {
            Line::from(vec![Span::styled(format!("{label:<10}"), style(Tone::Dim)), Span::raw(value)])
        };
        Paragraph::new(vec![
            Line::styled(name, style(Tone::Title)),
            field(
                "Company",
                ["Firma Przykładowa sp. z o.o.", "Example GmbH", "Exemple SARL"][number % 3].into(),
            ),
            field("Phone", format!("+44 20 7946 0{:03}", number % 1000)),
            field("E-mail", format!("person{number}@example.com")),
            field("Owner", ["Ewa", "Tomasz"][number % 2].into()),
            field("Consent", "calls until 2027-03-01".into()),
            Line::styled(["withdrawn: e-mail", "may be called"][number % 2], style(Tone::Warning)),
            Line::default(),
            Line::raw(
                ["Asked for an offer for twelve seats; call back after the fair.", "Prefers letters."]
                    [number % 2],
            ),
        ])
        .wrap(Wrap { trim: false })
        .block(Block::new().borders(Borders::ALL).border_style(style(Tone::Border)).title("Preview"))
        .render(preview, &mut buffer);
        Line::styled(" j k move  Enter open  / search  ? help", style(Tone::KeyHint))
            .render(Rect { y: area.bottom() - 1, height: 1, ..area }, &mut buffer);
        let row = u16::try_from(self.selected - first).unwrap_or(0);
        (buffer, Position { x: 1, y: list.y + 1 + row })
    }
}

#[test]
fn moving_the_cursor_with_a_preview_stays_within_its_budget() {
    for palette in Palette::ALL {
        for (width, height, budget) in [(80, 24, 800), (200, 60, 800)] {
            let area = Rect::new(0, 0, width, height);
            let mut terminal = terminal(width, height);
            let mut painter = Painter::new();
            let mut mock = Mock { theme: Theme::new(palette), selected: 0 };
            let (frame, cursor) = mock.draw(area);
            let first = painter.paint(&frame, Some(cursor)).to_vec();
            terminal.process(&first);
            let mut most = 0;
            let mut sum = 0;
            for selected in 1..18 {
                mock.selected = selected;
                let (frame, cursor) = mock.draw(area);
                let bytes = painter.paint(&frame, Some(cursor));
                terminal.process(bytes);
                most = most.max(bytes.len());
                sum += bytes.len();
                assert!(painter.paint(&frame, Some(cursor)).is_empty());
                let row = terminal.screen().cursor_position().0;
                assert_eq!(row, cursor.y, "the terminal's cursor is on the selected row");
                if palette == Palette::Mono {
                    assert!(terminal.screen().cell(row, 1).is_some_and(vt100::Cell::inverse));
                    assert!(terminal.screen().rows(0, 4).nth(usize::from(row)).unwrap().contains('>'));
                }
            }
            println!(
                "{width}x{height} {}: first frame {} bytes, a move {} on average, {most} at most",
                palette.name(),
                first.len(),
                sum / 17
            );
            assert!(most <= budget, "{palette:?} {width}x{height}: {most} bytes");
            assert!(first.len() < usize::from(width) * usize::from(height) * 2);
        }
    }
}

#[test]
fn without_colour_no_colour_is_sent() {
    let mut painter = Painter::new();
    let mock = Mock { theme: Theme::new(Palette::Mono), selected: 3 };
    let (frame, cursor) = mock.draw(Rect::new(0, 0, 80, 24));
    let bytes = String::from_utf8_lossy(painter.paint(&frame, Some(cursor))).into_owned();
    let mut rest = bytes.as_str();
    while let Some((_, after)) = rest.split_once("\x1b[") {
        let end = after.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        if after[end..].starts_with('m') {
            let codes: Vec<u8> = after[..end].split(';').filter_map(|code| code.parse().ok()).collect();
            assert!(codes.iter().all(|code| matches!(code, 0 | 1 | 4 | 7 | 22 | 24 | 27)), "{codes:?}");
        }
        rest = &after[end..];
    }
}

#[test]
fn a_number_is_a_link_and_nothing_else_is() {
    let link = || Link { x: 2, y: 0, width: 3, uri: "tel:+442079460001".into() };
    let mut painter = Painter::new();
    let mut frame = Buffer::empty(Rect::new(0, 0, 8, 2));
    frame.set_string(0, 0, "a 123 b", Style::new());
    let mut paint = |frame: &Buffer, links: Vec<Link>| {
        painter.link(links);
        painter.paint(frame, None).escape_ascii().to_string()
    };
    let first = paint(&frame, vec![link()]);
    assert!(first.contains(r"\x1b]8;;tel:+442079460001\x1b\\123\x1b]8;;\x1b\\"), "{first}");
    assert_eq!(paint(&frame, vec![link()]), "", "it is one already");
    frame.set_string(2, 0, "456", Style::new());
    assert!(paint(&frame, vec![link()]).contains(r"\x1b\\456\x1b]8;;\x1b\\"));
    // No link any more: it is written without, or the terminal would keep it one.
    let without = paint(&frame, Vec::new());
    assert!(without.contains("456") && !without.contains("]8;"), "{without}");
    // What is no address of a kind that is known is none.
    let other = Link { uri: "file:///etc/passwd".into(), ..link() };
    assert!(!paint(&frame, vec![other]).contains("]8;"));
    let outside = Link { x: 7, width: 9, ..link() };
    assert!(!paint(&frame, vec![outside]).contains("]8;"));
}
