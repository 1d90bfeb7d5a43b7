//! Codes that confirm once, and every way in which one confirms nothing.

use proptest::prelude::*;

use super::*;
use crate::api::*;
use crate::client::Client;
use crate::domain::consent::ConsentField;
use crate::domain::edit::FieldEdit;
use crate::domain::suppression::Class;
use crate::service::tests::{Fixture, add, anna, edit};
use zeroize::Zeroizing;

fn user(name: &str, role: &str, team: &str) -> crate::domain::user::User {
    crate::domain::user::User {
        name: name.into(),
        unix: name.into(),
        role: role.parse().unwrap(),
        team: team.into(),
        ..Default::default()
    }
}

/// A store that can write to people, with one.
fn store() -> (Fixture, Client, Uuid) {
    let fixture = Fixture::of(vec![
        user("owner", "owner", ""),
        user("mara", "marketing", ""),
        user("dora", "dpo", ""),
        user("rita", "rep", "south"),
        user("nora", "rep", "north"),
        user("aron", "auditor", ""),
    ]);
    fixture.service.add_shipped_wordings().unwrap();
    let owner = fixture.client("owner");
    let settings = owner.call(List {
        kind: RecordKind::Settings,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    });
    let settings = settings.unwrap().items[0].id;
    let fields = vec![FieldEdit::text("contact", "privacy@example.com")];
    owner.call(Edit { kind: RecordKind::Settings, id: settings, fields, expect_revision: None }).unwrap();
    let mut fields = anna();
    fields.push(FieldEdit::text("language", "de"));
    fields.push(FieldEdit::text("owner", "rita"));
    let id = add(&owner, fields).unwrap().id;
    (fixture, owner, id)
}

fn prepare(client: &Client, id: Uuid) -> Result<OptInMessage, Error> {
    client.call(OptInPrepare {
        contact: ContactId(id),
        purpose: "newsletter".into(),
        channel: Channel::Email,
        address: None,
        language: None,
        days: 7,
        link: None,
    })
}

fn code_in(message: &OptInMessage) -> String {
    let at = message.text.find("?subject=").unwrap() + "?subject=".len();
    message.text[at..at + LONG].to_owned()
}

fn sent(client: &Client, id: Uuid) -> String {
    let message = prepare(client, id).unwrap();
    client.call(OptInSent { handle: message.handle, zone: String::new() }).unwrap();
    code_in(&message)
}

fn confirm(client: &Client, code: &str) -> Result<OptInConfirmed, Error> {
    client.call(OptInConfirm {
        code: Hush::new(Zeroizing::new(code.to_owned())),
        contact: None,
        purpose: None,
        channel: None,
        zone: String::new(),
    })
}

fn state(client: &Client, id: Uuid) -> State {
    let book = client.call(Consents { contact: ContactId(id), at: None }).unwrap();
    let line = book.lines.iter().find(|line| line.purpose == "newsletter").unwrap();
    line.standing.state
}

fn withdraw(client: &Client, id: Uuid, objection: bool) {
    client
        .call(ConsentWithdraw {
            contact: ContactId(id),
            purpose: (!objection).then(|| "newsletter".to_owned()),
            channel: None,
            words: "no".into(),
            way: Way::Mail,
            at: None,
            zone: String::new(),
            objection,
        })
        .unwrap();
}

#[test]
fn a_code_that_comes_back_proves_address_and_wish_with_both_times() {
    let (fixture, owner, id) = store();
    let mut said = Said::new(ConsentKind::Given, "newsletter", Channel::Email, Way::Form, "yes");
    said.evidence = "form 12".into();
    owner.call(ConsentRecord { contact: ContactId(id), said: vec![said] }).unwrap();
    let message = prepare(&owner, id).unwrap();
    assert!(message.warnings.is_empty(), "{:?}", message.warnings);
    assert_eq!((message.to.as_str(), message.language.as_str()), ("anna@example.com", "de"));
    assert_eq!(message.text.matches("privacy@example.com").count(), 3, "R25: {}", message.text);
    let code = code_in(&message);
    assert_eq!(state(&owner, id), State::Pending, "nothing is recorded before it is out");
    assert_eq!(confirm(&owner, &code).unwrap_err().code, Code::NotFound);
    owner.call(OptInSent { handle: message.handle, zone: String::new() }).unwrap();
    fixture.days_later(2);
    // Built anew at unlock: the hash finds the event. Marketing hands in what the mailbox got.
    fixture.reload();
    let typed = format!(" {} \n{}", &code[..16].to_uppercase(), &code[16..]);
    let done = confirm(&fixture.client("mara"), &typed).unwrap();
    assert_eq!((done.contact, done.address.as_str()), (ContactId(id), "anna@example.com"));
    assert!(done.confirmed_at.millis() - done.asked_at.millis() > 2 * 86_400_000 - 1_000);
    assert_eq!(state(&owner, id), State::Given);
    let book = owner.call(Consents { contact: ContactId(id), at: None }).unwrap();
    let whole = format!("{book:?}");
    assert!(!whole.contains(&code) && !whole.contains(&hex(&hash(&code))), "neither code nor hash is shown");
    let asked =
        book.events.iter().find(|one| one.record.text(ConsentField::kind.key()) == "requested").unwrap();
    assert!(
        asked.record.text(ConsentField::question.key()).contains(BLANK),
        "what was written, without the code"
    );
    // Once.
    let again = confirm(&owner, &code).unwrap_err();
    assert!(again.code == Code::Refused && again.message.contains("used already"), "{again:?}");
    crate::service::tests::verified(&owner);
}

