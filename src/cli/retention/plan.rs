//! `callbook retention plan`, `apply`, `approve`, `sweeps`, `reviews` and `review`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::api::retention::{ApplyPart, PlanMade, PlanPage, ReviewView, SweepView};
use crate::api::{
    Code, Error, HoldAdd, RetentionApply, RetentionApprove, RetentionPlan, RetentionPlanPage, ReviewErase,
    Reviews, Sweeps,
};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::files::Beside;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::progress::Progress;
use crate::domain::id::ContactId;
use crate::domain::retention::plan::Plan;
use crate::domain::text::neutralise;
use crate::domain::value::Day;

/// The longest file of a plan that is read: a line of some 200 bytes for each of four million people.
const MOST: u64 = 1 << 30;
/// People sent at once: a request has 2 MiB at most.
const PART: usize = 4_000;

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// Write the plan to this file and note its hash, so that it can be carried out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// As of another day than today
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// The clock made a great step, and you looked: it is right
    #[arg(long)]
    clock_is_right: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    /// The file of the plan
    file: PathBuf,
    /// The clock made a great step, and you looked: it is right
    #[arg(long)]
    clock_is_right: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ApproveArgs {
    /// The SHA-256 of the plan
    #[arg(value_name = "HASH")]
    sha256: String,
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("decision").required(true).multiple(false))]
pub(crate) struct ReviewArgs {
    /// The person's id
    contact: ContactId,
    /// Keep the person until the end of this day: a hold
    #[arg(long, value_name = "DATE", group = "decision", requires = "reason")]
    keep_until: Option<Day>,
    /// Why the person is kept
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Erase the person now
    #[arg(long, group = "decision")]
    erase: bool,
    /// To be counted in reports that keep numbers alone
    #[arg(long, requires = "erase")]
    anonymise: bool,
}

/// A file of a plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    sha256: String,
    plan: Plan,
}

fn counted(all: &[(String, u64)]) -> Json {
    Json::Object(all.iter().map(|(word, count)| (word.clone(), json!(count))).collect())
}

fn made_json(made: &PlanMade) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("sha256".to_owned(), json!(made.sha256));
    out.insert("as_of".to_owned(), json!(made.head.as_of));
    out.insert("log_size".to_owned(), json!(made.head.log_size));
    out.insert("records".to_owned(), json!(made.records));
    out.insert("leaving".to_owned(), json!(made.leaving));
    out.insert("by_rule".to_owned(), counted(&made.by_rule));
    out.insert("skipped".to_owned(), json!(made.skipped));
    out.insert("skipped_by".to_owned(), counted(&made.stay));
    out.insert("two_persons".to_owned(), json!(made.two_persons));
    out
}

pub(super) fn plan(ctx: &mut Ctx<'_>, args: &PlanArgs) -> Done {
    if args.out.is_some() {
        ctx.shell_only("writing a file")?;
    }
    // Before anything is noted: a name that cannot be written to is told first.
    let env = ctx.env.clone();
    let mut file = args.out.as_deref().map(|path| Beside::create(path, &env)).transpose()?;
    let client = ctx.client()?;
    let stop = ctx.stop()?;
    let (propose, clock_is_right) = (args.out.is_some(), args.clock_is_right);
    let made = client.call(RetentionPlan { as_of: args.as_of, propose, clock_is_right })?;
    if let (Some(mut beside), Some(path)) = (file.take(), &args.out) {
        let bar = Progress::new(ctx, Some(made.records + made.skipped), "people");
        let page = |from: u64| client.call(RetentionPlanPage { sha256: made.sha256.clone(), from });
        let written = write(&mut beside, &made, page, &|| stopped(&stop), &|done| bar.set(done));
        bar.finish();
        if !written.map_err(|error| error.named(path))? {
            return Err(End::Reported(Code::Interrupted));
        }
        beside.commit()?;
    }
    let out = made_json(&made);
    object(ctx, &made.sha256, Json::Object(out), |_| {
        let mut text = format!("as of {}: {} people whose time is up\n", made.head.as_of, made.records);
        for (word, count) in &made.by_rule {
            text.push_str(&format!("  {count:>9}  {}\n", neutralise(word)));
        }
        if made.skipped > 0 {
            text.push_str(&format!("kept all the same: {}\n", made.skipped));
        }
        for (word, count) in &made.stay {
            text.push_str(&format!("  {count:>9}  {}\n", word.replace('_', " ")));
        }
        text.push_str(&format!("SHA-256  {}\n", made.sha256));
        text
    })?;
    match (&args.out, made.two_persons) {
        (None, _) => ctx.say("nothing was noted; --out FILE makes a plan that can be carried out"),
        (Some(_), true) => ctx.say(&format!(
            "{} people leave: another user must approve it: callbook retention approve {}",
            made.leaving, made.sha256
        )),
        (Some(path), false) => ctx.say(&format!("callbook retention apply {}", path.display())),
    }
    Ok(())
}

