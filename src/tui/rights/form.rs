//! A small form: a few lines and choices, and one request that follows. Nothing is chosen beforehand.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::{Request, Response};
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const SENT: Ticket = Ticket(1);
/// Cells for what a slot is called.
const LABEL: u16 = 16;

enum Kind {
    Text(Line),
    /// Words, and which is chosen.
    Choice(&'static [&'static str], Option<usize>),
}

/// Something to be typed or chosen.
pub struct Slot {
    /// As an error of the service names it.
    name: &'static str,
    label: &'static str,
    help: &'static str,
    kind: Kind,
}

impl Slot {
    pub fn text(name: &'static str, label: &'static str, help: &'static str) -> Slot {
        Slot { name, label, help, kind: Kind::Text(Line::default()) }
    }

    pub fn choice(name: &'static str, label: &'static str, words: &'static [&'static str]) -> Slot {
        let help = "left and right choose, or the first letter";
        Slot { name, label, help, kind: Kind::Choice(words, None) }
    }

    fn value(&self) -> String {
        match &self.kind {
            Kind::Text(line) => line.text().trim().to_owned(),
            Kind::Choice(words, at) => {
                at.and_then(|at| words.get(at)).map(|word| (*word).to_owned()).unwrap_or_default()
            }
        }
    }
}

/// What was typed and chosen, by the names of the slots.
pub struct Given(Vec<(&'static str, String)>);

impl Given {
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(one, _)| *one == name).map_or("", |(_, text)| text)
    }
}

