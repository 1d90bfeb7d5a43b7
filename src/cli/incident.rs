//! `callbook incident …`: breaches, their clock of 72 hours, whose data it was, drafts of the notifications.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::accountability::{Addressee, IncidentView, ScopedPerson};
use crate::api::{Add, Edit, Error, IncidentClose, IncidentDraft, IncidentReport, IncidentScope, Incidents};
use crate::cli::change;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::fields::FieldArgs;
use crate::cli::files;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::reads::beginning;
use crate::cli::record;
use crate::domain::accountability::Incident;
use crate::domain::country::Language;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Document an incident; the 72 hours run from --aware-at. Prints its number
    Open(OpenArgs),
    /// Incidents, the latest first
    List(ListArgs),
    /// One incident with its clock
    Show(NumberArgs),
    /// Say more about an incident
    Edit(EditArgs),
    /// Whose data a user or session read or exported between two times, from the read log
    Scope(ScopeArgs),
    /// A draft of the notification to the authority (Art. 33 GDPR) or to the persons (Art. 34)
    Report(DraftArgs),
    /// Note that the authority or the persons were told
    Told(ToldArgs),
    /// End an incident; it stays documented
    Close(CloseArgs),
    /// Every change of an incident
    History(NumberArgs),
}

#[derive(Args, Debug)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    fields: FieldArgs<Incident>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only those that are not closed
    #[arg(long)]
    open: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NumberArgs {
    /// The number
    #[arg(value_name = "N")]
    number: u64,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    /// The number
    #[arg(value_name = "N")]
    number: u64,
    #[command(flatten)]
    fields: FieldArgs<Incident>,
    /// Empties a field
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    /// Refuse if a field was changed since this revision
    #[arg(long, value_name = "REVISION")]
    expect_revision: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct ScopeArgs {
    /// The number
    #[arg(value_name = "N")]
    number: u64,
    /// A user's name or id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// A session's id, as `history reads` prints it
    #[arg(long, value_name = "ID")]
    session: Option<Uuid>,
    /// From this time or the beginning of this day on
    #[arg(long, value_name = "TIME", value_parser = beginning)]
    from: Timestamp,
    /// Up to this time or the end of this day
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    to: Timestamp,
    /// Keep the persons' ids and their number with the incident
    #[arg(long)]
    keep: bool,
}

/// Whom a notification is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum To {
    Authority,
    Persons,
}

