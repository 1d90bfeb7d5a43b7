//! What is seen before a call and after it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::after::{After, Row, Written, outcome_words};
use super::mode::{CallMode, Stage};
use super::under::Under;
use crate::api::call::{CallCard, CallRecorded, OpenCall};
use crate::api::{CallMessage, View};
use crate::domain::call::CallField;
use crate::domain::consent::State;
use crate::domain::contact::NoteField;
use crate::domain::field::FieldKey;
use crate::domain::task::TaskField;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::tui::content::{self, TextLine};
use crate::tui::held::state_word;
use crate::tui::layer::{Ctx, Hint};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

/// Lines with a label at their left.
struct Sheet<'a> {
    lines: Vec<TextLine>,
    width: usize,
    ctx: &'a Ctx,
}

/// Cells of the labels.
const LABEL: usize = 11;

impl Sheet<'_> {
    fn say(&mut self, label: &str, tone: Tone, words: &str) {
        let room = self.width.saturating_sub(LABEL).max(8);
        let words = text::clean_lines(words);
        let mark = self.ctx.theme.mark(tone);
        let label = text::pad(label, LABEL, text::Align::Left);
        for (n, part) in text::wrap(&format!("{mark}{words}"), room).into_iter().enumerate() {
            let label = if n == 0 { label.clone() } else { " ".repeat(LABEL) };
            self.lines.push(TextLine { item: None, spans: vec![(Tone::Dim, label), (tone, part)] });
        }
    }

    fn gap(&mut self) {
        self.lines.push(TextLine::default());
    }
}

fn moment(view: &View, key: FieldKey) -> Option<Timestamp> {
    match view.get(key).and_then(|shown| shown.value.as_ref()) {
        Some(Value::Time(at)) => Some(*at),
        Some(_) | None => None,
    }
}

fn when(view: &View, key: FieldKey, ctx: &Ctx) -> String {
    moment(view, key).map_or_else(String::new, |at| content::time(at, ctx.zone))
}

/// One line of the last calls.
fn call_line(call: &View, ctx: &Ctx) -> String {
    let outcome = call.text(CallField::outcome.key()).replace('_', " ");
    let note = call.text(CallField::note.key());
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    format!("{} {outcome}{note}", when(call, CallField::started_at.key(), ctx))
}

