//! Cutting a query into pieces. Never fails; what is wrong with a piece the parser says.

use std::ops::Range;

use super::filters::FilterKey;

/// What a stretch of the query is, for colouring the search box.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanKind {
    Word,
    /// With its quotes.
    Phrase,
    /// The name of a saved view, with its `@`.
    View,
    /// The `-` in front of what is excluded.
    Minus,
    /// A known filter's name with the colon.
    Name,
    /// A name with a colon that is no filter.
    UnknownName,
    /// A filter's value, with its quotes.
    Value,
    /// The comma between values.
    Comma,
}

#[derive(Debug)]
pub(super) struct Piece {
    pub(super) excluded: bool,
    pub(super) span: Range<usize>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Bare(Text),
    Quoted(Text),
    Filter { name: String, name_span: Range<usize>, values: Vec<Text>, commas: Vec<usize> },
}

#[derive(Debug)]
pub(super) struct Text {
    /// Without quotes and escapes.
    pub(super) text: String,
    pub(super) span: Range<usize>,
    pub(super) quoted: bool,
    pub(super) closed: bool,
}

/// The coloured stretches of a query, in order, without overlap; white space belongs to none.
pub fn spans(text: &str) -> Vec<(Range<usize>, SpanKind)> {
    let mut out = Vec::new();
    for piece in pieces(text) {
        if piece.excluded {
            out.push((piece.span.start..piece.span.start + 1, SpanKind::Minus));
        }
        match piece.body {
            Body::Bare(word) if view_name(&word.text).is_some() => out.push((word.span, SpanKind::View)),
            Body::Bare(word) => out.push((word.span, SpanKind::Word)),
            Body::Quoted(phrase) => out.push((phrase.span, SpanKind::Phrase)),
            Body::Filter { name, name_span, values, commas } => {
                let known = FilterKey::by_name(&name).is_some() || field_name(&name).is_some();
                let kind = if known { SpanKind::Name } else { SpanKind::UnknownName };
                out.push((name_span.start..name_span.end + 1, kind));
                let mut commas = commas.into_iter();
                for value in values {
                    let end = value.span.end;
                    if !value.span.is_empty() {
                        out.push((value.span, SpanKind::Value));
                    }
                    if let Some(comma) = commas.next_if_at(end) {
                        out.push((comma..comma + 1, SpanKind::Comma));
                    }
                }
            }
        }
    }
    out
}

trait NextIfAt {
    fn next_if_at(&mut self, at: usize) -> Option<usize>;
}

impl NextIfAt for std::vec::IntoIter<usize> {
    fn next_if_at(&mut self, at: usize) -> Option<usize> {
        if self.as_slice().first() == Some(&at) { self.next() } else { None }
    }
}

/// Whether a text can name a view: ASCII letters, digits, `-` and `_`, beginning with a letter or digit. So no part of
/// an e-mail address with a dot in it does.
pub fn is_view_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
}

/// The name in `@name`.
pub(super) fn view_name(word: &str) -> Option<&str> {
    word.strip_prefix('@').filter(|name| is_view_name(name))
}

/// The name in `field.<name>`.
pub(super) fn field_name(name: &str) -> Option<&str> {
    let (prefix, rest) = name.split_at_checked("field.".len())?;
    (prefix.eq_ignore_ascii_case("field.") && !rest.is_empty()).then_some(rest)
}

pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let start = at;
        let excluded = c == '-' && text[at + 1..].starts_with(|next: char| !next.is_whitespace());
        if excluded {
            at += 1;
        }
        let body = if text[at..].starts_with('"') {
            Body::Quoted(quoted(text, &mut at))
        } else {
            let end = text[at..].find(|c: char| c.is_whitespace() || c == ':').map_or(text.len(), |n| at + n);
            let span = at..end;
            at = end;
            if text[end..].starts_with(':') {
                at += 1;
                let (values, commas) = values(text, &mut at);
                Body::Filter { name: text[span.clone()].to_owned(), name_span: span, values, commas }
            } else {
                Body::Bare(Text { text: text[span.clone()].to_owned(), span, quoted: false, closed: true })
            }
        };
        pieces.push(Piece { excluded, span: start..at, body });
    }
    pieces
}

/// The values after a colon; always at least one, perhaps empty.
fn values(text: &str, at: &mut usize) -> (Vec<Text>, Vec<usize>) {
    let mut values = Vec::new();
    let mut commas = Vec::new();
    loop {
        if text[*at..].starts_with('"') {
            values.push(quoted(text, at));
        } else {
            let start = *at;
            *at =
                text[start..].find(|c: char| c.is_whitespace() || c == ',').map_or(text.len(), |n| start + n);
            values.push(Text {
                text: text[start..*at].to_owned(),
                span: start..*at,
                quoted: false,
                closed: true,
            });
        }
        if !text[*at..].starts_with(',') {
            return (values, commas);
        }
        commas.push(*at);
        *at += 1;
    }
}

/// A quoted text; `at` stands on the opening quote, and moves behind the closing one or to the end.
fn quoted(text: &str, at: &mut usize) -> Text {
    let start = *at;
    let mut out = String::new();
    let mut escaped = false;
    for (offset, c) in text[start + 1..].char_indices() {
        match c {
            _ if escaped => {
                // A backslash before anything else stands for itself.
                if !matches!(c, '"' | '\\') {
                    out.push('\\');
                }
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                *at = start + 1 + offset + 1;
                return Text { text: out, span: start..*at, quoted: true, closed: true };
            }
            c => out.push(c),
        }
    }
    if escaped {
        out.push('\\');
    }
    *at = text.len();
    Text { text: out, span: start..*at, quoted: true, closed: false }
}
