//! Does what the application wants done: requests and jobs on threads of their own, the editor, the clipboard.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender as Queue, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use ratatui::layout::{Position, Size};

use crate::api::{Code, Error, Request};
use crate::client::Client;
use crate::env::{Env, Zone};
use crate::tui::app::{App, Setup};
use crate::tui::call::dial::Calling;
use crate::tui::effect::{CallId, Effect, JobId, Lane};
use crate::tui::grammar::Completer;
use crate::tui::layer::{Cancel, Forms, Job, JobHandle, JobNews, Layer};
use crate::tui::msg::{Moment, Msg};
use crate::tui::osc::{self, Multiplexer};
use crate::tui::saved::Saved;
use crate::tui::term::{self, Command, Exit, Flow, Runner};
use crate::tui::theme::{Palette, Theme};

/// Threads that wait for answers: one question that takes long does not hold up the next.
const WORKERS: usize = 2;
/// How long the end of the process waits for what was asked last, after a signal: less than until it is made to end.
const PATIENCE: Duration = Duration::from_millis(700);
/// Least time between two signs of a job's progress.
const PROGRESS: Duration = Duration::from_millis(500);

/// Runs a line of the `:` prompt and gives what it wrote.
pub type Commands = Arc<dyn Fn(&Client, &str) -> Result<String, Error> + Send + Sync>;

/// What the program is started with.
pub struct Options {
    pub env: Env,
    /// `[keys]` of the configuration: sequences of keys by the name of an action.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The palette of the configuration.
    pub theme: Option<Palette>,
    /// Without a key for so long, the program locks itself.
    pub idle: Option<Duration>,
    pub forms: Rc<dyn Forms>,
    /// The command line; without it there is no `:` prompt.
    pub commands: Option<Commands>,
    /// What could stand at the caret of the `:` line.
    pub completer: Option<Completer>,
    /// The file that remembers how things looked.
    pub state: Option<PathBuf>,
    /// A private directory, best in memory, for texts in the person's own editor.
    pub editor_dir: PathBuf,
    /// What comes before the screens where no client is given: the first run, or unlocking.
    pub first: Option<Box<dyn Layer>>,
    /// The program for long texts; `$VISUAL` or `$EDITOR` when absent.
    pub editor: Option<String>,
    /// How long a lone Esc is held.
    pub escape_delay: Duration,
    /// The zone in which times are shown and read.
    pub zone: Zone,
    /// Whether texts may be copied through the terminal (OSC 52).
    pub copies: bool,
    /// How numbers are dialled.
    pub calling: Calling,
}

/// Runs the program until its end. `client` is absent where [`Options::first`] has yet to open the store.
pub fn run(client: Option<Client>, options: Options) -> Result<Exit, Error> {
    let failed = |error: std::io::Error| {
        Error::failed(format!("the terminal cannot be used: {error}"))
            .hint("start it in a terminal, or use a command such as `callbook contact list`")
    };
    let env = options.env.clone();
    let runner_options = term::Options {
        title: Some(osc::title("Callbook")),
        escape_delay: options.escape_delay,
        ..term::Options::default()
    };
    let runner = Runner::open(&env, runner_options).map_err(failed)?;
    let no_color = std::env::var("NO_COLOR").ok();
    let term = std::env::var("TERM").ok();
    let theme = Theme::choose(options.theme, no_color.as_deref(), term.as_deref());
    let colourless = Theme::choose(None, no_color.as_deref(), term.as_deref()).palette() == Palette::Mono;
    let setup = Setup {
        keys: options.keys,
        theme,
        colourless,
        idle: options.idle,
        forms: options.forms,
        commands: options.commands.is_some(),
        completer: options.completer,
        saved: options.state.as_deref().map(Saved::load).unwrap_or_default(),
        zone: options.zone,
        calling: options.calling,
        first: options.first,
    };
    // The first input there is tells the size.
    let (app, effects) = App::new(setup, Size { width: 80, height: 24 }, moment(&env))?;
    let sender = runner.sender();
    let mut driver = Driver::new(
        env,
        Box::new(move |msg| {
            // After the end of the loop nobody listens.
            let _ = sender.send(msg);
        }),
        options.commands,
    );
    driver.client(client);
    driver.state = options.state;
    driver.editor_dir = options.editor_dir;
    driver.editor = options.editor;
    driver.copies = options.copies;
    let mut program = Program { app, driver, first: Some(effects) };
    let exit = runner.run(&mut program).map_err(failed)?;
    if exit == Exit::Quit {
        program.driver.finish();
    }
    Ok(exit)
}

