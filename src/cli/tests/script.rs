//! A store with one contact, as a script of answers.

use uuid::Uuid;

use crate::api::{
    Added, BulkReport, Card, ChangeView, CheckLine, DoctorReport, Edited, Entry, Error, Identity,
    ImportReport, Level, Outcome, Page, Request, Response, RowOutcome, Shown, Similar, Undone, VerifyReport,
};
use crate::client::fake::{anna, customs, note};
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SessionId, StoreId};
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::domain::value::Value;

pub(super) const ID: &str = "6f9619ff-8b86-4d11-b42d-00c04fc964ff";

fn change() -> ChangeView {
    let key = ContactField::job_title.key();
    let text =
        |text: &str| Some(Shown { key, value: Some(Value::Text(text.to_owned())), text: text.to_owned() });
    ChangeView {
        field: key,
        name: "job_title".to_owned(),
        label: "Job title".to_owned(),
        old: text("Buyer"),
        new: text("Head of Purchasing"),
    }
}

pub(super) fn entry(seq: u64) -> Entry {
    Entry {
        seq,
        at: Timestamp::parse_as_of("2026-02-01T10:00:00Z").unwrap(),
        actor: "anna".to_owned(),
        session: SessionId(Uuid::from_u128(1)),
        action: Action::Edit,
        kind: RecordKind::Contact,
        id: ID.parse().unwrap(),
        about: None,
        title: "Anna Schmidt".to_owned(),
        revision: 3,
        changes: vec![change()],
        transaction: seq,
        erased: false,
    }
}

/// A store with one contact, which says yes to everything.
pub(super) fn store(request: Request) -> Result<Response, Error> {
    let id: Uuid = ID.parse().unwrap();
    let edited =
        || Edited { revision: 4, changed: vec![ContactField::job_title.key()], warnings: Vec::new() };
    Ok(match request {
        Request::SchemaGet(_) => Response::SchemaGet(customs()),
        Request::Whoami(_) => Response::Whoami(Identity {
            store: StoreId(Uuid::from_u128(1)),
            controller: "Muster GmbH".to_owned(),
            country: "DE".to_owned(),
            user: Uuid::from_u128(2),
            name: "anna".to_owned(),
            role: Role::Owner.into(),
            team: String::new(),
            session: SessionId(Uuid::from_u128(3)),
            own_password: false,
            demo: false,
        }),
        Request::List(list) => {
            let item = if list.kind == RecordKind::Note { note() } else { anna() };
            let withheld = [("objection".to_owned(), 2)].into();
            Response::List(Page { items: vec![item], total: 1, offset: 0, withheld, ..Page::default() })
        }
        Request::Get(_) => Response::Get(Card {
            record: anna(),
            notes: vec![note()],
            people: Vec::new(),
            held: None,
            retention: None,
        }),
        Request::Add(_) => Response::Add(Added {
            id,
            revision: 1,
            similar: vec![Similar {
                id: Some(ContactId(Uuid::from_u128(8))),
                title: "Anna Schmitt".to_owned(),
                company: "Muster GmbH".to_owned(),
                same: vec!["phone".to_owned()],
                ask: String::new(),
            }],
            warnings: Vec::new(),
        }),
        Request::Edit(_) => Response::Edit(edited()),
        Request::Delete(_) => Response::Delete(edited()),
        Request::Restore(_) => Response::Restore(edited()),
        Request::History(_) => Response::History(vec![entry(5)]),
        Request::Activity(activity) => {
            let from = activity.before.unwrap_or(2500);
            Response::Activity((from.saturating_sub(activity.limit)..from).rev().map(entry).collect())
        }
        Request::Bulk(bulk) => Response::Bulk(BulkReport {
            matched: 3,
            changed: 2,
            unchanged: 1,
            samples: vec![("Anna Schmidt".to_owned(), vec![change()])],
            transaction: (!bulk.dry_run).then_some(12),
            ..BulkReport::default()
        }),
        Request::Import(import) => {
            let outcome = |row: &crate::domain::edit::Incoming| RowOutcome {
                row: row.row,
                outcome: if row.row == 3 { Outcome::Rejected } else { Outcome::Created },
                id: None,
                reason: if row.row == 3 { "no name".to_owned() } else { String::new() },
            };
            Response::Import(ImportReport { rows: import.rows.iter().map(outcome).collect(), quarantined: 0 })
        }
        Request::Undo(_) => Response::Undo(Undone {
            what: "job_title of Anna Schmidt".to_owned(),
            records: vec![(RecordKind::Contact, id)],
        }),
        Request::LogVerify(_) => Response::LogVerify(VerifyReport {
            entries: 9,
            records: 4,
            root: "AAAA".to_owned(),
            problems: Vec::new(),
        }),
        Request::Doctor(_) => Response::Doctor(DoctorReport {
            checks: vec![CheckLine {
                name: "escrow".to_owned(),
                level: Level::Error,
                message: "none".to_owned(),
                hint: String::new(),
            }],
        }),
        other => return Err(Error::failed(format!("the script has no answer to {}", other.name()))),
    })
}
