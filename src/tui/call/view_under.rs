//! A call under way on the screen: what is read out, the question at hand, and what every key would do.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::under::{Ask, IDENTITIES, Step, Under};
use crate::domain::answers::Reply;
use crate::domain::request::Right;
use crate::tui::content::TextLine;
use crate::tui::layer::{Ctx, Hint};
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

/// From this width on the answers stand beside the script.
const WIDE: u16 = 100;
/// Lines for the question at hand.
const BOTTOM: u16 = 6;

struct Parts {
    head: Rect,
    script: Rect,
    side: Option<Rect>,
    bottom: Rect,
}

fn parts(inner: Rect) -> Parts {
    let bottom = BOTTOM.min(inner.height / 2);
    let head = Rect { height: 3.min(inner.height - bottom), ..inner };
    let middle = Rect { y: inner.y + head.height, height: inner.height - bottom - head.height, ..inner };
    let (script, side) = if inner.width >= WIDE {
        let right = (inner.width / 3).min(60);
        let left = inner.width - right - 2;
        let side = Rect { x: middle.x + left + 2, width: right, ..middle };
        (Rect { width: left.min(100), ..middle }, Some(side))
    } else {
        (middle, None)
    };
    let bottom = Rect { y: middle.bottom(), height: bottom, ..inner };
    Parts { head, script, side, bottom }
}

/// Cells and lines that there are for the script.
pub(super) fn room(ctx: &Ctx) -> (usize, usize) {
    let (width, height) = (ctx.size.width.saturating_sub(4), ctx.size.height.saturating_sub(4));
    let script = parts(Rect { x: 0, y: 0, width, height }).script;
    (usize::from(script.width).max(1), usize::from(script.height).max(1))
}

fn reply_word(reply: Reply) -> &'static str {
    match reply {
        Reply::Yes => "yes",
        Reply::No => "no",
        Reply::Later => "later",
    }
}

/// Whom one speaks with, the time, and what is not as it should be.
fn head(under: &Under, buf: &mut Buffer, area: Rect, ctx: &Ctx) {
    let theme = ctx.theme;
    let seconds = under.seconds(ctx.now);
    let timer = format!("{:02}:{:02}", seconds / 60, seconds % 60);
    let width = u16::try_from(text::width(&timer)).unwrap_or(5);
    let first = format!("{}  for {}", under.number, text::clean(&under.purpose));
    paint::put(buf, area.x, area.y, area.width.saturating_sub(width + 1), &first, theme.style(Tone::Title));
    paint::put(buf, area.right().saturating_sub(width), area.y, width, &timer, theme.style(Tone::Badge));
    if area.height < 2 {
        return;
    }
    let who = if under.is_person() {
        match under.said.identity.trim() {
            "" => "The person, not confirmed".to_owned(),
            how => format!("The person: {how}"),
        }
    } else if under.is_other() {
        format!("Somebody else ({}): nobody can agree for another", under.said.relation)
    } else {
        "It rings".to_owned()
    };
    let script = match &under.script {
        Some(script) => format!("  {} ({})", script.script, script.language),
        None => "  no script".to_owned(),
    };
    let asked: Vec<&str> = under
        .said
        .requests
        .iter()
        .map(|asked| if asked.right == Right::Erasure { "  asked: erasure" } else { "  asked: access" })
        .collect();
    let age = under.said.age.split_once(':').map_or(String::new(), |(checked, _)| format!("  {checked}"));
    let words = format!("{who}{age}{}{script}", asked.concat());
    paint::put(buf, area.x, area.y + 1, area.width, &words, theme.style(Tone::Text));
    if area.height < 3 {
        return;
    }
    if let Some(why) = &under.stopped {
        let words = format!("{}{why}", theme.mark(Tone::Error));
        paint::put(buf, area.x, area.y + 2, area.width, &words, theme.style(Tone::Error));
    } else {
        rule(buf, Rect { y: area.y + 2, ..area }, "", ctx);
    }
}

fn rule(buf: &mut Buffer, area: Rect, words: &str, ctx: &Ctx) {
    let style = ctx.theme.style(Tone::Border);
    paint::put(buf, area.x, area.y, area.width, &"─".repeat(usize::from(area.width)), style);
    if !words.is_empty() {
        paint::put(buf, area.x + 2, area.y, area.width.saturating_sub(2), &format!(" {words} "), style);
    }
}

