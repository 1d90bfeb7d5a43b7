//! The script of a call: which is offered, and what exactly is read out.
//!
//! There are no scripts in a store yet: none is offered, and so no yes can be recorded in a call.

use uuid::Uuid;

use super::said::refuse;
use crate::api::Error;
use crate::api::call::{CallScript, Offered};
use crate::domain::channel::Channel;
use crate::domain::contact::Contact;
use crate::domain::country::Language;
use crate::domain::time::Timestamp;
use crate::service::consents::Known;
use crate::service::world::World;

/// Which call a script is wanted for.
#[expect(dead_code, reason = "what a script is filled with, once there are some")]
pub struct Asked<'w> {
    pub agent: Uuid,
    pub person: Uuid,
    pub contact: &'w Contact,
    /// What the call is for.
    pub purpose: &'w Known,
    pub now: Timestamp,
}

/// The scripts that can be read out for a purpose, that of the person's language first.
pub fn offered(_world: &World, _purpose: &str, _language: Option<&Language>) -> Vec<Offered> {
    Vec::new()
}

/// The script for a call, filled in; `None` when there is none in the language that was asked for.
pub fn fill(
    _world: &World,
    _asked: &Asked<'_>,
    _language: Option<&Language>,
) -> Result<Option<CallScript>, Error> {
    Ok(None)
}

/// A script as it was read out in a call that was not begun here: the named version, asking what was answered.
pub fn read_out(
    _world: &World,
    _asked: &Asked<'_>,
    script: &str,
    _answered: &[(String, Channel)],
) -> Result<CallScript, Error> {
    Err(refuse("script", format!("there is no script `{script}`")))
}