/// What goes wrong while a plan is written.
enum Unwritten {
    Asking(Error),
    Writing(std::io::Error),
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Unwritten {
        Unwritten::Asking(error)
    }
}

impl From<std::io::Error> for Unwritten {
    fn from(error: std::io::Error) -> Unwritten {
        Unwritten::Writing(error)
    }
}

impl Unwritten {
    fn named(self, path: &Path) -> Error {
        match self {
            Unwritten::Asking(error) => error,
            Unwritten::Writing(error) => {
                Error::failed(format!("{} cannot be written: {error}", path.display()))
            }
        }
    }
}

/// Writes a plan, one person a line, so that two of them can be compared. False when it was stopped.
fn write(
    out: &mut impl Write,
    made: &PlanMade,
    page: impl Fn(u64) -> Result<PlanPage, Error>,
    stopped: &dyn Fn() -> bool,
    done: &dyn Fn(u64),
) -> Result<bool, Unwritten> {
    write!(
        out,
        "{{\"sha256\":\"{}\",\n\"plan\":{{\"head\":{},\n\"records\":[",
        made.sha256,
        text(&made.head)
    )?;
    let mut stays = Vec::new();
    let (mut written, mut from) = (0_u64, 0_u64);
    let most = made.records.max(made.skipped);
    while from < most {
        if stopped() {
            return Ok(false);
        }
        let part = page(from)?;
        let got = part.records.len().max(part.skipped.len()) as u64;
        if got == 0 {
            return Err(Error::failed("the plan ended before its end").into());
        }
        for one in &part.records {
            write!(out, "{}\n{}", if written == 0 { "" } else { "," }, text(one))?;
            written += 1;
        }
        stays.extend(part.skipped);
        from += got;
        done(written + stays.len() as u64);
    }
    write!(out, "],\n\"skipped\":[")?;
    for (at, one) in stays.iter().enumerate() {
        write!(out, "{}\n{}", if at == 0 { "" } else { "," }, text(one))?;
    }
    writeln!(out, "]}}}}")?;
    Ok(true)
}

/// A value as JSON, as the plan's hash has it.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read(path: &Path) -> Result<PlanFile, Error> {
    let unread = |error: std::io::Error| Error::usage(format!("{} cannot be read: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(unread)?;
    let about = file.metadata().map_err(unread)?;
    if !about.is_file() || about.len() > MOST {
        return Err(Error::usage(format!("{} is no file of a plan", path.display())));
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).map_err(unread)?;
    serde_json::from_str(&text).map_err(|error| {
        Error::conflict(format!("{} is no plan as it was made: {error}", path.display()))
            .hint("a plan is carried out as it was made; make it anew")
    })
}

pub(super) fn sweep_json(one: &SweepView) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(one.id));
    out.insert("plan".to_owned(), json!(one.plan));
    if let Some(state) = one.state {
        out.insert("state".to_owned(), json!(state));
    }
    for (name, at) in
        [("planned_at", one.planned_at), ("started_at", one.started_at), ("ended_at", one.ended_at)]
    {
        if let Some(at) = at {
            out.insert(name.to_owned(), json!(at));
        }
    }
    put_text(&mut out, "planned_by", &one.planned_by);
    put_text(&mut out, "approved_by", &one.approved_by);
    out.insert("records".to_owned(), json!(one.records));
    out.insert("done".to_owned(), json!(one.done));
    out.insert("counts".to_owned(), json!(one.counts));
    out.insert("skipped".to_owned(), json!(one.skipped));
    if one.epoch > 0 {
        out.insert("epoch".to_owned(), json!(one.epoch));
    }
    put_text(&mut out, "checkpoint", &one.checkpoint);
    put_text(&mut out, "words", &one.words);
    Json::Object(out)
}

fn receipt(one: &SweepView) -> String {
    let state = one.state.map(|state| state.word()).unwrap_or_default();
    let mut text = format!("{state}: {} of {} left\n", one.done, one.records);
    for line in &one.counts {
        text.push_str(&format!("  planned  {}\n", neutralise(line)));
    }
    for line in &one.skipped {
        text.push_str(&format!("  kept     {}\n", neutralise(line)));
    }
    text.push_str(&format!("plan     {}\nreceipt  {}\n", neutralise(&one.plan), one.id));
    text
}

