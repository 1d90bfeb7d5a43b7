//! Somebody who presses keys and reads the screen.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;

use super::stand::Stand;
use super::world::{Ears, Hands, SHARED, World, world};
use crate::api::{Error, Event, Response, Whoami};
use crate::client::Client;
use crate::env::{Clock, Zone};
use crate::tui::app::{App, Setup};
use crate::tui::effect::{CallId, Effect};
use crate::tui::keys::Key;
use crate::tui::layer::{Forms, Job, JobHandle, JobNews};
use crate::tui::msg::{Moment, Msg};
use crate::tui::saved::Saved;
use crate::tui::theme::{Palette, Theme};
use crate::tui::view;

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
    /// What was asked, by name.
    pub(super) asked: Vec<&'static str>,
    ears: Option<Ears>,
    /// The store, where others come in.
    doors: Option<World>,
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
        let hands = Arc::clone(&world.hands);
        let mut robot = Robot::start(client, hands, width, height, Palette::Ansi16, None, Rc::new(Stand));
        robot.doors = Some(world);
        (robot, colleague)
    }

    /// Another user in the same store, at another terminal.
    pub(super) fn colleague(&self, name: &str) -> Robot {
        self.started_by(name, Saved { screen: "contacts".to_owned(), ..Saved::default() })
    }

    /// The program as another user starts it, who left it like this.
    pub(super) fn started_by(&self, name: &str, saved: Saved) -> Robot {
        let (size, forms) = (self.app.ctx.size, Rc::new(Stand));
        let hands = Arc::clone(&self.hands);
        let client = self.doors.as_ref().unwrap().client(name);
        Robot::remembering(client, hands, size.width, size.height, Palette::Ansi16, None, forms, saved)
    }

    /// A store of its own with the forms of the program, seen by a user who hears of others; and another session, the
    /// owner's.
    pub(super) fn listening(user: &str, width: u16, height: u16) -> (Robot, Client) {
        let world = world();
        let colleague = world.client("anna");
        let forms = Rc::new(crate::tui::forms::Overlays::new(None));
        let ears = world.listening(user);
        let client = ears.client();
        let mut robot = Robot::start(client, world.hands, width, height, Palette::Ansi16, None, forms);
        robot.ears = Some(ears);
        robot.send(Msg::Event(Event::Live));
        (robot, colleague)
    }

    /// Takes what the service has to tell.
    pub(super) fn hear(&mut self) -> &mut Robot {
        let events = self.ears.as_ref().unwrap().events();
        for event in events {
            self.send(Msg::Event(event));
        }
        self
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.hands.elapsed()
    }

    /// The number of the question that was held back last.
    pub(super) fn last_call(&self) -> u64 {
        let mut numbers = self.held.iter().filter_map(|effect| match effect {
            Effect::Call { id, .. } => Some(id.0),
            _ => None,
        });
        numbers.next_back().unwrap()
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
        // Whatever the role, tests begin with the contacts.
        let saved = Saved { screen: "contacts".to_owned(), ..Saved::default() };
        Robot::remembering(client, hands, width, height, palette, idle, forms, saved)
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
            calling: crate::tui::call::dial::Calling::default(),
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
            asked: Vec::new(),
            ears: None,
            doors: None,
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
                Effect::Call { id, request, .. } => {
                    self.asked.push(request.name());
                    Msg::Answer(id, self.client.request(request))
                }
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
                Effect::Dial { .. }
                | Effect::Editor { .. }
                | Effect::Client(_)
                | Effect::Suspend
                | Effect::Repaint => continue,
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
