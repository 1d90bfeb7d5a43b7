//! What is looked at before a call, gathered from what the store holds, and what the law says to it.
//!
//! For direct marketing the law of the person's country decides ([`decide`]). A call that is no marketing (an offer that was
//! asked for, a delivery) needs a ground for its purpose, and that nobody restricted the data.

use uuid::Uuid;

use crate::api::call::{CallRule, Found as Shown};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{Standing, State};
use crate::domain::contact::Contact;
use crate::domain::country::Country;
use crate::domain::reach::{Labelled, Phone};
use crate::domain::suppression::{Identifier, ListCheck, Scope};
use crate::domain::time::Timestamp;
use crate::law::Law;
use crate::law::telephone::{About, Check, Consent, Decision, Found, Outcome, Relation, Situation, decide};
use crate::law::zone::Zone;
use crate::service::consents::{Known, PurposeNo};
use crate::service::gate::{Use, Withheld};
use crate::service::world::World;

/// The label of a number that turned out to be somebody else's: it is not dialled any more.
pub const WRONG_NUMBER: &str = "wrong number";

/// Labels of numbers at which somebody is called as a part of a business, in lower case.
const AT_WORK: &[&str] = &[
    "work",
    "business",
    "office",
    "company",
    "switchboard",
    "arbeit",
    "geschäftlich",
    "büro",
    "firma",
    "zentrale",
    "dienstlich",
    "werk",
    "zakelijk",
    "kantoor",
    "bedrijf",
    "travail",
    "bureau",
    "professionnel",
    "pro",
    "entreprise",
    "standard",
];

/// Which call is asked about.
#[derive(Clone, Copy)]
pub struct Question<'w> {
    pub number: PurposeNo,
    pub known: &'w Known,
    pub now: Timestamp,
}

/// What was decided about a call.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub allowed: bool,
    pub line: String,
    pub refusals: Vec<String>,
    pub rule: Option<CallRule>,
    pub looked: Vec<Shown>,
    pub next_allowed_at: Option<Timestamp>,
    pub zone: Zone,
    /// The whole of it, as the call's record keeps it.
    pub json: String,
    /// What a do-not-call list said, as a sentence; empty where none was needed.
    pub screening: String,
}

impl Verdict {
    /// Denies what was decided, before everything else that was looked at.
    fn deny(&mut self, point: &str, why: &str) {
        self.allowed = false;
        self.next_allowed_at = None;
        self.line = format!("denied: {why}");
        self.refusals.insert(0, why.to_owned());
        self.looked.insert(0, found(point, Outcome::Refused, why));
    }
}

/// Whether a number turned out to be somebody else's.
pub fn is_wrong(phone: &Labelled<Phone>) -> bool {
    phone.label.trim().eq_ignore_ascii_case(WRONG_NUMBER)
}

/// Who is called at this number: somebody at work at a company, or a private person. What cannot be told is private, for
/// which rules are stricter everywhere.
fn about(contact: &Contact, phone: Option<&Labelled<Phone>>) -> About {
    let label = phone.map(|phone| phone.label.trim().to_lowercase()).unwrap_or_default();
    let at_work = contact.company.is_some() && AT_WORK.contains(&label.as_str());
    if at_work { About::Business } else { About::Person }
}

/// What the person is to the controller, for a purpose: a contract that the call itself is for, any running contract, or
/// nothing.
fn relation(world: &World, contact: Uuid, question: &Question<'_>, standing: &Standing) -> Relation {
    if standing.state == State::Asserted && standing.basis == Some(Basis::Contract) {
        return Relation::Contract;
    }
    let Some(ledger) = world.consents.ledger(contact) else { return Relation::Prospect };
    let bought = ledger.named().any(|(purpose, channel)| {
        let standing = world.consents.standing(contact, *purpose, channel, question.now);
        standing.state == State::Asserted && standing.basis == Some(Basis::Contract)
    });
    if bought { Relation::Customer } else { Relation::Prospect }
}

/// What the person has said about being called for a purpose.
fn said(standing: &Standing) -> Consent {
    let at = standing.since;
    match standing.state {
        State::Given => Consent::Given { since: at, until: standing.until },
        State::Expired => Consent::Given { since: at, until: Some(at) },
        State::Refused => Consent::Refused { at },
        State::Withdrawn => Consent::Withdrawn { at },
        State::Objected => Consent::Objected { at },
        State::Unknown
        | State::Requested
        | State::Deferred
        | State::Pending
        | State::Asserted
        | State::Revoked
        | State::Invalidated => Consent::None,
    }
}

