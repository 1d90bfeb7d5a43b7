//! Making and opening stores.

use std::collections::HashSet;
use std::path::Path;

use super::StoreError;
use super::backend::{Backend, JournalFile, Journaled, SledBackend, SledOptions};
use super::codec::{self, Head};
use super::engine::Store;
use super::envelope::{self, Place};
use super::keyring::Keyring;
use super::layout::{FORMAT, StoreDir};
use super::merkle::tree::Frontier;
use super::snapshot::Snapshotted;
use super::table;
use super::txn::{Digest, State};
use crate::domain::id::{StoreId, SubjectId};
use crate::env::Env;

/// Makes an empty database in `data`, an empty directory.
pub fn new_disk(data: &Path, env: &Env) -> Result<Box<dyn Backend>, StoreError> {
    let sled = SledBackend::create(data, SledOptions::default())?;
    Ok(Box::new(Journaled::create(sled, JournalFile::create(data)?, env)?))
}

/// Opens the database of a store, bringing it to the newest format.
pub fn disk(dir: &mut StoreDir, env: &Env) -> Result<Box<dyn Backend>, StoreError> {
    let data = dir.data();
    let sled = SledBackend::open(&data, SledOptions::default())?;
    if dir.format() == FORMAT {
        return Ok(Box::new(Journaled::open(sled, JournalFile::open(&data)?, env)?));
    }
    // Format 1 had no journal. A file left by an upgrade that was interrupted has nothing in it.
    let backend = Journaled::create(sled, JournalFile::create(&data)?, env)?;
    dir.upgraded()?;
    Ok(Box::new(backend))
}

/// Makes a store of an empty backend and fresh keys.
pub fn fresh(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
) -> Result<Store, StoreError> {
    start(backend, keyring, store, env, Frontier::new(), Digest::default(), 0)
}

/// Opens a store whose rows were copied from elsewhere: the head of the log among them is not to be believed any more, and
/// the first change writes it anew.
pub(super) fn copied(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
    frontier: Frontier,
    digest: Digest,
    records: u64,
) -> Result<Store, StoreError> {
    start(backend, keyring, store, env, frontier, digest, records)
}

fn start(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
    frontier: Frontier,
    digest: Digest,
    records: u64,
) -> Result<Store, StoreError> {
    let digest_key = keyring.derive("digest of the live records");
    let (backend, pasts) = Snapshotted::over(backend);
    let env = env.clone();
    let dying = HashSet::new();
    Store::start(State { backend, keyring, store, env, frontier, digest, digest_key, records, dying, pasts })
}

/// Opens the store that a backend holds, with its keys. Before anything is created, the slots that records name are
/// marked in the ring ([`WriteTxn::mark_used`](super::WriteTxn::mark_used)).
pub fn existing(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
) -> Result<Store, StoreError> {
    let Some(row) = backend.get(&table::log_key(table::HEAD, &[0; 16]))? else {
        return Err(StoreError::Damaged("the head of the history log is missing".to_owned()));
    };
    let place = Place { table: table::HEAD, subject: SubjectId::NOBODY, id: [0; 16], chunk: 0 };
    let opened = envelope::open(&place, store, |slot| keyring.subject_key(slot).ok(), &row)?;
    let head: Head = codec::decode(opened.schema, &opened.plain, "the head of the history log")?;
    start(backend, keyring, store, env, Frontier::decode(&head.frontier)?, Digest(head.digest), head.records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::store::backend::Batch;

    #[test]
    fn a_store_of_format_1_gets_its_journal() {
        let (dir, env) = (tempfile::tempdir().unwrap(), Env::system());
        let path = dir.path().join("store");
        let new = StoreDir::begin(&path).unwrap();
        let mut sled = SledBackend::create(&new.data(), SledOptions::default()).unwrap();
        let mut batch = Batch::new();
        batch.put(*b"key", *b"value");
        sled.apply(batch).unwrap();
        sled.sync().unwrap();
        drop(sled);
        let mut made = new.finish(StoreId(env.ids.next()), Timestamp::from_millis(0)).unwrap();
        made.pretend(1);
        drop(made);
        // What an upgrade that was killed leaves behind.
        std::fs::write(path.join("data/journal"), b"").unwrap();
        for _ in 0..2 {
            let mut made = StoreDir::open(&path).unwrap();
            let backend = disk(&mut made, &env).unwrap();
            assert_eq!(backend.get(b"key").unwrap(), Some(b"value".to_vec()));
            assert_eq!(made.format(), FORMAT);
        }
        std::fs::remove_file(path.join("data/journal")).unwrap();
        let mut made = StoreDir::open(&path).unwrap();
        assert!(disk(&mut made, &env).is_err(), "what was in it is lost, and that is not passed over");
    }
}
