//! The search box: what is typed, what is wrong with it, and what could follow.

use std::ops::Range;

use crate::api::{Completion, Request};
use crate::domain::entity::RecordKind;
use crate::domain::query::{FILTERS, FilterKey, HAS, IS, Query, QueryError, TermKind, ValueKind};
use crate::domain::schema::Schema;
use crate::tui::effect::Lane;
use crate::tui::keys::{Code, Key};
use crate::tui::line::{Line, Past};

use super::{Asked, Want};

/// Most completions shown.
pub const MOST: usize = 8;

/// The box above a list.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Whether it has the keys.
    pub open: bool,
    pub line: Line,
    past: Past,
    /// What is wrong with the text; the list then stays as it was.
    pub fault: Option<QueryError>,
    pub popup: Option<Popup>,
    /// The text when the box was opened, for Esc.
    before: String,
}

/// What could stand where the caret is.
#[derive(Clone, Debug, Default)]
pub struct Popup {
    /// The bytes that a choice takes the place of.
    range: Range<usize>,
    pub items: Vec<Completion>,
    pub chosen: usize,
    /// Whether somebody has moved the choice, so that Enter means it.
    moved: bool,
    /// Whether the choices are names of filters, after which a value follows.
    names: bool,
}

/// What became of a key in the box.
#[derive(Clone, PartialEq, Debug)]
pub enum Typed {
    /// Nothing that concerns the list.
    Nothing,
    /// The list shall show what this query finds; a question about completions may come with it.
    Query(String, Option<Want>),
    /// Only completions are asked for.
    Ask(Want),
    /// The box is closed, the query stands.
    Closed,
    /// The box is closed, and this query stands again.
    Restored(String),
    /// The key is the list's, such as a page down.
    Pass,
    /// There was no room for what was pasted, and nothing of it was taken.
    TooLong,
}

/// The part of a query around the caret.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Token<'a> {
    /// The filter, where one is written out.
    filter: Option<&'a str>,
    /// What stands before the caret of a word, a filter's name or one of its values, without an opening quote.
    prefix: &'a str,
    range: Range<usize>,
}

impl Search {
    pub fn open(&mut self) {
        self.open = true;
        self.before = self.line.text().to_owned();
        self.popup = None;
    }

    /// Puts a query into the box from outside.
    pub fn set(&mut self, query: &str) {
        self.line.set(query);
        self.fault = None;
        self.popup = None;
    }

    /// The query text that the list shows: what is typed, without a filter whose value is yet to come.
    pub fn query(&self) -> Result<String, QueryError> {
        let text = self.line.text();
        Query::parse_typing(text).map(|(mut query, _)| {
            // The name of a view is whole when something follows it.
            let ends = text.ends_with(char::is_whitespace);
            query.terms.pop_if(|term| !ends && matches!(term.kind, TermKind::View(_)));
            query.to_string()
        })
    }

    pub fn key(&mut self, key: Key, kind: RecordKind, schema: &Schema) -> Typed {
        match key.code() {
            Code::Esc => {
                if self.popup.take().is_some() {
                    return Typed::Nothing;
                }
                self.open = false;
                self.fault = None;
                self.line.set(&self.before.clone());
                return Typed::Restored(self.before.clone());
            }
            Code::Enter => return self.submit(kind, schema),
            Code::Tab if key.mods().shift => return self.choose(false),
            Code::Tab => {
                if self.popup.as_ref().is_some_and(|popup| !popup.items.is_empty()) {
                    return self.accept(kind, schema);
                }
                return self.complete(kind, schema, true).map_or(Typed::Nothing, Typed::Ask);
            }
            Code::Up if self.popup.is_some() => return self.choose(false),
            Code::Down if self.popup.is_some() => return self.choose(true),
            Code::Up => {
                if !self.past.back(&mut self.line) {
                    return Typed::Nothing;
                }
            }
            Code::Down => {
                if !self.past.forward(&mut self.line) {
                    // Nothing later to come back to: the arrow means the list.
                    return Typed::Pass;
                }
            }
            Code::PgDn | Code::PgUp => return Typed::Pass,
            _ => {
                let before = self.line.clone();
                if !self.line.key(key) {
                    return Typed::Nothing;
                }
                if before.text() == self.line.text() {
                    self.popup = None;
                    return Typed::Nothing;
                }
            }
        }
        self.changed(kind, schema)
    }

