//! After a call: what came of it, a note, what is to be done next. Then one request records all of it.

use super::under::Under;
use super::when;
use crate::domain::answers::{CallAnswers, FollowUp};
use crate::domain::call::{Answered, CallOutcome};
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
}

impl Row {
    pub const ALL: [Row; 4] = [Row::Outcome, Row::Note, Row::FollowUp, Row::Due];

    pub fn label(self) -> &'static str {
        match self {
            Row::Outcome => "Outcome",
            Row::Note => "Note",
            Row::FollowUp => "Follow-up",
            Row::Due => "When",
        }
    }
}

/// What is filled in when a call is over.
pub struct After {
    pub at: usize,
    outcomes: Vec<CallOutcome>,
    chosen: usize,
    pub note: Line,
    pub follow: Line,
    pub due: Line,
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
            Row::Outcome => None,
            Row::Note => Some(&mut self.note),
            Row::FollowUp => Some(&mut self.follow),
            Row::Due => Some(&mut self.due),
        }
    }

    /// Takes a key that neither records nor leaves.
    pub fn key(&mut self, key: Key) {
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
            _ => {
                if let Some(line) = self.line() {
                    line.key(key);
                }
            }
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
                        self.at = Row::ALL.len() - 1;
                        return None;
                    }
                },
            };
            let text = if text.is_empty() { "Follow up" } else { text };
            said.follow_up = Some(FollowUp { text: text.to_owned(), kind: None, due });
        }
        Some(said)
    }
}