/// What is known before dialling.
pub(super) fn card(mode: &CallMode, card: &CallCard, width: usize, ctx: &Ctx) -> Vec<TextLine> {
    let mut sheet = Sheet { lines: Vec::new(), width, ctx };
    let title = text::clean(&card.purpose_title).into_owned();
    let more = if mode.purposes.len() > 1 { "  (p: another purpose)" } else { "" };
    sheet.say("For", Tone::Title, &format!("{title}{more}"));
    let clear = card.allowed && card.busy.is_none();
    match (&card.busy, card.allowed) {
        (Some(who), _) => {
            sheet.say("", Tone::Warning, &format!("{who} is calling this person at this moment."))
        }
        (None, true) => sheet.say("", Tone::Ok, "This call is allowed."),
        (None, false) => sheet.say("", Tone::Error, "This call is not allowed."),
    }
    if card.allowed {
        sheet.say("Why", Tone::Text, &card.verdict);
    } else {
        for refusal in &card.refusals {
            sheet.say("Why not", Tone::Text, refusal);
        }
        match card.next_allowed_at {
            Some(at) => {
                sheet.say(
                    "Allowed",
                    Tone::Text,
                    &format!("from {} on, by your clock", content::time(at, ctx.zone)),
                );
            }
            None => sheet.say("Allowed", Tone::Dim, "waiting does not change it"),
        }
    }
    if let Some(rule) = &card.rule {
        let checked = if rule.verified { "verified" } else { "not verified" };
        sheet.say("Rule", Tone::Text, &format!("{} ({checked}, {})", rule.citation, rule.checked));
        if clear && rule.number_shown {
            sheet.say("", Tone::Warning, "Your number must be shown.");
        }
        if clear && rule.offer_objection {
            sheet.say("", Tone::Warning, "The call must offer the right to object.");
        }
    }
    // Nothing to dial where nobody may be called.
    if clear {
        match &card.dial {
            Some(dial) => {
                let label = if dial.label.is_empty() {
                    String::new()
                } else {
                    format!("  {}", text::clean(&dial.label))
                };
                let more = match card.numbers.len() {
                    0 | 1 => String::new(),
                    many => format!("  (n: next of {many})"),
                };
                sheet.say("Number", Tone::Title, &format!("{}{label}{more}", dial.readable));
            }
            None => sheet.say("Number", Tone::Error, "there is none that you may read"),
        }
    }
    sheet.say("Time there", Tone::Text, &local(card));
    if clear {
        script(mode, card, &mut sheet);
    }
    sheet.gap();
    for (n, task) in card.tasks.iter().enumerate() {
        let due = when(task, TaskField::due.key(), ctx);
        let words = format!("{}  {due}", task.text(TaskField::text.key()));
        sheet.say(if n == 0 { "Tasks" } else { "" }, Tone::Text, words.trim_end());
    }
    let calls = match card.attempts {
        0 => "none in the last 30 days".to_owned(),
        1 => "one in the last 30 days".to_owned(),
        many => format!("{many} in the last 30 days"),
    };
    sheet.say("Calls", Tone::Dim, &calls);
    for call in &card.calls {
        sheet.say("", Tone::Text, &call_line(call, ctx));
    }
    for (n, note) in card.notes.iter().enumerate() {
        let at = when(note, NoteField::happened_at.key(), ctx);
        sheet.say(
            if n == 0 { "Notes" } else { "" },
            Tone::Text,
            &format!("{at} {}", note.text(NoteField::text.key())),
        );
    }
    let said: Vec<String> = card
        .lines
        .iter()
        .filter(|line| line.standing.state != State::Unknown)
        .map(|line| {
            format!("{}: {}", mode.topic(&line.purpose, line.channel), state_word(line.standing.state))
        })
        .collect();
    let said = if said.is_empty() { "nothing was recorded".to_owned() } else { said.join(" · ") };
    sheet.say("Consent", Tone::Text, &said);
    sheet.gap();
    for (n, looked) in card.looked.iter().enumerate() {
        let tone = if looked.outcome == "refused" { Tone::Error } else { Tone::Dim };
        let words = format!("{}: {}", looked.point.replace('_', " "), looked.words);
        sheet.say(if n == 0 { "Looked at" } else { "" }, tone, &words);
    }
    sheet.lines
}

/// The clock at the person's place.
fn local(card: &CallCard) -> String {
    let there = chrono::DateTime::parse_from_rfc3339(&card.local_time);
    let clock = there.map_or_else(|_| card.local_time.clone(), |at| at.format("%a %H:%M").to_string());
    format!("{clock}  {}", card.zone)
}

fn script(mode: &CallMode, card: &CallCard, sheet: &mut Sheet<'_>) {
    let mut languages: Vec<String> = card.scripts.iter().map(|one| one.language.to_string()).collect();
    languages.dedup();
    if languages.is_empty() {
        return sheet.say("Script", Tone::Warning, "there is none for this purpose: no yes can be recorded");
    }
    let wanted = mode.language().or(card.language.as_ref()).map(ToString::to_string);
    let wanted = wanted.map_or_else(String::new, |language| format!("in `{language}`, "));
    let more = if languages.len() > 1 { "  (L: another)" } else { "" };
    sheet.say("Script", Tone::Text, &format!("{wanted}there is {}{more}", languages.join(", ")));
}

/// A call that was begun and not recorded.
pub(super) fn left(open: &OpenCall, width: usize, ctx: &Ctx) -> Vec<TextLine> {
    let mut sheet = Sheet { lines: Vec::new(), width, ctx };
    let at = content::time(open.begun_at, ctx.zone);
    sheet.say(
        "",
        Tone::Warning,
        &format!("A call with {} was begun at {at}, and is not recorded.", open.name),
    );
    let answers = open.answers.as_ref().map_or(0, |said| said.answers.len());
    let kept = match answers {
        0 => "No answer was taken.".to_owned(),
        1 => "One answer is kept.".to_owned(),
        many => format!("{many} answers are kept."),
    };
    sheet.say("", Tone::Text, &kept);
    if let Some(why) = &open.stopped {
        sheet.say("", Tone::Error, &format!("No yes of it counts any more: {why}."));
    }
    sheet.gap();
    sheet.say("r", Tone::Text, "goes on with it: the person is still there");
    sheet.say("i", Tone::Text, "records it as interrupted, with what was answered");
    sheet.say("d", Tone::Text, "drops it: nobody was dialled");
    sheet.lines
}

