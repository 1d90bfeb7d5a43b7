//! `callbook subject …`: what is done with a person's data because the person has a right to it.

mod answer;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::rights::{Objected, Rectified, Restricted};
use crate::api::{GivenTo, SubjectLift, SubjectObject, SubjectRectify, SubjectRestrict};
use crate::cli::consent::line_json;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::erase;
use crate::cli::fields::{assignment, set};
use crate::cli::globals::word;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::request::{lines, request_json};
use crate::domain::consent::Way;
use crate::domain::id::ContactId;
use crate::domain::request::RestrictionReason;
use crate::domain::text::neutralise;
use crate::domain::value::Day;
use crate::env::Zone;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Answer a person who asks what is held (Art. 15 GDPR): a letter, and all data as files
    ///
    /// Third persons in notes and other texts are taken out, each with a reason. `--review FILE` writes what is proposed,
    /// to be looked at and changed; `--reviewed FILE` makes the answer by it. Of somebody who is not held, name what the
    /// person named (--phone, --email, --name, --case): the answer then says what was found, or that nothing was.
    Access(answer::AccessArgs),
    /// Hand a person their data for use elsewhere (Art. 20 GDPR): what the person provided, and nothing of our own
    Portability(answer::PortabilityArgs),
    /// Erase a person (Art. 17 GDPR): keys, records, history; tells first what goes, what stays and why
    Erase(erase::EraseArgs),
    /// Correct a person's data; each recipient gets a task to be told (Art. 16 and 19 GDPR)
    Rectify(RectifyArgs),
    /// Keep a person's data and use them for nothing: nobody but who answers persons sees them (Art. 18 GDPR)
    Restrict(RestrictArgs),
    /// End a restriction, once the person was told; without --told it prints the letter that tells (Art. 18(3) GDPR)
    Lift(LiftArgs),
    /// Carry out an objection, to all direct marketing or to one purpose, and close the request (Art. 21 GDPR)
    Object(ObjectArgs),
    /// Take consent back by request, and close the request (Art. 7(3) GDPR)
    Withdraw(WithdrawArgs),
    /// Whom a person's data were given to, and where they were published
    Recipients(RecipientsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct RectifyArgs {
    /// The person's id
    contact: ContactId,
    /// The number of the request
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// A field and its right value, such as family_name=Schmitt; empty clears it
    #[arg(long, value_name = "FIELD=VALUE", required = true, value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Refuse if a field was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct RestrictArgs {
    /// The person's id
    contact: ContactId,
    /// The number of the request
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// The ground, of Art. 18(1) GDPR
    #[arg(long, value_name = "REASON", value_parser = word::<RestrictionReason>(RestrictionReason::WORDS))]
    reason: RestrictionReason,
    /// When it is looked at again; it does not end by itself
    #[arg(long, value_name = "DATE")]
    until: Option<Day>,
    /// What must be settled before it is lifted
    #[arg(long, value_name = "TEXT", default_value = "")]
    terms: String,
}

#[derive(Args, Debug)]
pub(crate) struct LiftArgs {
    /// The person's id
    contact: ContactId,
    /// What was settled, as the person is told
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The day on which the person was told; without it nothing is lifted, and the letter is printed
    #[arg(long, value_name = "DATE")]
    told: Option<Day>,
}

#[derive(Args, Debug)]
pub(crate) struct ObjectArgs {
    #[command(flatten)]
    what: WithdrawArgs,
    /// To all direct marketing, which is also meant where no purpose is named
    #[arg(long, conflicts_with = "purpose")]
    marketing: bool,
}

#[derive(Args, Debug)]
pub(crate) struct WithdrawArgs {
    /// The person's id
    contact: ContactId,
    /// The number of the request, which is closed by it
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// One purpose; all when absent
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// What the person said; the words of the request when absent
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
    /// How it became known
    #[arg(long, value_name = "WAY", value_parser = word::<Way>(Way::WORDS), default_value = "letter")]
    way: Way,
}

#[derive(Args, Debug)]
pub(crate) struct RecipientsArgs {
    /// The person's id
    contact: ContactId,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Access(args) => answer::access(ctx, args),
        Verb::Portability(args) => answer::portability(ctx, args),
        Verb::Erase(args) => erase::erase(ctx, args),
        Verb::Rectify(args) => rectify(ctx, args),
        Verb::Restrict(args) => {
            let RestrictArgs { contact, request, reason, until, terms } = args;
            let restricted =
                ctx.client()?.call(SubjectRestrict { contact, request, reason, until, terms })?;
            tell_restricted(ctx, &restricted)
        }
        Verb::Lift(args) => {
            let LiftArgs { contact, reason, told } = args;
            let lifted = ctx.client()?.call(SubjectLift { contact, reason, told })?;
            tell_restricted(ctx, &lifted)?;
            if told.is_none() {
                ctx.say("nothing was lifted: tell the person first, then name the day with --told");
            }
            Ok(())
        }
        Verb::Object(args) => object_to(ctx, args.what, true),
        Verb::Withdraw(args) => object_to(ctx, args, false),
        Verb::Recipients(args) => recipients(ctx, &args),
    }
}

fn tasks_json(tasks: &[(Uuid, String)]) -> Json {
    Json::Array(tasks.iter().map(|(id, whom)| json!({ "task": id, "tell": whom })).collect())
}

fn tell_tasks(ctx: &mut Ctx<'_>, tasks: &[(Uuid, String)]) {
    if !tasks.is_empty() {
        let whom: Vec<&str> = tasks.iter().map(|(_, whom)| whom.as_str()).collect();
        ctx.say(&format!("to be told, each by a task: {}", whom.join(", ")));
    }
}

