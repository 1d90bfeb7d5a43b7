//! What memory keeps of contacts and companies, taken from their fields: at unlock from all rows on many threads, later
//! from each record that changes.

use uuid::Uuid;

use super::index::{Doc, HasFlags, Run};
use super::suppression::Suppressions;
use crate::domain::basis::Basis;
use crate::domain::borrowed::{FieldsRef, ValueRef};
use crate::domain::contact::{CompanyField, Contact, ContactField};
use crate::domain::country::Country;
use crate::domain::entity::{Fields, Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::query::Has;
use crate::domain::reach::Phone;
use crate::domain::suppression::{Barred, Class};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::store::load::Raw;
use crate::store::{StoreError, Stored};

/// What becomes of a slice of rows: contacts and companies made ready for the index, other records as they are.
#[derive(Default)]
pub struct Batch {
    pub others: Vec<Stored>,
    rows: Vec<Row>,
    /// The texts of all rows, each of which has as many as [`Row`] says.
    texts: String,
    ends: Vec<u32>,
}

/// A contact or company without its texts. In the batch these are: the searched text, those of [`Texts`], the tags.
#[derive(Debug)]
pub struct Row {
    pub is_company: bool,
    pub id: Uuid,
    pub slot: u32,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub deleted: bool,
    /// The contact that this one was merged into.
    pub merged_into: Option<Uuid>,
    /// Art. 18 GDPR.
    pub restricted: bool,
    pub company: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub country: Option<Country>,
    pub basis: Option<Basis>,
    pub run: Run,
    /// Values of custom fields, which the index does not hold.
    pub custom: Fields,
    /// What a contact is barred from by what is suppressed; as it was read, not as it changes.
    pub barred: Barred,
    /// When the data came from its source, where that is not the day on which it was written down (UTC).
    pub obtained: Option<Day>,
    tags: usize,
}

/// The texts of every row, in this order.
#[derive(Clone, Copy, Default, Debug)]
pub struct Texts<'a> {
    /// A company's name.
    pub name: &'a str,
    /// A contact's job title, a company's industry.
    pub job_title: &'a str,
    pub city: &'a str,
    pub team: &'a str,
    pub language: &'a str,
    pub source: &'a str,
    pub supplier: &'a str,
    pub external_id: &'a str,
}

impl<'a> Texts<'a> {
    fn each(&mut self) -> [&mut &'a str; 8] {
        let Texts { name, job_title, city, team, language, source, supplier, external_id } = self;
        [name, job_title, city, team, language, source, supplier, external_id]
    }
}

/// A contact or company of a batch with its texts.
pub struct Ready<'a> {
    pub row: &'a Row,
    /// The text that is searched, which [`Row::run`] is about.
    pub run: &'a str,
    pub texts: Texts<'a>,
    pub tags: Vec<&'a str>,
}

impl Ready<'_> {
    /// As the index takes it in, without what other records tell about it.
    pub fn doc(&self) -> Doc<'_> {
        fn some(text: &str) -> Option<&str> {
            (!text.is_empty()).then_some(text)
        }
        let Ready { row, texts, tags, .. } = self;
        Doc {
            id: row.id,
            tags,
            job_title: texts.job_title,
            city: texts.city,
            owner: row.owner,
            team: some(texts.team),
            country: row.country.as_ref().map(Country::code),
            language: some(texts.language),
            source: texts.source,
            supplier: texts.supplier,
            basis: row.basis.map_or("", |basis| basis.word()),
            created: row.created,
            updated: row.updated,
            deleted: row.deleted,
            slot: row.slot,
            ..Doc::default()
        }
    }
}

impl Batch {
    /// Adds a record as it was read.
    pub fn add(&mut self, raw: &Raw<'_>, suppressed: &Suppressions) -> Result<(), StoreError> {
        if raw.kind.indexed().is_none() {
            self.others.push(raw.stored()?);
            return Ok(());
        }
        let record = raw.record::<FieldsRef<'_>>()?;
        let known = Known::of(raw.kind, record.fields)?;
        let whole = if known.is_plain() { None } else { Some(raw.stored()?) };
        self.push(raw.id, raw.slot, record.created_at, record.updated_at, &known, whole.as_ref())?;
        if let Some(row) = self.rows.last_mut().filter(|row| !row.is_company) {
            for phone in &known.phones {
                suppressed.look_at(Class::Phone, phone, &mut row.barred);
            }
            for email in &known.emails {
                suppressed.look_at(Class::Email, email, &mut row.barred);
            }
        }
        Ok(())
    }

