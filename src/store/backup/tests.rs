use std::path::PathBuf;

use super::*;
use crate::domain::contact::{Company, Contact, Note};
use crate::domain::entity::Entity;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::env::Env;
use crate::store::backend::MemoryBackend;
use crate::store::keyring::escrow::Lock;
use crate::store::keyring::{KdfCost, KeyFile, Keyring, Passphrase, Secret, Slot};
use crate::store::layout::StoreDir;
use crate::store::{Origin, Store, StoreError, Stored, WriteTxn, open};

struct Home {
    dir: tempfile::TempDir,
    env: Env,
    id: StoreId,
    way: Secret,
    store: Store,
    people: Vec<Stored>,
}

fn origin(action: Action) -> Origin {
    let nobody = Uuid::nil();
    Origin { at: Timestamp::from_millis(5), actor: UserId(nobody), session: SessionId(nobody), action }
}

fn write<R: Send + 'static>(
    store: &Store,
    f: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, StoreError> + Send + 'static,
) -> R {
    store.write(origin(Action::Create), f).unwrap()
}

fn person(n: u32) -> Contact {
    Contact { family_name: format!("Canary{n}"), ..Contact::default() }
}

impl Home {
    /// Twenty people with a note each and a change, keys on the disk.
    fn new() -> Home {
        let (dir, env) = (tempfile::tempdir().unwrap(), Env::system());
        let id = StoreId(env.ids.next());
        let way = Secret::KeyFile(KeyFile::generate(&env));
        let keys = dir.path().join("keys");
        std::fs::create_dir(&keys).unwrap();
        let ring = Keyring::create(&keys, id, std::slice::from_ref(&way), KdfCost::MINIMUM, &env).unwrap();
        let store = open::fresh(Box::new(MemoryBackend::new()), ring, id, &env).unwrap();
        let people: Vec<Stored> = (0..20)
            .map(|n| {
                let made = write(&store, move |txn| txn.create(SubjectId::NOBODY, &person(n)));
                let (about, old) = (made.subject, made);
                write(&store, move |txn| {
                    // Long enough for several pieces.
                    txn.create(about, &Note { text: "Remembered. ".repeat(700), ..Note::default() })?;
                    Ok(txn.update(&old, person(n + 100).fields())?.unwrap())
                })
            })
            .collect();
        Home { dir, env, id, way, store, people }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn begin(&self, name: &str, keys: Option<Vec<u8>>) -> Result<Backup, StoreError> {
        let (path, id) = (self.path(name), self.env.ids.next());
        self.store.read(move |reader| {
            Backup::begin(reader, &path, id, Timestamp::from_millis(9), "the log stood so\n", keys.as_deref())
        })
    }

    fn back_up(&self, name: &str) -> Finished {
        let mut backup = self.begin(name, None).unwrap();
        while backup.step(&self.store).unwrap() {}
        backup.finish().unwrap()
    }

    fn look(&self) -> Keyring {
        Keyring::look(&self.path("keys"), self.id, &self.way, &self.env).unwrap()
    }

    fn open(&self, name: &str) -> Result<(Contents, Opened), StoreError> {
        open_all(&self.path(name), self.look(), &mut |_| true)
    }

    /// Destroys the keys of these people, as forgetting does, behind the back of the open store.
    fn forget(&self, people: &[&Stored]) {
        let mut ring = Keyring::unlock(&self.path("keys"), self.id, &self.way, &self.env).unwrap();
        ring.set_used(self.people.iter().map(|one| Slot(one.slot))).unwrap();
        ring.forget(&people.iter().map(|one| Slot(one.slot)).collect::<Vec<_>>()).unwrap();
    }

    fn restore(&self, name: &str, into: &str) -> Result<Copied<()>, StoreError> {
        let (contents, opened) = self.open(name)?;
        let frontier = opened.frontier()?.unwrap();
        let mut second = Opened::new(self.look(), self.id)?;
        let mut copy = Copy::begin(&self.path(into))?;
        read(
            &contents.path,
            &mut |key, value| match second.row(key, value)? {
                Fate::Keep => {
                    second.keep(key, value);
                    copy.put(key, value)
                }
                Fate::Forgotten | Fate::Lost(_) => Ok(()),
            },
            &mut |_| true,
        )?;
        let created = Timestamp::from_millis(1);
        let (terms, forgotten) = (Terms { frontier, ways: None, created }, second.forgotten.clone());
        copy.finish(second, terms, &self.env, |store| {
            store.write(origin(Action::Erase), move |txn| txn.bury(&forgotten))?;
            store.write(origin(Action::Init), |txn| {
                txn.create(SubjectId::NOBODY, &Company { name: "Restored".into(), ..Company::default() })
            })?;
            Ok::<_, StoreError>(())
        })
    }
}

fn plain(path: &std::path::Path) -> Result<Contents, StoreError> {
    read(path, &mut |_, _| Ok(()), &mut |_| true)
}

#[test]
fn is_whole_without_keys_and_opens_with_them() {
    let home = Home::new();
    let done = home.back_up("one");
    let contents = plain(&done.path).unwrap();
    assert_eq!((contents.rows, contents.bytes, contents.sha256), (done.rows, done.bytes, done.sha256));
    assert_eq!(contents.bytes, std::fs::metadata(&done.path).unwrap().len());
    assert_eq!((contents.header.form, contents.header.entries), (Form::Data, 60));
    assert_eq!(contents.checkpoint, "the log stood so\n");
    assert!(contents.escrow().unwrap().is_none());
    let (_, opened) = home.open("one").unwrap();
    assert_eq!(opened.problems, Vec::<String>::new());
    assert_eq!((opened.forgotten.len(), opened.rows, opened.lost), (0, done.rows, 0));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&done.path).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&done.path).unwrap();
    assert!(
        memchr::memmem::find(&bytes, b"Canary").is_none()
            && memchr::memmem::find(&bytes, b"Remembered").is_none()
    );
}

