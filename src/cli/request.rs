//! `callbook request …`: the register of what persons ask for by right.

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::work::{RequestCard, RequestDecided, RequestView};
use crate::api::{
    Error, RequestAssign, RequestClose, RequestExtend, RequestIdentify, RequestIngest, RequestInvite,
    RequestOpen, RequestRefuse, RequestShow, Requests,
};
use crate::cli::consent::line_json;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::files;
use crate::cli::globals::word;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record::moment as at_moment;
use crate::cli::task::moment;
use crate::config::Format;
use crate::domain::country::Language;
use crate::domain::id::ContactId;
use crate::domain::preferences::{MAX_FILE, Sealed};
use crate::domain::request::{IdentityCheck, IdentityOutcome, RequestField, RequestState, Right};
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::env::Zone;
use crate::interchange::preferences;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Take in what a person asks for by right; prints its number and the day on which it must be answered
    Open(OpenArgs),
    /// Requests, the next due first
    List(ListArgs),
    /// One request with its deadlines, and the letter that tells the person what was decided
    Show(ShowArgs),
    /// Note how it was made sure who asks; it pauses nothing, so both days are told
    Identify(IdentifyArgs),
    /// Extend the time to answer to three months in all, within the first month; prints the letter (Art. 12(3) GDPR)
    Extend(ExtendArgs),
    /// Refuse a request; prints the letter, with the reason and the remedies (Art. 12(4) GDPR)
    Refuse(RefuseArgs),
    /// Note that a request was answered: which way the answer went, and its hash
    Close(CloseArgs),
    /// Say who carries a request out
    Assign(AssignArgs),
    /// Make a page for a person, with what is held about the person; its answer is a file for `ingest`
    Invite(InviteArgs),
    /// Take in the answer file of such a page, once: what it takes back holds at once, what it asks for becomes requests
    Ingest(IngestArgs),
}

#[derive(Args, Debug)]
pub(crate) struct OpenArgs {
    /// What the person asks for
    #[arg(long, value_name = "RIGHT", value_parser = word::<Right>(Right::WORDS))]
    right: Right,
    /// The person's id
    #[arg(long, value_name = "ID", required_unless_present = "unknown")]
    contact: Option<ContactId>,
    /// Name and address of somebody who is no contact here
    #[arg(long, value_name = "PERSON", conflicts_with = "contact")]
    unknown: Option<String>,
    /// In which the person is answered, such as de; the contact's own when absent
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// The day on which it came; today when absent
    #[arg(long, value_name = "DATE")]
    received: Option<Day>,
    /// How it came: by call, mail, letter, in person
    #[arg(long, value_name = "TEXT", default_value = "")]
    how: String,
    /// What the person wrote or said
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Due by then: a day, today, or 7d; what is overdue is among it
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// Which; open ones when absent
    #[arg(long, value_name = "STATE", value_parser = word::<RequestState>(RequestState::WORDS), conflicts_with = "all")]
    state: Option<RequestState>,
    /// Closed ones, too
    #[arg(long)]
    all: bool,
    /// What is asked for
    #[arg(long, value_name = "RIGHT", value_parser = word::<Right>(Right::WORDS))]
    right: Option<Right>,
    /// Of this person
    #[arg(long, value_name = "ID")]
    contact: Option<ContactId>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The request's number
    number: i64,
    /// Print the letter that tells the person what was decided so far, and nothing else
    #[arg(long)]
    letter: bool,
}

#[derive(Args, Debug)]
pub(crate) struct IdentifyArgs {
    /// The request's number
    number: i64,
    /// How it was made sure who asks; copies of identity papers are not kept
    #[arg(long, value_name = "METHOD", value_parser = word::<IdentityCheck>(IdentityCheck::WORDS))]
    method: Option<IdentityCheck>,
    /// What came of it
    #[arg(long, value_name = "OUTCOME", value_parser = word::<IdentityOutcome>(IdentityOutcome::WORDS))]
    outcome: IdentityOutcome,
    /// The day; today when absent
    #[arg(long, value_name = "DATE")]
    on: Option<Day>,
}

#[derive(Args, Debug)]
pub(crate) struct ExtendArgs {
    /// The request's number
    number: i64,
    /// Why, as the person is told: complexity, or the number of requests
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The day on which the person was told; today when absent
    #[arg(long, value_name = "DATE")]
    told: Option<Day>,
}

