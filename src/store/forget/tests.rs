use super::*;
use crate::domain::contact::{Contact, Note};
use crate::domain::entity::Entity;
use crate::domain::id::StoreId;
use crate::domain::time::Timestamp;
use crate::env::Env;
use crate::store::backend::fault::{Call, Fault, FaultBackend, FaultSwitch, Outcome};
use crate::store::backend::{Backend, Batch, MemoryBackend, MemoryDisk};
use crate::store::keyring::{KdfCost, KeyFile, Keyring, Secret};
use crate::store::{Store, Stored, open};

/// Keys in files, rows in memory that outlives the store.
struct Disk {
    keys: tempfile::TempDir,
    data: MemoryDisk,
    id: StoreId,
    env: Env,
}

impl Disk {
    fn secret(&self) -> Secret {
        Secret::KeyFile(KeyFile::read(&self.keys.path().join("key")).unwrap())
    }

    fn new() -> (Disk, Store) {
        let env = Env::system();
        let keys = tempfile::tempdir().unwrap();
        KeyFile::generate(&env).write_new(&keys.path().join("key")).unwrap();
        let disk = Disk { keys, data: MemoryDisk::new(), id: StoreId(env.ids.next()), env };
        let ring = Keyring::create(disk.keys.path(), disk.id, &[disk.secret()], KdfCost::MINIMUM, &disk.env);
        let backend = Box::new(MemoryBackend::on(disk.data.clone()));
        let store = open::fresh(backend, ring.unwrap(), disk.id, &disk.env).unwrap();
        (disk, store)
    }

    fn ring(&self) -> Keyring {
        Keyring::unlock(self.keys.path(), self.id, &self.secret(), &self.env).unwrap()
    }

    /// Opens it as unlocking does: the slots that records name are marked.
    fn open_with(&self, ring: Keyring) -> Result<(Store, FaultSwitch), StoreError> {
        let (backend, switch) = FaultBackend::new(MemoryBackend::on(self.data.clone()));
        let store = open::existing(Box::new(backend), ring, self.id, &self.env)?;
        let slots = store.read(|reader| {
            let mut slots = Vec::new();
            for kind in RecordKind::ALL {
                reader.each_record(*kind, |stored| {
                    slots.push(stored.slot);
                    Ok(())
                })?;
            }
            Ok::<_, StoreError>(slots)
        })?;
        write(&store, Action::Init, move |txn| txn.mark_used(slots)).unwrap();
        Ok((store, switch))
    }

    fn open(&self) -> Store {
        self.open_with(self.ring()).unwrap().0
    }

    /// The rows of all tables, by key.
    fn rows(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows = Vec::new();
        MemoryBackend::on(self.data.clone())
            .scan(prefix, prefix, &mut |key, value| {
                rows.push((key.to_vec(), value.to_vec()));
                ControlFlow::Continue(())
            })
            .unwrap();
        rows
    }

    /// Rows about a person, of whatever table.
    fn rows_of(&self, subject: SubjectId) -> usize {
        table::of_people().map(|table| self.rows(&table::subject_prefix(table, subject)).len()).sum()
    }
}

fn write<R: Send + 'static>(
    store: &Store,
    action: Action,
    f: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    let (actor, session) = (UserId(Uuid::nil()), SessionId(Uuid::nil()));
    store.write(Origin { at: Timestamp::from_millis(7), actor, session, action }, f)
}

/// A person with some notes, of which the first is changed, a draft and a reading.
fn person(store: &Store, name: &str, notes: usize) -> Stored {
    let contact = Contact { family_name: name.to_owned(), ..Contact::default() };
    write(store, Action::Create, move |txn| {
        let made = txn.create(SubjectId::NOBODY, &contact)?;
        for n in 0..notes {
            let mut note = Note { text: format!("{} says {n}", contact.family_name), ..Note::default() };
            let stored = txn.create(made.subject, &note)?;
            if n == 0 {
                note.text.push_str(", and more");
                txn.update(&stored, note.fields())?;
            }
        }
        let form = crate::domain::draft::Form { kind: RecordKind::Note, id: None, about: Some(made.id) };
        let draft = crate::domain::draft::Draft { form, texts: vec![], at: Timestamp::from_millis(7) };
        txn.keep_draft(made.subject, UserId(Uuid::nil()), draft)?;
        let reading = codec::Reading {
            at: Timestamp::from_millis(7),
            user: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            kind: crate::domain::reading::ReadKind::Open,
            record: None,
            as_of: None,
            purpose: String::new(),
            masked: vec![],
            searched: None,
        };
        txn.log_reading(made.subject, &reading)?;
        Ok(made)
    })
    .unwrap()
}

