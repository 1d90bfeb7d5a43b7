//! Recipients: whom data is given to, with the agreement and the country (R43 to R45).

use std::collections::BTreeSet;

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

/// What a contract with a processor stipulates: Art. 28(3)(a) to (h) GDPR.
pub const CHECKLIST: &[(char, &str)] = &[
    ('a', "only on documented instructions"),
    ('b', "persons bound to confidentiality"),
    ('c', "security of processing (Art. 32)"),
    ('d', "further processors only with authorisation"),
    ('e', "help with the rights of persons"),
    ('f', "help with security, breaches and assessments"),
    ('g', "deletion or return at the end"),
    ('h', "proof and audits"),
];

impl Recipient {
    /// The letters of [`CHECKLIST`] that the contract does not cover.
    pub fn missing(&self) -> Vec<char> {
        let letter = |word: &String| word.trim_matches(['(', ')']).to_lowercase();
        let there: BTreeSet<String> = self.checklist.0.iter().map(letter).collect();
        CHECKLIST
            .iter()
            .map(|(letter, _)| *letter)
            .filter(|letter| !there.contains(letter.encode_utf8(&mut [0; 4]) as &str))
            .collect()
    }

    /// Whether it may be given data, or why not. `covered` says whether the country needs no safeguard of its own: it is in
    /// the European Economic Area, or the Commission found its protection adequate.
    pub fn may_receive(&self, covered: bool) -> Result<(), String> {
        if self.retired {
            return Err("it is retired".to_owned());
        }
        if !covered && self.safeguard.trim().is_empty() {
            let country = self.country.map_or("its country", Country::name);
            return Err(format!("{country} needs a safeguard of Art. 46 GDPR, and none is named"));
        }
        if self.role.0 == Some(RecipientRole::Processor) {
            if self.agreement.trim().is_empty() {
                return Err("there is no contract with this processor (Art. 28(3) GDPR)".to_owned());
            }
            let missing: Vec<String> = self.missing().iter().map(|letter| format!("({letter})")).collect();
            if !missing.is_empty() {
                return Err(format!("its contract lacks Art. 28(3) {} GDPR", missing.join(" ")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_be_given_what() {
        let whole = Recipient {
            name: "mailer".into(),
            role: OneOf(Some(RecipientRole::Processor)),
            country: "DE".parse().ok(),
            agreement: "contract of 2026-01-02".into(),
            checklist: WordList("abcdefgh".chars().map(String::from).collect()),
            ..Recipient::default()
        };
        whole.may_receive(true).unwrap();
        assert!(whole.may_receive(false).unwrap_err().contains("Germany needs a safeguard"));
        let us =
            Recipient { country: "US".parse().ok(), safeguard: "standard clauses".into(), ..whole.clone() };
        us.may_receive(false).unwrap();
        assert!(Recipient { retired: true, ..whole.clone() }.may_receive(true).is_err());
        assert!(Recipient { agreement: " ".into(), ..whole.clone() }.may_receive(true).is_err());
        let short = Recipient { checklist: WordList(vec!["(a)".into(), "B".into()]), ..whole.clone() };
        assert_eq!(short.missing(), ['c', 'd', 'e', 'f', 'g', 'h']);
        assert!(short.may_receive(true).unwrap_err().contains("lacks Art. 28(3) (c) (d)"));
        // A controller of its own has no such contract.
        let own = Recipient { role: OneOf(Some(RecipientRole::Controller)), ..short };
        own.may_receive(true).unwrap();
    }
}
