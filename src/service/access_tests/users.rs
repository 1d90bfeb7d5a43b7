//! Users: adding, changing, ending; own passwords.

use zeroize::Zeroizing;

use super::*;
use crate::service::Login;

fn user(client: &Client, fields: &[(&str, &str)]) -> Result<Added, Error> {
    let fields = fields.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
    client.call(Add { kind: RecordKind::User, about: None, fields })
}

fn id_of(client: &Client, name: &str) -> Uuid {
    let users = client.call(list(RecordKind::User, "")).unwrap().items;
    users.into_iter().find(|user| user.title == name).unwrap().id
}

fn set(client: &Client, name: &str, field: &str, text: &str) -> Result<Edited, Error> {
    let fields = vec![FieldEdit::text(field, text)];
    client.call(Edit { kind: RecordKind::User, id: id_of(client, name), fields, expect_revision: None })
}

#[test]
fn an_owner_adds_users_who_can_begin() {
    let fixture = team();
    let olga = fixture.client("olga");
    let added = user(&olga, &[("name", "ben"), ("unix", "bn"), ("role", "rep"), ("team", "south")]).unwrap();
    assert!(added.warnings.is_empty());
    let ben = fixture.client("bn");
    assert_eq!(ben.call(Whoami {}).unwrap().role.as_str(), "rep");
    fixture.reload();
    assert_eq!(ben.call(Whoami {}).unwrap().team, "south");
    for (fields, code) in [
        (vec![("name", "ben"), ("unix", "b2"), ("role", "rep")], Code::Conflict),
        (vec![("name", "me"), ("unix", "b2"), ("role", "rep")], Code::Usage),
        (vec![("name", "two words"), ("unix", "b2"), ("role", "rep")], Code::Usage),
        (vec![("name", "eva"), ("role", "rep")], Code::Usage),
        (vec![("name", "eva"), ("unix", "e"), ("role", "boss")], Code::Usage),
        (vec![("name", "eva"), ("unix", "e")], Code::Usage),
        (vec![("name", "eva"), ("unix", "bn"), ("role", "rep")], Code::Conflict),
        (vec![("name", "eva"), ("unix", "e"), ("role", "rep"), ("password", "x")], Code::Usage),
    ] {
        let error = user(&olga, &fields).unwrap_err();
        assert_eq!(error.code, code, "{fields:?}: {error}");
    }
    for name in ["dora", "lena", "rita", "mara", "aron"] {
        let error =
            user(&fixture.client(name), &[("name", "eva"), ("unix", "e"), ("role", "rep")]).unwrap_err();
        assert_eq!(error.code, Code::Denied, "{name}");
    }
    // Everybody knows who is there; the account is the administrator's business.
    let rita = fixture.client("rita").call(list(RecordKind::User, "")).unwrap();
    assert!(!format!("{rita:?}").contains("\"bn\""));
}

/// The administrator must not be one step from seeing everything.
#[test]
fn an_administrator_prepares_and_an_owner_activates() {
    let fixture = team();
    let (olga, adam) = (fixture.client("olga"), fixture.client("adam"));
    let added = user(&adam, &[("name", "ben"), ("unix", "bn"), ("role", "rep")]).unwrap();
    assert!(added.warnings[0].contains("an owner activates it"), "{:?}", added.warnings);
    assert_eq!(fixture.service.session_of("bn").err().unwrap().code, Code::Denied);
    assert_eq!(set(&adam, "ben", "inactive", "no").unwrap_err().code, Code::Denied);
    set(&adam, "ben", "team", "north").unwrap();
    set(&olga, "ben", "inactive", "no").unwrap();
    fixture.client("bn");
    // By what an active one is recognised, only an owner changes; and nobody is made more than the giver.
    for (name, field, text) in [
        ("ben", "unix", "adam"),
        ("ben", "name", "bert"),
        ("adam", "role", "dpo"),
        ("adam", "role", "owner"),
        ("adam", "role", "auditor"),
        ("mara", "role", "owner"),
        ("olga", "unix", "adam2"),
    ] {
        assert_eq!(set(&adam, name, field, text).unwrap_err().code, Code::Denied, "{name} {field}={text}");
    }
    let password = Some(Hush::new(Zeroizing::new("correct horse".into())));
    let other = SetPassword { user: Some("rita".into()), password, old: None };
    assert_eq!(adam.call(other.clone()).unwrap_err().code, Code::Denied);
    assert_eq!(fixture.client("rolf").call(other.clone()).unwrap_err().code, Code::Denied);
    olga.call(other).unwrap();
    set(&adam, "ben", "inactive", "yes").unwrap();
    user(&adam, &[("name", "eve"), ("unix", "eve"), ("role", "admin")]).unwrap();
    assert!(fixture.client("eve").call(Status {}).is_ok());
}

