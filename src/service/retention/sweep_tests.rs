//! Sweeps from the plan to the receipt, as stories.

use std::sync::Arc;

use uuid::Uuid;

use super::tests::{explain, hold, record, rule, said};
use crate::api::retention::{ApplyPart, SweepProgress, SweepView};
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::ConsentKind;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::{ContactId, StoreId};
use crate::domain::purpose::AtEnd;
use crate::domain::retention::SweepState;
use crate::domain::retention::plan::{Limits, Plan, Stay};
use crate::service::tests::{Fixture, add, anna, edit, find};

fn named(name: &str, more: &[(&str, &str)]) -> Vec<FieldEdit> {
    let mut fields = anna();
    fields.retain(|one| !["given_name", "phones", "emails"].contains(&one.field.as_str()));
    fields.push(FieldEdit::text("given_name", name));
    fields.extend(more.iter().map(|(field, text)| FieldEdit::text(field, *text)));
    fields
}

/// Somebody whose data came two years before 2026-05-28, which is today.
const OLD: (&str, &str) = ("obtained_on", "2024-05-28");

fn planned(client: &Client, propose: bool) -> Result<(Plan, retention::PlanMade), Error> {
    let made = client.call(RetentionPlan { as_of: None, propose, clock_is_right: false })?;
    let page = client.call(RetentionPlanPage { sha256: made.sha256.clone(), from: 0 })?;
    let plan = Plan { head: made.head.clone(), records: page.records, skipped: page.skipped };
    assert_eq!(plan.sha256(), made.sha256);
    Ok((plan, made))
}

fn part(client: &Client, part: ApplyPart) -> Result<SweepProgress, Error> {
    client.call(RetentionApply { part })
}

fn begin(client: &Client, plan: &Plan, clock_is_right: bool) -> Result<SweepProgress, Error> {
    part(client, ApplyPart::Begin(plan.head.clone()))?;
    let (records, skipped) = (plan.records.clone(), plan.skipped.clone());
    part(client, ApplyPart::People { records, skipped })?;
    part(client, ApplyPart::Run { sha256: plan.sha256(), clock_is_right })
}

fn apply(client: &Client, plan: &Plan) -> Result<SweepView, Error> {
    begin(client, plan, false)?;
    loop {
        if let Some(receipt) = part(client, ApplyPart::Step)?.receipt {
            return Ok(*receipt);
        }
    }
}

fn with_limits(fixture: Fixture, limits: Limits) -> Fixture {
    let Fixture { service, clock } = fixture;
    let mut service = Arc::into_inner(service).unwrap();
    service.limits = limits;
    Fixture { service: Arc::new(service), clock }
}

#[test]
fn whose_time_is_up_goes_on_the_day_and_not_the_day_before() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let gone = add(&owner, named("Gone", &[OLD])).unwrap().id;
    let held = add(&owner, named("Held", &[OLD])).unwrap().id;
    add(&owner, named("Tomorrow", &[("obtained_on", "2024-05-29")])).unwrap();
    hold(&dpo, held, "2027-01-01").unwrap();
    assert_eq!(explain(&dpo, gone, None).due.unwrap().to_string(), "2026-05-28");
    let yesterday = "2026-05-27".parse().ok();
    let before = RetentionPlan { as_of: yesterday, propose: false, clock_is_right: false };
    assert_eq!(dpo.call(before).unwrap().records, 0, "not the day before");

    let (plan, made) = planned(&dpo, true).unwrap();
    let [one] = plan.records.as_slice() else { panic!("{plan:?}") };
    assert_eq!((one.contact.0, one.action, one.revision), (gone, AtEnd::Delete, 1));
    assert_eq!(one.reason, "two years since the collection on 2024-05-28");
    assert_eq!(plan.rule(one.rule).unwrap().name, "de-prospect");
    let [stays] = plan.skipped.as_slice() else { panic!("{plan:?}") };
    assert_eq!((stays.contact.0, stays.why), (held, Stay::Hold));
    assert!(!made.two_persons);

    let receipt = apply(&dpo, &plan).unwrap();
    assert_eq!((receipt.state, receipt.done, receipt.records), (Some(SweepState::Done), 1, 1));
    assert_eq!(
        (receipt.counts, receipt.skipped),
        (vec!["de-prospect delete 1".into()], vec!["hold 1".into()])
    );
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        let there: Vec<String> =
            find(&owner, "").into_iter().filter(|name| name.contains("Schmidt")).collect();
        assert_eq!(there, ["Held Schmidt", "Tomorrow Schmidt"]);
    }
    let error = owner.call(Get { kind: RecordKind::Contact, id: gone, at: None }).unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    assert!(owner.call(LogVerify {}).unwrap().problems.is_empty());
    assert_eq!(apply(&dpo, &plan).unwrap_err().code, Code::Conflict, "once");

    fixture.days_later(1);
    let (plan, _) = planned(&dpo, true).unwrap();
    assert_eq!(plan.records.len(), 1);
    apply(&dpo, &plan).unwrap();
    let sweeps = fixture.client("auditor").call(Sweeps {}).unwrap();
    assert_eq!(sweeps.len(), 2);
    assert!(fixture.client("rep").call(Reviews {}).is_err());
}

