//! Whatever is said, in whatever order, by whatever clock, and whatever else is done to the person in between: after a no,
//! nobody is listed, exported or called for it until the person says yes again.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{Fixture, add, anna, edit};
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentField, ConsentKind, State, Way};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;

const HOUR: i64 = 3_600_000;
const CHANNELS: [Channel; 2] = [Channel::Storage, Channel::Phone];

/// One step; hours are as many before the moment at which it is told.
#[derive(Clone, Debug)]
enum Step {
    Yes {
        channel: usize,
        ago: Option<i64>,
    },
    No {
        channel: usize,
    },
    Later {
        channel: usize,
    },
    Withdraw {
        channel: Option<usize>,
        named: bool,
    },
    Object,
    Revoke {
        channel: usize,
        invalid: bool,
    },
    /// The clock of the machine, by so many hours.
    Clock(i64),
    Merge,
    Edit,
    Import,
    DeleteAndRestore,
    Undo,
    Redo,
    Sweep,
    Reload,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let channel = 0..CHANNELS.len();
    let step = prop_oneof![
        5 => (channel.clone(), prop::option::of(0..200i64)).prop_map(|(channel, ago)| Step::Yes { channel, ago }),
        1 => channel.clone().prop_map(|channel| Step::No { channel }),
        1 => channel.clone().prop_map(|channel| Step::Later { channel }),
        3 => (prop::option::of(channel.clone()), any::<bool>())
            .prop_map(|(channel, named)| Step::Withdraw { channel: channel.filter(|_| named), named }),
        1 => Just(Step::Object),
        1 => (channel, any::<bool>()).prop_map(|(channel, invalid)| Step::Revoke { channel, invalid }),
        4 => (-300..300i64).prop_map(Step::Clock),
        1 => Just(Step::Merge),
        1 => Just(Step::Edit),
        1 => Just(Step::Import),
        1 => Just(Step::DeleteAndRestore),
        2 => Just(Step::Undo),
        1 => Just(Step::Redo),
        1 => Just(Step::Sweep),
        1 => Just(Step::Reload),
    ];
    prop::collection::vec(step, 1..24)
}

/// The person, and since when the person's last word by each channel was no: by the clock at which it was heard.
struct Told {
    fixture: Fixture,
    owner: Client,
    person: ContactId,
    no: [Option<i64>; CHANNELS.len()],
}

impl Told {
    fn new() -> Told {
        let fixture = Fixture::new();
        let owner = fixture.client("owner");
        let mut fields = anna();
        fields.push(FieldEdit::text("country", "DE"));
        let person = ContactId(add(&owner, fields).unwrap().id);
        Told { fixture, owner, person, no: [None; CHANNELS.len()] }
    }

    fn now(&self) -> i64 {
        self.fixture.clock.0.load(Ordering::SeqCst)
    }

    fn say(&self, contact: ContactId, kind: ConsentKind, channel: usize, at: Option<i64>) -> bool {
        let mut said = Said::new(kind, "sales", CHANNELS[channel], Way::InPerson, "so I say");
        said.at = at.map(Timestamp::from_millis);
        said.reason = "it never was one".into();
        self.owner.call(ConsentRecord { contact, said: vec![said] }).is_ok()
    }

