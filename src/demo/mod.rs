//! The demo: invented people and two years of work with them.
//!
//! [`play`] tells the story as requests through the one door, each by a user at a moment, so that the demo store has
//! nothing a real one could not have: history, undo, duplicates, several users. [`write_csv`] writes the same kind of
//! people as a file, for tests and benches.
//!
//! Everything follows from a seed: the same number of contacts and the same `today` give the same requests, and with
//! [`SeededIds`] the same ids. Nobody is meant: names are drawn from tables of common ones (`assets/demo`), companies
//! and streets do not exist, e-mails end in domains reserved by RFC 2606 and RFC 6761, and phone numbers come from
//! ranges that reach nobody (see `numbers`).

mod company;
mod consents;
mod numbers;
mod people;
mod request;
mod rng;
mod rows;
mod schedule;
mod start;
#[cfg(test)]
mod store_tests;
mod story;
mod surroundings;
mod tables;
#[cfg(test)]
mod tests;

pub use rows::{COLUMNS, CsvRow, rows, write_csv};
pub use start::start;
pub use story::{Act, StoryDoor, play};
pub use surroundings::{SeededIds, StoryClock};

use crate::domain::user::Role;

/// The seed of the story that `callbook demo` tells.
pub const SEED: u64 = 0x0ca1_1b00_c0de_50ff;

/// Who decides about the data of the demo.
pub const CONTROLLER: &str = "Federkiel Kaffeemaschinen GmbH";
/// Its postal address; there is no such street.
pub const ADDRESS: &str = "Musterweg 1, 10115 Berlin, Germany";
/// Where people ask what is held about them.
pub const CONTACT: &str = "privacy@example.com";
/// Its data protection officer.
pub const DPO: &str = "dpo@example.com";
/// Which authority supervises it.
pub const AUTHORITY: &str = "Berliner Beauftragte für Datenschutz und Informationsfreiheit";
/// Where the controller sits: the default country of contacts.
pub const COUNTRY: &str = "DE";

/// Somebody who works with the demo store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DemoUser {
    /// The word for the user in filters and fields.
    pub name: &'static str,
    pub full_name: &'static str,
    /// The account on the machine; invented too, the first may be replaced by that of whoever runs the demo.
    pub unix: &'static str,
    pub role: Role,
    pub team: &'static str,
    /// BCP 47.
    pub language: &'static str,
}

/// The team for Germany and Austria.
pub(crate) const DACH: &str = "dach";
/// The team for the Netherlands, Belgium, France and Great Britain.
pub(crate) const WEST: &str = "west";

/// The users, in the order that [`Act::user`] counts. The first owns the store.
pub fn users() -> Vec<DemoUser> {
    USERS.to_vec()
}

pub(crate) const USERS: [DemoUser; 8] = [
    user("greta", "Greta Federkiel", Role::Owner, DACH, "de"),
    user("jonas", "Jonas Ahlers-Kowalski", Role::Lead, DACH, "de"),
    user("selin", "Selin Günay", Role::Rep, DACH, "de"),
    user("tobias", "Tobias Obermeier", Role::Rep, DACH, "de"),
    user("marieke", "Marieke van den Boogaard", Role::Lead, WEST, "nl"),
    user("luc", "Luc Delahaye", Role::Rep, WEST, "fr"),
    user("imogen", "Imogen Thistlethwaite", Role::Rep, WEST, "en"),
    user("edda", "Edda Quandtmeier", Role::Dpo, DACH, "de"),
];

const fn user(
    name: &'static str,
    full_name: &'static str,
    role: Role,
    team: &'static str,
    language: &'static str,
) -> DemoUser {
    DemoUser { name, full_name, unix: name, role, team, language }
}