    pub fn paste(&mut self, text: &str, kind: RecordKind, schema: &Schema) -> Typed {
        if self.line.insert(text) { self.changed(kind, schema) } else { Typed::TooLong }
    }

    fn changed(&mut self, kind: RecordKind, schema: &Schema) -> Typed {
        self.popup = None;
        let want = self.complete(kind, schema, false);
        match self.query() {
            Ok(query) => {
                self.fault = None;
                Typed::Query(query, want)
            }
            Err(fault) => {
                self.fault = Some(fault);
                want.map_or(Typed::Nothing, Typed::Ask)
            }
        }
    }

    fn submit(&mut self, kind: RecordKind, schema: &Schema) -> Typed {
        if self.popup.as_ref().is_some_and(|popup| popup.moved) {
            return self.accept(kind, schema);
        }
        self.popup = None;
        match Query::parse(self.line.text()) {
            Ok(query) => {
                self.fault = None;
                self.open = false;
                self.past.add(self.line.text());
                let text = query.to_string();
                Typed::Query(text, None)
            }
            Err(fault) => {
                self.fault = Some(fault);
                Typed::Nothing
            }
        }
    }

    fn choose(&mut self, down: bool) -> Typed {
        if let Some(popup) = &mut self.popup {
            let count = popup.items.len().max(1);
            popup.chosen = if down { (popup.chosen + 1) % count } else { (popup.chosen + count - 1) % count };
            popup.moved = true;
        }
        Typed::Nothing
    }

    fn accept(&mut self, kind: RecordKind, schema: &Schema) -> Typed {
        let Some(popup) = self.popup.take() else { return Typed::Nothing };
        let Some(item) = popup.items.get(popup.chosen) else { return Typed::Nothing };
        let text = if popup.names { format!("{}:", item.text) } else { format!("{} ", quoted(&item.text)) };
        self.line.replace(popup.range, &text);
        self.changed(kind, schema)
    }

    /// Looks for what could stand at the caret. Names of filters are offered only when asked for: a name of a person
    /// often begins like one.
    fn complete(&mut self, kind: RecordKind, schema: &Schema, asked: bool) -> Option<Want> {
        let token = token(self.line.before());
        let Some(name) = token.filter else {
            if let Some(begun) = token.prefix.strip_prefix('@') {
                // The sign stays where it is.
                let range = token.range.start + 1..token.range.end;
                self.popup = Some(Popup { range, ..Popup::default() });
                return Some(wanted(kind, "view".to_owned(), begun));
            }
            if asked {
                let items = names(token.prefix, kind, schema);
                self.popup = (!items.is_empty()).then(|| Popup {
                    range: token.range,
                    items,
                    names: true,
                    ..Popup::default()
                });
            }
            return None;
        };
        let fixed = |words: Vec<&str>| -> Vec<Completion> {
            words
                .into_iter()
                .filter(|word| word.starts_with(&token.prefix.to_lowercase()))
                .map(|word| Completion { text: word.to_owned(), count: 0 })
                .collect()
        };
        let field = match FilterKey::by_name(name) {
            Some(key) => match key.spec().values {
                ValueKind::Is => Err(fixed(IS.iter().map(|word| word.name()).collect())),
                ValueKind::Has => Err(fixed(HAS.iter().map(|word| word.name()).collect())),
                ValueKind::When => Err(fixed(vec!["today", "<7d", "<30d", ">1y"])),
                ValueKind::Text | ValueKind::User | ValueKind::Consent => Ok(field_of(key).to_owned()),
            },
            None => match name.strip_prefix("field.") {
                Some(own) => Ok(format!("custom.{own}")),
                None => return None,
            },
        };
        match field {
            Err(items) => {
                let exact = matches!(items.as_slice(), [only] if only.text == token.prefix);
                self.popup = (!items.is_empty() && !exact).then(|| Popup {
                    range: token.range,
                    items,
                    ..Popup::default()
                });
                None
            }
            Ok(field) => {
                // The choices come later; where they go is known now.
                self.popup = Some(Popup { range: token.range.clone(), ..Popup::default() });
                Some(wanted(kind, field, token.prefix))
            }
        }
    }

