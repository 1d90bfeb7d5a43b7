//! Making and opening stores.

use std::ops::ControlFlow;

use super::StoreError;
use super::backend::Backend;
use super::codec::{self, Head};
use super::engine::Store;
use super::envelope::{self, Place};
use super::keyring::Keyring;
use super::merkle::tree::Frontier;
use super::table;
use super::txn::{Digest, State};
use crate::domain::entity::RecordKind;
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

/// Opens the store that a backend holds, with its keys.
pub fn existing(
    backend: Box<dyn Backend>,
    keyring: Keyring,
    store: StoreId,
    env: &Env,
) -> Result<Store, StoreError> {
    let mut keyring = keyring;
    mark_slots(backend.as_ref(), &mut keyring)?;
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

/// Tells the ring which of its slots records name, from the heads of the contacts' rows, which lie in clear.
fn mark_slots(backend: &dyn Backend, keyring: &mut Keyring) -> Result<(), StoreError> {
    let prefix = [table::of(RecordKind::Contact)];
    let mut failed = None;
    backend.scan(&prefix, &prefix, &mut |_, value| {
        let marked = envelope::peek(value)
            .map_err(StoreError::from)
            .and_then(|peek| Ok(keyring.mark_used(peek.slot)?));
        match marked {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}
