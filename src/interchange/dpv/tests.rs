//! Receipts use terms that exist, in the structure of the guide, whatever the texts are.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::consent::Way;
use crate::domain::purpose::shipped;
use crate::domain::time::Timestamp;
use crate::domain::value::OneOf;

/// Every term that a receipt may use. Source: `dpv.jsonld`, `eu-gdpr.jsonld`, `legal-eu.jsonld`, `pd.jsonld` and `loc` of
/// <https://w3id.org/dpv/2.3> (February 2026), DCMI Metadata Terms, SKOS, XML Schema datatypes.
const TERMS: &[&str] = &[
    "dct:conformsTo",
    "dct:created",
    "dct:date",
    "dct:description",
    "dct:identifier",
    "dct:language",
    "dct:publisher",
    "dct:title",
    "dct:valid",
    "dpv:Collect",
    "dpv:ConsentExpired",
    "dpv:ConsentGiven",
    "dpv:ConsentInvalidated",
    "dpv:ConsentNotice",
    "dpv:ConsentReceipt",
    "dpv:ConsentRecord",
    "dpv:ConsentRefused",
    "dpv:ConsentRequestDeferred",
    "dpv:ConsentRequested",
    "dpv:ConsentRevoked",
    "dpv:ConsentWithdrawn",
    "dpv:DataController",
    "dpv:DataProtectionAuthority",
    "dpv:DataProtectionOfficer",
    "dpv:DataSource",
    "dpv:DataSubject",
    "dpv:DirectMarketing",
    "dpv:PersonalData",
    "dpv:PrivacyNotice",
    "dpv:Process",
    "dpv:Purpose",
    "dpv:Recipient",
    "dpv:RenewedConsentGiven",
    "dpv:StorageDuration",
    "dpv:StorageLocation",
    "dpv:Store",
    "dpv:Use",
    "dpv:WithdrawConsent",
    "dpv:hasAddress",
    "dpv:hasApplicableLaw",
    "dpv:hasAuthority",
    "dpv:hasConsentControl",
    "dpv:hasConsentStatus",
    "dpv:hasContact",
    "dpv:hasDataController",
    "dpv:hasDataSource",
    "dpv:hasDataSubject",
    "dpv:hasDuration",
    "dpv:hasIndicationMethod",
    "dpv:hasJurisdiction",
    "dpv:hasLegalBasis",
    "dpv:hasLocation",
    "dpv:hasName",
    "dpv:hasNotice",
    "dpv:hasPersonalData",
    "dpv:hasProcess",
    "dpv:hasProcessing",
    "dpv:hasPurpose",
    "dpv:hasRecipient",
    "dpv:hasRecordOfActivity",
    "dpv:hasRepresentative",
    "dpv:hasRight",
    "dpv:hasStorageCondition",
    "dpv:isImplementedByEntity",
    "eu-gdpr:A15",
    "eu-gdpr:A16",
    "eu-gdpr:A17",
    "eu-gdpr:A18",
    "eu-gdpr:A20",
    "eu-gdpr:A21",
    "eu-gdpr:A6-1-a",
    "eu-gdpr:A6-1-b",
    "eu-gdpr:A6-1-c",
    "eu-gdpr:A6-1-d",
    "eu-gdpr:A6-1-e",
    "eu-gdpr:A6-1-f",
    "eu-gdpr:A7-3",
    "eu-gdpr:A77",
    "legal-eu:law-GDPR",
    "loc:DE",
    "loc:NL",
    "pd:Communication",
    "pd:Contact",
    "pd:EmailAddress",
    "pd:Identifying",
    "pd:PhysicalAddress",
    "pd:Preference",
    "pd:Professional",
    "pd:Relationship",
    "pd:TelephoneNumber",
    "skos:broader",
    "xsd:dateTime",
    "xsd:duration",
];