#[test]
fn a_plan_is_carried_out_as_it_was_made_or_not_at_all() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let first = add(&owner, named("First", &[OLD])).unwrap().id;
    let second = add(&owner, named("Second", &[OLD])).unwrap().id;
    let (plan, _) = planned(&dpo, true).unwrap();
    let refused = |plan: &Plan, words: &str| {
        let error = apply(&dpo, plan).unwrap_err();
        assert!(error.code == Code::Conflict && error.message.contains(words), "{words}: {error:?}");
        assert_eq!(
            owner
                .call(List {
                    kind: RecordKind::Contact,
                    query: String::new(),
                    sort: String::new(),
                    window: Window::default(),
                    columns: vec![],
                })
                .unwrap()
                .items
                .iter()
                .filter(|one| one.title.starts_with("First") || one.title.starts_with("Second"))
                .count(),
            2
        );
    };
    // By hand: one fewer, another day, another store, another action. The hash is worked out anew, and nobody noted it.
    let mut fewer = plan.clone();
    fewer.records.pop();
    refused(&fewer, "no plan with the hash");
    let mut other = plan.clone();
    other.records[0].action = AtEnd::Anonymise;
    refused(&other, "no plan with the hash");
    let mut elsewhere = plan.clone();
    elsewhere.head.store = StoreId(Uuid::from_u128(5));
    refused(&elsewhere, "was made for the store");
    part(&dpo, ApplyPart::Begin(fewer.head.clone())).unwrap();
    let run = ApplyPart::Run { sha256: plan.sha256(), clock_is_right: false };
    let error = part(&dpo, run).unwrap_err();
    assert!(error.code == Code::Conflict && error.message.contains("it was changed"), "{error:?}");
    assert_eq!(part(&dpo, ApplyPart::Step).unwrap_err().code, Code::Conflict, "nothing was begun");

    // What changed since is named.
    edit(&owner, first, "job_title", "Head of Purchasing", None).unwrap();
    refused(&plan, "is at revision 2, in the plan 1");
    let (plan, _) = planned(&dpo, true).unwrap();
    let held = hold(&dpo, second, "2027-01-01").unwrap();
    refused(&plan, "hold keeps it now");
    dpo.call(HoldRelease { id: held.id, why: "it was withdrawn".into() }).unwrap();
    record(&owner, first, said(ConsentKind::Given, "sales", Channel::Phone));
    refused(&plan, "its time is not up any more");
    let third = add(&owner, named("Third", &[OLD])).unwrap().id;
    let (plan, _) = planned(&dpo, true).unwrap();
    owner
        .call(RequestOpen {
            contact: Some(ContactId(third)),
            person: String::new(),
            language: None,
            right: crate::domain::request::Right::Access,
            received: None,
            how: String::new(),
            words: String::new(),
        })
        .unwrap();
    refused(&plan, "request open keeps it now");
    let (plan, _) = planned(&dpo, true).unwrap();
    add(&owner, named("Late", &[OLD])).unwrap();
    refused(&plan, "its time is up too");
    let (plan, _) = planned(&dpo, true).unwrap();
    rule(&dpo, &[("name", "longer"), ("kept", "prospect"), ("period", "P1Y"), ("country", "DE")]).unwrap();
    let rules = dpo
        .call(List {
            kind: RecordKind::RetentionRule,
            query: String::new(),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        })
        .unwrap();
    let german = rules.items.iter().find(|one| one.title == "de-prospect").unwrap().id;
    let fields = vec![FieldEdit::text("source", "the board")];
    dpo.call(Edit { kind: RecordKind::RetentionRule, id: german, fields, expect_revision: None }).unwrap();
    refused(&plan, "the rule is de-prospect@2, in the plan de-prospect@1");
}

