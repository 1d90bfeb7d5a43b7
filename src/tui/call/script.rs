//! A script on the screen: what is told before anything is asked, and what is said at the end.

use crate::domain::wording::markdown::{Block, Span, read};
use crate::tui::content::TextLine;
use crate::tui::text;
use crate::tui::theme::Tone;

/// A script, taken apart: questions are put one by one, and stand in the call's own list.
#[derive(Default)]
pub struct Script {
    /// Everything up to the last question, without the questions: what the person must have heard.
    told: Vec<Block>,
    /// What follows the last question.
    closing: Vec<Block>,
}

impl Script {
    pub fn new(markdown: &str) -> Script {
        let blocks = read(markdown);
        let is_question = |block: &Block| matches!(block, Block::Question { .. });
        let after = blocks.iter().rposition(is_question).map_or(blocks.len(), |at| at + 1);
        let mut told = blocks;
        let mut closing = told.split_off(after);
        told.retain(|block| !is_question(block));
        // The line that ends the questions is no text.
        if matches!(closing.first(), Some(Block::Rule)) {
            closing.remove(0);
        }
        Script { told, closing }
    }

    pub fn told(&self, width: usize) -> Vec<TextLine> {
        drawn(&self.told, width)
    }

    pub fn closing(&self, width: usize) -> Vec<TextLine> {
        drawn(&self.closing, width)
    }
}

fn drawn(blocks: &[Block], width: usize) -> Vec<TextLine> {
    let mut lines = Vec::new();
    put(blocks, width.max(8), "", Tone::Text, &mut lines);
    while lines.last().is_some_and(|line: &TextLine| line.spans.is_empty()) {
        lines.pop();
    }
    lines
}

/// Puts blocks under each other, each with an empty line below.
fn put(blocks: &[Block], width: usize, indent: &str, tone: Tone, lines: &mut Vec<TextLine>) {
    for block in blocks {
        match block {
            Block::Heading { text, .. } => flow(text, width, indent, indent, Tone::Title, lines),
            Block::Paragraph(text) => flow(text, width, indent, indent, tone, lines),
            Block::Lines(text) => {
                for line in text.lines() {
                    let span = Span { text: line.to_owned(), ..Span::default() };
                    flow(&[span], width, indent, indent, tone, lines);
                }
            }
            // For whoever reads out: not to be said.
            Block::Direction(inner) => put(inner, width, &format!("{indent}> "), Tone::Dim, lines),
            Block::List { from, items } => {
                for (number, item) in (from.unwrap_or(1)..).zip(items) {
                    let sign =
                        if from.is_some() { format!("{indent}{number}. ") } else { format!("{indent}- ") };
                    let inner = format!("{indent}{}", " ".repeat(sign.len() - indent.len()));
                    let first = lines.len();
                    put(item, width, &inner, tone, lines);
                    while lines.len() > first && lines.last().is_some_and(|line| line.spans.is_empty()) {
                        lines.pop();
                    }
                    if let Some((_, text)) = lines.get_mut(first).and_then(|line| line.spans.first_mut()) {
                        *text = sign;
                    }
                }
            }
            Block::Question { blocks, .. } => put(blocks, width, indent, tone, lines),
            Block::Rule => {
                lines.push(TextLine { item: None, spans: vec![(Tone::Border, "─".repeat(width.min(40)))] })
            }
        }
        if lines.last().is_some_and(|line| !line.spans.is_empty()) {
            lines.push(TextLine::default());
        }
    }
}

/// Breaks words into lines, each word in its tone. The first span of every line is its indentation.
fn flow(spans: &[Span], width: usize, first: &str, indent: &str, tone: Tone, lines: &mut Vec<TextLine>) {
    let room = width.saturating_sub(text::width(indent)).max(4);
    let mut line = TextLine { item: None, spans: vec![(Tone::Dim, first.to_owned())] };
    let mut used = 0;
    let mut space = false;
    for span in spans {
        let tone = if span.strong || span.emphasis { Tone::Title } else { tone };
        let clean = text::clean(&span.text);
        for piece in clean.split_inclusive(' ') {
            let word = piece.trim_end();
            for part in text::wrap(word, room) {
                if part.is_empty() {
                    continue;
                }
                let size = text::width(&part);
                if used > 0 && used + usize::from(space) + size > room {
                    let next = TextLine { item: None, spans: vec![(Tone::Dim, indent.to_owned())] };
                    lines.push(std::mem::replace(&mut line, next));
                    used = 0;
                    space = false;
                }
                let part = if space && used > 0 { format!(" {part}") } else { part };
                used += text::width(&part);
                match line.spans.last_mut() {
                    Some((last, text)) if *last == tone => text.push_str(&part),
                    Some(_) | None => line.spans.push((tone, part)),
                }
                space = false;
            }
            space |= piece.ends_with(' ');
        }
    }
    if used > 0 {
        lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lines: &[TextLine]) -> Vec<String> {
        lines.iter().map(|line| line.spans.iter().map(|(_, text)| text.as_str()).collect()).collect()
    }

    #[test]
    fn questions_are_left_out_and_the_end_is_apart() {
        let script = Script::new(
            "# Hello\nThis is **Muster GmbH** speaking.\n\n> Wait for an answer.\n\n- one thing\n- another thing that is long\n\n\
             ## ? sales/phone\nMay we call?\n\n## What else\nYou may object.\n\n## ? sales/email\nMay we write?\n\n## Closing\nGoodbye.\n",
        );
        assert_eq!(
            words(&script.told(20)),
            [
                "Hello",
                "",
                "This is Muster GmbH",
                "speaking.",
                "",
                "> Wait for an",
                "> answer.",
                "",
                "- one thing",
                "- another thing that",
                "  is long",
                "",
                "What else",
                "",
                "You may object."
            ]
        );
        assert_eq!(words(&script.closing(20)), ["Closing", "", "Goodbye."]);
        let strong = &script.told(60)[2];
        assert!(strong.spans.iter().any(|(tone, text)| *tone == Tone::Title && text.contains("Muster GmbH")));
    }

    #[test]
    fn a_script_without_questions_has_no_end() {
        let script = Script::new("Just words.");
        assert_eq!(words(&script.told(20)), ["Just words."]);
        assert!(script.closing(20).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_wider_than_the_screen(text in "([a-z山 \\n#>*-]|\\*\\*|1\\.|## \\? a/email)*", width in 24_usize..90) {
            let script = Script::new(&text);
            for line in script.told(width).iter().chain(&script.closing(width)) {
                let size: usize = line.spans.iter().map(|(_, text)| text::width(text)).sum();
                proptest::prop_assert!(size <= width.max(40), "{line:?}");
            }
        }
    }
}
