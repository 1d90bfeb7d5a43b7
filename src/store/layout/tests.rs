use super::*;
use std::os::unix::fs::symlink;

const ID: StoreId = StoreId::from_bytes([5; 16]);

fn when() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

fn made() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    StoreDir::begin(&path).unwrap().finish(ID, when()).unwrap();
    (dir, path)
}

fn refusal(path: &Path) -> LayoutError {
    StoreDir::open(path).err().unwrap()
}

#[test]
fn makes_and_opens() {
    let (_dir, path) = made();
    let store = StoreDir::open(&path).unwrap();
    assert_eq!((store.store_id(), store.created(), store.repaired()), (ID, when(), false));
    assert_eq!(store.keys(), path.join("keys"));
    for dir in [&path, &store.keys(), &store.data()] {
        assert_eq!(std::fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(std::fs::metadata(path.join(HEADER)).unwrap().permissions().mode() & 0o777, 0o600);
    let tag = std::fs::read_to_string(path.join("keys/CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    assert!(!path.join(UNFINISHED).exists());
    assert!(matches!(refusal(&path), LayoutError::Lock(LockError::Held { .. })));
    assert!(matches!(StoreDir::begin(&path), Err(LayoutError::Exists(_))));
}

#[test]
fn a_killed_init_is_told_apart_and_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let new = StoreDir::begin(&path).unwrap();
    std::fs::write(new.keys().join("slots"), "half").unwrap();
    assert!(matches!(StoreDir::begin(&path), Err(LayoutError::Lock(_))), "while it runs");
    drop(new);
    let error = refusal(&path);
    assert!(error.to_string().contains("run `callbook init` again"), "{error}");
    let new = StoreDir::begin(&path).unwrap();
    assert_eq!(files::names(&new.keys()).unwrap(), [CACHEDIR_TAG], "nothing of the first try is left");
    new.finish(ID, when()).unwrap();
    // Killed after HEADER was written, before the mark was removed.
    std::fs::write(path.join(UNFINISHED), "").unwrap();
    StoreDir::open(&path).unwrap();
    assert!(!path.join(UNFINISHED).exists());
}

#[test]
fn a_lost_header_is_never_an_unfinished_store() {
    let (_dir, path) = made();
    std::fs::remove_file(path.join(HEADER)).unwrap();
    assert!(matches!(refusal(&path), LayoutError::LostHeader(_)));
    assert!(matches!(StoreDir::begin(&path), Err(LayoutError::LostHeader(_))));
    assert!(path.join("keys").exists());
}

#[test]
fn refuses_what_is_no_store() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    assert!(matches!(refusal(&at("none")), LayoutError::NotThere(_)));
    files::create_dir(&at("empty")).unwrap();
    assert!(matches!(refusal(&at("empty")), LayoutError::NotAStore(_)));
    assert_eq!(files::names(&at("empty")).unwrap().len(), 0, "looking leaves nothing behind");
    StoreDir::begin(&at("empty")).unwrap().finish(ID, when()).unwrap();
    files::create_dir(&at("full")).unwrap();
    std::fs::write(at("full").join("letter.txt"), "dear").unwrap();
    assert!(matches!(refusal(&at("full")), LayoutError::NotAStore(_)));
    assert!(matches!(StoreDir::begin(&at("full")), Err(LayoutError::NotEmpty(_))));
    assert!(matches!(refusal(&at("full").join("letter.txt")), LayoutError::NotAStore(_)));
    symlink(at("empty"), at("link")).unwrap();
    assert!(matches!(refusal(&at("link")), LayoutError::Symlink(_)));
    assert!(matches!(StoreDir::begin(&at("link")), Err(LayoutError::Symlink(_))));
}

#[test]
fn refuses_what_others_may_enter() {
    let (_dir, path) = made();
    for (inner, mode) in [("", 0o750), ("", 0o701), ("keys", 0o755), ("data", 0o770)] {
        let dir = path.join(inner);
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = refusal(&path);
        assert!(matches!(&error, LayoutError::OpenToOthers { mode: found, .. } if *found == mode), "{error}");
        assert!(error.to_string().contains("chmod 700"), "{error}");
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    std::fs::rename(path.join("keys"), path.join("real")).unwrap();
    symlink(path.join("real"), path.join("keys")).unwrap();
    assert!(matches!(refusal(&path), LayoutError::Symlink(_)));
}

#[test]
fn refuses_what_belongs_to_another() {
    if !rustix::process::geteuid().is_root() {
        return; // Only root can give a directory away.
    }
    let (_dir, path) = made();
    std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
    assert!(matches!(refusal(&path), LayoutError::NotYours { owner: 12345, you: 0, .. }));
}

#[test]
fn each_flipped_bit_of_the_header_is_repaired() {
    let (_dir, path) = made();
    let header = path.join(HEADER);
    let good = std::fs::read(&header).unwrap();
    for bit in (0..good.len() * 8).filter(|bit| bit % 977 == 0 || bit / 8 % block::BLOCK < 40 && bit % 8 == 3)
    {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&header, &bytes).unwrap();
        let store = StoreDir::open(&path).unwrap_or_else(|error| panic!("bit {bit}: {error}"));
        assert_eq!((store.store_id(), store.created(), store.repaired()), (ID, when(), true));
        assert_eq!(std::fs::read(&header).unwrap(), good);
    }
}

#[test]
fn torn_and_newer_headers_are_refused() {
    let (_dir, path) = made();
    let header = path.join(HEADER);
    let good = std::fs::read(&header).unwrap();
    for len in [0, 1, 100, block::BLOCK - 1] {
        std::fs::write(&header, &good[..len]).unwrap();
        assert!(matches!(refusal(&path), LayoutError::DamagedHeader(_)), "{len} bytes");
    }
    std::fs::write(&header, vec![b'x'; 1 << 17]).unwrap();
    assert!(matches!(refusal(&path), LayoutError::File(_)));
    let newer_frame = block::twins(Kind { version: 2, ..HEADER_KIND }, b"whatever").unwrap();
    std::fs::write(&header, newer_frame).unwrap();
    assert!(matches!(refusal(&path), LayoutError::Newer { format: 2, .. }));
    let newer_format = block::twins(HEADER_KIND, &[[3, 0].as_slice(), &[0; 24]].concat()).unwrap();
    std::fs::write(&header, newer_format).unwrap();
    assert!(matches!(refusal(&path), LayoutError::Newer { format: 3, .. }));
    assert!(!path.join("LOCK.new").exists());
}

#[test]
fn knows_file_systems_that_keep_old_blocks() {
    assert_eq!(copy_on_write(Path::new("/proc")), None);
    assert_eq!(copy_on_write(Path::new("/nowhere")), None);
}
