//! The register of processing (Art. 30 GDPR): made from the purposes, recipients, fields and rules as they are, compared
//! with the version that was approved last.

use std::sync::Arc;

use super::super::sight::Sight;
use super::super::world::World;
use super::super::{Ask, publish, read_lock};
use super::text;
use crate::api::accountability::{ApprovedRegister, CurrentRegister};
use crate::api::{Error, RegisterApprove};
use crate::domain::accountability::RegisterVersion;
use crate::domain::basis::Basis;
use crate::domain::entity::RecordKind;
use crate::domain::field::Category;
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::purpose::{AtEnd, Clock, Purpose};
use crate::domain::recipient::{Recipient, RecipientRole};
use crate::domain::register::{
    Activity, Controller, FieldLine, MEASURES, Party, Register, Rule, drift, sha256,
};
use crate::domain::retention::{Kept, RetentionRule};
use crate::domain::time::Timestamp;
use crate::domain::user::Settings;
use crate::domain::value::{Day, Kind};
use crate::store::Reader;

fn day(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn activity(purpose: &Purpose, version: u64) -> Activity {
    let contract = purpose.ground() == Basis::Contract;
    Activity {
        name: purpose.name.clone(),
        title: purpose.title.clone(),
        description: purpose.description.clone(),
        version,
        basis: purpose.ground().to_string(),
        marketing: purpose.marketing,
        persons: if contract {
            vec!["customers".into()]
        } else {
            vec!["customers".into(), "prospects".into()]
        },
        categories: purpose.categories.0.clone(),
        fields: purpose.fields.0.clone(),
        channels: purpose.channels.0.clone(),
        recipients: purpose.recipients.0.clone(),
        countries: purpose.countries.0.clone(),
        safeguards: purpose.safeguards.clone(),
        kept_for: purpose.retention.clone(),
        counted_from: purpose.clock.0.map_or(Clock::Collection, |clock| clock).word().to_owned(),
        then: purpose.at_end.0.map_or(AtEnd::Delete, |end| end).word().to_owned(),
        high_risk: purpose.risky,
        assessment: purpose.assessment.clone(),
        review_on: day(purpose.review_on),
    }
}

fn party(recipient: &Recipient) -> Party {
    let processor = recipient.role.0 == Some(RecipientRole::Processor);
    Party {
        name: recipient.name.clone(),
        title: recipient.title.clone(),
        role: recipient.role.0.map_or("", RecipientRole::word).to_owned(),
        country: recipient.country.map(|country| country.code().to_owned()).unwrap_or_default(),
        safeguard: recipient.safeguard.clone(),
        agreement: recipient.agreement.clone(),
        agreed_on: day(recipient.agreed_on),
        missing: match processor {
            true => recipient.missing().iter().map(|letter| format!("({letter})")).collect(),
            false => Vec::new(),
        },
    }
}

fn rule(rule: RetentionRule) -> Rule {
    Rule {
        name: rule.name,
        about: rule.kept.0.map_or("", Kept::word).to_owned(),
        country: rule.country.map(|country| country.code().to_owned()).unwrap_or_default(),
        purpose: rule.purpose,
        kept_for: rule.period,
        counted_from: rule.clock.0.map_or(Clock::Collection, |clock| clock).word().to_owned(),
        then: rule.at_end.0.map_or(AtEnd::Delete, |end| end).word().to_owned(),
        source: rule.source,
    }
}

fn controller(settings: &Settings) -> Controller {
    Controller {
        name: settings.controller.clone(),
        address: settings.controller_address.clone(),
        country: settings.country.map(|country| country.code().to_owned()).unwrap_or_default(),
        contact: settings.contact.clone(),
        dpo_contact: settings.dpo_contact.clone(),
        authority: settings.authority.clone(),
    }
}

/// What built-in fields of a category are for.
pub(in crate::service) fn purpose_of(kind: RecordKind, category: Category) -> &'static str {
    match (kind, category) {
        (RecordKind::Company, _) => "to know the businesses one sells to",
        (_, Category::Identity | Category::Reach | Category::Work | Category::Preference) => {
            "to sell to the person, where that is allowed"
        }
        (_, Category::Relation | Category::Content) => "to work together on the relationship",
        (_, Category::Provenance) => "to account for the data (Art. 5(2) GDPR)",
        (_, Category::Operation) => "to run the store",
    }
}

