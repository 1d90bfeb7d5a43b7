//! What a person said about the use of the data, in words and signs that need no colour.

use crate::api::consent::{Held, HeldLine};
use crate::domain::channel::Channel;
use crate::domain::consent::{Standing, State};
use crate::domain::time::Timestamp;
use crate::env::Zone;
use crate::tui::content::{self, TextLine};
use crate::tui::layer::Ctx;
use crate::tui::text;
use crate::tui::theme::{Theme, Tone};

/// Before the first of the lines; below it stands the key, and under that as much room.
const LABEL: &str = "Consent";
/// Cells for that.
const INDENT: usize = 10;
/// From this room on both ends of a consent's time are told, else the one that matters: when it ends.
const ROOMY: usize = 67;

pub fn state_word(state: State) -> &'static str {
    match state {
        State::Pending => "unconfirmed",
        State::Asserted => "other basis",
        other => other.word(),
    }
}

/// A channel as the head of a column.
pub fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Storage => "keeping",
        other => other.word(),
    }
}

/// By which way somebody is reached, after what for.
pub fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "by phone",
        Channel::Email => "by e-mail",
        Channel::Sms => "by text message",
        Channel::Messenger => "by messenger",
        Channel::Fax => "by fax",
        Channel::Post => "by post",
        Channel::Visit => "in person",
        Channel::Storage => "keeping data",
    }
}

pub fn tone_of(state: State) -> Tone {
    match state {
        State::Given | State::Asserted => Tone::Ok,
        State::Refused | State::Withdrawn | State::Objected => Tone::Error,
        State::Expired | State::Revoked | State::Invalidated | State::Pending => Tone::Warning,
        State::Unknown | State::Requested | State::Deferred => Tone::Dim,
    }
}

/// The sign before a state: that of its tone, and a question mark where nothing is decided.
fn sign(state: State, theme: Theme) -> &'static str {
    match theme.mark(tone_of(state)) {
        "" => "? ",
        mark => mark,
    }
}

/// Since when it holds, and until when.
pub fn span(standing: &Standing, zone: Zone) -> String {
    if standing.state == State::Unknown || standing.since.millis() == i64::MIN {
        return String::new();
    }
    let day = |at: Timestamp| content::day(at, zone);
    match standing.until {
        Some(until) => format!("{} until {}", day(standing.since), day(until)),
        None => day(standing.since),
    }
}

/// One line of what holds, as a sentence without its full stop: `Sales calls, by phone: given since …`.
pub fn sentence(line: &HeldLine, zone: Zone) -> String {
    let since = span(&line.standing, zone);
    let since = if since.is_empty() { since } else { format!(" since {since}") };
    format!("{}, {}: {}{since}", line.title, by(line.channel), state_word(line.standing.state))
}

/// A piece that is not taken apart.
struct Piece(Vec<(Tone, String)>);

impl Piece {
    fn width(&self) -> usize {
        self.0.iter().map(|(_, part)| text::width(part)).sum()
    }
}

/// What is to be seen first: what was said, and of that how the person is reached before what is kept.
fn weight(line: &HeldLine) -> (bool, bool) {
    (line.standing.state == State::Unknown, line.channel == Channel::Storage)
}

fn pieces(held: &Held, brief: bool, ctx: &Ctx) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if let Some(at) = held.objected_at {
        let day = content::day(at, ctx.zone);
        let words = format!("{}objected to all marketing {day}", ctx.theme.mark(Tone::Error));
        pieces.push(Piece(vec![(Tone::Error, words)]));
    }
    if let Some(day) = held.delete_on {
        let words = format!("{}to be deleted on {day}", ctx.theme.mark(Tone::Warning));
        pieces.push(Piece(vec![(Tone::Warning, words)]));
    }
    let mut lines: Vec<&HeldLine> = held.lines.iter().collect();
    lines.sort_by_key(|line| weight(line));
    // What is said of a purpose by several channels alike is said once.
    let mut said: Vec<(&HeldLine, String, String)> = Vec::new();
    for line in lines {
        let state = line.standing.state;
        let span = match line.standing.until {
            Some(until) if brief => format!("until {}", content::day(until, ctx.zone)),
            Some(_) | None => span(&line.standing, ctx.zone),
        };
        let words = format!("{}{} {span}", sign(state, ctx.theme), state_word(state));
        let alike =
            |(one, _, told): &&mut (&HeldLine, String, String)| one.purpose == line.purpose && *told == words;
        match said.iter_mut().find(alike) {
            Some((_, channels, _)) => channels.push_str(&format!(", {}", by(line.channel))),
            None => said.push((line, by(line.channel).to_owned(), words)),
        }
    }
    for (line, channels, words) in said {
        let topic = format!("{}, {channels}: ", text::clean(&line.title));
        let tone = tone_of(line.standing.state);
        pieces.push(Piece(vec![(Tone::Text, topic), (tone, words.trim_end().to_owned())]));
    }
    pieces
}

/// As much of it as there is room for in `most` lines, the rest counted; and by which key there is more. Two lines at
/// least, so that nothing moves when something is recorded.
pub fn lines(held: &Held, width: usize, most: usize, key: &str, ctx: &Ctx) -> Vec<TextLine> {
    let room = width.saturating_sub(INDENT).max(8);
    let whole = pieces(held, false, ctx);
    let brief = room < ROOMY || whole.iter().any(|piece| piece.width() > room);
    let mut pieces = if brief { pieces(held, true, ctx) } else { whole }.into_iter().peekable();
    let mut left = pieces.len();
    let mut lines = Vec::new();
    while lines.len() < most && (left > 0 || lines.len() < 2) {
        let last = lines.len() + 1 == most;
        let label = match lines.len() {
            0 => (Tone::Dim, LABEL.to_owned()),
            1 if !key.is_empty() => (Tone::KeyHint, format!("proof: {key}")),
            _ => (Tone::Dim, String::new()),
        };
        let mut spans = vec![(label.0, text::pad(&label.1, INDENT, text::Align::Left))];
        let mut used = 0;
        while let Some(piece) = pieces.peek() {
            // On the last line there is room for how many are not seen.
            let tail = if last && left > 1 { " · 9 more".chars().count() } else { 0 };
            let gap = if used == 0 { 0 } else { 3 };
            if used > 0 && used + gap + piece.width() + tail > room {
                break;
            }
            if used > 0 {
                spans.push((Tone::Dim, " · ".to_owned()));
            }
            used += gap + piece.width();
            left -= 1;
            spans.extend(pieces.next().map(|piece| piece.0).unwrap_or_default());
        }
        if last && left > 0 {
            spans.push((Tone::Dim, format!(" · {left} more")));
        }
        lines.push(TextLine { item: None, spans });
    }
    lines
}

#[cfg(test)]
mod tests;
