//! The letter: what is on it, and how it becomes a page. The page's look is `assets/answer/letter.html`.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::PackError;

const TEMPLATE: &str = include_str!("../../../assets/answer/letter.html");

/// A line of a table.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Table {
    pub caption: String,
    /// Of facts, one a line, when empty: the first cell of each row is its head.
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(caption: impl Into<String>, head: &[String]) -> Table {
        Table { caption: caption.into(), head: head.to_vec(), rows: Vec::new() }
    }

    /// A fact, where there is one.
    pub fn fact(&mut self, label: String, text: String) {
        if !text.is_empty() {
            self.rows.push(vec![label, text]);
        }
    }
}

/// A text that is quoted as it is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Quote {
    pub title: String,
    /// BCP 47.
    pub lang: String,
    pub text: String,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub(super) struct Section {
    /// A word for the address within the page.
    pub id: &'static str,
    pub title: String,
    pub paragraphs: Vec<String>,
    pub tables: Vec<Table>,
    pub quotes: Vec<Quote>,
    pub after: Vec<String>,
}

impl Section {
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table.rows.is_empty())
            && self.quotes.is_empty()
            && self.paragraphs.is_empty()
    }
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Page {
    pub lang: String,
    pub subject: String,
    pub sender: String,
    pub sender_lines: Vec<String>,
    pub to: Vec<String>,
    pub references: Vec<(String, String)>,
    pub greeting: String,
    pub opening: Vec<String>,
    pub contents: String,
    pub sections: Vec<Section>,
    pub closing: String,
    pub made: String,
}

/// The page, as HTML 5.
pub(super) fn render(page: &Page) -> Result<String, PackError> {
    let failed = |error: minijinja::Error| PackError::Failed(format!("the letter cannot be made: {error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(failed)?);
    // Whatever comes from outside is made harmless on its way into the page, in one place.
    environment.add_filter("calm", |text: String| super::words::calm(&text));
    environment.add_template("letter.html", TEMPLATE).map_err(failed)?;
    let letter = environment.get_template("letter.html").map_err(failed)?;
    let mut html = letter.render(minijinja::value::Serde(page)).map_err(failed)?;
    html.push('\n');
    Ok(html)
}