/// Why a consent may be presumed: another ground than consent that somebody recorded, with its reason.
fn presumed(standing: &Standing, reason: &str) -> Option<String> {
    let basis = standing.basis.filter(|_| standing.state == State::Asserted)?;
    let reason = reason.trim();
    let day = standing.since.date();
    Some(if reason.is_empty() {
        format!("{} is recorded since {day}", basis.word().replace('_', " "))
    } else {
        reason.to_owned()
    })
}

/// The country of the part of a country, by ISO 3166-2, that an address names: `FR-67`.
fn region(contact: &Contact) -> Option<String> {
    let country = contact.country?;
    let prefix = format!("{}-", country.code());
    let regions = contact.addresses.iter().map(|address| address.value.region.trim());
    regions.into_iter().find(|region| region.starts_with(&prefix) && region.len() <= 6).map(str::to_owned)
}

/// Everything that is looked at before a call. `standing` is what holds for the purpose by telephone, `reason` why, where
/// that is another ground than consent.
pub fn situation(
    world: &World,
    id: Uuid,
    contact: &Contact,
    phone: Option<&Labelled<Phone>>,
    question: &Question<'_>,
    standing: &Standing,
    reason: &str,
) -> Situation {
    let marketing = |name: &str| world.consents.named(name).is_ok_and(|(_, known)| known.purpose.marketing);
    let before = |mut all: Vec<Timestamp>| {
        all.retain(|at| *at < question.now);
        all
    };
    Situation {
        country: contact.country,
        number_country: phone.and_then(|phone| phone.value.country()),
        region: region(contact),
        about: about(contact, phone),
        relation: relation(world, id, question, standing),
        now: question.now,
        zone: None,
        consent: said(standing),
        presumed: presumed(standing, reason),
        suppressed: suppressed(world, contact, phone, question.now),
        restricted: world.is_restricted(id),
        checks: checks(world, contact.country, phone),
        attempts: before(world.attempts(id, marketing)),
        refused_at: world.refused_at(id).filter(|at| *at < question.now),
    }
}

/// Whether the number, or the person by any other number or address, was on the suppression list at that moment.
fn suppressed(world: &World, contact: &Contact, phone: Option<&Labelled<Phone>>, now: Timestamp) -> bool {
    let hit = |identifier: &Identifier| world.suppression.hit(identifier).filter(|hit| hit.since < now);
    let phones = contact.phones.iter().map(|one| Identifier::phone(&one.value));
    let emails = contact.emails.iter().map(|one| Identifier::email(&one.value));
    let left_alone =
        |identifier: Identifier| hit(&identifier).is_some_and(|hit| hit.scope >= Scope::Marketing);
    phone.is_some_and(|phone| hit(&Identifier::phone(&phone.value)).is_some())
        || phones.chain(emails).any(left_alone)
}

/// The last look into each do-not-call list of the person's country.
fn checks(world: &World, country: Option<Country>, phone: Option<&Labelled<Phone>>) -> Vec<Check> {
    let Some(phone) = phone else { return Vec::new() };
    let looked = world.suppression.screenings(&Identifier::phone(&phone.value));
    let of_country = looked.into_iter().filter(|one| one.country.is_none() || one.country == country);
    let check = |one: ListCheck| {
        Some(Check {
            // A list is as old as what it says.
            at: Timestamp::start_of(one.dated?.0),
            found: if one.listed { Found::Listed } else { Found::Clear },
            listed_since: one.listed_since().map(|day| day.0),
            list: one.list,
        })
    };
    of_country.filter_map(check).collect()
}

/// Decides about a call of a person by one of their numbers.
pub fn judge(
    law: &Law,
    world: &World,
    id: Uuid,
    contact: &Contact,
    phone: Option<&Labelled<Phone>>,
    question: &Question<'_>,
    reason: &str,
) -> Verdict {
    let Question { number, known, now } = *question;
    let standing = world.consents.standing(id, number, Channel::Phone, now);
    let mut verdict = judge_by(law, world, id, contact, phone, question, &standing, reason);
    // What bars a person from any use; what the person said is judged by the law of calls, which asks for less or more than
    // consent.
    let why = match (Use { number, known, channel: Channel::Phone, now }).judge(world, id) {
        Err(Withheld::Deleted) => "the contact is deleted",
        Err(Withheld::Suppressed) => "the person or the number is on the suppression list",
        Err(Withheld::Restricted) => "the person's data are restricted",
        Err(Withheld::Quarantined) => "it is a purchased lead without a basis, and nobody is called on that",
        Ok(_)
        | Err(
            Withheld::Objected
            | Withheld::Withdrawn
            | Withheld::Refused
            | Withheld::Expired
            | Withheld::Revoked
            | Withheld::Invalidated
            | Withheld::Unconfirmed
            | Withheld::Deferred
            | Withheld::Requested
            | Withheld::NoBasis
            | Withheld::NoAddress,
        ) => return verdict,
    };
    if verdict.allowed {
        verdict.deny("gate", why);
    }
    verdict
}

