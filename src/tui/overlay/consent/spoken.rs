//! The consent panel as a conversation in lines.

use super::{ConsentPanel, Deed, Mode, WAYS};
use crate::api::consent::EventView;
use crate::domain::consent::ConsentField;
use crate::env::Zone;
use crate::tui::content;
use crate::tui::held::{by, span, state_word};
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Input};
use crate::tui::plain::spoken::{Spoken, Told, letter, typed};

/// What is asked while nothing is about to be recorded.
const LOOK: &str = "A number chooses; y, n or l: said yes, no, later; w withdraws; o objects to all; P proves; Enter leaves:";

/// An event as a sentence.
fn sentence(event: &EventView, zone: Zone) -> String {
    let shown = |field: ConsentField| event.record.text(field.key()).to_owned();
    let at = event.record.get(ConsentField::at.key()).and_then(|shown| match shown.value {
        Some(crate::domain::value::Value::Time(at)) => Some(content::time(at, zone)),
        _ => None,
    });
    let way = shown(ConsentField::way).replace('_', " ");
    let mut said = format!("{} {}, {way}", at.unwrap_or_default(), shown(ConsentField::kind));
    for words in [shown(ConsentField::words), shown(ConsentField::reason)] {
        if !words.is_empty() {
            said.push_str(&format!(": “{words}”"));
        }
    }
    said
}

impl ConsentPanel {
    fn place(&self) -> String {
        self.line()
            .map(|line| format!("{}, {}", self.title(&line.purpose), by(line.channel)))
            .unwrap_or_default()
    }
}

impl Spoken for ConsentPanel {
    fn told(&self, ctx: &Ctx) -> Told {
        let mut told = Told { fault: self.fault.clone(), ..Told::default() };
        match &self.mode {
            Mode::Look => {
                told.lines.push(format!("Consent of {}.", self.name));
                if let Some(book) = &self.book {
                    let objected = book.objected_at.map(|at| content::day(at, ctx.zone));
                    told.lines.extend(objected.map(|day| format!("Objected to all marketing on {day}.")));
                    told.lines.extend(
                        book.delete_on
                            .map(|day| format!("Nothing else holds the person: to be deleted on {day}.")),
                    );
                }
                for (n, line) in self.lines().iter().enumerate() {
                    let since = match span(&line.standing, ctx.zone) {
                        span if span.is_empty() => span,
                        span => format!(" since {span}"),
                    };
                    let title = self.title(&line.purpose);
                    let state = state_word(line.standing.state);
                    told.lines.push(format!("{} {title}, {}: {state}{since}", n + 1, by(line.channel)));
                }
                told.lines.push(format!("Chosen: {}, {}.", self.cursor + 1, self.place()));
                let events: Vec<String> =
                    self.events().into_iter().map(|event| sentence(event, ctx.zone)).collect();
                if events.is_empty() {
                    told.lines.push("Nothing was recorded of it: unknown is not yes.".to_owned());
                }
                told.lines.extend(events);
                LOOK.clone_into(&mut told.ask);
            }
            Mode::How(deed) => {
                let of = if *deed == Deed::Object { String::new() } else { format!(", {}", self.place()) };
                let ways: Vec<String> = WAYS.iter().map(|(key, _, word)| format!("{key} {word}")).collect();
                told.ask = format!("{}{of}: how? {}; a full stop goes back:", deed.asks(), ways.join("; "));
            }
            Mode::Words(deed, ..) => {
                let which = if deed.needs_words() { "word for word" } else { "words if there were any" };
                told.ask = format!("{}, {which}; a full stop goes back:", deed.asks());
            }
            Mode::Age(..) => "How was the age made sure? No date of birth; a full stop goes back:"
                .clone_into(&mut told.ask),
            Mode::Sent(..) => {}
        }
        told
    }

    fn heard(&mut self, line: &str, _read: bool) -> Vec<Input> {
        match &self.mode {
            Mode::Look => {
                if let Ok(number) = line.trim().parse::<usize>() {
                    match number.checked_sub(1).filter(|at| *at < self.lines().len()) {
                        Some(at) => self.cursor = at,
                        None => self.fault = Some(format!("there is no {number}")),
                    }
                    return Vec::new();
                }
                match letter(line) {
                    _ if line.trim().is_empty() => vec![Input::Key(Key::plain(Code::Esc))],
                    Some(key) => vec![Input::Key(key)],
                    None => {
                        self.fault = Some("a number or one letter is asked for".to_owned());
                        Vec::new()
                    }
                }
            }
            Mode::How(_) => letter(line).map(|key| vec![Input::Key(key)]).unwrap_or_default(),
            Mode::Words(..) | Mode::Age(..) => typed(line),
            Mode::Sent(..) => Vec::new(),
        }
    }
}
