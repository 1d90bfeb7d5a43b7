//! Recipients: whom data is given to, with the agreement and the country (R43 to R45).

use crate::domain::country::Country;
use crate::domain::entity::entity;
use crate::domain::value::{Day, Kind, OneOf, WordList, words};

words! {
    /// What a recipient is to the controller (Art. 4(7) to (10) GDPR).
    RecipientRole {
        Processor = "processor",
        Controller = "controller",
        JointController = "joint_controller",
        Authority = "authority",
    }
}

entity! {
    /// Somebody whom data is given to.
    Recipient, RecipientField, Recipient {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "the word for the recipient in commands", [], None, None;
        2 title "title": String, Kind::Text, Operation, Needed, "Full name", "as persons are told (Art. 13(1)(e) GDPR)", [], None, None;
        3 role "role": OneOf<RecipientRole>, Kind::Word(RecipientRole::WORDS), Operation, Needed, "Role", "processor, or controller of its own", [], None, None;
        4 country "country": Option<Country>, Kind::Country, Operation, Needed, "Country", "where the data is then", [], None, None;
        5 safeguard "safeguard": String, Kind::Text, Operation, Free, "Safeguard", "Art. 44 to 49 GDPR, in a country without an adequacy decision", [], None, None;
        6 agreement "agreement": String, Kind::Text, Operation, Free, "Agreement", "Art. 28(3) GDPR: where the contract lies", [], None, None;
        7 agreed_on "agreed_on": Option<Day>, Kind::Day, Operation, Free, "Agreed on", "the day of the contract", [], None, None;
        8 checklist "checklist": WordList, Kind::Words, Operation, Free, "Checklist", "the letters (a) to (h) of Art. 28(3) that the contract covers", [], None, None;
        9 contact "contact": String, Kind::Text, Operation, Free, "Contact", "whom to tell of a correction or erasure (Art. 19 GDPR)", [], None, None;
        10 retired "retired": bool, Kind::Flag, Operation, Free, "Retired", "is given nothing any more", [], None, None;
    }
}
