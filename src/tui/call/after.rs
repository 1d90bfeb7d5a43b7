//! After a call: what came of it, a note, what is to be done next. Then one request records all of it.

use super::under::Under;
use super::when;
use crate::api::CallMessage;
use crate::domain::answers::{CallAnswers, Confirmation, FollowUp};
use crate::domain::call::{Answered, CallOutcome};
use crate::domain::wording::Usage;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::Ctx;
use crate::tui::line::Line;

/// A line of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Row {
    Outcome,
    Note,
    FollowUp,
    Due,
    Confirm,
}

impl Row {
    pub const ALL: [Row; 5] = [Row::Outcome, Row::Note, Row::FollowUp, Row::Due, Row::Confirm];

    pub fn label(self) -> &'static str {
        match self {
            Row::Outcome => "Outcome",
            Row::Note => "Note",
            Row::FollowUp => "Follow-up",
            Row::Due => "When",
            Row::Confirm => "In writing",
        }
    }
}

/// What the person gets in writing. Nothing, unless somebody chooses it; and nothing that was not on the screen.
pub enum Written {
    Nothing,
    Asked(Usage),
    Shown(Usage, CallMessage),
}

impl Written {
    pub fn words(&self) -> &'static str {
        match self {
            Written::Nothing => "nothing",
            Written::Asked(usage) | Written::Shown(usage, _) => usage_word(*usage),
        }
    }
}

fn usage_word(usage: Usage) -> &'static str {
    match usage {
        Usage::Letter => "a letter",
        Usage::Confirmation | Usage::OptIn => "an e-mail",
    }
}

/// What is filled in when a call is over.
pub struct After {
    pub at: usize,
    pub outcomes: Vec<CallOutcome>,
    pub chosen: usize,
    pub note: Line,
    pub follow: Line,
    pub due: Line,
    pub written: Written,
    /// Lines of the message above what is seen of it.
    pub scroll: usize,
    /// It was sent, and is not answered.
    pub sent: bool,
    pub fault: Option<String>,
}

/// What came of a call, as people say it.
pub fn outcome_words(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Reached => "reached",
        CallOutcome::NotReached => "not reached",
        CallOutcome::WrongNumber => "wrong number: it is not dialled any more",
        CallOutcome::CallBack => "to be called back",
        CallOutcome::Objected => "objected: no more marketing",
        CallOutcome::HungUp => "ended in the middle",
    }
}

impl After {
    pub fn new(under: &Under) -> After {
        let said = &under.said;
        let outcomes = match (said.outcome, said.answered_by, said.answered_at) {
            (Some(CallOutcome::HungUp), ..) => vec![CallOutcome::HungUp, CallOutcome::Reached],
            (Some(outcome), ..) => vec![outcome],
            (None, Answered::Person, Some(_)) => vec![CallOutcome::Reached, CallOutcome::HungUp],
            (None, ..) => vec![CallOutcome::NotReached],
        };
        After {
            at: 1,
            outcomes,
            chosen: 0,
            note: Line::new(&said.note),
            follow: Line::default(),
            due: Line::default(),
            written: Written::Nothing,
            scroll: 0,
            sent: false,
            fault: None,
        }
    }

    pub fn row(&self) -> Row {
        Row::ALL.get(self.at).copied().unwrap_or(Row::Note)
    }

    pub fn outcome(&self) -> CallOutcome {
        self.outcomes.get(self.chosen).copied().unwrap_or(CallOutcome::NotReached)
    }

    pub fn has_choice(&self) -> bool {
        self.outcomes.len() > 1
    }

    pub fn line(&mut self) -> Option<&mut Line> {
        match self.row() {
            Row::Outcome | Row::Confirm => None,
            Row::Note => Some(&mut self.note),
            Row::FollowUp => Some(&mut self.follow),
            Row::Due => Some(&mut self.due),
        }
    }

    /// Takes a key that neither records nor leaves; says which message is wanted, if one is.
    pub fn key(&mut self, key: Key) -> Option<Usage> {
        self.fault = None;
        let last = Row::ALL.len() - 1;
        match key.code() {
            Code::Tab if key.mods().shift => self.at = self.at.checked_sub(1).unwrap_or(last),
            Code::Tab => self.at = if self.at >= last { 0 } else { self.at + 1 },
            Code::Down | Code::Enter => self.at = (self.at + 1).min(last),
            Code::Up => self.at = self.at.saturating_sub(1),
            Code::Left | Code::Right | Code::Char(' ') if self.row() == Row::Outcome => {
                self.chosen = (self.chosen + 1) % self.outcomes.len().max(1);
            }
            Code::PgDn => self.scroll = self.scroll.saturating_add(5),
            Code::PgUp => self.scroll = self.scroll.saturating_sub(5),
            Code::Left | Code::Right | Code::Char(' ') if self.row() == Row::Confirm => {
                let next = match self.written {
                    Written::Nothing => Some(Usage::Confirmation),
                    Written::Asked(Usage::Confirmation) | Written::Shown(Usage::Confirmation, _) => {
                        Some(Usage::Letter)
                    }
                    Written::Asked(_) | Written::Shown(..) => None,
                };
                self.scroll = 0;
                self.written = next.map_or(Written::Nothing, Written::Asked);
                return next;
            }
            _ => {
                if let Some(line) = self.line() {
                    line.key(key);
                }
            }
        }
        None
    }

    /// The message that was asked for. One that came too late is not wanted any more.
    pub fn show(&mut self, message: CallMessage) {
        if let Written::Asked(usage) = self.written {
            self.written = Written::Shown(usage, message);
        }
    }

    /// The call with what was filled in; or what is wrong, the cursor on it.
    pub fn fill(&mut self, under: &Under, ctx: &Ctx) -> Option<CallAnswers> {
        let mut said = under.told();
        said.outcome = Some(self.outcome());
        self.note.text().trim().clone_into(&mut said.note);
        let (text, due) = (self.follow.text().trim(), self.due.text().trim());
        if !text.is_empty() || !due.is_empty() {
            let due = match due {
                "" => None,
                due => match when::ahead(due, ctx.now, ctx.zone) {
                    Ok(at) => Some(at),
                    Err(why) => {
                        self.fault = Some(why);
                        self.at = Row::ALL.iter().position(|row| *row == Row::Due).unwrap_or(0);
                        return None;
                    }
                },
            };
            let text = if text.is_empty() { "Follow up" } else { text };
            said.follow_up = Some(FollowUp { text: text.to_owned(), kind: None, due });
        }
        said.confirmation = match &self.written {
            Written::Nothing => None,
            Written::Asked(_) => {
                self.fault =
                    Some("the message is not here yet, and nothing is kept that was not seen".to_owned());
                return None;
            }
            Written::Shown(usage, message) => {
                let subject = if message.subject.is_empty() {
                    String::new()
                } else {
                    format!("{}\n\n", message.subject)
                };
                let text = format!("{subject}{}", message.text);
                Some(Confirmation { text, by: format!("{} to {}", usage_word(*usage), message.to) })
            }
        };
        Some(said)
    }
}
