//! The application: one state, changed by [`App::update`], which says what is to be done outside and does nothing itself.

mod act;
mod answer;
mod change;
mod copy;
mod day;
mod drafts;
mod keys;
mod live;
mod places;
mod reason;
mod rights;
mod steps;
mod toasts;
mod views;

pub use places::answers;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use ratatui::layout::Size;
use uuid::Uuid;

use crate::api::{Error, Request};
use crate::domain::draft::{Draft, Form};
use crate::domain::entity::RecordKind;
use crate::domain::schema::Schema;
use crate::env::Zone;
use crate::tui::action::Context;
use crate::tui::call::dial::Calling;
use crate::tui::effect::{CallId, Effect, JobId, Lane};
use crate::tui::grammar::Completer;
use crate::tui::keymap::Keymap;
use crate::tui::keys::Key;
use crate::tui::layer::{Cancel, Ctx, Forms, Layer, Ticket};
use crate::tui::layout::{self, Parts};
use crate::tui::line::Past;
use crate::tui::msg::{Moment, Msg};
use crate::tui::saved::Saved;
use crate::tui::screen::activity::Activity;
use crate::tui::screen::detail::Detail;
use crate::tui::screen::list::List;
use crate::tui::screen::lists::CallLists;
use crate::tui::screen::requests::{OneRequest, Requests};
use crate::tui::screen::today::Today;
use crate::tui::screen::{Asked, Place, Want};
use crate::tui::theme::{Palette, Theme};

pub use toasts::Toast;

/// What may be set from outside.
pub struct Setup {
    /// `[keys]` of the configuration.
    pub keys: BTreeMap<String, Vec<String>>,
    pub theme: Theme,
    /// Whether the surroundings rule colour out, so that no other theme can be chosen.
    pub colourless: bool,
    /// Without a key for so long, the program locks itself.
    pub idle: Option<Duration>,
    pub forms: Rc<dyn Forms>,
    /// Whether commands of the `:` line can be run.
    pub commands: bool,
    /// What could stand at the caret of the `:` line.
    pub completer: Option<Completer>,
    pub saved: Saved,
    pub zone: Zone,
    /// How numbers are dialled.
    pub calling: Calling,
    /// What the program starts with, such as the lock or the first run; a client must come from it.
    pub first: Option<Box<dyn Layer>>,
}

/// Who waits for an answer.
#[derive(Debug)]
enum Asker {
    Screen(Asked),
    Layer(u64, Ticket),
    Whoami,
    Schema,
    /// What the remembered views are.
    Views,
    /// Why a field is as it is.
    Why,
    /// A change, and what to say when it is done.
    Change(String),
    Undo {
        redo: bool,
    },
    /// Something that needs the whole record first.
    Then(act::Then),
    Command(String),
    Editor(u64, Ticket),
    /// What was typed in an earlier run and not saved.
    Drafts,
    /// The record of a form that is taken up again.
    Resume(Draft),
    /// That a draft is kept or forgotten.
    Kept,
    /// The own calls that are not recorded.
    Calls,
    /// The program that dials.
    Dial,
}

#[derive(Debug)]
struct Pending {
    asker: Asker,
    lane: Option<Lane>,
    since: Duration,
}

/// A layer with the number by which its answers find it.
pub(super) struct Laid {
    id: u64,
    /// The layer that opened it.
    parent: Option<u64>,
    pub layer: Box<dyn Layer>,
}

/// Long work, as the panel shows it.
#[derive(Debug)]
pub struct JobState {
    pub id: JobId,
    pub title: String,
    pub done: u64,
    pub total: u64,
    pub cancelling: bool,
    /// What came of it.
    pub ended: Option<Result<String, Error>>,
    cancel: Cancel,
    owner: Option<(u64, Ticket)>,
}

/// How long a pause must be before it is worth a word.
const SLOW: Duration = Duration::from_millis(200);
/// Within this time a second ctrl-C quits.
const TWICE: Duration = Duration::from_secs(2);
/// Most places that one can go back to.
const PLACES: usize = 100;

/// Everything the program shows.
pub struct App {
    pub ctx: Ctx,
    pub keymap: Keymap,
    pub contacts: List,
    pub companies: List,
    pub activity: Activity,
    pub today: Today,
    pub call_lists: CallLists,
    pub requests: Requests,
    pub request: OneRequest,
    pub detail: Option<Detail>,
    pub place: Place,
    /// Keys of a sequence that is not complete.
    pub prefix: Vec<Key>,
    pub jobs: Vec<JobState>,
    /// The cursor of the panel of jobs, where it is open.
    pub jobs_panel: Option<usize>,
    /// Whether the pane beside or below the list is wanted, where somebody has said so: wide and narrow.
    pub pane: (Option<bool>, bool),
    pub(super) layers: Vec<Laid>,
    toasts: Vec<Toast>,
    back: Vec<Place>,
    forward: Vec<Place>,
    forms: Rc<dyn Forms>,
    commands: bool,
    completer: Option<Completer>,
    colourless: bool,
    /// The palette that somebody chose, in this run or before.
    palette: Option<Palette>,
    idle: Option<Duration>,
    calls: BTreeMap<CallId, Pending>,
    next: u64,
    now: Moment,
    last_key: Duration,
    last_cancel: Option<Duration>,
    jumped: String,
    commanded: Past,
    locked: bool,
    /// Whether the store is shared: events come, and others want to know what is open here.
    live: bool,
    /// The server was started on demand and has ended.
    ended: bool,
    /// The layer that offers to start it again.
    restart: Option<u64>,
    /// The record that others were told is open here.
    said_present: Option<Uuid>,
    /// Forms of which the store keeps what was typed; it is forgotten when they are finished.
    kept: BTreeSet<Form>,
    dirty: bool,
    /// The screen one was on when the program ended last; empty when it never ran, and gone once one is there again.
    first_screen: Option<String>,
    /// The second for which a clock was drawn last.
    second: i64,
    effects: Vec<Effect>,
}

