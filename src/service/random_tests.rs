//! Whatever is done in whatever order: folding each record's history from nothing gives the record, the log verifies, and
//! what is in memory is what a fresh look at the store builds.

use proptest::prelude::*;
use uuid::Uuid;

use super::tests::Fixture;
use crate::api::*;
use crate::client::Client;
use crate::domain::edit::{FieldEdit, Incoming, Input};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;

#[derive(Clone, Debug)]
enum Act {
    Add(u8),
    Edit(usize, u8, String),
    Delete(usize),
    Restore(usize),
    Note(usize, String),
    Merge(usize, usize),
    Bulk(u8),
    Import(u8),
    Undo,
    Redo,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => any::<u8>().prop_map(Act::Add),
        6 => (any::<usize>(), 0..6u8, "[a-zäé ]{0,12}").prop_map(|(at, field, text)| Act::Edit(at, field, text)),
        2 => any::<usize>().prop_map(Act::Delete),
        2 => any::<usize>().prop_map(Act::Restore),
        2 => (any::<usize>(), "[a-z]{1,20}").prop_map(|(at, text)| Act::Note(at, text)),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(keep, other)| Act::Merge(keep, other)),
        1 => any::<u8>().prop_map(Act::Bulk),
        2 => any::<u8>().prop_map(Act::Import),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
    ];
    proptest::collection::vec(act, 1..40)
}

fn person(n: u8) -> Vec<FieldEdit> {
    let text = [
        ("given_name", format!("Given{}", n % 16)),
        ("family_name", format!("Family{}", n / 16)),
        ("emails", format!("p{n}@example.com")),
        ("company", format!("Company{}", n % 5)),
        ("basis", "contract".to_owned()),
        ("reason", "asked for an offer".to_owned()),
        ("source", "letter".to_owned()),
    ];
    text.map(|(field, text)| FieldEdit::text(field, text)).to_vec()
}

/// Carries an act out; refusals are answers like any other.
fn perform(client: &Client, ids: &mut Vec<Uuid>, act: Act) -> Option<Code> {
    let pick = |at: usize| ids.get(at % ids.len().max(1)).copied().unwrap_or_default();
    let kind = RecordKind::Contact;
    let done = match act {
        Act::Add(n) => {
            client.call(Add { kind, about: None, fields: person(n) }).map(|added| ids.push(added.id))
        }
        Act::Edit(at, field, text) => {
            let field = ["given_name", "job_title", "tags", "company", "family_name", "department"]
                [usize::from(field)];
            let fields = vec![FieldEdit::text(field, text)];
            client.call(Edit { kind, id: pick(at), fields, expect_revision: None }).map(drop)
        }
        Act::Delete(at) => client.call(Delete { kind, id: pick(at), expect_revision: None }).map(drop),
        Act::Restore(at) => client.call(Restore { kind, id: pick(at) }).map(drop),
        Act::Note(at, text) => {
            let about = Some(ContactId(pick(at)));
            client
                .call(Add { kind: RecordKind::Note, about, fields: vec![FieldEdit::text("text", text)] })
                .map(drop)
        }
        Act::Merge(keep, other) => {
            let (keep, other) = (ContactId(pick(keep)), ContactId(pick(other)));
            client.call(Merge { keep, other, dry_run: false }).map(drop)
        }
        Act::Bulk(n) => {
            let fields = vec![FieldEdit {
                field: "tags".into(),
                input: Input::AddTags(vec![format!("tag{}", n % 3)]),
            }];
            let deleted = if n % 5 == 1 { " is:deleted" } else { "" };
            let targets = Targets::Query(format!("given{}{deleted}", n % 16));
            let deed = match n % 5 {
                0 => Deed::Delete,
                1 => Deed::Restore,
                _ => Deed::Edit(fields),
            };
            client.call(Bulk { kind, targets, deed, dry_run: false, expect: None }).map(drop)
        }
        Act::Import(n) => {
            let rows = [n, n.wrapping_add(1), n]
                .map(|n| Incoming { row: 1, fields: person(n), notes: vec![] })
                .to_vec();
            let report = client.call(Import { rows, provenance: Provenance::default(), dry_run: false });
            report.map(|report| {
                for id in report.rows.iter().filter_map(|row| row.id) {
                    if !ids.contains(&id.0) {
                        ids.push(id.0);
                    }
                }
            })
        }
        Act::Undo => client.call(Undo { seq: None }).map(drop),
        Act::Redo => client.call(Redo {}).map(drop),
    };
    done.err().map(|error| error.code)
}

fn seen(client: &Client) -> Vec<Vec<(String, Uuid)>> {
    let queries = ["", "given1", "company:company2", "tag:tag0", "has:note", "is:deleted", "p7@example.com"];
    let list = |query: &str| List {
        kind: RecordKind::Contact,
        query: query.into(),
        sort: "name".into(),
        window: Window::default(),
        columns: vec![],
    };
    let titles = |page: Page| page.items.into_iter().map(|view| (view.title, view.id)).collect();
    queries.iter().map(|query| titles(client.call(list(query)).unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn history_leads_to_every_record_and_memory_to_every_list(acts in acts()) {
        let fixture = Fixture::new();
        let client = fixture.client("owner");
        let mut ids = Vec::new();
        for act in acts {
            let code = perform(&client, &mut ids, act.clone());
            prop_assert!(!matches!(code, Some(Code::Failed | Code::Integrity)), "{act:?}: {code:?}");
        }
        let report = client.call(LogVerify {}).unwrap();
        prop_assert!(report.problems.is_empty(), "{:?}", report.problems);
        let before = seen(&client);
        fixture.reload();
        prop_assert_eq!(before, seen(&client));
    }
}
