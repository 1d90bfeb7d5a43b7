//! Wordings filled in: the same facts give the same bytes.
//!
//! A value is one line: breaks become spaces, and characters that turn the direction of a line or act on a terminal go.
//! In scripts and notices every sign of it that means something in Markdown gets a backslash before it (CommonMark 2.4);
//! messages are plain text, in which nothing means anything. Values are not read for placeholders again.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::placeholder::{OfPurpose, Placeholder};
use super::question::{Topic, sections};
use super::sentence::Tongue;
use super::template::{Name, Node, Unreadable, is_refused, parse};
use super::{Wording, WordingKind, duration, markdown, sha256};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::value::Invalid;

/// The longest text that is made, in bytes.
const MAX_RENDERED: usize = 1 << 20;

/// What is filled in. What is not known is empty; a wording that needs it is not filled in.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    /// The company that decides about the data, and its postal address.
    pub controller: String,
    pub controller_address: String,
    /// Where it is reached in matters of data: an address or a number.
    pub contact: String,
    /// Whom it calls for, where that is somebody else.
    pub on_behalf_of: String,
    pub dpo: String,
    pub authority: String,
    /// Who calls or writes.
    pub agent: String,
    /// Who is called or written to.
    pub person: String,
    /// Where the data comes from, where not from the person.
    pub source: String,
    /// Who gets the data, beside those of a purpose.
    pub recipients: Vec<String>,
    pub purposes: Vec<PurposeFacts>,
    /// What the person said yes and no to: the title of the purpose, and the channel.
    pub agreed: Vec<(String, Channel)>,
    pub declined: Vec<(String, Channel)>,
    /// How to get no more messages, and how to learn what is held: an address, a number or a link.
    pub unsubscribe: String,
    pub access: String,
    /// The address that is to be confirmed, what confirms it, and until when.
    pub address: String,
    pub confirm: String,
    pub until: Option<NaiveDate>,
    pub date: Option<NaiveDate>,
}

/// One purpose, in the language of the wording.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PurposeFacts {
    pub slug: String,
    pub title: String,
    pub description: String,
    pub basis: Option<Basis>,
    /// ISO 8601: `P2Y`.
    pub retention: String,
    pub recipients: Vec<String>,
    /// What is asked about it, in this order; nothing, where its basis is not consent.
    pub channels: Vec<Channel>,
}

/// A wording, filled in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rendered {
    /// Markdown of a script or notice; the plain text of a message.
    pub text: String,
    /// SHA-256 of the text's bytes, in hexadecimal digits.
    pub sha256: String,
    /// The subject line of a message.
    pub subject: Option<String>,
    pub language: Language,
    /// What is asked, in the order in which it stands.
    pub questions: Vec<Question>,
}

/// A question, as it is put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Question {
    pub topic: Topic,
    /// In plain words.
    pub text: String,
}

/// Why a wording cannot be filled in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    #[error("the stored text cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    #[error("line {line}: there is no `{name}` to fill in")]
    Absent { line: usize, name: Name },
    #[error("{0}")]
    Invalid(#[from] Invalid),
    #[error("no purpose is named")]
    NoPurpose,
    #[error("the script does not ask about `{0}`")]
    NotAsked(Topic),
    #[error("the script asks about `{0}` more than once")]
    AskedTwice(Topic),
    #[error("filled in, the text is longer than {MAX_RENDERED} bytes")]
    TooLong,
}

/// Fills in a wording.
pub fn render(wording: &Wording, facts: &Facts) -> Result<Rendered, Unfit> {
    let language = wording.language.clone().ok_or_else(|| Invalid::new("the wording is in no language"))?;
    let kind = wording.kind.0.ok_or_else(|| Invalid::new("the wording is of no kind"))?;
    let tongue = Tongue::of(&language)?;
    if facts.purposes.is_empty() && kind != WordingKind::Message {
        return Err(Unfit::NoPurpose);
    }
    for purpose in &facts.purposes {
        super::name(&purpose.slug)?;
    }
    let asked: Vec<Topic> = match kind {
        WordingKind::Script => topics(facts).collect(),
        WordingKind::Notice | WordingKind::Message => Vec::new(),
    };
    let spelled = sections(&wording.text).into_iter().filter_map(|section| section.topic.ok()).collect();
    let fill = Fill { facts, tongue, markdown: kind.is_markdown(), spelled };
    let mut text = String::new();
    fill.nodes(&parse(&wording.text)?, None, &mut text)?;
    let mut questions = Vec::new();
    if kind == WordingKind::Script {
        text = fill.ask(&text, &asked);
        questions = sections(&text)
            .into_iter()
            .filter_map(|section| {
                let words =
                    markdown::plain_blocks(&markdown::read(text.get(section.body).unwrap_or_default()));
                Some(Question { topic: section.topic.ok()?, text: words })
            })
            .collect();
        for topic in &asked {
            match questions.iter().filter(|question| question.topic == *topic).count() {
                0 => return Err(Unfit::NotAsked(topic.clone())),
                1 => {}
                _ => return Err(Unfit::AskedTwice(topic.clone())),
            }
        }
    }
    let subject = if kind == WordingKind::Message {
        let mut line = String::new();
        fill.nodes(&parse(&wording.subject)?, None, &mut line)?;
        Some(one_line(&line))
    } else {
        None
    };
    Ok(Rendered { sha256: sha256(text.as_bytes()), text, subject, language, questions })
}

