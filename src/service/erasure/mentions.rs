//! Places about others that may name a person who is erased: notes, texts of companies, tasks, calls.
//!
//! They are other people's data, and may be about somebody of the same name; so they are listed for a person to look at, and
//! not changed. What is looked for is the full name, the numbers and the addresses, in all free text at once for all who
//! are erased together; what is written down is the place alone.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::found::lies_under_person;
use crate::api::Error;
use crate::api::erasure::MentionView;
use crate::api::{MentionDecide, Mentions};
use crate::domain::contact::{Contact, join_words};
use crate::domain::entity::{Entity, Fields, RecordKind, specs_of};
use crate::domain::erasure::{Mention, MentionField, MentionState};
use crate::domain::field::{Category, FieldKey};
use crate::domain::fold;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::suppression::{Class, Identifier};
use crate::domain::value::{OneOf, Value};
use crate::service::{Ask, Service, no_such, publish, read_lock, rows};
use crate::store::{StoreError, Stored};

/// Records read in one visit of the storage thread.
const SLICE: usize = 1_000;
/// Places that one erasure lists, at most; that there are more is told by the number alone.
pub const MOST: usize = 10_000;
/// Digits at the end of a number that are the subscriber's.
const DIGITS: usize = 8;
/// A name of one word is looked for when it has so many letters.
const LONE_NAME: usize = 5;

/// What is looked for of one person.
pub struct Needle {
    /// Names as folded words in order.
    names: HashSet<Vec<String>>,
    emails: HashSet<String>,
    /// The last digits of numbers.
    digits: HashSet<String>,
}

impl Needle {
    pub fn new<'a>(
        names: impl Iterator<Item = &'a str>,
        contacts: impl Iterator<Item = &'a Contact>,
        identifiers: &[Identifier],
    ) -> Needle {
        let mut texts: Vec<String> = names.map(str::to_owned).collect();
        for contact in contacts {
            let (given, family) = (contact.given_name.as_str(), contact.family_name.as_str());
            texts.push(join_words([given, family].into_iter()));
            texts.push(join_words([family, given].into_iter()));
        }
        let names = texts.iter().map(|text| words(&fold::fold(text)).map(str::to_owned).collect::<Vec<_>>());
        let names = names.filter(|name| match name.as_slice() {
            [] => false,
            [one] => one.chars().count() >= LONE_NAME,
            _ => true,
        });
        let of = |class| identifiers.iter().filter(move |one| one.class() == class);
        Needle {
            names: names.collect(),
            emails: of(Class::Email).map(|one| one.text().to_owned()).collect(),
            digits: of(Class::Phone).filter_map(|one| last_digits(one.text())).collect(),
        }
    }
}

/// The needles of everybody who is erased together.
#[derive(Default)]
pub struct Needles {
    /// Names by their first word.
    names: HashMap<String, Vec<Vec<String>>>,
    emails: HashSet<String>,
    digits: HashSet<String>,
}

impl Needles {
    pub fn of<'a>(all: impl Iterator<Item = &'a Needle>) -> Needles {
        let mut needles = Needles::default();
        for needle in all {
            for name in &needle.names {
                if let Some(first) = name.first() {
                    needles.names.entry(first.clone()).or_default().push(name.clone());
                }
            }
            needles.emails.extend(needle.emails.iter().cloned());
            needles.digits.extend(needle.digits.iter().cloned());
        }
        needles
    }

    /// Whether a text names one of them.
    pub fn named_in(&self, text: &str) -> bool {
        self.address_in(text) || self.number_in(text) || self.name_in(text)
    }

    fn address_in(&self, text: &str) -> bool {
        if self.emails.is_empty() || !text.contains('@') {
            return false;
        }
        let apart = |c: char| {
            c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"')
        };
        let ends = |c: char| matches!(c, '.' | '!' | '?' | '\'');
        // Folding takes out spaces, so words are told apart first.
        let words = text.split(apart).filter(|word| word.contains('@'));
        words.into_iter().any(|word| self.emails.contains(&fold::email(word.trim_matches(ends))))
    }

    fn number_in(&self, text: &str) -> bool {
        if self.digits.is_empty() {
            return false;
        }
        // A number may be written with spaces, dashes, slashes, dots and brackets.
        let mut run: Vec<u8> = Vec::new();
        let mut found = false;
        let mut end = |run: &mut Vec<u8>| {
            let digits = std::mem::take(run);
            found |= digits
                .windows(DIGITS)
                .any(|part| std::str::from_utf8(part).is_ok_and(|part| self.digits.contains(part)));
        };
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => run.push(byte),
                b' ' | b'-' | b'/' | b'.' | b'(' | b')' => {}
                _ => end(&mut run),
            }
        }
        end(&mut run);
        found
    }

    fn name_in(&self, text: &str) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let folded = fold::fold(text);
        let all: Vec<&str> = words(&folded).collect();
        (0..all.len()).any(|at| {
            let names = all.get(at).and_then(|first| self.names.get(*first));
            names.is_some_and(|names| {
                names.iter().any(|name| {
                    all.get(at..at + name.len())
                        .is_some_and(|here| here.iter().zip(name).all(|(a, b)| a == b))
                })
            })
        })
    }
}

fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn last_digits(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.len().checked_sub(DIGITS).and_then(|from| digits.get(from..)).map(str::to_owned)
}

/// Kinds whose records have texts in which somebody else may be named.
fn searched(kind: RecordKind) -> bool {
    lies_under_person(kind)
        || match kind {
            RecordKind::Company
            | RecordKind::ExportRun
            | RecordKind::View
            | RecordKind::CallList
            | RecordKind::Recipient
            | RecordKind::Incident => true,
            // Who works here, what the program says, and what has no words.
            _ => false,
        }
}

/// The field in which a record names one of them.
fn naming(needles: &Needles, kind: RecordKind, fields: &Fields) -> Option<FieldKey> {
    let is_own = |key: &FieldKey| {
        // A person's own name and numbers are that person's, also where somebody else has the same.
        let spec = specs_of(kind).iter().find(|spec| spec.key == *key);
        kind == RecordKind::Contact
            && spec.is_some_and(|spec| matches!(spec.category, Category::Identity | Category::Reach))
    };
    let fields = fields.iter().filter(|(key, _)| !is_own(key));
    let texts = fields.filter_map(|(key, value)| match value {
        Value::Text(text) => Some((key, text.clone())),
        Value::Words(_)
        | Value::Tags(_)
        | Value::Links(_)
        | Value::Addresses(_)
        | Value::Emails(_)
        | Value::Phones(_) => Some((key, value.to_string())),
        _ => None,
    });
    texts.into_iter().find(|(_, text)| needles.named_in(text)).map(|(key, _)| *key)
}

/// A place, not yet with the number of its certificate.
pub struct Place {
    pub kind: RecordKind,
    pub record: Uuid,
    pub about: SubjectId,
    pub field: String,
}

impl Place {
    pub fn mention(&self, certificate: i64) -> Mention {
        let about =
            (self.about != SubjectId::NOBODY && self.about.0 != self.record).then(|| self.about.to_string());
        Mention {
            certificate,
            kind: self.kind.word().to_owned(),
            record: self.record.to_string(),
            about: about.unwrap_or_default(),
            field: self.field.clone(),
            state: OneOf(Some(MentionState::Open)),
            ..Mention::default()
        }
    }
}

impl Service {
    /// Looks through all texts that are not about these people themselves, a part at a time.
    pub(in crate::service) fn find_mentions(
        &self,
        needles: Needles,
        except: HashSet<SubjectId>,
    ) -> Result<Vec<Place>, Error> {
        let (needles, except) = (std::sync::Arc::new(needles), std::sync::Arc::new(except));
        let mut places = Vec::new();
        for kind in RecordKind::ALL.iter().copied().filter(|kind| searched(*kind)) {
            let mut from: Option<Vec<u8>> = None;
            loop {
                let (needles, except) = (std::sync::Arc::clone(&needles), std::sync::Arc::clone(&except));
                let (found, next) = self.store.read(move |reader| {
                    let mut found: Vec<(Uuid, SubjectId, FieldKey)> = Vec::new();
                    let next = reader.some_records(kind, from.as_deref(), SLICE, |stored: Stored| {
                        if !except.contains(&stored.subject)
                            && let Some(key) = naming(&needles, kind, &stored.record.fields)
                        {
                            found.push((stored.id, stored.subject, key));
                        }
                        Ok(())
                    })?;
                    Ok::<_, StoreError>((found, next))
                })?;
                let world = self.read_world();
                places.extend(found.into_iter().map(|(record, about, key)| {
                    let field = world.schema.by_key(kind, key);
                    Place { kind, record, about, field: field.map(|info| info.address()).unwrap_or_default() }
                }));
                match next {
                    Some(next) => from = Some(next),
                    None => break,
                }
            }
        }
        Ok(places)
    }
}

