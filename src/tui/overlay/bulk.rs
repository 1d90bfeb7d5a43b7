//! Tags and owners: typed with completion; where it concerns many records, tried first and shown before it is done.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cut;
use crate::api::{self, BulkReport, Call, Completion, Error, Response, Targets};
use crate::domain::edit::{FieldEdit, Input as FieldInput};
use crate::domain::entity::RecordKind;
use crate::env::Zone;
use crate::tui::content;
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const OFFERS: Ticket = Ticket(1);
const TRIAL: Ticket = Ticket(2);
const DEED: Ticket = Ticket(3);
/// Most completions shown.
const MOST: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Tags,
    Owner,
}

enum Stage {
    Typing,
    /// Asked what would change.
    Trying,
    Preview(BulkReport),
    Doing,
}

/// The same edit of the marks, or of the row.
pub struct Bulk {
    verb: Verb,
    kind: RecordKind,
    targets: Targets,
    count: u64,
    name: String,
    line: Line,
    offers: Vec<Completion>,
    chosen: Option<usize>,
    stage: Stage,
    fault: Option<Error>,
    top: usize,
}

impl Bulk {
    /// Adds tags, or takes those with `-` away.
    pub fn tags(kind: RecordKind, targets: Targets, count: u64, name: String) -> Bulk {
        Bulk::new(Verb::Tags, kind, targets, count, name)
    }

    pub fn owner(kind: RecordKind, targets: Targets, count: u64, name: String) -> Bulk {
        Bulk::new(Verb::Owner, kind, targets, count, name)
    }

    fn new(verb: Verb, kind: RecordKind, targets: Targets, count: u64, name: String) -> Bulk {
        Bulk {
            verb,
            kind,
            targets,
            count,
            name,
            line: Line::default(),
            offers: Vec::new(),
            chosen: None,
            stage: Stage::Typing,
            fault: None,
            top: 0,
        }
    }

