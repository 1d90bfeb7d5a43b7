//! Making and opening stores.

use super::StoreError;
use super::backend::Backend;
use super::codec::{self, Head};
use super::engine::Store;
use super::envelope::{self, Place};
use super::keyring::Keyring;
use super::merkle::tree::Frontier;
use super::table;
use super::txn::{Digest, State};
use crate::domain::id::{StoreId, SubjectId};
use crate::env::Env;

/// Makes a store of an empty backend and fresh keys.
pub fn fresh(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
) -> Result<Store, StoreError> {
    let digest_key = keyring.derive("digest of the live records");
    Store::start(State {
        backend,
        keyring,
        store,
        env: env.clone(),
        frontier: Frontier::new(),
        digest: Digest::default(),
        digest_key,
        records: 0,
    })
}

/// Opens the store that a backend holds, with its keys. Before anything is created, the slots that records name are
/// marked in the ring ([`WriteTxn::mark_used`](super::WriteTxn::mark_used)).
pub fn existing(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
) -> Result<Store, StoreError> {
    let digest_key = keyring.derive("digest of the live records");
    let Some(row) = backend.get(&table::log_key(table::HEAD, &[0; 16]))? else {
        return Err(StoreError::Damaged("the head of the history log is missing".to_owned()));
    };
    let place = Place { table: table::HEAD, subject: SubjectId::NOBODY, id: [0; 16], chunk: 0 };
    let opened = envelope::open(&place, store, |slot| keyring.subject_key(slot).ok(), &row)?;
    let head: Head = codec::decode(opened.schema, &opened.plain, "the head of the history log")?;
    Store::start(State {
        backend,
        store,
        env: env.clone(),
        frontier: Frontier::decode(&head.frontier)?,
        digest: Digest(head.digest),
        digest_key,
        records: head.records,
        keyring,
    })
}
