//! Adding and deleting records, and notes, in the linear mode.

use std::io;

use super::Session;
use crate::api;
use crate::domain::contact::{NoteField, NoteKind};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::forbidden;
use crate::domain::id::ContactId;
use crate::domain::value::Value;

impl Session<'_> {
    pub(super) fn add(&mut self, kind: RecordKind) -> io::Result<()> {
        let asked: &[&str] = match kind {
            RecordKind::Company => &["name", "industry", "phones", "emails", "country"],
            _ => &[
                "given_name",
                "family_name",
                "company",
                "job_title",
                "phones",
                "emails",
                "country",
                "basis",
                "reason",
                "source",
            ],
        };
        let needed: &[&str] =
            if kind == RecordKind::Contact { &["basis", "reason", "source"] } else { &["name"] };
        self.say("Enter leaves a field empty; e edits the others afterwards.")?;
        let mut fields: Vec<FieldEdit> = Vec::new();
        for name in asked {
            let Ok(info) = self.schema.by_name(kind, name).cloned() else { continue };
            let must = needed.contains(name);
            let text = loop {
                match self.value(&info, &format!("{}:", info.label))? {
                    Some(text) => break Some(text),
                    None if !must => break None,
                    None => {
                        self.say(&format!("It is needed: {}.", info.why))?;
                        if !self.yes("Go on?")? {
                            return self.say("Nothing was added.");
                        }
                    }
                }
            };
            fields.extend(text.filter(|text| text != "-").map(|text| FieldEdit::text(name, text)));
        }
        if kind == RecordKind::Contact
            && let Ok(similar) = self.client.call(api::FindSimilar { fields: fields.clone(), except: None })
            && !similar.is_empty()
        {
            for one in &similar {
                self.say(&format!("Possibly here already: {}, same {}", one.name(), one.same.join(", ")))?;
            }
            if !self.yes("Add it all the same?")? {
                return self.say("Nothing was added.");
            }
        }
        match self.client.call(api::Add { kind, about: None, fields }) {
            Ok(added) => {
                for warning in &added.warnings {
                    self.say(&format!("Warning: {warning}"))?;
                }
                self.say("Added.")?;
                self.open(kind, added.id)
            }
            Err(error) => self.fail(&error),
        }
    }

    pub(super) fn note(&mut self, kind: NoteKind, text: &str) -> io::Result<()> {
        let contact =
            self.open.as_ref().map(|card| &card.record).filter(|view| view.kind == RecordKind::Contact);
        let Some(contact) = contact.map(|view| ContactId(view.id)) else {
            return self.say("No contact is open: search, then say a number.");
        };
        let text =
            if text.is_empty() { self.talk.ask("Text:")?.unwrap_or_default() } else { text.to_owned() };
        if text.trim().is_empty() {
            return self.say("Nothing was noted.");
        }
        let found = forbidden::in_text(&text);
        if !found.is_empty() {
            let kinds: Vec<String> = found.iter().map(|one| one.kind.replace('_', " ")).collect();
            self.say(&format!("This seems to tell {}; such data is not held.", kinds.join(" and ")))?;
            if !self.yes("Save it as it is?")? {
                return self.say("Nothing was noted.");
            }
        }
        let fields = vec![
            FieldEdit::value(NoteField::kind.spec().name, Value::Word(kind.word().to_owned())),
            FieldEdit::text(NoteField::text.spec().name, text),
            FieldEdit::value(NoteField::happened_at.spec().name, Value::Time(self.env.now())),
        ];
        match self.client.call(api::Add { kind: RecordKind::Note, about: Some(contact), fields }) {
            Ok(_) => {
                self.say("Noted.")?;
                self.reopen()
            }
            Err(error) => self.fail(&error),
        }
    }

    pub(super) fn delete(&mut self) -> io::Result<()> {
        let Some(record) = self.open.as_ref().map(|card| card.record.clone()) else {
            return self.say("Nothing is open: search, then say a number.");
        };
        if !self.yes(&format!("Delete {}?", record.title))? {
            return self.say("Nothing was deleted.");
        }
        let call = api::Delete { kind: record.kind, id: record.id, expect_revision: Some(record.revision) };
        match self.client.call(call) {
            Ok(_) => {
                self.open = None;
                self.say("Deleted. u brings it back.")
            }
            Err(error) => self.fail(&error),
        }
    }
}
