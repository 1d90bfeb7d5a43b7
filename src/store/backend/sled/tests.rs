use std::collections::BTreeMap;
use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;

use super::*;
use crate::store::backend::{MAX_VALUE, contract, fault};

fn small() -> SledOptions {
    SledOptions { cache_bytes: 4 << 20, ..SledOptions::default() }
}

fn open(dir: &Path) -> Result<SledBackend, BackendError> {
    SledBackend::open(dir, small())
}

/// A database with some hundred rows, closed.
fn made() -> (tempfile::TempDir, BTreeMap<Vec<u8>, Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let mut backend = SledBackend::create(dir.path(), small()).unwrap();
    let mut rows = BTreeMap::new();
    for round in 0..5u8 {
        let mut batch = Batch::new();
        for i in 0..100u8 {
            let (key, value) = (vec![b'r', i, round], vec![i ^ round; 30 + usize::from(i) * 3]);
            batch.put(key.clone(), value.clone());
            rows.insert(key, value);
        }
        backend.apply(batch).unwrap();
        backend.sync().unwrap();
    }
    (dir, rows)
}

fn rows(backend: &SledBackend) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, BackendError> {
    let mut rows = BTreeMap::new();
    backend.scan(b"", b"", &mut |key, value| {
        rows.insert(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

#[test]
fn keeps_the_contract() {
    let home = tempfile::tempdir().unwrap();
    let mut n = 0;
    contract::check(&mut || {
        n += 1;
        let dir = home.path().join(n.to_string());
        files::create_dir(&dir).unwrap();
        Box::new(SledBackend::create(&dir, small()).unwrap())
    });
}

#[test]
fn keeps_the_contract_behind_the_fault_wrapper_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    drop(SledBackend::create(dir.path(), small()).unwrap());
    contract::check_reopen(&mut || Box::new(fault::FaultBackend::new(open(dir.path()).unwrap()).0));
    assert!(open(dir.path()).unwrap().bytes_on_disk() > 1000);
}

#[test]
fn does_not_overwrite_and_does_not_start_afresh() {
    let (dir, _) = made();
    assert!(matches!(SledBackend::create(dir.path(), small()), Err(BackendError::Exists(_))));
    let db = dir.path().join("sled/db");
    let kept = dir.path().join("kept");
    std::fs::rename(&db, &kept).unwrap();
    assert!(matches!(open(dir.path()), Err(BackendError::Missing(_))));
    assert!(!db.exists(), "nothing fresh was made");
    std::fs::write(&db, "").unwrap();
    assert!(matches!(open(dir.path()), Err(BackendError::Missing(_))));
    // A database of the right form that is somebody else's, or fresh.
    std::fs::remove_file(&db).unwrap();
    drop(sled::open(dir.path().join("sled")).unwrap());
    assert!(matches!(open(dir.path()), Err(BackendError::Corrupt(_))));
    assert!(matches!(open(&dir.path().join("none")), Err(BackendError::Missing(_))));
}

#[test]
fn a_leftover_snapshot_is_no_obstacle() {
    let (dir, expected) = made();
    let leftover = dir.path().join("sled/snap.0000000000001234.generating");
    std::fs::write(&leftover, "half a snapshot").unwrap();
    assert_eq!(rows(&open(dir.path()).unwrap()).unwrap(), expected);
    assert!(!leftover.exists());
}

#[test]
fn a_torn_lost_or_changed_conf_is_restored() {
    let (dir, expected) = made();
    let (conf, copy) = (dir.path().join("sled/conf"), dir.path().join("conf.copy"));
    let (good, good_copy) = (std::fs::read(&conf).unwrap(), std::fs::read(&copy).unwrap());
    for torn in [&b""[..], &good[..5], &good[..good.len() - 1], b"something else that is long enough"] {
        std::fs::write(&conf, torn).unwrap();
        assert_eq!(rows(&open(dir.path()).unwrap()).unwrap(), expected, "{torn:?}");
        assert_eq!(std::fs::read(&conf).unwrap(), good);
    }
    std::fs::remove_file(&conf).unwrap();
    assert_eq!(rows(&open(dir.path()).unwrap()).unwrap(), expected);
    // A bad copy does not spoil a good conf, and is made anew.
    let mut flipped = good_copy.clone();
    flipped[20] ^= 1;
    for bad in [flipped, Vec::new()] {
        std::fs::write(&copy, bad).unwrap();
        assert_eq!(rows(&open(dir.path()).unwrap()).unwrap(), expected);
        assert_eq!(std::fs::read(&copy).unwrap(), good_copy);
    }
    std::fs::remove_file(&copy).unwrap();
    assert_eq!(rows(&open(dir.path()).unwrap()).unwrap(), expected);
    assert_eq!(std::fs::read(&copy).unwrap(), good_copy);
}

#[test]
fn closed_is_closed() {
    let (dir, _) = made();
    for _ in 0..100 {
        let mut backend = open(dir.path()).unwrap();
        let mut batch = Batch::new();
        batch.put(*b"again", [1; 1000]);
        backend.apply(batch).unwrap();
    }
}

#[test]
fn a_second_open_is_refused() {
    let (dir, _) = made();
    let _first = open(dir.path()).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, BackendError::Io(_)), "{error}");
}

#[test]
fn a_failure_is_for_ever() {
    let (dir, _) = made();
    let mut backend = open(dir.path()).unwrap();
    let error = backend.guarded(|_| -> Result<(), _> { Err(BackendError::SyncFailed("EIO".into())) });
    assert!(matches!(error, Err(BackendError::SyncFailed(_))));
    for _ in 0..2 {
        assert!(matches!(backend.sync(), Err(BackendError::Poisoned(why)) if why == "EIO"));
        assert!(matches!(backend.get(b"r"), Err(BackendError::Poisoned(_))));
        assert!(matches!(backend.apply(Batch::new()), Err(BackendError::Poisoned(_))));
        assert!(matches!(backend.last_at_or_before(b"", b"z"), Err(BackendError::Poisoned(_))));
        assert!(matches!(rows(&backend), Err(BackendError::Poisoned(_))));
    }
}

#[test]
fn a_panic_of_the_engine_is_an_error() {
    let (dir, _) = made();
    let backend = open(dir.path()).unwrap();
    let error = backend.guarded(|_| -> Result<(), _> { panic!("index out of bounds: 17") }).unwrap_err();
    assert!(matches!(&error, BackendError::Corrupt(why) if why.contains("index out of bounds")), "{error}");
    assert!(matches!(backend.get(b"r"), Err(BackendError::Poisoned(_))));
}

/// A refused batch is the caller's mistake, and leaves the backend usable.
#[test]
fn a_refusal_does_not_poison() {
    let (dir, expected) = made();
    let mut backend = open(dir.path()).unwrap();
    let mut batch = Batch::new();
    batch.put(*b"k", vec![0; MAX_VALUE + 1]);
    assert!(matches!(backend.apply(batch), Err(BackendError::ValueTooLong { .. })));
    assert_eq!(rows(&backend).unwrap(), expected);
}

/// Flips one bit at `places` places of each file, and counts errors, unharmed databases and lost rows.
fn sweep(places: usize) -> [usize; 3] {
    let (dir, expected) = made();
    drop(open(dir.path()).unwrap());
    let mut counts = [0; 3];
    for name in files::names(&dir.path().join("sled")).unwrap() {
        let file = dir.path().join("sled").join(&name);
        let Ok(good) = std::fs::read(&file) else { continue };
        let used = good.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        for i in 0..places.min(used) {
            let copy = tempfile::tempdir().unwrap();
            let to = copy.path().join("sled");
            std::fs::create_dir_all(to.join("blobs")).unwrap();
            for other in files::names(&dir.path().join("sled")).unwrap() {
                let from = dir.path().join("sled").join(&other);
                if from.is_file() {
                    std::fs::copy(from, to.join(other)).unwrap();
                }
            }
            std::fs::copy(dir.path().join("conf.copy"), copy.path().join("conf.copy")).unwrap();
            let at = used * i / places.min(used);
            let mut flipped = std::fs::OpenOptions::new().write(true).open(to.join(&name)).unwrap();
            flipped.seek(SeekFrom::Start(at as u64)).unwrap();
            flipped.write_all(&[good[at] ^ (1 << (i % 8))]).unwrap();
            match open(copy.path()).and_then(|backend| rows(&backend)) {
                Err(_) => counts[0] += 1,
                Ok(found) if found == expected => counts[1] += 1,
                Ok(found) => {
                    let altered = found.iter().find(|(key, value)| expected.get(*key) != Some(*value));
                    assert!(altered.is_none(), "{name} byte {at}: a row was altered, not lost: {altered:?}");
                    counts[2] += 1;
                }
            }
        }
    }
    counts
}

/// A flipped bit is an error, or harmless, or (the known weakness that the digest of the layer above is for) loses rows.
/// It is never a panic, and never alters a row: sled has a checksum for each page.
#[test]
fn flipped_bits_never_panic_or_alter() {
    let [errors, unharmed, _] = sweep(12);
    assert!(errors > 0 && unharmed > 0, "the sweep hit something: {errors}, {unharmed}");
}

#[test]
#[ignore = "takes a minute"]
fn a_thousand_flipped_bits() {
    println!("errors, unharmed, rows lost: {:?}", sweep(1000));
}
