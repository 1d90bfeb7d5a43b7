//! Purposes: what persons' data is used for, and on which ground.
//!
//! Nobody is called, written to, listed or exported but for a purpose (R6), and none is without a rule for how long data
//! is kept for it (R12). A purpose is never deleted: consents point at the version they were given for, which is the
//! record's revision. It is retired.

use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::entity::entity;
use crate::domain::field::Category;
use crate::domain::period::Period;
use crate::domain::value::{Day, Invalid, Kind, OneOf, WordList, words};

words! {
    /// From when on the time runs for which data is kept. Stored by word; the law's tables use the same words.
    Clock {
        /// The day on which it was collected.
        Collection = "collection",
        /// The last time the person was in contact, of the person's own accord or in answer; collection where they never
        /// were.
        LastContact = "last_contact",
        /// The last order, or what stands for one: the last contract that is recorded; collection where there is none.
        LastOrder = "last_order",
        /// The end of the relation: the contract's, or the customer's account.
        RelationEnd = "relation_end",
        /// The end of the calendar year in which it was last needed, as rules of bookkeeping have it.
        YearEnd = "year_end",
        /// The end of the consent.
        ConsentEnd = "consent_end",
        /// The last use of a consent, or its grant where it was never used.
        LastUse = "last_use",
        /// The day it was written down.
        Entry = "entry",
        /// The refusal, or the day since when nothing else lets the data be kept.
        Refusal = "refusal",
    }
}

words! {
    /// What happens when the time is up.
    AtEnd {
        Delete = "delete",
        Anonymise = "anonymise",
        /// A person decides.
        Review = "review",
    }
}

words! {
    /// For what a person must be old enough.
    AgeCheck {
        /// For consent by oneself (Art. 8(1) GDPR).
        Consent = "consent",
        /// For a contract: whoever may not buy is not called about it.
        Contract = "contract",
    }
}

entity! {
    /// A purpose of processing (Art. 5(1)(b) GDPR).
    Purpose, PurposeField, Purpose {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "the word for the purpose in commands and files", [], None, None;
        2 title "title": String, Kind::Text, Operation, Needed, "Title", "what people are told the purpose is, in a few words", [], None, None;
        3 titles "titles": String, Kind::LongText, Operation, Free, "Title in languages", "one a line: `de: Monatsbrief`", [], None, None;
        4 description "description": String, Kind::LongText, Operation, Needed, "Description", "Art. 13(1)(c) GDPR: what happens with the data, in words a person understands", [], None, None;
        5 descriptions "descriptions": String, Kind::LongText, Operation, Free, "Description in languages", "one a line: `de: Wir schreiben Ihnen …`", [], None, None;
        6 basis "basis": Option<Basis>, Kind::Basis, Operation, Needed, "Legal basis", "Art. 6(1) GDPR", [], None, None;
        7 channels "channels": WordList, Kind::Words, Operation, Needed, "Channels", "by which ways persons are reached; `storage` where data is only kept", [], None, None;
        8 categories "categories": WordList, Kind::Words, Operation, Free, "Categories of data", "Art. 30(1)(c) GDPR", [], None, None;
        9 fields "fields": WordList, Kind::Words, Operation, Free, "Fields", "Art. 5(1)(c) GDPR: which fields it needs, and no others leave for it; all of its categories when empty", [], None, None;
        10 retention "retention": String, Kind::Text, Operation, Needed, "Kept for", "Art. 5(1)(e) GDPR: a period such as P2Y", [], None, None;
        11 clock "clock": OneOf<Clock>, Kind::Word(Clock::WORDS), Operation, Free, "Counted from", "collection where it is not said", [], None, None;
        12 at_end "at_end": OneOf<AtEnd>, Kind::Word(AtEnd::WORDS), Operation, Free, "Then", "delete where it is not said", [], None, None;
        13 recipients "recipients": WordList, Kind::Words, Operation, Free, "Recipients", "Art. 13(1)(e) GDPR: who is given the data, by registered name", [], None, None;
        14 countries "countries": WordList, Kind::Words, Operation, Free, "Countries", "Art. 30(1)(e) GDPR: where the data goes", [], None, None;
        15 safeguards "safeguards": String, Kind::Text, Operation, Free, "Safeguards", "Art. 46 GDPR, where it leaves the Union", [], None, None;
        16 review_on "review_on": Option<Day>, Kind::Day, Operation, Free, "Review on", "when somebody looks whether it is still needed", [], None, None;
        17 marketing "marketing": bool, Kind::Flag, Operation, Free, "Direct marketing", "Art. 21(2) GDPR: whoever objects is left alone, at once and without a reason", [], None, None;
        18 consent_for "consent_for": String, Kind::Text, Operation, Free, "Consent lasts", "a period such as P2Y, after which the person is asked anew; until it is withdrawn when empty", [], None, None;
        19 confirmed "confirmed": WordList, Kind::Words, Operation, Free, "Confirmed by", "channels on which a consent counts only when it was confirmed by that channel (double opt-in)", [], None, None;
        20 risky "risky": bool, Kind::Flag, Operation, Free, "High risk", "Art. 35 GDPR: needs an assessment before it begins", [], None, None;
        21 assessment "assessment": String, Kind::Text, Operation, Free, "Assessment", "reference of the data protection impact assessment", [], None, None;
        23 age_check "age_check": OneOf<AgeCheck>, Kind::Word(AgeCheck::WORDS), Operation, Free, "Age check", "R9: from which age of the law a yes counts; then it is told with each how the age was made sure, and no birth date is held", [], None, None;
        22 retired "retired": bool, Kind::Flag, Operation, Free, "Retired", "nothing is done for it any more", [], None, None;
    }
}

