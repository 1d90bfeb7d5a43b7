use std::sync::{Arc, Mutex, PoisonError};

use super::*;
use crate::env::Env;
use crate::store::backend::fault::{Call, Fault, FaultBackend, Outcome};
use crate::store::backend::{MemoryBackend, MemoryDisk, contract};

/// What a crash leaves of the file: what was synced, and of what was not as much as `torn` says.
#[derive(Default)]
struct Disk {
    synced: Vec<u8>,
    /// Writes since the last sync, in order.
    unsynced: Vec<(u64, Vec<u8>)>,
    /// Operations until one fails, and how many sixteenths of the unsynced bytes reach the disk then.
    fails_in: Option<(u32, usize)>,
    dead: bool,
}

#[derive(Clone, Default)]
struct Faulty(Arc<Mutex<Disk>>);

impl Faulty {
    fn disk(&self) -> std::sync::MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arm(&self, operation: u32, torn: usize) {
        self.disk().fails_in = Some((operation, torn));
    }

    /// The same disk after the machine was started again.
    fn after_crash(&self) -> Faulty {
        let mut disk = self.disk();
        let left: usize = disk.unsynced.iter().map(|(_, bytes)| bytes.len()).sum();
        let (_, torn) = disk.fails_in.unwrap_or((0, 0));
        let mut keep = left * torn / 16;
        let mut file = disk.synced.clone();
        for (at, bytes) in std::mem::take(&mut disk.unsynced) {
            let n = keep.min(bytes.len());
            keep -= n;
            put(&mut file, at, &bytes[..n]);
        }
        Faulty(Arc::new(Mutex::new(Disk { synced: file, ..Disk::default() })))
    }

    fn bytes(&self) -> Vec<u8> {
        self.disk().synced.clone()
    }

    fn holding(bytes: Vec<u8>) -> Faulty {
        Faulty(Arc::new(Mutex::new(Disk { synced: bytes, ..Disk::default() })))
    }

    fn step(&self) -> Result<(), FileError> {
        let mut disk = self.disk();
        let failed =
            || FileError::new("write", Path::new("journal"), std::io::Error::other("planned failure"));
        if disk.dead {
            return Err(failed());
        }
        if let Some((left, _)) = &mut disk.fails_in {
            *left -= 1;
            if *left == 0 {
                disk.dead = true;
                return Err(failed());
            }
        }
        Ok(())
    }
}

fn put(file: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let at = at as usize;
    if bytes.is_empty() {
        return;
    }
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Medium for Faulty {
    fn read(&mut self) -> Result<Vec<u8>, FileError> {
        let disk = self.disk();
        let mut file = disk.synced.clone();
        for (at, bytes) in &disk.unsynced {
            put(&mut file, *at, bytes);
        }
        Ok(file)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.disk().unsynced.push((offset, bytes.to_vec()));
        self.step()
    }

    fn sync(&mut self) -> Result<(), FileError> {
        self.step()?;
        let mut disk = self.disk();
        for (at, bytes) in std::mem::take(&mut disk.unsynced) {
            put(&mut disk.synced, at, &bytes);
        }
        Ok(())
    }

    fn cut(&mut self, len: u64) -> Result<(), FileError> {
        self.step()?;
        self.disk().synced.truncate(len as usize);
        Ok(())
    }
}

fn one(key: &str, value: &str) -> Batch {
    let mut batch = Batch::new();
    batch.put(key.as_bytes(), value.as_bytes());
    batch
}

fn open(disk: &MemoryDisk, medium: &Faulty) -> Result<Journaled<MemoryBackend, Faulty>, BackendError> {
    Journaled::open(MemoryBackend::on(disk.clone()), medium.clone(), &Env::system())
}

fn fresh() -> (MemoryDisk, Faulty, Journaled<MemoryBackend, Faulty>) {
    let (disk, medium) = (MemoryDisk::new(), Faulty::default());
    let journal = Journaled::create(MemoryBackend::on(disk.clone()), medium.clone(), &Env::system()).unwrap();
    (disk, medium, journal)
}

#[test]
fn keeps_the_contract() {
    contract::check(&mut || Box::new(fresh().2));
    let dir = tempfile::tempdir().unwrap();
    let disk = MemoryDisk::new();
    let env = Env::system();
    drop(Journaled::create(MemoryBackend::on(disk.clone()), JournalFile::create(dir.path()).unwrap(), &env));
    contract::check_reopen(&mut || {
        let file = JournalFile::open(dir.path()).unwrap();
        Box::new(Journaled::open(MemoryBackend::on(disk.clone()), file, &env).unwrap())
    });
}

/// The contract again while rows lie partly behind, partly in front.
#[test]
fn keeps_the_contract_when_it_folds_all_the_time() {
    struct Folding(Journaled<MemoryBackend, Faulty>);
    impl Backend for Folding {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
            self.0.get(key)
        }
        fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
            self.0.scan(prefix, from, visit)
        }
        fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
            self.0.last_at_or_before(prefix, at)
        }
        fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
            if batch.len().is_multiple_of(2) {
                self.0.sync()?;
                self.0.fold(LARGEST_KEPT)?;
            }
            self.0.apply(batch)
        }
        fn sync(&mut self) -> Result<(), BackendError> {
            self.0.sync()
        }
        fn bytes_on_disk(&self) -> u64 {
            self.0.bytes_on_disk()
        }
    }
    contract::check(&mut || Box::new(Folding(fresh().2)));
}

