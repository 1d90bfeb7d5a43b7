//! `callbook subject erase`: what goes, what stays and why; then it is done.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::api::erasure::{Erased, ErasureLine, ErasureNotice, ErasurePlan};
use crate::api::{Error, SubjectErase};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::erasure::{receipt_json, receipt_text};
use crate::cli::files;
use crate::cli::globals::word;
use crate::cli::out::object;
use crate::domain::erasure::Ground;
use crate::domain::id::ContactId;

#[derive(Args, Debug)]
pub(crate) struct EraseArgs {
    /// The person's id
    #[arg(value_name = "ID")]
    id: ContactId,
    /// The number of the person's request
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// Where the person did not ask: why the data goes
    #[arg(long, value_parser = word::<Ground>(Ground::WORDS), conflicts_with = "request")]
    ground: Option<Ground>,
    /// Why, where there is no request
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Count the person in reports that keep numbers alone
    #[arg(long)]
    anonymise: bool,
    /// Write the letters to those who were given the data into this directory; they are kept nowhere else
    #[arg(long, value_name = "DIR")]
    notices: Option<PathBuf>,
    /// Only tell what goes, what stays and why
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn erase(ctx: &mut Ctx<'_>, args: EraseArgs) -> Done {
    let EraseArgs { id, request, ground, reason, anonymise, notices, dry_run } = args;
    let ask = |dry_run| SubjectErase {
        contact: id,
        request,
        ground: ground.unwrap_or(Ground::Request),
        reason: reason.clone(),
        anonymise,
        dry_run,
    };
    let client = ctx.client()?;
    if dry_run {
        let done = client.call(ask(true))?;
        return object(ctx, &id.to_string(), json(&done), |_| plan_text(&done.plan));
    }
    if let Some(dir) = &notices {
        files_can_be_written(dir)?;
    }
    let preview = client.call(ask(true))?;
    // What cannot be done says so before anybody is asked.
    if preview.plan.refused.is_empty() {
        for line in plan_text(&preview.plan).lines() {
            ctx.say(line);
        }
        ctx.confirm(&format!("Erase {}? This is not undone", preview.plan.name))?;
    }
    let done = client.call(ask(false))?;
    if let Some(dir) = &notices {
        write(ctx, dir, &done.notices)?;
    }
    let number = done.receipt.as_ref().map(|receipt| receipt.number.to_string()).unwrap_or_default();
    object(ctx, &number, json(&done), |_| {
        let mut text = done.receipt.as_ref().map(receipt_text).unwrap_or_default();
        if notices.is_none() {
            for notice in &done.notices {
                text.push_str(&format!("\n{}\n", notice.text));
            }
        }
        text
    })
}

fn files_can_be_written(dir: &Path) -> Result<(), Error> {
    if dir.is_dir() {
        return Ok(());
    }
    Err(Error::usage(format!("{} is no directory", dir.display()))
        .hint("make one that only you can read, and name it with --notices"))
}

/// One file a letter; its name tells nothing of the person.
fn write(ctx: &mut Ctx<'_>, dir: &Path, notices: &[ErasureNotice]) -> Done {
    for (at, notice) in notices.iter().enumerate() {
        let path = dir.join(format!("notice-{}.txt", at + 1));
        files::write(&path, notice.text.as_bytes(), &ctx.env)?;
        ctx.say(&format!("{}: to {}", path.display(), notice.recipient));
    }
    Ok(())
}

fn line_json(line: &ErasureLine) -> Json {
    let mut out = Map::new();
    out.insert("what".to_owned(), json!(line.what));
    out.insert("count".to_owned(), json!(line.count));
    if !line.why.is_empty() {
        out.insert("why".to_owned(), json!(line.why));
    }
    if let Some(until) = line.until {
        out.insert("until".to_owned(), json!(until));
    }
    Json::Object(out)
}

fn json(done: &Erased) -> Json {
    let plan = &done.plan;
    let mut out = Map::new();
    out.insert("contact".to_owned(), json!(plan.contact));
    out.insert("name".to_owned(), json!(plan.name));
    out.insert("goes".to_owned(), plan.goes.iter().map(line_json).collect());
    out.insert("stays".to_owned(), plan.stays.iter().map(line_json).collect());
    out.insert("refused".to_owned(), json!(plan.refused));
    out.insert("recipients".to_owned(), json!(plan.recipients));
    out.insert("mentions".to_owned(), json!(plan.mentions));
    if let Some(receipt) = &done.receipt {
        out.insert("receipt".to_owned(), receipt_json(receipt));
        let notice = |one: &ErasureNotice| json!({ "recipient": one.recipient, "text": one.text });
        out.insert("notices".to_owned(), done.notices.iter().map(notice).collect());
    }
    Json::Object(out)
}

fn plan_text(plan: &ErasurePlan) -> String {
    let mut text = format!("{}\n", plan.name);
    for line in &plan.goes {
        text.push_str(&format!("  goes   {:>6}  {}\n", line.count, line.what));
    }
    for line in &plan.stays {
        let until = line.until.map(|until| format!(", until {until}")).unwrap_or_default();
        text.push_str(&format!("  stays  {:>6}  {}: {}{until}\n", line.count, line.what, line.why));
    }
    for recipient in &plan.recipients {
        text.push_str(&format!("  tell           {recipient}\n"));
    }
    if plan.mentions > 0 {
        text.push_str(&format!(
            "  look at {:>5}  places about others that may name the person\n",
            plan.mentions
        ));
    }
    for why in &plan.refused {
        text.push_str(&format!("  not now        {why}\n"));
    }
    text
}