#[test]
fn more_than_one_may_decide_takes_two_and_reviews_wait_for_somebody() {
    let fixture = with_limits(Fixture::new(), Limits { two_persons_above: 1, clock_step_days: 60 });
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    add(&owner, named("First", &[OLD])).unwrap();
    add(&owner, named("Second", &[OLD])).unwrap();
    let (plan, made) = planned(&dpo, true).unwrap();
    assert!(made.two_persons && made.sweep.unwrap().state == Some(SweepState::Proposed));
    let error = apply(&dpo, &plan).unwrap_err();
    assert!(error.code == Code::Refused && error.message.contains("a second user"), "{error:?}");
    let approve = || RetentionApprove { sha256: plan.sha256() };
    assert_eq!(dpo.call(approve()).unwrap_err().code, Code::Refused, "not one's own");
    assert_eq!(fixture.client("rep").call(approve()).unwrap_err().code, Code::Denied);
    let approved = owner.call(approve()).unwrap();
    assert_eq!((approved.planned_by.as_str(), approved.approved_by.as_str()), ("dpo", "owner"));
    assert_eq!(owner.call(approve()).unwrap_err().code, Code::Conflict);

    // Somebody looks before they go.
    let fields = |end: &str| {
        [("name", "look"), ("kept", "prospect"), ("period", "P1Y"), ("country", "DE"), ("at_end", end)]
            .map(|(field, text)| FieldEdit::text(field, text))
            .to_vec()
    };
    dpo.call(Add { kind: RecordKind::RetentionRule, about: None, fields: fields("review") }).unwrap();
    assert!(dpo.call(Reviews {}).unwrap().is_empty(), "the longer one decides");
    for one in dpo.call(RetentionPreset { country: "DE".parse().ok(), dry_run: true }).unwrap() {
        assert!(one.there);
    }
    let all = List {
        kind: RecordKind::RetentionRule,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let rules = dpo.call(all).unwrap();
    let german = rules.items.iter().find(|one| one.title == "de-prospect").unwrap().id;
    let retire = vec![FieldEdit::text("retired", "yes")];
    dpo.call(Edit { kind: RecordKind::RetentionRule, id: german, fields: retire, expect_revision: None })
        .unwrap();
    let waiting = dpo.call(Reviews {}).unwrap();
    assert_eq!(waiting.len(), 2, "{waiting:?}");
    let erase = |id| dpo.call(ReviewErase { contact: ContactId(id), anonymise: false });
    hold(&dpo, waiting[1].contact.0, "2027-01-01").unwrap();
    assert_eq!(erase(waiting[1].contact.0).unwrap_err().code, Code::Refused);
    erase(waiting[0].contact.0).unwrap();
    assert_eq!(erase(waiting[0].contact.0).unwrap_err().code, Code::NotFound);
    assert!(dpo.call(Reviews {}).unwrap().is_empty());
    let fresh = add(&owner, named("Fresh", &[])).unwrap().id;
    assert_eq!(erase(fresh).unwrap_err().code, Code::Conflict, "its time is not up");
}

#[test]
fn a_run_that_was_ended_in_the_middle_is_gone_on_with() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    add(&owner, named("Prospect", &[OLD])).unwrap();
    // R15: bought, without consent or contract.
    add(&owner, named("Lead", &[("supplier", "Leads AG")])).unwrap();
    fixture.days_later(40);
    let (plan, _) = planned(&dpo, true).unwrap();
    assert_eq!(plan.records.len(), 2, "{plan:?}");
    let progress = begin(&dpo, &plan, false).unwrap();
    assert_eq!((progress.done, progress.total), (0, 2));
    assert_eq!(part(&dpo, ApplyPart::Step).unwrap().done, 1);
    // Another cannot begin meanwhile; then the program ends.
    assert_eq!(begin(&owner, &plan, false).unwrap_err().code, Code::Conflict);
    drop(dpo);
    fixture.reload();
    assert_eq!(owner.call(Sweeps {}).unwrap()[0].state, Some(SweepState::Running));
    let receipt = apply(&owner, &plan).unwrap();
    assert_eq!((receipt.state, receipt.done), (Some(SweepState::Done), 2));
    assert!(find(&owner, "").iter().all(|name| !name.contains("Schmidt")));
    assert!(owner.call(LogVerify {}).unwrap().problems.is_empty());

    // Cancelled, too: what was done is in the receipt.
    add(&owner, named("More", &[OLD])).unwrap();
    let (plan, _) = planned(&owner, true).unwrap();
    begin(&owner, &plan, false).unwrap();
    let receipt = part(&owner, ApplyPart::Cancel).unwrap().receipt.unwrap();
    assert_eq!((receipt.state, receipt.done), (Some(SweepState::Cancelled), 0));
    assert_eq!(apply(&owner, &plan).unwrap().done, 1);
}