#[test]
fn holds_one_commit_while_others_write() {
    let home = Home::new();
    let before = home.store.read(|reader| Ok::<_, StoreError>(reader.frontier().root())).unwrap();
    let mut backup = home.begin("busy", None).unwrap();
    for (n, one) in home.people.iter().enumerate() {
        let one = one.clone();
        write(&home.store, move |txn| txn.update(&one, person(n as u32 + 500).fields()));
        write(&home.store, move |txn| txn.create(SubjectId::NOBODY, &person(900)));
    }
    while backup.step(&home.store).unwrap() {}
    let done = backup.finish().unwrap();
    assert_eq!(done.header.root, before);
    let (_, opened) = home.open("busy").unwrap();
    assert_eq!(opened.problems, Vec::<String>::new(), "the records are those of the root");
}

#[test]
fn what_was_forgotten_since_does_not_open() {
    let home = Home::new();
    home.back_up("old");
    home.forget(&[&home.people[3], &home.people[7]]);
    let (_, opened) = home.open("old").unwrap();
    assert_eq!(opened.problems, Vec::<String>::new());
    let forgotten: Vec<_> = opened.forgotten.keys().copied().collect();
    assert_eq!(forgotten, [home.people[3].subject, home.people[7].subject]);
    // Record, three pieces of a note, three of its history, two changes, …: all rows about them.
    assert!(opened.forgotten.values().all(|gone| gone.rows >= 6), "{:?}", opened.forgotten);
}

