//! Stories of do-not-call lists: brought in whole or not at all.

use super::*;
use crate::api::view::Level;
use crate::api::*;
use crate::client::Client;
use crate::domain::reach::Phone;
use crate::service::tests::Fixture;

fn head(dated: &str) -> ListHead {
    ListHead {
        name: "TPS".into(),
        country: "GB".into(),
        dated: dated.parse().unwrap(),
        source: "test".into(),
    }
}

fn send(client: &Client, part: ListPart) -> Result<ListProgress, Error> {
    client.call(ScreeningImport { part })
}

fn numbers(range: std::ops::Range<u64>) -> ListPart {
    ListPart::Numbers(range.map(|n| (n + 1, format!("020 7946 {n:04}"))).collect())
}

fn finish(accept_smaller: bool) -> ListPart {
    ListPart::Finish { file_hash: "AB".repeat(32), unread: 0, accept_smaller }
}

fn bring(client: &Client, dated: &str, range: std::ops::Range<u64>) -> Result<ListProgress, Error> {
    send(client, ListPart::Begin(head(dated)))?;
    send(client, numbers(range))?;
    send(client, finish(false))
}

/// Whether a number is listed, and on the list of which day; in memory and as it is read anew.
fn listed(fixture: &Fixture, text: &str) -> Option<(bool, String)> {
    let ask = || {
        let world = fixture.service.read_world();
        let phone = Phone::parse(text, "GB".parse().ok()).unwrap();
        let check = world.suppression.screened("tps", "GB".parse().ok(), &phone);
        check.map(|check| (check.listed, check.dated.unwrap().to_string()))
    };
    let now = ask();
    fixture.reload();
    assert_eq!(ask(), now, "memory differs from what is read anew");
    now
}

fn on(day: &str, listed: bool) -> Option<(bool, String)> {
    Some((listed, day.to_owned()))
}

#[test]
fn a_list_is_brought_in_and_replaced_as_a_whole() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    assert_eq!(listed(&fixture, "020 7946 0001"), None);
    let done = bring(&owner, "2026-01-01", 0..2_000).unwrap();
    assert_eq!((done.read, done.numbers, done.not_taken, done.replaced), (2_000, 2_000, 0, None));
    assert_eq!(listed(&fixture, "+44 (0)20 7946 1999"), on("2026-01-01", true));
    assert_eq!(listed(&fixture, "+44 20 7946 2000"), on("2026-01-01", false));
    let done = bring(&owner, "2026-02-01", 500..2_500).unwrap();
    assert_eq!(done.replaced, Some(2_000));
    assert_eq!(listed(&fixture, "020 7946 0001"), on("2026-02-01", false));
    assert_eq!(listed(&fixture, "020 7946 2499"), on("2026-02-01", true));
    let lists = fixture.client("rep").call(ScreeningLists {}).unwrap();
    assert_eq!((lists.len(), lists[0].numbers, lists[0].revision), (1, 2_000, 2));
    assert_eq!((lists[0].file_hash.as_str(), lists[0].problem.as_str()), ("ab".repeat(32).as_str(), ""));
    // Of the version before nothing is left.
    let live = fixture.service.read_world().suppression.versions();
    assert!(!fixture.service.store.read(move |reader| reader.has_leftover_tags(&live)).unwrap());
    assert_eq!(owner.call(LogVerify {}).unwrap().problems, Vec::<String>::new());
    // Being on it keeps nobody out, and is told to whoever asks.
    let fields = [
        ("given_name", "Anna"),
        ("phones", "+442079462499"),
        ("basis", "contract"),
        ("reason", "asked"),
        ("source", "fair"),
    ];
    let fields = fields.map(|(field, text)| crate::domain::edit::FieldEdit::text(field, text)).to_vec();
    owner.call(Add { kind: RecordKind::Contact, about: None, fields }).unwrap();
    let of = Typed { class: Class::Phone, text: "+442079462499".into(), country: String::new() };
    let state = owner.call(SuppressionCheck { of }).unwrap();
    assert_eq!((state.hit, state.lists.len(), state.lists[0].listed), (None, 1, true));
}

#[test]
fn what_is_not_finished_changes_nothing() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    bring(&owner, "2026-01-01", 0..1_000).unwrap();
    send(&owner, ListPart::Begin(head("2026-02-01"))).unwrap();
    send(&owner, numbers(5_000..6_000)).unwrap();
    assert_eq!(listed(&fixture, "020 7946 5000"), on("2026-01-01", false));
    // Stopped; what was sent is forgotten.
    send(&owner, ListPart::Abandon).unwrap();
    assert_eq!(send(&owner, finish(true)).unwrap_err().code, Code::Conflict);
    assert_eq!(send(&owner, numbers(0..1)).unwrap_err().code, Code::Conflict);
    // Each session sends a list of its own.
    send(&owner, ListPart::Begin(head("2026-02-01"))).unwrap();
    assert_eq!(send(&fixture.client("owner"), numbers(0..1)).unwrap_err().code, Code::Conflict);
    assert_eq!(listed(&fixture, "020 7946 0999"), on("2026-01-01", true));
    // Pages of a version that was killed half-way are gone after the next opening's sweep.
    let (version, origin) = (Uuid::from_u128(77), {
        let session = fixture.service.session_of("owner").unwrap();
        crate::store::Origin {
            at: fixture.service.env.now(),
            actor: session.user,
            session: session.id,
            action: Action::Import,
        }
    });
    let store = &fixture.service.store;
    store.write(origin, move |txn| txn.put_tags(version, 0, &(0..10_000).collect::<Vec<u64>>())).unwrap();
    let live = fixture.service.read_world().suppression.versions();
    lists::drop_leftovers(store, &live, origin).unwrap();
    assert!(!store.read(move |reader| reader.has_leftover_tags(&live)).unwrap());
    assert_eq!(listed(&fixture, "020 7946 0999"), on("2026-01-01", true));
}

