//! Call mode as a conversation in lines.

use super::after::{After, Row, Written, outcome_words};
use super::mode::{CallMode, Stage};
use super::under::{Ask, Step, Under};
use super::{view, view_under};
use crate::tui::content::TextLine;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Layer};
use crate::tui::plain::spoken::{Spoken, Told, letter, said, typed};
use crate::tui::text;

/// As wide as no line is: nothing is broken that is not a line of its own.
const WIDE: usize = 4_000;

fn lines(lines: &[TextLine], ctx: &Ctx) -> Vec<String> {
    lines.iter().map(|line| said(line, ctx.theme)).filter(|line| !line.is_empty()).collect()
}

/// What may be typed, as it is said: `c call now; p purpose`.
fn keys(hints: &[Hint]) -> String {
    let keys: Vec<String> = hints
        .iter()
        .filter(|hint| hint.key != "j k" && hint.key != "esc")
        .map(|hint| format!("{} {}", hint.key, hint.text))
        .collect();
    format!("{}; a full stop leaves:", keys.join("; "))
}

/// The keys of a question as letters that can be typed in a line.
fn as_letters(keys: &str) -> String {
    let keys = keys.replace("space: ", "r: ").replace("tab ", "t ").replace(" · ", "; ");
    format!("{keys}; ? says what else:")
}

fn under(under: &Under, ctx: &Ctx) -> Told {
    let mut told = Told { fault: under.fault.clone(), ..Told::default() };
    if let Some(ask) = &under.ask {
        let (words, keys, line) = view_under::asked(under, ask);
        told.lines.extend(words);
        told.ask = match line {
            Some(_) => keys,
            None => keys.replace(" · ", "; ").replace("Esc: back", "a full stop goes back:"),
        };
        if !told.ask.ends_with([':', ' ']) {
            told.ask.push(':');
        }
        return told;
    }
    if under.step == Step::Who {
        told.lines.push(format!("{}, for {}.", under.number, under.purpose));
    }
    if let Some(why) = &under.stopped {
        told.lines.push(format!("{why}."));
    }
    let (caption, words, keys) = view_under::expected(under, ctx);
    told.lines.push(caption);
    let words = words.into_iter().filter(|words| !words.is_empty());
    told.lines.extend(words.map(|words| words.replace(" · ", "; ")));
    if under.step == Step::Questions && under.all_answered() {
        told.lines.extend(lines(&under.text.closing(WIDE), ctx));
    }
    told.ask = as_letters(&keys);
    told
}

fn after(under: &Under, after: &After) -> Told {
    let mut told = Told { fault: after.fault.clone(), ..Told::default() };
    let answers = under.told().answers;
    told.lines.push(match answers.len() {
        0 => "Over. No answer was taken.".to_owned(),
        1 => "Over. One answer was taken.".to_owned(),
        many => format!("Over. {many} answers were taken."),
    });
    for answer in &answers {
        told.lines.push(format!("{}: {}, “{}”", under.topic_of(answer), answer.reply, answer.words));
    }
    if after.sent {
        return told;
    }
    let kept = |line: &crate::tui::line::Line| match line.is_empty() {
        true => String::new(),
        false => format!(", so far: {}", line.text()),
    };
    told.ask = match after.row() {
        Row::Note => format!("Note{}, Enter goes on:", kept(&after.note)),
        Row::FollowUp => format!("Follow-up, what is to be done{}, Enter goes on:", kept(&after.follow)),
        Row::Due => "When, such as tomorrow 10:00 or +3d:".to_owned(),
        Row::Outcome | Row::Confirm => {
            if let Written::Shown(_, message) = &after.written {
                told.lines.push(format!("{} to {}: {}", message.message, message.to, message.subject));
                told.lines.extend(message.text.lines().map(|line| text::clean(line).into_owned()));
            }
            told.lines.push(format!("Outcome: {}.", outcome_words(after.outcome())));
            told.lines.push(format!("In writing the person gets {}.", after.written.words()));
            let other = if after.has_choice() { "o other outcome; " } else { "" };
            format!(
                "{other}w something else in writing; n note; record records all of it; a full stop goes back to the call:"
            )
        }
    };
    told
}

