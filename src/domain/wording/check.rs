//! What a wording must tell, and whether it does whatever is filled in.
//!
//! A part counts as told where its placeholder stands outside of every condition, in both branches of one, or in the loop
//! over the purposes, of which there is always one at least. Only what not every store has, the data protection officer
//! and another source of the data, may stand in a condition on itself.

use std::collections::BTreeSet;

use super::placeholder::{OfPurpose, Placeholder};
use super::sentence::Tongue;
use super::template::{Name, Node, Unreadable, is_refused, parse};
use super::{MAX_SUBJECT, MAX_TEXT, Topic, Usage, Wording, WordingKind, question};
use crate::domain::value::words;

words! {
    /// What a person must be told.
    Part {
        Controller = "controller",
        ControllerAddress = "controller_address",
        Agent = "agent",
        Purposes = "purposes",
        LegalBasis = "legal_basis",
        Retention = "retention",
        RightToWithdraw = "right_to_withdraw",
        RightToObject = "right_to_object",
        Rights = "rights",
        Recipients = "recipients",
        Authority = "authority",
        Dpo = "dpo",
        Source = "source",
        Questions = "questions",
        Unsubscribe = "unsubscribe",
        Access = "access",
        Address = "address",
        Confirm = "confirm",
        Agreed = "agreed",
    }
}

impl Part {
    /// What is missing, as a person reads it.
    pub fn what(self) -> &'static str {
        match self {
            Part::Controller => "who decides about the data",
            Part::ControllerAddress => "the address of who decides about the data",
            Part::Agent => "who is speaking",
            Part::Purposes => "what the data is for",
            Part::LegalBasis => "the legal basis of each purpose",
            Part::Retention => "how long the data is kept",
            Part::RightToWithdraw => "the right to withdraw the consent",
            Part::RightToObject => "the right to object to advertising",
            Part::Rights => "the other rights (access, rectification, erasure, restriction, portability)",
            Part::Recipients => "who gets the data",
            Part::Authority => "the supervisory authority one can complain to",
            Part::Dpo => "the data protection officer, where there is one",
            Part::Source => "where the data comes from, where not from the person",
            Part::Questions => "the questions",
            Part::Unsubscribe => "how to get no more messages",
            Part::Access => "how to learn what is held",
            Part::Address => "the address that is confirmed",
            Part::Confirm => "how to confirm",
            Part::Agreed => "what was agreed to",
        }
    }

    /// What tells it, the usual way first.
    fn told_by(self) -> &'static [Name] {
        use Name::{Fact, OfPurpose as Of};
        match self {
            Part::Controller => &[Fact(Placeholder::Controller)],
            Part::ControllerAddress => &[Fact(Placeholder::ControllerAddress)],
            Part::Agent => &[Fact(Placeholder::Agent)],
            Part::Purposes => &[Fact(Placeholder::Purposes), Of(OfPurpose::Title)],
            Part::LegalBasis => &[Fact(Placeholder::LegalBasis), Of(OfPurpose::LegalBasis)],
            Part::Retention => &[Fact(Placeholder::Retention), Of(OfPurpose::Retention)],
            Part::RightToWithdraw => &[Fact(Placeholder::RightToWithdraw)],
            Part::RightToObject => &[Fact(Placeholder::RightToObject)],
            Part::Rights => &[Fact(Placeholder::Rights)],
            Part::Recipients => &[Fact(Placeholder::Recipients)],
            Part::Authority => &[Fact(Placeholder::Complaint), Fact(Placeholder::Authority)],
            Part::Dpo => &[Fact(Placeholder::Dpo)],
            Part::Source => &[Fact(Placeholder::Source)],
            Part::Questions => &[Fact(Placeholder::Questions)],
            Part::Unsubscribe => &[Fact(Placeholder::Unsubscribe)],
            Part::Access => &[Fact(Placeholder::Access)],
            Part::Address => &[Fact(Placeholder::Address)],
            Part::Confirm => &[Fact(Placeholder::Confirm)],
            Part::Agreed => &[Fact(Placeholder::Agreed)],
        }
    }

    /// The usual way to tell it.
    pub fn usual(self) -> Option<Name> {
        self.told_by().first().copied()
    }

    /// Whether it may be told on the condition that there is something to tell.
    fn may_be_conditional(self) -> bool {
        matches!(self, Part::Dpo | Part::Source | Part::Agreed)
    }
}

