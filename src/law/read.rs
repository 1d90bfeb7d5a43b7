//! Reading tables of TOML strictly: every key is asked for by name, and what nobody asked for is refused.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::NaiveDate;
use toml::{Table, Value};

use super::Refused;
use crate::domain::text::nearest;
use crate::domain::value::one_line;

/// One table of a file, and where it stands.
pub(super) struct Reader<'a> {
    file: &'a str,
    path: String,
    table: &'a Table,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, path: String, table: &'a Table) -> Reader<'a> {
        Reader { file, path, table, asked: RefCell::default() }
    }

    /// A refusal of one key of this table.
    pub(super) fn refuse(&self, key: &str, why: impl Display) -> Refused {
        let path = if key.is_empty() { self.path.clone() } else { self.path_of(key) };
        let comma = if path.is_empty() { "" } else { ", " };
        Refused { place: format!("{}{comma}{path}", self.file), why: why.to_string() }
    }

    /// A refusal of the whole table.
    pub(super) fn refuse_all(&self, why: impl Display) -> Refused {
        self.refuse("", why)
    }

    fn get(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    fn missing(&self, key: &str) -> Refused {
        self.refuse_all(format!("`{key}` is missing"))
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>, Refused> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => {
                let text = one_line(text).map_err(|error| self.refuse(key, error))?;
                if text.trim().is_empty() {
                    return Err(self.refuse(key, "there is nothing in it"));
                }
                Ok(Some(text))
            }
            Some(_) => Err(self.refuse(key, "a text in quotes is wanted")),
        }
    }

    pub(super) fn need_text(&self, key: &'static str) -> Result<String, Refused> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// A text that is a value of some type.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, key: &'static str) -> Result<Option<T>, Refused> {
        self.text(key)?.map(|text| text.parse().map_err(|error| self.refuse(key, error))).transpose()
    }

    pub(super) fn need<T: FromStr<Err: Display>>(&self, key: &'static str) -> Result<T, Refused> {
        self.parsed(key)?.ok_or_else(|| self.missing(key))
    }

    /// A text or a list of texts. An absent key is an empty list; an empty list is refused.
    pub(super) fn list<T: FromStr<Err: Display>>(&self, key: &'static str) -> Result<Vec<T>, Refused> {
        let items = match self.get(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) if items.is_empty() => {
                return Err(self.refuse(key, "there is nothing in it"));
            }
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        let parse = |item: &Value| match item {
            Value::String(text) => text.parse().map_err(|error| self.refuse(key, error)),
            _ => Err(self.refuse(key, "texts in quotes are wanted")),
        };
        items.iter().map(parse).collect()
    }

    pub(super) fn need_list<T: FromStr<Err: Display>>(&self, key: &'static str) -> Result<Vec<T>, Refused> {
        let list = self.list(key)?;
        if list.is_empty() { Err(self.missing(key)) } else { Ok(list) }
    }

    pub(super) fn number(
        &self,
        key: &'static str,
        within: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refused> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Integer(number)) if within.contains(number) => Ok(Some(*number)),
            Some(_) => {
                let (least, most) = within.into_inner();
                Err(self.refuse(key, format!("a whole number from {least} to {most} is wanted")))
            }
        }
    }

    pub(super) fn need_number(&self, key: &'static str, within: RangeInclusive<i64>) -> Result<i64, Refused> {
        self.number(key, within)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn numbers(
        &self,
        key: &'static str,
        within: RangeInclusive<i64>,
    ) -> Result<Vec<i64>, Refused> {
        let (least, most) = (*within.start(), *within.end());
        let wrong = || self.refuse(key, format!("a list of whole numbers from {least} to {most} is wanted"));
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let number = |item: &Value| item.as_integer().filter(|number| within.contains(number));
                items.iter().map(|item| number(item).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>, Refused> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.refuse(key, "true or false is wanted")),
        }
    }

    pub(super) fn need_flag(&self, key: &'static str) -> Result<bool, Refused> {
        self.flag(key)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn day(&self, key: &'static str) -> Result<Option<NaiveDate>, Refused> {
        let wrong = || self.refuse(key, "a day is wanted: 2026-01-31");
        let Some(value) = self.get(key) else { return Ok(None) };
        let day = match value {
            Value::Datetime(time) if time.time.is_none() && time.offset.is_none() => {
                time.date.ok_or_else(wrong)?.to_string()
            }
            Value::String(text) => text.clone(),
            _ => return Err(wrong()),
        };
        NaiveDate::parse_from_str(&day, "%Y-%m-%d").map(Some).map_err(|_| wrong())
    }

    pub(super) fn need_day(&self, key: &'static str) -> Result<NaiveDate, Refused> {
        self.day(key)?.ok_or_else(|| self.missing(key))
    }

    /// A table in this one.
    pub(super) fn inner(&self, key: &'static str) -> Result<Option<Reader<'a>>, Refused> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Reader::new(self.file, self.path_of(key), table))),
            Some(_) => Err(self.refuse(key, "a table is wanted")),
        }
    }

    /// The tables in the table under a key, by their names.
    pub(super) fn tables(&self, key: &'static str) -> Result<Vec<(&'a str, Reader<'a>)>, Refused> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let Value::Table(table) = value else { return Err(self.refuse(key, "a table is wanted")) };
        if table.is_empty() {
            return Err(self.refuse(key, "there is nothing in it"));
        }
        let each = |(name, value): (&'a String, &'a Value)| {
            let path = format!("{}.{name}", self.path_of(key));
            match value {
                Value::Table(table) => Ok((name.as_str(), Reader::new(self.file, path, table))),
                _ => Err(Refused {
                    place: format!("{}, {path}", self.file),
                    why: "a table is wanted".to_owned(),
                }),
            }
        };
        table.iter().map(each).collect()
    }

    /// The tables in the list under a key.
    pub(super) fn rows(&self, key: &'static str) -> Result<Vec<Reader<'a>>, Refused> {
        let wrong = || self.refuse(key, "a list of tables is wanted");
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let Value::Array(items) = value else { return Err(wrong()) };
        let each = |(at, item): (usize, &'a Value)| match item {
            Value::Table(table) => Ok(Reader::new(self.file, format!("{}[{at}]", self.path_of(key)), table)),
            _ => Err(wrong()),
        };
        items.iter().enumerate().map(each).collect()
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(self) -> Result<(), Refused> {
        let asked = self.asked.borrow();
        let Some(key) = self.table.keys().find(|key| !asked.contains(&key.as_str())) else { return Ok(()) };
        let near = match nearest(key, &asked) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", asked.join(", ")),
        };
        let key: String = key.chars().take(60).collect();
        Err(self.refuse_all(format!("there is no `{key}` here; {near}")))
    }
}