impl Spoken for CallMode {
    fn told(&self, ctx: &Ctx) -> Told {
        let mut told = match &self.stage {
            Stage::Looking | Stage::Beginning(_) => Told::default(),
            Stage::Left(open) => Told {
                lines: lines(&view::left(open, WIDE, ctx), ctx),
                ask: "r, i or d; a full stop leaves it for later:".to_owned(),
                ..Told::default()
            },
            Stage::Before(card) => Told {
                lines: lines(&view::card(self, card, WIDE, ctx), ctx),
                ask: keys(&self.hints(ctx)),
                ..Told::default()
            },
            Stage::Under(call) => under(call, ctx),
            Stage::After(call, rest) => after(call, rest),
            Stage::Done(recorded) => {
                let mut told = lines(&view::done(self, recorded, WIDE, ctx), ctx);
                if let Some(written) = &self.written {
                    told.push("To be sent:".to_owned());
                    told.extend(written.lines().map(|line| text::clean(line).into_owned()));
                }
                Told { lines: told, ..Told::default() }
            }
        };
        told.fault = told.fault.or_else(|| self.fault.clone());
        told
    }

    fn heard(&mut self, line: &str, read: bool) -> Vec<Input> {
        let key = |key: Key| vec![Input::Key(key)];
        match &mut self.stage {
            Stage::Under(under) => match &under.ask {
                Some(Ask::Language | Ask::Leave) => letter(line).map(key).unwrap_or_default(),
                Some(
                    Ask::Relation(_)
                    | Ask::Identity(_)
                    | Ask::Words(..)
                    | Ask::Age(..)
                    | Ask::Products(_)
                    | Ask::Objection(_)
                    | Ask::WrongNumber
                    | Ask::CallBack(_)
                    | Ask::Right(..),
                ) => typed(line),
                None => heard_under(under, line, read),
            },
            Stage::After(_, after) => heard_after(after, line),
            Stage::Left(_) | Stage::Before(_) => letter(line).map(key).unwrap_or_default(),
            Stage::Looking | Stage::Beginning(_) | Stage::Done(_) => Vec::new(),
        }
    }

    fn reading(&self) -> Vec<String> {
        let Stage::Under(under) = &self.stage else { return Vec::new() };
        if under.step != Step::Read || under.ask.is_some() {
            return Vec::new();
        }
        let mut paragraphs: Vec<String> = Vec::new();
        let mut open = false;
        for line in under.text.told(WIDE) {
            let words: String = line.spans.iter().map(|(_, part)| part.as_str()).collect();
            let words = words.trim();
            match (words.is_empty(), open, paragraphs.last_mut()) {
                (true, ..) => open = false,
                (false, true, Some(last)) => last.push_str(&format!(" {words}")),
                (false, ..) => {
                    paragraphs.push(words.to_owned());
                    open = true;
                }
            }
        }
        paragraphs
    }
}

/// What a line means in a call under way. An empty one is never an answer.
fn heard_under(under: &mut Under, line: &str, read: bool) -> Vec<Input> {
    let word = line.trim().to_lowercase();
    if under.step == Step::Read && !read && word == "r" {
        under.fault = Some("there is more to be read out first; Enter goes on".to_owned());
        return Vec::new();
    }
    let key = match (under.step, word.as_str()) {
        (_, "") => Some(Key::plain(Code::Enter)),
        (Step::Questions, "yes") => Some(Key::char('y')),
        (Step::Questions, "no") => Some(Key::char('n')),
        (Step::Questions, "later") => Some(Key::char('l')),
        (Step::Questions, "t") => Some(Key::plain(Code::Tab)),
        (Step::Read, "r") => Some(Key::char(' ')),
        _ => letter(line),
    };
    match key {
        Some(key) => vec![Input::Key(key)],
        None => {
            under.fault = Some("one letter is asked for; ? says which".to_owned());
            Vec::new()
        }
    }
}

fn heard_after(after: &mut After, line: &str) -> Vec<Input> {
    let key = |code| vec![Input::Key(Key::plain(code))];
    match (after.row(), line.trim()) {
        (_, ".") => key(Code::Esc),
        // Without something to be done there is no when.
        (Row::FollowUp, "") if after.follow.is_empty() => {
            [key(Code::Enter), key(Code::Enter)].into_iter().flatten().collect()
        }
        (Row::Note | Row::FollowUp | Row::Due, "") => key(Code::Enter),
        (Row::Note | Row::FollowUp | Row::Due, _) => typed(line),
        (Row::Outcome | Row::Confirm, "record") => vec![Input::Key(Key::ctrl('s'))],
        (Row::Outcome | Row::Confirm, "w") => key(Code::Right),
        (Row::Outcome | Row::Confirm, "o") if after.has_choice() => {
            after.chosen = (after.chosen + 1) % after.outcomes.len().max(1);
            Vec::new()
        }
        (Row::Outcome | Row::Confirm, "n") => {
            after.at = Row::ALL.iter().position(|row| *row == Row::Note).unwrap_or(0);
            Vec::new()
        }
        (Row::Outcome | Row::Confirm, _) => {
            after.fault = Some("nothing is recorded before you say record".to_owned());
            Vec::new()
        }
    }
}