    fn withdraw(&self, purpose: Option<&str>, channel: Option<usize>, objection: bool) {
        let (contact, words, way) = (self.person, "no more".to_owned(), Way::Mail);
        let (purpose, channel) = (purpose.map(str::to_owned), channel.map(|at| CHANNELS[at]));
        let (at, zone) = (None, String::new());
        let withdraw = ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection };
        // It can never be told too late, and never too early by a wrong clock.
        self.owner.call(withdraw).unwrap();
    }

    fn heard_no(&mut self, channel: Option<usize>) {
        let now = self.now();
        for (at, no) in self.no.iter_mut().enumerate() {
            if channel.is_none_or(|one| one == at) {
                *no = Some(no.map_or(now, |before| before.max(now)));
            }
        }
    }

    fn take(&mut self, step: &Step) {
        let (kind, id) = (RecordKind::Contact, self.person.0);
        match step {
            Step::Yes { channel, ago } => {
                let at = ago.map(|ago| self.now() - ago * HOUR);
                // What was said before the no takes nothing back, whenever it is written down.
                let since = self.no[*channel].is_none_or(|no| at.is_none_or(|at| at > no));
                if self.say(self.person, ConsentKind::Given, *channel, at) && since {
                    self.no[*channel] = None;
                }
            }
            Step::No { channel } => {
                if self.say(self.person, ConsentKind::Refused, *channel, None) {
                    self.heard_no(Some(*channel));
                }
            }
            Step::Later { channel } => drop(self.say(self.person, ConsentKind::Deferred, *channel, None)),
            Step::Withdraw { channel, named } => {
                self.withdraw(named.then_some("sales"), *channel, false);
                self.heard_no(*channel);
            }
            Step::Object => {
                self.withdraw(None, None, true);
                self.heard_no(None);
            }
            Step::Revoke { channel, invalid } => {
                let kind = if *invalid { ConsentKind::Invalidated } else { ConsentKind::Revoked };
                if self.say(self.person, kind, *channel, None) {
                    self.heard_no(Some(*channel));
                }
            }
            Step::Clock(hours) => drop(self.fixture.clock.0.fetch_add(hours * HOUR, Ordering::SeqCst)),
            Step::Merge => {
                // The same person twice; the other half said yes just now.
                let other = ContactId(add(&self.owner, anna()).unwrap().id);
                for channel in 0..CHANNELS.len() {
                    self.say(other, ConsentKind::Given, channel, None);
                }
                let merged = self.owner.call(Merge { keep: self.person, other, dry_run: false });
                // What the merge joins, the ledger of one who kept quiet so far may take.
                drop(merged);
            }
            Step::Edit => drop(edit(&self.owner, id, "job_title", &self.now().to_string(), None)),
            Step::Import => {
                let rows = vec![Incoming { row: 1, fields: anna(), notes: vec![] }];
                drop(self.owner.call(Import { rows, provenance: Provenance::default(), dry_run: false }));
            }
            Step::DeleteAndRestore => {
                drop(self.owner.call(Delete { kind, id, expect_revision: None }));
                drop(self.owner.call(Restore { kind, id }));
            }
            Step::Undo => drop(self.owner.call(Undo { seq: None })),
            Step::Redo => drop(self.owner.call(Redo {})),
            Step::Sweep => drop(self.owner.call(SweepConsents { dry_run: false })),
            Step::Reload => self.fixture.reload(),
        }
    }

    /// By every way out of the store.
    fn reached(&self, channel: Channel) -> Vec<&'static str> {
        let (query, purpose, columns) = (String::new(), "sales".to_owned(), vec![]);
        let (window, sort) = (Window::default(), String::new());
        let holds = |page: &Page| page.items.iter().any(|view| view.id == self.person.0);
        let mut ways = Vec::new();
        let list = Reachable {
            query: query.clone(),
            purpose: purpose.clone(),
            channel: Some(channel),
            sort,
            window: window.clone(),
            columns: vec![],
        };
        if holds(&self.owner.call(list).unwrap()) {
            ways.push("list");
        }
        let (to, run) = (String::new(), None);
        let export = Export { query, purpose: purpose.clone(), channel, window, columns, to, run };
        if holds(&self.owner.call(export).unwrap().page) {
            ways.push("export");
        }
        if channel == Channel::Phone {
            let (contact, number) = (self.person, None);
            let check = CallCheck { contact, purpose: purpose.clone(), number: number.clone() };
            if self.owner.call(check).is_ok_and(|card| card.allowed) {
                ways.push("check");
            }
            let begin = CallBegin { contact, purpose, number, language: None, list: None };
            if let Ok(begun) = self.owner.call(begin) {
                ways.push("call");
                self.owner.call(CallDrop { call: begun.call }).unwrap();
            }
        }
        ways
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_no_holds_until_a_yes(steps in steps()) {
        let mut told = Told::new();
        let mut events = 0;
        for step in &steps {
            told.take(step);
            for (channel, no) in CHANNELS.into_iter().zip(told.no) {
                let reached = told.reached(channel);
                prop_assert!(no.is_none() || reached.is_empty(), "{:?} by {channel} after {step:?}", reached);
            }
            // Nothing that was said is ever gone.
            let now = recorded(&told);
            prop_assert!(now >= events, "{step:?}: {now} of {events} events");
            events = now;
        }
        let problems = told.owner.call(LogVerify {}).unwrap().problems;
        prop_assert!(problems.is_empty(), "{problems:?}");
    }
}

