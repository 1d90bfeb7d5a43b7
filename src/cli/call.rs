//! `callbook call …`

mod confirm;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{
    CallBegin, CallCard, CallCheck, CallDrop, CallRecord, CallRecorded, CallScript, CallsOpen, Code, Dial,
    Error, OpenCall, View,
};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::json as records;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record::{self, PartArgs};
use crate::cli::table::Style;
use crate::domain::answers::CallAnswers;
use crate::domain::country::Language;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::schema::Schema;
use crate::domain::text::neutralise;

const KIND: RecordKind = RecordKind::Call;

/// The longest file of answers, in bytes: 4 MiB. The longest note and confirmation fit.
const MAX_FILE: u64 = 4 << 20;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// May this person be called now? Exit 0 when allowed, 5 when refused; the rule either way
    Check(CheckArgs),
    /// Begin a call: from now on nobody else can call the person; prints the call's id and the script to read out
    Begin(BeginArgs),
    /// Record a whole call from a file: who answered, each answer word for word, what is to be done
    ///
    /// The file is JSON; assets/call-answers.schema.json describes it, and `call schema` prints that. A call that was
    /// begun is recorded under its id. The same id is recorded once.
    Record(RecordArgs),
    /// Record what became of the message that confirms a call: that it was sent, arrived or came back
    Confirm(confirm::ConfirmArgs),
    /// Your calls that were begun and not recorded
    Open,
    /// Forget a call that was begun: nobody was dialled
    Drop(DropArgs),
    /// The calls with a person
    List(ListArgs),
    /// One call with everything that is known of it
    Show(ShowArgs),
    /// The JSON schema of a file of answers
    Schema,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The person's id
    contact: ContactId,
    /// What the call would be for
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// By which of the person's numbers; the first when absent
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    number: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct BeginArgs {
    #[command(flatten)]
    check: CheckArgs,
    /// In which the script is wanted; the person's when absent
    #[arg(long, value_name = "TAG")]
    language: Option<Language>,
    /// The call list that the call is made from
    #[arg(long, value_name = "ID", value_parser = crate::domain::id::parse)]
    list: Option<Uuid>,
}

#[derive(Args, Debug)]
pub(crate) struct RecordArgs {
    /// The person's id
    contact: ContactId,
    /// The file of answers, JSON; `-` reads it from standard input
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct DropArgs {
    /// The call's id
    #[arg(value_parser = crate::domain::id::parse)]
    call: Uuid,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// The person's id
    contact: ContactId,
    #[command(flatten)]
    part: PartArgs,
    /// Only these columns, by field name
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The call's id
    #[arg(value_parser = crate::domain::id::parse)]
    call: Uuid,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Check(args) => check(ctx, args),
        Verb::Begin(args) => begin(ctx, args),
        Verb::Record(args) => record_call(ctx, &args),
        Verb::Confirm(args) => confirm::confirm(ctx, args),
        Verb::Open => open(ctx),
        Verb::Drop(args) => {
            ctx.client()?.call(CallDrop { call: args.call })?;
            ctx.say("the call is forgotten; others can call the person");
            Ok(())
        }
        Verb::List(args) => {
            record::list_of(ctx, KIND, &args.contact.to_string(), &args.part, args.columns.as_deref())
        }
        Verb::Show(args) => record::show(ctx, KIND, args.call, None),
        Verb::Schema => ctx.print(include_str!("../../assets/call-answers.schema.json")),
    }
}

fn check(ctx: &mut Ctx<'_>, args: CheckArgs) -> Done {
    let CheckArgs { contact, purpose, number } = args;
    let card = ctx.client()?.call(CallCheck { contact, purpose, number })?;
    let schema = ctx.schema()?;
    object(ctx, &contact.to_string(), card_json(&card, &schema), |style| drawn(&card, style))?;
    if card.allowed { Ok(()) } else { Err(End::Reported(Code::Refused)) }
}