#[test]
fn what_was_synced_is_there_after_any_failure_of_its_file() {
    for torn in [0, 1, 8, 15, 16] {
        for operation in 1.. {
            let (disk, medium, mut journal) = fresh();
            medium.arm(operation, torn);
            let mut acknowledged = Vec::new();
            let mut failed = false;
            for n in 0..12u8 {
                let key = format!("k{n:02}");
                let done = journal.apply(one(&key, "v")).and_then(|()| journal.sync());
                match done {
                    Ok(()) => acknowledged.push(key),
                    Err(_) => {
                        failed = true;
                        assert!(matches!(journal.get(b"k00"), Err(BackendError::Poisoned(_))));
                        assert!(matches!(journal.sync(), Err(BackendError::Poisoned(_))), "never again");
                    }
                }
                if n % 5 == 4 && !failed {
                    failed |= journal.fold(LARGEST_KEPT).is_err();
                }
                if failed {
                    break;
                }
            }
            std::mem::forget(journal);
            let reopened = open(&disk, &medium.after_crash()).unwrap();
            let there = contract::all(&reopened);
            for key in &acknowledged {
                assert!(there.iter().any(|(k, _)| k == key.as_bytes()), "{operation}/{torn}: {key} is lost");
            }
            assert!(there.len() <= acknowledged.len() + 1, "{operation}/{torn}");
            if !failed {
                break;
            }
        }
    }
}

#[test]
fn a_failure_behind_loses_nothing() {
    for call in [Call::Apply, Call::Sync] {
        for outcome in [Outcome::Lost, Outcome::Kept(1), Outcome::Landed] {
            let (disk, medium, journal) = fresh();
            drop(journal);
            let (behind, switch) = FaultBackend::new(MemoryBackend::on(disk.clone()));
            let mut journal = Journaled::open(behind, medium.clone(), &Env::system()).unwrap();
            switch.arm(Fault { call, nth: 1, outcome });
            for n in 0..2_000 {
                journal.apply(one(&format!("key {n}"), "value")).unwrap();
            }
            journal.sync().unwrap();
            assert!(journal.fold(LARGEST_KEPT).is_err());
            std::mem::forget(journal);
            assert_eq!(contract::all(&open(&disk, &medium).unwrap()).len(), 2_000);
        }
    }
}