fn rectify(ctx: &mut Ctx<'_>, args: RectifyArgs) -> Done {
    let RectifyArgs { contact, request, set: given, expect_revision } = args;
    let fields = given.into_iter().map(|(field, text)| set(&field, text)).collect();
    let call = SubjectRectify { contact, request, fields, expect_revision };
    let Rectified { edited, tasks } = ctx.client()?.call(call)?;
    let schema = ctx.schema()?;
    let name =
        |key| schema.by_key(crate::domain::entity::RecordKind::Contact, key).map(|info| info.address());
    let changed: Vec<String> = edited.changed.iter().filter_map(|key| name(*key)).collect();
    let out = json!({
        "contact": contact, "revision": edited.revision, "changed": changed, "tasks": tasks_json(&tasks),
    });
    object(ctx, &contact.to_string(), out, |_| match changed.is_empty() {
        true => "nothing to correct: it is so already\n".to_owned(),
        false => format!("corrected: {}\n", changed.join(", ")),
    })?;
    for warning in &edited.warnings {
        ctx.warn(warning);
    }
    tell_tasks(ctx, &tasks);
    if let Some(number) = request {
        ctx.say(&format!("tell the person, then: request close {number} --delivered-by …"));
    }
    Ok(())
}

fn tell_restricted(ctx: &mut Ctx<'_>, restricted: &Restricted) -> Done {
    let Restricted { contact, since, reason, until, tasks, letter, warnings } = restricted;
    let mut out = Map::new();
    out.insert("contact".to_owned(), json!(contact));
    out.insert("restricted".to_owned(), json!(since.is_some()));
    if let Some(since) = since {
        out.insert("since".to_owned(), json!(since));
    }
    if let Some(reason) = reason {
        out.insert("reason".to_owned(), json!(reason));
    }
    if let Some(until) = until {
        out.insert("until".to_owned(), json!(until));
    }
    out.insert("tasks".to_owned(), tasks_json(tasks));
    put_text(&mut out, "letter", letter);
    object(ctx, &contact.to_string(), Json::Object(out), |_| {
        let head = match since {
            Some(since) => format!("restricted since {since}\n"),
            None => "not restricted any more\n".to_owned(),
        };
        if letter.is_empty() { head } else { format!("{head}\n{}", lines(letter)) }
    })?;
    for warning in warnings {
        ctx.warn(warning);
    }
    tell_tasks(ctx, tasks);
    Ok(())
}

fn object_to(ctx: &mut Ctx<'_>, args: WithdrawArgs, objection: bool) -> Done {
    let WithdrawArgs { contact, request, purpose, words, way } = args;
    let zone = Zone::Local.stamp(ctx.env.now());
    let call = SubjectObject { contact, request, purpose, objection, words, way, zone };
    let Objected { lines, delete_on, request, shared } = ctx.client()?.call(call)?;
    let mut out = Map::new();
    out.insert("contact".to_owned(), json!(contact));
    out.insert("states".to_owned(), Json::Array(lines.iter().map(line_json).collect()));
    if let Some(day) = delete_on {
        out.insert("delete_on".to_owned(), json!(day));
    }
    if let Some(request) = &request {
        out.insert("request".to_owned(), request_json(request));
    }
    let also =
        |(id, name, what): &(ContactId, String, String)| json!({"contact": id, "name": name, "same": what});
    out.insert("shared".to_owned(), Json::Array(shared.iter().map(also).collect()));
    object(ctx, &contact.to_string(), Json::Object(out), |_| {
        let line = |line: &crate::api::BookLine| {
            format!("{}  {}  {}\n", neutralise(&line.purpose), line.channel, line.standing.state)
        };
        lines.iter().map(line).collect()
    })?;
    for (id, name, what) in &shared {
        ctx.warn(&format!(
            "{what} is also that of {name} ({id}), who did not object: whoever answers there is reached all the same; `suppression add` stops that"
        ));
    }
    if let Some(day) = delete_on {
        ctx.say(&format!("no ground is left to keep this person: to be deleted on {day}"));
    }
    if let Some(request) = &request {
        ctx.say(&format!("the request {} is done", request.number));
    }
    Ok(())
}

fn recipients(ctx: &mut Ctx<'_>, args: &RecipientsArgs) -> Done {
    let given = ctx.client()?.call(GivenTo { contact: args.contact })?;
    struct Row(Json, Vec<String>);
    let mut rows: Vec<Row> = Vec::new();
    for one in &given.recipients {
        let json = json!({
            "what": "recipient", "name": one.name, "title": one.title, "contact": one.contact, "first": one.first,
            "last": one.last, "times": one.times, "purposes": one.purposes,
        });
        let cells = [
            "recipient".to_owned(),
            one.title.clone(),
            one.contact.clone(),
            one.last.to_string(),
            one.name.clone(),
        ];
        rows.push(Row(json, cells.to_vec()));
    }
    for one in &given.publications {
        rows.push(Row(super::publication::view_json(one), super::publication::cells("publication", one)));
    }
    let columns = Column::list(&[
        ("what", "What"),
        ("title", "Whom, where"),
        ("contact", "Tell"),
        ("last", "Last"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &|row: &Row| row.1.last().cloned().unwrap_or_default(),
        json: &|row: &Row| row.0.clone(),
        cells: &|row: &Row| vec![row.1.clone()],
    };
    Listing::all(ctx, columns, &rows, &make)
}