fn topics(facts: &Facts) -> impl Iterator<Item = Topic> {
    let of = |purpose: &PurposeFacts| {
        let slug = purpose.slug.clone();
        let topics: Vec<Topic> = purpose
            .channels
            .iter()
            .map(|channel| Topic { purpose: slug.clone(), channel: *channel })
            .collect();
        topics
    };
    facts.purposes.iter().flat_map(of)
}

/// A value on one line, without what turns or hides text.
fn one_line(value: &str) -> String {
    let line: String = value
        .chars()
        .filter_map(|c| match c {
            '\u{2028}' | '\u{2029}' => Some(' '),
            c if c.is_control() => Some(' '),
            c if is_refused(c) => None,
            c => Some(c),
        })
        .collect();
    line.trim().to_owned()
}

/// A value of which nothing means anything in Markdown: the signs of inline markup anywhere, and any sign at the start,
/// where it could begin a block.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    let mut digits = true;
    for (at, c) in value.chars().enumerate() {
        let inline =
            matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' | '!');
        let first = at == 0 && c.is_ascii_punctuation();
        let numbered = digits && matches!(c, '.' | ')');
        if inline || first || numbered {
            out.push('\\');
        }
        digits &= c.is_ascii_digit();
        out.push(c);
    }
    out
}

struct Fill<'f> {
    facts: &'f Facts,
    tongue: Tongue,
    markdown: bool,
    /// The questions that the wording has words of its own for, or a place.
    spelled: Vec<Topic>,
}

