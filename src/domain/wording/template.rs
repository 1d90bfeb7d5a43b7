//! The placeholders of a text, read: a small part of the language of Jinja, so that it can be proved what a text tells.
//!
//! ```text
//! {{ controller }}                                        a placeholder
//! {% if dpo %} … {% else %} … {% endif %}                 only where the fact is there; also `if not dpo`
//! {% for purpose in purposes %} {{ purpose.title }} {% endfor %}
//! {# a remark that nobody is told #}
//! ```
//!
//! A tag alone on its line takes the line with it. There is nothing else: no filters, calls, assignments or loops in
//! loops. So a text ends, its length is bounded by what is filled in, and whether something is told in every case can be
//! read off it, which the general template libraries do not offer. Braces that begin none of these stay as they are.

use super::placeholder::{OfPurpose, Placeholder};
use crate::domain::text::is_invisible;

/// How deep conditions may stand in each other.
const MAX_DEPTH: usize = 8;

/// A piece of a text.
#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    Text(String),
    Fill {
        line: usize,
        name: Name,
    },
    If {
        line: usize,
        name: Name,
        not: bool,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// Once for each purpose.
    Each {
        body: Vec<Node>,
    },
}

/// What is filled in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Name {
    Fact(Placeholder),
    OfPurpose(OfPurpose),
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Fact(fact) => fact.fmt(f),
            Name::OfPurpose(part) => write!(f, "purpose.{part}"),
        }
    }
}

/// Why a text cannot be read, and in which line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unreadable {
    pub line: usize,
    pub why: String,
}

/// The pieces of a text.
pub fn parse(text: &str) -> Result<Vec<Node>, Unreadable> {
    let mut reader = Reader { text, at: 0, line: 1, eaten: 0, each: None };
    let (nodes, end) = reader.nodes(0)?;
    match end {
        Stop::Text => Ok(nodes),
        Stop::Else(line) | Stop::EndIf(line) | Stop::EndFor(line) => {
            Err(Unreadable { line, why: "this tag ends nothing that was begun".to_owned() })
        }
    }
}

/// A character that no wording has: one that acts on a terminal, turns the direction of a line, or is not seen. The joiners
/// of some scripts, soft hyphens and the selectors of symbols mean something and stay.
pub fn is_refused(c: char) -> bool {
    let joins = matches!(c, '\u{200C}' | '\u{200D}' | '\u{AD}' | '\u{FE00}'..='\u{FE0F}');
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{2028}' | '\u{2029}')
        || is_invisible(c) && !joins
}

/// What ended a run of pieces.
enum Stop {
    Text,
    Else(usize),
    EndIf(usize),
    EndFor(usize),
}

enum Tag<'t> {
    Fill(&'t str),
    Block(&'t str),
    Remark,
}

struct Reader<'t> {
    text: &'t str,
    /// Where the next piece begins, in bytes.
    at: usize,
    /// The line of the tag that was read last.
    line: usize,
    /// Line breaks that this tag took with it.
    eaten: usize,
    /// What a purpose is called, inside a loop.
    each: Option<&'t str>,
}

impl<'t> Reader<'t> {
    fn fail<T>(&self, why: impl Into<String>) -> Result<T, Unreadable> {
        Err(Unreadable { line: self.line, why: why.into() })
    }

