use std::collections::BTreeMap;

use super::ring::CHUNK_SLOTS;
use super::*;
use crate::store::block::BLOCK;

const STORE: StoreId = StoreId::from_bytes([3; 16]);

struct Home {
    dir: tempfile::TempDir,
    env: Env,
    secret: Secret,
}

impl Home {
    /// A keyring unlocked by a key file, which costs no time.
    fn new() -> (Home, Keyring) {
        let env = Env::system();
        let home =
            Home { dir: tempfile::tempdir().unwrap(), secret: Secret::KeyFile(KeyFile::generate(&env)), env };
        let ways = std::slice::from_ref(&home.secret);
        let keyring = Keyring::create(home.path(), STORE, ways, KdfCost::MINIMUM, &home.env).unwrap();
        (home, keyring)
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn unlock(&self) -> Result<Keyring, KeyError> {
        Keyring::unlock(self.path(), STORE, &self.secret, &self.env)
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let read = |name: &String| std::fs::read(self.path().join(name)).unwrap();
        files::names(self.path()).unwrap().into_iter().map(|name| (name.clone(), read(&name))).collect()
    }

    fn restore(&self, files: &BTreeMap<String, Vec<u8>>) {
        for name in files::names(self.path()).unwrap() {
            std::fs::remove_file(self.path().join(name)).unwrap();
        }
        for (name, bytes) in files {
            std::fs::write(self.path().join(name), bytes).unwrap();
        }
    }
}

fn way(secret: &Secret) -> PreparedWay {
    PreparedWay::new(secret, KdfCost::MINIMUM, &Env::system()).unwrap()
}

fn key(keyring: &Keyring, slot: Slot) -> [u8; 32] {
    *keyring.subject_key(slot).unwrap().bytes()
}

fn keys(keyring: &Keyring, slots: &[Slot]) -> Vec<[u8; 32]> {
    slots.iter().map(|slot| key(keyring, *slot)).collect()
}

fn refusal(home: &Home) -> KeyError {
    home.unlock().err().unwrap()
}

fn passphrase(words: &str) -> Secret {
    Secret::Passphrase(Passphrase::new(words).unwrap())
}

#[test]
fn unlocks_in_three_ways_to_the_same_keys() {
    let env = Env::system();
    let dir = tempfile::tempdir().unwrap();
    let code = RecoveryCode::generate(&env);
    let paper = code.text();
    let file = dir.path().join("outside.key");
    let key_file = KeyFile::generate(&env);
    key_file.write_new(&file).unwrap();
    let keys_dir = dir.path().join("keys");
    files::create_dir(&keys_dir).unwrap();
    let ways = [passphrase("correct horse"), Secret::KeyFile(key_file), Secret::RecoveryCode(code)];
    let made = Keyring::create(&keys_dir, STORE, &ways, KdfCost::MINIMUM, &env).unwrap();
    let kinds: Vec<WayKind> = made.list_ways().iter().map(|way| way.kind).collect();
    assert_eq!(kinds, [WayKind::Passphrase, WayKind::KeyFile, WayKind::RecoveryCode]);

    let unlock = |secret: Secret| Keyring::unlock(&keys_dir, STORE, &secret, &env);
    for secret in [
        passphrase("correct horse"),
        Secret::KeyFile(KeyFile::read(&file).unwrap()),
        Secret::RecoveryCode(RecoveryCode::parse(&paper.to_lowercase()).unwrap()),
    ] {
        let keyring = unlock(secret).unwrap();
        assert_eq!(key(&keyring, Slot(4095)), key(&made, Slot(4095)));
        assert!(keyring.store_key().unwrap().bytes() == made.store_key().unwrap().bytes());
        assert!(*keyring.derive("digest") == *made.derive("digest"));
        assert!(keyring.repairs().is_empty());
    }
    for (wrong, kind) in [
        (passphrase("Correct horse"), WayKind::Passphrase),
        (Secret::KeyFile(KeyFile::generate(&env)), WayKind::KeyFile),
        (Secret::RecoveryCode(RecoveryCode::generate(&env)), WayKind::RecoveryCode),
    ] {
        assert!(matches!(unlock(wrong), Err(KeyError::WrongSecret(found)) if found == kind));
    }
}

#[test]
fn derived_keys_differ_by_purpose_and_from_all_else() {
    let (_home, keyring) = Home::new();
    assert!(*keyring.derive("a") != *keyring.derive("b"));
    assert!(*keyring.derive("") != *keyring.roots.master());
    let (_other, other) = Home::new();
    assert!(*keyring.derive("a") != *other.derive("a"));
}

#[test]
fn ways_are_added_and_removed() {
    let (home, mut keyring) = Home::new();
    assert!(matches!(keyring.remove_way(1), Err(KeyError::LastWay)));
    assert!(matches!(keyring.remove_way(77), Err(KeyError::UnknownWay(77))));
    assert!(matches!(
        Keyring::unlock(home.path(), STORE, &passphrase("not there yet"), &home.env),
        Err(KeyError::NoSuchWay(WayKind::Passphrase))
    ));
    let code = || Secret::RecoveryCode(RecoveryCode::parse(CODE).unwrap());
    const CODE: &str = "18FP-X4BJ-S07E-NW3A-HRZ6-DMV2-9G84";
    assert_eq!(keyring.add_way(&way(&code())).unwrap(), 2);
    Keyring::unlock(home.path(), STORE, &code(), &home.env).unwrap();
    keyring.remove_way(1).unwrap();
    assert!(matches!(home.unlock(), Err(KeyError::NoSuchWay(WayKind::KeyFile))));
    let opened = Keyring::unlock(home.path(), STORE, &code(), &home.env).unwrap();
    assert_eq!(key(&opened, Slot(9)), key(&keyring, Slot(9)));
    for _ in 1..MAX_WAYS {
        keyring.add_way(&way(&Secret::KeyFile(KeyFile::generate(&home.env)))).unwrap();
    }
    assert!(matches!(keyring.add_way(&way(&code())), Err(KeyError::TooManyWays)));
    assert_eq!(keyring.list_ways().len(), MAX_WAYS);
}

#[test]
fn keys_are_taken_in_order_and_the_ring_grows() {
    let (home, mut keyring) = Home::new();
    assert!(keyring.is_used(Slot::STORE));
    assert_eq!(keyring.allocate().unwrap(), Slot(1));
    assert_eq!(keyring.allocate().unwrap(), Slot(2));
    keyring.set_used((3..CHUNK_SLOTS as u32).map(Slot)).unwrap();
    let first_beyond = Slot(CHUNK_SLOTS as u32);
    assert!(matches!(keyring.subject_key(first_beyond), Err(KeyError::SlotBeyondRing { slots: 4096, .. })));
    assert_eq!(keyring.allocate().unwrap(), first_beyond);
    let grown = [Slot(0), Slot(1), Slot(4095), first_beyond, Slot(8191)];
    let mut opened = home.unlock().unwrap();
    assert_eq!(keys(&opened, &grown), keys(&keyring, &grown));
    assert!(opened.repairs().is_empty());
    opened.set_used([Slot(1), Slot(3)]).unwrap();
    assert_eq!([opened.allocate().unwrap(), opened.allocate().unwrap()], [Slot(2), Slot(4)]);
    assert_eq!(opened.used_count(), 5);
    assert!(matches!(
        opened.set_used([Slot(8192)]),
        Err(KeyError::SlotBeyondRing { slot: 8192, slots: 8192 })
    ));
    let all: std::collections::HashSet<[u8; 32]> = (0..8192).map(|n| key(&opened, Slot(n))).collect();
    assert_eq!(all.len(), 8192, "each key is its own");
}

/// Cuts copy 0, then copy 1, at each place a crash while growing could leave.
#[test]
fn an_interrupted_growth_is_undone_or_completed() {
    let (home, mut keyring) = Home::new();
    let before = home.files();
    keyring.set_used((0..CHUNK_SLOTS as u32).map(Slot)).unwrap();
    keyring.allocate().unwrap();
    let grown = home.files();
    let (old, new) = (before["ring.0.0"].len(), grown["ring.0.0"].len());
    for len in [old + 1, old + 1000, new - 1] {
        let mut files = before.clone();
        files.insert("ring.0.0".into(), grown["ring.0.0"][..len].to_vec());
        home.restore(&files);
        let opened = home.unlock().unwrap();
        assert_eq!(opened.repairs().len(), 1, "{:?}", opened.repairs());
        assert_eq!(opened.ring.len(), 4096);
        assert_eq!(home.files(), before, "cut to {len}");
    }
    // The whole length, but not all of its content: what a loss of power leaves.
    let mut files = before.clone();
    files.insert("ring.0.0".into(), [&grown["ring.0.0"][..old + 500], &vec![0; new - old - 500]].concat());
    home.restore(&files);
    assert_eq!(home.unlock().unwrap().ring.len(), 4096);
    assert_eq!(home.files(), before);
    for len in [old, old + 1, new - 1] {
        let mut files = grown.clone();
        files.insert("ring.0.1".into(), grown["ring.0.1"][..len].to_vec());
        home.restore(&files);
        let opened = home.unlock().unwrap();
        assert_eq!(opened.ring.len(), 8192);
        assert_eq!(home.files(), grown, "copy 1 cut to {len}");
    }
}

#[test]
fn a_failed_growth_hands_out_nothing() {
    let (home, mut keyring) = Home::new();
    keyring.set_used((0..CHUNK_SLOTS as u32).map(Slot)).unwrap();
    let away = home.path().join("away");
    std::fs::rename(home.path().join("ring.0.1"), &away).unwrap();
    assert!(matches!(keyring.allocate(), Err(KeyError::File(_))));
    assert!(matches!(keyring.allocate(), Err(KeyError::Broken)));
    assert_eq!(keys(&keyring, &[Slot(7)]).len(), 1, "what is there can still be read");
    std::fs::rename(&away, home.path().join("ring.0.1")).unwrap();
    let mut opened = home.unlock().unwrap();
    opened.set_used((0..CHUNK_SLOTS as u32).map(Slot)).unwrap();
    assert_eq!(opened.allocate().unwrap(), Slot(4096));
}

/// Each of many flipped bits in each file is repaired from its copy, to the very same bytes.
#[test]
fn one_flipped_bit_is_repaired() {
    let (home, keyring) = Home::new();
    let good = home.files();
    assert_eq!(good.keys().collect::<Vec<_>>(), ["epoch", "ring.0.0", "ring.0.1", "slots"]);
    let some = [Slot(0), Slot(1), Slot(4095)];
    for (name, bytes) in &good {
        let step = if name.starts_with("ring") { 9973 } else { 251 };
        for at in (0..bytes.len()).step_by(step).chain([0, 9, 15, 40, bytes.len() - 1]) {
            let mut files = good.clone();
            files.get_mut(name).unwrap()[at] ^= 1 << (at % 8);
            home.restore(&files);
            let opened = home.unlock().unwrap_or_else(|error| panic!("{name} byte {at}: {error}"));
            assert_eq!(keys(&opened, &some), keys(&keyring, &some));
            assert_eq!(opened.repairs().len(), 1, "{name} byte {at}");
            assert!(opened.repairs()[0].contains(name), "{:?}", opened.repairs());
            assert!(home.files() == good, "{name} byte {at}: repaired to the same bytes");
        }
    }
}

#[test]
fn damage_in_both_copies_is_named() {
    let (home, mut keyring) = Home::new();
    keyring.set_used((0..CHUNK_SLOTS as u32).map(Slot)).unwrap();
    keyring.allocate().unwrap();
    let good = home.files();
    let damage = |changes: &[(&str, usize)]| {
        let mut files = good.clone();
        for (name, at) in changes {
            files.get_mut(*name).unwrap()[*at] ^= 4;
        }
        home.restore(&files);
        refusal(&home).to_string()
    };
    let chunk = |n: usize| BLOCK + n * (CHUNK_SLOTS * 32 + 64) + 5000;
    let text = damage(&[("ring.0.0", chunk(0)), ("ring.0.1", chunk(0) + 1)]);
    assert!(text.contains("chunk 0 (keys 0 to 4095) is damaged in both copies"), "{text}");
    let text = damage(&[("ring.0.0", chunk(1)), ("ring.0.1", chunk(1) + 1)]);
    assert!(
        text.contains("chunk 1 (keys 4096 to 8191)"),
        "the last one is not taken for an interrupted growth: {text}"
    );
    let text = damage(&[("slots", 100), ("slots", BLOCK + 200)]);
    assert!(text.contains("slots is damaged") && text.contains("key escrow"), "{text}");
    let text = damage(&[("epoch", 100), ("epoch", BLOCK + 200)]);
    assert!(text.contains("epoch is damaged"), "{text}");
    // Two different chunks, one in each copy, are both repaired.
    let mut files = good.clone();
    files.get_mut("ring.0.0").unwrap()[chunk(0)] ^= 1;
    files.get_mut("ring.0.1").unwrap()[chunk(1)] ^= 1;
    home.restore(&files);
    assert_eq!(home.unlock().unwrap().repairs().len(), 2);
    assert!(home.files() == good);
}

#[test]
fn missing_and_cut_files_are_repaired_or_named() {
    let (home, _) = Home::new();
    let good = home.files();
    for name in ["ring.0.0", "ring.0.1"] {
        for len in [None, Some(0), Some(100), Some(BLOCK), Some(BLOCK + 70000)] {
            let mut files = good.clone();
            match len {
                Some(len) => files.get_mut(name).unwrap().truncate(len),
                None => drop(files.remove(name)),
            }
            home.restore(&files);
            home.unlock().unwrap_or_else(|error| panic!("{name} {len:?}: {error}"));
            assert!(home.files() == good, "{name} {len:?}");
        }
    }
    for name in ["slots", "epoch"] {
        let mut files = good.clone();
        files.remove(name);
        home.restore(&files);
        assert!(refusal(&home).to_string().contains("it is missing"), "{name}");
        files.insert(name.into(), good[name][..BLOCK - 1].to_vec());
        home.restore(&files);
        assert!(matches!(refusal(&home), KeyError::Corrupt { .. }), "{name}");
        files.insert(name.into(), good[name][..BLOCK].to_vec());
        home.restore(&files);
        home.unlock().unwrap();
        assert!(home.files() == good, "{name} with one block");
    }
    let mut files = good.clone();
    files.retain(|name, _| !name.starts_with("ring"));
    home.restore(&files);
    assert!(refusal(&home).to_string().contains("both copies of it are missing"));
    // Cut to nothing in both copies: an error, not a ring without people.
    for name in ["ring.0.0", "ring.0.1"] {
        files.insert(name.into(), good[name][..BLOCK].to_vec());
    }
    home.restore(&files);
    assert!(matches!(refusal(&home), KeyError::Corrupt { .. }));
}

#[test]
fn files_of_another_store_or_version_are_refused() {
    let (home, _) = Home::new();
    let (other, _) = Home::new();
    let good = home.files();
    assert!(matches!(
        Keyring::unlock(home.path(), StoreId::from_bytes([4; 16]), &home.secret, &home.env),
        Err(KeyError::Corrupt { .. })
    ));
    for name in ["epoch", "slots"] {
        let mut files = good.clone();
        files.insert(name.into(), other.files()[name].clone());
        home.restore(&files);
        assert!(home.unlock().is_err(), "{name}");
    }
    for (name, magic) in [("slots", b"CBSLOTS\0"), ("epoch", b"CBEPOCH\0"), ("ring.0.0", b"CBRING\0\0")] {
        let mut files = good.clone();
        let newer =
            crate::store::block::encode(crate::store::block::Kind { magic, version: 2 }, b"?").unwrap();
        files.get_mut(name).unwrap()[..BLOCK].copy_from_slice(&newer);
        home.restore(&files);
        assert!(matches!(refusal(&home), KeyError::Newer { version: 2, .. }), "{name}");
    }
}

#[test]
fn forgetting_destroys_keys_and_keeps_the_others() {
    let (home, mut keyring) = Home::new();
    let people: Vec<Slot> = (0..5000).map(|_| keyring.allocate().unwrap()).collect();
    let old = home.files();
    let before = keys(&keyring, &people);
    let gone = [people[3], people[4500]];
    let free = Slot(8000);
    let free_before = key(&keyring, free);
    assert!(matches!(keyring.forget(&[Slot::STORE]), Err(KeyError::StoreKey)));
    assert!(matches!(keyring.forget(&[Slot(9999)]), Err(KeyError::SlotBeyondRing { .. })));
    keyring.forget(&gone).unwrap();
    let opened = home.unlock().unwrap();
    assert!(opened.repairs().is_empty(), "{:?}", opened.repairs());
    assert_eq!(files::names(home.path()).unwrap(), ["epoch", "ring.1.0", "ring.1.1", "slots"]);
    for ring in [&keyring, &opened] {
        assert_eq!(ring.epoch(), 1);
        for (slot, old) in people.iter().zip(&before) {
            assert_eq!(key(ring, *slot) != *old, gone.contains(slot), "{slot:?}");
        }
        assert_ne!(key(ring, free), free_before, "free keys are renewed");
    }
    assert_eq!(keyring.allocate().unwrap(), gone[0], "the slot is free, under a new key");
    // The old ring beside the new epoch, with the secret that opens the store: noise.
    let mut files = home.files();
    for copy in ["0", "1"] {
        files.insert(format!("ring.1.{copy}"), old[&format!("ring.0.{copy}")].clone());
    }
    home.restore(&files);
    assert!(home.unlock().is_err());
    let epoch = &home.files()["epoch"];
    assert!(epoch[..2 * BLOCK].iter().all(|byte| *byte == 0), "the old secret is overwritten");
}

/// Ends the process at each point of forgetting; afterwards all are forgotten, or none.
#[test]
fn forgetting_is_all_or_nothing_at_each_crash() {
    for crash_at in 0..5 {
        let (home, mut keyring) = Home::new();
        let people: Vec<Slot> = (0..10).map(|_| keyring.allocate().unwrap()).collect();
        let before = keys(&keyring, &people);
        // A second epoch, so that the half that is overwritten is not always the same.
        for _ in 0..crash_at % 2 {
            keyring.forget(&[]).unwrap();
            assert_eq!(keys(&keyring, &people), before);
        }
        *keyring.points_left.get_mut() = crash_at;
        assert!(keyring.forget(&people[..5]).is_err());
        assert!(matches!(keyring.forget(&people[..5]), Err(KeyError::Broken)));
        assert!(matches!(keyring.allocate(), Err(KeyError::Broken)));
        drop(keyring);
        let mut opened = home.unlock().unwrap();
        let changed = keys(&opened, &people).iter().zip(&before).filter(|(new, old)| new != old).count();
        assert_eq!(changed, if crash_at < 2 { 0 } else { 5 }, "crash at {crash_at}");
        assert_eq!(files::names(home.path()).unwrap().len(), 4, "no old ring is left: {crash_at}");
        let epoch = home.files()["epoch"].clone();
        let zeros = |half: usize| epoch[half * 2 * BLOCK..][..2 * BLOCK].iter().all(|byte| *byte == 0);
        assert!(zeros(0) != zeros(1), "one half only: {crash_at}");
        assert!(home.unlock().unwrap().repairs().is_empty());
        opened.set_used(people.iter().copied()).unwrap();
        opened.forget(&people[..5]).unwrap();
        assert_eq!(keys(&opened, &people[5..]), before[5..]);
        assert!(keys(&opened, &people[..5]).iter().zip(&before).all(|(new, old)| new != old));
    }
}

/// The block that is the commit point, torn at any place, is not one.
#[test]
fn a_torn_commit_point_is_none() {
    let (home, mut keyring) = Home::new();
    let person = keyring.allocate().unwrap();
    let before = key(&keyring, person);
    *keyring.points_left.get_mut() = 2;
    assert!(keyring.forget(&[person]).is_err());
    let committed = home.files();
    for len in [1, 100, 512, 4095] {
        let mut files = committed.clone();
        files.get_mut("epoch").unwrap()[2 * BLOCK + len..3 * BLOCK].fill(0);
        if len >= 512 {
            // The checksum arrived, a part of the middle did not.
            files.get_mut("epoch").unwrap()[2 * BLOCK..3 * BLOCK]
                .copy_from_slice(&committed["epoch"][2 * BLOCK..3 * BLOCK]);
            files.get_mut("epoch").unwrap()[2 * BLOCK + 30] ^= 0xff;
        }
        home.restore(&files);
        let opened = home.unlock().unwrap();
        assert_eq!((opened.epoch(), key(&opened, person)), (0, before), "torn at {len}");
        assert!(opened.ring.key(person).is_some());
    }
    home.restore(&committed);
    let opened = home.unlock().unwrap();
    assert_eq!(opened.epoch(), 1);
    assert_ne!(key(&opened, person), before);
}

/// No byte of a secret lies in the clear in any file.
#[test]
fn nothing_is_in_the_clear() {
    let (home, mut keyring) = Home::new();
    keyring.forget(&[]).unwrap();
    let secrets =
        [key(&keyring, Slot(0)), key(&keyring, Slot(1)), *keyring.roots.master(), *keyring.roots.epoch()];
    for (name, bytes) in home.files() {
        for secret in &secrets {
            assert!(!bytes.windows(16).any(|window| window == &secret[..16]), "{name}");
        }
    }
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "measures")]
fn speed_of_a_million() {
    let (home, mut keyring) = Home::new();
    let people: Vec<Slot> = (0..1_000_000).map(|_| keyring.allocate().unwrap()).collect();
    let start = std::time::Instant::now();
    keyring.forget(&people[..100]).unwrap();
    println!("forget 100 of a million: {:?}", start.elapsed());
    let start = std::time::Instant::now();
    home.unlock().unwrap();
    println!("unlock a million: {:?}", start.elapsed());
}