fn moment(env: &Env) -> Moment {
    Moment { wall: env.now(), elapsed: env.clock.elapsed() }
}

/// The application in the loop of the terminal.
struct Program {
    app: App,
    driver: Driver,
    /// What is to be done before anything has happened.
    first: Option<Vec<Effect>>,
}

impl term::App for Program {
    type Msg = Msg;

    fn update(&mut self, input: term::Input<Msg>) -> Flow {
        let now = moment(&self.driver.env);
        let mut effects = self.first.take().unwrap_or_default();
        let msg = match input {
            term::Input::Key(key) => Some(Msg::Key(key)),
            term::Input::Paste(text) => Some(Msg::Paste(text)),
            term::Input::PasteTooLong => Some(Msg::PasteTooLong),
            term::Input::Resize(width, height) => Some(Msg::Resize(Size { width, height })),
            term::Input::Message(msg) => Some(msg),
            // Time has passed, perhaps much of it: the lock may be due.
            term::Input::Deadline | term::Input::Resumed => Some(Msg::Tick),
            term::Input::Edited(edited) => self.driver.editing.take().map(|id| {
                let text = edited.map(|edited| edited.text).map_err(|error| Error::failed(error.to_string()));
                Msg::Edited(id, text)
            }),
            term::Input::Focus(_) => None,
            term::Input::Hangup | term::Input::Terminate => {
                // Nobody is there any more to read a refusal.
                for effect in self.app.leave() {
                    let _ = self.driver.perform(effect);
                }
                self.driver.finish_within(PATIENCE);
                return Flow::idle();
            }
        };
        if let Some(msg) = msg {
            effects.extend(self.app.update(msg, now));
        }
        let mut flow = if self.app.take_dirty() { Flow::redraw() } else { Flow::idle() };
        for effect in effects {
            if let Some(command) = self.driver.perform(effect) {
                flow = flow.and(command);
            }
        }
        flow
    }

    fn begin(&mut self) {
        self.driver.begin();
    }

    fn draw(&mut self, frame: &mut ratatui::Frame<'_>) -> Option<Position> {
        crate::tui::view::draw(&self.app, frame.buffer_mut())
    }

    fn links(&self, frame: &ratatui::buffer::Buffer) -> Vec<term::Link> {
        crate::tui::view::links(&self.app, frame)
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.app.deadline()
    }
}

/// A question on its way to a worker.
struct Task {
    id: CallId,
    lane: Option<Lane>,
    client: Option<Client>,
    what: What,
}

enum What {
    Request(Request),
    Words(String),
}

type Deliver = Arc<dyn Fn(Msg) + Send + Sync>;

/// What performs effects.
pub struct Driver {
    env: Env,
    send: Deliver,
    client: Option<Client>,
    queue: Option<Queue<Task>>,
    /// Questions that no worker knows of yet.
    waiting: Vec<Task>,
    latest: Arc<Mutex<HashMap<Lane, CallId>>>,
    workers: Vec<JoinHandle<()>>,
    jobs: Vec<(Cancel, JoinHandle<()>)>,
    editing: Option<CallId>,
    state: Option<PathBuf>,
    editor_dir: PathBuf,
    editor: Option<String>,
    copies: bool,
    multiplexer: Multiplexer,
}