pub(super) fn apply(ctx: &mut Ctx<'_>, args: &ApplyArgs) -> Done {
    ctx.shell_only("reading a file")?;
    let PlanFile { sha256, plan } = read(&args.file)?;
    let client = ctx.client()?;
    let leaving = plan.leaving();
    if leaving > 0 {
        ctx.confirm(&format!("{leaving} people are erased for good. Go on?"))?;
    }
    let stop = ctx.stop()?;
    let part = |part: ApplyPart| client.call(RetentionApply { part });
    part(ApplyPart::Begin(plan.head))?;
    for records in plan.records.chunks(PART) {
        part(ApplyPart::People { records: records.to_vec(), skipped: Vec::new() })?;
    }
    for skipped in plan.skipped.chunks(PART) {
        part(ApplyPart::People { records: Vec::new(), skipped: skipped.to_vec() })?;
    }
    let begun = part(ApplyPart::Run { sha256, clock_is_right: args.clock_is_right })?;
    let bar = Progress::new(ctx, Some(begun.total), "people");
    let (ended, cancelled) = loop {
        let cancelled = stopped(&stop);
        let told = part(if cancelled { ApplyPart::Cancel } else { ApplyPart::Step })?;
        bar.set(told.done);
        if let Some(receipt) = told.receipt {
            break (receipt, cancelled);
        }
    };
    bar.finish();
    object(ctx, &ended.id.to_string(), sweep_json(&ended), |_| receipt(&ended))?;
    if cancelled {
        ctx.say("stopped; the same plan goes on where this ended");
        return Err(End::Reported(Code::Interrupted));
    }
    Ok(())
}

pub(super) fn approve(ctx: &mut Ctx<'_>, args: ApproveArgs) -> Done {
    let one = ctx.client()?.call(RetentionApprove { sha256: args.sha256 })?;
    object(ctx, &one.id.to_string(), sweep_json(&one), |_| receipt(&one))
}

pub(super) fn sweeps(ctx: &mut Ctx<'_>) -> Done {
    let all = ctx.client()?.call(Sweeps {})?;
    let columns = Column::list(&[
        ("planned_at", "Planned"),
        ("planned_by", "By"),
        ("approved_by", "Approved by"),
        ("state", "State"),
        ("records", "Named"),
        ("done", "Left"),
        ("skipped", "Kept"),
        ("words", "Words"),
        ("plan", "Plan"),
    ]);
    let cells = |one: &SweepView| {
        let by = if one.planned_by.is_empty() { "the schedule" } else { &one.planned_by };
        vec![vec![
            one.planned_at.map(|at| at.to_string()).unwrap_or_default(),
            by.to_owned(),
            one.approved_by.clone(),
            one.state.map(|state| state.to_string()).unwrap_or_default(),
            one.records.to_string(),
            one.done.to_string(),
            one.skipped.join(", "),
            one.words.clone(),
            one.plan.clone(),
        ]]
    };
    let make = Make { id: &|one: &SweepView| one.id.to_string(), json: &sweep_json, cells: &cells };
    Listing::all(ctx, columns, &all, &make)
}

fn review_json(one: &ReviewView) -> Json {
    json!({
        "contact": one.contact,
        "display_name": one.name,
        "rule": one.rule,
        "due": one.due,
        "reason": one.reason,
    })
}

pub(super) fn reviews(ctx: &mut Ctx<'_>) -> Done {
    let all = ctx.client()?.call(Reviews {})?;
    let columns = Column::list(&[
        ("due", "Since"),
        ("display_name", "Name"),
        ("rule", "Rule"),
        ("reason", "Reason"),
        ("contact", "Contact"),
    ]);
    let cells = |one: &ReviewView| {
        vec![vec![
            one.due.to_string(),
            one.name.clone(),
            one.rule.clone(),
            one.reason.clone(),
            one.contact.to_string(),
        ]]
    };
    let make = Make { id: &|one: &ReviewView| one.contact.to_string(), json: &review_json, cells: &cells };
    Listing::all(ctx, columns, &all, &make)
}

pub(super) fn review(ctx: &mut Ctx<'_>, args: ReviewArgs) -> Done {
    let contact = args.contact;
    if let Some(until) = args.keep_until {
        let held = ctx.client()?.call(HoldAdd { contact, reason: args.reason, scope: Vec::new(), until })?;
        let id = held.id.to_string();
        return object(ctx, &id, super::holds::hold_json(&held), |_| format!("{id}\n"));
    }
    ctx.confirm("The person is erased for good. Go on?")?;
    ctx.client()?.call(ReviewErase { contact, anonymise: args.anonymise })?;
    let id = contact.to_string();
    object(ctx, &id, json!({"contact": contact, "erased": true}), |_| format!("{id}\n"))
}
