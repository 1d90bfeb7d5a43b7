//! The import as a state machine: path, columns, provenance, dry run, run, report.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::{Error, Provenance};
use crate::domain::basis::Basis;
use crate::domain::contact::ContactField;
use crate::domain::country::Country;
use crate::domain::entity::RecordKind;
use crate::interchange::{Format, Options, Target};
use crate::tui::forms::Memory;
use crate::tui::forms::line::Line;
use crate::tui::import::run::{self, Looked, Tally};
use crate::tui::import::view;
use crate::tui::layer::{Ctx, Hint, Input, Job, JobNews, Layer, Level, Step, Ticket};
use crate::tui::lock::home;
use crate::tui::lock::vault::Tray;

pub(super) const LOOK: Ticket = Ticket(1);
const TRY: Ticket = Ticket(2);
const RUN: Ticket = Ticket(3);
const SAVE: Ticket = Ticket(4);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    Path,
    Columns,
    Provenance,
    /// What would happen.
    Tried,
    /// What happened.
    Done,
}

/// Where the data comes from: asked once for the whole file (R16).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    Source,
    Supplier,
    Basis,
    Reason,
    Country,
    Tags,
}

impl Origin {
    pub(crate) const ALL: [Origin; 6] =
        [Origin::Source, Origin::Supplier, Origin::Basis, Origin::Reason, Origin::Country, Origin::Tags];

    /// The field of a contact it fills.
    pub(crate) fn field(self) -> ContactField {
        match self {
            Origin::Source => ContactField::source,
            Origin::Supplier => ContactField::supplier,
            Origin::Basis => ContactField::basis,
            Origin::Reason => ContactField::reason,
            Origin::Country => ContactField::country,
            Origin::Tags => ContactField::tags,
        }
    }
}

/// Which small window is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asking {
    Nothing,
    Target(usize),
    Basis,
    Report,
}

/// What runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Busy {
    No,
    Looking,
    Trying,
    Running { done: u64, total: u64, stopping: bool },
}

/// Takes a file in.
pub struct ImportScreen {
    pub(crate) page: Page,
    pub(crate) path: Line,
    pub(crate) offers: Vec<String>,
    pub(crate) looked: Option<Looked>,
    pub(super) options: Options,
    /// The column, the line of provenance, or the first row of the report shown.
    pub(crate) at: usize,
    pub(crate) origin: Vec<Line>,
    pub(crate) message: String,
    pub(crate) busy: Busy,
    pub(crate) tally: Option<Tally>,
    pub(super) asking: Asking,
    pub(super) looking: Tray<Looked>,
    counting: Tray<Tally>,
    pub(super) memory: Memory,
}

