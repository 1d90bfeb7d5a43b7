//! The n-th operation of the disk fails or tears, for every n: what was acknowledged is there after opening again, and
//! nothing is half-done.

use super::open::{KdfCost, Secret, read_secret};
use super::{Service, Surroundings};
use crate::api::*;
use crate::client::Client;
use crate::client::open::Local;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::StoreId;
use crate::domain::user::{Role, Settings, User};
use crate::env::Env;
use crate::store::backend::fault::{Call, Fault, FaultBackend, Outcome};
use crate::store::backend::{MemoryBackend, MemoryDisk};
use crate::store::keyring::{self, KeyFile, Keyring};
use crate::store::open as stores;
use std::sync::Arc;

struct Disk {
    keys: tempfile::TempDir,
    data: MemoryDisk,
    id: StoreId,
    env: Env,
}

impl Disk {
    fn secret(&self) -> keyring::Secret {
        read_secret(&Secret::KeyFile(self.keys.path().join("key"))).unwrap()
    }

    /// A store with one user, not yet faulty.
    fn new() -> Disk {
        let env = Env::system();
        let keys = tempfile::tempdir().unwrap();
        KeyFile::generate(&env).write_new(&keys.path().join("key")).unwrap();
        let disk = Disk { keys, data: MemoryDisk::new(), id: StoreId(env.ids.next()), env };
        let ring = Keyring::create(disk.keys.path(), disk.id, &[disk.secret()], KdfCost::MINIMUM, &disk.env)
            .unwrap();
        let backend = Box::new(MemoryBackend::on(disk.data.clone()));
        let store = stores::fresh(backend, ring, disk.id, &disk.env).unwrap();
        let service = Service::open(store, disk.id, Surroundings::default(), &disk.env).unwrap();
        let user =
            User { name: "owner".into(), unix: "owner".into(), role: Role::Owner.into(), ..User::default() };
        service.found(Settings::default(), vec![user]).unwrap();
        disk
    }

    fn open(&self, fault: Option<Fault>) -> Result<Client, Error> {
        let ring = Keyring::unlock(self.keys.path(), self.id, &self.secret(), &self.env).unwrap();
        let (backend, switch) = FaultBackend::new(MemoryBackend::on(self.data.clone()));
        let store = stores::existing(Box::new(backend), ring, self.id, &self.env)?;
        let service = Arc::new(Service::open(store, self.id, Surroundings::default(), &self.env)?);
        if let Some(fault) = fault {
            switch.arm(fault);
        }
        let session = service.session_of("owner")?;
        Ok(Client::new(Arc::new(Local::new(service, session, None))))
    }
}

fn add(client: &Client, name: &str) -> Result<Added, Error> {
    let fields = [("family_name", name), ("basis", "contract"), ("reason", "r"), ("source", "s")];
    let fields = fields.map(|(field, text)| FieldEdit::text(field, text)).to_vec();
    client.call(Add { kind: RecordKind::Contact, about: None, fields })
}

fn titles(client: &Client) -> Vec<String> {
    let list = List {
        kind: RecordKind::Contact,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    client.call(list).unwrap().items.into_iter().map(|view| view.title).collect()
}

#[test]
fn every_failure_of_the_disk_loses_nothing_acknowledged() {
    for call in [Call::Apply, Call::Sync] {
        for outcome in [Outcome::Lost, Outcome::Kept(1), Outcome::Landed] {
            for nth in 1..=4 {
                let disk = Disk::new();
                let client = disk.open(Some(Fault { call, nth, outcome })).unwrap();
                let mut acknowledged = Vec::new();
                let mut refused = 0;
                for n in 0..6 {
                    match add(&client, &format!("Name{n}")) {
                        Ok(_) => acknowledged.push(format!("Name{n}")),
                        Err(error) => {
                            refused += 1;
                            assert!(matches!(error.code, Code::Failed | Code::Integrity), "{error:?}");
                        }
                    }
                }
                // Once the disk has failed, nothing more is promised.
                assert!(refused > 0, "{call:?} {outcome:?} {nth}: the fault was not noticed");
                drop(client);
                let client = disk.open(None).unwrap();
                let there = titles(&client);
                for name in &acknowledged {
                    assert!(there.contains(name), "{call:?} {outcome:?} {nth}: {name} is lost");
                }
                assert!(there.len() <= acknowledged.len() + 1, "{call:?} {outcome:?} {nth}: {there:?}");
                assert_eq!(client.call(LogVerify {}).unwrap().problems, Vec::<String>::new());
                add(&client, "Afterwards").unwrap();
            }
        }
    }
}

#[test]
fn rows_that_vanish_behind_its_back_make_the_store_read_only() {
    let disk = Disk::new();
    let client = disk.open(None).unwrap();
    for name in ["Stays", "Vanishes"] {
        add(&client, name).unwrap();
    }
    let gone = titles(&client).iter().position(|title| title == "Vanishes").unwrap();
    let list = List {
        kind: RecordKind::Contact,
        query: "vanishes".into(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let id = client.call(list).unwrap().items[0].id;
    assert_eq!(gone, 1);
    drop(client);
    {
        use crate::store::backend::{Backend, Batch};
        let mut backend = MemoryBackend::on(disk.data.clone());
        let mut batch = Batch::new();
        batch.delete(crate::store::table::record_key(1, crate::domain::id::SubjectId(id), id.as_bytes(), 0));
        backend.apply(batch).unwrap();
    }
    let client = disk.open(None).unwrap();
    assert_eq!(titles(&client), ["Stays"]);
    assert_eq!(add(&client, "New").unwrap_err().code, Code::Integrity);
    let problems = client.call(LogVerify {}).unwrap().problems;
    assert!(problems.iter().any(|problem| problem.contains(&id.to_string())), "{problems:?}");
}