impl Ask<'_> {
    /// Places that may name somebody who was erased.
    pub(in crate::service) fn mentions(&self, asked: &Mentions) -> Result<Vec<MentionView>, Error> {
        let (all, certificate) = (asked.all, asked.certificate);
        let mut found: Vec<(Stored, Mention)> = self.service.store.read(move |reader| {
            let mut found = Vec::new();
            rows::each(reader, RecordKind::Mention, |stored| {
                let mention: Mention = stored.entity()?;
                let open = mention.state.0.unwrap_or(MentionState::Open) == MentionState::Open;
                if (all || open) && certificate.is_none_or(|number| number == mention.certificate) {
                    found.push((stored, mention));
                }
                Ok(())
            })?;
            Ok::<_, StoreError>(found)
        })?;
        found.sort_by_key(|(stored, mention)| (mention.certificate, stored.record.last_seq));
        Ok(found.into_iter().map(|(stored, mention)| self.mention_view(stored.id, mention)).collect())
    }

    fn mention_view(&self, id: Uuid, mention: Mention) -> MentionView {
        MentionView {
            id,
            certificate: mention.certificate,
            kind: mention.kind.parse().ok(),
            record: mention.record.parse().ok(),
            about: mention.about.parse().ok().map(ContactId),
            field: mention.field,
            state: mention.state.0.unwrap_or(MentionState::Open),
            decided_by: mention.decided_by.map(|user| self.world().user_name(user.0)).unwrap_or_default(),
            decided_at: mention.decided_at,
            words: mention.words,
        }
    }

    /// Notes what became of a place.
    pub(in crate::service) fn mention_decide(&self, decide: MentionDecide) -> Result<MentionView, Error> {
        if decide.state == MentionState::Kept && decide.words.trim().is_empty() {
            return Err(Error::refused("what stays, stays for a reason")
                .hint("give it with --reason")
                .at("words"));
        }
        let (now, me, id) = (self.now, self.grant.actor().user, decide.id);
        let (mention, _) = self.transact(Action::Edit, move |txn, world| {
            let subject = SubjectId::NOBODY;
            let stored = rows::of_entry(&txn.read(), RecordKind::Mention, subject, id)?
                .ok_or_else(|| no_such(RecordKind::Mention, id))?;
            let mention = Mention {
                state: OneOf(Some(decide.state)),
                decided_by: Some(me),
                decided_at: Some(now),
                words: words_of(&decide.words)?,
                ..stored.entity()?
            };
            txn.update(&stored, mention.fields())?;
            publish(world, txn, &[stored])?;
            drop(read_lock(world));
            Ok(mention)
        })?;
        Ok(self.mention_view(id, mention))
    }
}

/// Words as the field takes them.
fn words_of(text: &str) -> Result<String, Error> {
    let value =
        MentionField::words.spec().kind.parse(text, None).map_err(|why| Error::from(why).at("words"))?;
    Ok(value.map(|value| value.to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reach::{Email, Phone};

    fn needles() -> Needles {
        let identifiers = [
            Identifier::phone(&Phone::parse("+49 1515 0190123", None).unwrap()),
            Identifier::email(&Email::parse("Zoe.Mueller@example.com").unwrap()),
        ];
        let contact = Contact {
            given_name: "Zoë".into(),
            family_name: "Müller-Lüdenscheid".into(),
            ..Contact::default()
        };
        let name = contact.name();
        Needles::of([Needle::new([name.as_str()].into_iter(), [&contact].into_iter(), &identifiers)].iter())
    }

    #[test]
    fn a_person_is_found_however_they_are_written() {
        let needles = needles();
        for text in [
            "talked to zoe MÜLLER LÜDENSCHEID about it",
            "Müller-Lüdenscheid, Zoë: call back",
            "she is at zoe.mueller@EXAMPLE.com.",
            "<Zoe.Mueller@example.com>",
            "call 01515/019 01 23 after five",
            "0049 (0)1515 0190123",
            "+4915150190123!",
        ] {
            assert!(needles.named_in(text), "{text}");
        }
        for text in [
            "",
            "Zoë called",
            "the Müllers of Lüdenscheid",
            "Zoë or Müller-Lüdenscheid",
            "zoe.mueller@example.org",
            "xzoe.mueller@example.com",
            "invoice 1515 0190, 123 pieces",
            "4711",
        ] {
            assert!(!needles.named_in(text), "{text}");
        }
        assert!(!Needles::default().named_in("anybody at all, 030 901820, a@example.com"));
    }

    #[test]
    fn names_and_numbers_of_ones_own_are_no_mention() {
        let contact = Contact {
            given_name: "Zoë".into(),
            family_name: "Müller-Lüdenscheid".into(),
            reason: "recommended by Zoë Müller-Lüdenscheid".into(),
            ..Contact::default()
        };
        let mut fields = contact.fields();
        let reason = crate::domain::contact::ContactField::reason.key();
        assert_eq!(naming(&needles(), RecordKind::Contact, &fields), Some(reason));
        fields.remove(&reason);
        assert_eq!(naming(&needles(), RecordKind::Contact, &fields), None);
    }
}
