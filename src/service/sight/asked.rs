//! What may be asked for at all: the answer to a question about what one does not read would tell it.

use super::Sight;
use crate::api::{Code, Error};
use crate::domain::access::Access;
use crate::domain::entity::RecordKind;
use crate::domain::query::{FilterKey, FilterName, Has, Is, Query, Value as QueryValue};
use crate::service::index;
use crate::service::world::World;

impl Sight {
    /// Whether what is about a record is read wherever the record is.
    fn reads_all_about(&self, about: RecordKind, kind: RecordKind) -> bool {
        self.rules().kind(about).read >= self.rules().kind(kind).read
    }

    /// Refuses a query that asks by, and an order by, what the asker does not read: an answer would tell.
    pub fn may_ask(
        &self,
        world: &World,
        kind: RecordKind,
        query: &Query,
        sort: index::SortKey,
    ) -> Result<(), Error> {
        let readable = |name: &str| match world.schema.by_name(kind, name) {
            Ok(info) => self.least(kind, info.key) >= Access::Read,
            // What records of the kind do not have tells nothing.
            Err(_) => true,
        };
        // That there is a value shows in a mask.
        let present = |name: &str| match world.schema.by_name(kind, name) {
            Ok(info) => self.least(kind, info.key) >= Access::Masked,
            Err(_) => true,
        };
        let refuse = |what: &str| {
            Err(Error::new(
                Code::Denied,
                format!(
                    "the role `{}` does not read {what} of every {kind} it sees, so it does not ask for it",
                    self.rules().name
                ),
            ))
        };
        for (_, filter) in query.filters() {
            let name = match &filter.name {
                FilterName::Known(FilterKey::Tag) => "tags",
                FilterName::Known(FilterKey::Owner) => "owner",
                FilterName::Known(FilterKey::Team) => "team",
                FilterName::Known(FilterKey::Country) => "country",
                FilterName::Known(FilterKey::Language) => "language",
                FilterName::Known(FilterKey::Company) => "company",
                FilterName::Known(FilterKey::Source) => "source",
                FilterName::Known(FilterKey::Supplier) => "supplier",
                FilterName::Known(FilterKey::Basis) => "basis",
                FilterName::Known(FilterKey::Is) => "deleted_at",
                FilterName::Known(FilterKey::Consent) => {
                    if !self.reads_all_about(RecordKind::Consent, kind) {
                        return refuse("consent");
                    }
                    ""
                }
                // When a record was made and changed shows with it.
                FilterName::Known(FilterKey::Created | FilterKey::Updated | FilterKey::Has) => "",
                // Asked of each record, for only those of which it can be read.
                FilterName::Field(_) => "",
            };
            if !name.is_empty() && !readable(name) {
                return refuse(&format!("`{name}`"));
            }
            for value in &filter.values {
                if matches!(value, QueryValue::Is(Is::Leaving))
                    && !self.reads_all_about(RecordKind::Consent, kind)
                {
                    return refuse("consent");
                }
                let QueryValue::Has(has) = value else { continue };
                let name = match has {
                    Has::Phone => "phones",
                    Has::Email => "emails",
                    Has::Address => "addresses",
                    Has::Company => "company",
                    Has::Tag => "tags",
                    Has::Owner => "owner",
                    Has::JobTitle if kind == RecordKind::Company => "industry",
                    Has::JobTitle => "job_title",
                    Has::Note => {
                        if !self.reads_all_about(RecordKind::Note, kind) {
                            return refuse("notes");
                        }
                        continue;
                    }
                    Has::Consent => {
                        if !self.reads_all_about(RecordKind::Consent, kind) {
                            return refuse("consent");
                        }
                        continue;
                    }
                };
                if !present(name) {
                    return refuse(&format!("`{name}`"));
                }
            }
        }
        let by = match sort {
            index::SortKey::Company => "company",
            index::SortKey::Country => "country",
            index::SortKey::Owner => "owner",
            index::SortKey::Relevance
            | index::SortKey::Name
            | index::SortKey::Created
            | index::SortKey::Updated => return Ok(()),
        };
        if readable(by) { Ok(()) } else { refuse(&format!("`{by}`")) }
    }
}
