//! `callbook task …`, and `callbook today`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::work::{DayWork, Expiring, RequestView, TaskView};
use crate::api::{Add, Edit, Error, TaskDone, Tasks, Today};
use crate::cli::call_list;
use crate::cli::change::{self, DeleteArgs, RestoreArgs};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::json as records;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record;
use crate::cli::request::request_json;
use crate::config::Format;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::schema::Schema;
use crate::domain::task::{TaskField, TaskKind};
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::env::Zone;

const KIND: RecordKind = RecordKind::Task;
const DAY: i64 = 86_400_000;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Add a task about a person; prints the task's id
    Add(AddArgs),
    /// Tasks that are not done, the oldest due first
    List(ListArgs),
    /// Note that tasks are done
    Done(DoneArgs),
    /// Change a task
    Edit(ChangeArgs),
    /// One task
    Show(ShowArgs),
    /// Take tasks away; `restore` brings them back
    Delete(DeleteArgs),
    /// Bring deleted tasks back
    Restore(RestoreArgs),
}

#[derive(Args, Debug)]
struct WhatArgs {
    /// What is to be done, to see at a glance
    #[arg(long, value_name = "KIND", value_parser = word::<TaskKind>(TaskKind::WORDS))]
    kind: Option<TaskKind>,
    /// When: a time, a day, today, tomorrow, or 7d for in seven days
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// Who does it; you when absent
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// What for, where it is a call
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The person's id
    contact: ContactId,
    /// What is to be done
    text: String,
    #[command(flatten)]
    what: WhatArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// The tasks about this person
    contact: Option<ContactId>,
    /// Due by then: a time, a day, today, tomorrow, or 7d
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// Whose: a user's name, or me; everybody's in sight when absent
    #[arg(long, value_name = "USER", default_value = "")]
    owner: String,
}

#[derive(Args, Debug)]
pub(crate) struct DoneArgs {
    /// The tasks' ids
    #[arg(value_parser = crate::domain::id::parse, required = true)]
    ids: Vec<Uuid>,
    /// They are not done after all
    #[arg(long)]
    undo: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ChangeArgs {
    /// The task's id
    #[arg(value_parser = crate::domain::id::parse)]
    id: Uuid,
    /// What is to be done
    text: Option<String>,
    #[command(flatten)]
    what: WhatArgs,
    /// Refuse if a field was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The task's id
    #[arg(value_parser = crate::domain::id::parse)]
    id: Uuid,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::List(args) => list(ctx, args),
        Verb::Done(args) => {
            for id in &args.ids {
                ctx.client()?.call(TaskDone { id: *id, done: !args.undo })?;
            }
            Ok(())
        }
        Verb::Edit(args) => edit(ctx, args),
        Verb::Show(args) => record::show(ctx, KIND, args.id, None),
        Verb::Delete(args) => change::delete(ctx, KIND, args),
        Verb::Restore(args) => change::restore(ctx, KIND, args),
    }
}

/// The moment that a person means: a time, the end of a day on this machine's clock, or of one so many days ahead.
pub(crate) fn moment(text: &str, now: Timestamp, zone: Zone) -> Result<Timestamp, Error> {
    let text = text.trim();
    let ahead = match text {
        "today" => Some(0),
        "tomorrow" => Some(1),
        _ => text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()).filter(|days| *days <= 3_660),
    };
    let read = match ahead {
        Some(days) => {
            let then = Timestamp::from_millis(now.millis().saturating_add(i64::from(days) * DAY));
            zone.parse(&zone.of(then).format("%Y-%m-%d").to_string())
        }
        None => zone.parse(text),
    };
    read.ok_or_else(|| {
        Error::usage(format!(
            "`{text}` is no time; write it as 2026-01-31, 2026-01-31T09:30:00Z, today or 7d"
        ))
        .at("due")
    })
}

fn fields(ctx: &Ctx<'_>, what: WhatArgs) -> Result<Vec<FieldEdit>, Error> {
    let mut fields = Vec::new();
    fields.extend(what.kind.map(|kind| FieldEdit::text("kind", kind.word())));
    if let Some(due) = what.due {
        let due = if due.trim().is_empty() {
            String::new()
        } else {
            moment(&due, ctx.env.now(), Zone::Local)?.to_string()
        };
        fields.push(FieldEdit::text("due", due));
    }
    fields.extend(what.owner.map(|owner| FieldEdit::text("owner", owner)));
    fields.extend(what.purpose.map(|purpose| FieldEdit::text("purpose", purpose)));
    Ok(fields)
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    let mut all = vec![FieldEdit::text("text", args.text)];
    all.extend(fields(ctx, args.what)?);
    let added = ctx.client()?.call(Add { kind: KIND, about: Some(args.contact), fields: all })?;
    let out = json!({ "id": added.id, "revision": added.revision });
    object(ctx, &added.id.to_string(), out, |_| format!("{}\n", added.id))?;
    for warning in &added.warnings {
        ctx.warn(warning);
    }
    Ok(())
}