    /// Takes the answer to the latest question about completions.
    pub fn completions(&mut self, items: Vec<Completion>) {
        let prefix = token(self.line.before()).prefix.trim_start_matches('@').to_owned();
        let exact = matches!(items.as_slice(), [only] if only.text == prefix);
        match &mut self.popup {
            Some(popup) if !items.is_empty() && !exact => popup.items = items,
            popup => *popup = None,
        }
    }
}

/// The question what could stand where a text has begun.
fn wanted(kind: RecordKind, field: String, prefix: &str) -> Want {
    Want {
        asked: Asked::Completions(kind),
        lane: Some(Lane::Complete),
        request: Request::Complete(crate::api::Complete {
            kind,
            field,
            prefix: prefix.to_owned(),
            limit: MOST as u64,
        }),
    }
}

/// The field whose values a filter takes.
pub fn field_of(key: FilterKey) -> &'static str {
    match key {
        FilterKey::Tag => "tags",
        FilterKey::Owner
        | FilterKey::Team
        | FilterKey::Country
        | FilterKey::Language
        | FilterKey::Company
        | FilterKey::Source
        | FilterKey::Supplier
        | FilterKey::Basis
        | FilterKey::Created
        | FilterKey::Updated
        | FilterKey::Consent
        | FilterKey::Has
        | FilterKey::Is => key.spec().name,
    }
}

fn names(prefix: &str, kind: RecordKind, schema: &Schema) -> Vec<Completion> {
    let prefix = prefix.to_lowercase();
    let custom =
        schema.of(kind).iter().filter(|field| field.custom).map(|field| format!("field.{}", field.name));
    FILTERS
        .iter()
        .map(|spec| spec.name.to_owned())
        .chain(custom)
        .filter(|name| name.starts_with(&prefix))
        .map(|text| Completion { text, count: 0 })
        .collect()
}