impl Driver {
    /// `send` takes messages for the application from any thread.
    pub fn new(env: Env, send: Box<dyn Fn(Msg) + Send + Sync>, commands: Option<Commands>) -> Driver {
        let send: Deliver = Arc::from(send);
        let (queue, tasks) = channel();
        let tasks = Arc::new(Mutex::new(tasks));
        let latest: Arc<Mutex<HashMap<Lane, CallId>>> = Arc::default();
        let workers = (0..WORKERS)
            .map(|_| {
                let (tasks, latest) = (Arc::clone(&tasks), Arc::clone(&latest));
                let (send, commands) = (Arc::clone(&send), commands.clone());
                spawn(move || work(&tasks, &latest, &send, commands.as_ref()))
            })
            .collect();
        Driver {
            env,
            send,
            client: None,
            queue: Some(queue),
            waiting: Vec::new(),
            latest,
            workers,
            jobs: Vec::new(),
            editing: None,
            state: None,
            editor_dir: PathBuf::new(),
            editor: None,
            copies: true,
            multiplexer: Multiplexer::from_env(),
        }
    }

    /// From now on questions go to this client.
    pub fn client(&mut self, client: Option<Client>) {
        if let Some(client) = client.clone() {
            let send = Arc::clone(&self.send);
            // Asking a server to tell is a question like others; nobody waits for it here.
            spawn(move || client.listen(Arc::new(move |event| send(Msg::Event(event)))));
        }
        self.client = client;
    }

    /// Does one thing, or says what the terminal is to do. Questions wait for [`Driver::begin`].
    pub fn perform(&mut self, effect: Effect) -> Option<Command> {
        match effect {
            Effect::Call { id, lane, request } => self.post(id, lane, What::Request(request)),
            Effect::Command { id, words } => self.post(id, None, What::Words(words)),
            Effect::Job { id, job, cancel } => self.start(id, job, cancel),
            Effect::Client(client) => self.client(client),
            Effect::Editor { id, text, suffix } => {
                let command = term::editor::preferred(
                    self.editor.clone().or_else(|| std::env::var("VISUAL").ok()).as_deref(),
                    std::env::var("EDITOR").ok().as_deref(),
                );
                self.editing = Some(id);
                return Some(Command::Edit(term::Edit {
                    command,
                    dir: self.editor_dir.clone(),
                    file_name: format!("callbook.{suffix}"),
                    text,
                }));
            }
            Effect::Copy(_) if !self.copies => return Some(Command::Send(osc::Sequence::bell())),
            Effect::Copy(text) => match osc::copy(&text, self.multiplexer) {
                Ok(sequence) => return Some(Command::Send(sequence)),
                // The bell says that it was not done; the size is beyond anything a screen offers to copy.
                Err(_) => return Some(Command::Send(osc::Sequence::bell())),
            },
            Effect::Dial { id, argv } => {
                let send = Arc::clone(&self.send);
                // It may run as long as the call does.
                spawn(move || send(Msg::Output(id, dial(&argv).map(|()| String::new()))));
            }
            Effect::Save(saved) => {
                // How things looked is not worth an error at the end of a day.
                if let Some(path) = &self.state {
                    let _ = saved.store(path);
                }
            }
            Effect::Suspend => return Some(Command::Suspend),
            Effect::Repaint => return Some(Command::Repaint),
            Effect::Quit => return Some(Command::Quit),
        }
        None
    }

    fn post(&mut self, id: CallId, lane: Option<Lane>, what: What) {
        if let Some(lane) = lane {
            locked(&self.latest).insert(lane, id);
        }
        self.waiting.push(Task { id, lane, client: self.client.clone(), what });
    }

    /// Hands the workers what was asked since the last time.
    pub fn begin(&mut self) {
        for task in self.waiting.drain(..) {
            if let Some(queue) = &self.queue {
                // The workers end only after the queue does.
                let _ = queue.send(task);
            }
        }
    }