#[test]
fn a_store_is_made_of_it_without_the_forgotten() {
    let home = Home::new();
    home.back_up("old");
    home.forget(&[&home.people[3]]);
    let restored = home.restore("old", "new").unwrap();
    drop(restored);
    let mut dir = StoreDir::open(&home.path("new")).unwrap();
    let ring = Keyring::unlock(&dir.keys(), home.id, &home.way, &home.env).unwrap();
    assert_eq!(ring.epoch(), 2, "one for the forgetting, one for the restoring");
    let store = open::existing(open::disk(&mut dir, &home.env).unwrap(), ring, home.id, &home.env).unwrap();
    let (gone, stays) = (home.people[3].clone(), home.people[4].clone());
    let found = store
        .read(move |reader| {
            Ok::<_, StoreError>((
                reader.record(gone.kind, gone.subject, gone.id)?,
                reader.record(stays.kind, stays.subject, stays.id)?.unwrap().record == stays.record,
            ))
        })
        .unwrap();
    assert_eq!(found, (None, true));
    let verified = store.read(|reader| reader.verify()).unwrap();
    assert_eq!(verified.problems, Vec::<String>::new());
    assert_eq!(verified.entries, 62, "one that says so, one for the restoring");
}

#[test]
fn an_unfinished_store_is_left_behind_by_nobody() {
    let home = Home::new();
    home.back_up("one");
    let mut copy = Copy::begin(&home.path("new")).unwrap();
    copy.put(b"\x01key", b"value").unwrap();
    drop(copy);
    assert!(!home.path("new").exists());
    // What was there before stays, and is not written to.
    drop(home.restore("one", "there").unwrap());
    assert!(Copy::begin(&home.path("there")).is_err());
    assert!(StoreDir::open(&home.path("there")).is_ok());
}

#[test]
fn cut_changed_and_extended_files_are_refused() {
    let home = Home::new();
    let done = home.back_up("one");
    let whole = std::fs::read(&done.path).unwrap();
    let path = home.path("other");
    let told = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        match plain(&path) {
            Err(StoreError::Backup(error)) => error,
            other => panic!("{:?}", other.map(|contents| contents.header)),
        }
    };
    for len in [BLOCK - 1, BLOCK, BLOCK + 5, BLOCK + 30, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(told(&whole[..len]), BackupError::Cut { .. }), "{len}");
    }
    for len in [0, 1, 7] {
        assert!(matches!(told(&whole[..len]), BackupError::NotABackup(_)), "{len}");
    }
    for at in (0..whole.len()).step_by(whole.len() / 97).chain([whole.len() - 1, 9, BLOCK - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 32;
        told(&bytes);
    }
    assert!(matches!(told(&[whole.as_slice(), b"x"].concat()), BackupError::Damaged { .. }));
    let newer = block::encode(Kind { version: 2, ..KIND }, b"of the future").unwrap();
    assert!(matches!(told(&newer), BackupError::Newer { version: 2, .. }));
    // A chunk that is left out, with everything else as it was.
    let first = BLOCK + HEAD + "the log stood so\n".len() + CHECK;
    told(&[&whole[..BLOCK], &whole[first..]].concat());
}

#[test]
fn another_store_s_keys_and_forged_seals_are_refused() {
    let (home, other) = (Home::new(), Home::new());
    home.back_up("one");
    let refused = open_all(&home.path("one"), other.look(), &mut |_| true).err().unwrap();
    assert!(matches!(refused, StoreError::Backup(BackupError::OtherStore { .. })), "{refused}");
    // Whoever rewrites a backup can make every check right but the seal.
    let path = home.path("one");
    let mut bytes = std::fs::read(&path).unwrap();
    let seal = bytes.len() - CHECK - 32;
    bytes[seal] ^= 1;
    let end = bytes.len() - CHECK;
    use sha2::Digest;
    let check = sha2::Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&check[..CHECK]);
    std::fs::write(&path, &bytes).unwrap();
    assert!(plain(&path).is_ok());
    let refused = home.open("one").err().unwrap();
    assert!(matches!(refused, StoreError::Backup(BackupError::NotSealed { .. })), "{refused}");
}

