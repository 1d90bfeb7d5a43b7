//! Two contacts that are one person, made one: tried first and shown before it is done.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::{self, Call, Error, MergeReport, Response};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::env::Zone;
use crate::tui::content::{self, TextLine};
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const TRIAL: Ticket = Ticket(1);
const DEED: Ticket = Ticket(2);

/// The two, the one that stays first.
pub struct Merge {
    keep: (ContactId, String),
    other: (ContactId, String),
    report: Option<MergeReport>,
    fault: Option<Error>,
    doing: bool,
    top: usize,
}

impl Merge {
    pub fn new(keep: (ContactId, String), other: (ContactId, String)) -> Merge {
        Merge { keep, other, report: None, fault: None, doing: false, top: 0 }
    }

    fn call(&self, ticket: Ticket, dry_run: bool) -> Vec<Step> {
        let merge = api::Merge { keep: self.keep.0, other: self.other.0, dry_run };
        vec![Step::Latest(ticket, merge.into_request())]
    }

    fn lines(&self, width: usize, zone: Zone) -> Vec<TextLine> {
        let line = |tone: Tone, text: String| TextLine { item: None, spans: vec![(tone, text)] };
        let mut lines = vec![
            line(Tone::Text, format!("Stays:   {}", text::clean(&self.keep.1))),
            line(Tone::Text, format!("Goes in: {}, which is deleted then", text::clean(&self.other.1))),
            TextLine::default(),
        ];
        if let Some(error) = &self.fault {
            lines.push(line(Tone::Error, format!("! {}", text::clean(&error.message))));
            if let Some(hint) = &error.hint {
                lines.push(line(Tone::Dim, text::clean(hint).into_owned()));
            }
            return lines;
        }
        let Some(report) = &self.report else {
            lines.push(line(Tone::Dim, "trying …".to_owned()));
            return lines;
        };
        if report.changes.is_empty() {
            lines.push(line(Tone::Dim, "Nothing is taken over: the one that stays has it all.".to_owned()));
        } else {
            lines.push(line(Tone::Title, "Taken over".to_owned()));
            lines.extend(report.changes.iter().flat_map(|change| content::diff(change, width, zone)));
        }
        if !report.differing.is_empty() {
            lines.push(line(Tone::Title, "Different; what stands first stays".to_owned()));
            for change in &report.differing {
                let side = |shown: &Option<api::Shown>| {
                    shown.as_ref().map_or_else(String::new, |shown| shown.text.clone())
                };
                let (old, new) = (side(&change.old), side(&change.new));
                let said = format!(
                    "  {}: {} / {}",
                    text::clean(&change.label),
                    text::clean(&old),
                    text::clean(&new)
                );
                lines.extend(
                    text::wrap(&said, width.max(8)).into_iter().map(|part| line(Tone::Warning, part)),
                );
            }
        }
        for one in &report.refusals {
            let said =
                format!("{} {} by {}: holds from now on", one.standing.state, one.purpose, one.channel);
            lines.push(line(Tone::Warning, text::clean(&said).into_owned()));
        }
        if report.notes_moved > 0 {
            let notes = RecordKind::Note.counted(report.notes_moved);
            lines.push(line(Tone::Text, format!("{notes} move along")));
        }
        lines
    }
}

impl Layer for Merge {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.call(TRIAL, true)
    }

    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => vec![Step::Close],
            Input::Key(key) => match key.code() {
                Code::Esc | Code::Enter | Code::Char('n' | 'q') => vec![Step::Close],
                Code::Char('y') if self.report.is_some() && !self.doing => {
                    self.doing = true;
                    self.call(DEED, false)
                }
                Code::Char('x') | Code::Tab if !self.doing => {
                    std::mem::swap(&mut self.keep, &mut self.other);
                    (self.report, self.fault, self.top) = (None, None, 0);
                    self.call(TRIAL, true)
                }
                Code::Char('j') | Code::Down => {
                    let lines = self.lines(usize::from(ctx.size.width), ctx.zone).len();
                    self.top = (self.top + 1).min(lines.saturating_sub(1));
                    Vec::new()
                }
                Code::Char('k') | Code::Up => {
                    self.top = self.top.saturating_sub(1);
                    Vec::new()
                }
                _ => Vec::new(),
            },
            Input::Answer(ticket, answer) => match answer {
                Ok(Response::Merge(_)) if ticket == DEED => vec![
                    Step::Close,
                    Step::Toast(Level::Done, format!("merged into {}; u takes it back", self.keep.1)),
                    Step::Run(Intent::Unmark),
                    Step::Changed,
                ],
                Ok(Response::Merge(report)) => {
                    self.report = Some(report);
                    Vec::new()
                }
                Ok(_) => Vec::new(),
                Err(error) => {
                    self.fault = Some(error);
                    self.report = None;
                    self.doing = false;
                    Vec::new()
                }
            },
            Input::Paste(_) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {
                Vec::new()
            }
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, "Merge two contacts", theme);
        let list = Rect { height: inner.height.saturating_sub(1), ..inner };
        paint::lines(buf, list, &self.lines(usize::from(list.width), ctx.zone), self.top, None, theme);
        let y = inner.bottom().saturating_sub(1);
        let question =
            if self.doing { "merging …" } else { "Merge them?  y yes · n no · x the other way round" };
        paint::put(buf, inner.x, y, inner.width, question, theme.style(Tone::Title));
        Some(Position { x: inner.x, y })
    }

    fn place(&self, body: Rect) -> Rect {
        centred(body, 76, 22)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![
            Hint::new("y", "yes"),
            Hint::new("n", "no"),
            Hint::new("x", "other way round"),
            Hint::new("j k", "scroll"),
        ]
    }
}
