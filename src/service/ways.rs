//! The ways to unlock the store, and its master key.
//!
//! What takes time, the stretching of a passphrase, is done before the storage thread is asked.

use zeroize::Zeroizing;

use super::open::key_error;
use super::{Ask, Service};
use crate::api::{Error, Hush, KeysRotate, NewWay, Rotated, WayAdd, WayAdded, WayRemove, WayView};
use crate::domain::history::Action;
use crate::store::StoreError;
use crate::store::keyring::{
    KdfCost, KeyFile, Passphrase, PreparedWay, RecoveryCode, Secret, WayInfo, WayKind,
};

impl Service {
    /// What guessing a passphrase costs: as much as with those there are.
    pub(super) fn cost(&self) -> KdfCost {
        let cost = self.store.read(|reader| Ok::<_, StoreError>(reader.keyring().kdf_cost()));
        cost.unwrap_or(KdfCost::STANDARD)
    }

    /// The ways to unlock it now.
    pub(super) fn ways(&self) -> Result<Vec<WayView>, Error> {
        let ways = self.store.read(|reader| Ok::<_, StoreError>(reader.keyring().list_ways()))?;
        Ok(ways.into_iter().map(view).collect())
    }
}

impl Ask<'_> {
    pub(super) fn way_add(&self, add: WayAdd) -> Result<WayAdded, Error> {
        let service = self.service;
        let (secret, recovery_code) = self.secret(add.way)?;
        let way = PreparedWay::new(&secret, service.cost(), &service.env).map_err(|e| key_error(&e))?;
        let origin = self.origin(Action::Backup);
        let id =
            service.store.write(origin, move |txn| txn.keys().add_way(&way).map_err(|e| key_error(&e)))?;
        let way = service.ways()?.into_iter().find(|way| way.id == id);
        Ok(WayAdded { way: way.ok_or_else(|| Error::failed("the new way is not there"))?, recovery_code })
    }

    pub(super) fn way_remove(&self, remove: &WayRemove) -> Result<WayView, Error> {
        let way = self.service.ways()?.into_iter().find(|way| way.id == remove.id);
        let way = way.ok_or_else(|| {
            Error::not_found(format!("there is no way to unlock with number {}", remove.id))
                .hint("`callbook keys list` shows them")
        })?;
        let id = remove.id;
        let origin = self.origin(Action::Backup);
        self.service.store.write(origin, move |txn| txn.keys().remove_way(id).map_err(|e| key_error(&e)))?;
        Ok(way)
    }

    pub(super) fn keys_rotate(&self, rotate: KeysRotate) -> Result<Rotated, Error> {
        let service = self.service;
        let before = service.ways()?;
        let mut secrets = Vec::new();
        let mut recovery_code = Vec::new();
        for way in rotate.ways {
            let (secret, code) = self.secret(way)?;
            secrets.push(secret);
            recovery_code.extend(code);
        }
        if secrets.is_empty() {
            return Err(Error::usage("with a new master key, something must unlock it")
                .hint("name what unlocks the store from now on"));
        }
        let ways = PreparedWay::all(&secrets, service.cost(), &service.env).map_err(|e| key_error(&e))?;
        let origin = self.origin(Action::Backup);
        service.store.write(origin, move |txn| txn.keys().rotate(&ways).map_err(|e| key_error(&e)))?;
        let ways = service.ways()?;
        // As many of a kind as are there now were carried over; nobody can tell which passphrase an old one had.
        let mut kept: Vec<String> = ways.iter().map(|way| way.kind.clone()).collect();
        let recovery = WayKind::RecoveryCode.to_string();
        let removed = before
            .into_iter()
            .filter(|way| match kept.iter().position(|kind| *kind == way.kind && *kind != recovery) {
                Some(at) => {
                    kept.swap_remove(at);
                    false
                }
                None => true,
            })
            .collect();
        // The old escrow holds the old master key.
        let escrows = service.refresh_escrows(origin)?;
        Ok(Rotated { ways, removed, recovery_code, escrows })
    }

    /// The secret of a new way, and the recovery code in groups where it is one.
    fn secret(&self, way: NewWay) -> Result<(Secret, Vec<Hush>), Error> {
        Ok(match way {
            NewWay::Passphrase(words) => {
                let words = Passphrase::new(words.words()).map_err(|error| {
                    Error::refused(error.to_string()).hint("take four or more unusual words")
                })?;
                (Secret::Passphrase(words), Vec::new())
            }
            NewWay::KeyFile(text) => {
                let file = KeyFile::parse(text.words().as_bytes(), std::path::Path::new("sent"));
                (Secret::KeyFile(file.map_err(|error| Error::usage(error.to_string()))?), Vec::new())
            }
            NewWay::Recovery => {
                let code = RecoveryCode::generate(&self.service.env);
                let groups =
                    code.groups().into_iter().map(|group| Hush::new(Zeroizing::clone(&group))).collect();
                (Secret::RecoveryCode(code), groups)
            }
        })
    }
}

fn view(way: WayInfo) -> WayView {
    WayView { id: way.id, kind: way.kind.to_string(), created_at: way.created }
}