    /// The batch of one contact or company.
    pub fn of(stored: &Stored) -> Result<Batch, StoreError> {
        let mut batch = Batch::default();
        let fields = stored.record.fields.iter().map(|(key, value)| (*key, ValueRef::from(value)));
        let (created, updated) = (stored.record.created_at, stored.record.updated_at);
        let known = Known::of(stored.kind, fields)?;
        batch.push(stored.id, stored.slot, created, updated, &known, Some(stored))?;
        Ok(batch)
    }

    /// The slots that the contacts name, and what lies under a key of its own.
    pub fn slots(&self) -> impl Iterator<Item = u32> {
        let own = self.others.iter().filter(|stored| stored.kind.lies() == Lies::Itself);
        let rows = self.rows.iter().filter(|row| !row.is_company);
        rows.map(|row| row.slot).chain(own.map(|stored| stored.slot))
    }

    pub fn rows(&self) -> impl Iterator<Item = Ready<'_>> {
        let mut ends = self.ends.iter();
        let mut start = 0;
        let mut next = move || {
            let end = ends.next().map_or(start, |end| *end as usize);
            self.texts.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()
        };
        self.rows.iter().map(move |row| {
            let run = next();
            let mut texts = Texts::default();
            for text in texts.each() {
                *text = next();
            }
            let tags = (0..row.tags).map(|_| next()).collect();
            Ready { row, run, texts, tags }
        })
    }

    /// `whole` is the record, where what is known of it is not enough.
    fn push(
        &mut self,
        id: Uuid,
        slot: u32,
        created: Timestamp,
        updated: Timestamp,
        known: &Known<'_>,
        whole: Option<&Stored>,
    ) -> Result<(), StoreError> {
        // An address is no name: it is found and ordered as what it is, for it may be masked where names are not.
        let display = match whole {
            _ if known.is_company => known.texts.name.to_owned(),
            Some(whole) if !known.is_named_plainly() => whole.entity::<Contact>()?.name(),
            _ => String::new(),
        };
        let mut has = HasFlags::default();
        has.set(Has::Address, known.has_address);
        let run = Run::append(
            &Doc {
                id,
                given: known.given,
                family: known.family,
                display: &display,
                phones: &known.phones,
                emails: &known.emails,
                has,
                ..Doc::default()
            },
            &mut self.texts,
        );
        self.end();
        let mut texts = known.texts;
        for text in texts.each().into_iter().map(|text| &**text).chain(known.tags.iter().copied()) {
            self.texts.push_str(text);
            self.end();
        }
        let custom = whole.filter(|_| known.has_custom && !known.is_company).map(|whole| {
            let fields = whole.record.fields.iter().filter(|(key, _)| key.is_custom());
            fields.map(|(key, value)| (*key, value.clone())).collect()
        });
        self.rows.push(Row {
            is_company: known.is_company,
            id,
            slot,
            created,
            updated,
            deleted: known.deleted,
            merged_into: known.merged_into,
            restricted: known.restricted,
            company: known.company,
            owner: known.owner,
            country: known.country,
            basis: known.basis,
            run,
            custom: custom.unwrap_or_default(),
            barred: Barred::default(),
            obtained: known.obtained.filter(|day| day.0 != created.date()),
            tags: known.tags.len(),
        });
        Ok(())
    }

    fn end(&mut self) {
        self.ends.push(self.texts.len() as u32);
    }
}

fn wrong() -> StoreError {
    StoreError::Encoding("a field of a record")
}

fn text(value: ValueRef<'_>) -> Result<&str, StoreError> {
    match value {
        ValueRef::Text(text) => Ok(text),
        _ => Err(wrong()),
    }
}

/// The fields that memory knows, where they lie.
#[derive(Default)]
struct Known<'a> {
    is_company: bool,
    given: &'a str,
    family: &'a str,
    /// Has parts of a name that stand in no field of their own in the index.
    other_names: bool,
    company: Option<Uuid>,
    phones: Vec<&'a str>,
    emails: Vec<&'a str>,
    has_address: bool,
    country: Option<Country>,
    owner: Option<Uuid>,
    tags: Vec<&'a str>,
    basis: Option<Basis>,
    deleted: bool,
    merged_into: Option<Uuid>,
    obtained: Option<Day>,
    restricted: bool,
    has_custom: bool,
    texts: Texts<'a>,
}