fn begin(ctx: &mut Ctx<'_>, args: BeginArgs) -> Done {
    let BeginArgs { check: CheckArgs { contact, purpose, number }, language, list } = args;
    let begun = ctx.client()?.call(CallBegin { contact, purpose, number, language, list })?;
    let mut out = Map::new();
    out.insert("call".to_owned(), json!(begun.call));
    out.insert("contact".to_owned(), json!(contact));
    if let Some(dial) = &begun.card.dial {
        out.insert("dial".to_owned(), dial_json(dial));
    }
    out.insert("begun_at".to_owned(), json!(begun.begun_at));
    out.insert("until".to_owned(), json!(begun.until));
    out.insert("rule".to_owned(), json!(begun.card.verdict));
    if let Some(script) = &begun.script {
        out.insert("script".to_owned(), script_json(script));
    }
    object(ctx, &begun.call.to_string(), Json::Object(out), |_| {
        let mut text = format!("{}\n", begun.call);
        if let Some(dial) = &begun.card.dial {
            text.push_str(&format!("dial      {}  {}\n", dial.readable, dial.uri));
        }
        text.push_str(&format!("rule      {}\n", neutralise(&begun.card.verdict)));
        match &begun.script {
            Some(script) => {
                text.push_str(&format!("script    {}\n\n", script.script));
                for line in script.text.lines() {
                    text.push_str(&format!("{}\n", neutralise(line)));
                }
            }
            None => text.push_str("script    none in this language: no yes can be recorded\n"),
        }
        text
    })
}

/// Reads a file of answers; what is wrong with it is told with its place in the file.
fn read_answers(text: &str, name: &str) -> Result<CallAnswers, Error> {
    // Editors of some systems begin a file with a mark, which RFC 8259 § 8.1 lets readers pass over.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize::<_, CallAnswers>(&mut json);
    let wrong = |path: String, why: String| {
        let place = if path == "." || path.is_empty() { String::new() } else { format!(": {path}") };
        Error::usage(format!("{name}{place}: {why}"))
            .hint("`callbook call schema` prints what such a file holds")
            .at(path)
    };
    if text.trim_start().starts_with('[') {
        return Err(wrong(String::new(), "a call is an object, not a list".to_owned()));
    }
    let answers = read.map_err(|error| wrong(error.path().to_string(), error.inner().to_string()))?;
    json.end().map_err(|error| wrong(String::new(), error.to_string()))?;
    match nameless(text) {
        Some(path) => Err(wrong(path, "an object is wanted here, not a list of values".to_owned())),
        None => Ok(answers),
    }
}

/// Where a list stands in place of an object. The reader would take its values in the order in which they happen to be
/// declared; what a person said is told by name.
fn nameless(text: &str) -> Option<String> {
    let Ok(Json::Object(call)) = serde_json::from_str(text) else { return None };
    call.into_iter().find_map(|(key, value)| match value {
        Json::Array(items) if matches!(key.as_str(), "answers" | "requests") => {
            items.iter().position(Json::is_array).map(|at| format!("{key}[{at}]"))
        }
        Json::Array(_) => Some(key),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => None,
    })
}

fn record_call(ctx: &mut Ctx<'_>, args: &RecordArgs) -> Done {
    let dash = args.answers.as_os_str() == "-";
    let name = if dash { "standard input".to_owned() } else { args.answers.display().to_string() };
    let text = if dash { ctx.read_input(MAX_FILE)? } else { file(ctx, &args.answers)? };
    let answers = read_answers(&text, &name)?;
    let recorded = ctx.client()?.call(CallRecord { contact: args.contact, answers }).map_err(|error| {
        // What is wrong is told with its place in the file.
        match &error.field {
            Some(_) => Error { message: format!("{name}: {}", error.message), ..error },
            None => error,
        }
    })?;
    let out = recorded_json(&recorded);
    object(ctx, &recorded.call.to_string(), out, |_| {
        let mut text = format!("{}\n", recorded.call);
        for line in &recorded.lines {
            let until = line.standing.until.map(|until| format!(" until {until}")).unwrap_or_default();
            text.push_str(&format!(
                "  {} by {}: {}{until}\n",
                line.purpose, line.channel, line.standing.state
            ));
        }
        text
    })?;
    if recorded.again {
        ctx.say("this call was recorded before; nothing was written");
    }
    for number in &recorded.requests {
        ctx.say(&format!("request {number} was opened"));
    }
    if let Some(day) = recorded.delete_on {
        ctx.say(&format!("no ground is left: the person is to be deleted on {day}"));
    }
    for warning in &recorded.warnings {
        ctx.warn(warning);
    }
    Ok(())
}