/// What was recorded.
pub(super) fn done(mode: &CallMode, recorded: &CallRecorded, width: usize, ctx: &Ctx) -> Vec<TextLine> {
    let mut sheet = Sheet { lines: Vec::new(), width, ctx };
    sheet.say("", Tone::Ok, "Recorded. Nothing changes it any more.");
    for line in &recorded.lines {
        let words =
            format!("{}: {}", mode.topic(&line.purpose, line.channel), state_word(line.standing.state));
        sheet.say("Consent", Tone::Text, &words);
    }
    for number in &recorded.requests {
        sheet.say("Request", Tone::Text, &format!("number {number} is open"));
    }
    match recorded.tasks.len() {
        0 => {}
        1 => sheet.say("Task", Tone::Text, "one was made"),
        many => sheet.say("Tasks", Tone::Text, &format!("{many} were made")),
    }
    if let Some(day) = recorded.delete_on {
        sheet.say("", Tone::Warning, &format!("Nothing else holds the person: to be deleted on {day}."));
    }
    for warning in &recorded.warnings {
        sheet.say("", Tone::Warning, warning);
    }
    if mode.written.is_some() {
        sheet.say("In writing", Tone::Text, "kept with the call; it does not send itself: y copies it");
    }
    sheet.lines
}

/// Everything but the call itself.
pub(super) fn draw(mode: &CallMode, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
    let width = usize::from(area.width);
    let lines = match &mode.stage {
        Stage::Before(one) | Stage::Beginning(one) => card(mode, one, width, ctx),
        Stage::Left(open) => left(open, width, ctx),
        Stage::Done(recorded) => done(mode, recorded, width, ctx),
        Stage::Looking | Stage::Under(_) | Stage::After(..) => Vec::new(),
    };
    let main = Rect { height: area.height.saturating_sub(1), ..area };
    let top = mode.scroll.min(lines.len().saturating_sub(usize::from(main.height)));
    paint::lines(buf, main, &lines, top, None, ctx.theme);
    let last = area.bottom().saturating_sub(1);
    match (&mode.fault, &mode.stage) {
        (Some(fault), _) => {
            let told = format!("{}{fault}", ctx.theme.mark(Tone::Error));
            paint::put(buf, area.x, last, area.width, &told, ctx.theme.style(Tone::Error));
        }
        (None, Stage::Looking) => {
            paint::put(buf, area.x, last, area.width, "looking …", ctx.theme.style(Tone::Dim));
        }
        (None, Stage::Beginning(_)) => {
            paint::put(buf, area.x, last, area.width, "beginning …", ctx.theme.style(Tone::Dim));
        }
        (None, _) => {
            let note = paint::scroll_note(top, usize::from(main.height), lines.len());
            paint::put(buf, area.x, last, area.width, &note, ctx.theme.style(Tone::Dim));
        }
    }
    Some(Position { x: area.x, y: area.y })
}

pub(super) fn before_hints(mode: &CallMode, card: &CallCard) -> Vec<Hint> {
    let mut hints = Vec::new();
    if card.allowed && card.busy.is_none() && card.dial.is_some() {
        hints.push(Hint::new("c", "call now"));
        if card.numbers.len() > 1 {
            hints.push(Hint::new("n", "next number"));
        }
        hints.push(Hint::new("y", "copy number"));
        if card.scripts.len() > 1 {
            hints.push(Hint::new("L", "language"));
        }
    }
    if mode.purposes.len() > 1 {
        hints.push(Hint::new("p", "purpose"));
    }
    hints.extend([Hint::new("j k", "scroll"), Hint::new("esc", "leave, no trace")]);
    hints
}

/// What the person gets in writing, as it is kept.
fn draw_message(message: &CallMessage, scroll: usize, buf: &mut Buffer, area: Rect, ctx: &Ctx) {
    let width = usize::from(area.width).max(1);
    let head = format!("{} to {}: {}", message.message, message.to, message.subject);
    let line = |tone: Tone, text: String| TextLine { item: None, spans: vec![(tone, text)] };
    let mut lines = vec![line(Tone::Title, text::clean(&head).into_owned())];
    lines.extend(
        text::wrap(&text::clean_lines(&message.text), width).into_iter().map(|part| line(Tone::Text, part)),
    );
    let top = scroll.min(lines.len().saturating_sub(usize::from(area.height)));
    paint::lines(buf, area, &lines, top, None, ctx.theme);
    let note = paint::scroll_note(top, usize::from(area.height), lines.len());
    if !note.is_empty() {
        paint::put(
            buf,
            area.x,
            area.bottom(),
            area.width,
            &format!("{note}  (pgup, pgdn)"),
            ctx.theme.style(Tone::Dim),
        );
    }
}

