//! Carrying out what layers want.

use super::{App, Asker, JobState, Laid};
use crate::tui::effect::{Effect, JobId, Lane};
use crate::tui::layer::{Cancel, Input, Job, Layer, Level, Step, Ticket};
use crate::tui::screen::Place;

impl App {
    pub(super) fn open_layer(&mut self, layer: Box<dyn Layer>) {
        self.put_layer(layer, None);
    }

    /// The same; gives the number by which the layer can be closed from outside.
    pub(super) fn put_layer(&mut self, layer: Box<dyn Layer>, parent: Option<u64>) -> u64 {
        let id = self.fresh();
        self.dirty = true;
        self.prefix.clear();
        // What was said before is about something else, and must not lie over the layer.
        self.clear_toasts();
        self.layers.push(Laid { id, parent, layer });
        let steps = match self.layers.last_mut() {
            Some(laid) => laid.layer.start(&self.ctx),
            None => Vec::new(),
        };
        self.steps(id, steps);
        id
    }

    /// Hands an input to a layer; one that is closed gets nothing.
    pub(super) fn layer_input(&mut self, id: u64, input: Input) {
        let Some(laid) = self.layers.iter_mut().find(|laid| laid.id == id) else { return };
        self.dirty = true;
        let steps = laid.layer.update(input, &self.ctx);
        self.steps(id, steps);
    }

    pub(super) fn tell_layers_of_resize(&mut self) {
        let ids: Vec<u64> = self.layers.iter().map(|laid| laid.id).collect();
        for id in ids {
            self.layer_input(id, Input::Resized);
        }
    }

    pub(super) fn close_layer(&mut self, id: u64, gave: Option<String>) {
        let Some(at) = self.layers.iter().position(|laid| laid.id == id) else { return };
        let laid = self.layers.remove(at);
        if let Some(form) = laid.layer.form() {
            // Saved, or thrown away.
            self.forget_draft(form);
        }
        self.calls.retain(|_, call| !matches!(call.asker, Asker::Layer(layer, _) if layer == id));
        if let Some(parent) = laid.parent {
            self.layer_input(parent, Input::Child(gave));
        }
        // Whatever was done over it, it may have been work of the day.
        let works =
            matches!(self.place, Place::Today | Place::CallLists | Place::Requests | Place::Request(_));
        if self.layers.is_empty() && works && !self.locked {
            self.refresh();
        }
    }

    pub(super) fn steps(&mut self, id: u64, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Close => self.close_layer(id, None),
                Step::CloseWith(text) => self.close_layer(id, Some(text)),
                Step::Open(layer) => {
                    self.put_layer(layer, Some(id));
                }
                Step::Call(ticket, request) => self.ask(Asker::Layer(id, ticket), None, request),
                Step::Latest(ticket, request) => {
                    let lane = Lane::Layer(id, ticket.0);
                    self.ask(Asker::Layer(id, ticket), Some(lane), request);
                }
                Step::Job(ticket, job) => self.start_job(Some((id, ticket)), job),
                Step::CancelJob(ticket) => {
                    for job in self.jobs.iter_mut().filter(|job| job.owner == Some((id, ticket))) {
                        job.cancel.cancel();
                        job.cancelling = job.ended.is_none();
                    }
                }
                Step::Editor { ticket, text, suffix } => {
                    let id = self.wait(Asker::Editor(id, ticket), None);
                    self.effects.push(Effect::Editor { id, text, suffix });
                }
                Step::Copy(text) => self.copied(text, "text"),
                Step::Dial(argv) => {
                    let id = self.wait(Asker::Dial, None);
                    self.effects.push(Effect::Dial { id, argv });
                }
                Step::Toast(level, text) => self.toast(level, text),
                Step::Fail(error) => self.fail(error),
                Step::Changed => self.refresh(),
                Step::Show(kind, id) => {
                    if App::is_listed(kind) {
                        self.go_to(Place::Record(kind, id));
                    }
                }
                Step::Enter(client) => {
                    self.effects.push(Effect::Client(Some(client)));
                    self.enter();
                }
                Step::Leave => {
                    self.locked = true;
                    self.effects.push(Effect::Client(None));
                }
                Step::Run(intent) => self.run_intent(intent),
                Step::Quit => self.try_quit(id),
            }
        }
    }

    /// Ends the program, unless another layer has something that would be lost.
    fn try_quit(&mut self, asking: u64) {
        if self.layers.iter().any(|laid| laid.id != asking && laid.layer.unsaved()) {
            return self.toast(
                Level::Warning,
                "something is not saved yet; ctrl-c twice quits all the same, and the next start offers it",
            );
        }
        self.quit();
    }

    pub(super) fn start_job(&mut self, owner: Option<(u64, Ticket)>, job: Job) {
        let id = JobId(self.fresh());
        let cancel = Cancel::default();
        // Old results make room.
        if self.jobs.len() >= 20
            && let Some(at) = self.jobs.iter().position(|job| job.ended.is_some())
        {
            self.jobs.remove(at);
        }
        self.jobs.push(JobState {
            id,
            title: job.title.clone(),
            done: 0,
            total: 0,
            cancelling: false,
            ended: None,
            cancel: cancel.clone(),
            owner,
        });
        self.effects.push(Effect::Job { id, job, cancel });
    }
}