/// The text of a file, which is bounded and UTF-8.
fn file(ctx: &Ctx<'_>, path: &std::path::Path) -> Result<String, Error> {
    use std::io::Read;
    ctx.shell_only("reading a file")?;
    let unreadable = |why: String| Error::failed(format!("{} cannot be read: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::usage(format!(
            "{} is longer than the {MAX_FILE} bytes such a file has",
            path.display()
        )));
    }
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("{} is not UTF-8", path.display())))
}

fn open(ctx: &mut Ctx<'_>) -> Done {
    let calls = ctx.client()?.call(CallsOpen {})?;
    let columns = Column::list(&[
        ("begun_at", "Begun"),
        ("name", "Name"),
        ("purpose", "Purpose"),
        ("number", "Number"),
        ("answers", "Answers"),
        ("id", "Id"),
    ]);
    let answered = |one: &OpenCall| one.answers.as_ref().map_or(0, |said| said.answers.len());
    let make = Make {
        id: &|one: &OpenCall| one.call.to_string(),
        json: &|one: &OpenCall| {
            let mut out = Map::new();
            out.insert("id".to_owned(), json!(one.call));
            out.insert("contact".to_owned(), json!(one.contact));
            out.insert("name".to_owned(), json!(one.name));
            out.insert("purpose".to_owned(), json!(one.purpose));
            records::put_text(&mut out, "number", &one.number);
            out.insert("begun_at".to_owned(), json!(one.begun_at));
            out.insert("until".to_owned(), json!(one.until));
            out.insert("answers".to_owned(), json!(answered(one)));
            if let Some(stopped) = &one.stopped {
                out.insert("stopped".to_owned(), json!(stopped));
            }
            if let Some(script) = &one.script {
                out.insert("script".to_owned(), script_json(script));
            }
            Json::Object(out)
        },
        cells: &|one: &OpenCall| {
            vec![vec![
                one.begun_at.to_string(),
                one.name.clone(),
                one.purpose.clone(),
                one.number.clone(),
                answered(one).to_string(),
                one.call.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &calls, &make)
}

fn dial_json(dial: &Dial) -> Json {
    let mut out = Map::new();
    out.insert("number".to_owned(), json!(dial.number));
    records::put_text(&mut out, "label", &dial.label);
    out.insert("uri".to_owned(), json!(dial.uri));
    Json::Object(out)
}

fn script_json(script: &CallScript) -> Json {
    let mut out = Map::new();
    out.insert("script".to_owned(), json!(script.script));
    out.insert("language".to_owned(), json!(script.language));
    out.insert("sha256".to_owned(), json!(script.sha256));
    records::put_text(&mut out, "notice", &script.notice);
    out.insert("questions".to_owned(), json!(script.questions));
    out.insert("text".to_owned(), json!(script.text));
    Json::Object(out)
}

/// What holds for a purpose and channel.
pub(crate) fn line_json(line: &crate::api::BookLine) -> Json {
    let mut out = Map::new();
    out.insert("purpose".to_owned(), json!(line.purpose));
    out.insert("channel".to_owned(), json!(line.channel));
    out.insert("state".to_owned(), json!(line.standing.state));
    if line.standing.since.millis() > i64::MIN {
        out.insert("since".to_owned(), json!(line.standing.since));
    }
    if let Some(until) = line.standing.until {
        out.insert("until".to_owned(), json!(until));
    }
    if let Some(basis) = line.standing.basis {
        out.insert("basis".to_owned(), json!(basis));
    }
    Json::Object(out)
}

fn recorded_json(recorded: &CallRecorded) -> Json {
    let CallRecorded { call, events, lines, tasks, requests, delete_on, late, again, warnings } = recorded;
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(call));
    out.insert("events".to_owned(), json!(events));
    out.insert("lines".to_owned(), Json::Array(lines.iter().map(line_json).collect()));
    out.insert("tasks".to_owned(), json!(tasks));
    out.insert("requests".to_owned(), json!(requests));
    if let Some(day) = delete_on {
        out.insert("delete_on".to_owned(), json!(day));
    }
    out.insert("late".to_owned(), json!(late));
    out.insert("again".to_owned(), json!(again));
    out.insert("warnings".to_owned(), json!(warnings));
    Json::Object(out)
}

pub(crate) fn card_json(card: &CallCard, schema: &Schema) -> Json {
    let mut out = Map::new();
    out.insert("contact".to_owned(), json!(card.contact));
    out.insert("name".to_owned(), json!(card.name));
    out.insert("purpose".to_owned(), json!(card.purpose));
    out.insert("allowed".to_owned(), json!(card.allowed));
    out.insert("verdict".to_owned(), json!(card.verdict));
    out.insert("refusals".to_owned(), json!(card.refusals));
    if let Some(rule) = &card.rule {
        out.insert("rule".to_owned(), json!(rule));
    }
    out.insert("looked".to_owned(), json!(card.looked));
    if let Some(at) = card.next_allowed_at {
        out.insert("next_allowed_at".to_owned(), json!(at));
    }
    out.insert("local_time".to_owned(), json!(card.local_time));
    out.insert("zone".to_owned(), json!(card.zone));
    if let Some(dial) = &card.dial {
        out.insert("dial".to_owned(), dial_json(dial));
    }
    out.insert("numbers".to_owned(), Json::Array(card.numbers.iter().map(dial_json).collect()));
    if let Some(language) = &card.language {
        out.insert("language".to_owned(), json!(language));
    }
    out.insert("scripts".to_owned(), json!(card.scripts));
    out.insert("lines".to_owned(), Json::Array(card.lines.iter().map(line_json).collect()));
    out.insert("attempts".to_owned(), json!(card.attempts));
    for (name, views) in [("calls", &card.calls), ("notes", &card.notes), ("tasks", &card.tasks)] {
        let one = |view: &View| Json::Object(records::record(view, schema, None));
        out.insert(name.to_owned(), Json::Array(views.iter().map(one).collect()));
    }
    if let Some(busy) = &card.busy {
        out.insert("busy".to_owned(), json!(busy));
    }
    Json::Object(out)
}

/// What one should know before dialling, for people.
pub(crate) fn drawn(card: &CallCard, style: Style) -> String {
    let bold = |text: &str| if style.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    let mut text = format!("{}\n", bold(&neutralise(&card.name)));
    let mut put = |label: &str, words: &str| {
        if !words.is_empty() {
            text.push_str(&format!("  {label:12}{}\n", neutralise(words)));
        }
    };
    put("Purpose", &card.purpose_title);
    put("Call", if card.allowed { "allowed" } else { "denied" });
    match &card.rule {
        Some(rule) => {
            let unverified = if rule.verified { "" } else { " (not verified)" };
            put("Rule", &format!("{}: {}{unverified}", rule.id, rule.citation));
            put("Source", &format!("{}, checked {}", rule.source, rule.checked));
        }
        None => put("Rule", &card.verdict),
    }
    for looked in &card.looked {
        let sign = match looked.outcome.as_str() {
            "refused" => "no",
            "passed" => "ok",
            _ => "-",
        };
        put("", &format!("{sign:3} {}: {}", looked.point, looked.words));
    }
    put("Next", &card.next_allowed_at.map(|at| at.to_string()).unwrap_or_default());
    put("There", &format!("{} ({})", card.local_time, card.zone));
    for number in &card.numbers {
        put("Number", &format!("{} {}  {}", number.readable, number.label, number.uri));
    }
    put("Language", &card.language.as_ref().map(ToString::to_string).unwrap_or_default());
    let scripts: Vec<&str> = card.scripts.iter().map(|one| one.script.as_str()).collect();
    put("Scripts", &scripts.join(", "));
    put("Called", &format!("{} times in 30 days", card.attempts));
    for (label, views) in [("Call", &card.calls), ("Note", &card.notes), ("Task", &card.tasks)] {
        for view in views {
            put(label, &format!("{}  {}", view.updated_at, view.title));
        }
    }
    if let Some(busy) = &card.busy {
        put("Busy", &format!("{busy} has this person before them"));
    }
    text
}

#[cfg(test)]
mod tests;