/// The intent, and with it the end of the keys.
fn forget(store: &Store, people: &[SubjectId]) -> Result<Uuid, StoreError> {
    let people = people.to_vec();
    write(store, Action::Erase, move |txn| {
        let id = txn.env().ids.next();
        txn.forget(id, &people)?;
        Ok(id)
    })
}

/// All of it; how many slices and rows there were.
fn erase(store: &Store, people: &[SubjectId]) -> Result<(u64, u64), StoreError> {
    let id = forget(store, people)?;
    let (mut slices, mut rows, mut from) = (0, 0, Some(0));
    while let Some(at) = from {
        let dropped = write(store, Action::Erase, move |txn| txn.drop_forgotten(id, at))?;
        slices += 1;
        rows += dropped.rows;
        from = dropped.next;
    }
    Ok((slices, rows))
}

fn names(store: &Store) -> Vec<String> {
    let mut names = store
        .read(|reader| {
            let mut names = Vec::new();
            reader.each_record(RecordKind::Contact, |stored| {
                names.push(stored.entity::<Contact>()?.family_name);
                Ok(())
            })?;
            Ok::<_, StoreError>(names)
        })
        .unwrap();
    names.sort();
    names
}

fn problems(store: &Store) -> Vec<String> {
    store.read(|reader| reader.verify()).unwrap().problems
}

#[test]
fn a_person_goes_and_the_others_and_the_log_stay() {
    let (disk, store) = Disk::new();
    let (stays, goes) = (person(&store, "Stays", 3), person(&store, "Goes", 3));
    let before =
        (disk.rows_of(stays.subject), store.read(|reader| Ok::<_, StoreError>(reader.log_size())).unwrap());
    let taken = disk.rows(&[1]);
    assert_eq!(disk.rows_of(goes.subject), before.0);
    let (slices, rows) = erase(&store, &[goes.subject]).unwrap();
    assert_eq!((slices, rows as usize), (1, before.0));
    assert_eq!((disk.rows_of(goes.subject), disk.rows_of(stays.subject)), (0, before.0));
    assert_eq!(names(&store), ["Stays"]);
    assert_eq!(problems(&store), Vec::<String>::new());
    let (size, epoch) =
        store.read(|reader| Ok::<_, StoreError>((reader.log_size(), reader.epoch()))).unwrap();
    assert_eq!((size, epoch), (before.1 + 1, 1));
    let last = store.read(move |reader| reader.header(size - 1)).unwrap().unwrap();
    assert!(last.is_erasure() && last.subject == goes.subject);
    assert!(store.read(move |reader| Ok::<_, StoreError>(reader.body(&last)?.is_none())).unwrap());
    // Nothing more can be written about the person.
    let note = Note { text: "late".into(), ..Note::default() };
    assert!(write(&store, Action::Create, move |txn| txn.create(goes.subject, &note)).is_err());
    assert!(forget(&store, &[goes.subject]).is_err() && forget(&store, &[SubjectId::NOBODY]).is_err());
    drop(store);
    let store = disk.open();
    assert_eq!((names(&store), problems(&store)), (vec!["Stays".to_owned()], vec![]));
    // Rows as they were, put back: noise.
    let mut batch = Batch::new();
    taken.iter().filter(|(key, _)| table::subject_in(key) == Some(goes.subject)).for_each(|(key, value)| {
        batch.put(key.clone(), value.clone());
    });
    assert_eq!(batch.len(), 1);
    MemoryBackend::on(disk.data.clone()).apply(batch).unwrap();
    let read = store.read(move |reader| reader.record(RecordKind::Contact, goes.subject, goes.id));
    assert!(matches!(read, Err(StoreError::Envelope(envelope::EnvelopeError::WrongKey { .. }))), "{read:?}");
    assert!(!problems(&store).is_empty(), "and it is noticed");
}

