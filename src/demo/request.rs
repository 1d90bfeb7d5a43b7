//! People and companies as the edits that create them.

use chrono::Days;

use crate::api::Error;
use crate::demo::USERS;
use crate::demo::company::{Company, Place};
use crate::demo::numbers::Number;
use crate::demo::people::{Person, team};
use crate::demo::rng::Rng;
use crate::demo::tables::{Land, Tongue};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::id::CompanyId;
use crate::domain::reach::{Address, Email, Labelled, Phone, Url};
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::domain::value::{self, Day, Value};

/// Collects edits of one record, leaving out what is empty.
#[derive(Default)]
pub(crate) struct Edits(pub(crate) Vec<FieldEdit>);

impl Edits {
    pub(crate) fn text(&mut self, field: &str, text: &str) -> &mut Edits {
        if !text.is_empty() {
            self.0.push(FieldEdit::text(field, text));
        }
        self
    }

    pub(crate) fn value(&mut self, field: &str, value: Value) -> &mut Edits {
        self.0.push(FieldEdit::value(field, value));
        self
    }

    pub(crate) fn phones(&mut self, numbers: &[(&str, Option<&Number>)]) -> Result<&mut Edits, Error> {
        let mut phones = Vec::new();
        for (label, number) in numbers {
            if let Some(number) = number {
                let value = Phone::try_from(number.stored())?;
                phones.push(Labelled { label: (*label).to_owned(), value });
            }
        }
        if !phones.is_empty() {
            self.value("phones", Value::Phones(phones));
        }
        Ok(self)
    }

    pub(crate) fn email(&mut self, label: &str, email: &str) -> Result<&mut Edits, Error> {
        let value = Email::parse(email)?;
        Ok(self.value("emails", Value::Emails(vec![Labelled { label: label.to_owned(), value }])))
    }

    pub(crate) fn address(&mut self, place: &Place, land: Land) -> &mut Edits {
        let value = Address {
            street: place.street.clone(),
            postal_code: place.postal_code.clone(),
            city: place.town.to_owned(),
            region: String::new(),
            country: land.code().to_owned(),
        };
        self.value("addresses", Value::Addresses(vec![Labelled { label: "work".to_owned(), value }]))
    }

    fn website(&mut self, host: &str) -> Result<&mut Edits, Error> {
        Ok(self.value("websites", Value::Links(vec![Labelled::plain(Url::parse(&format!("www.{host}"))?)])))
    }
}

/// How a contact names its company.
#[derive(Clone, Debug)]
pub(crate) enum Employer {
    /// Added in the story, so that its id is known.
    Id(CompanyId),
    /// Came with an import, which makes companies by name.
    Name(String),
}

impl Employer {
    pub(crate) fn put(&self, edits: &mut Edits) {
        match self {
            Employer::Id(id) => edits.value("company", Value::Company(*id)),
            Employer::Name(name) => edits.text("company", name),
        };
    }
}

pub(crate) fn user_name(user: usize) -> &'static str {
    USERS.get(user).map_or("", |user| user.name)
}

/// The fields of a new contact.
pub(crate) fn contact(person: &Person, employer: &Employer, at: Timestamp) -> Result<Vec<FieldEdit>, Error> {
    let mut edits = Edits::default();
    edits
        .text("name_prefix", person.prefix)
        .text("given_name", &person.given)
        .text("middle_name", &person.middle)
        .text("family_name", &person.family)
        .text("name_suffix", person.suffix);
    employer.put(&mut edits);
    edits
        .text("job_title", person.job_title)
        .text("department", person.department)
        .phones(&[("work", person.line.as_ref()), ("mobile", person.mobile.as_ref())])?
        .email("work", &person.email)?
        .address(&person.place, person.land)
        .text("country", person.land.code())
        .text("language", person.tongue.tag())
        .text("owner", user_name(person.owner))
        .text("team", team(person.land))
        .value("tags", Value::Tags(value::tags(&person.tags.join(","))?))
        .text("basis", person.origin.basis)
        .text("reason", person.origin.reason)
        .text("source", person.origin.source)
        .text("supplier", person.origin.supplier)
        .value("obtained_on", Value::Day(Day(at.date())));
    Ok(edits.0)
}

