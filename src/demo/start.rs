//! A store in memory in which the story has been told.

use std::sync::Arc;

use super::{
    ADDRESS, AUTHORITY, CONTACT, CONTROLLER, COUNTRY, DPO, SEED, SeededIds, StoryClock, play, users,
};
use crate::api::Error;
use crate::client::open::{self, Local};
use crate::client::{Client, Door};
use crate::domain::user::{Settings, User};
use crate::env::Env;

/// Invents `contacts` people and two years of work with them, ending now; the client is the owner's. Nothing is written
/// to any disk, and there is no passphrase. Keys are random as everywhere; ids and story are the same for the same day.
pub fn start(contacts: usize, system: &Env) -> Result<Client, Error> {
    let clock = Arc::new(StoryClock::new(Arc::clone(&system.clock)));
    let env = Env {
        clock: clock.clone(),
        entropy: Arc::clone(&system.entropy),
        ids: Arc::new(SeededIds::new(SEED)),
    };
    let settings = Settings {
        controller: CONTROLLER.to_owned(),
        country: Some(COUNTRY.parse()?),
        controller_address: ADDRESS.to_owned(),
        contact: CONTACT.to_owned(),
        dpo_contact: DPO.to_owned(),
        authority: AUTHORITY.to_owned(),
        ..Settings::default()
    };
    let mut records = Vec::new();
    for user in users() {
        records.push(User {
            name: user.name.to_owned(),
            full_name: user.full_name.to_owned(),
            unix: user.unix.to_owned(),
            role: user.role.into(),
            team: user.team.to_owned(),
            language: Some(user.language.parse()?),
            ..User::default()
        });
    }
    let service = open::in_memory(settings, records, true, &env)?;
    let door = |unix: &str| Ok::<_, Error>(Local::new(Arc::clone(&service), service.session_of(unix)?, None));
    let doors: Vec<Local> = users().iter().map(|user| door(user.unix)).collect::<Result<_, _>>()?;
    play(contacts, system.now(), &mut |act| {
        clock.set(act.at);
        match doors.get(act.user) {
            Some(door) => door.request(act.request.clone()),
            None => Err(Error::failed("the story names somebody who is not in it")),
        }
    })?;
    clock.finish();
    let owner = users().first().map_or("", |user| user.unix);
    Ok(Client::new(Arc::new(door(owner)?)))
}
