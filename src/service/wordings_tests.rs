//! Wordings at the door: versions that stay as they are, and who adds them.

use super::tests::{Fixture, verified};
use crate::api::*;
use crate::client::Client;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::wording::shipped::shipped;
use crate::domain::wording::{Usage, WordingKind, sha256};

const SCRIPT: WordingKind = WordingKind::Script;

fn text(word: &str) -> String {
    format!(
        "{word}: {{{{ agent }}}} {{{{ controller }}}} {{{{ purposes }}}} {{{{ retention }}}} \
         {{{{ right_to_withdraw }}}} {{{{ right_to_object }}}}\n\n{{{{ questions }}}}  \n\n"
    )
}

fn script(name: &str, text: &str) -> WordingAdd {
    WordingAdd {
        kind: SCRIPT,
        name: name.into(),
        language: "de".into(),
        subject: String::new(),
        text: text.into(),
        purposes: vec![],
        usage: None,
    }
}

fn get(client: &Client, name: &str, version: Option<u64>) -> Result<WordingView, Error> {
    client.call(WordingGet { kind: SCRIPT, name: name.into(), version })
}

#[test]
fn a_script_that_was_read_out_stays_word_for_word() {
    let fixture = Fixture::new();
    let (dpo, rep) = (fixture.client("dpo"), fixture.client("rep"));
    // The very bytes, with the spaces at the end.
    let (first, second) = (text("Guten Tag"), text("Moin"));
    let added = dpo.call(script("sales-de", &first)).unwrap();
    assert_eq!((added.version, added.unchanged, &added.sha256), (1, false, &sha256(first.as_bytes())));
    let again = dpo.call(script("sales-de", &first)).unwrap();
    assert_eq!(again, WordingAdded { unchanged: true, ..added.clone() });

    // What somebody agreed to after hearing the first is proved with the first, whatever is read out today.
    let next = dpo.call(script("sales-de", &second)).unwrap();
    assert_eq!((next.version, next.unchanged), (2, false));
    fixture.reload();
    let old = get(&rep, "sales-de", Some(1)).unwrap();
    assert_eq!((old.id, &old.text, &old.sha256), (added.id, &first, &added.sha256));
    assert_eq!(sha256(old.text.as_bytes()), old.sha256);
    let new = get(&rep, "sales-de", None).unwrap();
    assert_eq!((new.version, new.versions, &new.text), (2, 2, &second));
    // Back to the first words is a version of its own.
    assert_eq!(dpo.call(script("sales-de", &first)).unwrap().version, 3);
    // The same words for other purposes say something else.
    let only = WordingAdd { purposes: vec!["sales".into(), "sales".into()], ..script("sales-de", &first) };
    assert_eq!(dpo.call(only).unwrap().version, 4);
    assert_eq!(get(&rep, "sales-de", None).unwrap().purposes, ["sales"]);
    verified(&dpo);
}

#[test]
fn nothing_changes_a_wording() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let added = owner.call(script("sales-de", &text("Guten Tag"))).unwrap();
    let (kind, id) = (RecordKind::Wording, added.id);
    let fields = vec![FieldEdit::text("text", "You agree to everything.")];
    let targets = Targets::Ids(vec![id]);
    let tries: Vec<Request> = vec![
        Edit { kind, id, fields: fields.clone(), expect_revision: None }.into_request(),
        Add { kind, about: None, fields: fields.clone() }.into_request(),
        Delete { kind, id, expect_revision: None }.into_request(),
        Restore { kind, id }.into_request(),
        Bulk { kind, targets: targets.clone(), deed: Deed::Edit(fields), dry_run: false, expect: None }
            .into_request(),
        Bulk { kind, targets, deed: Deed::Delete, dry_run: false, expect: None }.into_request(),
    ];
    for request in tries {
        let name = request.name();
        assert_eq!(owner.request(request).unwrap_err().code, Code::Denied, "{name}");
    }
    let last = owner.call(Activity { before: None, limit: 1 }).unwrap()[0].seq;
    assert!(owner.call(Undo { seq: Some(last) }).is_err());
    assert_eq!(
        owner.call(Undo { seq: None }).unwrap_err().code,
        Code::NotFound,
        "it is no change to be undone"
    );
    assert_eq!(get(&owner, "sales-de", None).unwrap().text, text("Guten Tag"));
    let history = owner.call(History { kind, id }).unwrap();
    assert_eq!(history.len(), 1);
}

#[test]
fn a_retired_name_comes_back_with_its_next_version() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let (one, two) = (text("eins"), text("zwei"));
    owner.call(script("a", &one)).unwrap();
    let before = owner.call(script("a", &two)).unwrap();
    let retire = || WordingRetire { kind: SCRIPT, name: "a".into() };
    let retired = owner.call(retire()).unwrap();
    assert!(retired.retired_at.is_some());
    assert_eq!(owner.call(retire()).unwrap(), retired, "once is enough");
    assert_eq!(get(&owner, "a", Some(1)).unwrap().retired_at, None);
    // That it was retired is in its history; its words are as they were.
    let history = owner.call(History { kind: RecordKind::Wording, id: before.id }).unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!((retired.text, retired.sha256), (two.clone(), before.sha256));
    fixture.reload();
    let next = owner.call(script("a", &two)).unwrap();
    assert_eq!((next.version, next.unchanged), (3, false));
    assert_eq!(get(&owner, "a", None).unwrap().retired_at, None);
    assert_eq!(
        owner.call(WordingRetire { kind: SCRIPT, name: "b".into() }).unwrap_err().code,
        Code::NotFound
    );
}

