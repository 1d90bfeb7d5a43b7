//! The golden table: which role may make which request at all. What it then reaches is the other tests' business.

use super::*;
use crate::service::policy;

/// The whole table, so that a change of it is seen in review.
#[test]
fn the_golden_table_of_roles_and_requests() {
    let fixture = team();
    let some = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let requests = requests(&some, &some, &some);
    for name in Request::NAMES {
        assert!(
            requests.iter().any(|(_, request)| request.name() == *name),
            "{name} stands in no line: say who may make it"
        );
    }
    let mut table = String::new();
    for (label, request) in &requests {
        let row: String = Role::ALL
            .iter()
            .map(|role| {
                let (name, _, _) = USERS.iter().find(|(_, one, _)| one == role).unwrap();
                let session = fixture.service.session_of(name).unwrap();
                let actor = fixture.service.actor(&session).unwrap();
                if policy::authorize(actor, request).is_ok() { 'x' } else { '.' }
            })
            .collect();
        let line = format!("{row} {label}\n");
        if !table.contains(&line) {
            table.push_str(&line);
        }
    }
    let heading: String =
        Role::ALL.iter().map(|role| role.word().chars().next().unwrap()).chain(['\n']).collect();
    insta::assert_snapshot!("roles_and_requests", heading + &table);
}

/// Every request that the table denies leaves a row in the log of denials, with whom, what and why.
#[test]
fn every_denied_request_of_the_table_is_recorded() {
    let fixture = team();
    let some = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let olga = fixture.client("olga");
    for (name, _, _) in USERS {
        let session = fixture.service.session_of(name).unwrap();
        let mut denied = std::collections::BTreeMap::new();
        for (_, request) in requests(&some, &some, &some) {
            let actor = fixture.service.actor(&session).unwrap();
            if policy::authorize(actor, &request).is_ok() {
                continue;
            }
            let (word, named) = (request.name(), request.named());
            assert_eq!(fixture.service.call(&session, request).unwrap_err().code, Code::Denied);
            let count: &mut u64 = denied.entry((word, named.kind)).or_insert(0);
            *count += 1;
            let first = *count == 1;
            // Somebody who is denied that much in a day is told apart no more.
            if first && denied.len().is_multiple_of(100) {
                fixture.days_later(1);
            }
        }
        let asked = Denials { user: name.into(), from: None, to: None, before: None, limit: 1_000 };
        let rows = olga.call(asked).unwrap().items;
        for ((word, kind), count) in &denied {
            let found: Vec<_> = rows.iter().filter(|row| row.request == *word && row.kind == *kind).collect();
            assert_eq!(found.iter().map(|row| row.count).sum::<u64>(), *count, "{name}: {word} {kind:?}");
            for row in found {
                assert_eq!((row.user.as_str(), row.why), (name, crate::domain::denial::Why::Role));
            }
        }
        let all: u64 = denied.values().sum();
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), all, "{name}");
        assert!(all > 0, "even an owner does not write export runs");
    }
}
