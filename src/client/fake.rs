//! A door that answers as a test says, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::api::{Error, Request, Response, Shown, View};
use crate::client::{Client, Door};
use crate::domain::contact::{ContactField, NoteField};
use crate::domain::country::Country;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::schema::{Schema, StoredCustom};
use crate::domain::time::Timestamp;
use crate::domain::value::Value;

type Seen = Arc<Mutex<Vec<Request>>>;

struct Fake<F> {
    answer: F,
    seen: Seen,
}

impl<F: Fn(Request) -> Result<Response, Error> + Send + Sync> Door for Fake<F> {
    fn request(&self, request: Request) -> Result<Response, Error> {
        self.seen.lock().unwrap().push(request.clone());
        (self.answer)(request)
    }
}

/// A client whose every request is answered by `answer`, and the requests it made.
pub(crate) fn door(
    answer: impl Fn(Request) -> Result<Response, Error> + Send + Sync + 'static,
) -> (Client, Seen) {
    let seen = Seen::default();
    (Client::new(Arc::new(Fake { answer, seen: seen.clone() })), seen)
}

/// The store's own fields: `custom.budget`, a number on contacts.
pub(crate) fn customs() -> Vec<StoredCustom> {
    use crate::domain::custom::{CustomField, CustomKind, CustomOn};
    use crate::domain::value::OneOf;
    let field = CustomField {
        name: "budget".to_owned(),
        label: "Budget".to_owned(),
        on: OneOf(Some(CustomOn::Contact)),
        kind: OneOf(Some(CustomKind::Number)),
        purpose: "offers".to_owned(),
        justification: "to offer what the person can decide on".to_owned(),
        number: 1,
        ..CustomField::default()
    };
    let id = crate::domain::id::FieldId(Uuid::from_u128(77));
    vec![StoredCustom { id, revision: 1, fields: field.fields() }]
}

pub(crate) fn schema() -> Schema {
    Schema::new(&customs())
}

fn shown(key: FieldKey, value: Value, text: &str) -> Shown {
    let text = if text.is_empty() { value.to_string() } else { text.to_owned() };
    Shown { key, value: Some(value), text }
}

/// A contact with a little of everything.
pub(crate) fn anna() -> View {
    let country: Country = "DE".parse().unwrap();
    let field = |field: ContactField, text: &str| {
        shown(field.key(), field.spec().kind.parse(text, Some(country)).unwrap().unwrap(), "")
    };
    let company = crate::domain::id::CompanyId(Uuid::from_u128(5));
    View {
        kind: RecordKind::Contact,
        id: Uuid::from_u128(0x6f9619ff_8b86_4d11_b42d_00c04fc964ff),
        revision: 3,
        created_at: Timestamp::parse_as_of("2026-01-31T09:30:00Z").unwrap(),
        updated_at: Timestamp::parse_as_of("2026-02-01T10:00:00.500Z").unwrap(),
        title: "Anna Schmidt".to_owned(),
        deleted: false,
        fields: vec![
            field(ContactField::given_name, "Anna"),
            field(ContactField::family_name, "Schmidt"),
            shown(ContactField::company.key(), Value::Company(company), "Muster GmbH"),
            field(ContactField::phones, "work: 030 901820 x 12; 030 901821"),
            field(ContactField::emails, "anna@example.com"),
            field(ContactField::addresses, "office: Musterstr. 1 | 10115 | Berlin | | DE"),
            field(ContactField::country, "DE"),
            field(ContactField::language, "de"),
            field(ContactField::tags, "fair, vip"),
            field(ContactField::basis, "consent"),
            Shown { key: ContactField::reason.key(), value: None, text: "•••".to_owned() },
            field(ContactField::obtained_on, "2026-01-30"),
            shown(FieldKey(FieldKey::CUSTOM + 1), Value::Number(1200), ""),
        ],
    }
}

/// A note about her.
pub(crate) fn note() -> View {
    let text = Value::Text("first line\nsecond \u{1b}[31mline".to_owned());
    View {
        kind: RecordKind::Note,
        id: Uuid::from_u128(9),
        revision: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        title: "first line".to_owned(),
        deleted: false,
        fields: vec![
            shown(NoteField::kind.key(), Value::Word("call".to_owned()), ""),
            shown(NoteField::text.key(), text, ""),
        ],
    }
}
