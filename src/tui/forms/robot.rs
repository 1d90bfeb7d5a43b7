//! A user for tests: presses keys on a stack of layers, answers their calls, and reads the screen.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::{Clear, Widget};
use uuid::Uuid;

use crate::api::{Error, Identity, Request, Response};
use crate::domain::id::{SessionId, StoreId};
use crate::domain::schema::Schema;
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::tui::layer::{Ctx, Input, Job, JobNews, Layer, Step, Ticket};
use crate::tui::theme::Theme;

type Door = Box<dyn FnMut(&Request) -> Option<Result<Response, Error>>>;

/// Layers on an empty screen.
pub(crate) struct Robot {
    layers: Vec<Box<dyn Layer>>,
    pub(crate) ctx: Ctx,
    /// Calls that nobody has answered yet.
    pub(crate) calls: Vec<(usize, Ticket, Request)>,
    pub(crate) jobs: Vec<(usize, Ticket, Job)>,
    /// Words for the other steps, in order.
    pub(crate) log: Vec<String>,
    /// What the editor was given.
    pub(crate) editor: Option<(usize, Ticket, String)>,
    closed: Option<Option<String>>,
    door: Option<Door>,
}

/// A context with no custom fields, on 2026-11-22 10:00 UTC.
pub(crate) fn ctx() -> Ctx {
    Ctx {
        schema: Schema::new(&[]),
        identity: Some(Identity {
            store: StoreId(Uuid::from_u128(1)),
            controller: "Muster GmbH".to_owned(),
            country: "DE".to_owned(),
            user: Uuid::from_u128(2),
            name: "ines".to_owned(),
            role: Role::Owner.into(),
            team: String::new(),
            session: SessionId(Uuid::from_u128(3)),
            own_password: false,
            demo: false,
        }),
        theme: Theme::default(),
        size: Size::new(80, 24),
        now: Timestamp::from_millis(1_795_341_600_000),
        zone: crate::env::Zone::UTC,
        calling: crate::tui::call::dial::Calling::default(),
    }
}

impl Robot {
    pub(crate) fn new(layer: impl Layer + 'static) -> Robot {
        Robot::with(Box::new(layer), ctx())
    }

    pub(crate) fn with(layer: Box<dyn Layer>, ctx: Ctx) -> Robot {
        let mut robot = Robot {
            layers: Vec::new(),
            ctx,
            calls: Vec::new(),
            jobs: Vec::new(),
            log: Vec::new(),
            editor: None,
            closed: None,
            door: None,
        };
        robot.open(layer);
        robot
    }

    /// Answers calls as they are made; what it gives `None` for stays in `calls`.
    pub(crate) fn answering(
        mut self,
        door: impl FnMut(&Request) -> Option<Result<Response, Error>> + 'static,
    ) -> Robot {
        self.door = Some(Box::new(door));
        let waiting = std::mem::take(&mut self.calls);
        for (at, ticket, request) in waiting {
            self.call(at, ticket, request);
        }
        self
    }

    fn open(&mut self, mut layer: Box<dyn Layer>) {
        let steps = layer.start(&self.ctx);
        self.layers.push(layer);
        self.run(self.layers.len() - 1, steps);
    }