#[test]
fn a_deactivated_user_asks_nothing_more() {
    let fixture = team();
    let (olga, rita) = (fixture.client("olga"), fixture.client("rita"));
    let session = fixture.service.session_of("rita").unwrap();
    assert!(fixture.service.is_open(&session));
    set(&olga, "rita", "inactive", "yes").unwrap();
    let error = rita.call(Whoami {}).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::Denied, "the user `rita` is not active: this session is over")
    );
    assert!(!fixture.service.is_open(&session));
    assert!(!fixture.service.sees(&session, RecordKind::Settings, Uuid::nil()));
    assert_eq!(fixture.service.session_of("rita").err().unwrap().code, Code::Denied);
    // The user stays in history and lists, and comes back.
    set(&olga, "rita", "inactive", "no").unwrap();
    assert!(rita.call(Whoami {}).is_ok());
    // Another role counts from the next request on, in a session that is open.
    set(&olga, "rita", "role", "auditor").unwrap();
    assert_eq!(rita.call(list(RecordKind::Contact, "")).unwrap_err().code, Code::Denied);
    // The last owner cannot go.
    for (field, text) in [("inactive", "yes"), ("role", "rep")] {
        assert_eq!(set(&olga, "olga", field, text).unwrap_err().code, Code::Refused, "{field}");
    }
    set(&olga, "rolf", "role", "owner").unwrap();
    set(&olga, "olga", "role", "rep").unwrap();
    assert_eq!(
        olga.call(Delete { kind: RecordKind::User, id: id_of(&rita, "rolf"), expect_revision: None })
            .unwrap_err()
            .code,
        Code::Denied
    );
}

#[test]
fn a_role_that_is_unknown_gives_no_access() {
    let fixture = Fixture::of(vec![
        User { name: "olga".into(), unix: "olga".into(), role: Role::Owner.into(), ..User::default() },
        User { name: "ines".into(), unix: "ines".into(), role: "intern".parse().unwrap(), ..User::default() },
    ]);
    let error = fixture.client("ines").call(Whoami {}).unwrap_err();
    assert_eq!(error.code, Code::Denied);
    assert!(error.message.contains("the role `intern`, which is unknown here"), "{error}");
    assert!(set(&fixture.client("olga"), "ines", "role", "rep").is_ok());
    assert!(fixture.client("ines").call(Whoami {}).is_ok());
}

