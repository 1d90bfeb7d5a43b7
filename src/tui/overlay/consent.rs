//! The consent panel of a contact: what holds for each purpose and channel, since when and until when, and the events from
//! which it follows. A yes, a no, a withdrawal and an objection are recorded here; nothing is chosen beforehand, and Enter
//! alone records nothing but a no.

mod spoken;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::consent::{Book, BookLine, EventView, Recorded, Said};
use crate::api::{self, Call, Response, View};
use crate::domain::consent::{ConsentField, ConsentKind, State, Way};
use crate::domain::id::ContactId;
use crate::domain::purpose::Purpose;
use crate::tui::call::tells_birth;
use crate::tui::content;
use crate::tui::held::{channel_word, span, state_word, tone_of};
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Level, Step, Ticket};
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const BOOK: Ticket = Ticket(1);
const PURPOSES: Ticket = Ticket(2);
const RECORD: Ticket = Ticket(3);

/// What is about to be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Said(ConsentKind),
    Withdraw,
    /// To all direct marketing (Art. 21(2) GDPR).
    Object,
}

impl Deed {
    fn asks(self) -> &'static str {
        match self {
            Deed::Said(ConsentKind::Given) => "Yes",
            Deed::Said(ConsentKind::Refused) => "No",
            Deed::Said(_) => "Later",
            Deed::Withdraw => "Withdrawal",
            Deed::Object => "Objection to all marketing",
        }
    }

    /// Whether the person's own words are the proof, without which there is none.
    fn needs_words(self) -> bool {
        match self {
            Deed::Said(_) => true,
            Deed::Withdraw | Deed::Object => false,
        }
    }
}

/// How something became known, by the letter that chooses it.
const WAYS: [(char, Way, &str); 5] = [
    ('c', Way::Call, "call"),
    ('m', Way::Mail, "mail"),
    ('l', Way::Letter, "letter"),
    ('f', Way::Form, "form"),
    ('p', Way::InPerson, "in person"),
];

enum Mode {
    Look,
    /// How did it become known?
    How(Deed),
    Words(Deed, Way, Line),
    /// How was it made sure that the person is old enough? With the words that were typed before.
    Age(Deed, Way, String, Line),
    /// Sent, and not answered.
    Sent(Deed, Way, String),
}

/// The panel.
pub struct ConsentPanel {
    contact: ContactId,
    name: String,
    book: Option<Book>,
    purposes: Vec<Purpose>,
    cursor: usize,
    mode: Mode,
    fault: Option<String>,
}

impl ConsentPanel {
    pub fn new(contact: &View) -> ConsentPanel {
        ConsentPanel {
            contact: ContactId(contact.id),
            name: contact.title.clone(),
            book: None,
            purposes: Vec::new(),
            cursor: 0,
            mode: Mode::Look,
            fault: None,
        }
    }

    fn ask(&self) -> Step {
        Step::Latest(BOOK, api::Consents { contact: self.contact, at: None }.into_request())
    }

    fn lines(&self) -> &[BookLine] {
        self.book.as_ref().map_or(&[], |book| &book.lines)
    }

    fn line(&self) -> Option<&BookLine> {
        self.lines().get(self.cursor)
    }

    fn title<'a>(&'a self, purpose: &'a str) -> &'a str {
        self.purposes.iter().find(|one| one.name == purpose).map_or(purpose, |known| &known.title)
    }

    /// The events about the line under the cursor, the latest first.
    fn events(&self) -> Vec<&EventView> {
        let (Some(book), Some(line)) = (&self.book, self.line()) else { return Vec::new() };
        let of = |event: &EventView, field: ConsentField, word: &str| {
            event.record.get(field.key()).is_some_and(|shown| shown.text == word)
        };
        let about = book.events.iter().rev().filter(|event| {
            of(event, ConsentField::purpose, &line.purpose)
                && of(event, ConsentField::channel, line.channel.word())
        });
        about.collect()
    }