fn edit(ctx: &mut Ctx<'_>, args: ChangeArgs) -> Done {
    let mut all: Vec<FieldEdit> = args.text.map(|text| FieldEdit::text("text", text)).into_iter().collect();
    all.extend(fields(ctx, args.what)?);
    if all.is_empty() {
        return Err(Error::usage("nothing is named to change")
            .hint("give a text, --kind, --due, --owner or --purpose")
            .into());
    }
    let call = Edit { kind: KIND, id: args.id, fields: all, expect_revision: args.expect_revision };
    let edited = ctx.client()?.call(call)?;
    change::changed(ctx, KIND, args.id, &edited)
}

fn task_json(one: &TaskView, schema: &Schema) -> Json {
    let mut out = records::record(&one.task, schema, None);
    out.insert("contact".to_owned(), json!(one.contact));
    out.insert("name".to_owned(), json!(one.name));
    out.insert("overdue".to_owned(), json!(one.overdue));
    Json::Object(out)
}

fn task_cells(one: &TaskView) -> Vec<String> {
    let text = |field: TaskField| one.task.text(field.key()).to_owned();
    vec![
        text(TaskField::due),
        if one.overdue { "overdue".to_owned() } else { String::new() },
        text(TaskField::kind),
        one.name.clone(),
        text(TaskField::text),
        text(TaskField::owner),
        one.task.id.to_string(),
    ]
}

fn list(ctx: &mut Ctx<'_>, args: ListArgs) -> Done {
    let before = args.due.map(|due| moment(&due, ctx.env.now(), Zone::Local)).transpose()?;
    let tasks = ctx.client()?.call(Tasks { owner: args.owner, before, about: args.contact })?;
    let schema = ctx.schema()?;
    let columns = Column::list(&[
        ("due", "Due"),
        ("overdue", ""),
        ("kind", "Kind"),
        ("name", "Name"),
        ("text", "Task"),
        ("owner", "Owner"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &|one: &TaskView| one.task.id.to_string(),
        json: &|one: &TaskView| task_json(one, &schema),
        cells: &|one: &TaskView| vec![task_cells(one)],
    };
    Listing::all(ctx, columns, &tasks, &make)
}

fn expiring_json(one: &Expiring) -> Json {
    json!({
        "contact": one.contact, "name": one.name, "purpose": one.purpose, "channel": one.channel, "until": one.until,
    })
}

/// What is to be done today.
pub(crate) fn today(ctx: &mut Ctx<'_>) -> Done {
    let work = ctx.client()?.call(Today {})?;
    let schema = ctx.schema()?;
    if ctx.format() == Format::Table {
        return ctx.print(&drawn(&work));
    }
    // One row for each thing, of which the first column says what it is.
    let mut rows: Vec<(&str, Json, Vec<String>)> = Vec::new();
    let row = |what: &str, when: String, name: &str, text: String, id: String| {
        vec![what.to_owned(), when, name.to_owned(), text, id]
    };
    for one in &work.open {
        let json = json!({ "call": one.call, "contact": one.contact, "name": one.name, "purpose": one.purpose, "begun_at": one.begun_at });
        rows.push((
            "open_call",
            json,
            row("open_call", one.begun_at.to_string(), &one.name, one.purpose.clone(), one.call.to_string()),
        ));
    }
    for (what, tasks) in [("call", &work.calls), ("task", &work.tasks)] {
        for one in tasks {
            let due = one.due.map(|due| due.to_string()).unwrap_or_default();
            let cells = row(
                what,
                due,
                &one.name,
                one.task.text(TaskField::text.key()).to_owned(),
                one.task.id.to_string(),
            );
            rows.push((what, task_json(one, &schema), cells));
        }
    }
    for list in &work.lists {
        let left = call_list::cells(list).get(4).cloned().unwrap_or_default();
        let cells = row("call_list", String::new(), &list.name, left, list.id.to_string());
        rows.push(("call_list", Json::Object(call_list::list_json(list)), cells));
    }
    for one in &work.expiring {
        let text = format!("{} by {}", one.purpose, one.channel);
        rows.push((
            "expiring",
            expiring_json(one),
            row("expiring", one.until.to_string(), &one.name, text, one.contact.to_string()),
        ));
    }
    for one in &work.requests {
        let due = one.due.map(|due| due.to_string()).unwrap_or_default();
        rows.push((
            "request",
            request_json(one),
            row("request", due, &one.name, one.right.clone(), one.id.to_string()),
        ));
    }
    let waiting = [("review", work.reviews, REVIEWS), ("retention_plan", work.plans, PLANS)];
    for (what, count, text) in waiting.into_iter().filter(|(_, count, _)| *count > 0) {
        let cells = row(what, String::new(), &count.to_string(), text.to_owned(), String::new());
        rows.push((what, json!({ "count": count }), cells));
    }
    let columns =
        Column::list(&[("what", "What"), ("when", "When"), ("name", "Name"), ("text", "Text"), ("id", "Id")]);
    type Row<'r> = (&'r str, Json, Vec<String>);
    let make = Make {
        id: &|row: &Row<'_>| row.2.last().cloned().unwrap_or_default(),
        json: &|row: &Row<'_>| {
            let mut out = Map::new();
            out.insert("what".to_owned(), json!(row.0));
            if let Json::Object(inner) = &row.1 {
                out.extend(inner.clone());
            }
            Json::Object(out)
        },
        cells: &|row: &Row<'_>| vec![row.2.clone()],
    };
    Listing::all(ctx, columns, &rows, &make)
}