#[test]
fn a_clock_that_jumps_is_not_believed_until_somebody_looked() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let id = add(&owner, named("Kept", &[])).unwrap().id;
    // Forth by three years, and everybody's time is up.
    fixture.days_later(3 * 365);
    let error = planned(&dpo, true).unwrap_err();
    assert!(error.code == Code::Refused && error.message.contains("the clock went forth"), "{error:?}");
    assert!(error.hint.unwrap().contains("--clock-is-right"));
    // A change in between does not make it right.
    add(&owner, named("Other", &[])).unwrap();
    assert_eq!(planned(&dpo, true).unwrap_err().code, Code::Refused);
    assert!(fixture.service.begin_sweeping(fixture.service.env.now()).is_err());
    // Back, and forth again.
    fixture.days_later(-5 * 365);
    add(&owner, named("Back", &[])).unwrap();
    fixture.days_later(2 * 365);
    let error = planned(&dpo, true).unwrap_err();
    assert!(error.message.contains("the clock went"), "{error:?}");
    assert!(owner.call(Get { kind: RecordKind::Contact, id, at: None }).is_ok(), "nobody is gone");
    // Somebody looked: from here on it is measured anew.
    let confirmed = RetentionPlan { as_of: None, propose: true, clock_is_right: true };
    let made = dpo.call(confirmed).unwrap();
    let page = dpo.call(RetentionPlanPage { sha256: made.sha256, from: 0 }).unwrap();
    let plan = Plan { head: made.head, records: page.records, skipped: page.skipped };
    apply(&dpo, &plan).unwrap();
    fixture.days_later(59);
    planned(&dpo, true).unwrap();
    fixture.days_later(61);
    assert_eq!(planned(&dpo, true).unwrap_err().code, Code::Refused);
}

#[test]
fn the_schedule_does_what_a_person_would_and_no_more_than_one_may() {
    let fixture = with_limits(Fixture::new(), Limits { two_persons_above: 1, clock_step_days: 60 });
    let owner = fixture.client("owner");
    let service = &fixture.service;
    let run = || {
        let (mut run, _) = service.begin_sweeping(service.env.now()).unwrap();
        loop {
            if let Some(ended) = service.step_sweeping(&mut run, service.env.now()).unwrap() {
                return ended;
            }
        }
    };
    assert_eq!(service.last_scheduled_sweep(), None);
    let quiet = run();
    assert_eq!((quiet.state, quiet.records), (Some(SweepState::Done), 0), "a quiet night leaves a receipt");
    add(&owner, named("Gone", &[OLD])).unwrap();
    fixture.days_later(1);
    let ended = run();
    assert_eq!((ended.done, ended.planned_by.as_str()), (1, ""));
    assert!(service.last_scheduled_sweep().is_some());
    for name in ["One", "Two"] {
        add(&owner, named(name, &[OLD])).unwrap();
    }
    fixture.days_later(1);
    let proposed = run();
    assert_eq!((proposed.state, proposed.done), (Some(SweepState::Proposed), 0));
    assert_eq!(find(&owner, "").iter().filter(|name| name.contains("Schmidt")).count(), 2);
    // A run that the end of the program ended is noted as such.
    let (plan, _) = planned(&owner, true).unwrap();
    fixture.client("dpo").call(RetentionApprove { sha256: plan.sha256() }).unwrap();
    begin(&owner, &plan, false).unwrap();
    drop(owner);
    run();
    let states: Vec<_> =
        fixture.client("owner").call(Sweeps {}).unwrap().into_iter().map(|one| one.state).collect();
    assert!(states.contains(&Some(SweepState::Cancelled)), "{states:?}");
}

/// Scenario 12: what is restricted is neither used nor erased (Art. 18 GDPR), however old it is.
#[test]
fn whoever_is_restricted_stays_and_is_told_as_such() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let person = add(&owner, named("Restricted", &[OLD])).unwrap().id;
    let (plan, _) = planned(&dpo, true).unwrap();
    dpo.call(SubjectRestrict {
        contact: ContactId(person),
        request: None,
        reason: crate::domain::request::RestrictionReason::Accuracy,
        until: None,
        terms: String::new(),
    })
    .unwrap();
    // A plan of before is out of date, a new one leaves the person where they are.
    assert_eq!(begin(&dpo, &plan, false).unwrap_err().code, Code::Conflict);
    let (plan, _) = planned(&dpo, true).unwrap();
    assert!(plan.records.is_empty());
    let stays: Vec<_> = plan.skipped.iter().map(|one| (one.contact.0, one.why)).collect();
    assert_eq!(stays, [(person, Stay::Restricted)]);
    dpo.call(Get { kind: RecordKind::Contact, id: person, at: None }).unwrap();
}
