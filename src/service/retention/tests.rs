//! How long somebody is kept, through the door.

use uuid::Uuid;

use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::purpose::AtEnd;
use crate::service::tests::{Fixture, add, anna};

pub(super) fn explain(client: &Client, id: Uuid, as_of: Option<&str>) -> retention::RetentionView {
    let as_of = as_of.map(|day| day.parse().unwrap());
    client.call(RetentionExplain { contact: ContactId(id), as_of }).unwrap()
}

fn due(client: &Client, id: Uuid) -> String {
    explain(client, id, None).due.map(|day| day.to_string()).unwrap_or_default()
}

pub(super) fn said(kind: ConsentKind, purpose: &str, channel: Channel) -> Said {
    Said::new(kind, purpose, channel, Way::InPerson, "yes, do that")
}

pub(super) fn record(client: &Client, id: Uuid, said: Said) {
    client.call(ConsentRecord { contact: ContactId(id), said: vec![said] }).unwrap();
}

pub(super) fn hold(client: &Client, id: Uuid, until: &str) -> Result<retention::HoldView, Error> {
    let (reason, scope, until) = ("a claim before a court".into(), vec![], until.parse().unwrap());
    client.call(HoldAdd { contact: ContactId(id), reason, scope, until })
}

pub(super) fn rule(client: &Client, fields: &[(&str, &str)]) -> Result<Added, Error> {
    let fields = fields.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
    client.call(Add { kind: RecordKind::RetentionRule, about: None, fields })
}

/// Today is 2026-05-28.
#[test]
fn the_clock_follows_what_is_known_of_the_person() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    assert_eq!(
        explain(&owner, id, None).why,
        "deleted on 2028-05-28: two years since the collection on 2026-05-28; hold: none"
    );
    let mut older = anna();
    older.push(FieldEdit::text("obtained_on", "2025-02-03"));
    let older = add(&owner, older).unwrap().id;
    assert_eq!(due(&owner, older), "2027-02-03", "what was collected elsewhere is as old as it was there");
    let mut french = anna();
    french.push(FieldEdit::text("country", "FR"));
    let french = add(&owner, french).unwrap().id;
    assert_eq!(due(&owner, french), "2028-05-28");
    owner.call(RetentionPreset { country: "FR".parse().ok(), dry_run: false }).unwrap();
    assert_eq!((due(&owner, french), due(&owner, id)), ("2029-05-28".into(), "2028-05-28".into()), "R56");

    fixture.days_later(100);
    record(&owner, id, said(ConsentKind::Given, "sales", Channel::Phone));
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        let view = explain(&owner, id, None);
        assert_eq!(
            view.why,
            "deleted on 2028-09-05: two years since the last contact on 2026-09-05; hold: none"
        );
        assert_eq!(view.clocks.len(), 2, "the purpose and the rule for prospects: {:?}", view.clocks);
        assert_eq!(due(&owner, older), "2027-02-03");
        let card = owner.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
        assert_eq!(card.retention.unwrap().why, view.why);
    }
    // A contract that runs has no end; when it ended, somebody looks three years later.
    let mut contract = said(ConsentKind::Asserted, "contract", Channel::Phone);
    contract.basis = Some(crate::domain::basis::Basis::Contract);
    contract.reason = "ordered on Monday".into();
    record(&owner, id, contract);
    let view = explain(&owner, id, None);
    assert_eq!((view.due, view.rule.as_str()), (None, "contract"), "{view:?}");
    assert!(view.why.starts_with("kept: the end of the relation"), "{}", view.why);
}

#[test]
fn whoever_says_no_is_kept_for_a_month_and_a_bought_lead_too() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    record(&owner, id, said(ConsentKind::Given, "sales", Channel::Phone));
    fixture.days_later(1);
    let gone = owner
        .call(ConsentWithdraw {
            contact: ContactId(id),
            purpose: None,
            channel: None,
            words: "no more".into(),
            way: Way::Mail,
            at: None,
            zone: String::new(),
            objection: false,
        })
        .unwrap();
    let view = explain(&owner, id, None);
    assert_eq!(view.due, gone.delete_on, "what the person was told is what the clock says");
    assert_eq!(view.rule, "any-refused-consent");
    let mut lead = anna();
    lead.push(FieldEdit::text("supplier", "Leads AG"));
    let lead = add(&owner, lead).unwrap().id;
    let view = explain(&owner, lead, None);
    assert_eq!((view.rule.as_str(), view.due.unwrap().to_string()), ("any-quarantined", "2026-06-29".into()));
}