/// The form after a call.
pub(super) fn after(
    under: &Under,
    after: &After,
    buf: &mut Buffer,
    area: Rect,
    ctx: &Ctx,
) -> Option<Position> {
    let theme = ctx.theme;
    let mut y = area.y;
    let mut cursor = None;
    let answers = under.told().answers;
    let what = match answers.len() {
        0 => "Over. No answer was taken.".to_owned(),
        1 => "Over. One answer was taken.".to_owned(),
        many => format!("Over. {many} answers were taken."),
    };
    paint::put(buf, area.x, y, area.width, &what, theme.style(Tone::Title));
    y += 1;
    for answer in &answers {
        let words = format!("  {}: {} “{}”", under.topic_of(answer), answer.reply, answer.words);
        if y + 8 < area.bottom() {
            paint::put(buf, area.x, y, area.width, &words, theme.style(Tone::Text));
            y += 1;
        }
    }
    y += 1;
    for (n, row) in Row::ALL.into_iter().enumerate() {
        if y >= area.bottom().saturating_sub(1) {
            break;
        }
        let on = n == after.at;
        let sign = if on { theme.mark(Tone::Selection) } else { "  " };
        let label = format!("{sign}{}", text::pad(row.label(), LABEL, text::Align::Left));
        let place = Rect { y, height: 1, ..area };
        let line = match row {
            Row::Outcome | Row::Confirm => None,
            Row::Note => Some(&after.note),
            Row::FollowUp => Some(&after.follow),
            Row::Due => Some(&after.due),
        };
        match line {
            Some(line) => {
                let caret = paint::field(buf, place, &label, line, theme);
                if on {
                    cursor = caret;
                }
                if row == Row::Due && line.is_empty() && !on {
                    let x = area.x + u16::try_from(LABEL + 2).unwrap_or(0);
                    let hint = "tomorrow 10:00, +3d, mon 14:30";
                    paint::put(buf, x, y, area.right().saturating_sub(x), hint, theme.style(Tone::Dim));
                }
            }
            None => {
                let (words, choice) = match row {
                    Row::Confirm => (after.written.words(), true),
                    Row::Outcome | Row::Note | Row::FollowUp | Row::Due => {
                        (outcome_words(after.outcome()), after.has_choice())
                    }
                };
                let more = if choice { "  (left, right)" } else { "" };
                let words = format!("{label}{words}{more}");
                paint::put(
                    buf,
                    area.x,
                    y,
                    area.width,
                    &words,
                    theme.style(if on { Tone::Focus } else { Tone::Text }),
                );
                if on {
                    cursor = Some(Position { x: area.x, y });
                }
            }
        }
        y += 1;
    }
    if let Some(at) = under.said.call_back {
        y += 1;
        let words = format!("To be called back at {}: a task is made.", content::time(at, ctx.zone));
        paint::put(buf, area.x, y, area.width, &words, theme.style(Tone::Text));
    }
    let last = area.bottom().saturating_sub(1);
    if let Written::Shown(_, message) = &after.written {
        let place = Rect { y: y + 1, height: last.saturating_sub(y + 2), ..area };
        draw_message(message, after.scroll, buf, place, ctx);
    }
    if let Some(fault) = &after.fault {
        let told = format!("{}{fault}", theme.mark(Tone::Error));
        let lines = text::wrap(&text::clean(&told), usize::from(area.width));
        let from = last.saturating_sub(u16::try_from(lines.len().min(3)).unwrap_or(1).saturating_sub(1));
        for (y, line) in (from..=last).zip(lines) {
            paint::put(buf, area.x, y, area.width, &line, theme.style(Tone::Error));
        }
    } else {
        let words = if after.sent { "recording …" } else { "ctrl-s records all of it at once" };
        paint::put(buf, area.x, last, area.width, words, theme.style(Tone::Dim));
    }
    cursor
}
