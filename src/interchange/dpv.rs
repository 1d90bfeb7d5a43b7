//! Receipts of consent as JSON-LD: ISO/IEC TS 27560:2023 in the words of the Data Privacy Vocabulary.
//!
//! Source of the structure: "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV", W3C DPVCG, final
//! community group report of 2024-08-01 (<https://w3id.org/dpv/guides/consent-27560>); source of the terms: DPV 2.3
//! (<https://w3id.org/dpv/2.3>). The record conforms to `dpv-27560:record-eu-gdpr`, the receipt to
//! `dpv-27560:receipt-eu-gdpr`. What the store does not know is left out, never guessed: where data is stored is one such
//! thing, unless the purpose names countries.
//!
//! Times are RFC 3339 in UTC, durations ISO 8601, languages BCP 47, countries ISO 3166-1, numbers of records UUIDs.

use serde_json::{Map, Value as Json, json};

use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, Receipt, ReceiptEvent};
use crate::domain::entity::{Entity, WrongField};
use crate::domain::field::Category;
use crate::domain::purpose::Purpose;

const RECORD: &str = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr";
const RECEIPT: &str = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr";

fn id(iri: impl Into<String>) -> Json {
    json!({ "@id": iri.into() })
}

fn urn(uuid: uuid::Uuid) -> String {
    format!("urn:uuid:{uuid}")
}

fn time(at: impl std::fmt::Display) -> Json {
    json!({"@type": "xsd:dateTime", "@value": at.to_string()})
}

/// An object of a type, with what is there.
struct Node(Map<String, Json>);

impl Node {
    fn of(kind: &str) -> Node {
        Node(Map::from_iter([("@type".to_owned(), Json::from(kind))]))
    }

    fn with(mut self, key: &str, value: Json) -> Node {
        self.0.insert(key.to_owned(), value);
        self
    }

    fn text(self, key: &str, text: &str) -> Node {
        if text.is_empty() { self } else { self.with(key, Json::from(text)) }
    }

    fn list(self, key: &str, values: Vec<Json>) -> Node {
        if values.is_empty() { self } else { self.with(key, Json::Array(values)) }
    }

    fn json(self) -> Json {
        Json::Object(self.0)
    }
}

pub(crate) fn context() -> Json {
    json!({
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "legal-eu": "https://w3id.org/dpv/legal/eu#",
        "loc": "https://w3id.org/dpv/loc#",
        "pd": "https://w3id.org/dpv/pd#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// The status that an event leaves; `None` for what is no consent.
fn status(kind: ConsentKind) -> Option<&'static str> {
    Some(match kind {
        ConsentKind::Requested => "dpv:ConsentRequested",
        ConsentKind::Given | ConsentKind::Confirmed => "dpv:ConsentGiven",
        ConsentKind::Refused => "dpv:ConsentRefused",
        ConsentKind::Deferred => "dpv:ConsentRequestDeferred",
        ConsentKind::Renewed => "dpv:RenewedConsentGiven",
        // The vocabulary has no status for an objection (Art. 21 GDPR); what it does to a consent is this, and the
        // description says which it was.
        ConsentKind::Withdrawn | ConsentKind::Objected => "dpv:ConsentWithdrawn",
        ConsentKind::Expired => "dpv:ConsentExpired",
        ConsentKind::Revoked => "dpv:ConsentRevoked",
        ConsentKind::Invalidated => "dpv:ConsentInvalidated",
        ConsentKind::Asserted | ConsentKind::Used | ConsentKind::Notified => return None,
    })
}

/// Whether the person did it, rather than the controller.
fn by_person(kind: ConsentKind) -> bool {
    match kind {
        ConsentKind::Given
        | ConsentKind::Refused
        | ConsentKind::Deferred
        | ConsentKind::Confirmed
        | ConsentKind::Renewed
        | ConsentKind::Withdrawn
        | ConsentKind::Objected => true,
        ConsentKind::Requested
        | ConsentKind::Expired
        | ConsentKind::Revoked
        | ConsentKind::Invalidated
        | ConsentKind::Asserted
        | ConsentKind::Used
        | ConsentKind::Notified => false,
    }
}

/// Consent of Art. 6(1)(a) and the other bases.
fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "eu-gdpr:A6-1-a",
        Basis::Contract => "eu-gdpr:A6-1-b",
        Basis::LegalObligation => "eu-gdpr:A6-1-c",
        Basis::VitalInterests => "eu-gdpr:A6-1-d",
        Basis::PublicTask => "eu-gdpr:A6-1-e",
        Basis::LegitimateInterests => "eu-gdpr:A6-1-f",
    }
}

/// The category of personal data that a channel reaches by.
fn reached_by(channel: Channel) -> Option<&'static str> {
    match channel {
        Channel::Phone | Channel::Sms => Some("pd:TelephoneNumber"),
        Channel::Email => Some("pd:EmailAddress"),
        Channel::Post | Channel::Visit => Some("pd:PhysicalAddress"),
        Channel::Messenger | Channel::Fax => Some("pd:Contact"),
        Channel::Storage => None,
    }
}

