//! What call lists tell those who do not see every person.

use super::*;
use crate::domain::call::{CallEntry, CallList, EntryState};
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::domain::value::OneOf;
use crate::store::{Origin, StoreError};

const ROLES: &str = "[caller]\nlike = \"rep\"\ncall_list = { read = \"none\" }\n\
    [deputy]\nlike = \"lead\"\n[deputy.contact]\nread = \"team\"\n";
/// Whom the query names: nobody's but the north's.
const NAMED: &str = "norbertqz nordmannqz";

/// A list that was made by a query with a name, and people of the south on it.
fn fixture() -> Fixture {
    let users = [
        ("olga", "owner", ""),
        ("dora", "dpo", ""),
        ("lena", "lead", "south"),
        ("dirk", "deputy", "south"),
        ("rita", "rep", "south"),
        ("cara", "caller", "south"),
        ("nora", "rep", "north"),
    ];
    let user = |(name, role, team): (&str, &str, &str)| User {
        name: name.into(),
        unix: name.into(),
        role: role.parse().unwrap(),
        team: team.into(),
        ..User::default()
    };
    let mut fixture = Fixture::of(users.map(user).to_vec());
    let roles = Roles::configured(&toml::from_str(ROLES).unwrap(), "config.toml").unwrap();
    let service = std::sync::Arc::into_inner(fixture.service).unwrap().with_roles(roles);
    fixture.service = std::sync::Arc::new(service);
    let olga = fixture.client("olga");
    add(&olga, person("Norbertqz", "Nordmannqz", "+49 30 901100", "n@example.com"), "nora", "north");
    let anna = add(&olga, person("Anna", "Berg", "+49 30 901101", "a@example.com"), "rita", "south");
    let origin = Origin {
        at: Timestamp::from_millis(1_780_000_000_000),
        actor: UserId(Uuid::nil()),
        session: SessionId(Uuid::nil()),
        action: Action::Call,
    };
    let list = CallList {
        name: "Fair".into(),
        purpose: "sales".into(),
        query: NAMED.into(),
        size: 1,
        ..CallList::default()
    };
    let made = fixture.service.store.write(origin, move |txn| {
        let list = txn.create(SubjectId::NOBODY, &list)?.id.to_string();
        let entry =
            CallEntry { list, place: 1, state: OneOf(Some(EntryState::Open)), ..CallEntry::default() };
        txn.create(SubjectId(anna), &entry)?;
        Ok::<_, StoreError>(())
    });
    made.unwrap();
    fixture.reload();
    fixture
}

#[test]
fn a_query_is_told_to_those_alone_who_see_every_person() {
    let fixture = fixture();
    let olga = fixture.client("olga");
    let lists = olga.call(CallLists { closed: true }).unwrap();
    assert_eq!(lists[0].query, NAMED);
    let id = lists[0].id;
    let (kind, asked) = (RecordKind::CallList, id.to_string());
    for (name, sees, has_lists) in [
        ("olga", true, true),
        ("dora", true, true),
        ("lena", true, true),
        ("dirk", false, true),
        ("rita", false, true),
        ("nora", false, true),
        ("cara", false, false),
    ] {
        let client = fixture.client(name);
        let query = |lists: &[crate::api::work::CallListView]| lists.first().map(|list| list.query.clone());
        let wanted = has_lists.then(|| if sees { NAMED.to_owned() } else { String::new() });
        let shown = client.call(CallLists { closed: true }).ok();
        assert_eq!(shown.as_deref().and_then(query), wanted, "{name}");
        let card = client.call(CallListShow { list: asked.clone() }).ok();
        assert_eq!(card.map(|card| card.list.query), wanted, "{name}");
        let today = client.call(Today {}).unwrap();
        assert_eq!(query(&today.lists), wanted, "{name}");
        let told = [
            format!("{:?}", client.call(Get { kind, id, at: None })),
            format!("{:?}", client.call(super::list(kind, ""))),
            format!("{:?}", client.call(History { kind, id })),
            format!("{:?}", client.call(Activity { before: None, limit: 100 })),
        ];
        assert_eq!(told[0].contains(NAMED), sees, "{name}: {}", told[0]);
        for told in told {
            assert!(sees || !told.contains("norbertqz"), "{name}: {told}");
        }
    }
    // Whoever closes a list is answered with it.
    let closed = fixture.client("dirk").call(CallListClose { list: asked.clone() }).unwrap();
    assert_eq!(closed.query, "");
    assert_eq!(olga.call(CallListClose { list: asked }).unwrap().query, NAMED);
}
