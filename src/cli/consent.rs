//! `callbook consent …`: what persons said about the use of their data, and what holds.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::{
    BookLine, ConsentRecord, ConsentWithdraw, Consents, Error, EventView, Recorded, Said, SweepConsents,
};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record;
use crate::cli::table::Table;
use crate::cli::{ask, json, prove};
use crate::config::Format;
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentField, ConsentKind, State, Way};
use crate::domain::country::Language;
use crate::domain::entity::Entity;
use crate::domain::id::ContactId;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::domain::value::MAX_TEXT;
use crate::env::Zone;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// What holds for a person, by purpose and channel, and the events it follows from
    List(ListArgs),
    /// Record what a person said about a purpose and a channel, or on which other legal basis the data is used
    Record(RecordArgs),
    /// Take a consent back, for one purpose or all (Art. 7(3) GDPR); takes effect at once
    Withdraw(WithdrawArgs),
    /// Note that a person objects: to all direct marketing, or to one purpose (Art. 21 GDPR); takes effect at once, and numbers
    /// and addresses are suppressed for marketing
    Object(WithdrawArgs),
    /// Ask a person by e-mail to confirm a consent (double opt-in): a message with a code that is good once
    Request(ask::RequestArgs),
    /// Hand in a code that came back: it confirms the consent, and proves the address
    Confirm(ask::ConfirmArgs),
    /// Prove what held for a person, a purpose and a channel: the words, the call, the entries of the log
    Prove(prove::ProveArgs),
    /// What the person is handed about one event: a consent receipt (ISO/IEC TS 27560) as JSON-LD
    Receipt(prove::ReceiptArgs),
    /// Record the end of consents whose time is up; they hold nothing since then either way
    Sweep(SweepArgs),
}

#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    /// Count what would be recorded, and record nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// The person's id
    contact: ContactId,
    /// As it stood at that time: 2026-01-31 (the end of the day) or 2026-01-31T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    at: Option<Timestamp>,
    /// List the events instead of what holds
    #[arg(long)]
    events: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RecordArgs {
    /// The person's id
    contact: ContactId,
    /// What for; `callbook purpose list` shows the purposes
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// By which way the person may be reached, or `storage`: that the data is kept
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS))]
    channel: Channel,
    /// What happened. A person gives, refuses, defers or renews; another basis is asserted; the controller revokes or
    /// invalidates
    #[arg(long, value_name = "KIND", value_parser = word::<ConsentKind>(ConsentKind::WORDS))]
    kind: ConsentKind,
    /// How it became known
    #[arg(long, value_name = "WAY", value_parser = word::<Way>(Way::WORDS), required_unless_present = "basis")]
    way: Option<Way>,
    #[command(flatten)]
    words: WordsArgs,
    /// What the person was asked
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
    /// The language in which it was said, such as de or nl-BE
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Until when it holds; as long as the purpose says when absent
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    until: Option<Timestamp>,
    /// The legal basis that is asserted, where it is not consent
    #[arg(long, value_name = "BASIS")]
    basis: Option<Basis>,
    /// Why that basis holds, or why the controller takes something back
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Where the proof lies, such as the number of a letter
    #[arg(long, value_name = "TEXT")]
    evidence: Option<String>,
    /// The privacy notice that the person was pointed at, with its version: standard-de@3
    #[arg(long, value_name = "NOTICE")]
    notice: Option<String>,
    /// What the person agreed to be told about
    #[arg(long, value_name = "TEXT")]
    products: Option<String>,
    /// Who was named as a recipient
    #[arg(long, value_name = "TEXT")]
    third_parties: Option<String>,
    /// How it was made sure that the person is of age
    #[arg(long, value_name = "TEXT")]
    age: Option<String>,
}

#[derive(Args, Debug)]
struct WordsArgs {
    /// What the person said, word for word; `-` reads it from standard input
    #[arg(long, value_name = "TEXT")]
    words: Option<String>,
    /// When it happened, as 2026-01-31T09:30:00+01:00 or '2026-01-31 09:30' on your clock; now when absent
    #[arg(long, value_name = "TIME", value_parser = happened)]
    at: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(crate) struct WithdrawArgs {
    /// The person's id
    contact: ContactId,
    /// For what; all purposes when absent
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// By which way; all when absent
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS))]
    channel: Option<Channel>,
    #[command(flatten)]
    words: WordsArgs,
    /// How it became known
    #[arg(long, value_name = "WAY", value_parser = word::<Way>(Way::WORDS), default_value = "call")]
    way: Way,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::List(args) => list(ctx, &args),
        Verb::Record(args) => record(ctx, args),
        Verb::Withdraw(args) => withdraw(ctx, args, false),
        Verb::Object(args) => withdraw(ctx, args, true),
        Verb::Request(args) => ask::request(ctx, args),
        Verb::Confirm(args) => ask::confirm(ctx, args),
        Verb::Prove(args) => prove::prove(ctx, args),
        Verb::Receipt(args) => prove::receipt(ctx, &args),
        Verb::Sweep(args) => sweep(ctx, &args),
    }
}