/// All questions with what was answered.
fn side(under: &Under, buf: &mut Buffer, area: Rect, ctx: &Ctx) {
    let width = usize::from(area.width);
    let mut lines: Vec<TextLine> = Vec::new();
    for (n, question) in under.questions.iter().enumerate() {
        let sign = if n == under.at && under.step == Step::Questions { "> " } else { "  " };
        let head = format!("{sign}{}", under.topic(n));
        lines.push(TextLine {
            item: None,
            spans: vec![(Tone::Title, text::truncate(&text::clean(&head), width).into_owned())],
        });
        let (tone, words) = match (under.answer(question), under.locked.get(n).and_then(Option::as_ref)) {
            (Some(answer), _) => (Tone::Text, format!("{}: “{}”", reply_word(answer.reply), answer.words)),
            (None, Some(why)) => (Tone::Error, why.clone()),
            (None, None) => (Tone::Dim, "no answer".to_owned()),
        };
        for part in text::wrap(&text::clean(&words), width.saturating_sub(4).max(8)) {
            lines.push(TextLine { item: None, spans: vec![(Tone::Text, "    ".to_owned()), (tone, part)] });
        }
    }
    paint::lines(buf, area, &lines, 0, None, ctx.theme);
}

/// What a key would do, before it is done: a sentence, and a line where words are typed.
pub(super) fn asked<'a>(under: &'a Under, ask: &'a Ask) -> (Vec<String>, String, Option<&'a Line>) {
    let one = |text: &str| vec![text.to_owned()];
    match ask {
        Ask::Relation(line) => (
            one(
                "Somebody else: what they say counts for nothing, and nothing about the person is told to them.",
            ),
            "Who is it? ".into(),
            Some(line),
        ),
        Ask::Identity(line) => (one("How was it confirmed who speaks?"), "> ".into(), Some(line)),
        Ask::Words(reply, line) => {
            let what = match reply {
                Reply::Yes => "YES is recorded with these words. Enter without words records nothing.",
                Reply::No => "NO is recorded with these words.",
                Reply::Later => "LATER is recorded with these words: no answer yet, to be asked again.",
            };
            (one(what), "The person's words: ".into(), Some(line))
        }
        Ask::Age(years, line) => (
            vec![format!(
                "A yes counts here from {years} years on. How was it made sure? Only that is held, no date of birth."
            )],
            "Made sure by: ".into(),
            Some(line),
        ),
        Ask::Products(line) => (
            one("Which products is it about? Empty: all that was read out."),
            "Products: ".into(),
            Some(line),
        ),
        Ask::Objection(line) => (
            one(
                "Objection: ends this call and all direct marketing to the person, by every channel, at once. Enter records it.",
            ),
            "Words, if any: ".into(),
            Some(line),
        ),
        Ask::WrongNumber => (
            one(
                "Wrong number: it belongs to somebody else and is not dialled any more; nothing that was said counts.",
            ),
            "Enter: so it is · Esc: back".into(),
            None,
        ),
        Ask::CallBack(line) => (
            one("The call ends; a task to call back is made. Such as: tomorrow 10:00, +3d, mon 14:30."),
            "Call back at: ".into(),
            Some(line),
        ),
        Ask::Right(Right::Erasure, line) => (
            one("The person asks for erasure: a request is opened, and the call goes on. Enter notes it."),
            "Words, if any: ".into(),
            Some(line),
        ),
        Ask::Right(_, line) => (
            one(
                "The person asks for access to the data: a request is opened, and the call goes on. Enter notes it.",
            ),
            "Words, if any: ".into(),
            Some(line),
        ),
        Ask::Language => {
            let all: Vec<String> = under
                .languages
                .iter()
                .take(9)
                .enumerate()
                .map(|(n, language)| format!("{} {language}", n + 1))
                .collect();
            (one("The script in which language? It is read out from its beginning."), all.join(" · "), None)
        }
        Ask::Leave => (
            one("The call is not over. What was answered is kept either way."),
            "k: leave, and go on with it later · d: nobody was dialled, drop it · Esc: back".into(),
            None,
        ),
    }
}