/// A value as it must be written to be one value.
fn quoted(value: &str) -> String {
    let plain = !value.is_empty()
        && !value.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\\'))
        && !value.eq_ignore_ascii_case("none");
    if plain || value == "me" {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The part of a query that ends at the caret.
fn token(before: &str) -> Token<'_> {
    let mut start = 0;
    let mut open = false;
    let mut escaped = false;
    let mut value = None;
    let mut colon = None;
    for (at, c) in before.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if open => escaped = true,
            '"' => open = !open,
            c if c.is_whitespace() && !open => {
                start = at + c.len_utf8();
                (value, colon) = (None, None);
            }
            ':' if !open && colon.is_none() => {
                colon = Some(at);
                value = Some(at + 1);
            }
            ',' if !open && colon.is_some() => value = Some(at + 1),
            _ => {}
        }
    }
    let word = before.get(start..).unwrap_or_default();
    let start = if word.starts_with('-') { start + 1 } else { start };
    let from = value.unwrap_or(start);
    let part = before.get(from..).unwrap_or_default();
    Token {
        filter: colon.and_then(|colon| before.get(start..colon)),
        prefix: part.strip_prefix('"').unwrap_or(part),
        range: from..before.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::new(&[])
    }

    fn type_in(search: &mut Search, text: &str) -> Typed {
        let mut last = Typed::Nothing;
        for c in text.chars() {
            last = search.key(Key::char(c), RecordKind::Contact, &schema());
        }
        last
    }

    fn press(search: &mut Search, key: &str) -> Typed {
        search.key(key.parse().unwrap(), RecordKind::Contact, &schema())
    }

    #[test]
    fn tokens_at_the_caret() {
        let cases = [
            ("an", None, "an", 0),
            ("anna ta", None, "ta", 5),
            ("tag:fa", Some("tag"), "fa", 4),
            ("x -tag:fair,be", Some("tag"), "be", 12),
            ("company:\"Muster G", Some("company"), "Muster G", 8),
            ("\"two wo", None, "two wo", 0),
            ("tag:a ", None, "", 6),
        ];
        for (text, filter, prefix, from) in cases {
            let token = token(text);
            assert_eq!(
                (token.filter, token.prefix, token.range),
                (filter, prefix, from..text.len()),
                "{text}"
            );
        }
    }

    #[test]
    fn each_key_narrows() {
        let mut search = Search::default();
        search.open();
        assert_eq!(type_in(&mut search, "an"), Typed::Query("an".into(), None));
        let Typed::Query(query, Some(want)) = type_in(&mut search, " tag:") else {
            panic!("values are asked for")
        };
        assert_eq!(query, "an", "the filter waits for its value");
        assert_eq!(want.lane, Some(Lane::Complete));
    }

    #[test]
    fn completing_a_filter_and_its_value() {
        let mut search = Search::default();
        search.open();
        type_in(&mut search, "ta");
        assert_eq!(press(&mut search, "tab"), Typed::Nothing);
        assert_eq!(search.popup.as_ref().unwrap().items[0].text, "tag");
        let Typed::Query(query, Some(want)) = press(&mut search, "tab") else {
            panic!("a value is asked for")
        };
        assert_eq!((query.as_str(), search.line.text()), ("", "tag:"));
        let Request::Complete(complete) = want.request else { panic!() };
        assert_eq!((complete.field.as_str(), complete.prefix.as_str()), ("tags", ""));
        search.completions(vec![
            Completion { text: "fair".into(), count: 3 },
            Completion { text: "two words".into(), count: 1 },
        ]);
        press(&mut search, "down");
        let Typed::Query(query, _) = press(&mut search, "enter") else { panic!("the choice was moved") };
        assert_eq!(query, "tag:\"two words\"");
        assert_eq!(search.line.text(), "tag:\"two words\" ");
    }

    #[test]
    fn a_fault_keeps_the_list_and_stops_enter() {
        let mut search = Search::default();
        search.open();
        type_in(&mut search, "tga:x");
        assert!(search.fault.is_some());
        assert_eq!(press(&mut search, "enter"), Typed::Nothing);
        assert!(search.open);
        assert_eq!(press(&mut search, "esc"), Typed::Restored(String::new()));
        assert!(!search.open && search.fault.is_none());
    }

    #[test]
    fn fixed_words_need_no_question() {
        let mut search = Search::default();
        search.open();
        let Typed::Query(_, want) = type_in(&mut search, "is:") else { panic!() };
        assert!(want.is_none());
        assert_eq!(search.popup.as_ref().unwrap().items[0].text, "deleted");
        type_in(&mut search, "deleted");
        assert!(search.popup.is_none(), "nothing is left to complete");
    }

    #[test]
    fn searches_come_back() {
        let mut search = Search::default();
        search.open();
        type_in(&mut search, "anna");
        assert_eq!(press(&mut search, "enter"), Typed::Query("anna".into(), None));
        search.set("");
        search.open();
        assert_eq!(press(&mut search, "up"), Typed::Query("anna".into(), None));
        assert_eq!(press(&mut search, "down"), Typed::Query(String::new(), None));
        assert_eq!(press(&mut search, "down"), Typed::Pass);
    }
}