/// What happens to a code that was sent, and its being handed in.
type Spoil<'a> = dyn Fn(&Fixture, &Client, Uuid, &str) -> Result<OptInConfirmed, Error> + 'a;

#[test]
fn each_code_that_confirms_nothing_says_why_to_whoever_has_it() {
    let refused = |spoil: &Spoil<'_>, words: &str| {
        let (fixture, owner, id) = store();
        let code = sent(&owner, id);
        let error = spoil(&fixture, &owner, id, &code).unwrap_err();
        assert!(error.code == Code::Refused && error.message.contains(words), "{words}: {error:?}");
        assert_ne!(state(&owner, id), State::Given, "{words}");
    };
    refused(
        &|fixture, owner, _, code| {
            fixture.days_later(8);
            confirm(owner, code)
        },
        "was good until",
    );
    refused(
        &|_, owner, id, code| {
            withdraw(owner, id, false);
            confirm(owner, code)
        },
        "withdrawn since",
    );
    refused(
        &|_, owner, id, code| {
            withdraw(owner, id, true);
            confirm(owner, code)
        },
        "objected since",
    );
    refused(
        &|fixture, owner, _, code| {
            fixture.days_later(-3);
            confirm(owner, code)
        },
        "set back",
    );
    refused(
        &|_, owner, id, code| {
            edit(owner, id, "emails", "anna.new@example.com", None).unwrap();
            confirm(owner, code)
        },
        "no longer this person's",
    );
    let with = |owner: &Client, code: &str, contact: Option<ContactId>, purpose: Option<&str>, channel| {
        owner.call(OptInConfirm {
            code: Hush::new(Zeroizing::new(code.to_owned())),
            contact,
            purpose: purpose.map(str::to_owned),
            channel,
            zone: String::new(),
        })
    };
    refused(
        &|_, owner, _, code| with(owner, code, Some(ContactId(Uuid::from_u128(1))), None, None),
        "another person",
    );
    refused(&|_, owner, _, code| with(owner, code, None, Some("sales"), None), "another purpose");
    refused(&|_, owner, _, code| with(owner, code, None, None, Some(Channel::Phone)), "another channel");

    let (_, owner, id) = store();
    let code = sent(&owner, id);
    owner.call(Delete { kind: RecordKind::Contact, id, expect_revision: None }).unwrap();
    let error = confirm(&owner, &code).unwrap_err();
    assert!(error.message.contains("deleted, or merged"), "{error:?}");
}

#[test]
fn who_guesses_learns_nothing_and_waits() {
    let (fixture, owner, id) = store();
    let code = sent(&owner, id);
    // A code of a person out of sight is told as one that there is not.
    let hidden = confirm(&fixture.client("nora"), &code).unwrap_err();
    let forged = confirm(&owner, &"a".repeat(LONG)).unwrap_err();
    assert_eq!(hidden, forged);
    assert_eq!(forged.code, Code::NotFound);
    assert_eq!(confirm(&fixture.client("aron"), &code).unwrap_err().code, Code::Denied);
    for nonsense in ["", "abc", &"a".repeat(LONG + 1), &"0".repeat(LONG), &"é".repeat(LONG)] {
        assert_eq!(confirm(&owner, nonsense).unwrap_err().code, Code::Usage, "{nonsense}");
    }
    for _ in 0..4 {
        assert_eq!(confirm(&owner, &"b".repeat(LONG)).unwrap_err().code, Code::NotFound);
    }
    // Now even the right one waits; others are not kept from handing it in.
    assert!(confirm(&owner, &code).unwrap_err().message.contains("wait"));
    confirm(&fixture.client("rita"), &code).unwrap();

    let guesses = Guesses::default();
    let (user, mut now) = (Uuid::from_u128(1), Duration::ZERO);
    for _ in 0..40 {
        guesses.note(user, now, false);
    }
    assert!(guesses.check(user, now).is_err());
    now += Guesses::LONGEST;
    guesses.check(user, now).unwrap();
    guesses.note(user, now, true);
    guesses.note(user, now, false);
    guesses.check(user, now).unwrap();
}