#[test]
fn stopping_or_failing_leaves_nothing() {
    let home = Home::new();
    let mut backup = home.begin("gone", None).unwrap();
    backup.step(&home.store).unwrap();
    assert!(home.path("gone.new").exists());
    drop(backup);
    assert!(!home.path("gone.new").exists() && !home.path("gone").exists());
    // A file of that name that came up meanwhile stays as it is.
    let mut backup = home.begin("taken", None).unwrap();
    while backup.step(&home.store).unwrap() {}
    std::fs::write(home.path("taken"), "somebody's").unwrap();
    assert!(matches!(backup.finish(), Err(StoreError::Backup(BackupError::Exists(_)))));
    assert_eq!(std::fs::read(home.path("taken")).unwrap(), b"somebody's");
    assert!(!home.path("taken.new").exists());
    assert!(matches!(home.begin("taken", None), Err(StoreError::Backup(BackupError::Exists(_)))));
    assert!(matches!(
        read(&home.back_up("one").path, &mut |_, _| Ok(()), &mut |_| false),
        Err(StoreError::Backup(BackupError::Stopped))
    ));
}

/// Whatever read of the database fails, there is no file, and it is said.
#[test]
fn a_database_that_fails_meanwhile_leaves_no_backup() {
    use crate::store::backend::fault::{Call, Fault, FaultBackend, Outcome};
    let (env, dir) = (Env::system(), tempfile::tempdir().unwrap());
    for nth in 1..3 {
        let id = StoreId(env.ids.next());
        let (backend, switch) = FaultBackend::new(MemoryBackend::new());
        let store = open::fresh(Box::new(backend), Keyring::in_memory(id, &env).unwrap(), id, &env).unwrap();
        for n in 0..2_500 {
            write(&store, move |txn| txn.create(SubjectId::NOBODY, &person(n)));
        }
        let path = dir.path().join("b");
        let place = path.clone();
        let begun = store.read(move |reader| {
            Backup::begin(reader, &place, Uuid::nil(), Timestamp::from_millis(9), "", None)
        });
        let mut backup = begun.unwrap();
        switch.arm(Fault { call: Call::Read, nth, outcome: Outcome::Lost });
        let failed = loop {
            match backup.step(&store) {
                Ok(true) => {}
                Ok(false) => break false,
                Err(_) => break true,
            }
        };
        assert!(failed, "read {nth}");
        drop(backup);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_whole_one_carries_the_keys_of_its_day() {
    let home = Home::new();
    let words = || Passphrase::new("in the safe upstairs").unwrap();
    let id = home.env.ids.next();
    let lock = Lock::new(home.id, id, words(), KdfCost::MINIMUM, &home.env).unwrap();
    let keys = home.store.read(move |reader| {
        Ok::<_, StoreError>(reader.keyring().seal_escrow(id, &lock, Timestamp::from_millis(9))?)
    });
    let mut backup = home.begin("whole", Some(keys.unwrap())).unwrap();
    while backup.step(&home.store).unwrap() {}
    let done = backup.finish().unwrap();
    home.forget(&[&home.people[0]]);
    let contents = plain(&done.path).unwrap();
    assert_eq!(contents.header.form, Form::Whole);
    let ring = contents.escrow().unwrap().unwrap().open(words(), &home.env).unwrap();
    let (_, opened) = open_all(&done.path, ring, &mut |_| true).unwrap();
    assert_eq!((opened.forgotten.len(), opened.problems.len()), (0, 0), "its keys are those of its day");
    let (_, opened) = home.open("whole").unwrap();
    assert_eq!(opened.forgotten.len(), 1, "those of today are not");
}

/// Frozen: a backup in a cellar must be read for ever.
#[test]
fn golden() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("golden");
    let hex: String = include_str!("backup.1.hex").split_whitespace().collect();
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    // Of the head, the payload.
    let (payload, rest) = bytes.split_at(99);
    let head = block::encode(KIND, payload).unwrap();
    std::fs::write(&path, [head.as_slice(), rest].concat()).unwrap();
    let mut rows = Vec::new();
    let contents = read(
        &path,
        &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            Ok(())
        },
        &mut |_| true,
    )
    .unwrap();
    assert_eq!(rows, [(b"\x01a".to_vec(), b"one".to_vec()), (b"\x02".to_vec(), vec![])]);
    assert_eq!((contents.rows, contents.header.epoch, contents.header.records), (2, 3, 1));
    assert_eq!(contents.checkpoint, "golden\n");
}
