//! What a person takes along (Art. 20 GDPR): what the person provided and what arose from the person's use, where it is
//! processed by consent or contract. No notes, no assessments, nothing of our own bookkeeping.
//!
//! The form is described by `assets/answer/portability.schema.json`.

use serde_json::{Map, Value as Json, json};

use super::PackError;
use super::data::{self, urn};
use crate::domain::basis::Basis;
use crate::domain::consent::{ConsentField, State};
use crate::domain::contact::ContactField;
use crate::domain::disclosure::{Disclosure, Held, HeldField, Person};
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, FieldKey};
use crate::domain::request::RequestField;
use crate::domain::value::Value;
use crate::interchange::export::json::value_json;

/// Whether a category is of what persons provide about themselves.
fn is_provided(category: Category) -> bool {
    match category {
        Category::Identity | Category::Reach | Category::Work | Category::Preference => true,
        // Tags and who is responsible are ours, so are notes; where data comes from is told by an access answer.
        Category::Relation | Category::Provenance | Category::Content | Category::Operation => false,
    }
}

/// What was observed of a call, without what we made of it.
const CALL: &[crate::domain::call::CallField] = {
    use crate::domain::call::CallField as C;
    &[C::direction, C::purposes, C::number, C::started_at, C::answered_at, C::ended_at, C::language]
};

/// What the person said.
const CONSENT: &[ConsentField] = {
    use ConsentField as C;
    &[
        C::kind,
        C::purpose,
        C::channel,
        C::at,
        C::until,
        C::way,
        C::question,
        C::words,
        C::language,
        C::address,
    ]
};

const REQUEST: &[RequestField] = &[RequestField::right, RequestField::received, RequestField::words];

/// What of a person goes along.
pub(super) struct Portable<'p> {
    person: &'p Person,
    /// The ground is consent or contract.
    covered: bool,
    /// Somebody else supplied the record: what it began with was not provided by the person.
    supplied: bool,
}

impl<'p> Portable<'p> {
    pub fn of(disclosure: &'p Disclosure) -> Option<Portable<'p>> {
        let person = disclosure.person.as_ref()?;
        let own = person.records.iter().find(|held| held.id == person.id)?;
        let by_basis = matches!(
            own.value(ContactField::basis.key()),
            Some(Value::Basis(Basis::Consent | Basis::Contract))
        );
        let by_ledger = disclosure.purposes.iter().flat_map(|told| &told.standings).any(|(_, standing)| {
            standing.state == State::Given
                || standing.state == State::Asserted && standing.basis == Some(Basis::Contract)
        });
        let supplied = own.get(ContactField::supplier.key()).is_some();
        Some(Portable { person, covered: by_basis || by_ledger, supplied })
    }

    fn takes(&self, field: &HeldField) -> bool {
        let own = self.person.records.iter().find(|held| held.id == self.person.id);
        let first = own.is_some_and(|own| field.since == own.created_at);
        self.covered && is_provided(field.category) && !(self.supplied && first)
    }

    pub fn card(&self) -> Option<data::Card<'p>> {
        data::Card::new(self.person, false, |field| self.takes(field))
    }

    /// What is left out as a whole, and why, in words for programs.
    fn left_out(&self) -> Vec<&'static str> {
        let mut why = vec!["notes, tags and what else we noted ourselves: not provided by you"];
        if !self.covered {
            why.push("your contact data: it is processed neither by consent nor by contract");
        } else if self.supplied {
            why.push("what the record began with: it was supplied by somebody else, not provided by you");
        }
        why
    }

    fn records(&self, kind: RecordKind) -> impl Iterator<Item = &'p Held> + use<'p> {
        self.person.records.iter().filter(move |held| held.kind == kind)
    }

    /// Every value that goes along, with the record it is of.
    fn rows(&self) -> Vec<(&'p Held, Vec<&'p HeldField>)> {
        let mut rows = Vec::new();
        let own = self.records(RecordKind::Contact).filter(|held| held.id == self.person.id);
        for held in own {
            rows.push((held, held.fields.iter().filter(|field| self.takes(field)).collect::<Vec<_>>()));
        }
        let chosen = |held: &'p Held, keys: &[FieldKey]| {
            let field = |key: &FieldKey| held.get(*key).filter(|field| field.told.value.is_some());
            (held, keys.iter().filter_map(field).collect::<Vec<_>>())
        };
        let consent: Vec<FieldKey> = CONSENT.iter().map(|field| field.key()).collect();
        let call: Vec<FieldKey> = CALL.iter().map(|field| field.key()).collect();
        let request: Vec<FieldKey> = REQUEST.iter().map(|field| field.key()).collect();
        rows.extend(self.records(RecordKind::Consent).map(|held| chosen(held, &consent)));
        rows.extend(self.records(RecordKind::Call).map(|held| chosen(held, &call)));
        rows.extend(self.records(RecordKind::Request).map(|held| chosen(held, &request)));
        rows
    }

    pub fn json(&self, disclosure: &Disclosure) -> Json {
        let mut out = Map::new();
        out.insert("format".to_owned(), json!("callbook-portability"));
        out.insert("version".to_owned(), json!(1));
        out.insert("made_at".to_owned(), json!(disclosure.made_at.to_string()));
        out.insert("controller".to_owned(), json!(disclosure.controller.name));
        out.insert("person".to_owned(), json!(urn(self.person.id)));
        let records = self.rows().into_iter().map(|(held, fields)| {
            let fields: Map<String, Json> = fields
                .into_iter()
                .filter_map(|field| {
                    let value = field.told.value.as_ref()?;
                    Some((field.name.clone(), value_json(value, &field.told.text)))
                })
                .collect();
            json!({ "kind": held.kind.word(), "id": urn(held.id), "at": held.created_at.to_string(), "fields": fields })
        });
        out.insert("records".to_owned(), Json::Array(records.collect()));
        out.insert("left_out".to_owned(), json!(self.left_out()));
        Json::Object(out)
    }

    pub fn csv(&self) -> Result<Vec<u8>, PackError> {
        let rows = self.rows().into_iter().flat_map(|(held, fields)| {
            fields.into_iter().map(move |field| {
                let at = held.created_at.to_string();
                vec![
                    held.kind.word().to_owned(),
                    urn(held.id),
                    at,
                    field.name.clone(),
                    field.told.text.clone(),
                ]
            })
        });
        data::table(&["kind", "record", "at", "field", "value"], rows)
    }
}