impl Fill<'_> {
    fn value(&self, text: &str) -> String {
        let line = one_line(text);
        if self.markdown { escaped(&line) } else { line }
    }

    fn values<'v>(&self, texts: impl IntoIterator<Item = &'v String>) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for text in texts.into_iter().map(|text| self.value(text)).filter(|text| !text.is_empty()) {
            if !all.contains(&text) {
                all.push(text);
            }
        }
        all
    }

    fn nodes(&self, nodes: &[Node], purpose: Option<&PurposeFacts>, out: &mut String) -> Result<(), Unfit> {
        for node in nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Fill { line, name } => {
                    let text = self.name(*name, purpose)?;
                    if text.is_empty() && *name != Name::Fact(Placeholder::Questions) {
                        return Err(Unfit::Absent { line: *line, name: *name });
                    }
                    out.push_str(&text);
                }
                Node::If { name, not, then, otherwise, .. } => {
                    let there = !self.name(*name, purpose)?.is_empty();
                    self.nodes(if there != *not { then } else { otherwise }, purpose, out)?;
                }
                Node::Each { .. } if self.facts.purposes.is_empty() => return Err(Unfit::NoPurpose),
                Node::Each { body } => {
                    for purpose in &self.facts.purposes {
                        self.nodes(body, Some(purpose), out)?;
                    }
                }
            }
            if out.len() > MAX_RENDERED {
                return Err(Unfit::TooLong);
            }
        }
        Ok(())
    }

    /// What stands for a placeholder; nothing, when that is not known.
    fn name(&self, name: Name, purpose: Option<&PurposeFacts>) -> Result<String, Unfit> {
        match (name, purpose) {
            (Name::Fact(fact), _) => self.fact(fact),
            (Name::OfPurpose(part), Some(purpose)) => self.of_purpose(part, purpose),
            // The reader lets none stand outside of a loop.
            (Name::OfPurpose(_), None) => Ok(String::new()),
        }
    }

    fn fact(&self, fact: Placeholder) -> Result<String, Unfit> {
        let (facts, tongue) = (self.facts, self.tongue);
        Ok(match fact {
            Placeholder::Controller => self.value(&facts.controller),
            Placeholder::ControllerAddress => self.value(&facts.controller_address),
            Placeholder::Contact => self.value(&facts.contact),
            Placeholder::OnBehalfOf => self.value(&facts.on_behalf_of),
            Placeholder::Agent => self.value(&facts.agent),
            Placeholder::Person => self.value(&facts.person),
            Placeholder::Purposes => {
                let titles = facts.purposes.iter().map(|purpose| tongue.quoted(&self.value(&purpose.title)));
                tongue.list(&titles.collect::<Vec<_>>())
            }
            Placeholder::LegalBasis => {
                if facts.purposes.iter().any(|purpose| purpose.basis.is_none()) {
                    return Ok(String::new());
                }
                let each = |purpose: &PurposeFacts| {
                    let basis = purpose.basis.map_or("", |basis| tongue.basis(basis));
                    (self.value(&purpose.title), basis.to_owned())
                };
                tongue.legal_basis(&facts.purposes.iter().map(each).collect::<Vec<_>>())
            }
            Placeholder::Retention => {
                let each = |purpose: &PurposeFacts| {
                    Ok((self.value(&purpose.title), duration::in_words(purpose.retention.parse()?, tongue)))
                };
                tongue.retention(&facts.purposes.iter().map(each).collect::<Result<Vec<_>, Invalid>>()?)
            }
            Placeholder::RightToWithdraw => tongue.right_to_withdraw().to_owned(),
            Placeholder::RightToObject => tongue.right_to_object().to_owned(),
            Placeholder::Rights => tongue.rights().to_owned(),
            Placeholder::Recipients => {
                let of_purposes = facts.purposes.iter().flat_map(|purpose| &purpose.recipients);
                tongue.recipients(&self.values(facts.recipients.iter().chain(of_purposes)))
            }
            Placeholder::Complaint => match self.value(&facts.authority) {
                authority if authority.is_empty() => authority,
                authority => tongue.complaint(&authority),
            },
            Placeholder::Authority => self.value(&facts.authority),
            Placeholder::Dpo => self.value(&facts.dpo),
            Placeholder::Source => self.value(&facts.source),
            Placeholder::Questions => self.questions(),
            Placeholder::Agreed => self.lines(&facts.agreed),
            Placeholder::Declined => self.lines(&facts.declined),
            Placeholder::Unsubscribe => self.value(&facts.unsubscribe),
            Placeholder::Access => self.value(&facts.access),
            Placeholder::Address => self.value(&facts.address),
            Placeholder::Confirm => self.value(&facts.confirm),
            Placeholder::Until => facts.until.map(|day| tongue.date(day)).unwrap_or_default(),
            Placeholder::Date => facts.date.map(|day| tongue.date(day)).unwrap_or_default(),
        })
    }

    fn of_purpose(&self, part: OfPurpose, purpose: &PurposeFacts) -> Result<String, Unfit> {
        let tongue = self.tongue;
        Ok(match part {
            OfPurpose::Title => self.value(&purpose.title),
            OfPurpose::Description => self.value(&purpose.description),
            OfPurpose::LegalBasis => purpose.basis.map_or("", |basis| tongue.basis(basis)).to_owned(),
            OfPurpose::Retention => duration::in_words(purpose.retention.parse()?, tongue),
            OfPurpose::Recipients => tongue.list(&self.values(&purpose.recipients)),
            OfPurpose::Channels => {
                let reached = purpose.channels.iter().filter(|channel| **channel != Channel::Storage);
                tongue.list(&reached.map(|channel| tongue.reached(*channel).to_owned()).collect::<Vec<_>>())
            }
        })
    }

    /// A line for each, as in a list.
    fn lines(&self, all: &[(String, Channel)]) -> String {
        let line = |(title, channel): &(String, Channel)| {
            format!("- {}: {}", self.value(title), self.tongue.reached(*channel))
        };
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The program's own words for a question.
    fn question(&self, topic: &Topic) -> String {
        let purpose = self.facts.purposes.iter().find(|purpose| purpose.slug == topic.purpose);
        let title = purpose.map(|purpose| self.value(&purpose.title)).unwrap_or_default();
        self.tongue.question(&title, topic.channel)
    }

    /// The questions that the wording does not place itself, closed by a line across.
    fn questions(&self) -> String {
        let mut out = String::new();
        for topic in topics(self.facts).filter(|topic| !self.spelled.contains(topic)) {
            out.push_str(&format!("## ? {topic}\n\n{}\n\n", self.question(&topic)));
        }
        if !out.is_empty() {
            out.push_str("---");
        }
        out
    }

    /// Leaves out questions that are not asked this time, and puts the program's words where a question has none.
    fn ask(&self, text: &str, asked: &[Topic]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for section in sections(text) {
            let Ok(topic) = &section.topic else { continue };
            if !asked.contains(topic) {
                out.push_str(text.get(at..section.heading.start).unwrap_or_default());
                at = section.body.end;
            } else if text.get(section.body.clone()).unwrap_or_default().trim().is_empty() {
                out.push_str(text.get(at..section.heading.end).unwrap_or_default().trim_end());
                out.push_str(&format!("\n\n{}\n\n", self.question(topic)));
                at = section.body.end;
            }
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}
