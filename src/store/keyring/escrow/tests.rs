use super::*;
use crate::store::keyring::{KeyFile, Slot};

const STORE: StoreId = StoreId::from_bytes([5; 16]);
const ID: Uuid = Uuid::from_u128(9);
const WORDS: &str = "a drawer far away";

fn words(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

struct Home {
    dir: tempfile::TempDir,
    env: Env,
    escrow: Registered,
}

impl Home {
    fn new() -> (Home, Keyring) {
        let (dir, env) = (tempfile::tempdir().unwrap(), Env::system());
        let keys = dir.path().join("keys");
        files::create_dir(&keys).unwrap();
        let way = Secret::KeyFile(KeyFile::generate(&env));
        let ring = Keyring::create(&keys, STORE, &[way], KdfCost::MINIMUM, &env).unwrap();
        let lock = Lock::new(STORE, ID, words(WORDS), KdfCost::MINIMUM, &env).unwrap();
        let escrow = Registered { id: ID, path: dir.path().join("escrow"), lock };
        (Home { dir, env, escrow }, ring)
    }

    fn refresh(&self, ring: &Keyring) -> Written {
        let done = refresh_all(ring, std::slice::from_ref(&self.escrow), Timestamp::from_millis(7));
        done.into_iter().next().unwrap().1.unwrap()
    }

    fn open(&self) -> Result<Keyring, KeyError> {
        Escrow::read(&self.escrow.path)?.open(words(WORDS), &self.env)
    }
}

fn key(ring: &Keyring, slot: Slot) -> [u8; 32] {
    *ring.subject_key(slot).unwrap().bytes()
}

#[test]
fn holds_the_keys_of_today_and_after_forgetting_no_others() {
    let (home, mut ring) = Home::new();
    let (gone, stays) = (ring.allocate().unwrap(), ring.allocate().unwrap());
    let first = home.refresh(&ring);
    let old = std::fs::read(&home.escrow.path).unwrap();
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&old)), first.sha256, "as `sha256sum` shows it");
    let key_gone = key(&ring, gone);
    assert!(key(&home.open().unwrap(), gone) == key_gone);
    ring.forget(&[gone]).unwrap();
    let second = home.refresh(&ring);
    assert_eq!((first.epoch, second.epoch, second.slots), (0, 1, 4096));
    let opened = home.open().unwrap();
    assert!(key(&opened, gone) != key_gone, "the forgotten are forgotten there too");
    assert!(key(&opened, stays) == key(&ring, stays));
    assert!(*opened.derive("suppression") == *ring.derive("suppression"));
    assert!(*opened.roots.master() == *ring.roots.master());
    assert_eq!(files::names(home.dir.path()).unwrap(), ["escrow", "keys"], "one version, nothing beside it");
}

#[test]
fn the_store_cannot_open_what_it_writes() {
    let (home, ring) = Home::new();
    home.refresh(&ring);
    let escrow = Escrow::read(&home.escrow.path).unwrap();
    // All that an unlocked store has: its keys and the registered lock.
    let (ephemeral, rest) = escrow.body.split_first_chunk::<32>().unwrap();
    for secret in [*ring.roots.master(), *ring.roots.root(), *ring.derive("escrow"), escrow.lock.public] {
        let key = shared(&secret, ephemeral, ephemeral, &escrow.lock.public).unwrap();
        let aad = associated(&escrow.payload, 0);
        assert!(open_box(&*key, ROOTS_LABEL, &aad, &rest[..ROOTS]).is_err());
    }
}

#[test]
fn a_wrong_passphrase_says_so() {
    let (home, ring) = Home::new();
    home.refresh(&ring);
    let escrow = Escrow::read(&home.escrow.path).unwrap();
    let refused = escrow.open(words("a drawer nearby"), &home.env).err().unwrap();
    assert!(matches!(refused, KeyError::WrongEscrowPassphrase), "{refused}");
}

