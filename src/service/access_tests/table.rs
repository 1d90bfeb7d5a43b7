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