/// A category of data in the vocabulary, where it has one that is not wider.
fn category(of: Category) -> Option<&'static str> {
    match of {
        Category::Identity => Some("pd:Identifying"),
        Category::Reach => Some("pd:Contact"),
        Category::Work => Some("pd:Professional"),
        Category::Preference => Some("pd:Preference"),
        Category::Relation => Some("pd:Relationship"),
        Category::Content => Some("pd:Communication"),
        Category::Provenance | Category::Operation => None,
    }
}

fn personal_data(purpose: &Purpose, channel: Option<Channel>) -> Vec<Json> {
    let data = |broader: Option<&str>, words: &str| {
        let node = Node::of("dpv:PersonalData").text("dct:description", words);
        match broader {
            Some(broader) => node.with("skos:broader", id(broader)).json(),
            None => node.json(),
        }
    };
    let reached = channel.and_then(reached_by).map(|term| data(Some(term), ""));
    let named = purpose
        .categories
        .0
        .iter()
        .filter_map(|word| word.parse::<Category>().ok().map(|one| data(category(one), word)));
    reached.into_iter().chain(named).collect()
}

fn event_status(receipt: &Receipt, one: &ReceiptEvent) -> Result<Option<Json>, WrongField> {
    let event = ConsentEvent::of_fields(&one.fields)?;
    let Some(kind) = event.kind.0 else { return Ok(None) };
    let Some(term) = status(kind) else { return Ok(None) };
    let who = if by_person(kind) { receipt.person } else { receipt.store };
    let mut node = Node::of(term)
        .with("@id", Json::from(urn(one.id)))
        .text("dct:identifier", &one.id.to_string())
        .with("dct:date", time(event.at.unwrap_or(one.recorded_at)))
        .with("dct:created", time(one.recorded_at))
        .with("dpv:isImplementedByEntity", id(urn(who)));
    if let Some(until) = event.until {
        node = node.with("dct:valid", time(until));
    }
    if let Some(way) = event.way.0 {
        node = node.text("dpv:hasIndicationMethod", way.word());
    }
    let words = match kind {
        ConsentKind::Objected => "objection to this use (Art. 21 GDPR)",
        ConsentKind::Confirmed => "confirmed from the address that was written to (double opt-in)",
        ConsentKind::Given if event.unconfirmed => "counts only when it is confirmed (double opt-in)",
        ConsentKind::Requested
        | ConsentKind::Given
        | ConsentKind::Refused
        | ConsentKind::Deferred
        | ConsentKind::Renewed
        | ConsentKind::Withdrawn
        | ConsentKind::Expired
        | ConsentKind::Revoked
        | ConsentKind::Invalidated
        | ConsentKind::Asserted
        | ConsentKind::Used
        | ConsentKind::Notified => "",
    };
    let late = "recorded more than an hour after it happened";
    let words = match (event.late, words.is_empty()) {
        (true, true) => late.to_owned(),
        (true, false) => format!("{words}; {late}"),
        (false, _) => words.to_owned(),
    };
    Ok(Some(node.text("dct:description", &words).json()))
}

