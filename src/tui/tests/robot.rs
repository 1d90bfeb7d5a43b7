//! Somebody who presses keys and reads the screen.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;

use crate::api::{Error, Import, Provenance, Response, View, Whoami};
use crate::client::Client;
use crate::client::open::{Local, in_memory};
use crate::domain::contact::NoteKind;
use crate::domain::draft::Draft;
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, Settings, User};
use crate::env::{Clock, Entropy, Env, Ids, Zone};
use crate::service::Service;
use crate::tui::app::{App, Setup};
use crate::tui::effect::{CallId, Effect};
use crate::tui::keys::Key;
use crate::tui::layer::{Ctx, Forms, Hint, Input, Job, JobHandle, JobNews, Layer, Step};
use crate::tui::msg::{Moment, Msg};
use crate::tui::saved::Saved;
use crate::tui::theme::{Palette, Theme};
use crate::tui::view;

/// 2026-06-15T09:30:00Z.
const NOW: i64 = 1_781_515_800_000;

/// A clock that stands still until it is moved.
pub(super) struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOW + self.0.load(Ordering::Relaxed) as i64)
    }
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> uuid::Uuid {
        uuid::Uuid::from_u64_pair(
            0x6f96_19ff_8b86_4d11,
            0xb42d_0000_0000_0000 + self.0.fetch_add(1, Ordering::Relaxed),
        )
    }
}

struct Noise(AtomicU64);

impl Entropy for Noise {
    fn fill(&self, buf: &mut [u8]) {
        for byte in buf {
            let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            *byte = (n ^ (n >> 29) ^ (n >> 43)) as u8;
        }
    }
}

const GIVEN: [&str; 20] = [
    "Anna",
    "José",
    "Søren",
    "Zoë",
    "太郎",
    "Łukasz",
    "Marie-Claire",
    "Ömer",
    "Nguyễn",
    "Olga",
    "Ben",
    "Chloé",
    "Dmitri",
    "Eva",
    "فاطمة",
    "Giulia",
    "Hannes",
    "Ingrid",
    "Jack",
    "Karin",
];
const FAMILY: [&str; 10] = [
    "Schmidt",
    "García",
    "Kierkegaard",
    "Müller",
    "山田",
    "Wójcik",
    "O’Brien",
    "Öztürk",
    "van der Berg",
    "Иванова",
];
const COMPANY: [&str; 7] = [
    "Muster GmbH",
    "Beispiel & Söhne KG",
    "Voorbeeld B.V.",
    "Exemple SARL",
    "株式会社サンプル",
    "Przykład Sp. z o.o.",
    "Ejemplo S.A.",
];

/// Two hundred people who do not exist. Numbers lie in the range Ofcom keeps for fiction.
fn people() -> Vec<Incoming> {
    (0..200_usize)
        .map(|n| {
            let mut fields = vec![
                FieldEdit::text("given_name", GIVEN[n % GIVEN.len()]),
                FieldEdit::text("family_name", FAMILY[n / GIVEN.len() % FAMILY.len()]),
                FieldEdit::text("phones", format!("+44 20 7946 0{:03}", n)),
                FieldEdit::text("emails", format!("person{n}@example.com")),
                FieldEdit::text("external_id", format!("x{n}")),
            ];
            if n % 3 != 2 {
                fields.push(FieldEdit::text("company", COMPANY[n % COMPANY.len()]));
                fields
                    .push(FieldEdit::text("job_title", ["Head of Purchasing", "Einkäuferin", "CTO"][n % 3]));
            }
            if n % 4 == 0 {
                fields.push(FieldEdit::text("tags", "fair, berlin"));
            }
            let notes = if n % 10 == 0 {
                vec![format!("Asked for an offer, lot {n}.\nCall again in May.")]
            } else {
                Vec::new()
            };
            Incoming { row: n as u64 + 1, fields, notes }
        })
        .collect()
}

struct World {
    service: Arc<Service>,
    hands: Arc<Hands>,
}