/// The same by what held at some moment.
pub fn judge_by(
    law: &Law,
    world: &World,
    id: Uuid,
    contact: &Contact,
    phone: Option<&Labelled<Phone>>,
    question: &Question<'_>,
    standing: &Standing,
    reason: &str,
) -> Verdict {
    let situation = situation(world, id, contact, phone, question, standing, reason);
    let zone = situation.zone.or_else(|| situation.country.and_then(Zone::of)).unwrap_or(Zone::UTC);
    let mut verdict = if question.known.purpose.marketing {
        by_law(decide(law, &situation), zone)
    } else {
        by_ground(question, contact, standing, &situation, zone)
    };
    if phone.is_none_or(is_wrong) {
        let why = match phone {
            None => "there is no number to call",
            Some(_) => "the number turned out to be somebody else's",
        };
        verdict.deny("number", why);
    }
    verdict
}

fn found(point: &str, outcome: Outcome, words: &str) -> Shown {
    Shown { point: point.to_owned(), outcome: outcome.word().to_owned(), words: words.to_owned() }
}

fn by_law(decision: Decision, zone: Zone) -> Verdict {
    let looked: Vec<Shown> = decision
        .because
        .iter()
        .map(|looked| found(looked.point.word(), looked.outcome, &looked.words))
        .collect();
    let refused = |looked: &&Shown| looked.outcome == Outcome::Refused.word();
    let screening = decision.because.iter().find(|looked| {
        looked.point == crate::law::telephone::Point::Screening && looked.outcome != Outcome::NotNeeded
    });
    Verdict {
        allowed: decision.allowed,
        line: decision.line(),
        refusals: looked.iter().filter(refused).map(|looked| looked.words.clone()).collect(),
        rule: decision.rule.as_ref().map(|rule| CallRule {
            id: rule.id.clone(),
            citation: rule.citation.clone(),
            source: rule.source.clone(),
            checked: rule.checked,
            verified: rule.verified,
            number_shown: rule.number_shown,
            offer_objection: rule.offer_objection,
        }),
        next_allowed_at: decision.next_allowed_at,
        screening: screening.map(|looked| looked.words.clone()).unwrap_or_default(),
        // Nothing in it cannot be written: its keys are words.
        json: serde_json::to_string(&decision).unwrap_or_default(),
        looked,
        zone,
    }
}

/// A call that is no marketing: it needs a ground of its own, recorded for the purpose or with the contact.
fn by_ground(
    question: &Question<'_>,
    contact: &Contact,
    standing: &Standing,
    situation: &Situation,
    zone: Zone,
) -> Verdict {
    let purpose = &question.known.purpose;
    let ground = purpose.ground();
    let undecided =
        matches!(standing.state, State::Unknown | State::Requested | State::Deferred | State::Pending);
    let held = ground != Basis::Consent && contact.basis == Some(ground);
    let basis = if standing.state.allows() {
        Ok(format!(
            "{} is recorded for `{}`",
            standing.basis.unwrap_or(ground).word().replace('_', " "),
            purpose.name
        ))
    } else if undecided && held {
        Ok(format!("the contact is held on {}", ground.word().replace('_', " ")))
    } else {
        Err(format!("there is no basis for `{}` by telephone: it is {}", purpose.name, standing.state.word()))
    };
    let mut looked = vec![match &basis {
        Ok(words) => found("basis", Outcome::Passed, words),
        Err(words) => found("basis", Outcome::Refused, words),
    }];
    if situation.restricted {
        looked.push(found("restriction", Outcome::Refused, "the person's data are restricted"));
    }
    let refusals: Vec<String> = looked
        .iter()
        .filter(|looked| looked.outcome == Outcome::Refused.word())
        .map(|looked| looked.words.clone())
        .collect();
    let allowed = refusals.is_empty();
    let reason = refusals.first().or(looked.first().map(|looked| &looked.words)).cloned().unwrap_or_default();
    let line = format!(
        "{}: {reason} (no direct marketing: `{}`)",
        if allowed { "allowed" } else { "denied" },
        purpose.name
    );
    let json = serde_json::json!({ "allowed": allowed, "marketing": false, "because": looked });
    Verdict {
        allowed,
        line,
        refusals,
        rule: None,
        looked,
        next_allowed_at: None,
        zone,
        json: json.to_string(),
        screening: String::new(),
    }
}