#[test]
fn a_bad_list_takes_no_good_ones_place() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    bring(&owner, "2026-01-10", 0..1_000).unwrap();
    let code = |answer: Result<ListProgress, Error>| answer.unwrap_err().code;
    // Of another column, cut short, older, of a day to come, without a name, of no country, too much at once.
    send(&owner, ListPart::Begin(head("2026-02-01"))).unwrap();
    let names = (0..100).map(|n| (n, format!("Street {n}\u{1b}[2J"))).collect();
    let told = send(&owner, ListPart::Numbers(names)).unwrap();
    assert_eq!((told.not_taken, told.rows.len()), (100, 100));
    assert_eq!(code(send(&owner, finish(true))), Code::Refused);
    assert_eq!(code(bring(&owner, "2026-02-01", 0..499)), Code::Refused);
    assert_eq!(code(bring(&owner, "2026-02-01", 0..0)), Code::Refused);
    assert_eq!(code(send(&owner, ListPart::Begin(head("2026-01-09")))), Code::Conflict);
    assert_eq!(code(send(&owner, ListPart::Begin(head("2999-01-01")))), Code::Usage);
    let nameless = ListHead { name: " \t".into(), ..head("2026-02-01") };
    assert_eq!(code(send(&owner, ListPart::Begin(nameless))), Code::Usage);
    let nowhere = ListHead { country: "Atlantis".into(), ..head("2026-02-01") };
    assert_eq!(code(send(&owner, ListPart::Begin(nowhere))), Code::Usage);
    send(&owner, ListPart::Begin(head("2026-02-01"))).unwrap();
    let flood = vec![(1, String::new()); lists::MOST_NUMBERS + 1];
    assert_eq!(code(send(&owner, ListPart::Numbers(flood))), Code::Usage);
    let unhashed = ListPart::Finish { file_hash: "x".repeat(64), unread: 0, accept_smaller: true };
    assert_eq!(code(send(&owner, unhashed)), Code::Usage);
    assert_eq!(listed(&fixture, "020 7946 0999"), on("2026-01-10", true));
    // That it is shorter is agreed to; numbers that come twice are one; a few bad rows are told.
    send(&owner, ListPart::Begin(head("2026-02-01"))).unwrap();
    let rows = ["020 7946 0001", "+442079460001", "no number", "+33 1 99 00 12 34", "020 7946 0002"];
    let rows = rows.iter().enumerate().map(|(n, text)| (n as u64 + 1, (*text).to_owned())).collect();
    let told = send(&owner, ListPart::Numbers(rows)).unwrap();
    assert_eq!(told.rows.iter().map(|one| one.row).collect::<Vec<_>>(), [3]);
    let done = send(&owner, finish(true)).unwrap();
    assert_eq!((done.numbers, done.repeated, done.not_taken), (3, 1, 1));
    assert_eq!(listed(&fixture, "+33199001234"), on("2026-02-01", true));
    assert_eq!(listed(&fixture, "020 7946 0999"), on("2026-02-01", false));
}

/// What is lost or added on the disk makes the list one that cannot be asked, and not one that says nobody is on it.
#[test]
fn a_damaged_list_is_not_asked() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    bring(&owner, "2026-01-01", 0..1_000).unwrap();
    let version = *fixture.service.read_world().suppression.versions().first().unwrap();
    let session = fixture.service.session_of("owner").unwrap();
    let origin = crate::store::Origin {
        at: fixture.service.env.now(),
        actor: session.user,
        session: session.id,
        action: Action::Import,
    };
    fixture
        .service
        .store
        .write(origin, move |txn| txn.put_tags(version, 0, &(0..448).collect::<Vec<u64>>()))
        .unwrap();
    fixture.reload();
    assert_eq!(listed(&fixture, "020 7946 0999"), None);
    assert!(owner.call(ScreeningLists {}).unwrap()[0].problem.contains("numbers"));
    // The next one mends it.
    bring(&owner, "2026-01-02", 0..1_000).unwrap();
    assert_eq!(listed(&fixture, "020 7946 0999"), on("2026-01-02", true));
}

