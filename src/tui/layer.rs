//! The contract between the application and what lies over its screens: forms, editors, pickers, the lock.
//!
//! A layer has all keys while it is the topmost one. It is a state machine without I/O: [`Layer::update`] takes one
//! [`Input`] and answers with [`Step`]s, which the application carries out; [`Layer::draw`] only draws. Whatever takes
//! time is a [`Step::Call`] or a [`Step::Job`]; its result comes back as an input with the ticket that the layer gave
//! it. Tickets are the layer's own: two layers may use the same numbers. What comes back for a layer that was
//! closed meanwhile is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use uuid::Uuid;

use crate::api::{Error, Identity, Request, Response, View, ViewInfo};
use crate::client::Client;
use crate::domain::contact::NoteKind;
use crate::domain::draft::{Draft, Form};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::schema::Schema;
use crate::domain::time::Timestamp;
use crate::env::Zone;
use crate::tui::action::Action;
use crate::tui::call::dial::Calling;
use crate::tui::keys::Key;
use crate::tui::theme::{Palette, Theme};

/// A number by which a layer recognises an answer to its own question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// What screens and layers may look at and not change.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub schema: Schema,
    /// Absent before a store is open.
    pub identity: Option<Identity>,
    pub theme: Theme,
    /// The whole terminal.
    pub size: Size,
    pub now: Timestamp,
    /// The zone in which times are shown and read.
    pub zone: Zone,
    /// How numbers are dialled.
    pub calling: Calling,
}

/// What reaches a layer.
#[derive(Debug)]
pub enum Input {
    /// Every key but ctrl-c, ctrl-z and ctrl-l.
    Key(Key),
    /// A paste as a whole. It never submits.
    Paste(String),
    /// Ctrl-C: stop what runs, or close. A second one within two seconds quits the program.
    Cancel,
    /// The answer to [`Step::Call`].
    Answer(Ticket, Result<Response, Error>),
    /// The text of [`Step::Editor`] as it was saved; an error when the editor failed.
    Edited(Ticket, Result<String, Error>),
    /// News of [`Step::Job`].
    Job(Ticket, JobNews),
    /// A layer that this one opened has closed: with what it gave to [`Step::CloseWith`], or with nothing.
    Child(Option<String>),
    /// The terminal has another size; `Ctx::size` has it.
    Resized,
}

/// What a layer wants done, in order.
pub enum Step {
    /// Takes the layer away.
    Close,
    /// Takes the layer away, and hands the layer below [`Input::Child`] with this text.
    CloseWith(String),
    /// Puts a layer on top of this one.
    Open(Box<dyn Layer>),
    /// Asks the service, on another thread.
    Call(Ticket, Request),
    /// Like [`Step::Call`]; what this layer asked so before with the same ticket and was not answered is dropped.
    Latest(Ticket, Request),
    /// Long work on another thread, listed in the panel of jobs, where it can be cancelled.
    Job(Ticket, Job),
    /// Asks a job to end.
    CancelJob(Ticket),
    /// Has `$EDITOR` edit the text; the file's name ends in `.suffix`.
    Editor {
        ticket: Ticket,
        text: String,
        suffix: &'static str,
    },
    /// Puts a text into the terminal's clipboard.
    Copy(String),
    /// Runs the person's own program for dialling: the program and its arguments.
    Dial(Vec<String>),
    Toast(Level, String),
    /// Shows an error with its hint.
    Fail(Error),
    /// Records have changed: what is on the screen is asked for again.
    Changed,
    /// Opens a record in the detail view, once this layer is closed.
    Show(RecordKind, Uuid),
    /// From now on requests go to this client: the store was created or unlocked.
    Enter(Client),
    /// Lets go of the client, so that an embedded store closes: the program is locked.
    Leave,
    /// Something that the screens do.
    Run(Intent),
    Quit,
}

/// What a layer can have the screens do.
#[derive(Clone, PartialEq, Debug)]
pub enum Intent {
    Act(Action),
    /// Orders the list: as in a request.
    Sort(String),
    /// Puts a query into the search box.
    Search(String),
    /// Shows the list as a view has it, or as it is without one.
    View(Option<Box<ViewInfo>>),
    New(RecordKind),
    /// Shows the record as it stood, or as it is now.
    AsOf(Option<Timestamp>),
    Theme(Palette),
    /// Copies a text, and says what it was.
    Copy {
        text: String,
        what: &'static str,
    },
    /// Runs a command of the `:` line.
    Words(String),
    /// Carries out a change, and says this when it is done.
    Change {
        request: Request,
        done: String,
    },
    /// What was typed in the palette, for doing it again.
    Jumped(String),
    /// Takes the marks away: what they were for is done.
    Unmark,
    /// Goes on with a form that was left without saving.
    Resume(Draft),
    /// Forgets what was typed into it.
    Discard(Form),
}

/// How loud a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Done,
    Info,
    Warning,
    Error,
}