fn sweep(ctx: &mut Ctx<'_>, args: &SweepArgs) -> Done {
    let swept = ctx.client()?.call(SweepConsents { dry_run: args.dry_run })?;
    let out = json!({"people": swept.people, "expired": swept.expired, "dry_run": args.dry_run});
    object(ctx, &swept.expired.to_string(), out, |_| {
        format!("expired  {}\npeople   {}\n", swept.expired, swept.people)
    })?;
    if args.dry_run {
        ctx.say("nothing was recorded");
    }
    Ok(())
}

/// The moment at which something happened. A day alone would be a guess: whoever said yes and no on one day is heard
/// with the later of the two.
pub(super) fn happened(text: &str) -> Result<Timestamp, String> {
    let day = text.trim().parse::<crate::domain::value::Day>().is_ok();
    Zone::Local.parse(text).filter(|_| !day).ok_or_else(|| {
        format!("`{text}` is no moment; write it as 2026-01-31T09:30:00+01:00 or '2026-01-31 09:30'")
    })
}

fn words_of(ctx: &mut Ctx<'_>, words: Option<String>) -> Result<String, Error> {
    match words {
        Some(dash) if dash == "-" => Ok(ctx.read_input(MAX_TEXT as u64)?.trim_end().to_owned()),
        words => Ok(words.unwrap_or_default()),
    }
}

fn record(ctx: &mut Ctx<'_>, args: RecordArgs) -> Done {
    let RecordArgs {
        contact,
        purpose,
        channel,
        kind,
        way,
        words: WordsArgs { words, at },
        question,
        language,
        until,
        basis,
        reason,
        evidence,
        notice,
        products,
        third_parties,
        age,
    } = args;
    let said = Said {
        kind,
        purpose,
        channel,
        at,
        zone: Zone::Local.stamp(at.unwrap_or_else(|| ctx.env.now())),
        // What the company itself asserts became known by nobody's words.
        way: way.unwrap_or(Way::System),
        question: question.unwrap_or_default(),
        words: words_of(ctx, words)?,
        language,
        until,
        basis,
        reason: reason.unwrap_or_default(),
        evidence: evidence.unwrap_or_default(),
        notice: notice.unwrap_or_default(),
        products: products.unwrap_or_default(),
        third_parties: third_parties.unwrap_or_default(),
        age: age.unwrap_or_default(),
    };
    let recorded = ctx.client()?.call(ConsentRecord { contact, said: vec![said] })?;
    tell(ctx, &recorded)
}

fn withdraw(ctx: &mut Ctx<'_>, args: WithdrawArgs, objection: bool) -> Done {
    let WithdrawArgs { contact, purpose, channel, words: WordsArgs { words, at }, way } = args;
    let zone = Zone::Local.stamp(at.unwrap_or_else(|| ctx.env.now()));
    let words = words_of(ctx, words)?;
    let call = ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection };
    let recorded = ctx.client()?.call(call)?;
    tell(ctx, &recorded)
}

/// What was recorded, and what holds now.
pub(super) fn tell(ctx: &mut Ctx<'_>, recorded: &Recorded) -> Done {
    let Recorded { ids, lines, delete_on } = recorded;
    let mut out = Map::new();
    out.insert("events".to_owned(), json!(ids));
    out.insert("states".to_owned(), Json::Array(lines.iter().map(line_json).collect()));
    if let Some(day) = delete_on {
        out.insert("delete_on".to_owned(), json!(day.to_string()));
    }
    let all: Vec<String> = ids.iter().map(ToString::to_string).collect();
    object(ctx, &all.join("\n"), Json::Object(out), |style| drawn(lines, style))?;
    if let Some(day) = delete_on {
        ctx.say(&format!("no ground is left to keep this person: to be deleted on {day}"));
    }
    Ok(())
}

fn drawn(lines: &[BookLine], style: crate::cli::table::Style) -> String {
    let columns = line_columns();
    let heads: Vec<(&str, bool)> = columns.iter().map(|one| (one.head.as_str(), one.whole)).collect();
    let rows: Vec<Vec<String>> = lines.iter().flat_map(line_cells).collect();
    Table::new(&heads, style).rows(&rows)
}

fn line_columns() -> Vec<Column> {
    Column::list(&[
        ("purpose", "Purpose"),
        ("channel", "Channel"),
        ("state", "State"),
        ("since", "Since"),
        ("until", "Until"),
        ("basis", "Basis"),
    ])
}