/// What is wrong with what was given: the slot, and what to do.
pub type Wrong = (&'static str, String);
/// Makes a request of what was given.
pub type Make = Box<dyn Fn(&Given) -> Result<Request, Wrong>>;
/// What is said when it is done, and what to look at besides; nothing where it is another answer.
pub type Told = fn(Response) -> Option<(String, Vec<String>)>;

/// The form.
pub struct RightsForm {
    title: String,
    /// What holds for it, above the slots.
    about: String,
    slots: Vec<Slot>,
    at: usize,
    make: Make,
    told: Told,
    sent: bool,
    fault: Option<String>,
}

impl RightsForm {
    pub fn new(title: String, about: &str, slots: Vec<Slot>, make: Make, told: Told) -> RightsForm {
        RightsForm { title, about: about.to_owned(), slots, at: 0, make, told, sent: false, fault: None }
    }

    fn wrong(&mut self, name: &str, why: String) {
        if let Some(at) = self.slots.iter().position(|slot| slot.name == name) {
            self.at = at;
        }
        self.fault = Some(why);
    }

    fn send(&mut self) -> Vec<Step> {
        let given = Given(self.slots.iter().map(|slot| (slot.name, slot.value())).collect());
        match (self.make)(&given) {
            Ok(request) => {
                self.sent = true;
                vec![Step::Call(SENT, request)]
            }
            Err((name, why)) => {
                self.wrong(name, why);
                Vec::new()
            }
        }
    }

    fn turn(&mut self, forward: bool) {
        let many = self.slots.len().max(1);
        self.at = (self.at + if forward { 1 } else { many - 1 }) % many;
    }

    fn key(&mut self, key: Key) -> Vec<Step> {
        if self.sent {
            // What was sent is being done; its answer is waited for.
            return Vec::new();
        }
        self.fault = None;
        let last = self.at + 1 >= self.slots.len();
        match key.code() {
            Code::Esc => return vec![Step::Close],
            Code::Char('s') if key.mods().ctrl => return self.send(),
            Code::Enter if last => return self.send(),
            Code::Tab if key.mods().shift => self.turn(false),
            Code::Enter | Code::Tab | Code::Down => self.turn(true),
            Code::Up => self.turn(false),
            code => {
                let Some(slot) = self.slots.get_mut(self.at) else { return Vec::new() };
                match &mut slot.kind {
                    Kind::Text(line) => {
                        line.key(key);
                    }
                    Kind::Choice(words, at) => choose(words, at, code, key),
                }
            }
        }
        Vec::new()
    }

    fn room(&self, width: u16) -> Vec<String> {
        if self.about.is_empty() {
            return Vec::new();
        }
        text::wrap(&text::clean(&self.about), usize::from(width.max(8)))
    }
}

/// Chooses a word: the next, the one before, or the next with this letter.
fn choose(words: &[&str], at: &mut Option<usize>, code: Code, key: Key) {
    let many = words.len();
    if many == 0 {
        return;
    }
    match code {
        Code::Right | Code::Char(' ') => *at = Some(at.map_or(0, |at| (at + 1) % many)),
        Code::Left => *at = Some(at.map_or(many - 1, |at| (at + many - 1) % many)),
        Code::Backspace | Code::Delete => *at = None,
        _ => {
            let Some(letter) = key.typed() else { return };
            let from = at.map_or(0, |at| at + 1);
            let found = (0..many)
                .map(|n| (from + n) % many)
                .find(|n| words.get(*n).is_some_and(|word| word.starts_with(letter.to_ascii_lowercase())));
            *at = found.or(*at);
        }
    }
}

impl Layer for RightsForm {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => return self.key(key),
            Input::Cancel => return vec![Step::Close],
            Input::Paste(words) => {
                if let Some(Slot { kind: Kind::Text(line), .. }) = self.slots.get_mut(self.at)
                    && !self.sent
                    && !line.paste(&words)
                {
                    self.fault = Some("that is too long; its end was left out".to_owned());
                }
            }
            Input::Answer(SENT, Ok(response)) => {
                let Some((done, warnings)) = (self.told)(response) else {
                    self.sent = false;
                    self.fault = Some("the store answered another question".to_owned());
                    return Vec::new();
                };
                let mut steps = vec![Step::Toast(Level::Done, done)];
                if !warnings.is_empty() {
                    steps.push(Step::Toast(Level::Warning, warnings.join("; ")));
                }
                steps.extend([Step::Changed, Step::CloseWith("done".to_owned())]);
                return steps;
            }
            Input::Answer(_, Err(error)) => {
                self.sent = false;
                let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                let name = error.field.unwrap_or_default();
                self.wrong(&name, format!("{}{hint}", error.message));
            }
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, &text::clean(&self.title), theme);
        let mut y = inner.y;
        for line in self.room(inner.width) {
            paint::put(buf, inner.x, y, inner.width, &line, theme.style(Tone::Dim));
            y += 1;
        }
        y += u16::from(!self.about.is_empty());
        let mut caret = None;
        for (n, slot) in self.slots.iter().enumerate() {
            if y >= inner.bottom() {
                break;
            }
            let on = n == self.at;
            let sign = if on { theme.mark(Tone::Selection) } else { "  " };
            let label = format!("{}{}", text::pad(sign, 2, text::Align::Left), slot.label);
            let style = theme.style(if on { Tone::Focus } else { Tone::Dim });
            paint::put(buf, inner.x, y, LABEL, &label, style);
            let room = Rect { x: inner.x + LABEL, y, width: inner.width.saturating_sub(LABEL), height: 1 };
            match &slot.kind {
                Kind::Text(line) => {
                    let at = paint::field(buf, room, "", line, theme);
                    caret = if on { at } else { caret };
                }
                Kind::Choice(words, at) => {
                    let chosen = at.and_then(|at| words.get(at)).map(|word| word.replace('_', " "));
                    let shown = chosen.unwrap_or_else(|| "nothing chosen".to_owned());
                    let tone = if at.is_some() { Tone::Text } else { Tone::Dim };
                    paint::put(buf, room.x, y, room.width, &format!("< {shown} >"), theme.style(tone));
                    caret = if on { Some(Position { x: room.x, y }) } else { caret };
                }
            }
            y += 1;
        }
        let (tone, note) = match (&self.fault, self.sent) {
            (Some(fault), _) => (Tone::Error, format!("{}{fault}", theme.mark(Tone::Error))),
            (None, true) => (Tone::Dim, "sending …".to_owned()),
            (None, false) => (Tone::Dim, self.slots.get(self.at).map_or("", |slot| slot.help).to_owned()),
        };
        let lines = text::wrap(&text::clean(&note), usize::from(inner.width.max(8)));
        for (y, line) in (y + 1..inner.bottom()).zip(lines) {
            paint::put(buf, inner.x, y, inner.width, &line, theme.style(tone));
        }
        caret
    }

    fn place(&self, body: Rect) -> Rect {
        let width = 76.min(body.width);
        let about = self.room(width.saturating_sub(4)).len() + usize::from(!self.about.is_empty());
        let height = about + self.slots.len() + 6;
        centred(body, width, u16::try_from(height).unwrap_or(u16::MAX))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        if self.sent {
            return Vec::new();
        }
        let mut hints = vec![Hint::new("enter", "next, then done"), Hint::new("ctrl-s", "done")];
        if self.slots.get(self.at).is_some_and(|slot| matches!(slot.kind, Kind::Choice(..))) {
            hints.push(Hint::new("← →", "choose"));
        }
        hints.push(Hint::new("esc", "close"));
        hints
    }

    fn unsaved(&self) -> bool {
        !self.sent && self.slots.iter().any(|slot| !slot.value().is_empty())
    }
}