/// A key and what it does here, for the footer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    pub key: String,
    pub text: String,
}

impl Hint {
    pub fn new(key: impl Into<String>, text: impl Into<String>) -> Hint {
        Hint { key: key.into(), text: text.into() }
    }
}

/// Something that lies over the screens and has the keys.
pub trait Layer {
    /// Takes one input; says what shall be done.
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step>;

    /// Draws into `area`, which was cleared (the frame is its own), and says where the cursor is: on the focused row or in the focused text.
    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position>;

    /// The part of the screen it wants. `body` is everything above the footer.
    fn place(&self, body: Rect) -> Rect {
        body
    }

    /// Keys for the footer, the most important first.
    fn hints(&self, ctx: &Ctx) -> Vec<Hint>;

    /// Whether something would be lost if the program ended now; quitting then asks.
    fn unsaved(&self) -> bool {
        false
    }

    /// Which form this is, if what is typed into it shall survive the end of the program.
    fn form(&self) -> Option<Form> {
        None
    }

    /// What was typed into it and is not saved.
    fn draft(&self) -> Option<Draft> {
        None
    }

    /// Whom it is about, so that it is told when others change something there.
    fn about(&self) -> Option<Uuid> {
        None
    }

    /// Somebody else changed something about the record that [`Layer::about`] names.
    fn elsewhere(&mut self, ctx: &Ctx) -> Vec<Step> {
        let _ = ctx;
        Vec::new()
    }

    /// Whether it shows a clock, and so is drawn again each second.
    fn ticks(&self) -> bool {
        false
    }

    /// What is to be asked of the store when the program ends, or locks itself, with this layer open.
    fn parting(&self) -> Option<Request> {
        None
    }

    /// A text on its screen that is a link, and where it leads.
    fn link(&self) -> Option<(String, String)> {
        None
    }

    /// Whether nothing beneath may be seen or reached, not even by ctrl-c twice: the lock.
    fn opaque(&self) -> bool {
        false
    }

    /// What is called after it is opened, to ask for what it shows.
    fn start(&mut self, ctx: &Ctx) -> Vec<Step> {
        let _ = ctx;
        Vec::new()
    }
}

/// Long work on another thread.
pub struct Job {
    /// What a person reads in the panel of jobs, such as "Importing leads.csv".
    pub title: String,
    pub work: Work,
}

/// What a job does. It gets no client when no store is open. What it gives back is the sentence shown at its end.
pub type Work = Box<dyn FnOnce(Option<&Client>, &dyn JobHandle) -> Result<String, Error> + Send>;

/// The side of a job that faces its work.
pub trait JobHandle: Send + Sync {
    /// Says how far it is. `total` is 0 when that is unknown. As often as one likes: it is thinned out.
    fn progress(&self, done: u64, total: u64);
    /// Whether to end; what was begun is finished or taken back first.
    fn cancelled(&self) -> bool;
}

/// How a job is doing.
#[derive(Clone, Debug)]
pub enum JobNews {
    Progress { done: u64, total: u64 },
    Ended(Result<String, Error>),
}

/// A flag that asks a job to end.
#[derive(Clone, Default, Debug)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The layers that screens open. Made elsewhere; a screen only says which it wants.
pub trait Forms {
    /// A new record, with what is known already, such as a contact's company.
    fn add(&self, kind: RecordKind, known: &[(FieldKey, String)], ctx: &Ctx) -> Box<dyn Layer>;
    /// All fields of a record, the cursor on one.
    fn edit(&self, view: &View, field: Option<FieldKey>, ctx: &Ctx) -> Box<dyn Layer>;
    /// All fields of a record as a text in `$EDITOR`. It opens the editor from its [`Layer::start`].
    fn edit_as_text(&self, view: &View, ctx: &Ctx) -> Box<dyn Layer>;
    /// A note about a contact, or an activity.
    fn note(&self, contact: &View, kind: NoteKind, ctx: &Ctx) -> Box<dyn Layer>;
    /// Changes a note.
    fn edit_note(&self, note: &View, ctx: &Ctx) -> Box<dyn Layer>;
    /// Choosing a file, mapping its columns, preview, import.
    fn import(&self, ctx: &Ctx) -> Box<dyn Layer>;
    /// The form with what was typed into it and not saved. `view` is the record that is edited, or the contact a note is
    /// about; there is none for a new record.
    fn resume(&self, draft: &Draft, view: Option<&View>, ctx: &Ctx) -> Box<dyn Layer>;
    /// What was typed into forms that are gone, and not saved.
    fn drafts(&self) -> Vec<Draft> {
        Vec::new()
    }
    /// What covers everything until the store is unlocked. `None` when there is nothing to unlock, as in the demo.
    fn lock(&self, ctx: &Ctx) -> Option<Box<dyn Layer>>;
    /// What starts a server again that was started on demand and has ended. `None` when that is not possible from here.
    fn restart(&self, ctx: &Ctx) -> Option<Box<dyn Layer>>;
}