#[test]
fn many_go_in_one_epoch_and_in_slices_in_which_nobody_reads_them() {
    let (disk, store) = Disk::new();
    person(&store, "Stays", 1);
    let mut goes: Vec<SubjectId> = (0..100).map(|n| person(&store, &format!("Goes{n}"), 1).subject).collect();
    goes.push(person(&store, "Talks", SLICE_ROWS + 10).subject);
    // Named twice, gone once.
    goes.push(goes[0]);
    let id = forget(&store, &goes).unwrap();
    let (mut slices, mut from) = (0, Some(0));
    while let Some(at) = from {
        assert_eq!((names(&store), problems(&store)), (vec!["Stays".to_owned()], vec![]), "{slices}");
        let talks = goes[100];
        let seen = store.read(move |reader| {
            let drafts = reader.drafts()?.into_iter().filter(|draft| draft.subject == talks).count();
            Ok::<_, StoreError>((
                drafts,
                reader.slot_of(talks)?,
                reader.records_of(RecordKind::Note, talks)?.len(),
            ))
        });
        assert_eq!(seen.unwrap(), (0, None, 0));
        from = write(&store, Action::Erase, move |txn| txn.drop_forgotten(id, at)).unwrap().next;
        slices += 1;
    }
    assert!(slices > 2, "{slices}");
    assert_eq!(store.read(|reader| Ok::<_, StoreError>(reader.epoch())).unwrap(), 1);
    assert_eq!(goes.iter().map(|subject| disk.rows_of(*subject)).sum::<usize>(), 0);
    let again = write(&store, Action::Erase, move |txn| txn.drop_forgotten(id, 0)).unwrap();
    assert_eq!(again, Dropped::default());
    drop(store);
    let store = disk.open();
    assert_eq!((names(&store), problems(&store)), (vec!["Stays".to_owned()], vec![]));
    assert_eq!(store.read(|reader| Ok::<_, StoreError>(reader.live_records())).unwrap(), 2);
}

#[test]
fn a_failure_of_the_disk_at_any_operation_is_completed_by_the_next_start() {
    let mut acknowledged = 0;
    let mut undone = 0;
    for call in [Call::Apply, Call::Sync] {
        for outcome in [Outcome::Lost, Outcome::Kept(1), Outcome::Landed] {
            for nth in 1..=4 {
                let (disk, store) = Disk::new();
                let goes = [person(&store, "Goes1", 2).subject, person(&store, "Goes2", 2).subject];
                person(&store, "Stays", 2);
                drop(store);
                let (store, switch) = disk.open_with(disk.ring()).unwrap();
                switch.arm(Fault { call, nth, outcome });
                let erased = erase(&store, &goes);
                drop(store);
                let store = disk.open();
                let there = names(&store);
                let left: usize = goes.iter().map(|subject| disk.rows_of(*subject)).sum();
                match erased {
                    Ok(_) => acknowledged += 1,
                    // The intent was lost with the power, and nobody was told anything.
                    Err(_) if there.len() == 3 => undone += 1,
                    Err(_) => {}
                }
                if there.len() < 3 {
                    assert_eq!((there, left), (vec!["Stays".to_owned()], 0), "{call:?} {outcome:?} {nth}");
                } else {
                    assert_eq!(nth, 1, "{call:?} {outcome:?}: what was begun is completed");
                }
                assert_eq!(problems(&store), Vec::<String>::new(), "{call:?} {outcome:?} {nth}");
                erase(&store, &[person(&store, "Later", 1).subject]).unwrap();
                assert_eq!(problems(&store), Vec::<String>::new());
            }
        }
    }
    assert!(acknowledged > 0 && undone > 0, "{acknowledged} {undone}");
}