    /// Keys in their text form, separated by spaces.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Robot {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            self.input(Input::Key(key.parse().unwrap()));
        }
        self
    }

    /// Each character as a key.
    pub(crate) fn type_in(&mut self, text: &str) -> &mut Robot {
        for c in text.chars() {
            self.input(Input::Key(crate::tui::keys::Key::char(c)));
        }
        self
    }

    pub(crate) fn paste(&mut self, text: &str) -> &mut Robot {
        self.input(Input::Paste(text.to_owned()));
        self
    }

    pub(crate) fn input(&mut self, input: Input) {
        let Some(at) = self.layers.len().checked_sub(1) else { return };
        self.give(at, input);
    }

    fn give(&mut self, at: usize, input: Input) {
        let Some(layer) = self.layers.get_mut(at) else { return };
        let steps = layer.update(input, &self.ctx);
        self.run(at, steps);
    }

    /// Answers the oldest call that waits.
    pub(crate) fn answer(&mut self, answer: Result<Response, Error>) -> Request {
        let (at, ticket, request) = self.calls.remove(0);
        self.give(at, Input::Answer(ticket, answer));
        request
    }

    pub(crate) fn job_news(&mut self, news: JobNews) {
        let (at, ticket) = self.jobs.last().map(|(at, ticket, _)| (*at, *ticket)).unwrap();
        self.give(at, Input::Job(ticket, news));
    }

    /// Runs the last job here and now, and tells the layer its end.
    pub(crate) fn run_job(&mut self, client: Option<&crate::client::Client>) {
        struct Quiet;
        impl crate::tui::layer::JobHandle for Quiet {
            fn progress(&self, _done: u64, _total: u64) {}
            fn cancelled(&self) -> bool {
                false
            }
        }
        let (at, ticket, job) = self.jobs.pop().unwrap();
        let end = (job.work)(client, &Quiet);
        self.give(at, Input::Job(ticket, JobNews::Ended(end)));
    }

    pub(crate) fn edited(&mut self, text: &str) {
        let (at, ticket, _) = self.editor.take().unwrap();
        self.give(at, Input::Edited(ticket, Ok(text.to_owned())));
    }

    fn call(&mut self, at: usize, ticket: Ticket, request: Request) {
        let answer = self.door.as_mut().and_then(|door| door(&request));
        match answer {
            Some(answer) => self.give(at, Input::Answer(ticket, answer)),
            None => self.calls.push((at, ticket, request)),
        }
    }

    fn run(&mut self, at: usize, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Close => self.close(at, None),
                Step::CloseWith(text) => self.close(at, Some(text)),
                Step::Open(layer) => self.open(layer),
                Step::Call(ticket, request) | Step::Latest(ticket, request) => self.call(at, ticket, request),
                Step::Job(ticket, job) => self.jobs.push((at, ticket, job)),
                Step::CancelJob(ticket) => self.log.push(format!("cancel job {}", ticket.0)),
                Step::Editor { ticket, text, .. } => self.editor = Some((at, ticket, text)),
                Step::Copy(text) => self.log.push(format!("copy {text}")),
                Step::Dial(argv) => self.log.push(format!("dial {}", argv.join(" "))),
                Step::Toast(level, text) => self.log.push(format!("{level:?}: {text}")),
                Step::Fail(error) => self.log.push(format!("fail: {error}")),
                Step::Run(intent) => self.log.push(format!("run {intent:?}")),
                Step::Changed => self.log.push("changed".to_owned()),
                Step::Show(kind, id) => self.log.push(format!("show {kind} {id}")),
                Step::Enter(_) => self.log.push("enter".to_owned()),
                Step::Leave => self.log.push("leave".to_owned()),
                Step::Quit => self.log.push("quit".to_owned()),
            }
        }
    }

    fn close(&mut self, at: usize, with: Option<String>) {
        self.layers.truncate(at);
        self.calls.retain(|(layer, ..)| *layer < at);
        match at.checked_sub(1) {
            Some(below) => self.give(below, Input::Child(with)),
            None => self.closed = Some(with),
        }
    }

    /// Somebody else changed what the topmost layer is about.
    pub(crate) fn elsewhere(&mut self) {
        let Some(at) = self.layers.len().checked_sub(1) else { return };
        let steps = self.layers[at].elsewhere(&self.ctx);
        self.run(at, steps);
    }

    /// Whether the topmost layer shows a clock.
    pub(crate) fn ticks(&self) -> bool {
        self.layers.last().is_some_and(|layer| layer.ticks())
    }

    /// With what the lowest layer closed, if it did.
    pub(crate) fn closed(&self) -> Option<Option<String>> {
        self.closed.clone()
    }

    pub(crate) fn unsaved(&self) -> bool {
        self.layers.iter().any(|layer| layer.unsaved())
    }

    /// What stands on a terminal of this size, the cursor's place and the footer's keys below it.
    pub(crate) fn screen(&mut self, width: u16, height: u16) -> String {
        self.ctx.size = Size::new(width, height);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut cursor = None;
        let (layers, ctx) = (&self.layers, &self.ctx);
        terminal
            .draw(|frame| {
                let body = Rect::new(0, 0, width, height - 1);
                for layer in layers {
                    let area = layer.place(body);
                    Clear.render(area, frame.buffer_mut());
                    cursor = layer.draw(frame.buffer_mut(), area, ctx);
                }
            })
            .unwrap();
        let buffer = terminal.backend().buffer();
        let mut lines: Vec<String> = buffer
            .content()
            .chunks(usize::from(width))
            .map(|row| {
                let mut line = String::new();
                let mut skip = 0;
                for cell in row {
                    if skip > 0 {
                        skip -= 1;
                        continue;
                    }
                    skip = crate::tui::text::width(cell.symbol()).saturating_sub(1);
                    line.push_str(cell.symbol());
                }
                line.trim_end().to_owned()
            })
            .collect();
        lines.pop();
        let hints = self.layers.last().map(|layer| layer.hints(&self.ctx)).unwrap_or_default();
        let hints: Vec<String> = hints.iter().map(|hint| format!("{} {}", hint.key, hint.text)).collect();
        lines.push(hints.join(" · "));
        if let Some(cursor) = cursor {
            assert!(cursor.x < width && cursor.y < height, "the cursor left the screen: {cursor:?}");
            lines.push(format!("cursor {},{}", cursor.x, cursor.y));
        }
        lines.join("\n")
    }
}