#[derive(Args, Debug)]
pub(crate) struct RefuseArgs {
    /// The request's number
    number: i64,
    /// Why, as the person is told
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct CloseArgs {
    /// The request's number
    number: i64,
    /// Which way the answer went: letter, e-mail, in person
    #[arg(long, value_name = "TEXT")]
    delivered_by: String,
    /// When; now when absent
    #[arg(long, value_name = "TIME", value_parser = at_moment)]
    delivered_at: Option<Timestamp>,
    /// SHA-256 of the answer, in hexadecimal digits
    #[arg(long, value_name = "SHA256", default_value = "")]
    hash: String,
}

#[derive(Args, Debug)]
pub(crate) struct AssignArgs {
    /// The request's number
    number: i64,
    /// A user's name, or me; nobody when empty
    user: String,
}

#[derive(Args, Debug)]
pub(crate) struct InviteArgs {
    /// The person's id
    contact: ContactId,
    /// The number of the request whose answer it belongs to
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// How long an answer is taken in: a number of days
    #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
    expires: u16,
    /// The page's language: en, de, nl or fr; the person's own when absent
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Where the page is written to; whoever has it can answer for the person
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct IngestArgs {
    /// The answer file
    file: PathBuf,
    /// The day on which it came; today when absent
    #[arg(long, value_name = "DATE")]
    received: Option<Day>,
}

/// `30d` or `30`.
fn days(text: &str) -> Result<u16, String> {
    let number = text.trim().trim_end_matches('d').parse::<u16>();
    number.map_err(|_| format!("`{text}` is no number of days; write it as 30d"))
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Invite(args) => invite(ctx, args),
        Verb::Ingest(args) => ingest(ctx, &args),
        Verb::Open(args) => open(ctx, args),
        Verb::List(args) => list(ctx, args),
        Verb::Show(args) => show(ctx, &args),
        Verb::Identify(args) => {
            let IdentifyArgs { number, method, outcome, on } = args;
            ctx.client()?.call(RequestIdentify { number, method, outcome, on })?;
            show(ctx, &ShowArgs { number, letter: false })
        }
        Verb::Extend(args) => {
            let ExtendArgs { number, reason, told } = args;
            let decided = ctx.client()?.call(RequestExtend { number, reason, told })?;
            tell(ctx, &decided)
        }
        Verb::Refuse(args) => {
            let decided = ctx.client()?.call(RequestRefuse { number: args.number, reason: args.reason })?;
            tell(ctx, &decided)
        }
        Verb::Close(args) => {
            let CloseArgs { number, delivered_by, delivered_at, hash } = args;
            let sha256 = hash.to_lowercase();
            let decided = ctx.client()?.call(RequestClose { number, delivered_by, delivered_at, sha256 })?;
            tell(ctx, &decided)
        }
        Verb::Assign(args) => {
            let view = ctx.client()?.call(RequestAssign { number: args.number, user: args.user })?;
            one(ctx, &view)
        }
    }
}

fn day(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// How urgent it is, in a word or two.
fn urgency(one: &RequestView) -> String {
    match one.days_left {
        Some(left) if left < 0 => "overdue".to_owned(),
        Some(0) => "due today".to_owned(),
        Some(left) if left <= 7 => format!("{left} days left"),
        Some(_) | None => String::new(),
    }
}

pub(crate) fn request_json(one: &RequestView) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(one.id));
    out.insert("number".to_owned(), json!(one.number));
    out.insert("right".to_owned(), json!(one.right));
    out.insert("state".to_owned(), json!(one.state));
    if let Some(contact) = one.contact {
        out.insert("contact".to_owned(), json!(contact));
    }
    out.insert("name".to_owned(), json!(one.name));
    for (key, day) in [("received", one.received), ("due", one.due)] {
        if let Some(day) = day {
            out.insert(key.to_owned(), json!(day));
        }
    }
    if let Some(left) = one.days_left {
        out.insert("days_left".to_owned(), json!(left));
    }
    out.insert("overdue".to_owned(), json!(one.overdue));
    put_text(&mut out, "assigned", &one.assigned);
    if let Some(outcome) = one.identity {
        out.insert("identity".to_owned(), json!(outcome));
    }
    if one.restricted {
        out.insert("restricted".to_owned(), json!(true));
    }
    Json::Object(out)
}

fn one(ctx: &mut Ctx<'_>, view: &RequestView) -> Done {
    object(ctx, &view.number.to_string(), request_json(view), |_| {
        format!("{}  {}  {}  due {}\n", view.number, view.right, view.state, day(view.due))
    })
}

