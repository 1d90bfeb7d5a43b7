//! What a command found, in the format that was asked for. Long lists are written as they come.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::api::Error;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::table::{Style, Table};
use crate::config::Format;
use crate::domain::text::CONTROL;

/// A column of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    /// The word for it in CSV headers.
    pub(crate) name: String,
    /// What people read above it.
    pub(crate) head: String,
    /// Never cut short.
    pub(crate) whole: bool,
}

impl Column {
    pub(crate) fn new(name: &str, head: &str) -> Column {
        Column { name: name.to_owned(), head: head.to_owned(), whole: matches!(name, "id" | "seq") }
    }

    /// Columns by name and heading.
    pub(crate) fn list(columns: &[(&str, &str)]) -> Vec<Column> {
        columns.iter().map(|(name, head)| Column::new(name, head)).collect()
    }
}

/// How an item of a list becomes output; only what the format needs is asked for.
pub(crate) struct Make<'m, T> {
    pub(crate) id: &'m dyn Fn(&T) -> String,
    pub(crate) json: &'m dyn Fn(&T) -> Json,
    /// Rows of cells, as many as columns.
    pub(crate) cells: &'m dyn Fn(&T) -> Vec<Vec<String>>,
}

/// A list being written.
pub(crate) struct Listing {
    format: Format,
    columns: Vec<Column>,
    table: Table,
    items: u64,
    begun: bool,
}

impl Listing {
    pub(crate) fn new(ctx: &Ctx<'_>, columns: Vec<Column>) -> Listing {
        let heads: Vec<(&str, bool)> = columns.iter().map(|one| (one.head.as_str(), one.whole)).collect();
        let table = Table::new(&heads, ctx.style());
        Listing { format: ctx.format(), table, columns, items: 0, begun: false }
    }

    /// Writes some more items.
    pub(crate) fn batch<T>(&mut self, ctx: &mut Ctx<'_>, items: &[T], make: &Make<'_, T>) -> Done {
        self.begin(ctx)?;
        let mut text = String::new();
        match self.format {
            Format::Json => {
                for item in items {
                    text.push_str(if self.items == 0 { "\n" } else { ",\n" });
                    text.push_str(&harmless((make.json)(item).to_string()));
                    self.items += 1;
                }
            }
            Format::Ndjson => {
                for item in items {
                    text.push_str(&harmless((make.json)(item).to_string()));
                    text.push('\n');
                }
            }
            Format::Ids => {
                for item in items {
                    text.push_str(&(make.id)(item));
                    text.push('\n');
                }
            }
            Format::Csv | Format::Tsv => {
                for row in items.iter().flat_map(|item| (make.cells)(item)) {
                    text.push_str(&separated(&row, self.format));
                }
            }
            Format::Table => {
                let rows: Vec<Vec<String>> = items.iter().flat_map(|item| (make.cells)(item)).collect();
                if !rows.is_empty() {
                    text = self.table.rows(&rows);
                }
            }
        }
        if self.format != Format::Json {
            self.items += items.len() as u64;
        }
        ctx.print(&text)
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) -> Done {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        match self.format {
            Format::Json => ctx.print("{\"items\":["),
            Format::Csv | Format::Tsv => {
                let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
                ctx.print(&separated(&names, self.format))
            }
            Format::Table | Format::Ndjson | Format::Ids => Ok(()),
        }
    }

    /// Closes the list. `total` counts all hits, not only those that were written.
    pub(crate) fn end(&mut self, ctx: &mut Ctx<'_>, total: u64, withheld: &BTreeMap<String, u64>) -> Done {
        self.begin(ctx)?;
        match self.format {
            Format::Json => {
                let withheld_json: Map<String, Json> =
                    withheld.iter().map(|(reason, n)| (reason.clone(), Json::from(*n))).collect();
                let close = if self.items == 0 { "]" } else { "\n]" };
                ctx.print(&format!(
                    "{close},\"total\":{total},\"withheld\":{}}}\n",
                    Json::Object(withheld_json)
                ))?;
            }
            Format::Table if total == 0 => ctx.say("nothing found"),
            Format::Table if total > self.items => {
                ctx.say(&format!("{} of {total}", self.items));
            }
            Format::Table | Format::Ndjson | Format::Csv | Format::Tsv | Format::Ids => {}
        }
        for (reason, n) in withheld {
            ctx.say(&format!("{n} withheld: {reason}"));
        }
        Ok(())
    }