    fn field(&self) -> &'static str {
        match self.verb {
            Verb::Tags => "tags",
            Verb::Owner => "owner",
        }
    }

    /// The word at the caret and where it begins, without the `-` of a tag that is to go.
    fn word(&self) -> (usize, &str) {
        let before = self.line.before();
        let start = match self.verb {
            Verb::Tags => before.rfind([' ', ',']).map_or(0, |at| at + 1),
            Verb::Owner => 0,
        };
        let start =
            if before.get(start..).is_some_and(|word| word.starts_with('-')) { start + 1 } else { start };
        (start, before.get(start..).unwrap_or_default())
    }

    fn complete(&mut self) -> Vec<Step> {
        self.chosen = None;
        let request = api::Complete {
            kind: self.kind,
            field: self.field().to_owned(),
            prefix: self.word().1.to_owned(),
            limit: MOST as u64,
        };
        vec![Step::Latest(OFFERS, request.into_request())]
    }

    fn accept(&mut self) -> bool {
        let Some(text) =
            self.chosen.take().and_then(|at| self.offers.get(at)).map(|offer| offer.text.clone())
        else {
            return false;
        };
        let (start, word) = self.word();
        let end = start + word.len();
        let text = if self.verb == Verb::Tags { format!("{text} ") } else { text };
        self.line.replace(start..end, &text);
        self.offers.clear();
        true
    }

    /// What is typed, as edits; `None` when it says nothing.
    fn edits(&self) -> Option<Vec<FieldEdit>> {
        let text = self.line.text().trim();
        if text.is_empty() {
            return None;
        }
        let edit = |input| FieldEdit { field: self.field().to_owned(), input };
        match self.verb {
            Verb::Owner if text == "none" || text == "-" => Some(vec![edit(FieldInput::Clear)]),
            Verb::Owner => Some(vec![edit(FieldInput::Text(text.to_owned()))]),
            Verb::Tags => {
                let words = || text.split([' ', ',']).filter(|word| !word.is_empty());
                let add: Vec<String> =
                    words().filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
                let gone: Vec<String> = words()
                    .filter_map(|word| word.strip_prefix('-'))
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect();
                let mut edits = Vec::new();
                if !add.is_empty() {
                    edits.push(edit(FieldInput::AddTags(add)));
                }
                if !gone.is_empty() {
                    edits.push(edit(FieldInput::RemoveTags(gone)));
                }
                (!edits.is_empty()).then_some(edits)
            }
        }
    }

    fn call(&self, ticket: Ticket, dry_run: bool) -> Vec<Step> {
        let Some(fields) = self.edits() else { return Vec::new() };
        // What was agreed to is done, or nothing.
        let expect = match &self.stage {
            Stage::Preview(report) => Some(report.changed),
            Stage::Typing | Stage::Trying | Stage::Doing => None,
        };
        let (targets, deed) = (self.targets.clone(), api::Deed::Edit(fields));
        let bulk = api::Bulk { kind: self.kind, targets, deed, dry_run, expect };
        vec![Step::Call(ticket, bulk.into_request())]
    }

    fn submit(&mut self) -> Vec<Step> {
        self.fault = None;
        match self.edits() {
            None => return Vec::new(),
            // Each edit of a request starts from the record as it was, so the second would undo the first.
            Some(edits) if edits.len() > 1 => {
                let error = Error::usage("tags are added or taken away, one after the other");
                self.fault = Some(error.hint("first the words with -, then the others"));
                return Vec::new();
            }
            Some(_) => {}
        }
        // One record needs no rehearsal: what it does is seen at once, and `u` takes it back.
        if self.count <= 1 {
            self.stage = Stage::Doing;
            return self.call(DEED, false);
        }
        self.stage = Stage::Trying;
        self.call(TRIAL, true)
    }

    fn done(&self, report: &BulkReport) -> Vec<Step> {
        let what = match self.verb {
            Verb::Tags => format!("tags of {}", self.line.text().trim()),
            Verb::Owner => format!("owner {}", self.line.text().trim()),
        };
        let text = if self.count <= 1 && report.changed > 0 {
            format!("{}: {what}; u takes it back", self.name)
        } else {
            format!(
                "{}: {} changed, {} were so already; u takes it back",
                what, report.changed, report.unchanged
            )
        };
        let text = if report.changed == 0 { format!("{}: nothing to change", self.name) } else { text };
        let mut steps = vec![Step::Close, Step::Toast(Level::Done, text)];
        if let Some((_, why)) = report.refused.first() {
            steps.push(Step::Toast(Level::Warning, format!("{} refused: {why}", report.refused.len())));
        }
        if self.count > 1 {
            steps.push(Step::Run(Intent::Unmark));
        }
        steps.push(Step::Changed);
        steps
    }

    fn title(&self) -> String {
        match self.verb {
            Verb::Tags => format!("Tags of {}", self.name),
            Verb::Owner => format!("Owner of {}", self.name),
        }
    }

    fn typing_key(&mut self, key: crate::tui::keys::Key) -> Vec<Step> {
        match key.code() {
            Code::Esc if self.chosen.is_some() => self.chosen = None,
            Code::Esc => return vec![Step::Close],
            Code::Down => {
                let last = self.offers.len().saturating_sub(1);
                self.chosen =
                    Some(self.chosen.map_or(0, |at| (at + 1).min(last))).filter(|_| !self.offers.is_empty());
            }
            Code::Up => self.chosen = self.chosen.and_then(|at| at.checked_sub(1)),
            Code::Tab => {
                if self.chosen.is_none() && !self.offers.is_empty() {
                    self.chosen = Some(0);
                }
                if self.accept() {
                    return self.complete();
                }
            }
            Code::Enter if self.chosen.is_some() => {
                self.accept();
                return self.complete();
            }
            Code::Enter => return self.submit(),
            _ => {
                if self.line.key(key) {
                    self.fault = None;
                    return self.complete();
                }
            }
        }
        Vec::new()
    }
}