#[test]
fn an_own_password_is_asked_for_and_guessing_is_slow() {
    let fixture = team();
    let olga = fixture.client("olga");
    let words = |text: &str| Some(Hush::new(Zeroizing::new(text.into())));
    let short = SetPassword { user: Some("rita".into()), password: words("short"), old: None };
    assert_eq!(olga.call(short).unwrap_err().code, Code::Usage);
    let rita = |password, old| SetPassword { user: Some("rita".into()), password, old };
    olga.call(rita(words("correct horse"), None)).unwrap();
    let login = |user: Option<&str>, password: Option<&str>| Login {
        user: user.map(str::to_owned),
        password: password.map(|words| Zeroizing::new(words.to_owned())),
    };
    let begin = |login: &Login| fixture.service.session_by_password("rita", login).map(drop);
    assert_eq!(begin(&login(None, None)).unwrap_err().message, "the user `rita` has an own password");
    begin(&login(None, Some("correct horse"))).unwrap();
    for _ in 0..3 {
        assert_eq!(begin(&login(None, Some("wrong horse!"))).unwrap_err().message, "wrong password");
    }
    // From now on even the right one waits; the clock of the test stands still.
    let error = begin(&login(None, Some("correct horse"))).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::Locked, "too many wrong passwords: wait 2 seconds")
    );
    // With a password the account can be shared; each says who it is.
    user(&olga, &[("name", "ben"), ("unix", "rita"), ("role", "rep")]).unwrap();
    assert!(begin(&login(None, None)).unwrap_err().message.contains("shared by ben, rita"));
    assert!(begin(&login(Some("ben"), None)).unwrap_err().message.contains("`ben` has no own password"));
    let password = words("another horse");
    olga.call(SetPassword { user: Some("ben".into()), password, old: None }).unwrap();
    begin(&login(Some("ben"), Some("another horse"))).unwrap();
    assert_eq!(begin(&login(Some("ben"), Some("correct horse"))).unwrap_err().code, Code::Locked);
    assert_eq!(begin(&login(Some("olga"), None)).unwrap_err().code, Code::Denied);
    // The hash is in no answer.
    let id = id_of(&olga, "ben");
    let card = olga.call(Get { kind: RecordKind::User, id, at: None }).unwrap();
    let history = olga.call(History { kind: RecordKind::User, id }).unwrap();
    assert!(!format!("{card:?}{history:?}").contains("argon2id"));
    assert_eq!(history.len(), 2, "that it was set stays known");
    // It does not stand in the way of taking back what was done before.
    assert_eq!(olga.call(Undo { seq: None }).unwrap_err().code, Code::NotFound);
}

/// A screen that was left open is not enough to take an account over.
#[test]
fn whoever_changes_the_own_password_gives_the_old_one() {
    let fixture = team();
    let (olga, rita) = (fixture.client("olga"), fixture.client("rita"));
    let words = |text: &str| Some(Hush::new(Zeroizing::new(text.into())));
    let set = |user: Option<&str>, password: Option<&str>, old: Option<&str>| SetPassword {
        user: user.map(str::to_owned),
        password: password.and_then(words),
        old: old.and_then(words),
    };
    let has = |client: &Client| client.call(Whoami {}).unwrap().own_password;
    assert!(!has(&rita));
    // The first one has nothing before it.
    rita.call(set(None, Some("correct horse"), None)).unwrap();
    assert!(has(&rita));
    for user in [None, Some("rita"), Some("me")] {
        for password in [Some("another horse"), None] {
            let error = rita.call(set(user, password, None)).unwrap_err();
            assert_eq!(error.code, Code::Locked, "{user:?}: {error}");
            assert!(error.message.contains("with the old one only"), "{error}");
        }
    }
    assert_eq!(
        rita.call(set(None, Some("another horse"), Some("wrong horse"))).unwrap_err().message,
        "wrong password"
    );
    rita.call(set(None, Some("another horse"), Some("correct horse"))).unwrap();
    assert!(rita.call(set(None, None, Some("correct horse"))).is_err());
    // An owner resets another's without it, and gives the own one for the own.
    olga.call(set(Some("rita"), Some("third horse!"), None)).unwrap();
    olga.call(set(None, Some("owners horse"), None)).unwrap();
    assert_eq!(olga.call(set(None, None, Some("third horse!"))).unwrap_err().code, Code::Locked);
    olga.call(set(None, None, Some("owners horse"))).unwrap();
    assert!(!has(&olga));
    // Guessing is as slow as where a session begins, and is recorded.
    for _ in 0..3 {
        rita.call(set(None, None, Some("wrong horse"))).unwrap_err();
    }
    let error = rita.call(set(None, None, Some("third horse!"))).unwrap_err();
    assert!(error.message.contains("too many wrong passwords"), "{error}");
    let asked = Denials { user: "rita".into(), from: None, to: None, before: None, limit: 10 };
    let rows = olga.call(asked).unwrap().items;
    assert!(
        rows.iter()
            .any(|row| row.request == "SetPassword" && row.why == crate::domain::denial::Why::Password)
    );
}