fn world() -> World {
    let hands = Arc::new(Hands(AtomicU64::new(0)));
    let env = Env {
        clock: Arc::clone(&hands) as Arc<dyn Clock>,
        entropy: Arc::new(Noise(AtomicU64::new(7))),
        ids: Arc::new(Counted(AtomicU64::new(1))),
    };
    let settings =
        Settings { controller: "Muster GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
    let user = |name: &str, role: Role| User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        ..User::default()
    };
    let service =
        in_memory(settings, vec![user("anna", Role::Owner), user("ben", Role::Rep)], true, &env).unwrap();
    let world = World { service, hands };
    let provenance = Provenance {
        source: "trade fair".into(),
        supplier: String::new(),
        basis: "consent".into(),
        reason: "asked to be called".into(),
        country: "GB".into(),
        tags: Vec::new(),
    };
    let report = world.client("anna").call(Import { rows: people(), provenance, dry_run: false }).unwrap();
    let rejected: Vec<_> = report.rows.iter().filter(|row| row.id.is_none()).collect();
    assert!(rejected.is_empty(), "{rejected:?}");
    world
}

impl World {
    fn client(&self, unix: &str) -> Client {
        let session = self.service.session_of(unix).unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&self.service), session, None)))
    }
}

/// Building two hundred people takes a while; tests that only look share them.
static SHARED: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(world()));

/// A layer that says what it was opened for.
struct Named {
    name: String,
    covers: bool,
}

impl Layer for Named {
    fn update(&mut self, input: Input, _: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) if key == Key::char('!') => vec![Step::Close],
            _ => Vec::new(),
        }
    }
    fn draw(&self, buf: &mut Buffer, area: Rect, _: &Ctx) -> Option<Position> {
        buf.set_string(area.x, area.y, &self.name, Style::new());
        None
    }
    fn hints(&self, _: &Ctx) -> Vec<Hint> {
        Vec::new()
    }
    fn opaque(&self) -> bool {
        self.covers
    }
}

struct Stand;

fn named(name: String) -> Box<dyn Layer> {
    Box::new(Named { name, covers: false })
}

impl Forms for Stand {
    fn add(&self, kind: RecordKind, known: &[(FieldKey, String)], _: &Ctx) -> Box<dyn Layer> {
        named(format!("<add {kind} {known:?}>"))
    }
    fn edit(&self, view: &View, field: Option<FieldKey>, ctx: &Ctx) -> Box<dyn Layer> {
        let name = field.and_then(|key| ctx.schema.by_key(view.kind, key)).map(|field| field.name.clone());
        named(format!("<edit {} {} of {} fields>", view.title, name.unwrap_or_default(), view.fields.len()))
    }
    fn edit_as_text(&self, view: &View, _: &Ctx) -> Box<dyn Layer> {
        named(format!("<text {}>", view.title))
    }
    fn note(&self, contact: &View, kind: NoteKind, _: &Ctx) -> Box<dyn Layer> {
        named(format!("<{kind} {}>", contact.title))
    }
    fn edit_note(&self, _: &View, _: &Ctx) -> Box<dyn Layer> {
        named("<edit note>".into())
    }
    fn resume(&self, draft: &Draft, view: Option<&View>, _: &Ctx) -> Box<dyn Layer> {
        let title = view.map_or("", |view| &view.title);
        named(format!("<resume {} {title} {:?}>", draft.form.kind, draft.texts))
    }
    fn import(&self, _: &Ctx) -> Box<dyn Layer> {
        named("<import>".into())
    }
    fn lock(&self, _: &Ctx) -> Option<Box<dyn Layer>> {
        Some(Box::new(Named { name: "<locked>".into(), covers: true }))
    }
}

struct Never;