impl<'a> Known<'a> {
    fn of(
        kind: RecordKind,
        fields: impl IntoIterator<Item = (FieldKey, ValueRef<'a>)>,
    ) -> Result<Known<'a>, StoreError> {
        let mut known = Known { is_company: kind == RecordKind::Company, ..Known::default() };
        for (key, value) in fields {
            if key.is_custom() {
                known.has_custom = true;
            } else if known.is_company {
                known.set_of_company(CompanyField::of(key).ok_or_else(wrong)?, value)?;
            } else {
                known.set(ContactField::of(key).ok_or_else(wrong)?, value)?;
            }
        }
        Ok(known)
    }

    fn set(&mut self, field: ContactField, value: ValueRef<'a>) -> Result<(), StoreError> {
        use ContactField as F;
        match field {
            F::given_name => self.given = text(value)?,
            F::family_name => self.family = text(value)?,
            F::name_prefix | F::middle_name => self.other_names = true,
            F::job_title => self.texts.job_title = text(value)?,
            F::team => self.texts.team = text(value)?,
            F::source => self.texts.source = text(value)?,
            F::supplier => self.texts.supplier = text(value)?,
            F::external_id => self.texts.external_id = text(value)?,
            F::phones => {
                let ValueRef::Phones(items) = value else { return Err(wrong()) };
                self.phones = items.into_iter().map(|item| Phone::e164_of(item.value)).collect();
            }
            F::emails => {
                let ValueRef::Emails(items) = value else { return Err(wrong()) };
                self.emails = items.into_iter().map(|item| item.value).collect();
            }
            F::addresses => {
                let ValueRef::Addresses(items) = value else { return Err(wrong()) };
                self.has_address = !items.is_empty();
                self.texts.city = items.first().map_or("", |item| item.city);
            }
            F::company => {
                let ValueRef::Company(id) = value else { return Err(wrong()) };
                self.company = Some(id.0);
            }
            F::country => {
                let ValueRef::Country(country) = value else { return Err(wrong()) };
                self.country = Some(country);
            }
            F::language => {
                let ValueRef::Language(tag) = value else { return Err(wrong()) };
                self.texts.language = tag;
            }
            F::owner => {
                let ValueRef::User(id) = value else { return Err(wrong()) };
                self.owner = Some(id.0);
            }
            F::tags => {
                let ValueRef::Tags(tags) = value else { return Err(wrong()) };
                self.tags = tags;
            }
            F::basis => {
                let ValueRef::Basis(basis) = value else { return Err(wrong()) };
                self.basis = Some(basis);
            }
            F::deleted_at => self.deleted = true,
            F::merged_into => {
                let ValueRef::Contact(id) = value else { return Err(wrong()) };
                self.merged_into = Some(id.0);
            }
            F::obtained_on => {
                let ValueRef::Day(day) = value else { return Err(wrong()) };
                self.obtained = Some(day);
            }
            F::restricted_at => self.restricted = true,
            // Not searched; read from the record when it is shown.
            F::form_of_address
            | F::name_suffix
            | F::department
            | F::reason
            | F::websites
            | F::verified_on
            | F::restricted_for
            | F::restricted_until
            | F::restricted_terms
            | F::restriction_lifted => {}
        }
        Ok(())
    }

    fn set_of_company(&mut self, field: CompanyField, value: ValueRef<'a>) -> Result<(), StoreError> {
        use CompanyField as F;
        let same = match field {
            F::name => {
                self.texts.name = text(value)?;
                return Ok(());
            }
            F::industry => ContactField::job_title,
            F::phones => ContactField::phones,
            F::emails => ContactField::emails,
            F::addresses => ContactField::addresses,
            F::country => ContactField::country,
            F::owner => ContactField::owner,
            F::team => ContactField::team,
            F::tags => ContactField::tags,
            F::deleted_at => ContactField::deleted_at,
            F::vat_id | F::websites | F::external_id => return Ok(()),
        };
        self.set(same, value)
    }