#[test]
fn what_was_not_synced_never_reaches_the_backend_behind() {
    let (disk, medium, mut journal) = fresh();
    journal.apply(one("a", "1")).unwrap();
    journal.sync().unwrap();
    journal.apply(one("a", "2")).unwrap();
    journal.tidy().unwrap();
    drop(journal);
    assert_eq!(contract::all(&open(&disk, &medium).unwrap()), [(b"a".to_vec(), b"1".to_vec())]);
}

/// Whoever asks for something while a journal is folded waits for a piece of it, and what is written meanwhile, before and
/// behind what was given, is there in the end, also when the machine stops in the middle.
#[test]
fn a_fold_goes_on_piece_by_piece_while_others_write() {
    let (disk, medium, mut journal) = fresh();
    let mut model = std::collections::BTreeMap::new();
    let key = |n: u32| n.wrapping_mul(0x9E37_79B9).to_be_bytes().to_vec();
    let mut batch = Batch::new();
    for n in 0..1_100 {
        batch.put(key(n), vec![n as u8; 4_000]);
        model.insert(key(n), vec![n as u8; 4_000]);
    }
    journal.apply(batch).unwrap();
    journal.sync().unwrap();
    // What came in with the same breath may be given with it; from now on it is little.
    journal.fresh = 0;
    let (mut pieces, mut n) = (0, 0);
    while journal.tidy().unwrap() {
        pieces += 1;
        let behind = contract::all(&MemoryBackend::on(disk.clone())).len();
        assert!(behind <= pieces * (PIECE + 8), "{behind} rows after {pieces} pieces");
        let mut batch = Batch::new();
        for _ in 0..3 {
            n += 37;
            let key = key(n % 1_300);
            if n % 5 == 0 {
                batch.delete(key.clone());
                model.remove(&key);
            } else {
                batch.put(key.clone(), n.to_be_bytes());
                model.insert(key, n.to_be_bytes().to_vec());
            }
        }
        journal.apply(batch).unwrap();
        journal.sync().unwrap();
        let expected: Vec<_> = model.clone().into_iter().collect();
        assert_eq!(contract::all(&journal), expected, "after {pieces} pieces");
        // As it would be read after a crash here.
        let crashed = Faulty::holding(medium.bytes());
        let copy = MemoryDisk::default();
        let mut all = Batch::new();
        for (key, value) in contract::all(&MemoryBackend::on(disk.clone())) {
            all.put(key, value);
        }
        let mut behind = MemoryBackend::on(copy.clone());
        behind.apply(all).unwrap();
        behind.sync().unwrap();
        drop(behind);
        let again = open(&copy, &crashed).unwrap();
        assert_eq!(contract::all(&again), expected, "after a crash at piece {pieces}");
        std::mem::forget(again);
    }
    assert!(pieces >= 1_100 / PIECE, "{pieces} pieces");
    assert!(journal.rows.is_empty() && journal.fold.is_none());
    std::mem::forget(journal);
    assert_eq!(contract::all(&MemoryBackend::on(disk)), model.into_iter().collect::<Vec<_>>());
}

#[test]
fn closing_leaves_it_empty() {
    let (disk, medium, mut journal) = fresh();
    journal.apply(one("a", "1")).unwrap();
    journal.sync().unwrap();
    drop(journal);
    assert_eq!(contract::all(&MemoryBackend::on(disk.clone())).len(), 1);
    assert!(open(&disk, &medium).unwrap().rows.is_empty());
}

/// Three records, each synced, not folded.
fn three() -> (MemoryDisk, Vec<u8>, [u64; 4]) {
    let (disk, medium, mut journal) = fresh();
    let mut ends = [START; 4];
    for n in 0..3 {
        journal.apply(one(&format!("key{n}"), "some value")).unwrap();
        journal.sync().unwrap();
        ends[n + 1] = journal.end;
    }
    std::mem::forget(journal);
    (disk, medium.bytes(), ends)
}