/// What a wording must tell: a script and a notice by Articles 7, 13, 14 and 21 GDPR, a message by R25 and R27.
pub fn required(kind: WordingKind, usage: Option<Usage>) -> &'static [Part] {
    match (kind, usage) {
        (WordingKind::Script, _) => &[
            Part::Controller,
            Part::Agent,
            Part::Purposes,
            Part::Retention,
            Part::RightToWithdraw,
            Part::RightToObject,
            Part::Questions,
        ],
        (WordingKind::Notice, _) => &[
            Part::Controller,
            Part::ControllerAddress,
            Part::Dpo,
            Part::Purposes,
            Part::LegalBasis,
            Part::Recipients,
            Part::Retention,
            Part::Rights,
            Part::RightToWithdraw,
            Part::RightToObject,
            Part::Authority,
            Part::Source,
        ],
        (WordingKind::Message, None) => &[Part::Controller, Part::Unsubscribe, Part::Access],
        (WordingKind::Message, Some(Usage::OptIn)) => &[
            Part::Controller,
            Part::Purposes,
            Part::Address,
            Part::Confirm,
            Part::RightToWithdraw,
            Part::Unsubscribe,
            Part::Access,
        ],
        (WordingKind::Message, Some(Usage::Confirmation | Usage::Letter)) => &[
            Part::Controller,
            Part::Agreed,
            Part::RightToWithdraw,
            Part::RightToObject,
            Part::Unsubscribe,
            Part::Access,
        ],
    }
}

/// What is wrong with a wording.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Flaw {
    #[error("{0}")]
    Text(String),
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    #[error("line {line}: `{name}` has no place in a {kind}")]
    NotHere { line: usize, name: Name, kind: WordingKind },
    #[error("line {line}: {why}")]
    Question { line: usize, why: String },
    #[error("the subject: {0}")]
    Subject(String),
    /// It is never told, or only sometimes.
    #[error("it does not tell {}{}: {{{{ {} }}}}", part.what(), if *sometimes { " in every case" } else { "" }, part.usual().map(|name| name.to_string()).unwrap_or_default())]
    Missing { part: Part, sometimes: bool },
}

/// What is wrong with a wording; nothing, where it may be used.
pub fn check(wording: &Wording) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let text = wording.text.as_str();
    let Some(kind) = wording.kind.0 else {
        return vec![Flaw::Text(format!("a wording is of a kind: {}", WordingKind::WORDS.join(", ")))];
    };
    match &wording.language {
        None => flaws.push(Flaw::Text("a wording is in a language".to_owned())),
        Some(language) => {
            flaws.extend(Tongue::of(language).err().map(|error| Flaw::Text(error.to_string())));
        }
    }
    flaws.extend(bad_text(text).map(Flaw::Text));
    flaws.extend(bad_subject(wording, kind));
    if wording.usage.0.is_some() && kind != WordingKind::Message {
        flaws.push(Flaw::Text(format!("a {kind} has no use of its own; messages have")));
    }
    if text.len() > MAX_TEXT {
        return flaws;
    }
    let nodes = match parse(text) {
        Ok(nodes) => nodes,
        Err(error) => {
            flaws.push(error.into());
            return flaws;
        }
    };
    visit(&nodes, &mut |line, name| match name {
        Name::Fact(fact) if !fact.kinds().contains(&kind) => {
            flaws.push(Flaw::NotHere { line, name, kind });
        }
        Name::Fact(_) | Name::OfPurpose(_) => {}
    });
    let asked = if kind == WordingKind::Script { questions(text, &mut flaws) } else { false };
    let told = told(&nodes);
    for part in required(kind, wording.usage.0) {
        let by = |set: &BTreeSet<Name>| part.told_by().iter().any(|name| set.contains(name));
        let here = by(&told.always)
            || part.may_be_conditional() && by(&told.where_there)
            || *part == Part::Questions && asked;
        if !here {
            flaws.push(Flaw::Missing { part: *part, sometimes: by(&told.sometimes) });
        }
    }
    flaws
}

fn bad_text(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("the text is empty".to_owned());
    }
    if text.len() > MAX_TEXT {
        return Some(format!("{} bytes are more than the {MAX_TEXT} a wording holds", text.len()));
    }
    let (line, c) = refused(text)?;
    Some(format!(
        "line {line}: the character U+{:04X} cannot be seen and could mislead; take it out",
        u32::from(c)
    ))
}

