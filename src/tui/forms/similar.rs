//! The warning, while a contact is added, that the person may be here already.

use crate::api::Similar;
use crate::domain::edit::FieldEdit;
use crate::tui::forms::field::FormField;

/// What is known about possible duplicates.
#[derive(Clone, Default, Debug)]
pub(crate) struct Alike {
    pub(crate) found: Vec<Similar>,
    /// What the service was asked about last.
    asked: Vec<FieldEdit>,
    waiting: bool,
    /// The person said that it is somebody else.
    pub(crate) accepted: bool,
}

impl Alike {
    /// What to ask about now, if that is something new. One question at a time: while one is on its way, more typing
    /// only makes the next one better.
    pub(crate) fn question(&mut self, fields: &[FormField]) -> Option<Vec<FieldEdit>> {
        if self.waiting {
            return None;
        }
        let about: Vec<FieldEdit> = fields
            .iter()
            .filter(|field| tells(field) && !field.is_empty() && field.error.is_none())
            .map(FormField::edit)
            .collect();
        let enough =
            about.iter().any(|edit| matches!(edit.field.as_str(), "phones" | "emails" | "family_name"));
        if !enough {
            self.found.clear();
            self.asked.clear();
            return None;
        }
        if about == self.asked {
            return None;
        }
        self.asked.clone_from(&about);
        self.waiting = true;
        Some(about)
    }

    pub(crate) fn answered(&mut self, found: Option<Vec<Similar>>) {
        self.waiting = false;
        if let Some(found) = found {
            if found.iter().any(|one| !self.found.iter().any(|known| known.id == one.id)) {
                self.accepted = false;
            }
            self.found = found;
        }
    }

    /// Somebody with the same number or address, which two people seldom share.
    pub(crate) fn strong(&self) -> Option<&Similar> {
        self.found.iter().find(|one| one.same.iter().any(|same| same == "phone" || same == "email"))
    }
}

/// `Anna Schmidt (Muster GmbH): same phone, name`.
pub(crate) fn describe(one: &Similar) -> String {
    let same: Vec<String> =
        one.same.iter().map(|same| same.replace("email", "e-mail").replace('+', " and ")).collect();
    let name = match one.id {
        Some(_) if !one.company.is_empty() => format!("{} ({})", one.title, one.company),
        _ => one.name(),
    };
    format!("{name}: same {}", same.join(", "))
}

fn tells(field: &FormField) -> bool {
    matches!(
        field.info.name.as_str(),
        "given_name" | "family_name" | "company" | "phones" | "emails" | "country"
    ) && !field.info.custom
}
