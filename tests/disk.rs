//! A store on a disk that is full or cannot be written: it is said what is wrong, and nothing is lost.
//!
//! The disk is made in memory, in a mount namespace of its own: where the machine does not allow that, nothing is tested,
//! and that is said.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the helpers of a test may end it"
)]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use callbook::api::{Code, Edit};
use callbook::client::socket::{Remote, Target};
use callbook::domain::edit::FieldEdit;
use callbook::domain::entity::RecordKind;
use support::served;
use support::shell::{Shell, err};
use uuid::Uuid;

/// Runs the test of this name again where disks may be mounted, if this machine has such a place.
fn in_a_namespace(name: &str) {
    let namespace = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user"]);
        command
    };
    let mounted = namespace().args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    let allowed = mounted.is_ok_and(|done| done.status.success());
    if !allowed {
        eprintln!("{name}: skipped, no disk can be mounted here");
        return;
    }
    let done = namespace()
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env("CALLBOOK_DISK_TEST", "inside")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}{}", String::from_utf8_lossy(&done.stdout), err(&done));
}

fn inside() -> bool {
    std::env::var_os("CALLBOOK_DISK_TEST").is_some()
}

/// A disk of 24 MB.
struct Disk {
    dir: tempfile::TempDir,
}

impl Disk {
    fn new() -> Disk {
        let disk = Disk { dir: tempfile::tempdir().unwrap() };
        disk.mount(&["-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs"]);
        disk
    }

    fn mount(&self, words: &[&str]) {
        let done = Command::new("mount").args(words).arg(self.dir.path()).output().unwrap();
        assert!(done.status.success(), "{}", err(&done));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.dir.path()).output();
    }
}

/// Takes all space that is left.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for size in [64 << 10, 4 << 10, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
}

fn people(shell: &Shell) -> usize {
    shell.json(&["contact", "list"])["items"].as_array().unwrap().len()
}

#[test]
fn a_disk_that_cannot_be_written() {
    if !inside() {
        in_a_namespace("a_disk_that_cannot_be_written");
        return;
    }
    let disk = Disk::new();
    let shell = Shell::at(&disk.path("store"));
    shell.add("Anna", "Schmidt", "030 901820");
    disk.mount(&["-o", "remount,ro"]);
    for words in [&["contact", "list"][..], &["status"], &["tag", "list"]] {
        let told = shell.fails(1, words);
        assert!(told.contains("Read-only file system"), "{told}");
        assert!(told.contains("hint: the disk is mounted read-only"), "{told}");
    }
    disk.mount(&["-o", "remount,rw"]);
    assert_eq!(people(&shell), 1);
    shell.ok(&["history", "verify"]);
}

#[test]
fn a_disk_that_is_full() {
    if !inside() {
        in_a_namespace("a_disk_that_is_full");
        return;
    }
    let disk = Disk::new();
    let shell = Shell::at(&disk.path("store"));
    shell.add("Anna", "Schmidt", "030 901820");
    fill(&disk.path("fill"));
    // Whether there is room to open it is for the storage engine; if there is not, that is said.
    let mut acknowledged = 1;
    let grounds = ["--basis", "consent", "--reason", "asked", "--source", "fair"];
    for n in 0..3 {
        let listed = shell.run(&["contact", "list"]);
        let name = format!("Number{n}");
        let added = shell.run(&[&["contact", "add", "--family", &name], &grounds[..]].concat());
        for done in [&listed, &added] {
            let told = err(done);
            match done.status.code() {
                Some(0) => {}
                Some(1) => assert!(told.to_lowercase().contains("no space"), "{told}"),
                other => panic!("{other:?}: {told}"),
            }
        }
        acknowledged += usize::from(added.status.success());
    }
    std::fs::remove_file(disk.path("fill")).unwrap();
    assert!(people(&shell) >= acknowledged);
    shell.ok(&["history", "verify"]);
    shell.add("Bo", "Muster", "030 901821");
}