#[test]
fn nobody_who_said_no_is_asked_again_and_no_message_lacks_its_lines() {
    let (fixture, owner, id) = store();
    let message = prepare(&owner, id).unwrap();
    assert!(message.warnings[0].contains("advertising"), "asked out of the blue");
    // An objection that comes while the message is on its way.
    withdraw(&owner, id, true);
    let late = owner.call(OptInSent { handle: message.handle, zone: String::new() }).unwrap_err();
    assert_eq!(late.code, Code::Refused);
    assert_eq!(confirm(&owner, &code_in(&message)).unwrap_err().code, Code::NotFound);
    assert_eq!(
        owner.call(OptInSent { handle: message.handle, zone: String::new() }).unwrap_err().code,
        Code::NotFound
    );
    assert!(prepare(&owner, id).unwrap_err().message.contains("advertising"));
    // Until the person says yes again and the officer lifts the suppression; then the confirmation undoes the no.
    let said = Said::new(ConsentKind::Given, "newsletter", Channel::Email, Way::Form, "yes, again");
    owner.call(ConsentRecord { contact: ContactId(id), said: vec![said] }).unwrap();
    assert!(prepare(&owner, id).unwrap_err().message.contains("suppression list"));
    for (class, text) in [(Class::Phone, "030 901820"), (Class::Email, "anna@example.com")] {
        let of = Typed { class, text: text.into(), country: String::new() };
        fixture.client("dora").call(LiftSuppression { of, words: "said yes again".into() }).unwrap();
    }
    confirm(&owner, &sent(&owner, id)).unwrap();
    assert_eq!(state(&owner, id), State::Given);

    let wrong = |change: &dyn Fn(&mut OptInPrepare)| {
        let mut asked = OptInPrepare {
            contact: ContactId(id),
            purpose: "newsletter".into(),
            channel: Channel::Email,
            address: None,
            language: None,
            days: 7,
            link: None,
        };
        change(&mut asked);
        owner.call(asked).unwrap_err().code
    };
    assert_eq!(wrong(&|one| one.channel = Channel::Phone), Code::Refused);
    assert_eq!(wrong(&|one| one.days = 0), Code::Usage);
    assert_eq!(wrong(&|one| one.days = 31), Code::Usage);
    assert_eq!(wrong(&|one| one.address = Some("eve@example.net".into())), Code::Refused);
    assert_eq!(
        wrong(&|one| one.address = Some("anna@example.com\r\nBcc: x@example.net".into())),
        Code::Usage
    );
    assert_eq!(wrong(&|one| one.purpose = "sails".into()), Code::NotFound);
    assert_eq!(wrong(&|one| one.purpose = "sales".into()), Code::Refused);
    assert_eq!(wrong(&|one| one.contact = ContactId(Uuid::from_u128(1))), Code::NotFound);
    for link in [
        "http://example.com/{code}",
        "https://example.com/",
        "https://example.com/{code}/{code}",
        "https://a b/{code}",
    ] {
        assert_eq!(wrong(&|one| one.link = Some(link.into())), Code::Usage, "{link}");
    }
    // A colleague does not ask in the name of another; a session does not record what another prepared.
    assert_eq!(prepare(&fixture.client("mara"), id).unwrap_err().code, Code::Denied);
    let message = prepare(&owner, id).unwrap();
    let other = fixture.client("owner").call(OptInSent { handle: message.handle, zone: String::new() });
    assert_eq!(other.unwrap_err().code, Code::NotFound);

    // R25: without a way to unsubscribe and to ask what is held, nothing is written.
    let bare = Fixture::new();
    bare.service.add_shipped_wordings().unwrap();
    let owner = bare.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let error = prepare(&owner, id).unwrap_err();
    assert!(error.code == Code::Refused && error.message.contains("R25"), "{error:?}");
}

proptest! {
    #[test]
    fn a_code_is_read_however_it_is_typed(bytes in any::<[u8; BYTES]>(), blanks in "[ \t\r\n-]{0,5}") {
        let code = spelled(&bytes);
        prop_assert_eq!(code.len(), LONG);
        let (one, other) = code.split_at(7);
        prop_assert_eq!(read_code(&format!("{blanks}{}{blanks}{other}{blanks}", one.to_uppercase())).unwrap(), code.clone());
        // Another code has another hash; half a code is none.
        let mut turned = bytes;
        turned[0] ^= 1;
        prop_assert_ne!(hash(&spelled(&turned)), hash(&code));
        prop_assert!(read_code(one).is_err());
    }

    #[test]
    fn no_text_breaks_the_reading_of_codes(text in ".{0,80}") {
        let read = read_code(&text);
        prop_assert!(read.is_err() || read.unwrap().len() == LONG);
    }
}