/// What is expected now: a caption, the words, and what to press.
pub(super) fn expected(under: &Under, ctx: &Ctx) -> (String, Vec<String>, String) {
    match under.step {
        Step::Who if under.is_other() => (
            "Somebody else".into(),
            vec!["Ask when the person can be reached, say nothing about why, and end the call.".into()],
            "p the person came to the phone · b call back at … · x wrong number · h end".into(),
        ),
        Step::Who => (
            "Who answered?".into(),
            vec![String::new()],
            "p the person · s somebody else · n nobody, or a machine".into(),
        ),
        Step::Identity => {
            let ways: Vec<String> =
                IDENTITIES.iter().map(|(key, label, _)| format!("{key} {label}")).collect();
            (
                "How is it confirmed that this is the person?".into(),
                vec![ways.join(" · ")],
                "w other words · u unconfirmed: no yes will count".into(),
            )
        }
        Step::Read => {
            let (words, keys) = if under.script.is_none() {
                ("There is no script for this: a no can be recorded, a yes cannot.", "space: on")
            } else if under.sees_end() {
                ("This is the end of what must be told.", "space: I have read it out, on to the questions")
            } else {
                (
                    "Answers are locked until this was read out to its end.",
                    "space: next page · up, down: scroll",
                )
            };
            ("Read out".into(), vec![words.into()], keys.into())
        }
        Step::Questions => {
            let Some(question) = under.question() else { return Default::default() };
            let (at, many) = (under.at + 1, under.questions.len());
            let caption = format!("Question {at} of {many}: {}", text::clean(under.topic(under.at)));
            let mut words = vec![question.text.replace('\n', " ")];
            if let Some(answer) = under.answer(question) {
                words.push(format!("{}: “{}”", reply_word(answer.reply), answer.words));
            } else if let Some(why) = under.locked.get(under.at).and_then(Option::as_ref) {
                words.push(format!("{}{why}", ctx.theme.mark(Tone::Error)));
            }
            if let Some(products) = under.products.get(under.at).filter(|products| !products.is_empty()) {
                words.push(format!("Products: {products}"));
            }
            if let (Some(years), false) = (under.age_wanted(), under.all_answered()) {
                words.push(format!("A yes counts from {years} years on; how that was made sure is asked."));
            }
            let keys = match (under.all_answered(), under.no_yes()) {
                (true, _) => "All is answered. h ends the call · tab goes through the questions",
                (false, None) => "y yes · n no · l later · g products · tab next question",
                (false, Some(_)) => "n no · l later · tab next question (no yes can be recorded)",
            };
            (caption, words, keys.into())
        }
    }
}

fn bottom(under: &Under, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
    let theme = ctx.theme;
    let (caption, words, keys) = expected(under, ctx);
    rule(buf, area, &caption, ctx);
    let last = area.bottom().saturating_sub(1);
    let (words, keys, line) = match &under.ask {
        Some(ask) => asked(under, ask),
        None => (words, keys, None),
    };
    let room = usize::from(area.width).max(1);
    let fault = under.fault.as_ref().map(|fault| format!("{}{fault}", theme.mark(Tone::Error)));
    let tone = if under.ask.is_some() { Tone::Warning } else { Tone::Title };
    let wrapped: Vec<String> = words.iter().flat_map(|part| text::wrap(&text::clean(part), room)).collect();
    let free = usize::from(last.saturating_sub(area.y + 1)).saturating_sub(usize::from(fault.is_some()));
    for (y, part) in (area.y + 1..).zip(wrapped.iter().take(free)) {
        paint::put(buf, area.x, y, area.width, part, theme.style(tone));
    }
    if let Some(fault) = fault {
        paint::put(buf, area.x, last.saturating_sub(1), area.width, &fault, theme.style(Tone::Error));
    }
    match line {
        Some(line) => paint::field(buf, Rect { y: last, height: 1, ..area }, &keys, line, theme),
        None => {
            paint::put(buf, area.x, last, area.width, &keys, theme.style(Tone::Focus));
            Some(Position { x: area.x, y: last })
        }
    }
}

pub(super) fn draw(under: &Under, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
    let parts = parts(area);
    head(under, buf, parts.head, ctx);
    let lines = under.lines();
    let top = under.scroll.min(lines.len().saturating_sub(usize::from(parts.script.height)));
    if under.step >= Step::Identity || under.is_person() {
        paint::lines(buf, parts.script, &lines, top, None, ctx.theme);
    } else {
        let words = "Nothing is read out before it is clear who is on the phone.";
        paint::put(
            buf,
            parts.script.x,
            parts.script.y,
            parts.script.width,
            words,
            ctx.theme.style(Tone::Dim),
        );
    }
    if let Some(area) = parts.side {
        side(under, buf, area, ctx);
    }
    bottom(under, buf, parts.bottom, ctx)
}

pub(super) fn hints(under: &Under) -> Vec<Hint> {
    let hints = |all: &[(&str, &str)]| all.iter().map(|(key, text)| Hint::new(*key, *text)).collect();
    match &under.ask {
        Some(Ask::Leave | Ask::Language) => hints(&[("esc", "back")]),
        Some(_) => hints(&[("enter", "so it is"), ("esc", "back")]),
        None => hints(&[
            ("h", "end"),
            ("o", "objects"),
            ("x", "wrong no."),
            ("b", "call back"),
            ("L", "lang."),
            ("a", "access"),
            ("e", "erasure"),
        ]),
    }
}
