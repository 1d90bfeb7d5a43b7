//! What an application is to the loop, and the loop to an application.

use std::sync::mpsc;
use std::time::Duration;

use ratatui::layout::Position;

use super::editor::{Edit, EditError, Edited};
use super::input::Limits;
use super::painter::Link;
use super::wake::Waker;
use crate::tui::keys::Key;
use crate::tui::osc::Sequence;

/// An application: state that turns input into other state, and draws itself.
pub trait App {
    /// What worker threads send.
    type Msg: Send;
    /// Takes one input and says what is to follow.
    fn update(&mut self, input: Input<Self::Msg>) -> Flow;
    /// Draws everything, and says where the terminal's cursor belongs: the input's caret or the focused row.
    fn draw(&mut self, frame: &mut ratatui::Frame<'_>) -> Option<Position>;
    /// Which stretches of the frame are links.
    fn links(&self, frame: &ratatui::buffer::Buffer) -> Vec<Link> {
        let _ = frame;
        Vec::new()
    }
    /// Begins what the inputs led to and takes processor time. It is called after the frame that shows the inputs, so that
    /// a letter is on the screen before what it searches for is looked up; at once, when that frame has to wait.
    fn begin(&mut self) {}
    /// When [`Input::Deadline`] is wanted, as a point of the clock's `elapsed()`.
    fn next_deadline(&self) -> Option<Duration>;
}

/// What can happen to an application.
#[derive(Debug)]
pub enum Input<M> {
    Key(Key),
    /// A whole paste; it is text, never commands.
    Paste(String),
    /// A paste beyond [`Options::paste_limit`]; nothing of it was kept.
    PasteTooLong,
    /// Columns and rows; the first input there is.
    Resize(u16, u16),
    Focus(bool),
    Message(M),
    /// The time of `next_deadline` has come.
    Deadline,
    /// The answer to [`Command::Edit`].
    Edited(Result<Edited, EditError>),
    /// The process was stopped and goes on; time has passed.
    Resumed,
    /// The terminal is gone. The loop ends after this update, the process within 0.9 s.
    Hangup,
    /// The process was told to end. The loop ends after this update, the process within 0.9 s.
    Terminate,
}

/// What follows an input.
#[derive(Debug, Default)]
#[must_use]
pub struct Flow {
    pub(super) redraw: bool,
    pub(super) commands: Vec<Command>,
}

impl Flow {
    /// Nothing changed that can be seen.
    pub fn idle() -> Flow {
        Flow::default()
    }

    /// Something changed; a frame is due.
    pub fn redraw() -> Flow {
        Flow { redraw: true, commands: Vec::new() }
    }

    /// Ends the loop.
    pub fn quit() -> Flow {
        Flow::idle().and(Command::Quit)
    }

    /// Adds something to be done, in order.
    pub fn and(mut self, command: Command) -> Flow {
        self.commands.push(command);
        self
    }

    pub fn wants_redraw(&self) -> bool {
        self.redraw
    }

    pub fn commands(&self) -> &[Command] {
        &self.commands
    }
}

/// What an application can have done to the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Draws everything anew, as after ctrl-L.
    Repaint,
    /// Sends a sequence with the next frame.
    Send(Sequence),
    /// Stops the process until the shell continues it.
    Suspend,
    /// Runs the editor; [`Input::Edited`] follows.
    Edit(Edit),
    Quit,
}

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The application wanted to.
    Quit,
    /// The terminal went away.
    Hangup,
    /// This signal came.
    Signal(i32),
}

impl Exit {
    /// The exit code of the process: 0, or 128 plus the signal as shells have it.
    pub fn code(self) -> u8 {
        match self {
            Exit::Quit => 0,
            Exit::Hangup => 129,
            Exit::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

/// What may be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a lone ESC is held back for the rest of a sequence.
    pub escape_delay: Duration,
    /// Most bytes of one paste.
    pub paste_limit: usize,
    /// Whether to ask for [`Input::Focus`].
    pub focus: bool,
    /// The window's title, from [`crate::tui::osc::title`]; the former one comes back at the end.
    pub title: Option<Sequence>,
    /// Shortest time between two frames.
    pub frame_interval: Duration,
}

impl Default for Options {
    fn default() -> Options {
        let limits = Limits::default();
        Options {
            escape_delay: limits.escape_delay,
            paste_limit: limits.paste,
            focus: false,
            title: None,
            frame_interval: Duration::from_millis(33),
        }
    }
}

/// Sends messages into the loop from other threads.
#[derive(Debug)]
pub struct Sender<M> {
    pub(super) channel: mpsc::Sender<M>,
    pub(super) waker: Waker,
}

impl<M> Clone for Sender<M> {
    fn clone(&self) -> Sender<M> {
        Sender { channel: self.channel.clone(), waker: self.waker.clone() }
    }
}

impl<M> Sender<M> {
    /// Delivers `message` as [`Input::Message`]; false when the loop has ended.
    pub fn send(&self, message: M) -> bool {
        let sent = self.channel.send(message).is_ok();
        self.waker.wake();
        sent
    }
}