impl From<To> for Addressee {
    fn from(to: To) -> Addressee {
        match to {
            To::Authority => Addressee::Authority,
            To::Persons => Addressee::Persons,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct DraftArgs {
    /// The number
    #[arg(value_name = "N")]
    number: u64,
    /// Whom it is for
    #[arg(long, value_name = "WHOM", value_enum, default_value = "authority")]
    to: To,
    /// In which language: en, de, nl, fr; the controller's country's when absent
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Where to write it; standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ToldArgs {
    /// The number
    #[arg(value_name = "N")]
    number: u64,
    /// Who was told
    #[arg(long, value_name = "WHOM", value_enum, default_value = "authority")]
    to: To,
    /// When; now when absent
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    at: Option<Timestamp>,
    /// What was told, in a line
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
    /// Why the authority was told after the 72 hours
    #[arg(long, value_name = "TEXT", default_value = "")]
    late_reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct CloseArgs {
    /// The number
    #[arg(value_name = "N")]
    number: u64,
    /// What is done so that it does not happen again
    #[arg(long, value_name = "TEXT", default_value = "")]
    lessons: String,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Open(args) => open(ctx, args),
        Verb::List(args) => list(ctx, &args),
        Verb::Show(args) => {
            let one = find(ctx, args.number)?;
            show(ctx, &one)
        }
        Verb::Edit(args) => edit(ctx, args),
        Verb::Scope(args) => scope(ctx, args),
        Verb::Report(args) => report(ctx, args),
        Verb::Told(args) => {
            let ToldArgs { number, to, at, words, late_reason } = args;
            let told = IncidentReport { number, to: to.into(), at, words, late_reason };
            let one = ctx.client()?.call(told)?;
            show(ctx, &one)
        }
        Verb::Close(args) => {
            let one = ctx.client()?.call(IncidentClose { number: args.number, lessons: args.lessons })?;
            show(ctx, &one)
        }
        Verb::History(args) => {
            let id = find(ctx, args.number)?.id;
            record::history(ctx, RecordKind::Incident, id)
        }
    }
}

fn find(ctx: &mut Ctx<'_>, number: u64) -> Result<IncidentView, Error> {
    let all = ctx.client()?.call(Incidents { open: false })?;
    all.into_iter().find(|one| one.number == number).ok_or_else(|| {
        Error::not_found(format!("there is no incident {number}")).hint("`callbook incident list` shows them")
    })
}

fn open(ctx: &mut Ctx<'_>, args: OpenArgs) -> Done {
    let mut fields = args.fields.edits;
    if !fields.iter().any(|edit| edit.field == "aware_at") {
        fields.push(FieldEdit::text("aware_at", ctx.env.now().to_string()));
    }
    let add = Add { kind: RecordKind::Incident, about: None, fields };
    let id = ctx.client()?.call(add)?.id;
    let all = ctx.client()?.call(Incidents { open: true })?;
    let Some(one) = all.into_iter().find(|one| one.id == id) else {
        return Err(Error::failed("the incident that was just opened is not there").into());
    };
    show(ctx, &one)
}

fn edit(ctx: &mut Ctx<'_>, args: EditArgs) -> Done {
    let mut fields = args.fields.edits;
    fields.extend(args.clear.iter().map(|name| FieldEdit { field: name.clone(), input: Input::Clear }));
    if fields.is_empty() {
        return Err(Error::usage("no field is named to change")
            .hint("--nature, --measures, --set FIELD=VALUE")
            .into());
    }
    let (kind, id) = (RecordKind::Incident, find(ctx, args.number)?.id);
    let expect_revision = args.expect_revision;
    let edited = ctx.client()?.call(Edit { kind, id, fields, expect_revision })?;
    change::changed(ctx, kind, id, &edited)
}

/// How the clock stands, in words.
fn clock(one: &IncidentView, now: Timestamp) -> String {
    let hours = |millis: i64| millis.div_euclid(3_600_000);
    match (one.reported_at, one.closed_at) {
        (_, Some(_)) => "closed".to_owned(),
        (Some(at), None) if at > one.due => {
            format!("told {} h after the 72 hours", hours(at.millis().saturating_sub(one.due.millis())))
        }
        (Some(_), None) => "told in time".to_owned(),
        (None, None) if one.due < now => {
            format!("{} h over the 72 hours", hours(now.millis().saturating_sub(one.due.millis())))
        }
        (None, None) => format!("{} h left", hours(one.due.millis().saturating_sub(now.millis()))),
    }
}

fn as_json(one: &IncidentView) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(one.id));
    out.insert("revision".to_owned(), json!(one.revision));
    out.insert("number".to_owned(), json!(one.number));
    out.insert("title".to_owned(), json!(one.title));
    out.insert("state".to_owned(), json!(one.state.word()));
    if let Some(risk) = one.risk {
        out.insert("risk".to_owned(), json!(risk.word()));
    }
    out.insert("aware_at".to_owned(), json!(one.aware_at));
    out.insert("due".to_owned(), json!(one.due));
    out.insert("overdue".to_owned(), json!(one.overdue));
    put_text(&mut out, "nature", &one.nature);
    out.insert("categories".to_owned(), json!(one.categories));
    out.insert("persons".to_owned(), json!(one.persons));
    out.insert("records".to_owned(), json!(one.records));
    put_text(&mut out, "consequences", &one.consequences);
    put_text(&mut out, "measures", &one.measures);
    for (name, at) in [
        ("reported_at", one.reported_at),
        ("persons_told_at", one.persons_told_at),
        ("closed_at", one.closed_at),
    ] {
        if let Some(at) = at {
            out.insert(name.to_owned(), json!(at));
        }
    }
    put_text(&mut out, "late_reason", &one.late_reason);
    out.insert("phases".to_owned(), json!(one.phases));
    out.insert("scope".to_owned(), json!(one.scope));
    put_text(&mut out, "lessons", &one.lessons);
    Json::Object(out)
}

fn show(ctx: &mut Ctx<'_>, one: &IncidentView) -> Done {
    let clock = clock(one, ctx.env.now());
    object(ctx, &one.number.to_string(), as_json(one), |_| {
        let risk = one.risk.map_or("not decided", |risk| risk.word());
        let mut text = format!("{}  {}  {}\n", one.number, neutralise(&one.title), one.state.word());
        let mut line = |label: &str, value: &str| {
            for (at, part) in value.lines().filter(|part| !part.is_empty()).enumerate() {
                let label = if at == 0 { label } else { "" };
                text.push_str(&format!("  {label:<14}  {}\n", neutralise(part)));
            }
        };
        line("Aware at", &one.aware_at.to_string());
        line("72 hours end", &format!("{} ({clock})", one.due));
        line("Risk", risk);
        line("Nature", &one.nature);
        line("Categories", &one.categories.join(", "));
        if one.persons > 0 {
            line("Persons", &one.persons.to_string());
        }
        line("Consequences", &one.consequences);
        line("Measures", &one.measures);
        line("Late because", &one.late_reason);
        line("Reported", &one.phases.join("\n"));
        line("Lessons", &one.lessons);
        text
    })
}

fn list(ctx: &mut Ctx<'_>, args: &ListArgs) -> Done {
    let all = ctx.client()?.call(Incidents { open: args.open })?;
    let now = ctx.env.now();
    let columns = Column::list(&[
        ("number", "Number"),
        ("title", "Title"),
        ("state", "State"),
        ("risk", "Risk"),
        ("aware_at", "Aware at"),
        ("due", "Due"),
        ("clock", "Clock"),
    ]);
    let make = Make {
        id: &|one: &IncidentView| one.number.to_string(),
        json: &as_json,
        cells: &|one: &IncidentView| {
            vec![vec![
                one.number.to_string(),
                one.title.clone(),
                one.state.word().to_owned(),
                one.risk.map(|risk| risk.word().to_owned()).unwrap_or_default(),
                one.aware_at.to_string(),
                one.due.to_string(),
                clock(one, now),
            ]]
        },
    };
    Listing::all(ctx, columns, &all, &make)
}

fn scope(ctx: &mut Ctx<'_>, args: ScopeArgs) -> Done {
    if args.user.is_none() && args.session.is_none() {
        ctx.warn("neither a user nor a session is named: everybody's readings count");
    }
    let reach = ctx.client()?.call(IncidentScope {
        user: args.user.unwrap_or_default(),
        session: args.session,
        from: args.from,
        to: Timestamp::from_millis(args.to.millis().saturating_add(1)),
        keep: args.keep.then_some(args.number),
    })?;
    let kinds = |one: &ScopedPerson| one.kinds.iter().map(ToString::to_string).collect::<Vec<_>>();
    let columns = Column::list(&[
        ("contact", "Contact"),
        ("display_name", "Name"),
        ("looks", "Looks"),
        ("kinds", "How"),
        ("first", "First"),
        ("last", "Last"),
    ]);
    let make = Make {
        id: &|one: &ScopedPerson| one.contact.to_string(),
        json: &|one: &ScopedPerson| {
            let mut out = Map::new();
            out.insert("contact".to_owned(), json!(one.contact));
            put_text(&mut out, "display_name", &one.name);
            out.insert("looks".to_owned(), json!(one.looks));
            out.insert("kinds".to_owned(), json!(kinds(one)));
            out.insert("first".to_owned(), json!(one.first));
            out.insert("last".to_owned(), json!(one.last));
            Json::Object(out)
        },
        cells: &|one: &ScopedPerson| {
            vec![vec![
                one.contact.to_string(),
                one.name.clone(),
                one.looks.to_string(),
                kinds(one).join(" "),
                one.first.to_string(),
                one.last.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &reach.persons, &make)?;
    ctx.say(&format!(
        "{} persons in {} looks; {} searches found nobody",
        reach.persons.len(),
        reach.looks,
        reach.nobody
    ));
    if reach.unreadable > 0 {
        ctx.warn(&format!(
            "{} rows do not open: damaged, or of persons who were erased since",
            reach.unreadable
        ));
    }
    if let Some(from) = reach.log_from.filter(|from| args.from < *from) {
        ctx.warn(&format!("the read log begins at {from}: what was read before is not known"));
    }
    if let Some(number) = reach.kept_with {
        ctx.say(&format!("kept with incident {number}"));
    }
    Ok(())
}

fn report(ctx: &mut Ctx<'_>, args: DraftArgs) -> Done {
    let DraftArgs { number, to, language, out } = args;
    let drafted = ctx.client()?.call(IncidentDraft { number, to: to.into(), language })?;
    match out {
        Some(path) => {
            files::write(&path, drafted.text.as_bytes(), &ctx.env)?;
            ctx.say(&format!("written to {}", path.display()));
        }
        None => {
            let json = json!({ "text": drafted.text, "missing": drafted.missing });
            object(ctx, &number.to_string(), json, |_| {
                drafted.text.lines().map(|line| format!("{}\n", neutralise(line))).collect()
            })?;
        }
    }
    if !drafted.missing.is_empty() {
        ctx.warn(&format!("still to be said: {}", drafted.missing.join(", ")));
    }
    Ok(())
}