#[test]
fn every_cut_leaves_a_prefix_and_every_flipped_bit_is_noticed() {
    let (disk, bytes, ends) = three();
    for cut in START..=ends[3] {
        let whole = ends[1..].iter().filter(|end| **end <= cut).count();
        let journal = open(&disk, &Faulty::holding(bytes[..cut as usize].to_vec())).unwrap();
        assert_eq!(journal.rows.len(), whole, "cut at {cut}");
        std::mem::forget(journal);
    }
    for at in 0..ends[3] {
        let mut flipped = bytes.clone();
        flipped[at as usize] ^= 1 << (at % 8);
        match open(&disk, &Faulty::holding(flipped)) {
            // One of the two heads: the other serves. The last record: it cannot be told from a torn one.
            Ok(journal) => {
                let expected = if at < START { 3 } else { 2 };
                assert!(at < START || at >= ends[2], "byte {at}");
                assert_eq!(journal.rows.len(), expected, "byte {at}");
                std::mem::forget(journal);
            }
            Err(error) => {
                assert!(matches!(error, BackendError::Corrupt(_)), "{error}");
                assert!((START..ends[2]).contains(&at), "byte {at}: {error}");
            }
        }
    }
    let both = [vec![0xff; START as usize], bytes[START as usize..].to_vec()].concat();
    assert!(matches!(open(&disk, &Faulty::holding(both)), Err(BackendError::Corrupt(_))));
    assert!(matches!(open(&disk, &Faulty::holding(Vec::new())), Err(BackendError::Corrupt(_))));
}

#[test]
fn goes_on_after_a_cut_record_and_past_an_earlier_run() {
    let (disk, bytes, ends) = three();
    let medium = Faulty::holding(bytes[..ends[3] as usize - 1].to_vec());
    let mut journal = open(&disk, &medium).unwrap();
    journal.apply(one("z", "new")).unwrap();
    journal.sync().unwrap();
    std::mem::forget(journal);
    let mut journal = open(&disk, &medium).unwrap();
    assert_eq!(
        journal.rows.keys().collect::<Vec<_>>(),
        [&b"key0".to_vec(), &b"key1".to_vec(), &b"z".to_vec()]
    );
    journal.fold(LARGEST_KEPT).unwrap();
    // Shorter than what lay here before, whose later records are of the earlier run.
    journal.apply(one("y", "")).unwrap();
    journal.sync().unwrap();
    std::mem::forget(journal);
    assert_eq!(open(&disk, &medium).unwrap().rows.keys().collect::<Vec<_>>(), [&b"y".to_vec()]);
}

#[test]
fn a_large_journal_shrinks_and_a_missing_one_is_not_made_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let file = JournalFile::create(dir.path()).unwrap();
    let mut journal = Journaled::create(MemoryBackend::new(), file, &Env::system()).unwrap();
    let mut batch = Batch::new();
    for n in 0..6_000u32 {
        batch.put(n.to_be_bytes(), vec![7; 4_000]);
    }
    journal.apply(batch).unwrap();
    journal.sync().unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() > LARGEST_KEPT);
    journal.tidy().unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() <= LARGEST_KEPT);
    assert_eq!(contract::all(&journal).len(), 6_000);
    drop(journal);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(JournalFile::open(dir.path()), Err(BackendError::Missing(_))));
}

/// The format of version 1, byte by byte. It must be read for ever.
#[test]
fn the_frozen_sample_of_version_1() {
    let head = block::twins(KIND, &[0x11; RUN]).unwrap();
    let mut bytes = head;
    let mut record = vec![0x11; 16];
    record.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0]);
    record.extend_from_slice(&[1, 1, b'k', 2, 0, b'v', b'w', 0, 1, b'd']);
    record.extend_from_slice(&0x2cf87cfb5dea3aeb45342c5ee61d2899_u128.to_be_bytes());
    bytes.extend_from_slice(&record);
    let disk = MemoryDisk::new();
    let mut behind = MemoryBackend::on(disk.clone());
    behind.apply(one("d", "gone")).unwrap();
    let journal = open(&disk, &Faulty::holding(bytes)).unwrap();
    assert_eq!(contract::all(&journal), [(b"k".to_vec(), b"vw".to_vec())]);
}
