//! Which number, which list, which question: what one answer or one entry stops, and what it does not.

use super::*;
use crate::domain::suppression::{Class, Reason, Scope};

fn suppress(client: &Client, text: &str, scope: Scope) {
    let of = Typed { class: Class::Phone, text: text.into(), country: "DE".into() };
    let (reason, words) = (Reason::Manual, String::new());
    client.call(Suppress { of, scope, reason, words }).unwrap();
}

fn set_phones(client: &Client, contact: ContactId, phones: &str) {
    let fields = vec![FieldEdit::text("phones", phones)];
    client.call(Edit { kind: RecordKind::Contact, id: contact.0, fields, expect_revision: None }).unwrap();
}

fn set_purpose(client: &Client, name: &str, field: &str, value: &str) -> Result<Edited, Error> {
    let purposes = client.call(Purposes { retired: true }).unwrap();
    let named = |one: &&StoredPurpose| {
        let name_key = crate::domain::purpose::PurposeField::name.key();
        one.fields.get(&name_key).is_some_and(|value| value.to_string() == name)
    };
    let id = purposes.iter().find(named).unwrap().id;
    let fields = vec![FieldEdit::text(field, value)];
    client.call(Edit { kind: RecordKind::Purpose, id, fields, expect_revision: None })
}

#[test]
fn a_suppressed_private_number_does_not_stop_the_one_at_work() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    set_phones(&owner, contact, "private: 0151 23456789; work: 030 901820");
    let by = |number: Option<&str>| {
        let number = number.map(str::to_owned);
        owner.call(CallCheck { contact, purpose: "sales".into(), number }).unwrap()
    };
    assert_eq!(by(None).dial.unwrap().label, "private");
    suppress(&owner, "0151 23456789", Scope::Channel);
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        let card = by(Some("0151 23456789"));
        assert!(!card.allowed && card.verdict.contains("suppression list"), "{}", card.verdict);
        let card = by(None);
        assert_eq!((card.allowed, card.dial.unwrap().label.as_str()), (true, "work"), "{}", card.verdict);
        assert!(by(Some("030 901820")).allowed);
    }
    // The export for the same purpose has the number that may be dialled, and not the other.
    let export = || {
        let (query, purpose, to) = (String::new(), "sales".to_owned(), String::new());
        let (window, columns, run) = (Window::default(), vec![], None);
        owner.call(Export { query, purpose, channel: Channel::Phone, window, columns, to, run }).unwrap()
    };
    let phones = crate::domain::contact::ContactField::phones.key();
    let page = export().page;
    assert_eq!(page.items.len(), 1);
    let text = page.items[0].text(phones);
    assert!(text.contains("901820") && !text.contains("23456789"), "{text}");
    // The last one as well: nothing is left by telephone.
    suppress(&owner, "030 901820", Scope::Channel);
    assert!(!by(None).allowed);
    assert_eq!(export().page.withheld.get("suppressed"), Some(&1));
    // Another number is another, unless whoever has the first is left alone altogether.
    set_phones(&owner, contact, "private: 0151 23456789; work: 030 901820; 030 901821");
    assert!(by(None).allowed);
    suppress(&owner, "0151 23456789", Scope::Marketing);
    assert!(!by(Some("030 901821")).allowed);
    verified(&owner);
}

#[test]
fn who_wants_no_more_calls_is_still_asked_about_the_rest() {
    let fixture = with_scripts();
    let (owner, lead) = (fixture.client("owner"), fixture.client("lead"));
    let contact = agreed(&owner);
    let begun = begin(&owner, contact).unwrap();
    let said = read_to(
        &fixture,
        &begun,
        vec![
            answer("sales", Channel::Storage, Reply::Yes, "Ja"),
            answer("newsletter", Channel::Email, Reply::Yes, "Ja"),
        ],
    );
    let kept = owner.call(CallKeep { call: begun.call, answers: said.clone() }).unwrap();
    assert_eq!(kept.no_more, []);
    // By mail, to a colleague: no more calls. The rest was not spoken of.
    let withdraw = ConsentWithdraw {
        contact,
        purpose: Some("sales".into()),
        channel: Some(Channel::Phone),
        words: "please no more calls".into(),
        way: Way::Mail,
        at: None,
        zone: String::new(),
        objection: false,
    };
    lead.call(withdraw).unwrap();
    let kept = owner.call(CallKeep { call: begun.call, answers: said.clone() }).unwrap();
    let no_more: Vec<_> = kept.no_more.iter().map(|line| (line.purpose.as_str(), line.channel)).collect();
    assert_eq!(no_more, [("sales", Channel::Phone)]);
    assert_eq!(owner.call(CallsOpen {}).unwrap()[0].stopped, None);
    let mut both = said.clone();
    both.answers.push(answer("sales", Channel::Phone, Reply::Yes, "Ja"));
    let error = record(&owner, contact, &both).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("answers[2]"), "{error}");
    record(&owner, contact, &said).unwrap();
    assert_eq!(state(&owner, contact, "sales", Channel::Storage), State::Given);
    assert_eq!(state(&owner, contact, "sales", Channel::Phone), State::Withdrawn);
    // Nobody dials any more.
    assert_eq!(begin(&owner, contact).unwrap_err().code, Code::Refused);
}