#[test]
fn who_decides_about_data_writes_what_is_said() {
    let fixture = Fixture::new();
    for (user, adds, reads) in [
        ("owner", true, true),
        ("dpo", true, true),
        ("lead", true, true),
        ("rep", false, true),
        ("auditor", false, true),
        ("admin", false, false),
    ] {
        let client = fixture.client(user);
        let add = client.call(script("sales-de", &text(user)));
        assert_eq!(add.as_ref().err().map(|error| error.code), (!adds).then_some(Code::Denied), "{user}");
        let list = client.call(Wordings { kind: None });
        assert_eq!(list.as_ref().err().map(|error| error.code), (!reads).then_some(Code::Denied), "{user}");
        let retire = client.call(WordingRetire { kind: SCRIPT, name: "none".into() }).unwrap_err();
        assert_eq!(retire.code == Code::Denied, !adds, "{user}");
    }
}

#[test]
fn what_lacks_a_part_is_refused_by_name() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let refused = |add: WordingAdd| {
        let error = owner.call(add).unwrap_err();
        (error.code, error.message)
    };
    let (code, message) = refused(script("x", &text("a").replace("{{ retention }}", "")));
    assert_eq!(code, Code::Refused);
    assert!(message.contains("does not tell how long the data is kept: {{ retention }}"), "{message}");
    let (code, message) = refused(script("x", &text("{{ contoller }}")));
    assert_eq!(code, Code::Refused);
    assert!(message.contains("line 1: there is no placeholder `contoller`; did you mean `controller`?"));
    assert_eq!(refused(script("x", &"{% if dpo %}".repeat(9_000))).0, Code::Refused);
    assert_eq!(refused(script("../x", &text("a"))).0, Code::Usage);
    assert_eq!(
        refused(WordingAdd { language: "Klingonisch!".into(), ..script("x", &text("a")) }).0,
        Code::Usage
    );
    assert_eq!(refused(WordingAdd { language: "pl".into(), ..script("x", &text("a")) }).0, Code::Refused);
    assert_eq!(refused(WordingAdd { usage: Some(Usage::OptIn), ..script("x", &text("a")) }).0, Code::Refused);
    assert_eq!(
        refused(WordingAdd { purposes: vec!["a b!".into()], ..script("x", &text("a")) }).0,
        Code::Usage
    );
    assert_eq!(
        refused(WordingAdd { purposes: vec!["a".into(); 101], ..script("x", &text("a")) }).0,
        Code::Usage
    );
    owner.call(script("x", &text("a"))).unwrap();
    assert_eq!(refused(WordingAdd { language: "nl".into(), ..script("x", &text("a")) }).0, Code::Conflict);
    // The same name in another kind is another wording.
    let message = WordingAdd {
        kind: WordingKind::Message,
        language: "nl".into(),
        subject: "Hallo".into(),
        text: "{{ controller }} {{ unsubscribe }} {{ access }}".into(),
        ..script("x", "")
    };
    assert_eq!(owner.call(message).unwrap().version, 1);
    assert_eq!(owner.call(Wordings { kind: None }).unwrap().len(), 2);
    assert_eq!(owner.call(Wordings { kind: Some(SCRIPT) }).unwrap().len(), 1);
    for (name, version, told) in [("y", None, "no script `y`"), ("x", Some(2), "no version 2")] {
        let error = get(&owner, name, version).unwrap_err();
        assert_eq!(error.code, Code::NotFound);
        assert!(error.message.contains(told) && error.hint.is_some(), "{error:?}");
    }
}

#[test]
fn a_new_store_begins_with_the_wordings_of_the_program() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let own = owner.call(script("sales-de", &text("Moin"))).unwrap();
    for _ in 0..2 {
        fixture.service.add_shipped_wordings().unwrap();
        let all = owner.call(Wordings { kind: None }).unwrap();
        assert_eq!(all.len(), shipped().len());
        assert!(all.iter().all(|one| one.versions == 1 && one.sha256 == sha256(one.text.as_bytes())));
        assert_eq!(get(&owner, "sales-de", None).unwrap().id, own.id, "an own one is not replaced");
    }
    verified(&owner);
}

#[test]
fn a_long_script_is_stored_whole() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let long = text(&"Wörter ".repeat(8_000));
    let added = owner.call(script("long", &long)).unwrap();
    fixture.reload();
    let read = get(&owner, "long", None).unwrap();
    assert!(read.text == long && read.sha256 == added.sha256);
    verified(&owner);
}