impl ImportScreen {
    pub fn new(ctx: &Ctx, memory: Memory) -> ImportScreen {
        let country = ctx.identity.as_ref().map_or("", |identity| identity.country.as_str());
        let origin = Origin::ALL
            .iter()
            .map(|one| match one {
                Origin::Country => Line::new(country),
                Origin::Source | Origin::Supplier | Origin::Basis | Origin::Reason | Origin::Tags => {
                    Line::default()
                }
            })
            .collect();
        ImportScreen {
            page: Page::Path,
            path: Line::default().limit(4096),
            offers: Vec::new(),
            looked: None,
            options: run::options(&ctx.schema),
            at: 0,
            origin,
            message: String::new(),
            busy: Busy::No,
            tally: None,
            asking: Asking::Nothing,
            looking: Tray::new(),
            counting: Tray::new(),
            memory,
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        home(self.path.text())
    }

    pub(crate) fn origin_text(&self, one: Origin) -> &str {
        let at = Origin::ALL.iter().position(|other| *other == one).unwrap_or(0);
        self.origin.get(at).map_or("", |line| line.text().trim())
    }

    /// Whether the rows themselves can say it, so that it need not be asked.
    pub(crate) fn in_file(&self, one: Origin) -> bool {
        let Some(looked) = &self.looked else { return false };
        match (&looked.mapping, looked.format) {
            (Some(mapping), _) => mapping
                .columns()
                .iter()
                .any(|guess| matches!(guess.target, Target::Field { field, .. } if field == one.field())),
            // Objects carry a source each, or are rejected one by one; cards never do.
            (None, Format::Json) => true,
            (None, Format::Csv | Format::VCard) => false,
        }
    }

    pub(crate) fn needed(&self, one: Origin) -> bool {
        match one {
            Origin::Source | Origin::Basis | Origin::Reason => !self.in_file(one),
            Origin::Supplier | Origin::Country | Origin::Tags => false,
        }
    }

    fn provenance(&self) -> Result<Provenance, (usize, String)> {
        for (at, one) in Origin::ALL.iter().enumerate() {
            let text = self.origin_text(*one);
            if text.is_empty() && self.needed(*one) {
                return Err((at, format!("needed: {}", one.field().spec().why)));
            }
            let wrong = match one {
                Origin::Basis if !text.is_empty() => text.parse::<Basis>().err(),
                Origin::Country if !text.is_empty() => text.parse::<Country>().err(),
                Origin::Tags => crate::domain::value::tags(text).err(),
                _ => None,
            };
            if let Some(wrong) = wrong {
                return Err((at, wrong.to_string()));
            }
        }
        let text = |one| self.origin_text(one).to_owned();
        Ok(Provenance {
            source: text(Origin::Source),
            supplier: text(Origin::Supplier),
            basis: text(Origin::Basis),
            reason: text(Origin::Reason),
            country: self
                .origin_text(Origin::Country)
                .parse::<Country>()
                .map_or_else(|_| String::new(), |country| country.code().to_owned()),
            tags: crate::domain::value::tags(self.origin_text(Origin::Tags)).unwrap_or_default(),
        })
    }

    /// The mapping as decisions about headers, for reading the file anew.
    fn decided(&self) -> Options {
        let mut options = self.options.clone();
        for guess in
            self.looked.iter().filter_map(|looked| looked.mapping.as_ref()).flat_map(|one| one.columns())
        {
            if guess.chosen && guess.target == Target::Skip {
                options.skip.push(guess.header.clone());
            } else if guess.chosen {
                options.map.push((guess.header.clone(), guess.target.to_string()));
            }
        }
        options
    }

    pub(super) fn send(&mut self, dry_run: bool) -> Vec<Step> {
        let provenance = match self.provenance() {
            Ok(provenance) => provenance,
            Err((at, wrong)) => {
                self.page = Page::Provenance;
                self.at = at;
                self.message = wrong;
                return Vec::new();
            }
        };
        let (file, options) = (self.file(), self.decided());
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let title = if dry_run { format!("Looking through {name}") } else { format!("Importing {name}") };
        self.busy = if dry_run { Busy::Trying } else { Busy::Running { done: 0, total: 0, stopping: false } };
        self.message.clear();
        let tray = self.counting.clone();
        let work = Box::new(
            move |client: Option<&crate::client::Client>, handle: &dyn crate::tui::layer::JobHandle| {
                let client = client.ok_or_else(|| Error::failed("no store is open"))?;
                let tally = run::import(client, &file, &options, &provenance, dry_run, handle)?;
                let said = format!("{} added, {} changed", tally.rows.created, tally.rows.updated);
                tray.put(tally);
                Ok(said)
            },
        );
        vec![Step::Job(if dry_run { TRY } else { RUN }, Job { title, work })]
    }

    fn child(&mut self, with: Option<String>, ctx: &Ctx) -> Vec<Step> {
        let asked = std::mem::replace(&mut self.asking, Asking::Nothing);
        let Some(text) = with else { return Vec::new() };
        match asked {
            Asking::Target(at) => {
                let mapping = self.looked.as_mut().and_then(|looked| looked.mapping.as_mut());
                if let Some(mapping) = mapping
                    && let Some(header) = mapping.columns().get(at).map(|guess| guess.header.clone())
                    && let Err(error) = mapping.apply(&header, &text)
                {
                    self.message = error.to_string();
                }
            }
            Asking::Basis => {
                if let Some(line) = self.origin.get_mut(self.at) {
                    line.set(&text);
                }
                self.at += 1;
            }
            Asking::Report => {
                let Some(tally) = &self.tally else { return Vec::new() };
                let (path, text, suffix) = (home(&text), run::report(tally), ctx.now.millis().unsigned_abs());
                let work = Box::new(
                    move |_: Option<&crate::client::Client>, _: &dyn crate::tui::layer::JobHandle| {
                        run::save(&path, &text, suffix)
                            .map(|()| format!("The report is in {}.", path.display()))
                    },
                );
                return vec![Step::Job(SAVE, Job { title: "Writing the report".to_owned(), work })];
            }
            Asking::Nothing => {}
        }
        Vec::new()
    }

    fn job(&mut self, ticket: Ticket, news: JobNews) -> Vec<Step> {
        let end = match news {
            JobNews::Progress { done, total } => {
                if let Busy::Running { stopping, .. } = self.busy {
                    self.busy = Busy::Running { done, total, stopping };
                }
                return Vec::new();
            }
            JobNews::Ended(end) => end,
        };
        if ticket == SAVE {
            return match end {
                Ok(said) => vec![Step::Toast(Level::Done, said)],
                Err(error) => vec![Step::Fail(error)],
            };
        }
        self.busy = Busy::No;
        if let Err(error) = end {
            self.message = error.message;
            return Vec::new();
        }
        self.at = 0;
        match ticket {
            LOOK => {
                self.looked = self.looking.take();
                match self.looked.as_ref().map(|looked| looked.mapping.is_some()) {
                    Some(true) => self.page = Page::Columns,
                    Some(false) => self.show_provenance(),
                    None => self.message = "The file could not be looked at.".to_owned(),
                }
                Vec::new()
            }
            _ => {
                self.tally = self.counting.take();
                let real = ticket == RUN;
                self.page = if real { Page::Done } else { Page::Tried };
                if !real {
                    return Vec::new();
                }
                for one in [Origin::Source, Origin::Supplier, Origin::Reason] {
                    let text = self.origin_text(one).to_owned();
                    if !text.is_empty() {
                        self.memory.used(RecordKind::Contact, one.field().key(), text);
                    }
                }
                vec![Step::Changed]
            }
        }
    }
}

impl Layer for ImportScreen {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => self.key(key, ctx),
            Input::Paste(pasted) if self.busy == Busy::No => {
                match self.page {
                    Page::Path => {
                        self.path.paste(&pasted);
                        self.offers.clear();
                    }
                    Page::Provenance if Origin::ALL.get(self.at) != Some(&Origin::Basis) => {
                        self.origin.get_mut(self.at).into_iter().for_each(|line| {
                            line.paste(&pasted);
                        });
                    }
                    Page::Columns | Page::Provenance | Page::Tried | Page::Done => {}
                }
                Vec::new()
            }
            Input::Cancel => match self.busy {
                Busy::No => vec![Step::Close],
                Busy::Looking => vec![Step::CancelJob(LOOK)],
                Busy::Trying => vec![Step::CancelJob(TRY)],
                Busy::Running { done, total, .. } => {
                    self.busy = Busy::Running { done, total, stopping: true };
                    vec![Step::CancelJob(RUN)]
                }
            },
            Input::Job(ticket, news) => self.job(ticket, news),
            Input::Child(with) => self.child(with, ctx),
            Input::Paste(_) | Input::Answer(..) | Input::Edited(..) | Input::Resized => Vec::new(),
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        view::draw(self, buf, area, ctx.theme)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let hint = Hint::new;
        if self.busy != Busy::No {
            return vec![hint("ctrl-c", "stop")];
        }
        match self.page {
            Page::Path => vec![hint("enter", "look at it"), hint("tab", "complete"), hint("esc", "back")],
            Page::Columns => vec![
                hint("enter", "change"),
                hint("x", "skip the column"),
                hint("n", "next"),
                hint("esc", "back"),
            ],
            Page::Provenance => {
                vec![hint("ctrl-s", "dry run"), hint("tab", "next line"), hint("esc", "back")]
            }
            Page::Tried => vec![hint("i", "import"), hint("w", "write the report"), hint("esc", "back")],
            Page::Done => vec![hint("enter", "close"), hint("w", "write the report")],
        }
    }

    fn unsaved(&self) -> bool {
        matches!(self.busy, Busy::Running { .. })
    }
}