impl App {
    /// The state before anything happened, with what is to be done first. Refuses keys that collide.
    pub fn new(setup: Setup, size: Size, now: Moment) -> Result<(App, Vec<Effect>), Error> {
        let keymap = Keymap::new(&setup.keys)?;
        let saved = setup.saved;
        let palette = saved.theme.as_deref().and_then(Palette::named).filter(|_| !setup.colourless);
        let theme = palette.map_or(setup.theme, Theme::new);
        let mut app = App {
            ctx: Ctx {
                schema: Schema::new(&[]),
                identity: None,
                theme,
                size,
                now: now.wall,
                zone: setup.zone,
                calling: setup.calling,
            },
            keymap,
            contacts: List::new(RecordKind::Contact),
            companies: List::new(RecordKind::Company),
            activity: Activity::default(),
            today: Today::default(),
            call_lists: CallLists::default(),
            requests: Requests::default(),
            request: OneRequest::default(),
            detail: None,
            place: match saved.screen.as_str() {
                "today" => Place::Today,
                "call-lists" => Place::CallLists,
                "companies" => Place::Companies,
                "activity" => Place::Activity,
                "requests" => Place::Requests,
                _ => Place::Contacts,
            },
            prefix: Vec::new(),
            jobs: Vec::new(),
            jobs_panel: None,
            pane: (saved.preview, false),
            layers: Vec::new(),
            toasts: Vec::new(),
            back: Vec::new(),
            forward: Vec::new(),
            forms: setup.forms,
            commands: setup.commands,
            completer: setup.completer,
            colourless: setup.colourless,
            palette,
            idle: setup.idle,
            calls: BTreeMap::new(),
            next: 0,
            now,
            last_key: now.elapsed,
            last_cancel: None,
            jumped: String::new(),
            commanded: Past::default(),
            locked: setup.first.is_some(),
            live: false,
            ended: false,
            restart: None,
            said_present: None,
            kept: BTreeSet::new(),
            dirty: true,
            first_screen: Some(saved.screen),
            second: 0,
            effects: Vec::new(),
        };
        app.contacts.sort = saved.sort_contacts;
        app.companies.sort = saved.sort_companies;
        for (list, view) in
            [(&mut app.contacts, saved.view_contacts), (&mut app.companies, saved.view_companies)]
        {
            list.view = views::remembered(&view, &list.sort);
        }
        app.relayout();
        match setup.first {
            Some(first) => app.open_layer(first),
            None => app.enter(),
        }
        let effects = std::mem::take(&mut app.effects);
        Ok((app, effects))
    }

    /// Takes one message; what is to be done outside comes back.
    pub fn update(&mut self, msg: Msg, now: Moment) -> Vec<Effect> {
        self.now = now;
        self.ctx.now = now.wall;
        match msg {
            Msg::Key(key) => {
                self.last_key = now.elapsed;
                self.dirty = true;
                self.key(key);
            }
            Msg::Paste(text) => {
                self.last_key = now.elapsed;
                self.dirty = true;
                self.paste(&text);
            }
            Msg::PasteTooLong => {
                self.fail(Error::usage("that paste is too long; nothing of it was taken"));
            }
            Msg::Resize(size) => {
                self.ctx.size = size;
                self.dirty = true;
                self.relayout();
                self.tell_layers_of_resize();
            }
            Msg::Answer(id, answer) => self.answer(id, answer),
            Msg::Output(id, output) => self.output(id, output),
            Msg::Edited(id, text) => self.edited(id, text),
            Msg::Job(id, news) => self.job_news(id, news),
            Msg::Event(event) => self.event(event),
            Msg::Tick => self.tick(),
        }
        std::mem::take(&mut self.effects)
    }

