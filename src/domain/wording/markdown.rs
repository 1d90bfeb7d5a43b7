//! Scripts and notices as paragraphs, headings, lists and questions: what a screen draws.
//!
//! Of CommonMark, what does not matter when something is said is made plain: links are their text with the address in
//! brackets, pictures their description, HTML the letters it is written with. Quotes (`> …`) are for whoever reads out, not
//! to be said.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::question::{self, Topic};

/// How deep lists and quotes may stand in each other; what is deeper is drawn flat.
const MAX_DEPTH: usize = 8;

/// A piece of a line with one look.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub text: String,
    pub strong: bool,
    pub emphasis: bool,
}

/// A block of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    /// From 1, the greatest, to 6.
    Heading {
        level: u8,
        text: Vec<Span>,
    },
    Paragraph(Vec<Span>),
    /// `from` is the first number, where items are numbered.
    List {
        from: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    /// A direction for whoever reads out.
    Direction(Vec<Block>),
    /// Lines as they are.
    Lines(String),
    /// A line across.
    Rule,
    /// What the person is asked, and the words it is asked with.
    Question {
        topic: Topic,
        blocks: Vec<Block>,
    },
}

/// The words of spans.
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// The words of blocks, a line for each paragraph and item.
pub fn plain_blocks(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => out.push_str(&plain(text)),
            Block::List { items, .. } => {
                let items: Vec<String> =
                    items.iter().map(|item| format!("- {}", plain_blocks(item))).collect();
                out.push_str(&items.join("\n"));
            }
            Block::Direction(blocks) | Block::Question { blocks, .. } => out.push_str(&plain_blocks(blocks)),
            Block::Lines(text) => out.push_str(text),
            Block::Rule => {}
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// Reads a text.
pub fn read(markdown: &str) -> Vec<Block> {
    let mut reader = Reader { stack: vec![Open::default()], ..Reader::default() };
    for (event, range) in Parser::new(markdown).into_offset_iter() {
        reader.take(event, markdown.get(range).unwrap_or_default());
    }
    reader.end_paragraph();
    while reader.stack.len() > 1 {
        reader.leave();
    }
    let blocks = reader.stack.pop().map(|open| open.blocks).unwrap_or_default();
    into_questions(blocks)
}

/// Puts what stands below the heading of a question into it.
fn into_questions(blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut asking = false;
    for block in blocks {
        match &block {
            Block::Question { .. } => {
                asking = true;
                out.push(block);
                continue;
            }
            Block::Heading { .. } | Block::Rule => asking = false,
            Block::Paragraph(_) | Block::List { .. } | Block::Direction(_) | Block::Lines(_) => {}
        }
        match out.last_mut() {
            Some(Block::Question { blocks, .. }) if asking => blocks.push(block),
            Some(_) | None => out.push(block),
        }
    }
    out
}

/// What is being read.
#[derive(Default)]
enum What {
    #[default]
    Text,
    List(Option<u64>, Vec<Vec<Block>>),
    Item,
    Direction,
}

#[derive(Default)]
struct Open {
    what: What,
    blocks: Vec<Block>,
}

#[derive(Default)]
struct Reader {
    stack: Vec<Open>,
    spans: Vec<Span>,
    strong: usize,
    emphasis: usize,
    /// Addresses of the links that are open.
    links: Vec<String>,
    /// The lines of a block that is taken as it is.
    lines: Option<String>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, written: &str) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag, written),
            Event::Text(text) | Event::Html(text) => match &mut self.lines {
                Some(lines) => lines.push_str(&text),
                None => self.say(&text),
            },
            Event::Code(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.say(&text),
            Event::SoftBreak | Event::HardBreak => self.say(" "),
            Event::Rule => {
                self.end_paragraph();
                self.put(Block::Rule);
            }
            Event::TaskListMarker(done) => self.say(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.end_paragraph(),
            Tag::BlockQuote(_) => self.enter(What::Direction),
            Tag::List(from) => self.enter(What::List(from, Vec::new())),
            Tag::Item => self.enter(What::Item),
            Tag::CodeBlock(_) | Tag::HtmlBlock => {
                self.end_paragraph();
                self.lines = Some(String::new());
            }
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_string()),
            Tag::Paragraph
            | Tag::Image { .. }
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd, written: &str) {
        match tag {
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.spans);
                // Inside of quotes and lists nothing is asked.
                let topic = question::marked(written, &plain(&text)).filter(|_| self.stack.len() == 1);
                self.put(match topic {
                    Some(Ok(topic)) => Block::Question { topic, blocks: Vec::new() },
                    Some(Err(_)) | None => Block::Heading { level: level as u8, text },
                });
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.leave(),
            TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                if let Some(lines) = self.lines.take() {
                    self.put(Block::Lines(lines.trim_end_matches('\n').to_owned()));
                }
            }
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Link => {
                let said = plain(&self.spans);
                if let Some(address) = self.links.pop()
                    && !said.ends_with(address.trim_start_matches("mailto:"))
                {
                    self.say(&format!(" ({address})"));
                }
            }
            TagEnd::Paragraph
            | TagEnd::Image
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::MetadataBlock(_) => self.end_paragraph(),
        }
    }

    fn say(&mut self, text: &str) {
        let (strong, emphasis) = (self.strong > 0, self.emphasis > 0);
        match self.spans.last_mut() {
            Some(last) if (last.strong, last.emphasis) == (strong, emphasis) => last.text.push_str(text),
            Some(_) | None => self.spans.push(Span { text: text.to_owned(), strong, emphasis }),
        }
    }

    fn put(&mut self, block: Block) {
        if let Some(open) = self.stack.last_mut() {
            open.blocks.push(block);
        }
    }

    fn end_paragraph(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if !plain(&spans).trim().is_empty() {
            self.put(Block::Paragraph(spans));
        }
    }

    fn enter(&mut self, what: What) {
        self.end_paragraph();
        self.stack.push(Open { what, blocks: Vec::new() });
    }

    fn leave(&mut self) {
        self.end_paragraph();
        if self.stack.len() < 2 {
            return;
        }
        let deep = self.stack.len() > MAX_DEPTH;
        let Some(open) = self.stack.pop() else { return };
        let Some(above) = self.stack.last_mut() else { return };
        match open.what {
            What::Item => match &mut above.what {
                What::List(_, items) => items.push(open.blocks),
                What::Text | What::Item | What::Direction => above.blocks.extend(open.blocks),
            },
            What::List(_, items) if deep => above.blocks.extend(items.into_iter().flatten()),
            What::List(from, items) => above.blocks.push(Block::List { from, items }),
            What::Direction if deep => above.blocks.extend(open.blocks),
            What::Direction => above.blocks.push(Block::Direction(open.blocks)),
            What::Text => above.blocks.extend(open.blocks),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::Channel;

    fn said(text: &str) -> Vec<Span> {
        vec![Span { text: text.into(), ..Span::default() }]
    }

    #[test]
    fn a_script_becomes_paragraphs_and_questions() {
        let text = "# Call\nHello **Anna**,\nhow *are* you?\n\n> Wait.\n\n1. one\n2. two\n   - deep\n\n\
                    ## ? newsletter/email\nMay we write?\n\n---\n[Bye](https://example.com) <b>x</b>\n\n    as is\n";
        let blocks = read(text);
        let strong = Span { text: "Anna".into(), strong: true, emphasis: false };
        let emphasis = Span { text: "are".into(), strong: false, emphasis: true };
        let plain = |text: &str| Span { text: text.into(), ..Span::default() };
        assert_eq!(
            blocks,
            [
                Block::Heading { level: 1, text: said("Call") },
                Block::Paragraph(vec![plain("Hello "), strong, plain(", how "), emphasis, plain(" you?")]),
                Block::Direction(vec![Block::Paragraph(said("Wait."))]),
                Block::List {
                    from: Some(1),
                    items: vec![
                        vec![Block::Paragraph(said("one"))],
                        vec![
                            Block::Paragraph(said("two")),
                            Block::List { from: None, items: vec![vec![Block::Paragraph(said("deep"))]] },
                        ],
                    ],
                },
                Block::Question {
                    topic: Topic { purpose: "newsletter".into(), channel: Channel::Email },
                    blocks: vec![Block::Paragraph(said("May we write?"))],
                },
                Block::Rule,
                Block::Paragraph(said("Bye (https://example.com) <b>x</b>")),
                Block::Lines("as is".into()),
            ]
        );
        assert_eq!(plain_blocks(&blocks[3..5]), "- one\n- two\n- deep\nMay we write?");
    }

    #[test]
    fn an_address_that_is_its_own_text_is_said_once() {
        assert_eq!(read("<anna@example.com>"), [Block::Paragraph(said("anna@example.com"))]);
        assert_eq!(read("<https://example.com>"), [Block::Paragraph(said("https://example.com"))]);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |blocks: &[Block]| {
            fn of(blocks: &[Block]) -> usize {
                blocks
                    .iter()
                    .map(|block| match block {
                        Block::Direction(inner) | Block::Question { blocks: inner, .. } => 1 + of(inner),
                        Block::List { items, .. } => 1 + items.iter().map(|item| of(item)).max().unwrap_or(0),
                        Block::Heading { .. } | Block::Paragraph(_) | Block::Lines(_) | Block::Rule => 0,
                    })
                    .max()
                    .unwrap_or(0)
            }
            of(blocks)
        };
        let text = format!("{} end", ">".repeat(20_000));
        let blocks = read(&text);
        assert!(deep(&blocks) <= MAX_DEPTH && plain_blocks(&blocks).contains("end"));
        let text: String = (0..300).map(|n| format!("{}- x\n", "  ".repeat(n))).collect();
        assert!(deep(&read(&text)) <= MAX_DEPTH);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "([a-z \\n#>*_`?/-]|\\[|\\]|\\(|\\)|<|1\\.|&amp;|é|## \\? a/email)*") {
            let _ = read(&text);
            let _ = question::sections(&text);
        }
    }
}