/// What is said of people who wait for a decision, and of plans.
const REVIEWS: &str = "whose time is up, to be decided: callbook retention reviews";
const PLANS: &str = "plan to be approved by a second user: callbook retention sweeps";

fn drawn(work: &DayWork) -> String {
    let mut text = String::new();
    let mut part = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("{heading}\n"));
            for line in lines {
                text.push_str(&format!("  {}\n", neutralise(&line)));
            }
        }
    };
    let task = |one: &TaskView| {
        let due = one.due.map(|due| due.to_string()).unwrap_or_default();
        let overdue = if one.overdue { " (overdue)" } else { "" };
        format!("{due}{overdue}  {}  {}", one.name, one.task.text(TaskField::text.key()))
    };
    let open =
        work.open.iter().map(|one| format!("{}  {}  {}  {}", one.begun_at, one.name, one.purpose, one.call));
    part("Calls that were begun and not recorded", open.collect());
    part("Calls", work.calls.iter().map(task).collect());
    part("Tasks", work.tasks.iter().map(task).collect());
    let list = |list: &crate::api::work::CallListView| {
        let left = call_list::cells(list).get(4).cloned().unwrap_or_default();
        format!("{}: {left} of {} left", list.name, list.size)
    };
    part("Call lists", work.lists.iter().map(list).collect());
    let expiring = work
        .expiring
        .iter()
        .map(|one| format!("{}  {}  {} by {}", one.until, one.name, one.purpose, one.channel));
    part("Consents that run out", expiring.collect());
    let request = |one: &RequestView| {
        let due = one.due.map(|due| due.to_string()).unwrap_or_default();
        let overdue = if one.overdue { " (overdue)" } else { "" };
        format!("{due}{overdue}  {}  {} {}", one.name, one.number, one.right)
    };
    part("Requests of persons", work.requests.iter().map(request).collect());
    let waiting = [(work.reviews, REVIEWS), (work.plans, PLANS)].into_iter().filter(|(count, _)| *count > 0);
    part("Retention", waiting.map(|(count, text)| format!("{count}  {text}")).collect());
    if text.is_empty() {
        text.push_str("nothing is due today\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::moment;
    use crate::domain::time::Timestamp;
    use crate::env::Zone;

    #[test]
    fn times_as_people_say_them() {
        let now = Timestamp::parse_as_of("2026-05-28T20:26:40Z").unwrap();
        let zone = Zone::East(2 * 3600);
        for (text, wanted) in [
            ("today", "2026-05-28T21:59:59.999Z"),
            ("tomorrow", "2026-05-29T21:59:59.999Z"),
            ("7d", "2026-06-04T21:59:59.999Z"),
            ("2026-06-01", "2026-06-01T21:59:59.999Z"),
            ("2026-06-01 09:30", "2026-06-01T07:30:00Z"),
            ("2026-06-01T09:30:00Z", "2026-06-01T09:30:00Z"),
        ] {
            assert_eq!(moment(text, now, zone).unwrap().to_string(), wanted, "{text}");
        }
        for wrong in ["", "d", "-1d", "soon", "99999d", "2026-02-30"] {
            assert!(moment(wrong, now, zone).is_err(), "{wrong}");
        }
    }
}