/// What was decided, with the letter: on standard output, where people read it.
fn tell(ctx: &mut Ctx<'_>, decided: &RequestDecided) -> Done {
    let RequestDecided { request, letter, warnings } = decided;
    let mut out = request_json(request);
    if let Json::Object(out) = &mut out {
        put_text(out, "letter", letter);
        if !warnings.is_empty() {
            out.insert("warnings".to_owned(), json!(warnings));
        }
    }
    object(ctx, &request.number.to_string(), out, |_| {
        let head =
            format!("{}  {}  {}  due {}\n", request.number, request.right, request.state, day(request.due));
        if letter.is_empty() { head } else { format!("{head}\n{}", lines(letter)) }
    })?;
    for warning in warnings {
        ctx.warn(warning);
    }
    Ok(())
}

/// A text of several lines, each of which can be shown.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", neutralise(line))).collect()
}

fn open(ctx: &mut Ctx<'_>, args: OpenArgs) -> Done {
    let OpenArgs { right, contact, unknown, language, received, how, words } = args;
    let person = unknown.unwrap_or_default();
    let call = RequestOpen { contact, person, language, right, received, how, words };
    let opened = ctx.client()?.call(call)?;
    object(ctx, &opened.id.to_string(), request_json(&opened), |_| {
        format!("{}  {}  due {}\n", opened.number, opened.right, day(opened.due))
    })
}