    fn part(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The text before the next tag, and the tag.
    fn step(&mut self) -> Result<(&'t str, Option<Tag<'t>>), Unreadable> {
        let begin = self.at;
        let rest = self.part(begin, self.text.len());
        let Some(open) = ["{{", "{%", "{#"].iter().filter_map(|mark| rest.find(mark)).min() else {
            self.at = self.text.len();
            return Ok((rest, None));
        };
        let open = begin + open;
        self.line += std::mem::take(&mut self.eaten) + self.part(begin, open).matches('\n').count();
        let mark = self.part(open, open + 2);
        let close = match mark {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let inside = self.part(open + 2, self.text.len());
        let Some(length) = inside.find(close) else {
            return self.fail(format!("`{mark}` is not closed by `{close}`"));
        };
        let inner = self.part(open + 2, open + 2 + length);
        let mut end = open + 2 + length + 2;
        let tag = match mark {
            "{{" => Tag::Fill(inner.trim()),
            "{%" => Tag::Block(inner.trim()),
            _ => Tag::Remark,
        };
        if inner.contains('\n') && !matches!(tag, Tag::Remark) {
            return self.fail(format!("`{mark}` is not closed by `{close}` in its line"));
        }
        let mut before = self.part(begin, open);
        // Alone on its line, a tag that fills in nothing takes the line with it.
        if !matches!(tag, Tag::Fill(_)) {
            let line_start = self.part(0, open).rfind('\n').map_or(0, |at| at + 1);
            let line_end = self.part(end, self.text.len()).find('\n').map(|at| end + at);
            let alone = self.part(line_start, open).trim().is_empty()
                && self.part(end, line_end.unwrap_or(self.text.len())).trim().is_empty();
            if alone {
                before = self.part(begin, line_start.max(begin));
                self.eaten = usize::from(line_end.is_some());
                end = line_end.map_or(self.text.len(), |at| at + 1);
            }
        }
        self.eaten += inner.matches('\n').count();
        self.at = end;
        Ok((before, Some(tag)))
    }

    /// The pieces up to a tag that ends them.
    fn nodes(&mut self, depth: usize) -> Result<(Vec<Node>, Stop), Unreadable> {
        let mut nodes: Vec<Node> = Vec::new();
        loop {
            let (before, tag) = self.step()?;
            if !before.is_empty() {
                match nodes.last_mut() {
                    Some(Node::Text(text)) => text.push_str(before),
                    Some(_) | None => nodes.push(Node::Text(before.to_owned())),
                }
            }
            let line = self.line;
            match tag {
                None => return Ok((nodes, Stop::Text)),
                Some(Tag::Remark) => {}
                Some(Tag::Fill(inner)) => {
                    let name = self.name(inner)?;
                    nodes.push(Node::Fill { line, name });
                }
                Some(Tag::Block(inner)) => {
                    let words: Vec<&str> = inner.split_whitespace().collect();
                    match words.as_slice() {
                        ["if", name] => nodes.push(self.condition(name, false, depth)?),
                        ["if", "not", name] => nodes.push(self.condition(name, true, depth)?),
                        ["else"] => return Ok((nodes, Stop::Else(line))),
                        ["endif"] => return Ok((nodes, Stop::EndIf(line))),
                        ["endfor"] => return Ok((nodes, Stop::EndFor(line))),
                        ["for", each, "in", "purposes"] => nodes.push(self.each(each, depth)?),
                        _ => {
                            return self.fail(format!(
                                "`{{% {inner} %}}` is none of `if NAME`, `if not NAME`, `else`, `endif`, \
                                 `for purpose in purposes`, `endfor`"
                            ));
                        }
                    }
                }
            }
        }
    }

    fn condition(&mut self, name: &str, not: bool, depth: usize) -> Result<Node, Unreadable> {
        let begun = self.line;
        if depth >= MAX_DEPTH {
            return self.fail(format!("more than {MAX_DEPTH} conditions in each other"));
        }
        let name = self.name(name)?;
        let (then, end) = self.nodes(depth + 1)?;
        let (otherwise, end) = match end {
            Stop::Else(_) => self.nodes(depth + 1)?,
            Stop::Text | Stop::EndIf(_) | Stop::EndFor(_) => (Vec::new(), end),
        };
        match end {
            Stop::EndIf(_) => Ok(Node::If { line: begun, name, not, then, otherwise }),
            Stop::Text => Err(Unreadable { line: begun, why: "this `if` has no `{% endif %}`".to_owned() }),
            Stop::Else(line) | Stop::EndFor(line) => Err(Unreadable {
                line,
                why: format!("here `{{% endif %}}` must stand, for the `if` of line {begun}"),
            }),
        }
    }

    fn each(&mut self, each: &'t str, depth: usize) -> Result<Node, Unreadable> {
        let begun = self.line;
        if self.each.is_some() {
            return self.fail("a loop stands in no other loop");
        }
        let is_word = each.starts_with(|c: char| c.is_ascii_lowercase())
            && each.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if !is_word || each.parse::<Placeholder>().is_ok() {
            return self
                .fail(format!("`{each}` cannot stand for a purpose; write `for purpose in purposes`"));
        }
        self.each = Some(each);
        let (body, end) = self.nodes(depth + 1)?;
        self.each = None;
        match end {
            Stop::EndFor(_) => Ok(Node::Each { body }),
            Stop::Text => Err(Unreadable { line: begun, why: "this `for` has no `{% endfor %}`".to_owned() }),
            Stop::Else(line) | Stop::EndIf(line) => Err(Unreadable {
                line,
                why: format!("here `{{% endfor %}}` must stand, for the `for` of line {begun}"),
            }),
        }
    }

    /// The placeholder that a word is.
    fn name(&self, word: &str) -> Result<Name, Unreadable> {
        if let Some((whose, part)) = word.split_once('.') {
            if self.each != Some(whose) {
                return self.fail(format!(
                    "`{}` stands outside of `{{% for {} in purposes %}}`",
                    shown(word),
                    shown(whose)
                ));
            }
            return match OfPurpose::WORDS.iter().position(|known| *known == part) {
                Some(at) => Ok(Name::OfPurpose(OfPurpose::ALL.get(at).copied().unwrap_or(OfPurpose::Title))),
                None => self.unknown(word, part, OfPurpose::WORDS, &format!("{whose}.")),
            };
        }
        match Placeholder::ALL.iter().find(|known| known.word() == word) {
            Some(known) => Ok(Name::Fact(*known)),
            None => self.unknown(word, word, Placeholder::WORDS, ""),
        }
    }

    fn unknown<T>(&self, all: &str, word: &str, known: &[&str], before: &str) -> Result<T, Unreadable> {
        let is_word =
            !all.is_empty() && all.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if !is_word {
            return self.fail(format!(
                "`{}` is no placeholder: one name stands there, without signs, calls or filters",
                shown(all)
            ));
        }
        let near = known.iter().map(|one| (strsim::osa_distance(one, &word.to_lowercase()), *one)).min();
        match near {
            Some((distance, near)) if distance <= 3 => {
                self.fail(format!("there is no placeholder `{}`; did you mean `{before}{near}`?", shown(all)))
            }
            _ => self.fail(format!(
                "there is no placeholder `{}`; there are {}",
                shown(all),
                known.iter().map(|one| format!("{before}{one}")).collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

/// What somebody wrote, short enough for a message.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(line: usize, name: Placeholder) -> Node {
        Node::Fill { line, name: Name::Fact(name) }
    }

    #[test]
    fn texts_are_read_piece_by_piece() {
        let text = "Hello {{ person }},\n{% if dpo %}\nask {{dpo}}\n  {% else %}  \nask us\n{% endif %}\n\
            {# not\n told #}\n- {% for p in purposes %}{{ p.title }}; {% endfor %}\n{{ date }}";
        let nodes = parse(text).unwrap();
        let title = Node::Fill { line: 9, name: Name::OfPurpose(OfPurpose::Title) };
        assert_eq!(
            nodes,
            [
                Node::Text("Hello ".into()),
                fill(1, Placeholder::Person),
                Node::Text(",\n".into()),
                Node::If {
                    line: 2,
                    name: Name::Fact(Placeholder::Dpo),
                    not: false,
                    then: vec![Node::Text("ask ".into()), fill(3, Placeholder::Dpo), Node::Text("\n".into())],
                    otherwise: vec![Node::Text("ask us\n".into())],
                },
                Node::Text("- ".into()),
                Node::Each { body: vec![title, Node::Text("; ".into())] },
                Node::Text("\n".into()),
                fill(10, Placeholder::Date),
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let cases = [
            ("a\n{{ contoller }}", "line 2: there is no placeholder `contoller`; did you mean `controller`?"),
            ("{{ Controller }}", "line 1: there is no placeholder `Controller`; did you mean `controller`?"),
            ("{{ zzzzzzzzzz }}", "line 1: there is no placeholder `zzzzzzzzzz`; there are controller, "),
            ("{{ 7*7 }}", "line 1: `7*7` is no placeholder: one name stands there"),
            ("{{ person | upper }}", "`person | upper` is no placeholder"),
            ("{{ self.__class__ }}", "`self.__class__` stands outside of `{% for self in purposes %}`"),
            ("{{ }}", "`` is no placeholder"),
            ("{{ person", "`{{` is not closed by `}}`"),
            ("{{ person\n}}", "`{{` is not closed by `}}` in its line"),
            ("{# never", "`{#` is not closed by `#}`"),
            ("{% if dpo %}x", "line 1: this `if` has no `{% endif %}`"),
            ("\n{% for p in purposes %}x", "line 2: this `for` has no `{% endfor %}`"),
            ("{% if dpo %}\n{% endfor %}", "line 2: here `{% endif %}` must stand, for the `if` of line 1"),
            ("{% if dpo %}{% else %}{% else %}{% endif %}", "here `{% endif %}` must stand"),
            ("{% for p in purposes %}{% endif %}", "here `{% endfor %}` must stand"),
            ("{% endif %}", "this tag ends nothing"),
            ("{% for a in purposes %}{% for b in purposes %}{% endfor %}{% endfor %}", "in no other loop"),
            ("{% for date in purposes %}{% endfor %}", "`date` cannot stand for a purpose"),
            ("{% for p in purposes %}{{ p.titel }}{% endfor %}", "did you mean `p.title`?"),
            ("{% for p in purposes %}{{ q.title }}{% endfor %}", "stands outside"),
            ("{% for p in purposes %}{% endfor %}{{ p.title }}", "stands outside"),
            ("{% for i in range(9) %}{% endfor %}", "is none of `if NAME`"),
            ("{% include '/etc/passwd' %}", "is none of `if NAME`"),
            ("{% set x = 1 %}", "is none of `if NAME`"),
            ("{% if dpo == 'x' %}{% endif %}", "is none of `if NAME`"),
            ("{%- if dpo -%}{% endif %}", "is none of `if NAME`"),
        ];
        for (text, told) in cases {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text:?}: {error}");
        }
        let deep = "{% if dpo %}".repeat(5_000);
        assert!(parse(&deep).unwrap_err().why.contains("conditions in each other"));
    }

    #[test]
    fn single_braces_are_text() {
        for text in ["{", "}}", "{ x }", "%}", "a { b } c", ""] {
            let expected: Vec<Node> = if text.is_empty() { vec![] } else { vec![Node::Text(text.into())] };
            assert_eq!(parse(text).unwrap(), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_breaks_the_reader(text in "([a-z\n ]|\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|if |dpo|endif|else|for p in purposes|p.title|é|\u{1F600})*") {
            let _ = parse(&text);
        }
    }
}
