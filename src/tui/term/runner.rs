//! The loop: waits, reads, lets the application decide, draws.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_current_process_group};

use super::app::{App, Command, Exit, Input, Options, Sender};
use super::editor::{self, Edit, EditError, Edited};
use super::guard::{CONTINUED, Guard, Look, RESIZED, Shared};
use super::input::{Event, Limits, Parser};
use super::painter::Painter;
use super::signals;
use super::tty::{Got, Tty};
use super::wake::{Sleeper, pair};
use crate::env::Env;

/// Most messages taken before the keyboard is looked at again.
const MESSAGES_AT_ONCE: usize = 512;
/// How long to wait after ctrl-Z for being continued, where nobody may ever do so: without a shell that controls
/// jobs the kernel ignores the stop.
const STOP_PATIENCE: Duration = Duration::from_millis(200);
/// Frames that may follow a key without waiting for the pace of frames: the key itself, the list it brings, the record
/// beside the list, and one to spare. Whoever waits for an answer should not wait for the pace too.
const FRAMES_AT_ONCE: u8 = 4;
/// The signal a hang-up that came without one counts as.
const HANGUP: i32 = signal_hook::consts::SIGHUP;

/// A loop that has not started yet.
pub struct Runner<M> {
    env: Env,
    options: Options,
    shared: Arc<Shared>,
    sleeper: Sleeper,
    sender: Sender<M>,
    messages: Receiver<M>,
}

impl<M: Send> Runner<M> {
    /// Opens the terminal and starts the thread that waits for signals. Nothing is written yet.
    ///
    /// To be called on the thread that will run the loop.
    pub fn open(env: &Env, options: Options) -> io::Result<Runner<M>> {
        let shared = Shared::new(Tty::open()?);
        let (waker, sleeper) = pair()?;
        signals::watch(&shared, &waker)?;
        let (channel, messages) = mpsc::channel();
        let sender = Sender { channel, waker };
        Ok(Runner { env: env.clone(), options, shared, sleeper, sender, messages })
    }

    /// For worker threads.
    pub fn sender(&self) -> Sender<M> {
        self.sender.clone()
    }

    /// Runs `app` until it quits, the terminal goes away or a signal ends the process. The terminal is put back
    /// before this returns, also by a panic.
    pub fn run<A: App<Msg = M>>(self, app: &mut A) -> io::Result<Exit> {
        let look = Look { focus: self.options.focus, title: self.options.title.clone() };
        let guard = Guard::enter(&self.shared, look)?;
        let terminal = match Terminal::new(Canvas { size: size_of(&self.shared.tty) }) {
            Ok(terminal) => terminal,
            Err(never) => match never {},
        };
        let limits = Limits { escape_delay: self.options.escape_delay, paste: self.options.paste_limit };
        let mut running = Loop {
            terminal,
            guard,
            painter: Painter::new(),
            parser: Parser::new(limits),
            last_byte: Duration::ZERO,
            at_once: 0,
            last_frame: None,
            last_deadline: None,
            last_tick: None,
            dirty: true,
            backlog: true,
            outgoing: Vec::new(),
            runner: self,
        };
        running.run(app)
    }
}

fn size_of(tty: &Tty) -> Size {
    let (width, height) = tty.size();
    Size { width, height }
}

/// Why the loop stops, inside of it.
type Stop = Exit;

struct Loop<M> {
    terminal: Terminal<Canvas>,
    guard: Guard,
    painter: Painter,
    parser: Parser,
    /// When the last byte came; the parser's patience counts from there.
    last_byte: Duration,
    last_frame: Option<Duration>,
    /// The deadline last delivered: an application that does not move it is not called again.
    last_deadline: Option<Duration>,
    last_tick: Option<Duration>,
    dirty: bool,
    /// How many more frames may be drawn without waiting, after the last key.
    at_once: u8,
    /// Whether there may be messages nobody will wake us for.
    backlog: bool,
    outgoing: Vec<u8>,
    runner: Runner<M>,
}

impl<M: Send> Loop<M> {
    fn run<A: App<Msg = M>>(&mut self, app: &mut A) -> io::Result<Exit> {
        let Size { width, height } = self.terminal.backend().size;
        let stop = match self.give(app, Input::Resize(width, height)) {
            Ok(()) => loop {
                if let Err(stop) = self.turn(app)? {
                    break stop;
                }
            },
            Err(stop) => stop,
        };
        match stop {
            Exit::Quit => {}
            Exit::Hangup => {
                self.runner.shared.end(HANGUP);
                let _ = app.update(Input::Hangup);
            }
            Exit::Signal(HANGUP) => {
                let _ = app.update(Input::Hangup);
            }
            Exit::Signal(_) => {
                let _ = app.update(Input::Terminate);
            }
        }
        Ok(if stop == Exit::Signal(HANGUP) { Exit::Hangup } else { stop })
    }