fn list(ctx: &mut Ctx<'_>, args: ListArgs) -> Done {
    let ListArgs { due, state, all, right, contact } = args;
    let before = due.map(|due| moment(&due, ctx.env.now(), Zone::Local)).transpose()?;
    let before = before.map(|at| Day(Zone::Local.of(at).date_naive()));
    let state = if all { None } else { Some(state.unwrap_or(RequestState::Open)) };
    let requests = ctx.client()?.call(Requests { before, state, right, about: contact })?;
    let columns = Column::list(&[
        ("number", "Number"),
        ("right", "Right"),
        ("name", "Name"),
        ("received", "Received"),
        ("due", "Due"),
        ("overdue", ""),
        ("state", "State"),
        ("assigned", "Assigned to"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &|one: &RequestView| one.id.to_string(),
        json: &request_json,
        cells: &|one: &RequestView| {
            vec![vec![
                one.number.to_string(),
                one.right.clone(),
                if one.restricted { format!("{} (restricted)", one.name) } else { one.name.clone() },
                day(one.received),
                day(one.due),
                urgency(one),
                one.state.to_string(),
                one.assigned.clone(),
                one.id.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &requests, &make)?;
    let overdue = requests.iter().filter(|one| one.overdue).count();
    if overdue > 0 {
        ctx.warn(&format!("{overdue} overdue: answer at once, and tell why it is late"));
    }
    Ok(())
}

fn invite(ctx: &mut Ctx<'_>, args: InviteArgs) -> Done {
    let InviteArgs { contact, request, expires: days, language, out } = args;
    let invited = ctx.client()?.call(RequestInvite { contact, request, days, language })?;
    let page = preferences::page(&invited.form, invited.key.words());
    files::write(&out, page.as_bytes(), &ctx.env)?;
    let form = &invited.form;
    let told = json!({
        "invitation": form.invitation, "contact": contact, "language": form.tongue, "expires": form.expires,
        "out": out.display().to_string(),
    });
    object(ctx, &form.invitation.to_string(), told, |_| {
        format!("{}  {}  until {}\n", form.invitation, neutralise(&out.display().to_string()), form.expires)
    })?;
    if form.contact.trim().is_empty() {
        ctx.warn("the page does not say where the answer goes (settings edit --set contact=…)");
    }
    ctx.say("give it to that person alone: whoever has the page can answer it");
    Ok(())
}

fn ingest(ctx: &mut Ctx<'_>, args: &IngestArgs) -> Done {
    let unread =
        |error: std::io::Error| Error::failed(format!("{} cannot be read: {error}", args.file.display()));
    let mut bytes = Vec::new();
    // One byte more than there may be tells that there is more.
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
    let file = std::fs::File::open(&args.file).map_err(unread)?;
    file.take(most).read_to_end(&mut bytes).map_err(unread)?;
    let Sealed { format: _, invitation, answer, mac } =
        Sealed::read(&bytes).map_err(|why| Error::refused(format!("{}: {why}", args.file.display())))?;
    let taken = ctx.client()?.call(RequestIngest { invitation, answer, mac, received: args.received })?;
    let mut out = Map::new();
    out.insert("contact".to_owned(), json!(taken.contact));
    out.insert("name".to_owned(), json!(taken.name));
    out.insert("requests".to_owned(), Json::Array(taken.requests.iter().map(request_json).collect()));
    out.insert("states".to_owned(), Json::Array(taken.lines.iter().map(line_json).collect()));
    if let Some(task) = taken.task {
        out.insert("task".to_owned(), json!(task));
    }
    object(ctx, &taken.contact.to_string(), Json::Object(out), |_| {
        let mut text = format!("{}\n", neutralise(&taken.name));
        for one in &taken.requests {
            text.push_str(&format!("  {}  {}  {}  due {}\n", one.number, one.right, one.state, day(one.due)));
        }
        if taken.task.is_some() {
            text.push_str("  a note with what the person wrote, and a task to answer it\n");
        }
        text
    })
}

fn card_json(card: &RequestCard) -> Json {
    let mut out = request_json(&card.request);
    let Json::Object(fields) = &mut out else { return out };
    let text = |field: RequestField| card.record.text(field.key()).to_owned();
    for (key, field) in SHOWN {
        put_text(fields, key, &text(*field));
    }
    for (key, day) in [
        ("month_ends", card.month_ends),
        ("due_by_identity", card.due_by_identity),
        ("at_most", card.at_most),
    ] {
        if let Some(day) = day {
            fields.insert(key.to_owned(), json!(day));
        }
    }
    if !card.moved.is_empty() {
        fields.insert("moved".to_owned(), json!(card.moved));
    }
    put_text(fields, "letter", &card.letter);
    out
}

/// What is told of a request beside what lists tell.
const SHOWN: &[(&str, RequestField)] = &[
    ("how", RequestField::how),
    ("words", RequestField::words),
    ("person", RequestField::person),
    ("language", RequestField::language),
    ("taken_by", RequestField::taken_by),
    ("call", RequestField::call),
    ("identity_by", RequestField::identity),
    ("identity_asked", RequestField::identity_asked),
    ("identity_at", RequestField::identity_at),
    ("extended_to", RequestField::extended_to),
    ("extension_reason", RequestField::extension_reason),
    ("extension_told", RequestField::extension_told),
    ("decided_at", RequestField::decided_at),
    ("decided_by", RequestField::decided_by),
    ("refusal_reason", RequestField::refusal_reason),
    ("delivered_at", RequestField::delivered_at),
    ("delivered_by", RequestField::delivered_by),
    ("delivered_hash", RequestField::delivered_hash),
];

fn drawn(card: &RequestCard) -> String {
    let one = &card.request;
    let mut text = format!(
        "{}  {}  {}  {}\n",
        one.number,
        one.right.replace('_', " "),
        one.state,
        neutralise(&one.name)
    );
    let mut line = |what: &str, said: &str| {
        if !said.trim().is_empty() {
            let said: Vec<_> = said.lines().map(neutralise).collect();
            text.push_str(&format!("  {what:<22}{}\n", said.join("\n                        ")));
        }
    };
    line("received", &day(one.received));
    let left = urgency(one);
    line("due", &if left.is_empty() { day(one.due) } else { format!("{} ({left})", day(one.due)) });
    if card.month_ends != one.due {
        line("the month ended", &day(card.month_ends));
    }
    for moved in &card.moved {
        line("passed over", moved);
    }
    if let Some(by_identity) = card.due_by_identity {
        line(
            "due by identity",
            &format!("{by_identity}, if the month counts from when it was sure who asks"),
        );
    }
    line("three months end", &day(card.at_most));
    line("assigned to", &one.assigned);
    line("identity", &one.identity.map(|outcome| outcome.to_string()).unwrap_or_default());
    if one.restricted {
        line("restricted", "the person's data are kept, and not used (Art. 18 GDPR)");
    }
    for (key, field) in SHOWN {
        line(&key.replace('_', " "), card.record.text(field.key()));
    }
    line("id", &one.id.to_string());
    text
}

fn show(ctx: &mut Ctx<'_>, args: &ShowArgs) -> Done {
    let card = ctx.client()?.call(RequestShow { number: args.number })?;
    if args.letter && ctx.format() == Format::Table {
        if card.letter.is_empty() {
            ctx.say("no letter is written for what was decided so far");
        }
        return ctx.print(&lines(&card.letter));
    }
    object(ctx, &card.request.id.to_string(), card_json(&card), |_| drawn(&card))
}