#[test]
fn completing_can_be_interrupted_too() {
    for call in [Call::Apply, Call::Sync] {
        for nth in 1..=3 {
            let (disk, store) = Disk::new();
            let goes: Vec<SubjectId> =
                (0..SLICE_PEOPLE + 9).map(|n| person(&store, &format!("G{n}"), 1).subject).collect();
            person(&store, "Stays", 2);
            forget(&store, &goes).unwrap();
            drop(store);
            let (backend, switch) = FaultBackend::new(MemoryBackend::on(disk.data.clone()));
            switch.arm(Fault { call, nth, outcome: Outcome::Lost });
            let opened = open::existing(Box::new(backend), disk.ring(), disk.id, &disk.env);
            assert_eq!(opened.is_err(), switch.fired(), "{call:?} {nth}");
            drop(opened);
            let store = disk.open();
            assert_eq!(
                (names(&store), problems(&store)),
                (vec!["Stays".to_owned()], vec![]),
                "{call:?} {nth}"
            );
            assert_eq!(goes.iter().map(|subject| disk.rows_of(*subject)).sum::<usize>(), 0);
        }
    }
}

#[test]
fn a_crash_in_the_middle_of_the_keys_is_completed() {
    for point in 0..=5 {
        let (disk, store) = Disk::new();
        let goes = person(&store, "Goes", 2).subject;
        person(&store, "Stays", 2);
        drop(store);
        let ring = disk.ring();
        ring.fail_after(point);
        let (store, _) = disk.open_with(ring).unwrap();
        let erased = forget(&store, &[goes]);
        assert_eq!(erased.is_err(), point < 5, "{point}");
        // Whether or not the keys are gone: nothing is done with this store any more.
        assert_eq!(write(&store, Action::Init, |_| Ok(())).is_err(), point < 5, "{point}");
        drop(store);
        let store = disk.open();
        assert_eq!((names(&store), problems(&store)), (vec!["Stays".to_owned()], vec![]), "{point}");
        assert_eq!(disk.rows_of(goes), 0, "{point}");
        assert_eq!(disk.ring().epoch(), 1, "destroyed once: {point}");
    }
}

#[test]
fn a_slot_that_is_somebody_elses_by_now_is_left_alone() {
    let (disk, store) = Disk::new();
    let goes = person(&store, "Goes", 2);
    forget(&store, &[goes.subject]).unwrap();
    // The rows are not gone yet, the key is free again.
    let next = person(&store, "Next", 2);
    assert_eq!(next.slot, goes.slot);
    drop(store);
    let store = disk.open();
    assert_eq!((names(&store), problems(&store)), (vec!["Next".to_owned()], vec![]));
    let notes = store.read(move |reader| reader.records_of(RecordKind::Note, next.subject)).unwrap();
    assert_eq!((notes.len(), disk.rows_of(goes.subject)), (2, 0));
}

#[test]
fn a_list_of_the_forgotten_that_was_tampered_with_is_noticed() {
    // A person who is on it and was never erased.
    let (_disk, store) = Disk::new();
    let stays = person(&store, "Stays", 1);
    write(&store, Action::Erase, move |txn| {
        let people = vec![(stays.subject, stays.slot)];
        let made = Forgetting { at: Timestamp::from_millis(7), epoch: 0, done: true, people };
        txn.put_forgetting(Uuid::from_u128(1), &made)
    })
    .unwrap();
    let found = problems(&store);
    assert!(found.iter().any(|problem| problem.contains("no entry of the log")), "{found:?}");
    assert!(found.iter().any(|problem| problem.contains("of a person who was forgotten")), "{found:?}");
    // An erasure that is taken off it.
    let (disk, store) = Disk::new();
    let goes = person(&store, "Goes", 1);
    erase(&store, &[goes.subject]).unwrap();
    let mut batch = Batch::new();
    disk.rows(&[table::FORGOTTEN]).into_iter().for_each(|(key, _)| batch.delete(key));
    MemoryBackend::on(disk.data.clone()).apply(batch).unwrap();
    let found = problems(&store);
    assert!(found.iter().any(|problem| problem.contains("does not name")), "{found:?}");
}
