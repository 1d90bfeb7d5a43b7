use super::*;
use crate::domain::contact::{Contact, Note, NoteField};
use crate::domain::history::Action;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::domain::value::Value;
use crate::env::Env;
use crate::store::backend::{Backend, Batch, MemoryBackend, MemoryDisk};
use crate::store::{Origin, Store, open};

const KINDS: &[RecordKind] = &[RecordKind::User, RecordKind::Note, RecordKind::Contact];

/// A store of people with long and short notes, enough for many slices, and the disk it is on.
fn filled() -> (Store, MemoryDisk) {
    let env = Env::system();
    let id = StoreId(env.ids.next());
    let keyring = Keyring::in_memory(id, &env).unwrap();
    let disk = MemoryDisk::new();
    let store = open::fresh(Box::new(MemoryBackend::on(disk.clone())), keyring, id, &env).unwrap();
    store
        .write(origin(), |txn| {
            txn.create(SubjectId::NOBODY, &User { name: "anna".into(), ..User::default() })?;
            for n in 0..1_500 {
                let contact = Contact { family_name: format!("Family {n}"), ..Contact::default() };
                let contact = txn.create(SubjectId::NOBODY, &contact)?;
                // Of one piece, of two, and longer than a slice.
                let length = match n {
                    100 => 2 * SLICE,
                    n if n % 50 == 0 => 5_000,
                    n => n,
                };
                txn.create(contact.subject, &Note { text: "x".repeat(length), ..Note::default() })?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    (store, disk)
}

fn keys(disk: &MemoryDisk) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let backend = MemoryBackend::on(disk.clone());
    backend
        .scan(&[], &[], &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    keys
}

fn get(disk: &MemoryDisk, key: &[u8]) -> Vec<u8> {
    MemoryBackend::on(disk.clone()).get(key).unwrap().unwrap()
}

fn put(disk: &MemoryDisk, key: &[u8], value: Option<Vec<u8>>) {
    let mut batch = Batch::new();
    match value {
        Some(value) => batch.put(key, value),
        None => batch.delete(key),
    }
    MemoryBackend::on(disk.clone()).apply(batch).unwrap();
}

fn origin() -> Origin {
    Origin {
        at: Timestamp::from_millis(0),
        actor: UserId(Uuid::nil()),
        session: SessionId(Uuid::nil()),
        action: Action::Init,
    }
}

fn load(store: &Store) -> Result<(Vec<Stored>, usize, bool), StoreError> {
    store.read(|reader| {
        let (mut all, mut slices) = (Vec::new(), 0);
        let prepare = |batch: &mut Vec<Stored>, raw: &Raw<'_>| {
            batch.push(raw.stored()?);
            Ok(())
        };
        let whole = reader.load(KINDS, prepare, |batch| {
            slices += 1;
            all.extend(batch);
            Ok(())
        })?;
        Ok((all, slices, whole))
    })
}

#[test]
fn all_records_come_whole_and_in_order() {
    let (store, _) = filled();
    let one_by_one = store
        .read(|reader| {
            let mut all = Vec::new();
            for &kind in KINDS {
                reader.each_record(kind, |stored| {
                    all.push(stored);
                    Ok(())
                })?;
            }
            Ok::<_, StoreError>(all)
        })
        .unwrap();
    let (all, slices, whole) = load(&store).unwrap();
    assert!(whole);
    assert!(slices > 8, "more slices than wait anywhere: {slices}");
    assert_eq!(all.len(), 3_001);
    assert!(all == one_by_one);
    let longest = all.iter().filter_map(|stored| match stored.record.fields.get(&NoteField::text.key()) {
        Some(Value::Text(text)) => Some(text.len()),
        _ => None,
    });
    assert_eq!(longest.max(), Some(2 * SLICE));
}

#[test]
fn rows_that_vanish_come_back_or_change_places_show() {
    let (store, disk) = filled();
    let keys = keys(&disk);
    let first = |kind, piece: u8| {
        keys.iter().find(|key| key[0] == table::of(kind) && key.ends_with(&[0, piece])).unwrap().clone()
    };
    let contact = first(RecordKind::Contact, 0);
    let piece = first(RecordKind::Note, 1);
    let user = first(RecordKind::User, 0);
    let row = get(&disk, &contact);

    put(&disk, &contact, None);
    let (all, _, whole) = load(&store).unwrap();
    assert_eq!((all.len(), whole), (3_000, false), "a lost contact");
    put(&disk, &contact, Some(row.clone()));
    assert!(load(&store).unwrap().2);

    let copied = get(&disk, &piece);
    put(&disk, &piece, None);
    assert!(matches!(load(&store), Err(StoreError::Damaged(_))), "a lost piece");
    put(&disk, &piece, Some(copied));

    put(&disk, &user, Some(row));
    assert!(matches!(load(&store), Err(StoreError::Envelope(_))), "a row in another's place");
}

#[test]
fn the_first_error_ends_it() {
    let (store, _) = filled();
    let failed = store.read(|reader| {
        let prepare = |_: &mut (), _: &Raw<'_>| Ok(());
        let mut left = 3;
        reader.load(KINDS, prepare, |()| {
            left -= 1;
            if left == 0 { Err(StoreError::TooLarge) } else { Ok(()) }
        })
    });
    assert!(matches!(failed, Err(StoreError::TooLarge)));
    let failed = store.read(|reader| {
        let prepare = |_: &mut (), raw: &Raw<'_>| match raw.kind {
            RecordKind::Contact => Err(StoreError::Encoding("this")),
            _ => Ok(()),
        };
        reader.load(KINDS, prepare, |()| Ok(()))
    });
    assert!(matches!(failed, Err(StoreError::Encoding("this"))));
}