/// The same as a row of an import, with the id of the system it came from.
pub(crate) fn incoming(person: &Person, row: u64, at: Timestamp, rng: &mut Rng) -> Result<Incoming, Error> {
    let mut fields = contact(person, &Employer::Name(person.company.name.clone()), at)?;
    fields.push(FieldEdit::text("external_id", format!("ALT-{:06}", person.number)));
    let notes = if rng.percent(5) { vec![note(person, "note", rng)] } else { Vec::new() };
    Ok(Incoming { row, fields, notes })
}

/// A note of a kind, in the person's language.
pub(crate) fn note(person: &Person, kind: &str, rng: &mut Rng) -> String {
    note_in(person.tongue, kind, rng)
}

pub(crate) fn note_in(tongue: Tongue, kind: &str, rng: &mut Rng) -> String {
    let text = rng.pick(tongue.words().get(&format!("note.{kind}")));
    text.replace("{n}", &(2 + rng.below(7)).to_string()).replace("\\n", "\n")
}

/// The fields of a new company.
pub(crate) fn company(
    company: &Company,
    line: Option<&Number>,
    owner: usize,
    rng: &mut Rng,
) -> Result<Vec<FieldEdit>, Error> {
    let mut edits = Edits::default();
    let seats = 5 + rng.below(40) * rng.below(40);
    edits
        .text("name", &company.name)
        .text("industry", company.trade)
        .phones(&[("switchboard", line)])?
        .email("office", &format!("info@{}", company.host))?
        .address(&company.place, company.key.land)
        .website(&company.host)?
        .text("country", company.key.land.code())
        .text("owner", user_name(owner))
        .text("team", team(company.key.land))
        .value("custom.workplaces", Value::Number(i64::try_from(seats).unwrap_or(5)));
    Ok(edits.0)
}

/// The words of the custom choice.
pub(crate) const BEST_TIMES: &[&str] = &["morning", "midday", "afternoon"];

/// The custom fields of the demo, each with what it is for (R7).
pub(crate) fn custom_fields() -> Vec<Vec<FieldEdit>> {
    let one =
        |lines: &[(&str, &str)]| lines.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
    vec![
        one(&[
            ("name", "best_time"),
            ("label", "Best time to call"),
            ("on", "contact"),
            ("kind", "choice"),
            ("choices", &BEST_TIMES.join(", ")),
            ("purpose", "To call when it suits the person"),
            ("justification", "Fewer calls at bad moments; the person says it, nothing is worked out"),
            ("category", "preferences"),
        ]),
        one(&[
            ("name", "renewal_on"),
            ("label", "Contract renewal"),
            ("on", "contact"),
            ("kind", "date"),
            ("purpose", "To speak about a maintenance contract before it ends"),
            ("justification", "The date is part of the contract with the person's company"),
            ("category", "relationship"),
        ]),
        one(&[
            ("name", "workplaces"),
            ("label", "Workplaces"),
            ("on", "company"),
            ("kind", "number"),
            ("purpose", "To size an offer of machines"),
            ("justification", "About the company only, says nothing about a person"),
            ("category", "operation"),
        ]),
    ]
}

/// A day some months after `at`.
pub(crate) fn renewal(at: Timestamp, rng: &mut Rng) -> Value {
    let day = at.date();
    Value::Day(Day(day.checked_add_days(Days::new(60 + rng.below(500))).unwrap_or(day)))
}

/// The one who leads a team.
pub(crate) fn lead_of(team: &str) -> usize {
    USERS.iter().position(|user| user.team == team && user.role == Role::Lead).unwrap_or_default()
}