/// The first character that no wording has, with its line.
fn refused(text: &str) -> Option<(usize, char)> {
    let (at, c) = text.char_indices().find(|(_, c)| is_refused(*c))?;
    let before = text.get(..at).unwrap_or_default();
    Some((before.matches('\n').count() + 1, c))
}

/// The placeholders of a subject line: what can be read in a list of messages.
const IN_SUBJECT: &[Placeholder] = &[
    Placeholder::Controller,
    Placeholder::OnBehalfOf,
    Placeholder::Agent,
    Placeholder::Person,
    Placeholder::Purposes,
    Placeholder::Date,
];

fn bad_subject(wording: &Wording, kind: WordingKind) -> Option<Flaw> {
    let subject = wording.subject.as_str();
    let told = |why: String| Some(Flaw::Subject(why));
    match (kind, subject.trim().is_empty()) {
        (WordingKind::Message, true) => return told("a message has one".to_owned()),
        (WordingKind::Message, false) => {}
        (WordingKind::Script | WordingKind::Notice, true) => return None,
        (WordingKind::Script | WordingKind::Notice, false) => return told(format!("a {kind} has none")),
    }
    if subject.contains('\n') || refused(subject).is_some() {
        return told("it is one line, without invisible characters".to_owned());
    }
    if subject.chars().count() > MAX_SUBJECT {
        return told(format!("it has more than {MAX_SUBJECT} characters"));
    }
    let nodes = match parse(subject) {
        Ok(nodes) => nodes,
        Err(error) => return told(error.why),
    };
    let wrong = nodes.iter().find_map(|node| match node {
        Node::Text(_) => None,
        Node::Fill { name: Name::Fact(fact), .. } if IN_SUBJECT.contains(fact) => None,
        Node::Fill { name, .. } => Some(format!("`{name}` has no place in it")),
        Node::If { .. } | Node::Each { .. } => Some("it has no conditions or loops".to_owned()),
    });
    wrong.and_then(told)
}

/// Checks the headings that begin questions; whether there is one.
fn questions(text: &str, flaws: &mut Vec<Flaw>) -> bool {
    let mut seen: BTreeSet<Topic> = BTreeSet::new();
    for section in question::sections(text) {
        let before = text.get(..section.heading.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        match section.topic {
            Err(error) => flaws.push(Flaw::Question { line, why: error.to_string() }),
            Ok(topic) if seen.contains(&topic) => {
                flaws.push(Flaw::Question { line, why: format!("`{topic}` is asked a second time") });
            }
            Ok(topic) => {
                seen.insert(topic);
            }
        }
    }
    !seen.is_empty()
}

/// Goes through everything that is filled in or asked for.
fn visit(nodes: &[Node], see: &mut impl FnMut(usize, Name)) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Fill { line, name } => see(*line, *name),
            Node::If { line, name, then, otherwise, .. } => {
                see(*line, *name);
                visit(then, see);
                visit(otherwise, see);
            }
            Node::Each { body } => visit(body, see),
        }
    }
}

/// What a text tells.
#[derive(Default)]
struct Told {
    /// Whatever is filled in.
    always: BTreeSet<Name>,
    /// Wherever there is something to tell.
    where_there: BTreeSet<Name>,
    /// In some case.
    sometimes: BTreeSet<Name>,
}

fn told(nodes: &[Node]) -> Told {
    let mut all = Told::default();
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Fill { name, .. } => {
                all.always.insert(*name);
                all.where_there.insert(*name);
                all.sometimes.insert(*name);
            }
            Node::Each { body } => {
                let inner = told(body);
                all.always.extend(inner.always);
                all.where_there.extend(inner.where_there);
                all.sometimes.extend(inner.sometimes);
            }
            Node::If { name, not, then, otherwise, .. } => {
                let (then, otherwise) = (told(then), told(otherwise));
                all.always.extend(then.always.intersection(&otherwise.always));
                all.where_there.extend(then.where_there.intersection(&otherwise.where_there));
                let there = if *not { &otherwise } else { &then };
                all.where_there.extend(there.where_there.get(name));
                all.sometimes.extend(then.sometimes.union(&otherwise.sometimes));
            }
        }
    }
    all
}