impl Layer for Bulk {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.complete()
    }

    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => vec![Step::Close],
            Input::Paste(text) if matches!(self.stage, Stage::Typing) => {
                let mut steps = cut(self.line.paste(text.trim()));
                steps.extend(self.complete());
                steps
            }
            Input::Key(key) => match &self.stage {
                Stage::Typing => self.typing_key(key),
                // What was sent is being done; leaving does not stop it.
                Stage::Trying | Stage::Doing if key.code() == Code::Esc => vec![Step::Close],
                Stage::Trying | Stage::Doing => Vec::new(),
                Stage::Preview(report) => {
                    let lines = preview(report, usize::from(ctx.size.width), ctx.zone).len();
                    match key.code() {
                        Code::Char('y') if report.changed > 0 => {
                            let steps = self.call(DEED, false);
                            self.stage = Stage::Doing;
                            return steps;
                        }
                        Code::Down | Code::Char('j') => {
                            self.top = (self.top + 1).min(lines.saturating_sub(1))
                        }
                        Code::Up | Code::Char('k') => self.top = self.top.saturating_sub(1),
                        // No is what Enter means.
                        Code::Esc | Code::Enter | Code::Char('n') => self.stage = Stage::Typing,
                        Code::Char('q') => return vec![Step::Close],
                        _ => {}
                    }
                    Vec::new()
                }
            },
            Input::Answer(OFFERS, answer) => {
                if let Ok(Response::Complete(offers)) = answer {
                    self.offers = offers;
                }
                Vec::new()
            }
            Input::Answer(ticket, answer) => {
                let report = match answer {
                    Ok(Response::Bulk(report)) => report,
                    Ok(_) => BulkReport::default(),
                    Err(error) => {
                        self.fault = Some(error);
                        self.stage = Stage::Typing;
                        return Vec::new();
                    }
                };
                if ticket == DEED {
                    return self.done(&report);
                }
                self.top = 0;
                self.stage = Stage::Preview(report);
                Vec::new()
            }
            Input::Paste(_) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {
                Vec::new()
            }
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, &self.title(), theme);
        let prefix = match self.verb {
            Verb::Tags => "tags: ",
            Verb::Owner => "owner: ",
        };
        let caret = paint::field(buf, Rect { height: 1, ..inner }, prefix, &self.line, theme);
        let rest = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let say = |buf: &mut Buffer, tone: Tone, text: &str| {
            paint::put(buf, rest.x, rest.y, rest.width, text, theme.style(tone));
        };
        match &self.stage {
            Stage::Trying => say(buf, Tone::Dim, "trying …"),
            Stage::Doing => say(buf, Tone::Dim, "changing …"),
            Stage::Preview(report) => {
                let lines = preview(report, usize::from(rest.width), ctx.zone);
                let list = Rect { height: rest.height.saturating_sub(1), ..rest };
                paint::lines(buf, list, &lines, self.top, None, theme);
                let y = rest.bottom().saturating_sub(1);
                let question = if report.changed == 0 {
                    "There is nothing to change.".to_owned()
                } else {
                    format!("Change {}?  y yes · n no", self.kind.counted(report.changed))
                };
                paint::put(buf, rest.x, y, rest.width, &question, theme.style(Tone::Title));
                return Some(Position { x: rest.x, y });
            }
            Stage::Typing => {
                if let Some(fault) = &self.fault {
                    say(buf, Tone::Error, &format!("{}{}", theme.mark(Tone::Error), fault.message));
                    if let Some(hint) = &fault.hint {
                        paint::put(buf, rest.x, rest.y + 1, rest.width, hint, theme.style(Tone::Dim));
                    }
                    return caret;
                }
                let hint = match self.verb {
                    Verb::Tags => "words to add; -word takes one away",
                    Verb::Owner => "a user's name; none for nobody",
                };
                say(buf, Tone::Dim, hint);
                for (n, offer) in
                    self.offers.iter().enumerate().take(usize::from(rest.height.saturating_sub(1)))
                {
                    let y = rest.y + 1 + u16::try_from(n).unwrap_or(0);
                    let tone = if self.chosen == Some(n) { Tone::Selection } else { Tone::Text };
                    let count = if offer.count > 0 { format!("  {}", offer.count) } else { String::new() };
                    let shown = format!("{}{count}", text::truncate(&text::clean(&offer.text), 40));
                    paint::row(buf, Rect { y, height: 1, ..rest }, &shown, theme.style(tone));
                }
            }
        }
        caret
    }

    fn place(&self, body: Rect) -> Rect {
        match &self.stage {
            Stage::Preview(_) => centred(body, 76, 20),
            Stage::Typing | Stage::Trying | Stage::Doing => centred(body, 60, 10),
        }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        match self.stage {
            Stage::Typing => {
                vec![Hint::new("enter", "go on"), Hint::new("tab", "complete"), Hint::new("esc", "close")]
            }
            Stage::Trying | Stage::Doing => vec![Hint::new("esc", "close")],
            Stage::Preview(_) => {
                vec![Hint::new("y", "yes"), Hint::new("n", "no"), Hint::new("j k", "scroll")]
            }
        }
    }

    fn unsaved(&self) -> bool {
        false
    }
}

/// What a trial says.
pub(super) fn preview(report: &BulkReport, width: usize, zone: Zone) -> Vec<content::TextLine> {
    let mut lines = vec![content::TextLine {
        item: None,
        spans: vec![(
            Tone::Title,
            format!(
                "{} found: {} would change, {} are so already",
                report.matched, report.changed, report.unchanged
            ),
        )],
    }];
    if let Some((_, why)) = report.refused.first() {
        lines.push(content::TextLine {
            item: None,
            spans: vec![(Tone::Warning, format!("* {} refused: {}", report.refused.len(), text::clean(why)))],
        });
    }
    for (title, changes) in &report.samples {
        lines.push(content::TextLine {
            item: None,
            spans: vec![(Tone::Text, text::clean(title).into_owned())],
        });
        lines.extend(changes.iter().flat_map(|change| content::diff(change, width, zone)));
    }
    let shown = report.samples.len() as u64;
    if report.changed > shown {
        lines.push(content::TextLine {
            item: None,
            spans: vec![(Tone::Dim, format!("… and {} more", report.changed - shown))],
        });
    }
    lines
}