#[test]
fn a_hold_keeps_until_it_ends_or_is_released() {
    let fixture = Fixture::new();
    let (owner, dpo, rep) = (fixture.client("owner"), fixture.client("dpo"), fixture.client("rep"));
    let id = add(&owner, anna()).unwrap().id;
    let other = add(&owner, anna()).unwrap().id;
    let held = hold(&dpo, id, "2029-12-31").unwrap();
    hold(&dpo, id, "2028-12-31").unwrap();
    hold(&dpo, id, "2026-06-01").unwrap();
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        let view = explain(&dpo, id, None);
        assert_eq!(view.due.unwrap().to_string(), "2030-01-01", "the longest wins");
        assert!(view.why.ends_with("hold: until 2029-12-31"), "{}", view.why);
        assert_eq!(view.holds.len(), 3);
        assert_eq!(view.stopped, ["a hold until 2029-12-31"]);
    }
    // Whoever sells sees that there is one, and not why.
    let view = explain(&rep, id, None);
    assert!(view.why.ends_with("hold: until 2029-12-31") && view.holds.is_empty());
    assert_eq!(rep.call(Holds { contact: None, ended: true }).unwrap_err().code, Code::Denied);
    assert_eq!(hold(&rep, id, "2029-12-31").unwrap_err().code, Code::Denied);

    for (until, words) in [("2026-05-27", "is over"), ("2056-05-29", "thirty years at most")] {
        let error = hold(&dpo, other, until).unwrap_err();
        assert!(error.code == Code::Refused && error.message.contains(words), "{error:?}");
    }
    let until = "2027-01-01".parse().unwrap();
    let blank = HoldAdd { contact: ContactId(other), reason: " ".into(), scope: vec![], until };
    assert_eq!(dpo.call(blank.clone()).unwrap_err().code, Code::Usage);
    let scope = vec!["everything nice".to_owned()];
    dpo.call(HoldAdd { reason: "x".into(), scope, ..blank }).unwrap_err();
    assert_eq!(hold(&dpo, Uuid::from_u128(9), "2027-01-01").unwrap_err().code, Code::NotFound);

    let why = || "the claim was withdrawn".to_owned();
    let released = dpo.call(HoldRelease { id: held.id, why: why() }).unwrap();
    assert!(!released.holds && released.released_by == "dpo");
    assert_eq!(dpo.call(HoldRelease { id: held.id, why: why() }).unwrap_err().code, Code::Conflict);
    assert_eq!(due(&dpo, id), "2029-01-01");
    fixture.days_later(10);
    let listed = |ended| dpo.call(Holds { contact: Some(ContactId(id)), ended }).unwrap().len();
    assert_eq!((listed(false), listed(true)), (1, 3));
    let history = dpo.call(History { kind: RecordKind::Hold, id: held.id }).unwrap();
    assert_eq!(history.len(), 2, "who held and who let go stays known");
}

#[test]
fn rules_are_checked_and_the_presets_of_the_law_are_there_from_the_beginning() {
    let fixture = Fixture::new();
    let dpo = fixture.client("dpo");
    let there = dpo.call(RetentionPreset { country: "DE".parse().ok(), dry_run: true }).unwrap();
    assert!(there.iter().all(|rule| rule.there), "{there:?}");
    assert!(there.iter().any(|rule| rule.name == "de-prospect" && rule.at_end == AtEnd::Delete));
    let dutch = dpo.call(RetentionPreset { country: "NL".parse().ok(), dry_run: false }).unwrap();
    let names: Vec<&str> = dutch.iter().map(|rule| rule.name.as_str()).collect();
    let accounting = ["nl-accounting-books", "nl-accounting-vouchers", "nl-accounting-letters"];
    assert!(accounting.iter().all(|name| names.contains(name)), "{names:?}");
    assert!(dutch.iter().all(|rule| !rule.there));
    let again = dpo.call(RetentionPreset { country: "NL".parse().ok(), dry_run: false }).unwrap();
    assert!(again.iter().all(|rule| rule.there), "what is there stays as it is");
    let nowhere = RetentionPreset { country: "IS".parse().ok(), dry_run: false };
    assert_eq!(dpo.call(nowhere).unwrap_err().code, Code::NotFound);

    let sound = [("name", "own"), ("kept", "prospect"), ("period", "P1Y")];
    for (wrong, words) in [
        (("period", "P0D"), "no period"),
        (("period", "P101Y"), "a hundred years"),
        (("period", "P36501D"), "a hundred years"),
        (("purpose", "sails"), "there is no purpose"),
        (("name", "de-prospect"), "already"),
        (("name", "Own Rule"), "lower-case"),
        (("statute", "yes"), "names the law"),
        (("kept", "suppression"), "reviewed"),
    ] {
        let mut fields: Vec<(&str, &str)> =
            sound.iter().copied().filter(|(name, _)| *name != wrong.0).collect();
        fields.push(wrong);
        let error = rule(&dpo, &fields).unwrap_err();
        assert!(error.message.contains(words), "{wrong:?}: {error:?}");
    }
    let own = rule(&dpo, &sound).unwrap();
    let id = add(&fixture.client("owner"), anna()).unwrap().id;
    assert_eq!(
        explain(&dpo, id, None).clocks.len(),
        1,
        "the country's own counts, and not what holds for all"
    );
    let edit = |field: &str, text: &str| {
        let fields = vec![FieldEdit::text(field, text)];
        dpo.call(Edit { kind: RecordKind::RetentionRule, id: own.id, fields, expect_revision: None })
    };
    assert_eq!(edit("name", "other").unwrap_err().code, Code::Usage);
    edit("purpose", "sails").unwrap_err();
    edit("period", "for ever").unwrap_err();
    edit("country", "DE").unwrap();
    edit("period", "P5Y").unwrap();
    assert_eq!(explain(&dpo, id, None).rule, "own");
    assert_eq!(due(&dpo, id), "2031-05-28");
    edit("retired", "yes").unwrap();
    assert_eq!(explain(&dpo, id, None).rule, "de-prospect");
    assert_eq!(
        fixture.client("rep").call(RetentionPreset { country: None, dry_run: true }).unwrap_err().code,
        Code::Denied
    );
}

#[test]
fn years_end_at_home() {
    // 2026-12-31T23:30Z is the first of January in Berlin.
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    fixture.clock.0.store(1_798_759_800_000, std::sync::atomic::Ordering::SeqCst);
    rule(
        &owner,
        &[
            ("name", "years"),
            ("kept", "prospect"),
            ("period", "P3Y"),
            ("clock", "year_end"),
            ("country", "DE"),
        ],
    )
    .unwrap();
    let id = add(&owner, anna()).unwrap().id;
    let view = explain(&owner, id, None);
    assert_eq!(
        view.why,
        "deleted on 2031-01-01: three years since the end of the year on 2027-12-31; hold: none"
    );
}
