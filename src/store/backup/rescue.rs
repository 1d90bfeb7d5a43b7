//! Reading what is left of a database, damaged or not.
//!
//! Table by table: where one cannot be read to its end, what was read of it counts, the database is opened again, and the
//! next one is read.

use std::ops::ControlFlow;

use crate::env::Env;
use crate::store::backend::{Backend, BackendError, SledBackend, SledOptions};
use crate::store::layout::StoreDir;
use crate::store::{StoreError, open};

/// Rows read at once.
const SLICE: usize = 512;

/// Gives every row that can be read to `visit`, in key order; says what could not be. An error of `visit` ends it.
pub fn rescue(dir: &mut StoreDir, env: &Env, visit: super::Take<'_>) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    let mut backend = whole_or_behind(dir, env, &mut problems)?;
    for table in 0..=u8::MAX {
        let mut from = vec![table];
        loop {
            let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            let read = backend.scan(&[table], &from, &mut |key, value| {
                rows.push((key.to_vec(), value.to_vec()));
                if rows.len() < SLICE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            for (key, value) in &rows {
                visit(key, value)?;
            }
            if let Err(error) = read {
                problems.push(format!("table {table} could not be read to its end: {error}"));
                drop(backend);
                backend = whole_or_behind(dir, env, &mut Vec::new())?;
                break;
            }
            match rows.pop() {
                Some((mut last, _)) if rows.len() + 1 == SLICE => {
                    last.push(0);
                    from = last;
                }
                _ => break,
            }
        }
    }
    Ok(problems)
}

/// The database; without its journal, where that is what is damaged.
fn whole_or_behind(
    dir: &mut StoreDir,
    env: &Env,
    problems: &mut Vec<String>,
) -> Result<Box<dyn Backend>, StoreError> {
    match open::disk(dir, env) {
        Err(StoreError::Backend(
            error @ (BackendError::Corrupt(_) | BackendError::Missing(_) | BackendError::Poisoned(_)),
        )) => {
            let behind = SledBackend::open(&dir.data(), SledOptions::default())?;
            problems.push(format!("the latest changes are lost: {error}"));
            Ok(Box::new(behind))
        }
        opened => opened,
    }
}