/// A server that ends with the test, also with one that fails.
struct Ending(std::process::Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The disk gets full while several people work: what was acknowledged is there afterwards, everybody else is told, and the
/// server ends.
#[test]
fn a_disk_that_gets_full_under_load() {
    if !inside() {
        in_a_namespace("a_disk_that_gets_full_under_load");
        return;
    }
    let disk = Disk::new();
    let shell = Shell::at(&disk.path("store"));
    for n in 0..4 {
        shell.add("Anna", &format!("Number{n}"), &format!("030 90182{n}"));
    }
    let socket = shell.store.join("callbook.sock");
    let mut server = Ending(served::spawn(&shell.store, &shell.dir.path().join("key"), &[]));
    let ids: Vec<Uuid> =
        served::list(&served::connect(&socket).client(), "", None).items.iter().map(|view| view.id).collect();
    let (acknowledged, told) = std::sync::mpsc::channel();
    let threads: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let (client, acknowledged) = (served::connect(&socket).client(), acknowledged.clone());
            std::thread::spawn(move || {
                let mut last = None;
                loop {
                    let n = last.map_or(0, |n: u64| n + 1);
                    // Long enough that the room that is left is soon used up.
                    let fields = vec![
                        FieldEdit::text("job_title", n.to_string()),
                        FieldEdit::text("reason", format!("{n} {}", "because ".repeat(110))),
                    ];
                    let edit = Edit { kind: RecordKind::Contact, id, fields, expect_revision: None };
                    match client.call(edit) {
                        Ok(_) => last = Some(n),
                        Err(error) => return (id, last, error),
                    }
                    let _ = acknowledged.send(());
                }
            })
        })
        .collect();
    drop(acknowledged);
    // Where they end before, what they were told is looked at below.
    if told.iter().take(40).count() == 40 {
        fill(&disk.path("fill"));
    }
    let ends: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    for (_, _, error) in &ends {
        assert!(matches!(error.code, Code::Failed | Code::Interrupted | Code::Locked), "{error}");
        assert!(error.message.len() > 10, "{error}");
    }
    let said = ends.iter().any(|(_, _, error)| error.message.to_lowercase().contains("no space"));
    assert!(said, "nobody was told that there is no space: {ends:?}");
    // The server has ended, so that whoever starts it again finds out what the disk holds. Whether there is room to open the
    // store is for the storage engine; if there is not, that is said.
    assert_eq!(server.0.wait().unwrap().code(), Some(1));
    assert!(Remote::reach(Target { path: socket, ..Target::default() }).unwrap().is_none());
    let listed = shell.run(&["contact", "list"]);
    assert!(listed.status.success() || err(&listed).to_lowercase().contains("no space"), "{}", err(&listed));
    std::fs::remove_file(disk.path("fill")).unwrap();
    for (id, last, _) in ends {
        let shown = shell.json(&["contact", "show", &id.to_string()]);
        let held: u64 = shown["job_title"].as_str().unwrap().parse().unwrap();
        // The one that was not answered may have reached the disk.
        assert!(last.is_some_and(|last| held == last || held == last + 1), "{held} instead of {last:?}");
    }
    shell.ok(&["history", "verify"]);
    shell.add("Bo", "Muster", "030 901830");
}

#[test]
fn a_directory_that_cannot_be_written() {
    // Root may write everywhere.
    if rustix::process::geteuid().is_root() {
        eprintln!("a_directory_that_cannot_be_written: skipped, root may write everywhere");
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let lock = shell.dir.path().join("store/LOCK");
    std::fs::set_permissions(&lock, std::fs::Permissions::from_mode(0o400)).unwrap();
    let told = shell.fails(1, &["contact", "list"]);
    assert!(told.contains("hint: a store is written to also when it is only read"), "{told}");
    std::fs::set_permissions(&lock, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(people(&shell), 0);
}

#[test]
fn a_backup_for_which_there_is_no_room() {
    if !inside() {
        in_a_namespace("a_backup_for_which_there_is_no_room");
        return;
    }
    let shell = Shell::new();
    for n in 0..40 {
        shell.add(&format!("Given{n}"), "Schmidt", &format!("030 9018{n:02}"));
    }
    let disk = Disk::new();
    fill(&disk.path("fill"));
    let (file, dir) = (disk.path("backup"), disk.path("store"));
    let (file, dir) = (file.to_str().unwrap(), dir.to_str().unwrap());
    for words in [&["backup", "create", "--out", file][..], &["rebuild", "--into", dir]] {
        let told = shell.fails(1, words).to_lowercase();
        assert!(told.contains("no space"), "{told}");
    }
    let left: Vec<_> =
        std::fs::read_dir(disk.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["fill"], "nothing is left of what failed");
    shell.ok(&["backup", "create", "--out", "good"]);
    let restore = ["backup", "restore", "good", "--into", dir, "--keys", "store"];
    assert!(shell.fails(1, &restore).to_lowercase().contains("no space"));
    assert_eq!(people(&shell), 40);
    shell.ok(&["history", "verify"]);
}