#[test]
fn cut_changed_newer_and_foreign_files_are_told_apart() {
    let (home, ring) = Home::new();
    home.refresh(&ring);
    let whole = std::fs::read(&home.escrow.path).unwrap();
    let path = Path::new("escrow");
    for len in [0, 1, 100, BLOCK - 1, BLOCK, BLOCK + 40, whole.len() - 33, whole.len() - 1] {
        assert!(Escrow::parse(&whole[..len], path).is_err(), "{len}");
    }
    for at in (0..whole.len()).step_by(1013).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        assert!(Escrow::parse(&bytes, path).is_err(), "{at}");
    }
    // With a right checksum, whoever changed it still lacks the key.
    for at in [BLOCK + 2, BLOCK + 40, BLOCK + 32 + ROOTS + 900] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        let end = bytes.len() - 32;
        let sum = Sha256::digest(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum);
        let escrow = Escrow::parse(&bytes, path).unwrap();
        assert!(matches!(escrow.open(words(WORDS), &home.env), Err(KeyError::DamagedEscrow(_))), "{at}");
    }
    let newer = block::encode(Kind { version: 2, ..KIND }, b"more").unwrap();
    assert!(matches!(Escrow::parse(&newer, path), Err(KeyError::Newer { version: 2, .. })));
    std::fs::write(home.dir.path().join("letter"), "Dear all").unwrap();
    let letter = Escrow::read(&home.dir.path().join("letter")).err().unwrap();
    assert!(matches!(letter, KeyError::NotAnEscrow(_)));
}

#[test]
fn nothing_else_is_overwritten() {
    let (home, ring) = Home::new();
    std::fs::write(&home.escrow.path, "somebody's own").unwrap();
    let done = refresh_all(&ring, std::slice::from_ref(&home.escrow), Timestamp::from_millis(0));
    assert!(matches!(done[0].1, Err(KeyError::NotOurEscrow(_))));
    assert_eq!(std::fs::read(&home.escrow.path).unwrap(), b"somebody's own");
    // Nor the escrow of another store.
    let (other, theirs) = Home::new();
    other.refresh(&theirs);
    let mut bytes = std::fs::read(&other.escrow.path).unwrap();
    let mut payload = Fields(match block::decode(KIND, block::nth(&bytes, 0)) {
        Block::Valid(payload) => payload,
        _ => unreachable!(),
    })
    .0
    .to_vec();
    payload[0] ^= 1;
    bytes[..BLOCK].copy_from_slice(&block::encode(KIND, &payload).unwrap());
    std::fs::write(&home.escrow.path, &bytes).unwrap();
    let done = refresh_all(&ring, std::slice::from_ref(&home.escrow), Timestamp::from_millis(0));
    assert!(matches!(done[0].1, Err(KeyError::NotOurEscrow(_))));
    // A place that is not there now leaves the escrow pending, and is no reason to stop.
    let away = Registered { path: home.dir.path().join("not mounted/escrow"), ..home.escrow.clone() };
    assert!(refresh_all(&ring, &[away], Timestamp::from_millis(0))[0].1.is_err());
}

#[test]
fn the_bytes_of_the_old_one_are_overwritten() {
    let (home, ring) = Home::new();
    home.refresh(&ring);
    let mut old = files::open(&home.escrow.path).unwrap();
    home.refresh(&ring);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut old, &mut bytes).unwrap();
    assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
}

#[test]
fn a_lock_is_kept_as_text() {
    let (home, _) = Home::new();
    let text = home.escrow.lock.to_text();
    assert!(Lock::parse(&text).unwrap() == home.escrow.lock);
    for wrong in ["", "1 ", "2 AAAA", "1 !!!!", &text[..text.len() - 4], &format!("{text}AAAA")] {
        assert!(Lock::parse(wrong).is_none(), "{wrong}");
    }
}

/// Frozen: an escrow in a drawer must open for ever.
#[test]
fn golden() {
    let hex: String = include_str!("escrow.1.hex").split_whitespace().collect();
    let head: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let (lock, rest) = head.split_at(LOCK);
    let lock = Lock::read(lock).unwrap();
    let secret = lock.open(STORE, ID, words(WORDS)).unwrap();
    assert_eq!(x25519(*secret, X25519_BASEPOINT_BYTES), lock.public);
    let (ephemeral, sealed) = rest.split_first_chunk::<32>().unwrap();
    let key = shared(&secret, ephemeral, ephemeral, &lock.public).unwrap();
    let plain = open_box(&*key, ROOTS_LABEL, &associated(b"golden", 0), sealed).unwrap();
    assert_eq!(plain[..], [[1; 32], [2; 32]].concat());
}