    /// Sends what was typed; says what is missing instead.
    fn send(&mut self) -> Vec<Step> {
        let (deed, way, words, age) = match &self.mode {
            Mode::Words(deed, way, line) => (*deed, *way, line.text().trim().to_owned(), String::new()),
            Mode::Age(deed, way, words, line) => (*deed, *way, words.clone(), line.text().trim().to_owned()),
            Mode::Look | Mode::How(_) | Mode::Sent(..) => return Vec::new(),
        };
        if deed.needs_words() && words.is_empty() {
            self.fault = Some("what did the person say, word for word?".to_owned());
            return Vec::new();
        }
        if let Mode::Age(..) = self.mode
            && (age.is_empty() || tells_birth(&age))
        {
            self.fault = Some(match age.is_empty() {
                true => "how was it made sure?".to_owned(),
                false => "no date of birth is held: only how it was made sure".to_owned(),
            });
            return Vec::new();
        }
        let Some(line) = self.line() else { return Vec::new() };
        let (purpose, channel) = (line.purpose.clone(), line.channel);
        let contact = self.contact;
        let request = match deed {
            Deed::Said(kind) => {
                let said = Said { age, ..Said::new(kind, &purpose, channel, way, &words) };
                api::ConsentRecord { contact, said: vec![said] }.into_request()
            }
            Deed::Withdraw | Deed::Object => {
                let objection = deed == Deed::Object;
                let (purpose, channel) = match objection {
                    true => (None, None),
                    false => (Some(purpose), Some(channel)),
                };
                let (at, zone, words) = (None, String::new(), words.clone());
                api::ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection }
                    .into_request()
            }
        };
        self.mode = Mode::Sent(deed, way, words);
        vec![Step::Call(RECORD, request)]
    }

    fn recorded(&mut self, recorded: &Recorded) -> Vec<Step> {
        let Mode::Sent(deed, ..) = self.mode else { return Vec::new() };
        self.mode = Mode::Look;
        let mut told = match deed {
            Deed::Said(_) => {
                "recorded; it cannot be changed, only followed by what the person says next".to_owned()
            }
            Deed::Withdraw => "withdrawn, from now on".to_owned(),
            Deed::Object => "objected: no more marketing, from now on".to_owned(),
        };
        if let Some(day) = recorded.delete_on {
            told.push_str(&format!("; nothing else holds the person, to be deleted on {day}"));
        }
        vec![Step::Toast(Level::Done, told), Step::Changed, self.ask()]
    }

    fn look(&mut self, code: Code) -> Vec<Step> {
        let last = self.lines().len().saturating_sub(1);
        let known = self.line().is_some();
        match code {
            Code::Esc | Code::Char('q') => return vec![Step::Close],
            Code::Down | Code::Char('j') => self.cursor = (self.cursor + 1).min(last),
            Code::Up | Code::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Code::Home | Code::Char('g') => self.cursor = 0,
            Code::End | Code::Char('G') => self.cursor = last,
            Code::Char('y') if known => self.mode = Mode::How(Deed::Said(ConsentKind::Given)),
            Code::Char('n') if known => self.mode = Mode::How(Deed::Said(ConsentKind::Refused)),
            Code::Char('l') if known => self.mode = Mode::How(Deed::Said(ConsentKind::Deferred)),
            Code::Char('w') if known => self.mode = Mode::How(Deed::Withdraw),
            Code::Char('o') => self.mode = Mode::How(Deed::Object),
            Code::Char('P') => {
                if let Some(line) = self.line() {
                    let words = format!(
                        "consent prove {} --purpose {} --channel {}",
                        self.contact, line.purpose, line.channel
                    );
                    return vec![Step::Run(Intent::Words(words))];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw_lines(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let height = usize::from(area.height.max(1));
        let top = (self.cursor + 1).saturating_sub(height);
        let mut at = None;
        let title = (area.width / 4).clamp(12, 34);
        for (n, line) in self.lines().iter().enumerate().skip(top).take(height) {
            let y = area.y + u16::try_from(n - top).unwrap_or(0);
            let on = n == self.cursor;
            let tone = tone_of(line.standing.state);
            let base = theme.style(if on { Tone::Selection } else { Tone::Text });
            buf.set_style(Rect { y, height: 1, ..area }, base);
            let first =
                n == top || self.lines().get(n.wrapping_sub(1)).is_none_or(|one| one.purpose != line.purpose);
            let name = if first { self.title(&line.purpose) } else { "" };
            let sign = if on { theme.mark(Tone::Selection) } else { "  " };
            paint::put(buf, area.x, y, 2, sign, base);
            paint::put(buf, area.x + 2, y, title, name, base);
            let x = area.x + title + 3;
            paint::put(buf, x, y, 10, channel_word(line.channel), base);
            let state = if on { base } else { theme.style(tone) };
            let word = format!("{}{}", theme.mark(tone), state_word(line.standing.state));
            paint::put(buf, x + 11, y, 16, &word, state);
            let rest = area.width.saturating_sub(title + 3 + 28);
            paint::put(buf, x + 28, y, rest, &span(&line.standing, ctx.zone), base);
            if on {
                at = Some(Position { x: area.x, y });
            }
        }
        at
    }

    fn draw_events(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) {
        let theme = ctx.theme;
        let mut y = area.y;
        for event in self.events() {
            let shown = |field: ConsentField| {
                event.record.get(field.key()).map(|shown| shown.text.clone()).unwrap_or_default()
            };
            let at = event.record.get(ConsentField::at.key()).and_then(|shown| match shown.value {
                Some(crate::domain::value::Value::Time(at)) => Some(at),
                _ => None,
            });
            let when = at.map(|at| crate::tui::content::time(at, ctx.zone)).unwrap_or_default();
            let late = if shown(ConsentField::late).is_empty() { "" } else { "  recorded late" };
            let way = shown(ConsentField::way).replace('_', " ");
            let head = format!("{when}  {}  {way}{late}", shown(ConsentField::kind));
            for (text, tone) in std::iter::once((head, Tone::Dim)).chain(
                [shown(ConsentField::words), shown(ConsentField::reason)]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .map(|text| (format!("  “{text}”"), Tone::Text)),
            ) {
                for line in text::wrap(&text::clean(&text), usize::from(area.width)) {
                    if y >= area.bottom() {
                        return;
                    }
                    paint::put(buf, area.x, y, area.width, &line, theme.style(tone));
                    y += 1;
                }
            }
        }
        if y == area.y && self.book.is_some() {
            paint::put(
                buf,
                area.x,
                y,
                area.width,
                "Nothing was recorded: unknown is not yes.",
                theme.style(Tone::Dim),
            );
        }
    }

    /// The line at the bottom: what is asked, or what is wrong.
    fn draw_question(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let place = self
            .line()
            .map(|line| format!("{} by {}", self.title(&line.purpose), channel_word(line.channel)));
        let place = place.unwrap_or_default();
        match &self.mode {
            Mode::Look => {
                if let Some(fault) = &self.fault {
                    let text = format!("{}{fault}", theme.mark(Tone::Error));
                    paint::put(buf, area.x, area.y, area.width, &text, theme.style(Tone::Error));
                }
                None
            }
            Mode::How(deed) => {
                let of = if *deed == Deed::Object { String::new() } else { format!(", {place}") };
                let ways: Vec<String> = WAYS.iter().map(|(key, _, word)| format!("{key} {word}")).collect();
                let text = format!("{}{of}: how? {}", deed.asks(), ways.join(" · "));
                paint::put(buf, area.x, area.y, area.width, &text, theme.style(Tone::Focus));
                None
            }
            Mode::Words(deed, _, line) => {
                let prefix = match &self.fault {
                    Some(fault) => format!("{}{fault} ", theme.mark(Tone::Error)),
                    None if deed.needs_words() => format!("{}, word for word: ", deed.asks()),
                    None => format!("{}, words if there were any: ", deed.asks()),
                };
                paint::field(buf, Rect { height: 1, ..area }, &prefix, line, theme)
            }
            Mode::Age(_, _, _, line) => {
                let told = self.fault.as_ref().map(|fault| format!("{}{fault}: ", theme.mark(Tone::Error)));
                let prefix = told.unwrap_or_else(|| "How was the age made sure? ".to_owned());
                paint::field(buf, Rect { height: 1, ..area }, &prefix, line, theme)
            }
            Mode::Sent(..) => {
                paint::put(buf, area.x, area.y, area.width, "recording …", theme.style(Tone::Dim));
                None
            }
        }
    }
}

impl Layer for ConsentPanel {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        vec![Step::Latest(PURPOSES, api::Purposes { retired: true }.into_request()), self.ask()]
    }

    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => match self.mode {
                Mode::Look | Mode::Sent(..) => return vec![Step::Close],
                Mode::How(_) | Mode::Words(..) | Mode::Age(..) => self.mode = Mode::Look,
            },
            Input::Paste(text) => {
                if let Mode::Words(_, _, line) | Mode::Age(_, _, _, line) = &mut self.mode {
                    line.paste(&text);
                }
            }
            Input::Key(key) => {
                self.fault = None;
                let code = key.code();
                match &mut self.mode {
                    Mode::Look => return self.look(code),
                    Mode::How(deed) => {
                        let deed = *deed;
                        let way = key.typed().and_then(|c| WAYS.iter().find(|(one, _, _)| *one == c));
                        match (way, code) {
                            (Some((_, way, _)), _) => self.mode = Mode::Words(deed, *way, Line::default()),
                            (None, Code::Esc) => self.mode = Mode::Look,
                            (None, _) => {}
                        }
                    }
                    Mode::Words(_, _, line) | Mode::Age(_, _, _, line) => match code {
                        Code::Esc => self.mode = Mode::Look,
                        Code::Enter => return self.send(),
                        _ => {
                            line.key(key);
                        }
                    },
                    Mode::Sent(..) => {}
                }
            }
            Input::Answer(BOOK, Ok(Response::Consents(book))) => {
                if self.book.is_none() {
                    // What could be withdrawn comes first, then what anything was said about.
                    let first = |wanted: fn(&BookLine) -> bool| book.lines.iter().position(wanted);
                    let given = first(|line| line.standing.state == State::Given);
                    let said = || first(|line| line.standing.state != State::Unknown);
                    self.cursor = given.or_else(said).unwrap_or(0);
                }
                self.cursor = self.cursor.min(book.lines.len().saturating_sub(1));
                self.book = Some(book);
            }
            Input::Answer(PURPOSES, Ok(Response::Purposes(all))) => {
                use crate::domain::entity::Entity;
                self.purposes =
                    all.into_iter().filter_map(|one| Purpose::from_fields(one.fields).ok()).collect();
            }
            Input::Answer(
                RECORD,
                Ok(Response::ConsentRecord(recorded) | Response::ConsentWithdraw(recorded)),
            ) => {
                return self.recorded(&recorded);
            }
            Input::Answer(_, Ok(_)) => self.fault = Some("the store answered another question".to_owned()),
            Input::Answer(ticket, Err(error)) => {
                if ticket == RECORD
                    && let Mode::Sent(deed, way, words) = std::mem::replace(&mut self.mode, Mode::Look)
                    && error.field.as_deref() == Some("age")
                {
                    // The law asks how old the person is; that is asked here, and the words are not typed again.
                    self.mode = Mode::Age(deed, way, words, Line::default());
                    return Vec::new();
                }
                let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                self.fault = Some(format!("{}{hint}", error.message));
            }
            Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let title = format!("Consent of {}", text::clean(&self.name));
        let inner = paint::panel(buf, area, &title, ctx.theme);
        if inner.height < 4 {
            return None;
        }
        let mut top = inner.y;
        if let Some(book) = &self.book {
            let objected = book
                .objected_at
                .map(|at| format!("Objected to marketing on {}. ", content::day(at, ctx.zone)));
            let leaving = book.delete_on.map(|on| format!("No ground is left: to be deleted on {on}."));
            let note = [objected, leaving].into_iter().flatten().collect::<String>();
            if !note.is_empty() {
                let text = format!("{}{note}", ctx.theme.mark(Tone::Warning));
                paint::put(buf, inner.x, top, inner.width, &text, ctx.theme.style(Tone::Warning));
                top += 1;
            }
        }
        let last = inner.bottom().saturating_sub(1);
        let room = last.saturating_sub(top);
        let wanted = u16::try_from(self.lines().len()).unwrap_or(u16::MAX);
        let lines = wanted.min(room.saturating_sub(room / 3)).max(1);
        let cursor = self.draw_lines(buf, Rect { y: top, height: lines, ..inner }, ctx);
        let below = top + lines + 1;
        if below < last {
            self.draw_events(buf, Rect { y: below, height: last - below, ..inner }, ctx);
        }
        let caret = self.draw_question(buf, Rect { y: last, height: 1, ..inner }, ctx);
        caret.or(cursor)
    }

    fn about(&self) -> Option<uuid::Uuid> {
        Some(self.contact.0)
    }

    fn elsewhere(&mut self, _ctx: &Ctx) -> Vec<Step> {
        vec![self.ask()]
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        match self.mode {
            Mode::Look => vec![
                Hint::new("y", "said yes"),
                Hint::new("n", "no"),
                Hint::new("l", "later"),
                Hint::new("w", "withdraw"),
                Hint::new("o", "object"),
                Hint::new("P", "proof"),
                Hint::new("esc", "close"),
            ],
            Mode::How(_) => WAYS
                .iter()
                .map(|(key, _, word)| Hint::new(key.to_string(), *word))
                .chain([Hint::new("esc", "back")])
                .collect(),
            Mode::Words(..) | Mode::Age(..) => vec![Hint::new("enter", "record"), Hint::new("esc", "back")],
            Mode::Sent(..) => Vec::new(),
        }
    }

    fn unsaved(&self) -> bool {
        match &self.mode {
            Mode::Words(_, _, line) => !line.is_empty(),
            Mode::Age(..) => true,
            Mode::Look | Mode::How(_) | Mode::Sent(..) => false,
        }
    }
}