/// A line of `titles` or `descriptions`.
fn lines(text: &str) -> impl Iterator<Item = Result<(Language, &str), Invalid>> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (language, words) = line.split_once(':').ok_or_else(|| {
            Invalid::new(format!("`{line}` names no language; write it as `de: Monatsbrief`"))
        })?;
        Ok((language.trim().parse()?, words.trim()))
    })
}

/// The words of a language, or of what it is a kind of (`nl` for `nl-BE`); else `default`.
fn in_language<'a>(all: &'a str, default: &'a str, language: &Language) -> &'a str {
    let primary = |language: &str| language.split('-').next().unwrap_or_default().to_lowercase();
    let exact = lines(all).flatten().find(|(one, _)| one == language);
    let near = || lines(all).flatten().find(|(one, _)| primary(one.as_str()) == primary(language.as_str()));
    exact.or_else(near).map_or(default, |(_, words)| words)
}

impl Purpose {
    pub fn title_in(&self, language: &Language) -> &str {
        in_language(&self.titles, &self.title, language)
    }

    pub fn description_in(&self, language: &Language) -> &str {
        in_language(&self.descriptions, &self.description, language)
    }

    /// The channels it has.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        self.channels.0.iter().filter_map(|word| word.parse().ok())
    }

    pub fn has(&self, channel: Channel) -> bool {
        self.channels().any(|one| one == channel)
    }

    /// Whether a consent on this channel counts only when it was confirmed there.
    pub fn needs_confirmation(&self, channel: Channel) -> bool {
        self.confirmed.0.iter().any(|word| word == channel.word())
    }

    /// How long a consent lasts; until it is withdrawn when `None`.
    pub fn consent_period(&self) -> Option<Period> {
        self.consent_for.parse().ok()
    }

    /// The ground on which it stands.
    pub fn ground(&self) -> Basis {
        self.basis.unwrap_or(Basis::Consent)
    }

    /// Checks everything that needs no other record. An error names the field.
    pub fn check(&self) -> Result<(), (&'static str, Invalid)> {
        use PurposeField as F;
        let at = |field: F| move |why: Invalid| (field.spec().name, why);
        crate::domain::access::slug(&self.name)
            .and_then(|slug| match slug == self.name {
                true => Ok(()),
                false => Err(Invalid::new(format!("write `{slug}`"))),
            })
            .map_err(at(F::name))?;
        for (field, all) in [(F::titles, &self.titles), (F::descriptions, &self.descriptions)] {
            for line in lines(all) {
                line.map_err(at(field))?;
            }
        }
        if self.channels.0.is_empty() {
            return Err(at(F::channels)(Invalid::new(
                "a purpose names the channels by which persons are reached",
            )));
        }
        let channel = |word: &String| word.parse::<Channel>().map(drop);
        self.channels.0.iter().try_for_each(channel).map_err(at(F::channels))?;
        self.confirmed.0.iter().try_for_each(channel).map_err(at(F::confirmed))?;
        self.categories
            .0
            .iter()
            .try_for_each(|word| word.parse::<Category>().map(drop))
            .map_err(at(F::categories))?;
        self.countries
            .0
            .iter()
            .try_for_each(|word| word.parse::<crate::domain::country::Country>().map(drop))
            .map_err(at(F::countries))?;
        self.retention.parse::<Period>().map_err(at(F::retention))?;
        if !self.consent_for.is_empty() {
            self.consent_for.parse::<Period>().map_err(at(F::consent_for))?;
        }
        if self.risky && self.assessment.trim().is_empty() {
            return Err(at(F::assessment)(Invalid::new(
                "a purpose of high risk names its impact assessment (Art. 35 GDPR, R41)",
            )));
        }
        Ok(())
    }
}