fn be(dated: &str) -> ListHead {
    ListHead {
        name: "DNCM".into(),
        country: "BE".into(),
        dated: dated.parse().unwrap(),
        source: "test".into(),
    }
}

fn be_numbers(rows: &[(&str, Option<&str>)]) -> ListPart {
    let row = |(n, (text, since)): (usize, &(&str, Option<&str>))| {
        (n as u64 + 1, (*text).to_owned(), since.map(|day| day.parse().unwrap()))
    };
    ListPart::Dated(rows.iter().enumerate().map(row).collect())
}

/// Belgium: of listing and consent the later counts; what the list does not tell, its own day stands for.
#[test]
fn a_consent_later_than_the_listing_counts_and_an_earlier_one_does_not() {
    use crate::domain::channel::Channel;
    use crate::domain::consent::{ConsentKind, Way};
    use crate::domain::id::ContactId;
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let today = fixture.service.env.now().date();
    let ago = |days: u64| today.checked_sub_days(chrono::Days::new(days)).unwrap().to_string();
    let person = |phone: &str| {
        let fields = [
            ("given_name", "Anna"),
            ("country", "BE"),
            ("phones", phone),
            ("basis", "consent"),
            ("reason", "asked"),
            ("source", "fair"),
        ];
        let fields = fields.map(|(field, text)| crate::domain::edit::FieldEdit::text(field, text)).to_vec();
        ContactId(owner.call(Add { kind: RecordKind::Contact, about: None, fields }).unwrap().id)
    };
    // Twenty days ago they agreed.
    let numbers = ["+32 2 555 12 01", "+32 2 555 12 02", "+32 2 555 12 03", "+32 2 555 12 04"];
    let people = numbers.map(person);
    for contact in people {
        let mut said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "do call me");
        said.at = Some(crate::domain::time::Timestamp::from_millis(
            fixture.service.env.now().millis() - 20 * 86_400_000,
        ));
        owner.call(ConsentRecord { contact, said: vec![said] }).unwrap();
    }
    let check = |contact| {
        let card = owner.call(CallCheck { contact, purpose: "sales".into(), number: None }).unwrap();
        let words = card.looked.iter().find(|one| one.point == "screening").map(|one| one.words.clone());
        (card.allowed, words.unwrap())
    };
    let doctor = || {
        let checks = owner.call(Doctor {}).unwrap().checks;
        let lines = checks.into_iter().filter(|line| line.name == "do-not-call lists");
        lines.map(|line| (line.level, line.message)).collect::<Vec<_>>()
    };
    let lines = doctor();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].0 == Level::Warning && lines[0].1.contains("never brought in"), "{lines:?}");
    assert!(lines[0].1.contains("4 contacts"), "{lines:?}");
    assert_eq!(check(people[0]), (false, "the number was never checked against DNCM".into()));
    // Listed long before, listed after, listed nobody tells when, not listed; and one that comes twice.
    let rows = be_numbers(&[
        (numbers[0], Some(&ago(300))),
        (numbers[1], Some(&ago(10))),
        (numbers[2], None),
        (numbers[1], Some(&ago(200))),
    ]);
    send(&owner, ListPart::Begin(be(&ago(2)))).unwrap();
    send(&owner, rows).unwrap();
    let done = send(&owner, finish(false)).unwrap();
    assert_eq!((done.numbers, done.repeated, done.dated_numbers), (3, 1, 3));
    let (dated, agreed) = (ago(2), ago(20));
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        let (allowed, words) = check(people[0]);
        let told = format!(
            "DNCM of {dated}: the number is listed since {}, and the person consented later, on {agreed}",
            ago(300)
        );
        assert_eq!((allowed, words), (true, told));
        let told = format!("DNCM of {dated}: the number is listed since {}", ago(10));
        assert_eq!(check(people[1]), (false, told), "of two days of one number the later");
        assert_eq!(check(people[2]), (false, format!("DNCM of {dated}: the number is listed since {dated}")));
        assert_eq!(check(people[3]), (true, format!("DNCM of {dated}: the number is not listed")));
    }
    assert_eq!(doctor(), [(Level::Ok, format!("DNCM (BE) is of {dated}"))]);
    // Without days the list's own day stands for all, and that is said.
    send(&owner, ListPart::Begin(be(&ago(1)))).unwrap();
    send(&owner, be_numbers(&[(numbers[0], None), (numbers[1], None)])).unwrap();
    send(&owner, finish(false)).unwrap();
    assert!(!check(people[0]).0);
    assert_eq!(doctor()[0].0, Level::Note);
    let live = fixture.service.read_world().suppression.versions();
    assert_eq!(live.len(), 1);
    assert!(!fixture.service.store.read(move |reader| reader.has_leftover_tags(&live)).unwrap());
    // A list that has grown old is asked no more.
    fixture.days_later(40);
    let (allowed, words) = check(people[3]);
    assert!(!allowed && words.contains("older than 30 days"), "{words}");
    let lines = doctor();
    assert!(lines[0].0 == Level::Warning && lines[0].1.contains("41 days old"), "{lines:?}");
}
