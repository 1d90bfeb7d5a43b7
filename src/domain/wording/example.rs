//! Invented facts, to show what a wording looks like filled in.

use chrono::NaiveDate;

use super::render::{Facts, PurposeFacts};
use super::sentence::Tongue;
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;

/// Facts in which everything is there. What a store knows of its own can be put in their place.
pub fn facts(tongue: Tongue) -> Facts {
    let (calls, calls_for, letter, letter_for, source) = match tongue {
        Tongue::En => (
            "offers by phone",
            "we call you when we have something that fits your work",
            "monthly letter",
            "once a month we write what is new",
            "Example Fair",
        ),
        Tongue::De => (
            "Angebote am Telefon",
            "wir rufen Sie an, wenn wir etwas haben, das zu Ihrer Arbeit passt",
            "Monatsbrief",
            "einmal im Monat schreiben wir, was es Neues gibt",
            "Beispielmesse",
        ),
        Tongue::Nl => (
            "aanbiedingen per telefoon",
            "we bellen u als we iets hebben dat bij uw werk past",
            "maandbrief",
            "één keer per maand schrijven we wat er nieuw is",
            "Voorbeeldbeurs",
        ),
        Tongue::Fr => (
            "offres par téléphone",
            "nous vous appelons quand nous avons quelque chose qui convient à votre travail",
            "lettre mensuelle",
            "une fois par mois, nous écrivons ce qu’il y a de nouveau",
            "salon Exemple",
        ),
    };
    let purpose =
        |slug: &str, title: &str, description: &str, retention: &str, channels: Vec<Channel>| PurposeFacts {
            slug: slug.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            basis: Some(Basis::Consent),
            retention: retention.to_owned(),
            recipients: Vec::new(),
            channels,
        };
    Facts {
        controller: "Example Ltd".to_owned(),
        controller_address: "1 Example Street, 10115 Berlin".to_owned(),
        contact: "privacy@example.com".to_owned(),
        on_behalf_of: String::new(),
        dpo: "dpo@example.com".to_owned(),
        authority: "Example Authority".to_owned(),
        agent: "Rita Muster".to_owned(),
        person: "Anna Muster".to_owned(),
        source: source.to_owned(),
        recipients: Vec::new(),
        purposes: vec![
            purpose("sales", calls, calls_for, "P2Y", vec![Channel::Storage, Channel::Phone]),
            purpose("newsletter", letter, letter_for, "P18M", vec![Channel::Email]),
        ],
        agreed: vec![(calls.to_owned(), Channel::Phone)],
        declined: vec![(letter.to_owned(), Channel::Email)],
        unsubscribe: "unsubscribe@example.com".to_owned(),
        access: "privacy@example.com".to_owned(),
        address: "anna@example.com".to_owned(),
        confirm: "https://example.com/confirm/EXAMPLE".to_owned(),
        until: NaiveDate::from_ymd_opt(2027, 2, 15),
        date: NaiveDate::from_ymd_opt(2027, 1, 31),
    }
}
