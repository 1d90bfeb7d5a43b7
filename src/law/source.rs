//! Where an entry stands, and when somebody looked.

use chrono::{Months, NaiveDate};

use super::Refused;
use super::read::Reader;

/// Where an entry stands, and when somebody looked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The statute and its section, as one cites it.
    pub citation: String,
    /// Where that can be read: an address, or a title.
    pub title: String,
    /// The day it was last looked up.
    pub checked: NaiveDate,
    /// Whether somebody compared the entry with its source. If not, it was written from memory.
    pub verified: bool,
    /// What a reader must know beside it.
    pub note: Option<String>,
    /// The file it comes from: [`BUILT_IN_NAME`](super::BUILT_IN_NAME), or the name of one's own.
    pub origin: String,
}

impl Source {
    pub(super) fn read(reader: &Reader<'_>, origin: &str) -> Result<Source, Refused> {
        Ok(Source {
            citation: reader.need_text("citation")?,
            title: reader.need_text("source")?,
            checked: reader.need_day("checked")?,
            verified: reader.need_flag("verified")?,
            note: reader.text("note")?,
            origin: origin.to_owned(),
        })
    }

    /// Whether it was last checked more than a year before `today` (R55).
    pub fn is_stale(&self, today: NaiveDate) -> bool {
        self.checked.checked_add_months(Months::new(12)).is_some_and(|until| until < today)
    }
}