    /// A list that is there as a whole.
    pub(crate) fn all<T>(ctx: &mut Ctx<'_>, columns: Vec<Column>, items: &[T], make: &Make<'_, T>) -> Done {
        let mut listing = Listing::new(ctx, columns);
        listing.batch(ctx, items, make)?;
        listing.end(ctx, items.len() as u64, &BTreeMap::new())
    }
}

/// Writes one object; `table` draws it for people.
pub(crate) fn object(ctx: &mut Ctx<'_>, id: &str, json: Json, table: impl FnOnce(Style) -> String) -> Done {
    let text = match ctx.format() {
        Format::Json => pretty(&json)?,
        Format::Ndjson => harmless(format!("{json}\n")),
        Format::Ids => format!("{id}\n"),
        format @ (Format::Csv | Format::Tsv) => {
            let (names, cells): (Vec<String>, Vec<String>) = match &json {
                Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), flat(value))).unzip(),
                other => (vec!["value".to_owned()], vec![flat(other)]),
            };
            separated(&names, format) + &separated(&cells, format)
        }
        Format::Table => table(ctx.style()),
    };
    ctx.print(&text)
}

pub(crate) fn pretty(json: &Json) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(json);
    text.map(|text| harmless(text + "\n"))
        .map_err(|error| Error::failed(format!("the answer is no JSON: {error}")))
}

/// JSON in which nothing acts on the terminal of whoever looks at it: of control characters, its writer escapes only those
/// before the space. There are none outside of strings.
fn harmless(json: String) -> String {
    let acts = |c: char| matches!(c, '\u{7f}'..='\u{9f}');
    if !json.contains(acts) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// One cell for a value of any shape.
fn flat(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => json.to_string(),
    }
}

/// A line of CSV (RFC 4180) or of tab-separated values, in which nothing starts a formula.
pub(crate) fn separated(cells: &[String], format: Format) -> String {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            line.push(if format == Format::Tsv { '\t' } else { ',' });
        }
        let cell = disarmed(cell);
        if format == Format::Tsv {
            // Tab-separated values know no quotes.
            line.extend(cell.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }));
        } else if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line.push('\n');
    line
}

/// A cell that a spreadsheet does not run: an apostrophe goes before what starts a formula. Signed numbers, such as a
/// phone number in E.164, are left as they are: they compute nothing. Nor does it act on the terminal of whoever looks at
/// the file with `cat`.
fn disarmed(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let number = cell.strip_prefix(['+', '-']).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let cell: String = cell
        .chars()
        .map(|c| if c.is_control() && !matches!(c, '\t' | '\n' | '\r') { CONTROL } else { c })
        .collect();
    if runs && !number { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::{harmless, separated};
    use crate::config::Format;

    #[test]
    fn json_escapes_what_a_terminal_obeys() {
        let value = serde_json::json!({ "a": "\u{9b}31m\x7f\x1b é" });
        let json = harmless(value.to_string());
        assert_eq!(json, r#"{"a":"\u009b31m\u007f\u001b é"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn cells_are_quoted_and_disarmed() {
        let cells = |cells: &[&str], format| {
            separated(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>(), format)
        };
        assert_eq!(cells(&["a", "b,c", "d\"e", "f\ng", ""], Format::Csv), "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n");
        assert_eq!(cells(&["a\tb", "c\nd"], Format::Tsv), "a b\tc d\n");
        assert_eq!(cells(&["\x1b[2Ja", "b\u{9b}\x07"], Format::Csv), "\u{fffd}[2Ja,b\u{fffd}\u{fffd}\n");
        for formula in
            ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "+4930901820; +4930901821", "＝1"]
        {
            let line = cells(&[formula], Format::Csv);
            assert!(line.trim_start_matches('"').starts_with('\''), "{line}");
        }
        assert_eq!(cells(&["+4930901820", "-12.5"], Format::Csv), "+4930901820,-12.5\n");
    }
}