    /// One round: what signals left, a frame if one is due, sleep, what woke us.
    fn turn<A: App<Msg = M>>(&mut self, app: &mut A) -> io::Result<Result<(), Stop>> {
        if let Err(stop) = self.after_signals(app) {
            return Ok(Err(stop));
        }
        let now = self.now();
        if self.dirty && self.frame_due(now).is_zero() {
            if let Err(stop) = self.draw(app) {
                return Ok(Err(stop));
            }
            self.at_once = self.at_once.saturating_sub(1);
            self.last_frame = Some(now);
        }
        app.begin();
        let (readable, woken) = match self.sleep(app)? {
            Some(woke) => woke,
            None => return Ok(Err(Exit::Hangup)),
        };
        if woken {
            self.runner.sleeper.drain();
        }
        if let Some(signal) = self.runner.shared.ending() {
            return Ok(Err(Exit::Signal(signal)));
        }
        Ok(self.serve(app, readable, woken))
    }

    fn now(&self) -> Duration {
        self.runner.env.clock.elapsed()
    }

    /// How long until the next frame may be drawn.
    fn frame_due(&self, now: Duration) -> Duration {
        match self.last_frame {
            Some(_) if self.at_once > 0 => Duration::ZERO,
            Some(last) => (last + self.runner.options.frame_interval).saturating_sub(now),
            None => Duration::ZERO,
        }
    }

    /// How long until `next_deadline`, unless it was delivered already. At most one a frame's time, whatever the
    /// application answers: a mistake there must not become a loop that never sleeps.
    fn deadline_due<A: App<Msg = M>>(&self, app: &A, now: Duration) -> Option<Duration> {
        let deadline = app.next_deadline().filter(|deadline| Some(*deadline) != self.last_deadline)?;
        let earliest =
            self.last_tick.map_or(Duration::ZERO, |tick| tick + self.runner.options.frame_interval);
        Some(deadline.max(earliest).saturating_sub(now))
    }

    /// How long until the parser gives up waiting for the rest of what has begun.
    fn parser_due(&self, now: Duration) -> Option<Duration> {
        Some((self.last_byte + self.parser.pending()?).saturating_sub(now))
    }

