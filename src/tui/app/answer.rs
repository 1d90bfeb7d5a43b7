//! What happens when an answer comes back.

use super::act::Then;
use super::places::works_today;
use super::{App, Asker};
use crate::api::{Card, Cause, Code, Entry, Error, Page, Response};
use crate::domain::entity::RecordKind;
use crate::domain::schema::Schema;
use crate::tui::call::CallMode;
use crate::tui::effect::{CallId, JobId};
use crate::tui::layer::{Input, JobNews, Level};
use crate::tui::overlay::consent::ConsentPanel;
use crate::tui::overlay::output::Output;
use crate::tui::screen::{Asked, Place};

/// The part of an answer that is expected, or the error.
macro_rules! expect {
    ($answer:expr, $variant:ident) => {
        match $answer {
            Ok(Response::$variant(value)) => Ok(value),
            Ok(_) => Err(Error::failed("the store answered another question than was asked")),
            Err(error) => Err(error),
        }
    };
}

impl App {
    /// Takes an answer. One that nobody waits for any more changes nothing.
    pub(super) fn answer(&mut self, id: CallId, answer: Result<Response, Error>) {
        let Some(pending) = self.calls.remove(&id) else { return };
        self.dirty = true;
        match pending.asker {
            Asker::Screen(asked) => {
                self.screen_answer(asked, answer);
                self.ask_news();
            }
            Asker::Layer(layer, ticket) => self.layer_input(layer, Input::Answer(ticket, answer)),
            Asker::Whoami => match expect!(answer, Whoami) {
                Ok(identity) => {
                    let first = self.first_screen.take();
                    let never = first.is_some_and(|first| first.is_empty());
                    if never && works_today(&identity) && self.place == Place::Contacts {
                        self.show_place(Place::Today);
                    }
                    self.ctx.identity = Some(identity);
                }
                Err(error) => self.fail(error),
            },
            Asker::Schema => match expect!(answer, SchemaGet) {
                Ok(customs) => {
                    self.ctx.schema = Schema::new(&customs);
                    self.relayout();
                    self.recall_views();
                }
                Err(error) => self.fail(error),
            },
            Asker::Views => match expect!(answer, Views) {
                Ok(views) => self.recalled(&views),
                Err(error) => self.fail(error),
            },
            Asker::Why => match expect!(answer, AccessExplain) {
                Ok(told) => self.open_layer(Box::new(Output::new("Why", &told.in_words()))),
                Err(error) => self.fail(error),
            },
            Asker::Change(done) => match answer {
                Ok(response) => {
                    self.toast(Level::Done, done);
                    for warning in warnings(response) {
                        self.toast(Level::Warning, warning);
                    }
                    self.refresh();
                }
                Err(error) => {
                    self.fail(error);
                    self.refresh();
                }
            },
            Asker::Undo { redo } => {
                let undone = if redo { expect!(answer, Redo) } else { expect!(answer, Undo) };
                match undone {
                    Ok(undone) => {
                        let how = if redo { "done again" } else { "taken back" };
                        self.toast(Level::Done, format!("{how}: {}", undone.what));
                        self.refresh();
                    }
                    Err(error) => self.fail(error),
                }
            }
            Asker::Then(then) => match expect!(answer, Get) {
                Ok(card) => self.with_card(then, &card),
                Err(error) => self.fail(error),
            },
            Asker::Drafts => {
                // Who may fill in no forms has left none.
                if let Ok(drafts) = expect!(answer, Drafts) {
                    self.found_drafts(drafts);
                }
            }
            Asker::Resume(draft) => match expect!(answer, Get) {
                Ok(card) => self.resumed(&draft, Some(&card.record)),
                Err(error) => self.not_resumed(&draft, error),
            },
            Asker::Kept => {
                if let Err(error) = answer {
                    self.fail(error);
                }
            }
            Asker::Calls => {
                // Who may call nobody has left no call.
                if let Ok(open) = expect!(answer, CallsOpen) {
                    self.found_calls(open);
                }
            }
            Asker::Command(_) | Asker::Editor(..) | Asker::Dial => {}
        }
    }

