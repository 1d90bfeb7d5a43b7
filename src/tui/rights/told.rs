//! A request in words: how urgent it is, its deadlines, what was done, the letter to the person.

use crate::api::work::{RequestCard, RequestView};
use crate::domain::request::{IdentityOutcome, RequestField, RequestState};
use crate::domain::value::{Day, Value};
use crate::tui::content::{self, TextLine};
use crate::tui::layer::Ctx;
use crate::tui::text;
use crate::tui::theme::Tone;

/// Within so many days of its end a request is urgent.
const SOON: i64 = 7;

/// How urgent a request is, in words that need no colour.
pub fn urgency(one: &RequestView) -> (Tone, String) {
    let days = |many: i64| if many == 1 { "1 day".to_owned() } else { format!("{many} days") };
    match (one.state, one.days_left) {
        (RequestState::Done, _) => (Tone::Dim, "answered".to_owned()),
        (RequestState::Refused, _) => (Tone::Dim, "refused".to_owned()),
        (RequestState::Open, None) => (Tone::Warning, "no deadline".to_owned()),
        (RequestState::Open, Some(left)) if left < 0 => {
            (Tone::Error, format!("overdue by {}", days(left.saturating_neg())))
        }
        (RequestState::Open, Some(0)) => (Tone::Warning, "due today".to_owned()),
        (RequestState::Open, Some(left)) => {
            (if left <= SOON { Tone::Warning } else { Tone::Text }, format!("{} left", days(left)))
        }
    }
}

fn outcome(outcome: Option<IdentityOutcome>) -> &'static str {
    match outcome {
        None => "nobody has noted a check",
        Some(IdentityOutcome::Asked) => "the person was asked to show who they are, and has not answered",
        Some(IdentityOutcome::Confirmed) => "confirmed",
        Some(IdentityOutcome::Failed) => "failed",
    }
}

/// Cells for what a line is about.
const LABEL: usize = 18;

struct Page<'a> {
    card: &'a RequestCard,
    ctx: &'a Ctx,
    width: usize,
    lines: Vec<TextLine>,
}

impl Page<'_> {
    fn line(&mut self, label: &str, tone: Tone, said: &str) {
        if said.trim().is_empty() {
            return;
        }
        let room = self.width.saturating_sub(LABEL).max(8);
        for (n, part) in text::wrap(&text::clean_lines(said), room).into_iter().enumerate() {
            let label = text::pad(if n == 0 { label } else { "" }, LABEL, text::Align::Left);
            self.lines.push(TextLine { item: None, spans: vec![(Tone::Dim, label), (tone, part)] });
        }
    }

    fn heading(&mut self, words: &str) {
        if !self.lines.is_empty() {
            self.lines.push(TextLine::default());
        }
        self.lines.push(TextLine { item: None, spans: vec![(Tone::Title, words.to_owned())] });
    }

    /// A field of the record: a moment by the clock on the wall.
    fn field(&mut self, label: &str, field: RequestField) {
        let said = match self.card.record.get(field.key()) {
            None => return,
            Some(shown) => match &shown.value {
                Some(Value::Time(at)) => content::time(*at, self.ctx.zone),
                Some(Value::Word(_)) => shown.text.replace('_', " "),
                _ => shown.text.clone(),
            },
        };
        self.line(label, Tone::Text, &said);
    }

    fn has(&self, field: RequestField) -> bool {
        !self.card.record.text(field.key()).trim().is_empty()
    }
}

fn day(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// A request, line by line.
pub fn lines(card: &RequestCard, width: usize, ctx: &Ctx) -> Vec<TextLine> {
    let one = &card.request;
    let mut page = Page { card, ctx, width, lines: Vec::new() };
    let who =
        if one.contact.is_some() { one.name.clone() } else { format!("{} (no contact here)", one.name) };
    page.line("Person", Tone::Text, &who);
    page.line("Asks for", Tone::Text, &one.right.replace('_', " "));
    if one.restricted {
        page.line(
            "Restricted",
            Tone::Warning,
            "the person's data are kept, and used for nothing (Art. 18 GDPR)",
        );
    }
    page.field("Words", RequestField::words);
    page.field("Came", RequestField::how);
    page.line("Received", Tone::Text, &day(one.received));
    page.field("Taken in by", RequestField::taken_by);
    let assigned = if one.assigned.is_empty() { "nobody yet" } else { &one.assigned };
    page.line("Carried out by", Tone::Text, assigned);

    page.heading("Until when");
    let (tone, left) = urgency(one);
    let due = match (one.due, one.state) {
        (None, _) => format!("{left}: the controller's country is not set"),
        (Some(due), RequestState::Open) => format!("{due}: {left}"),
        (Some(due), RequestState::Done | RequestState::Refused) => format!("{due} ({left})"),
    };
    page.line("Due", tone, &format!("{}{due}", ctx.theme.mark(tone)));
    if card.month_ends != one.due {
        page.line("The month ended", Tone::Text, &day(card.month_ends));
    }
    for moved in &card.moved {
        page.line("Passed over", Tone::Dim, moved);
    }
    if let Some(by_identity) = card.due_by_identity {
        let said = format!(
            "{by_identity}, were the month counted from when it was sure who asks; the earlier day counts"
        );
        page.line("By identity", Tone::Text, &said);
    }
    page.line("Three months end", Tone::Dim, &day(card.at_most));

    page.heading("What was done");
    page.line("Identity", Tone::Text, outcome(one.identity));
    page.field("  by", RequestField::identity);
    page.field("  asked on", RequestField::identity_asked);
    page.field("  checked", RequestField::identity_at);
    if page.has(RequestField::extended_to) {
        page.field("Extended to", RequestField::extended_to);
        page.field("  because", RequestField::extension_reason);
        page.field("  told on", RequestField::extension_told);
    }
    match one.state {
        RequestState::Open => {}
        RequestState::Refused => {
            page.field("Refused", RequestField::decided_at);
            page.field("  by", RequestField::decided_by);
            page.field("  because", RequestField::refusal_reason);
        }
        RequestState::Done => {
            page.field("Answered", RequestField::delivered_at);
            page.field("  way", RequestField::delivered_by);
            page.field("  by", RequestField::decided_by);
            page.field("  SHA-256", RequestField::delivered_hash);
        }
    }
    if !card.letter.is_empty() {
        page.heading("Letter to the person");
        for part in text::wrap(&text::clean_lines(&card.letter), width.max(8)) {
            page.lines.push(TextLine { item: None, spans: vec![(Tone::Text, part)] });
        }
    }
    page.lines
}
