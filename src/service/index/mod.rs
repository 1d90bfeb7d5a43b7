//! The search index: what lists, the search box and duplicate checks read, in memory.
//!
//! One [`Index`] serves contacts, another companies; it knows documents ([`Doc`]), not entities. It is built at
//! unlock and changed one document at a time afterwards. It holds folded text only (see [`crate::domain::fold`]);
//! what a list shows is read from the records.
//!
//! # Layout
//!
//! - `arena`: for each entry its names, e-mail addresses and phone numbers as one run of bytes. Segments are
//!   separated by `SEGMENT`, the family name is preceded by `FAMILY`; neither byte occurs in folded text. Freed
//!   runs are overwritten with zeros at once, so that an erased person's name is not left in memory.
//! - `hot`: for each entry where its run lies, and two character masks: a scan touches text only if it could match.
//! - `cold`: ids, interned values, times.
//! - `pools`: companies, titles, cities, tags and the values of filters, each text once, counted. A query word is
//!   matched with a company's name once, not once for each contact who works there.
//! - hash tables of entry numbers for ids, phones, e-mails and names; keys are read from the arena.
//! - sorted orders, each made when first asked for, then kept up to date.
//!
//! # Ranking
//!
//! Each word of the query is found at its best place: the tier first (whole word, start of the field, start of a
//! word, inside a word, fuzzy), then the field (name, company, e-mail or phone, tag, job title, city). The ranks
//! of the words add up; a name that is the query and nothing else comes before everything. Ties stand in the order
//! of the name (family name first), then of the id.
//!
//! # Fuzzy matching
//!
//! Letters in the right order with others between them (`mlr` for Müller) match names and companies only, for words
//! of three letters or more, and only when the better tiers give fewer than [`FUZZY_BELOW`] hits: with enough good
//! hits nobody reads the fuzzy ones, and scoring everything would cost more than all the rest.
//!
//! # Narrowing
//!
//! A [`Session`] remembers what the last query matched. A query that can only match less (each word grown, words
//! added, filters the same) is matched against that. The answer is the same as without a session, always.

mod filter;
mod highlight;
mod lookup;
mod order;
mod pattern;
mod plan;
mod pool;
mod search;
mod store;
mod tables;
mod text;
mod top;

#[cfg(test)]
mod tests;

use uuid::Uuid;

use crate::domain::query::Has;
use crate::domain::time::Timestamp;

pub use filter::{Extra, NoExtra};
pub use highlight::Highlighter;
pub use lookup::{Brief, Completion};
pub use order::SortKey;
pub use search::{Context, FUZZY_BELOW, Hit, Page, Scope, Session, Sort, Stop, Window};
pub use store::{Index, Run};
pub(in crate::service) use top::parallel;

/// What the index is told about one record. Texts are as stored, not folded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Doc<'a> {
    pub id: Uuid,
    pub given: &'a str,
    pub family: &'a str,
    /// The name as shown, where it differs from given and family name; a company's name.
    pub display: &'a str,
    pub company: Option<(Uuid, &'a str)>,
    /// E.164 with the `+`.
    pub phones: &'a [&'a str],
    pub emails: &'a [&'a str],
    pub tags: &'a [&'a str],
    pub job_title: &'a str,
    pub city: &'a str,
    pub owner: Option<Uuid>,
    pub team: Option<&'a str>,
    pub country: Option<&'a str>,
    pub language: Option<&'a str>,
    pub source: &'a str,
    pub supplier: &'a str,
    pub basis: &'a str,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub deleted: bool,
    /// What the record has beyond what this structure shows: addresses, notes, a quarantine. The rest is added by the index.
    pub has: HasFlags,
    /// Handed back with every hit; the index does not read it.
    pub slot: u32,
}

/// A set of [`Has`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct HasFlags(u32);

impl HasFlags {
    pub fn of(items: impl IntoIterator<Item = Has>) -> HasFlags {
        let mut flags = HasFlags::default();
        items.into_iter().for_each(|has| flags.set(has, true));
        flags
    }

    pub fn set(&mut self, has: Has, yes: bool) {
        let bit = 1 << has as u32;
        self.0 = if yes { self.0 | bit } else { self.0 & !bit };
    }

    #[must_use]
    pub fn with(self, other: HasFlags) -> HasFlags {
        HasFlags(self.0 | other.0)
    }

    pub fn contains(self, has: Has) -> bool {
        self.0 & (1 << has as u32) != 0
    }

    /// Beyond the words of [`Has`]: the record is kept out for this reason.
    pub fn set_kept_out(&mut self, why: KeptOut, yes: bool) {
        self.0 = if yes { self.0 | why.bit() } else { self.0 & !why.bit() };
    }

    /// Whether the record is kept out for this reason.
    pub fn kept_out(self, why: KeptOut) -> bool {
        self.0 & why.bit() != 0
    }

    /// Whether it is for any of these.
    pub fn kept_out_for(self, any: KeptOuts) -> bool {
        self.0 & any.0 != 0
    }
}

/// Why a record is kept from all but those who decide about it: from lists, counts, searches and whatever else there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeptOut {
    /// A bought lead without a basis (R15).
    Quarantined,
    /// Art. 18 GDPR: it is stored, and not used.
    Restricted,
}

impl KeptOut {
    pub const ALL: [KeptOut; 2] = [KeptOut::Quarantined, KeptOut::Restricted];

    /// Far above the words of [`Has`].
    const fn bit(self) -> u32 {
        match self {
            KeptOut::Quarantined => 1 << 31,
            KeptOut::Restricted => 1 << 30,
        }
    }
}

/// A set of [`KeptOut`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct KeptOuts(u32);

impl KeptOuts {
    pub fn of(items: impl IntoIterator<Item = KeptOut>) -> KeptOuts {
        KeptOuts(items.into_iter().fold(0, |all, why| all | why.bit()))
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, why: KeptOut) -> bool {
        self.0 & why.bit() != 0
    }
}

/// A searched field. The order is that of the ranking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FieldKind {
    Name,
    Company,
    Email,
    Phone,
    Tag,
    JobTitle,
    City,
}

/// Every field, in order.
pub const FIELDS: [FieldKind; 7] = [
    FieldKind::Name,
    FieldKind::Company,
    FieldKind::Email,
    FieldKind::Phone,
    FieldKind::Tag,
    FieldKind::JobTitle,
    FieldKind::City,
];

/// A set of fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldSet(u8);

impl FieldSet {
    pub const ALL: FieldSet = FieldSet(0x7F);
    pub const NONE: FieldSet = FieldSet(0);

    pub fn of(fields: impl IntoIterator<Item = FieldKind>) -> FieldSet {
        fields.into_iter().fold(FieldSet::NONE, FieldSet::with)
    }

    pub const fn with(self, field: FieldKind) -> FieldSet {
        FieldSet(self.0 | 1 << field as u8)
    }

    pub const fn without(self, field: FieldKind) -> FieldSet {
        FieldSet(self.0 & !(1 << field as u8))
    }

    pub const fn contains(self, field: FieldKind) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    pub const fn and(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = FieldKind> {
        FIELDS.into_iter().filter(move |&field| self.contains(field))
    }
}