/// Since when it stands so; not, where nothing was ever recorded.
fn since(line: &BookLine) -> Option<Timestamp> {
    (line.standing.state != State::Unknown).then_some(line.standing.since)
}

fn line_cells(line: &BookLine) -> Vec<Vec<String>> {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    vec![vec![
        line.purpose.clone(),
        line.channel.to_string(),
        line.standing.state.to_string(),
        time(since(line)),
        time(line.standing.until),
        line.standing.basis.map(|basis| basis.to_string()).unwrap_or_default(),
    ]]
}

pub(super) fn line_json(line: &BookLine) -> Json {
    let mut object = Map::new();
    object.insert("purpose".to_owned(), json!(line.purpose));
    object.insert("channel".to_owned(), json!(line.channel));
    object.insert("state".to_owned(), json!(line.standing.state));
    object.insert("allows".to_owned(), json!(line.standing.state.allows()));
    if let Some(since) = since(line) {
        object.insert("since".to_owned(), json!(since));
    }
    if let Some(until) = line.standing.until {
        object.insert("until".to_owned(), json!(until));
    }
    if let Some(basis) = line.standing.basis {
        object.insert("basis".to_owned(), json!(basis));
    }
    Json::Object(object)
}

fn event_columns() -> Vec<Column> {
    let mut columns = Column::list(&[
        ("at", "When"),
        ("kind", "What"),
        ("purpose", "Purpose"),
        ("channel", "Channel"),
        ("way", "How"),
        ("words", "Words"),
        ("until", "Until"),
        ("late", "Late"),
        ("id", "Id"),
    ]);
    for column in columns.iter_mut().filter(|column| column.name == "at") {
        column.whole = true;
    }
    columns
}

fn event_cells(event: &EventView) -> Vec<Vec<String>> {
    let text = |field: ConsentField| event.record.text(field.key()).to_owned();
    let late = event.record.get(ConsentField::late.key()).is_some();
    vec![vec![
        text(ConsentField::at),
        text(ConsentField::kind),
        text(ConsentField::purpose),
        text(ConsentField::channel),
        text(ConsentField::way),
        text(ConsentField::words),
        text(ConsentField::until),
        if late { "late".to_owned() } else { String::new() },
        event.id.to_string(),
    ]]
}

pub(super) fn event_json(event: &EventView) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(event.id));
    object.insert("seq".to_owned(), json!(event.seq));
    object.insert("recorded_at".to_owned(), json!(event.recorded_at));
    for shown in &event.record.fields {
        if let Some(spec) = ConsentEvent::spec_of(shown.key) {
            object.insert(spec.name.to_owned(), json::shown(shown));
        }
    }
    Json::Object(object)
}

fn list(ctx: &mut Ctx<'_>, args: &ListArgs) -> Done {
    let book = ctx.client()?.call(Consents { contact: args.contact, at: args.at })?;
    let lines = Make {
        // What holds has no id; what scripts go on with are the events it follows from.
        id: &|_: &BookLine| String::new(),
        json: &line_json,
        cells: &line_cells,
    };
    let events =
        Make { id: &|event: &EventView| event.id.to_string(), json: &event_json, cells: &event_cells };
    match ctx.format() {
        _ if args.events => Listing::all(ctx, event_columns(), &book.events, &events)?,
        Format::Ids => Listing::all(ctx, event_columns(), &book.events, &events)?,
        Format::Json => {
            let mut out = Map::new();
            out.insert("items".to_owned(), Json::Array(book.lines.iter().map(line_json).collect()));
            out.insert("total".to_owned(), json!(book.lines.len()));
            out.insert("withheld".to_owned(), json!({}));
            out.insert("events".to_owned(), Json::Array(book.events.iter().map(event_json).collect()));
            if let Some(at) = book.objected_at {
                out.insert("objected_at".to_owned(), json!(at));
            }
            if let Some(day) = book.delete_on {
                out.insert("delete_on".to_owned(), json!(day.to_string()));
            }
            object(ctx, "", Json::Object(out), |_| String::new())?;
        }
        Format::Ndjson | Format::Csv | Format::Tsv => {
            Listing::all(ctx, line_columns(), &book.lines, &lines)?;
        }
        Format::Table => {
            Listing::all(ctx, line_columns(), &book.lines, &lines)?;
            if !book.events.is_empty() {
                ctx.print("\n")?;
                Listing::all(ctx, event_columns(), &book.events, &events)?;
            }
        }
    }
    if let Some(at) = book.objected_at {
        ctx.say(&format!("objected at {at}"));
    }
    if let Some(day) = book.delete_on {
        ctx.say(&neutralise(&format!("no ground is left to keep this person: to be deleted on {day}")));
    }
    Ok(())
}