    fn start(&mut self, id: JobId, job: Job, cancel: Cancel) {
        self.jobs.retain(|(_, thread)| !thread.is_finished());
        let handle = Handle {
            id,
            cancel: cancel.clone(),
            send: Arc::clone(&self.send),
            env: self.env.clone(),
            last: Mutex::new(None),
        };
        let client = self.client.clone();
        let thread = spawn(move || {
            let work = job.work;
            let result = catch_unwind(AssertUnwindSafe(|| work(client.as_ref(), &handle)));
            (handle.send)(Msg::Job(id, JobNews::Ended(result.unwrap_or_else(|_| Err(broken())))));
        });
        self.jobs.push((cancel, thread));
    }

    /// Cancels what runs and waits until nothing holds the store any more.
    pub fn finish(&mut self) {
        for thread in self.end() {
            let _ = thread.join();
        }
    }

    /// The same, but for so long at most.
    pub fn finish_within(&mut self, patience: Duration) {
        let threads = self.end();
        let (done, wait) = channel();
        spawn(move || {
            for thread in threads {
                let _ = thread.join();
            }
            let _ = done.send(());
        });
        let _ = wait.recv_timeout(patience);
    }

    /// Takes no more questions; what was asked before is still answered. Gives the threads that do so.
    fn end(&mut self) -> Vec<JoinHandle<()>> {
        self.begin();
        self.client = None;
        self.queue = None;
        for (cancel, _) in &self.jobs {
            cancel.cancel();
        }
        let jobs = self.jobs.drain(..).map(|(_, thread)| thread);
        jobs.chain(self.workers.drain(..)).collect()
    }
}

/// Runs the program that dials, apart from the terminal, and waits for its end.
fn dial(argv: &[String]) -> Result<(), Error> {
    use std::process::{Command, Stdio};
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let hint = "`dial_command` in config.toml names the program; the number can be dialled by hand";
    let ended = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| Error::failed(format!("`{program}` cannot be run: {error}")).hint(hint))?;
    if ended.success() {
        Ok(())
    } else {
        Err(Error::failed(format!("`{program}` ended with an error: {ended}")).hint(hint))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken() -> Error {
    Error::failed("this failed in a way it should not have")
        .hint("what was saved before is safe; please report it")
}

fn work(
    tasks: &Mutex<Receiver<Task>>,
    latest: &Mutex<HashMap<Lane, CallId>>,
    send: &Deliver,
    commands: Option<&Commands>,
) {
    loop {
        let next = locked(tasks).recv();
        let Ok(task) = next else { return };
        let superseded =
            task.lane.is_some_and(|lane| locked(latest).get(&lane).is_some_and(|latest| *latest != task.id));
        if superseded {
            continue;
        }
        let Some(client) = task.client else {
            send(Msg::Answer(task.id, Err(Error::new(Code::Locked, "the store is locked"))));
            continue;
        };
        // A bug in the service must not leave the screen waiting for ever.
        match task.what {
            What::Request(request) => {
                let answer = catch_unwind(AssertUnwindSafe(|| client.request(request)));
                drop(client);
                send(Msg::Answer(task.id, answer.unwrap_or_else(|_| Err(broken()))));
            }
            What::Words(words) => {
                let output = catch_unwind(AssertUnwindSafe(|| match commands {
                    Some(commands) => commands(&client, &words),
                    None => Err(Error::failed("there is no command line here")),
                }));
                drop(client);
                send(Msg::Output(task.id, output.unwrap_or_else(|_| Err(broken()))));
            }
        }
    }
}

/// The side of a job that its work sees.
struct Handle {
    id: JobId,
    cancel: Cancel,
    send: Deliver,
    env: Env,
    last: Mutex<Option<Duration>>,
}

impl JobHandle for Handle {
    fn progress(&self, done: u64, total: u64) {
        let now = self.env.clock.elapsed();
        let mut last = locked(&self.last);
        if last.is_none_or(|last| now.saturating_sub(last) >= PROGRESS) {
            *last = Some(now);
            (self.send)(Msg::Job(self.id, JobNews::Progress { done, total }));
        }
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

#[cfg(test)]
mod tests;
