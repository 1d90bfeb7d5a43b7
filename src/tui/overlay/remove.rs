//! Deleting many records, or bringing them back: in one step, which is one step to undo.
//!
//! Before many are deleted it is shown what would go, and their number is to be typed; bringing back asks nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::bulk::preview;
use crate::api::{self, BulkReport, Call, Deed, Error, Response, Targets};
use crate::domain::entity::RecordKind;
use crate::env::Zone;
use crate::tui::content::TextLine;
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const TRIAL: Ticket = Ticket(1);
const DEED: Ticket = Ticket(2);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Delete,
    Restore,
}

enum Stage {
    /// Asked what would go.
    Trying,
    /// What would go is shown, and its number is to be typed.
    Preview(BulkReport),
    Doing,
    Failed(Error),
}

/// What is to become of many records.
pub struct Remove {
    verb: Verb,
    kind: RecordKind,
    targets: Targets,
    /// How many there seem to be.
    count: u64,
    stage: Stage,
    typed: Line,
    wrong: bool,
    top: usize,
}

impl Remove {
    pub fn delete(kind: RecordKind, targets: Targets, count: u64) -> Remove {
        Remove::new(Verb::Delete, kind, targets, count)
    }

    pub fn restore(kind: RecordKind, targets: Targets, count: u64) -> Remove {
        Remove::new(Verb::Restore, kind, targets, count)
    }

    fn new(verb: Verb, kind: RecordKind, targets: Targets, count: u64) -> Remove {
        let (stage, typed) = (Stage::Trying, Line::default());
        Remove { verb, kind, targets, count, stage, typed, wrong: false, top: 0 }
    }

    fn call(&self, ticket: Ticket, expect: Option<u64>) -> Vec<Step> {
        let deed = match self.verb {
            Verb::Delete => Deed::Delete,
            Verb::Restore => Deed::Restore,
        };
        let dry_run = ticket == TRIAL;
        let bulk = api::Bulk { kind: self.kind, targets: self.targets.clone(), deed, dry_run, expect };
        vec![Step::Call(ticket, bulk.into_request())]
    }

    fn done(&self, report: &BulkReport) -> Vec<Step> {
        let (done, back) = match self.verb {
            Verb::Delete => ("deleted", "u brings them back"),
            Verb::Restore => ("restored", "u takes that back"),
        };
        let text = match report.changed {
            0 => format!("no {} {done}", self.kind),
            changed => format!("{} {done}; {back}", self.kind.counted(changed)),
        };
        let mut steps = vec![Step::Close, Step::Toast(Level::Done, text)];
        if let Some((_, why)) = report.refused.first() {
            steps.push(Step::Toast(Level::Warning, format!("{} refused: {why}", report.refused.len())));
        }
        steps.extend([Step::Run(Intent::Unmark), Step::Changed]);
        steps
    }

    /// What is shown above the number, in lines.
    fn lines(&self, report: &BulkReport, width: u16, zone: Zone) -> Vec<TextLine> {
        let mut lines = preview(report, usize::from(width), zone);
        let why = "They leave all lists. `is:deleted` finds them, and they can be restored.";
        let wrapped = text::wrap(why, usize::from(width.max(1)));
        let explained =
            wrapped.into_iter().map(|line| TextLine { item: None, spans: vec![(Tone::Text, line)] });
        lines.splice(1..1, explained);
        lines
    }

    fn preview_key(&mut self, key: crate::tui::keys::Key, changed: u64) -> Vec<Step> {
        match key.code() {
            Code::Esc => return vec![Step::Close],
            Code::Down => self.top += 1,
            Code::Up => self.top = self.top.saturating_sub(1),
            Code::Enter if changed == 0 => return vec![Step::Close],
            Code::Enter if self.typed.text().trim() == changed.to_string() => {
                self.stage = Stage::Doing;
                return self.call(DEED, Some(changed));
            }
            Code::Enter => self.wrong = true,
            _ => {
                if key.typed().is_none_or(|c| c.is_ascii_digit()) {
                    self.typed.key(key);
                    self.wrong = false;
                }
            }
        }
        Vec::new()
    }
}