/// The purposes a new store begins with. The officer changes them as the business is.
pub fn shipped() -> Vec<Purpose> {
    let words = |all: &[&str]| WordList(all.iter().map(|word| (*word).to_owned()).collect());
    let text = |lines: &[&str]| lines.join("\n");
    let purpose =
        |name: &str, title: &str, titles: &[&str], description: &str, descriptions: &[&str]| Purpose {
            name: name.to_owned(),
            title: title.to_owned(),
            titles: text(titles),
            description: description.to_owned(),
            descriptions: text(descriptions),
            ..Purpose::default()
        };
    vec![
        Purpose {
            basis: Some(Basis::Consent),
            channels: words(&["storage", "phone"]),
            categories: words(&[
                "identity",
                "contact_details",
                "professional",
                "preferences",
                "relationship",
                "provenance",
                "content",
            ]),
            retention: "P2Y".to_owned(),
            clock: OneOf(Some(Clock::LastContact)),
            marketing: true,
            consent_for: "P2Y".to_owned(),
            ..purpose(
                "sales",
                "Sales calls",
                &["de: Beratung am Telefon", "nl: Verkoopgesprekken", "fr: Appels commerciaux"],
                "We keep your contact details and call you about our offers.",
                &[
                    "de: Wir speichern Ihre Kontaktdaten und rufen Sie zu unseren Angeboten an.",
                    "nl: Wij bewaren uw contactgegevens en bellen u over ons aanbod.",
                    "fr: Nous conservons vos coordonnées et vous appelons au sujet de nos offres.",
                ],
            )
        },
        Purpose {
            basis: Some(Basis::Contract),
            channels: words(&["storage", "phone", "email", "post"]),
            categories: words(&[
                "identity",
                "contact_details",
                "professional",
                "relationship",
                "provenance",
                "content",
            ]),
            retention: "P3Y".to_owned(),
            clock: OneOf(Some(Clock::RelationEnd)),
            at_end: OneOf(Some(AtEnd::Review)),
            ..purpose(
                "contract",
                "Offer and contract",
                &["de: Angebot und Vertrag", "nl: Offerte en overeenkomst", "fr: Offre et contrat"],
                "We use your details to answer your enquiry, to make you an offer and to carry out the contract with you.",
                &[
                    "de: Wir verwenden Ihre Angaben, um Ihre Anfrage zu beantworten, Ihnen ein Angebot zu machen und den Vertrag mit Ihnen zu erfüllen.",
                    "nl: Wij gebruiken uw gegevens om uw aanvraag te beantwoorden, u een offerte te doen en de overeenkomst met u uit te voeren.",
                    "fr: Nous utilisons vos données pour répondre à votre demande, vous faire une offre et exécuter le contrat conclu avec vous.",
                ],
            )
        },
        Purpose {
            basis: Some(Basis::Consent),
            channels: words(&["email"]),
            categories: words(&["identity", "contact_details", "preferences"]),
            fields: words(&[
                "given_name",
                "family_name",
                "form_of_address",
                "name_prefix",
                "emails",
                "language",
            ]),
            retention: "P2Y".to_owned(),
            clock: OneOf(Some(Clock::ConsentEnd)),
            marketing: true,
            consent_for: "P2Y".to_owned(),
            confirmed: words(&["email"]),
            ..purpose(
                "newsletter",
                "Newsletter",
                &["de: Newsletter", "nl: Nieuwsbrief", "fr: Lettre d'information"],
                "We write to you by e-mail about news and offers, about once a month.",
                &[
                    "de: Wir schreiben Ihnen etwa einmal im Monat per E-Mail über Neues und Angebote.",
                    "nl: Wij schrijven u ongeveer één keer per maand per e-mail over nieuws en aanbiedingen.",
                    "fr: Nous vous écrivons environ une fois par mois par e-mail au sujet de nos nouveautés et de nos offres.",
                ],
            )
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_ones_are_sound() {
        let all = shipped();
        assert_eq!(
            all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["sales", "contract", "newsletter"]
        );
        for purpose in &all {
            purpose.check().unwrap_or_else(|(field, why)| panic!("{}: {field}: {why}", purpose.name));
            for language in ["en", "de", "nl-BE", "fr"] {
                let language: Language = language.parse().unwrap();
                assert!(
                    !purpose.title_in(&language).is_empty() && !purpose.description_in(&language).is_empty()
                );
            }
        }
        let dutch = "nl-BE".parse().unwrap();
        assert_eq!(all[2].title_in(&dutch), "Nieuwsbrief");
        assert_eq!(all[2].title_in(&"it".parse().unwrap()), "Newsletter");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let sound = || shipped().remove(0);
        let wrong: [(Purpose, &str); 7] = [
            (Purpose { name: "Sales Calls".into(), ..sound() }, "name"),
            (Purpose { retention: String::new(), ..sound() }, "retention"),
            (Purpose { consent_for: "two years".into(), ..sound() }, "consent_for"),
            (Purpose { channels: WordList(vec!["pigeon".into()]), ..sound() }, "channels"),
            (Purpose { channels: WordList(vec![]), ..sound() }, "channels"),
            (Purpose { titles: "Beratung".into(), ..sound() }, "titles"),
            (Purpose { risky: true, ..sound() }, "assessment"),
        ];
        for (purpose, field) in wrong {
            assert_eq!(purpose.check().unwrap_err().0, field);
        }
    }
}
