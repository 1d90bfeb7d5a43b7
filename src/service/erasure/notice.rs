//! What recipients are told of an erasure (Art. 19 and 17(2) GDPR).
//!
//! A letter names the person, for otherwise nobody could find whose data it is about; so it is made before the key dies,
//! handed to whoever erases, and kept nowhere. The certificate keeps who is to be told.

use crate::api::erasure::ErasureNotice;
use crate::domain::accountability::Publication;
use crate::domain::suppression::Identifier;
use crate::domain::user::Settings;
use crate::domain::value::Day;

/// The sentence about what the data was given for.
pub fn for_what(purposes: &[String]) -> String {
    format!(
        "We gave you personal data of the person named below, for: {}. Please erase them as well, and every copy of them, \
         unless a law obliges you to keep them, and tell us that you did.",
        purposes.join(", ")
    )
}

/// The same about where the data was made public.
pub fn public(publication: &Publication) -> String {
    let mut text = format!("Personal data of the person named below are public at {}", publication.place);
    if !publication.what.is_empty() {
        text.push_str(&format!(" ({})", publication.what));
    }
    text.push_str(
        ". The person asked for their erasure: please erase every link to them, and every copy and replication of them.",
    );
    if !publication.contact.is_empty() {
        text.push_str(&format!("\n\nTo: {}", publication.contact));
    }
    text
}

/// The whole letter.
pub fn letter(
    settings: &Settings,
    (recipient, says): &(String, String),
    person: (&str, &[Identifier]),
    certificate: i64,
    today: Day,
) -> ErasureNotice {
    let (name, identifiers) = person;
    let law = if recipient.starts_with("publication ") { "Art. 17(2)" } else { "Art. 19" };
    let mut text = format!("{}\n", settings.controller);
    for line in
        [&settings.controller_address, &settings.dpo_contact].into_iter().filter(|line| !line.is_empty())
    {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&format!(
        "\nTo: {recipient}\nDate: {today}\nCase: {certificate}\n\nErasure of personal data: notice under {law} GDPR\n\n{says}\n\n\
         Person: {name}\n"
    ));
    for identifier in identifiers {
        text.push_str(&format!("        {}\n", identifier.text()));
    }
    ErasureNotice { recipient: recipient.clone(), text }
}