    /// Whether something that is seen has changed since this was last asked.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// When [`Msg::Tick`] is wanted, counted as [`Moment::elapsed`]: a message to take away, slowness to admit, the
    /// lock, news of others to ask about. `None` when nothing would happen by itself.
    pub fn deadline(&self) -> Option<Duration> {
        let toast = self.toasts.iter().map(|toast| toast.until).min();
        let slow =
            self.calls.values().map(|call| call.since + SLOW).filter(|at| *at > self.now.elapsed).min();
        let lock = self.idle.filter(|_| !self.locked).map(|idle| self.last_key + idle);
        let news = self.list().filter(|_| !self.locked).and_then(|list| list.news_due());
        let second = self.ticks().then(|| {
            let into = u64::try_from(self.now.wall.millis().rem_euclid(1000)).unwrap_or(0);
            self.now.elapsed + Duration::from_millis(1000 - into)
        });
        [toast, slow, lock, news, second].into_iter().flatten().min()
    }

    fn tick(&mut self) {
        let now = self.now.elapsed;
        let toasts = self.toasts.len();
        self.toasts.retain(|toast| toast.until > now);
        self.dirty |= toasts != self.toasts.len();
        self.dirty |= self.is_slow();
        let second = self.now.wall.millis().div_euclid(1000);
        if self.ticks() && self.second != second {
            self.second = second;
            self.dirty = true;
        }
        self.ask_news();
        if self.idle.is_some_and(|idle| !self.locked && now >= self.last_key + idle) {
            self.lock(true);
        }
    }

    /// Whether a clock is shown.
    fn ticks(&self) -> bool {
        !self.locked && self.layers.last().is_some_and(|laid| laid.layer.ticks())
    }

    /// Whether an answer has been waited for so long that the person should know.
    pub fn is_slow(&self) -> bool {
        self.calls.values().any(|call| call.since + SLOW <= self.now.elapsed)
    }

    /// Whether an answer in this lane is on its way.
    pub fn is_coming(&self, lane: Lane) -> bool {
        self.calls.values().any(|call| call.lane == Some(lane))
    }

    /// What is drawn over the screens, the lowest first.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &dyn Layer> {
        self.layers.iter().map(|laid| laid.layer.as_ref())
    }

    pub fn toasts(&self) -> &[Toast] {
        &self.toasts
    }

    pub fn context(&self) -> Context {
        self.place.context()
    }

    /// The list on the screen.
    pub fn list(&self) -> Option<&List> {
        match self.place {
            Place::Contacts => Some(&self.contacts),
            Place::Companies => Some(&self.companies),
            Place::Today
            | Place::CallLists
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => None,
        }
    }

    fn list_mut(&mut self) -> Option<&mut List> {
        match self.place {
            Place::Contacts => Some(&mut self.contacts),
            Place::Companies => Some(&mut self.companies),
            Place::Today
            | Place::CallLists
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => None,
        }
    }

    fn list_of(&mut self, kind: RecordKind) -> &mut List {
        if kind == RecordKind::Company { &mut self.companies } else { &mut self.contacts }
    }

    /// Where things stand on the screen.
    pub fn parts(&self) -> Parts {
        let size = self.ctx.size;
        let wanted = if size.width >= layout::WIDE { self.pane.0 } else { Some(self.pane.1) };
        let paned = match self.place {
            Place::Contacts | Place::Companies | Place::Activity => true,
            Place::Today | Place::CallLists | Place::Requests | Place::Request(_) | Place::Record(..) => {
                false
            }
        };
        layout::parts(size, wanted, paned)
    }

    /// Whether jobs are running.
    pub fn running_jobs(&self) -> usize {
        self.jobs.iter().filter(|job| job.ended.is_none()).count()
    }

    /// Tells each screen how much room it has.
    fn relayout(&mut self) {
        let parts = self.parts();
        let (height, width) = (u64::from(parts.main.height), parts.main.width);
        // Two cells at the left are for the cursor and the marks.
        let columns = width.saturating_sub(3);
        let mut wants = Vec::new();
        match self.place {
            Place::Contacts => wants = self.contacts.resize(height, columns, parts.pane.is_some()),
            Place::Companies => wants = self.companies.resize(height, columns, parts.pane.is_some()),
            Place::Today => self.today.resize(parts.main.height),
            Place::CallLists => self.call_lists.resize(height),
            Place::Requests => self.requests.resize(height),
            Place::Request(_) => self.request.resize(width.saturating_sub(2), parts.main.height, &self.ctx),
            Place::Activity => self.activity.resize(height),
            Place::Record(..) => {
                if let Some(detail) = &mut self.detail {
                    detail.resize(width.saturating_sub(3), parts.main.height, &self.ctx);
                }
            }
        }
        self.ask_all(wants);
    }

    fn ask_all(&mut self, wants: impl IntoIterator<Item = Want>) {
        for want in wants {
            self.ask(Asker::Screen(want.asked), want.lane, want.request);
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn ask(&mut self, asker: Asker, lane: Option<Lane>, request: Request) {
        let id = self.wait(asker, lane);
        self.effects.push(Effect::Call { id, lane, request });
    }

    /// Notes that somebody waits; what waited in the same lane does so no longer.
    fn wait(&mut self, asker: Asker, lane: Option<Lane>) -> CallId {
        let id = CallId(self.fresh());
        if lane.is_some() {
            self.calls.retain(|_, call| call.lane != lane);
        }
        self.calls.insert(id, Pending { asker, lane, since: self.now.elapsed });
        id
    }
}
