//! Users and the settings of a store.

use crate::domain::access::RoleName;
use crate::domain::country::{Country, Language};
use crate::domain::entity::entity;
use crate::domain::value::{Kind, WordList, words};

words! {
    /// The roles the program comes with; what they allow stands in `assets/roles.toml`. A configuration may add others.
    Role {
        Owner = "owner",
        Admin = "admin",
        Dpo = "dpo",
        Lead = "lead",
        Rep = "rep",
        Marketing = "marketing",
        Auditor = "auditor",
    }
}

entity! {
    /// Somebody who works with the store. Users are deactivated, never deleted: history names them.
    User, UserField, User {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "the word for the user in filters and fields", [], None, None;
        2 full_name "full_name": String, Kind::Text, Operation, Free, "Full name", "what colleagues read", [], None, None;
        3 unix "unix": String, Kind::Text, Operation, Needed, "Unix account", "by which the user is recognised", [], None, None;
        4 role "role": RoleName, Kind::Slug, Operation, Needed, "Role", "what the user may see and do", [], None, None;
        5 team "team": String, Kind::Text, Operation, Free, "Team", "whose contacts the user sees", [], None, None;
        6 language "language": Option<Language>, Kind::Language, Operation, Free, "Language", "of the user's own screens", [], None, None;
        7 inactive "inactive": bool, Kind::Flag, Operation, Free, "Inactive", "the user has left, or is not here yet", [], None, None;
        8 password "password": String, Kind::Text, Operation, Secret, "Password", "the hash of the user's own password, where several people share an account", [], None, None;
    }
}

entity! {
    /// What holds for the whole store.
    Settings, SettingsField, Settings {
        1 controller "controller": String, Kind::Text, Operation, Needed, "Controller", "Art. 4(7) GDPR: who decides about the data, named in every notice", [], None, None;
        2 country "country": Option<Country>, Kind::Country, Operation, Needed, "Country", "of the controller; the default for contacts", [], None, None;
        3 dpo_contact "dpo_contact": String, Kind::Text, Operation, Free, "DPO contact", "Art. 13(1)(b) GDPR, named in outputs", [], None, None;
        4 authority "authority": String, Kind::Text, Operation, Free, "Supervisory authority", "Art. 13(2)(d) GDPR, named in answers", [], None, None;
        6 controller_address "controller_address": String, Kind::Text, Operation, Free, "Controller's address", "Art. 13(1)(a) GDPR: the postal address, named in every notice", [], None, None;
        7 contact "contact": String, Kind::Text, Operation, Free, "Contact in matters of data", "Art. 13(1)(a) GDPR: where people withdraw, object and ask what is held: an address, a number or a page", [], None, None;
        20 region "region": String, Kind::Text, Operation, Free, "Region", "the part of the country, by ISO 3166-2 such as DE-BY, whose public holidays move deadlines", [], None, None;
        5 readings_months "readings_months": i64, Kind::Number, Operation, Free, "Read log, months", "how long it is kept who looked at whom; 12 where it is not said", [], None, None;
    }
}

entity! {
    /// Data that left the store: what for, by which channel, and how it was chosen. The query may name a person, so the
    /// record is encrypted like any other.
    ExportRun, ExportField, ExportRun {
        1 purpose "purpose": String, Kind::Text, Operation, Operation, "Purpose", "Art. 5(1)(b) GDPR: what the data left for", [], None, None;
        2 channel "channel": String, Kind::Text, Operation, Operation, "Channel", "how the persons will be reached", [], None, None;
        3 query "query": String, Kind::Text, Operation, Operation, "Query", "who was chosen", [], None, None;
        4 records "records": i64, Kind::Number, Operation, Operation, "Records", "how many left", [], None, None;
        5 purpose_version "purpose_version": i64, Kind::Number, Operation, Operation, "Version of the purpose", "what the purpose said at that time", [], None, None;
        6 withheld "withheld": WordList, Kind::Words, Operation, Operation, "Withheld", "how many were held back, by reason", [], None, None;
        7 fields "fields": WordList, Kind::Words, Operation, Operation, "Fields", "what of each person left", [], None, None;
        8 recipient "recipient": String, Kind::Text, Operation, Operation, "Recipient", "who was given it; the controller itself when empty", [], None, None;
        9 sha256 "sha256": String, Kind::Text, Operation, Operation, "SHA-256", "of the file", [], None, None;
        10 bytes "bytes": i64, Kind::Number, Operation, Operation, "Bytes", "length of the file", [], None, None;
        11 seals "seals": String, Kind::Text, Operation, Operation, "Closes", "the export whose file this is", [], None, None;
    }
}