fn facts(kinds: &[ConsentKind], text: &str) -> Receipt {
    let at = |minutes: i64| Timestamp::from_millis(1_780_000_000_000 + minutes * 60_000);
    let mut purpose = shipped().remove(0);
    purpose.countries.0 = vec!["NL".into()];
    purpose.recipients.0 = vec![format!("Print {text}")];
    let event = |(number, kind): (usize, &ConsentKind)| {
        let event = ConsentEvent {
            kind: OneOf(Some(*kind)),
            purpose: "sales".into(),
            purpose_version: 2,
            channel: OneOf(Some(Channel::Phone)),
            at: Some(at(number as i64)),
            until: (*kind == ConsentKind::Given).then(|| at(1_000_000)),
            way: OneOf(Some(Way::Call)),
            language: "nl-BE".parse().ok(),
            notice: "notice-nl@3".into(),
            script: "sales-nl@1".into(),
            words: text.into(),
            third_parties: text.into(),
            late: *kind == ConsentKind::Objected,
            ..ConsentEvent::default()
        };
        let id = Uuid::from_u128(100 + number as u128);
        ReceiptEvent { id, recorded_at: at(number as i64 + 1), fields: event.fields() }
    };
    Receipt {
        id: Uuid::from_u128(1),
        made_at: at(500),
        store: Uuid::from_u128(2),
        controller: format!("Muster {text}"),
        controller_address: "Musterweg 1".into(),
        contact: "privacy@example.com".into(),
        dpo: "dpo@example.com".into(),
        authority: "Authority".into(),
        country: "DE".into(),
        person: Uuid::from_u128(3),
        person_name: format!("Anna {text}"),
        source: text.into(),
        purpose_version: 2,
        purpose: purpose.fields(),
        events: kinds.iter().enumerate().map(event).collect(),
    }
}

/// Keys, types and identifiers that are written with a prefix.
fn terms(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(object) => {
            for (key, value) in object {
                match key.as_str() {
                    "@context" => continue,
                    "@type" | "@id" => {
                        let text = value.as_str().unwrap();
                        if !text.starts_with("urn:uuid:") && !text.starts_with("https://w3id.org/dpv/schema/")
                        {
                            found.insert(text.to_owned());
                        }
                    }
                    "@value" | "@language" => {}
                    key => {
                        found.insert(key.to_owned());
                    }
                }
                terms(value, found);
            }
        }
        Json::Array(all) => all.iter().for_each(|one| terms(one, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn every_term_is_one_of_the_vocabulary() {
    let context = context();
    let prefixes: Vec<String> = context.as_object().unwrap().keys().map(|one| format!("{one}:")).collect();
    for kind in ConsentKind::ALL.iter().filter(|kind| status(**kind).is_some()) {
        let json = receipt(&facts(&[ConsentKind::Requested, *kind], "x")).unwrap();
        let mut found = BTreeSet::new();
        terms(&json, &mut found);
        for term in &found {
            assert!(TERMS.contains(&term.as_str()), "{term}");
            assert!(prefixes.iter().any(|prefix| term.starts_with(prefix)), "{term} has no context");
        }
    }
}

#[test]
fn a_receipt_reads_as_the_guide_says() {
    insta::assert_json_snapshot!(
        receipt(&facts(&[ConsentKind::Given, ConsentKind::Withdrawn], "GmbH")).unwrap()
    );
}

#[test]
fn who_did_it_and_when_is_said_of_each_event() {
    for kind in ConsentKind::ALL {
        let json = receipt(&facts(&[*kind], "x")).unwrap();
        let statuses = &json["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"];
        let Some(term) = status(*kind) else {
            assert!(statuses.is_null(), "{kind} is no consent");
            continue;
        };
        let one = &statuses[0];
        assert_eq!(one["@type"], term);
        let who = if by_person(*kind) { 3 } else { 2 };
        assert_eq!(one["dpv:isImplementedByEntity"]["@id"], urn(Uuid::from_u128(who)));
        assert_eq!(one["dct:date"]["@value"], "2026-05-28T20:26:40Z");
    }
}

proptest! {
    #[test]
    fn texts_stay_texts(text in "\\PC{0,40}|[\"\\\\{}\\[\\]:,@\u{0}-\u{1f}\u{202e}]{0,40}") {
        let plain = receipt(&facts(&[ConsentKind::Given], "x")).unwrap();
        let hostile = receipt(&facts(&[ConsentKind::Given], &text)).unwrap();
        let again: Json = serde_json::from_str(&hostile.to_string()).unwrap();
        prop_assert_eq!(&again, &hostile);
        let (mut one, mut other) = (BTreeSet::new(), BTreeSet::new());
        terms(&plain, &mut one);
        terms(&hostile, &mut other);
        // An empty text leaves its place out; nothing ever comes in.
        prop_assert!(other.is_subset(&one));
    }
}

/// Whether a term is one of those that there are.
pub(crate) fn is_known_term(term: &str) -> bool {
    TERMS.contains(&term)
}