/// The register as it stands.
fn now(reader: &Reader<'_>, world: &World, sight: &Sight) -> Result<Register, Error> {
    let mut activities: Vec<Activity> = world
        .consents
        .all()
        .filter(|(_, known)| !known.purpose.retired)
        .map(|(_, known)| activity(&known.purpose, known.revision))
        .collect();
    activities.sort_by(|one, other| one.name.cmp(&other.name));
    let recipients = world.recipients.values().filter(|one| !one.retired).map(party).collect();
    let fields = [RecordKind::Contact, RecordKind::Note, RecordKind::Call]
        .into_iter()
        .flat_map(|kind| world.schema.of(kind).iter().map(move |info| (kind, info)))
        .filter(|(_, info)| !info.retired)
        .map(|(kind, info)| FieldLine {
            name: format!("{kind}.{}", info.address()),
            label: info.label.clone(),
            category: info.category.to_string(),
            purpose: match info.custom {
                true => info.purpose.clone(),
                false => purpose_of(kind, info.category).to_owned(),
            },
            justification: info.why.clone(),
            custom: info.custom,
        })
        .collect();
    let mut retention = Vec::new();
    for stored in sight.records_of(reader, world, RecordKind::RetentionRule, SubjectId::NOBODY)? {
        let one: RetentionRule = stored.entity()?;
        if !one.retired {
            retention.push(rule(one));
        }
    }
    retention.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Register {
        controller: controller(&world.settings),
        activities,
        recipients,
        fields,
        retention,
        measures: MEASURES.iter().map(|one| (*one).to_owned()).collect(),
    })
}

/// A version as it was approved, with its document.
struct Approved {
    view: ApprovedRegister,
    document: String,
}

/// The approved versions, the latest first.
fn versions(reader: &Reader<'_>, world: &World, sight: &Sight) -> Result<Vec<Approved>, Error> {
    let mut all = Vec::new();
    for stored in sight.records_of(reader, world, RecordKind::RegisterVersion, SubjectId::NOBODY)? {
        let at: Timestamp = stored.record.created_at;
        let one: RegisterVersion = stored.entity()?;
        let view = ApprovedRegister {
            version: u64::try_from(one.version).unwrap_or_default(),
            at,
            by: one.approved_by.map(|user| world.user_name(user.0)).unwrap_or_default(),
            sha256: one.sha256,
            words: one.words,
        };
        all.push(Approved { view, document: one.content });
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.view.version));
    Ok(all)
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::integrity(format!("a version of the register cannot be read: {error}"))
}

impl Ask<'_> {
    pub(in crate::service) fn register_show(&self) -> Result<CurrentRegister, Error> {
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let register = now(reader, &world, &sight)?;
            let document = register.to_json().map_err(|error| unreadable(&error))?;
            let last = versions(reader, &world, &sight)?.into_iter().next();
            let before: Register = match &last {
                Some(last) => serde_json::from_str(&last.document).map_err(|error| unreadable(&error))?,
                None => Register::default(),
            };
            Ok(CurrentRegister {
                sha256: sha256(&document),
                gaps: register.gaps(),
                drift: drift(&before, &register).map_err(|error| unreadable(&error))?,
                approved: last.map(|last| last.view),
                document,
            })
        })
    }

    pub(in crate::service) fn register_versions(&self) -> Result<Vec<ApprovedRegister>, Error> {
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        self.service.store.read(move |reader| {
            Ok(versions(reader, &read_lock(&world), &sight)?.into_iter().map(|one| one.view).collect())
        })
    }

    pub(in crate::service) fn register_approve(
        &self,
        approve: RegisterApprove,
    ) -> Result<ApprovedRegister, Error> {
        let (sight, me) = (self.sight().clone(), self.grant.actor().user);
        let words = text(Kind::Text, &approve.words, "words")?;
        let (view, _) = self.transact(Action::Create, move |txn, world| {
            let (version, content) = {
                let world = read_lock(world);
                let register = now(&txn.read(), &world, &sight)?;
                let document = register.to_json().map_err(|error| unreadable(&error))?;
                if sha256(&document) != approve.sha256.trim().to_lowercase() {
                    return Err(Error::conflict("the register is not what you saw: it changed meanwhile")
                        .hint("`callbook register show` prints what there is now, and its hash"));
                }
                let last = versions(&txn.read(), &world, &sight)?.into_iter().next();
                if last.as_ref().is_some_and(|last| last.view.sha256 == sha256(&document)) {
                    return Err(Error::conflict("this very register is approved already"));
                }
                (last.map_or(0, |last| last.view.version).saturating_add(1), document)
            };
            let approved = RegisterVersion {
                version: i64::try_from(version).unwrap_or(i64::MAX),
                approved_by: Some(me),
                sha256: sha256(&content),
                content,
                words,
                ..RegisterVersion::default()
            };
            let stored = txn.create(SubjectId::NOBODY, &approved)?;
            publish(world, txn, &[])?;
            Ok(ApprovedRegister {
                version,
                at: stored.record.created_at,
                by: read_lock(world).user_name(me.0),
                sha256: approved.sha256,
                words: approved.words,
            })
        })?;
        Ok(view)
    }
}