impl JobHandle for Never {
    fn progress(&self, _: u64, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// The robot. What the application wants done is done at once, unless `hold` is set.
pub(super) struct Robot {
    pub(super) app: App,
    client: Client,
    hands: Arc<Hands>,
    pub(super) copied: Vec<String>,
    pub(super) quit: bool,
    pub(super) saved: Option<Saved>,
    pub(super) hold: bool,
    held: VecDeque<Effect>,
}

impl Robot {
    /// A store that other tests look at as well: nothing may be changed in it.
    pub(super) fn new(width: u16, height: u16) -> Robot {
        let world = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Robot::start(
            world.client("anna"),
            Arc::clone(&world.hands),
            width,
            height,
            Palette::Ansi16,
            None,
            Rc::new(Stand),
        )
    }

    /// A store of its own.
    pub(super) fn alone(width: u16, height: u16) -> Robot {
        let world = world();
        Robot::start(world.client("anna"), world.hands, width, height, Palette::Ansi16, None, Rc::new(Stand))
    }

    /// A store of its own, and another session in it.
    pub(super) fn with_colleague(width: u16, height: u16) -> (Robot, Client) {
        let world = world();
        let colleague = world.client("anna");
        let client = world.client("anna");
        let robot = Robot::start(client, world.hands, width, height, Palette::Ansi16, None, Rc::new(Stand));
        (robot, colleague)
    }

    /// A store of its own, and the forms of the program.
    pub(super) fn with_forms(width: u16, height: u16) -> Robot {
        let world = world();
        let forms = Rc::new(crate::tui::forms::Overlays::new(None));
        Robot::start(world.client("anna"), world.hands, width, height, Palette::Ansi16, None, forms)
    }

    /// A store of its own that can be locked, and the forms of the program.
    pub(super) fn with_lock(vault: Arc<dyn crate::tui::lock::Vault>) -> Robot {
        let world = world();
        let forms = Rc::new(crate::tui::forms::Overlays::new(Some(vault)));
        Robot::start(world.client("anna"), world.hands, 80, 24, Palette::Ansi16, None, forms)
    }

    pub(super) fn with(palette: Palette, idle: Option<Duration>) -> Robot {
        let world = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Robot::start(
            world.client("anna"),
            Arc::new(Hands(AtomicU64::new(0))),
            80,
            24,
            palette,
            idle,
            Rc::new(Stand),
        )
    }

    fn start(
        client: Client,
        hands: Arc<Hands>,
        width: u16,
        height: u16,
        palette: Palette,
        idle: Option<Duration>,
        forms: Rc<dyn Forms>,
    ) -> Robot {
        Robot::remembering(client, hands, width, height, palette, idle, forms, Saved::default())
    }

    /// The program started again, in the same store.
    pub(super) fn again(&self, saved: Saved) -> Robot {
        let (client, hands, size) = (self.client.clone(), Arc::clone(&self.hands), self.app.ctx.size);
        let forms = Rc::new(Stand);
        Robot::remembering(client, hands, size.width, size.height, Palette::Ansi16, None, forms, saved)
    }

    fn remembering(
        client: Client,
        hands: Arc<Hands>,
        width: u16,
        height: u16,
        palette: Palette,
        idle: Option<Duration>,
        forms: Rc<dyn Forms>,
        saved: Saved,
    ) -> Robot {
        let setup = Setup {
            keys: BTreeMap::new(),
            theme: Theme::new(palette),
            colourless: palette == Palette::Mono,
            idle,
            forms,
            commands: true,
            completer: None,
            saved,
            zone: Zone::UTC,
            first: None,
        };
        let now = Moment { wall: hands.now(), elapsed: hands.elapsed() };
        let (app, effects) = App::new(setup, Size { width, height }, now).unwrap();
        let mut robot = Robot {
            app,
            client,
            hands,
            copied: Vec::new(),
            quit: false,
            saved: None,
            hold: false,
            held: VecDeque::new(),
        };
        robot.perform(effects);
        robot
    }

    /// The terminal goes away; somebody starts the program again.
    pub(super) fn hang_up(mut self) -> Robot {
        let effects = self.app.leave();
        self.perform(effects);
        self.start_again()
    }

    /// The process is gone without a word; somebody starts the program again.
    pub(super) fn start_again(self) -> Robot {
        let (size, forms) = (self.app.ctx.size, Rc::new(crate::tui::forms::Overlays::new(None)));
        Robot::start(self.client, self.hands, size.width, size.height, Palette::Ansi16, None, forms)
    }

    fn now(&self) -> Moment {
        Moment { wall: self.hands.now(), elapsed: self.hands.elapsed() }
    }

    pub(super) fn send(&mut self, msg: Msg) -> &mut Robot {
        let effects = self.app.update(msg, self.now());
        self.perform(effects);
        self
    }

    /// Does what is waiting.
    pub(super) fn release(&mut self) -> &mut Robot {
        self.hold = false;
        let held: Vec<Effect> = self.held.drain(..).collect();
        self.perform(held);
        self
    }

    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut effects: VecDeque<Effect> = effects.into();
        while let Some(effect) = effects.pop_front() {
            if self.hold {
                self.held.push_back(effect);
                continue;
            }
            let msg = match effect {
                Effect::Call { id, request, .. } => Msg::Answer(id, self.client.request(request)),
                Effect::Job { id, job: Job { work, .. }, .. } => {
                    Msg::Job(id, JobNews::Ended(work(Some(&self.client), &Never)))
                }
                Effect::Command { id, words } => {
                    Msg::Output(id, Ok(format!("you said {words}\nsecond line")))
                }
                Effect::Copy(text) => {
                    self.copied.push(text);
                    continue;
                }
                Effect::Quit => {
                    self.quit = true;
                    continue;
                }
                Effect::Save(saved) => {
                    self.saved = Some(saved);
                    continue;
                }
                Effect::Editor { .. } | Effect::Client(_) | Effect::Suspend | Effect::Repaint => continue,
            };
            effects.extend(self.app.update(msg, self.now()));
        }
    }

    /// Presses keys, separated by spaces.
    pub(super) fn press(&mut self, keys: &str) -> &mut Robot {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().unwrap();
            self.send(Msg::Key(key));
        }
        self
    }

