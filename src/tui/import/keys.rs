//! What the keys do on each page of the import.

use super::layer::{Asking, Busy, ImportScreen, LOOK, Origin, Page};
use crate::domain::basis::Basis;
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::tui::forms::pick::{Choice, Picker};
use crate::tui::forms::widgets::Prompt;
use crate::tui::import::{path, run};
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::layer::{Ctx, Step};

impl ImportScreen {
    pub(super) fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        if self.busy != Busy::No {
            return Vec::new();
        }
        if key.code() == Code::Esc {
            return self.back();
        }
        match self.page {
            Page::Path => self.path_key(key),
            Page::Columns => self.column_key(key),
            Page::Provenance => self.origin_key(key, ctx),
            Page::Tried | Page::Done => self.report_key(key),
        }
    }

    fn back(&mut self) -> Vec<Step> {
        self.message.clear();
        self.at = 0;
        let table = self.looked.as_ref().is_some_and(|looked| looked.mapping.is_some());
        self.page = match self.page {
            Page::Path if !self.offers.is_empty() => {
                self.offers.clear();
                Page::Path
            }
            Page::Path | Page::Done => return vec![Step::Close],
            Page::Columns => Page::Path,
            Page::Provenance if table => Page::Columns,
            Page::Provenance => Page::Path,
            Page::Tried => Page::Provenance,
        };
        Vec::new()
    }

    fn path_key(&mut self, key: Key) -> Vec<Step> {
        self.message.clear();
        match key.code() {
            Code::Tab => {
                self.offers = path::complete(self.path.text());
                if let Some(more) = path::common(&self.offers, self.path.text()) {
                    self.path.set(&more);
                    self.offers = path::complete(&more);
                }
                if self.offers.len() == 1 && !self.path.text().ends_with('/') {
                    self.offers.clear();
                }
            }
            Code::Enter if !self.path.text().trim().is_empty() => {
                self.offers.clear();
                self.busy = Busy::Looking;
                let (file, options) = (self.file(), self.options.clone());
                return vec![Step::Job(
                    LOOK,
                    self.looking.job("Looking at the file", move |_| run::look(&file, &options)),
                )];
            }
            _ => {
                self.path.key(key);
                self.offers.clear();
            }
        }
        Vec::new()
    }

    fn column_key(&mut self, key: Key) -> Vec<Step> {
        self.message.clear();
        let Some(mapping) = self.looked.as_mut().and_then(|looked| looked.mapping.as_mut()) else {
            return Vec::new();
        };
        let last = mapping.columns().len().saturating_sub(1);
        let header = mapping.columns().get(self.at).map(|guess| guess.header.clone()).unwrap_or_default();
        match key.code() {
            Code::Up | Code::Char('k') => self.at = self.at.saturating_sub(1),
            Code::Down | Code::Char('j') => self.at = (self.at + 1).min(last),
            Code::PgUp => self.at = self.at.saturating_sub(10),
            Code::PgDn => self.at = (self.at + 10).min(last),
            Code::Home | Code::Char('g') => self.at = 0,
            Code::End | Code::Char('G') => self.at = last,
            Code::Char('x' | '-') | Code::Delete => {
                if let Err(error) = mapping.skip(&header) {
                    self.message = error.to_string();
                }
                self.at = (self.at + 1).min(last);
            }
            Code::Enter | Code::Char('e') => {
                if let Some(found) = mapping.columns().get(self.at).and_then(|guess| guess.forbidden) {
                    self.message =
                        format!("{}: {}. x skips the column.", found.kind.replace('_', " "), found.why);
                    return Vec::new();
                }
                let choices = mapping
                    .choices()
                    .into_iter()
                    .map(|word| {
                        let label = ContactField::ALL.iter().find(|field| field.spec().name == word);
                        Choice::new(word.clone(), word.clone(), label.map_or("", |field| field.spec().label))
                    })
                    .collect();
                let now =
                    mapping.columns().get(self.at).map(|guess| guess.target.to_string()).unwrap_or_default();
                let word = now.split(':').next().unwrap_or_default().to_owned();
                self.asking = Asking::Target(self.at);
                return vec![Step::Open(Box::new(Picker::new(header, choices).at(&word)))];
            }
            Code::Tab | Code::Char('n') => {
                let forbidden = mapping.forbidden().first().map(|guess| (guess.column, guess.header.clone()));
                match forbidden {
                    Some((at, header)) => {
                        self.at = at;
                        self.message =
                            format!("`{header}` is not to be held; x skips it. Nothing of it is read.");
                    }
                    None => self.show_provenance(),
                }
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn show_provenance(&mut self) {
        self.page = Page::Provenance;
        self.at = 0;
    }

    fn origin_key(&mut self, key: Key, _ctx: &Ctx) -> Vec<Step> {
        let last = Origin::ALL.len() - 1;
        if key == Key::ctrl('s') {
            return self.send(true);
        }
        self.message.clear();
        let one = Origin::ALL.get(self.at).copied().unwrap_or(Origin::Source);
        match key.code() {
            Code::Tab if key.mods() == Mods::SHIFT => self.at = self.at.saturating_sub(1),
            Code::Up => self.at = self.at.saturating_sub(1),
            Code::Down if one != Origin::Basis && self.origin_text(one).is_empty() => {
                // What was said for the last file of this session, where it is not a legal basis (R3).
                match self.memory.last(RecordKind::Contact, one.field().key()) {
                    Some(last) => self.origin.get_mut(self.at).into_iter().for_each(|line| line.set(&last)),
                    None => self.at = (self.at + 1).min(last),
                }
            }
            Code::Tab | Code::Down => self.at = (self.at + 1).min(last),
            _ if one == Origin::Basis && (key.code() == Code::Enter || key.typed().is_some()) => {
                let choices =
                    Basis::ALL.iter().map(|basis| Choice::new(basis.word(), basis.label(), "")).collect();
                let mut picker = Picker::new("Legal basis", choices).without_default();
                if let Some(c) = key.typed().filter(|c| !c.is_whitespace()) {
                    picker = picker.typed(&c.to_string());
                }
                self.asking = Asking::Basis;
                return vec![Step::Open(Box::new(picker))];
            }
            Code::Enter if self.at == last => return self.send(true),
            Code::Enter => self.at += 1,
            _ => {
                if let Some(line) = self.origin.get_mut(self.at) {
                    line.key(key);
                }
            }
        }
        Vec::new()
    }

    fn report_key(&mut self, key: Key) -> Vec<Step> {
        self.message.clear();
        let rows = self.tally.as_ref().map_or(0, |tally| tally.rows.rejected.len() + tally.dropped.len());
        match key.code() {
            Code::Up | Code::Char('k') => self.at = self.at.saturating_sub(1),
            Code::Down | Code::Char('j') => self.at = (self.at + 1).min(rows.saturating_sub(1)),
            Code::PgUp => self.at = self.at.saturating_sub(10),
            Code::PgDn => self.at = (self.at + 10).min(rows.saturating_sub(1)),
            Code::Char('w') => {
                let mut name = self.file();
                name.set_extension("report.csv");
                self.asking = Asking::Report;
                let prompt = Prompt::new(
                    "Report",
                    "Where shall the rows that were not taken be written?",
                    &name.to_string_lossy(),
                );
                return vec![Step::Open(Box::new(prompt))];
            }
            Code::Char('i') if self.page == Page::Tried => return self.send(false),
            Code::Enter | Code::Char('q') if self.page == Page::Done => return vec![Step::Close],
            Code::Enter if self.page == Page::Tried => {
                self.message = "i imports what is shown here; Esc goes back.".to_owned();
            }
            _ => {}
        }
        Vec::new()
    }
}