    fn screen_answer(&mut self, asked: Asked, answer: Result<Response, Error>) {
        match asked {
            Asked::Rows(kind, version) => {
                let page: Result<Page, Error> = expect!(answer, List);
                if let Err(error) = &page
                    && error.cause == Some(Cause::Gone)
                {
                    self.fail(error.clone());
                }
                let wants = self.list_of(kind).page(version, page);
                self.ask_all(wants.unwrap_or_default());
            }
            Asked::Whereabouts(kind, version) => {
                let page = expect!(answer, List);
                let wants = self.list_of(kind).whereabouts(version, page);
                self.ask_all(wants.unwrap_or_default());
            }
            Asked::Range(kind, version) => match expect!(answer, List) {
                Ok(page) => {
                    if !self.list_of(kind).ranged(version, &page) {
                        self.toast(Level::Warning, "the list has changed meanwhile; the range is not marked");
                    }
                }
                Err(error) => self.fail(error),
            },
            Asked::Preview(kind, id) => match expect!(answer, Get) {
                Ok(card) => {
                    self.list_of(kind).previewed(card);
                }
                Err(error) if error.code == Code::NotFound => self.list_of(kind).lost_sight(id),
                // The row itself is still there to be seen; the list says more when it is asked again.
                Err(_) => self.list_of(kind).card = None,
            },
            Asked::News(kind, version) => {
                let page: Result<Page, Error> = expect!(answer, Among);
                self.list_of(kind).answer_news(version, page.ok());
            }
            Asked::Presence => {
                // Who else is there is not worth an error.
                if let Ok(presence) = expect!(answer, Present) {
                    self.presence(presence.id, presence.names);
                }
            }
            Asked::Completions(kind) => {
                if let Ok(items) = expect!(answer, Complete) {
                    self.list_of(kind).search.completions(items);
                }
            }
            Asked::Card(id) => {
                let card: Result<Card, Error> = expect!(answer, Get);
                let Some(detail) = self.detail.as_mut().filter(|detail| detail.id == id) else { return };
                match card {
                    // It was here, so somebody took it away.
                    Err(error) if error.code == Code::NotFound && detail.card.is_some() => {
                        self.lost_sight(id);
                    }
                    Err(error) if error.cause == Some(Cause::Gone) && detail.card.is_some() => {
                        self.fail(error);
                    }
                    card => detail.loaded(card, &self.ctx),
                }
            }
            Asked::History(id) => {
                let entries: Result<Vec<Entry>, Error> = expect!(answer, History);
                match entries {
                    Ok(entries) => {
                        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.id == id) {
                            detail.history = Some(entries);
                        }
                    }
                    Err(error) => self.fail(error),
                }
            }
            Asked::Readings(id) => {
                let page = expect!(answer, Readings);
                match page {
                    Ok(page) => {
                        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.id == id) {
                            detail.readings = Some(page);
                        }
                    }
                    Err(error) => self.fail(error),
                }
            }
            Asked::Today => {
                let work = expect!(answer, Today);
                self.today.answer(work);
            }
            Asked::CallLists => {
                let lists = expect!(answer, CallLists);
                self.call_lists.answer(lists);
            }
            Asked::Requests => {
                let rows = expect!(answer, Requests);
                self.requests.answer(rows);
            }
            Asked::Request(number) => {
                let card = expect!(answer, RequestShow);
                if self.request.number == number {
                    self.request.answer(card, &self.ctx);
                }
            }
            Asked::Entries { older } => {
                let entries = expect!(answer, Activity);
                self.activity.answer(older, entries);
            }
        }
    }

    /// Goes on with a record that had to be fetched as a whole.
    pub(super) fn with_card(&mut self, then: Then, card: &Card) {
        let layer = match then {
            Then::Edit => {
                let field = self.detail.as_ref().and_then(|detail| detail.field_key(&self.ctx));
                self.forms.edit(&card.record, field, &self.ctx)
            }
            Then::EditText => self.forms.edit_as_text(&card.record, &self.ctx),
            Then::Note(kind) => self.forms.note(&card.record, kind, &self.ctx),
            Then::Consent => Box::new(ConsentPanel::new(&card.record)),
            Then::Call => Box::new(CallMode::new(&card.record)),
            Then::Copy(action) => return self.copy(action, &card.record),
        };
        self.open_layer(layer);
    }

    /// What a command wrote.
    pub(super) fn output(&mut self, id: CallId, output: Result<String, Error>) {
        let Some(pending) = self.calls.remove(&id) else { return };
        self.dirty = true;
        let words = match pending.asker {
            Asker::Command(words) => words,
            // That it dials is heard; only that it does not is worth a word.
            Asker::Dial => {
                if let Err(error) = output {
                    self.fail(error);
                }
                return;
            }
            _ => return,
        };
        match output {
            Ok(text) if text.trim().is_empty() => self.toast(Level::Done, format!("{words}: done")),
            Ok(text) => self.open_layer(Box::new(Output::new(&words, &text))),
            Err(error) => self.fail(error),
        }
        self.refresh();
    }

    pub(super) fn edited(&mut self, id: CallId, text: Result<String, Error>) {
        let Some(pending) = self.calls.remove(&id) else { return };
        self.dirty = true;
        if let Asker::Editor(layer, ticket) = pending.asker {
            self.layer_input(layer, Input::Edited(ticket, text));
        }
    }

    pub(super) fn job_news(&mut self, id: JobId, news: JobNews) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else { return };
        let owner = job.owner;
        self.dirty = true;
        match &news {
            JobNews::Progress { done, total } => (job.done, job.total) = (*done, *total),
            JobNews::Ended(result) => {
                job.ended = Some(result.clone());
                let listened =
                    owner.is_some_and(|(layer, _)| self.layers.iter().any(|laid| laid.id == layer));
                match result {
                    // A layer that is still open says it itself.
                    _ if listened => {}
                    Ok(text) if text.is_empty() => {}
                    Ok(text) => self.toast(Level::Done, text.clone()),
                    Err(error) => self.fail(error.clone()),
                }
                self.refresh();
            }
        }
        if let Some((layer, ticket)) = owner {
            self.layer_input(layer, Input::Job(ticket, news));
        }
    }

    /// Whether records of this kind have a list of their own.
    pub(super) fn is_listed(kind: RecordKind) -> bool {
        matches!(kind, RecordKind::Contact | RecordKind::Company)
    }
}

fn warnings(response: Response) -> Vec<String> {
    match response {
        Response::Edit(edited) | Response::Delete(edited) | Response::Restore(edited) => edited.warnings,
        Response::Add(added) => added.warnings,
        _ => Vec::new(),
    }
}