    /// Types a text, letter by letter.
    pub(super) fn type_in(&mut self, text: &str) -> &mut Robot {
        for c in text.chars() {
            self.send(Msg::Key(Key::char(c)));
        }
        self
    }

    pub(super) fn wait(&mut self, time: Duration) -> &mut Robot {
        self.hands.0.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
        self.send(Msg::Tick)
    }

    pub(super) fn answer(&mut self, id: u64, answer: Result<Response, Error>) -> &mut Robot {
        self.send(Msg::Answer(CallId(id), answer))
    }

    /// As after the time without a key.
    pub(super) fn lock(&mut self) -> &mut Robot {
        self.app.lock(true);
        let effects = self.app.leave();
        self.perform(effects);
        self
    }

    pub(super) fn whoami(&self) -> String {
        self.client.call(Whoami {}).unwrap().name
    }

    pub(super) fn buffer(&self) -> (Buffer, Option<Position>) {
        let size = self.app.ctx.size;
        let mut buf = Buffer::empty(Rect { x: 0, y: 0, width: size.width, height: size.height });
        let cursor = view::draw(&self.app, &mut buf);
        (buf, cursor)
    }

    /// The lines of the screen.
    pub(super) fn lines(&self) -> Vec<String> {
        let (buf, _) = self.buffer();
        (buf.area.top()..buf.area.bottom()).map(|y| line(&buf, y)).collect()
    }

    pub(super) fn screen(&self) -> String {
        self.lines().join("\n")
    }

    /// The text of the screen, where the cursor is, and which stretches are not plain.
    pub(super) fn picture(&self) -> String {
        let (buf, cursor) = self.buffer();
        let mut out = String::new();
        for y in buf.area.top()..buf.area.bottom() {
            out.push_str(&format!("{}\n", line(&buf, y)));
        }
        if let Some(at) = cursor {
            out.push_str(&format!("cursor {},{}\n", at.x, at.y));
        }
        for y in buf.area.top()..buf.area.bottom() {
            let mut x = buf.area.left();
            while x < buf.area.right() {
                let style = buf[(x, y)].style();
                let start = x;
                while x < buf.area.right() && buf[(x, y)].style() == style {
                    x += 1;
                }
                let plain = Style::reset();
                if style.fg != plain.fg || style.bg != plain.bg || !style.add_modifier.is_empty() {
                    out.push_str(&format!(
                        "{y}:{start}-{} {:?} {:?}\n",
                        x - 1,
                        style.fg.unwrap_or_default(),
                        style.add_modifier
                    ));
                }
            }
        }
        out
    }

    pub(super) fn styles_of_row(&self, y: u16) -> Vec<Style> {
        let (buf, _) = self.buffer();
        (0..buf.area.width).map(|x| buf[(x, y)].style()).collect()
    }

    pub(super) fn cursor(&self) -> Option<Position> {
        self.buffer().1
    }

    /// Expects these texts on the screen.
    #[track_caller]
    pub(super) fn see(&mut self, texts: &[&str]) -> &mut Robot {
        let screen = self.screen();
        for text in texts {
            assert!(screen.contains(text), "{text:?} is not on the screen:\n{screen}");
        }
        self
    }

    #[track_caller]
    pub(super) fn not_see(&mut self, text: &str) -> &mut Robot {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} is on the screen:\n{screen}");
        self
    }
}

/// A row of cells as text; the second cell of a wide character is not there.
fn line(buf: &Buffer, y: u16) -> String {
    let mut out = String::new();
    let mut skip = 0;
    for x in buf.area.left()..buf.area.right() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let symbol = buf[(x, y)].symbol();
        out.push_str(symbol);
        skip = crate::tui::text::width(symbol).saturating_sub(1);
    }
    out.trim_end().to_owned()
}