impl Layer for Remove {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        match self.verb {
            Verb::Delete => self.call(TRIAL, None),
            Verb::Restore => {
                self.stage = Stage::Doing;
                self.call(DEED, None)
            }
        }
    }

    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => vec![Step::Close],
            Input::Key(key) => match &self.stage {
                Stage::Preview(report) => {
                    let lines = self.lines(report, ctx.size.width, ctx.zone).len();
                    let steps = self.preview_key(key, report.changed);
                    self.top = self.top.min(lines.saturating_sub(1));
                    steps
                }
                Stage::Trying | Stage::Failed(_) if matches!(key.code(), Code::Esc | Code::Enter) => {
                    vec![Step::Close]
                }
                // What was sent is being done; its outcome is waited for.
                Stage::Trying | Stage::Failed(_) | Stage::Doing => Vec::new(),
            },
            Input::Answer(ticket, answer) => match answer {
                Ok(Response::Bulk(report)) if ticket == DEED => self.done(&report),
                Ok(Response::Bulk(mut report)) => {
                    // Of each it is the same that changes, so the names alone are shown.
                    report.samples.iter_mut().for_each(|(_, changes)| changes.clear());
                    self.stage = Stage::Preview(report);
                    Vec::new()
                }
                Ok(_) => Vec::new(),
                Err(error) => {
                    self.stage = Stage::Failed(error);
                    Vec::new()
                }
            },
            // A paste never agrees to anything.
            Input::Paste(_) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {
                Vec::new()
            }
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let name = self.kind.counted(self.count);
        let title = match self.verb {
            Verb::Delete => format!("Delete {name}?"),
            Verb::Restore => format!("Restore {name}"),
        };
        let inner = paint::panel(buf, area, &title, theme);
        let put = |buf: &mut Buffer, y: u16, tone: Tone, text: &str| {
            if (inner.y..inner.bottom()).contains(&y) {
                paint::put(buf, inner.x, y, inner.width, text, theme.style(tone));
            }
        };
        match &self.stage {
            Stage::Trying => put(buf, inner.y, Tone::Dim, "looking …"),
            Stage::Doing => {
                let doing = match self.verb {
                    Verb::Delete => "deleting …",
                    Verb::Restore => "restoring …",
                };
                put(buf, inner.y, Tone::Dim, doing);
            }
            Stage::Failed(error) => {
                let said = format!("{}{}", theme.mark(Tone::Error), text::clean(&error.message));
                let said = text::wrap(&said, usize::from(inner.width.max(1)));
                let hint = error.hint.as_deref().map(|hint| (hint, Tone::Dim));
                let lines = said.iter().map(|line| (line.as_str(), Tone::Error)).chain(hint);
                for (y, (line, tone)) in (inner.y..inner.bottom()).zip(lines) {
                    put(buf, y, tone, line);
                }
            }
            Stage::Preview(report) => {
                let list = Rect { height: inner.height.saturating_sub(2), ..inner };
                paint::lines(buf, list, &self.lines(report, inner.width, ctx.zone), self.top, None, theme);
                let y = inner.bottom().saturating_sub(1);
                if report.changed == 0 {
                    put(buf, y, Tone::Title, "There is nothing to delete.");
                    return None;
                }
                if self.wrong {
                    let said = format!("{}that is not the number", theme.mark(Tone::Error));
                    put(buf, y.saturating_sub(1), Tone::Error, &said);
                } else {
                    let ask = format!("Type {} to delete them.", report.changed);
                    put(buf, y.saturating_sub(1), Tone::Title, &ask);
                }
                return paint::field(buf, Rect { y, height: 1, ..inner }, "> ", &self.typed, theme);
            }
        }
        None
    }

    fn place(&self, body: Rect) -> Rect {
        match &self.stage {
            Stage::Preview(_) => centred(body, 76, 20),
            Stage::Trying | Stage::Doing | Stage::Failed(_) => centred(body, 60, 6),
        }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        match &self.stage {
            Stage::Preview(report) if report.changed > 0 => {
                vec![Hint::new("enter", "delete"), Hint::new("↑ ↓", "scroll"), Hint::new("esc", "no")]
            }
            Stage::Preview(_) | Stage::Trying | Stage::Failed(_) => vec![Hint::new("esc", "close")],
            Stage::Doing => Vec::new(),
        }
    }

    fn unsaved(&self) -> bool {
        false
    }
}