/// How many events the person's ledger has, whenever they happened.
fn recorded(told: &Told) -> usize {
    let far = Timestamp::from_millis(told.now() + 1_000_000 * HOUR);
    let book = told.owner.call(Consents { contact: told.person, at: Some(far) }).unwrap();
    book.events.len()
}

/// Scenario 16, for the ledger: a clock that was set back puts a no before the yes that it takes back.
#[test]
fn a_no_counts_also_when_the_clock_was_set_back() {
    for (days, forward) in [(1, false), (1, true), (730, false), (730, true)] {
        for kind in ["withdrawn", "objected", "refused", "revoked"] {
            let told = Told::new();
            assert!(told.say(told.person, ConsentKind::Given, 1, None));
            assert_eq!(told.reached(Channel::Phone), ["list", "export", "check", "call"]);
            told.fixture.days_later(-days);
            match kind {
                "withdrawn" => told.withdraw(Some("sales"), None, false),
                "objected" => told.withdraw(None, None, true),
                "refused" => assert!(told.say(told.person, ConsentKind::Refused, 1, None)),
                _ => assert!(told.say(told.person, ConsentKind::Revoked, 1, None)),
            }
            assert_eq!(told.reached(Channel::Phone), [""; 0], "{kind}, {days} days back");
            if forward {
                told.fixture.days_later(days);
            }
            told.fixture.reload();
            assert_eq!(told.reached(Channel::Phone), [""; 0], "{kind}, {days} days back and read anew");
            // The person says yes again, once the clock is right.
            if forward && kind != "objected" {
                assert!(told.say(told.person, ConsentKind::Given, 1, None));
                assert_eq!(told.reached(Channel::Phone).len(), 4, "{kind}");
            }
        }
    }
}

/// The same of a no that a merge brings from the other record of the same person.
#[test]
fn a_merged_no_counts_also_when_the_clock_was_set_back() {
    let told = Told::new();
    let other = ContactId(add(&told.owner, anna()).unwrap().id);
    assert!(told.say(other, ConsentKind::Refused, 1, None));
    assert!(told.say(told.person, ConsentKind::Given, 1, None));
    told.fixture.days_later(-7);
    told.owner.call(Merge { keep: told.person, other, dry_run: false }).unwrap();
    assert_eq!(told.reached(Channel::Phone), [""; 0]);
}

/// What was said long ago and told late is no word on what was said since, and is told with its own time.
#[test]
fn a_no_that_is_told_late_keeps_its_time() {
    let told = Told::new();
    let before = told.now();
    told.fixture.days_later(10);
    assert!(told.say(told.person, ConsentKind::Given, 1, None));
    let no = Timestamp::from_millis(before + HOUR);
    let mut said = Said::new(ConsentKind::Refused, "sales", Channel::Phone, Way::Letter, "no calls");
    said.at = Some(no);
    let recorded = told.owner.call(ConsentRecord { contact: told.person, said: vec![said] }).unwrap();
    assert_eq!(recorded.lines[0].standing.state, State::Given, "the yes is ten days younger");
    let book = told.owner.call(Consents { contact: told.person, at: None }).unwrap();
    let letter: Uuid = recorded.ids[0];
    let event = book.events.iter().find(|event| event.id == letter).unwrap();
    assert_eq!(event.record.text(ConsentField::at.key()), no.to_string());
}