/// The receipt. An error says that a record has a field of a wrong kind, which only a damaged store has.
pub fn receipt(receipt: &Receipt) -> Result<Json, WrongField> {
    let purpose = Purpose::of_fields(&receipt.purpose)?;
    let events: Vec<ConsentEvent> = receipt
        .events
        .iter()
        .map(|one| ConsentEvent::of_fields(&one.fields))
        .collect::<Result<_, WrongField>>()?;
    let last = events.last().cloned().unwrap_or_default();
    let about = receipt.events.last();
    // The language of the person, where an event tells it.
    let language = events.iter().rev().find_map(|event| event.language.clone());
    let (title, description) = match &language {
        Some(language) => (purpose.title_in(language), purpose.description_in(language)),
        None => (purpose.title.as_str(), purpose.description.as_str()),
    };
    let spoken = |text: &str| match &language {
        Some(language) => json!({"@language": language.as_str(), "@value": text}),
        None => Json::from(text),
    };
    let controller = urn(receipt.store);

    let mut told = Node::of("dpv:Purpose")
        .text("dct:identifier", &format!("{}@{}", purpose.name, receipt.purpose_version))
        .with("dct:title", spoken(title))
        .with("dct:description", spoken(description));
    if purpose.marketing {
        told = told.with("skos:broader", id("dpv:DirectMarketing"));
    }
    let place = |country: &String| id(format!("loc:{country}"));
    let mut storage = vec![
        Node::of("dpv:StorageDuration")
            .with("dpv:hasDuration", json!({"@type": "xsd:duration", "@value": purpose.retention}))
            .text("dct:description", purpose.clock.0.map(|clock| clock.word()).unwrap_or("collection"))
            .json(),
    ];
    if !purpose.countries.0.is_empty() {
        let places = purpose.countries.0.iter().map(place).collect();
        storage.push(Node::of("dpv:StorageLocation").list("dpv:hasLocation", places).json());
    }
    let mut recipients = vec![id(controller.clone())];
    let named = purpose.recipients.0.iter().map(String::as_str).chain([last.third_parties.as_str()]);
    for name in named.filter(|name| !name.is_empty()) {
        recipients.push(Node::of("dpv:Recipient").text("dpv:hasName", name).json());
    }
    let ask = if receipt.contact.is_empty() { &receipt.dpo } else { &receipt.contact };
    let mut process = Node::of("dpv:Process")
        .with("dpv:hasPurpose", told.json())
        .list("dpv:hasPersonalData", personal_data(&purpose, last.channel.0))
        .list("dpv:hasProcessing", ["dpv:Collect", "dpv:Store", "dpv:Use"].map(id).into())
        .list("dpv:hasStorageCondition", storage)
        .with("dpv:hasDataController", id(controller.clone()))
        .with("dpv:hasLegalBasis", id(basis(last.basis.unwrap_or(Basis::Consent))))
        .list("dpv:hasRecipient", recipients)
        .with("dpv:hasConsentControl", Node::of("dpv:WithdrawConsent").text("dpv:hasContact", ask).json())
        .list(
            "dpv:hasRight",
            ["A7-3", "A15", "A16", "A17", "A18", "A20", "A21", "A77"]
                .map(|article| id(format!("eu-gdpr:{article}")))
                .into(),
        );
    if !receipt.source.is_empty() {
        let source = Node::of("dpv:DataSource").text("dct:description", &receipt.source);
        process = process.with("dpv:hasDataSource", source.json());
    }
    if !receipt.authority.is_empty() {
        let authority = Node::of("dpv:DataProtectionAuthority").text("dpv:hasName", &receipt.authority);
        process = process.with("dpv:hasAuthority", authority.json());
    }

    let mut company = Node::of("dpv:DataController")
        .with("@id", Json::from(controller.clone()))
        .text("dct:identifier", &receipt.store.to_string())
        .text("dpv:hasName", &receipt.controller)
        .text("dpv:hasAddress", &receipt.controller_address)
        .text("dpv:hasContact", &receipt.contact);
    if !receipt.dpo.is_empty() {
        let officer = Node::of("dpv:DataProtectionOfficer").text("dpv:hasContact", &receipt.dpo);
        company = company.with("dpv:hasRepresentative", officer.json());
    }
    let person = Node::of("dpv:DataSubject")
        .with("@id", Json::from(urn(receipt.person)))
        .text("dct:identifier", &receipt.person.to_string())
        .text("dpv:hasName", &receipt.person_name);
    let mut statuses = Vec::new();
    for one in &receipt.events {
        statuses.extend(event_status(receipt, one)?);
    }
    let number = about.map_or(receipt.id, |one| one.id);
    let mut record = Node::of("dpv:ConsentRecord")
        // The events are things of their own; a record is the collection that ends with one of them.
        .with("@id", Json::from(format!("{}#record", urn(number))))
        .text("dct:identifier", &number.to_string())
        .with("dct:conformsTo", id(RECORD))
        .with("dct:created", time(about.map_or(receipt.made_at, |one| one.recorded_at)))
        .with("dpv:hasDataSubject", person.json())
        .with("dpv:hasDataController", company.json());
    if !receipt.country.is_empty() {
        record = record.with("dpv:hasJurisdiction", place(&receipt.country));
    }
    record = record.with("dpv:hasApplicableLaw", id("legal-eu:law-GDPR"));
    if let Some(language) = &language {
        record = record.text("dct:language", language.as_str());
    }
    let notices: std::collections::BTreeSet<&str> = events
        .iter()
        .flat_map(|event| [event.notice.as_str(), event.script.as_str()])
        .filter(|name| !name.is_empty())
        .collect();
    let notices = notices.into_iter().map(|name| {
        let shown = events.iter().any(|event| event.script == name);
        let node = Node::of(if shown { "dpv:ConsentNotice" } else { "dpv:PrivacyNotice" });
        let node = node.text("dct:identifier", name);
        match &language {
            Some(language) => node.text("dct:language", language.as_str()).json(),
            None => node.json(),
        }
    });
    let record = record
        .list("dpv:hasNotice", notices.collect())
        .with("dpv:hasProcess", process.json())
        .list("dpv:hasConsentStatus", statuses);
    let mut whole = Map::new();
    whole.insert("@context".to_owned(), context());
    let outer = Node::of("dpv:ConsentReceipt")
        .with("@id", Json::from(urn(receipt.id)))
        .text("dct:identifier", &receipt.id.to_string())
        .with("dct:conformsTo", id(RECEIPT))
        .with("dct:created", time(receipt.made_at))
        .with("dct:publisher", id(controller))
        .with("dpv:hasRecordOfActivity", record.json());
    whole.extend(outer.0);
    Ok(Json::Object(whole))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::is_known_term;