    /// The name as shown is the given and the family name.
    fn is_named_plainly(&self) -> bool {
        let named = !self.given.is_empty() || !self.family.is_empty();
        named && !self.other_names
    }

    /// Nothing else of the record is needed: of companies, memory has no custom values.
    fn is_plain(&self) -> bool {
        self.is_company || self.is_named_plainly() && !self.has_custom
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Company;
    use crate::domain::entity::Entity;
    use crate::domain::id::{CompanyId, SubjectId};
    use crate::domain::reach::{Address, Email, Labelled};
    use crate::domain::value::{Tags, Value};
    use crate::store::codec::Record;

    fn stored(entity: &impl Entity, kind: RecordKind) -> Stored {
        let at = Timestamp::from_millis(7);
        let record =
            Record { revision: 1, created_at: at, updated_at: at, last_seq: 0, fields: entity.fields() };
        Stored { kind, subject: SubjectId::NOBODY, id: Uuid::from_u128(1), slot: 3, record }
    }

    fn contact() -> Contact {
        let custom = [(FieldKey(FieldKey::CUSTOM), Value::Number(5))].into();
        Contact {
            name_prefix: "Dr.".into(),
            given_name: "Änne".into(),
            family_name: "Berg".into(),
            company: Some(CompanyId(Uuid::from_u128(9))),
            phones: vec![Labelled {
                label: "work".into(),
                value: Phone::parse("+49 30 901820 x 12", None).unwrap(),
            }],
            emails: vec![Labelled::plain(Email::parse("Anne@example.com").unwrap())],
            addresses: vec![Labelled::plain(Address::parse("Weg 1 | 10115 | Berlin").unwrap())],
            language: "nl-BE".parse().ok(),
            country: "DE".parse().ok(),
            tags: Tags(vec!["fair".into(), "vip".into()]),
            external_id: "x-1".into(),
            deleted_at: Some(Timestamp::from_millis(8)),
            custom,
            ..Contact::default()
        }
    }

    #[test]
    fn what_memory_knows_is_what_the_fields_say() {
        let stored = stored(&contact(), RecordKind::Contact);
        let batch = Batch::of(&stored).unwrap();
        let ready = batch.rows().next().unwrap();
        let segments: Vec<&str> = ready.run.split('\u{1F}').collect();
        let names = ["anne\u{1D}berg", "aenne\u{1D}berg", "dr anne berg", "dr aenne berg"];
        assert_eq!(segments, [&names[..], &["anne@example.com", "\u{1E}4930901820"]].concat());
        let Texts { name, job_title, city, team, language, source, supplier, external_id } = ready.texts;
        assert_eq!((name, job_title, city, team, language), ("", "", "Berlin", "", "nl-BE"));
        assert_eq!((source, supplier, external_id), ("", "", "x-1"));
        assert_eq!(ready.tags, ["fair", "vip"]);
        let row = ready.row;
        assert_eq!((row.slot, row.company, row.owner), (3, Some(Uuid::from_u128(9)), None));
        assert_eq!((row.deleted, row.country, row.basis), (true, "DE".parse().ok(), None));
        assert_eq!(row.custom, contact().custom);
        assert_eq!(batch.slots().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_company_is_known_by_its_name() {
        let company =
            Company { name: "Muster & Söhne".into(), industry: "Print".into(), ..Company::default() };
        let batch = Batch::of(&stored(&company, RecordKind::Company)).unwrap();
        let ready = batch.rows().next().unwrap();
        assert_eq!(ready.run, "muster sohne\u{1F}muster soehne");
        assert_eq!((ready.texts.name, ready.texts.job_title), ("Muster & Söhne", "Print"));
        assert!(ready.row.is_company && batch.slots().next().is_none());
    }

    #[test]
    fn a_field_of_another_kind_is_damage() {
        for (key, value) in [
            (ContactField::job_title.key(), Value::Flag(true)),
            (ContactField::phones.key(), Value::Text("030".into())),
            (FieldKey(999), Value::Flag(true)),
        ] {
            let mut stored = stored(&contact(), RecordKind::Contact);
            stored.record.fields.insert(key, value);
            assert!(matches!(Batch::of(&stored), Err(StoreError::Encoding(_))), "{key:?}");
        }
    }
}