    /// Sleeps; says whether the terminal and the pipe have something, or `None` when the terminal is gone.
    fn sleep<A: App<Msg = M>>(&self, app: &A) -> io::Result<Option<(bool, bool)>> {
        let now = self.now();
        let limits = [
            self.dirty.then(|| self.frame_due(now)),
            self.backlog.then_some(Duration::ZERO),
            self.deadline_due(app, now),
            self.parser_due(now),
        ];
        let limit = limits.into_iter().flatten().min().and_then(|limit| Timespec::try_from(limit).ok());
        let mut fds = [
            PollFd::new(&self.runner.shared.tty, PollFlags::IN),
            PollFd::new(&self.runner.sleeper, PollFlags::IN),
        ];
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Some((false, true))),
            Err(error) => return Err(error.into()),
        }
        let [tty, wake] = fds.map(|fd| fd.revents());
        let gone = tty.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        Ok(if gone { None } else { Some((tty.contains(PollFlags::IN), !wake.is_empty())) })
    }

    /// Hands the application everything that has come.
    fn serve<A: App<Msg = M>>(&mut self, app: &mut A, readable: bool, woken: bool) -> Result<(), Stop> {
        let mut events = Vec::new();
        if readable {
            let mut buffer = [0; 16 * 1024];
            match self.runner.shared.tty.read(&mut buffer) {
                Got::Bytes(n) => {
                    self.at_once = FRAMES_AT_ONCE;
                    self.last_byte = self.now();
                    self.parser.feed(buffer.get(..n).unwrap_or_default(), &mut events);
                }
                Got::Nothing => {}
                Got::End => return Err(Exit::Hangup),
            }
        }
        if self.parser_due(self.now()).is_some_and(|due| due.is_zero()) && !readable {
            self.parser.expire(&mut events);
        }
        for event in events {
            let input = match event {
                Event::Key(key) => Input::Key(key),
                Event::Paste(text) => Input::Paste(text),
                Event::PasteTooLong => Input::PasteTooLong,
                Event::Focus(focus) => Input::Focus(focus),
            };
            self.give(app, input)?;
        }
        if woken || self.backlog {
            self.serve_messages(app)?;
        }
        let now = self.now();
        if self.deadline_due(app, now).is_some_and(|due| due.is_zero()) {
            self.last_deadline = app.next_deadline();
            self.last_tick = Some(now);
            self.give(app, Input::Deadline)?;
        }
        Ok(())
    }

    fn serve_messages<A: App<Msg = M>>(&mut self, app: &mut A) -> Result<(), Stop> {
        self.backlog = false;
        for _ in 0..MESSAGES_AT_ONCE {
            match self.runner.messages.try_recv() {
                Ok(message) => self.give(app, Input::Message(message))?,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Ok(()),
            }
        }
        self.backlog = true;
        Ok(())
    }

    /// Gives the application an input and does what it asks for, which may produce further inputs.
    fn give<A: App<Msg = M>>(&mut self, app: &mut A, input: Input<M>) -> Result<(), Stop> {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let flow = app.update(input);
            self.dirty |= flow.redraw;
            for command in flow.commands {
                match command {
                    Command::Repaint => self.repaint(),
                    Command::Send(sequence) => {
                        self.outgoing.extend_from_slice(sequence.bytes());
                        self.dirty = true;
                    }
                    Command::Suspend => {
                        self.suspend()?;
                        self.resize(&mut inputs);
                        inputs.push_back(Input::Resumed);
                    }
                    Command::Edit(edit) => {
                        let edited = self.edit(&edit)?;
                        self.resize(&mut inputs);
                        inputs.push_back(Input::Edited(edited));
                    }
                    Command::Quit => return Err(Exit::Quit),
                }
            }
        }
        Ok(())
    }

    fn repaint(&mut self) {
        self.painter.reset();
        self.dirty = true;
    }

    /// Takes over the terminal's present size.
    fn resize(&mut self, inputs: &mut VecDeque<Input<M>>) {
        let size = size_of(&self.runner.shared.tty);
        if self.terminal.backend().size != size {
            self.terminal.backend_mut().size = size;
            inputs.push_back(Input::Resize(size.width, size.height));
        }
        self.repaint();
    }

    fn after_signals<A: App<Msg = M>>(&mut self, app: &mut A) -> Result<(), Stop> {
        let shared = Arc::clone(&self.runner.shared);
        if let Some(signal) = shared.ending() {
            return Err(Exit::Signal(signal));
        }
        let mut inputs = VecDeque::new();
        if shared.take(CONTINUED) {
            // Somebody else stopped us; the shell has had the terminal meanwhile.
            self.guard.reassert().map_err(|_| Exit::Hangup)?;
            self.resize(&mut inputs);
            inputs.push_back(Input::Resumed);
        } else if !shared.is_active() {
            // A panic of this thread was caught; the hook had left the terminal.
            self.guard.reenter().map_err(|_| Exit::Hangup)?;
            self.repaint();
        }
        // Also when the size is as before: terminals rearrange what they show when it changes back and forth.
        if shared.take(RESIZED) {
            self.resize(&mut inputs);
        }
        for input in inputs {
            self.give(app, input)?;
        }
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Stop> {
        let Loop { guard, runner, .. } = self;
        let outcome = guard.with_suspended(|| {
            let _ = runner.shared.take(CONTINUED);
            kill_current_process_group(Signal::TSTP)?;
            // The stop may reach this thread a moment late, or never.
            let patience = Timespec::try_from(STOP_PATIENCE).ok();
            while !runner.shared.take(CONTINUED) && runner.shared.ending().is_none() {
                let mut fds = [PollFd::new(&runner.sleeper, PollFlags::IN)];
                match poll(&mut fds, patience.as_ref()) {
                    Ok(0) => break,
                    Ok(_) | Err(rustix::io::Errno::INTR) => runner.sleeper.drain(),
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
        let _ = self.runner.shared.take(CONTINUED);
        self.backlog = true;
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Exit::Hangup),
        }
    }

    fn edit(&mut self, edit: &Edit) -> Result<Result<Edited, EditError>, Stop> {
        let Loop { guard, runner, .. } = self;
        let edited = guard
            .with_suspended(|| {
                editor::run(edit, &runner.env, &runner.shared, &runner.sender.waker, &runner.sleeper)
            })
            .map_err(|_| Exit::Hangup);
        let _ = self.runner.shared.take(CONTINUED);
        self.backlog = true;
        edited
    }

    fn draw<A: App<Msg = M>>(&mut self, app: &mut A) -> Result<(), Stop> {
        let mut cursor = None;
        let completed = match self.terminal.draw(|frame| cursor = app.draw(frame)) {
            Ok(completed) => completed,
            Err(never) => match never {},
        };
        self.painter.link(app.links(completed.buffer));
        let frame = self.painter.paint(completed.buffer, cursor);
        self.dirty = false;
        if !self.runner.shared.is_active() {
            // The watchdog is putting the terminal back, or a panic did; the next turn sees to it.
            self.painter.reset();
            self.dirty = true;
            return Ok(());
        }
        if frame.is_empty() && self.outgoing.is_empty() {
            return Ok(());
        }
        let shared = &self.runner.shared;
        let written = if self.outgoing.is_empty() {
            shared.tty.write_all(frame, || shared.ending().is_some())
        } else {
            self.outgoing.splice(0..0, frame.iter().copied());
            let bytes = std::mem::take(&mut self.outgoing);
            shared.tty.write_all(&bytes, || shared.ending().is_some())
        };
        written.map_err(|_| shared.ending().map_or(Exit::Hangup, Exit::Signal))
    }
}

/// A backend that shows nothing: ratatui lays out and the painter sends what changed.
struct Canvas {
    size: Size,
}

impl Backend for Canvas {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, _: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _: P) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