#[test]
fn a_call_is_made_from_a_list_that_has_the_person() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let (contact, other) = (agreed(&owner), agreed(&owner));
    let make = |name: &str, purpose: &str, query: String| {
        let (name, purpose, team) = (name.to_owned(), purpose.to_owned(), String::new());
        owner.call(CallListMake { name, purpose, query, team }).unwrap().id
    };
    set_phones(&owner, other, "030 901822");
    let list = make("south", "sales", "901820".into());
    let begin_from = |contact: ContactId, list: Uuid| {
        let (purpose, number, language, list) = ("sales".into(), None, None, Some(list));
        owner.call(CallBegin { contact, purpose, number, language, list })
    };
    for (contact, list, code) in [(contact, Uuid::from_u128(7), Code::NotFound), (other, list, Code::Refused)]
    {
        let error = begin_from(contact, list).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (code, Some("list")), "{error}");
    }
    let mut said = Said::new(ConsentKind::Asserted, "contract", Channel::Phone, Way::Mail, "");
    said.basis = Some(crate::domain::basis::Basis::Contract);
    said.reason = "ordered".into();
    owner.call(ConsentRecord { contact, said: vec![said] }).unwrap();
    let orders = make("orders", "contract", "901820".into());
    assert_eq!(
        begin_from(contact, orders).unwrap_err().field.as_deref(),
        Some("list"),
        "for another purpose"
    );
    assert!(owner.call(CallsOpen {}).unwrap().is_empty(), "nobody is held by what was refused");
    let begun = begin_from(contact, list).unwrap();
    let recorded = record(&owner, contact, &spoke(&fixture, Some(begun.call))).unwrap();
    let call = owner.call(Get { kind: RecordKind::Call, id: recorded.call, at: None }).unwrap().record;
    assert_eq!(call.text(CallField::list.key()), list.to_string());
    owner.call(CallListClose { list: list.to_string() }).unwrap();
    let error = begin_from(contact, list).unwrap_err();
    assert!(error.message.contains("closed"), "{error}");
}

/// R9: no birth date, but how it was made sure.
#[test]
fn what_is_for_adults_is_agreed_to_by_somebody_whose_age_was_made_sure() {
    let fixture = with_scripts();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    set_purpose(&owner, "sales", "age_check", "contract").unwrap();
    let begun = begin(&owner, contact).unwrap();
    let ages: Vec<(String, Option<u8>)> =
        begun.script.as_ref().unwrap().questions.iter().map(|one| (one.purpose.clone(), one.age)).collect();
    assert!(ages.contains(&("sales".into(), Some(18))) && ages.contains(&("newsletter".into(), None)));
    let yes = vec![
        answer("sales", Channel::Phone, Reply::Yes, "Ja"),
        answer("newsletter", Channel::Email, Reply::No, "Nein"),
    ];
    let mut said = read_to(&fixture, &begun, yes);
    let error = record(&owner, contact, &said).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::Refused, Some("answers[0].age")), "{error}");
    assert!(error.message.contains("from 18 on"), "{error}");
    assert_eq!(calls(&owner, contact), []);
    // A no needs none.
    said.answers[0].reply = Reply::No;
    let mut no = said.clone();
    no.id = None;
    record(&owner, contact, &no).unwrap();
    let other = agreed_with_age(&owner);
    let begun = begin(&owner, other).unwrap();
    let mut said = read_to(&fixture, &begun, vec![answer("sales", Channel::Phone, Reply::Yes, "Ja")]);
    said.age = "said that she is of age".into();
    let recorded = record(&owner, other, &said).unwrap();
    let book = owner.call(Consents { contact: other, at: None }).unwrap();
    let event = book.events.iter().find(|event| event.id == recorded.events[0]).unwrap();
    assert_eq!(event.record.text(ConsentField::age.key()), "said that she is of age");
    // Elsewhere and without a call it is the same.
    let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::Form, "yes");
    let error = owner.call(ConsentRecord { contact: other, said: vec![said] }).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("age"));
}

fn agreed_with_age(owner: &Client) -> ContactId {
    let mut fields = anna();
    fields.push(FieldEdit::text("country", "DE"));
    fields.push(FieldEdit::text("language", "de"));
    let contact = ContactId(add(owner, fields).unwrap().id);
    let mut said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "do call me");
    said.age = "showed an identity card".into();
    owner.call(ConsentRecord { contact, said: vec![said] }).unwrap();
    contact
}

#[test]
fn a_purpose_names_fields_that_there_are() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let error = set_purpose(&owner, "newsletter", "fields", "given_name, email").unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::Usage, Some("fields")));
    assert!(
        error.message.contains("`email`") && error.hint.as_deref().unwrap().contains("emails"),
        "{error:?}"
    );
    set_purpose(&owner, "newsletter", "fields", "given_name, emails, notes").unwrap();
}
