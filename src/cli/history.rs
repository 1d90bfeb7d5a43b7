//! `callbook history …`: the log of everything that was done, and its proof.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::{Activity, Code, Entry, Error, LogCheckpoint, LogProve, LogVerify, Redo, Undo, Undone};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::denials::DenialsArgs;
use crate::cli::out::{Listing, Make, object};
use crate::cli::reads::{ReadsArgs, SweepArgs};
use crate::cli::{denials, files, json, reads, record};
use crate::client::{check, proof as client_proof};
use crate::domain::text::neutralise;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Check every record against the log, and the log against its root
    Verify,
    /// A signed statement of the log's size and root, to be kept elsewhere
    Checkpoint(CheckpointArgs),
    /// A proof that an entry is in the log
    Prove(ProveArgs),
    /// Check a proof against a checkpoint, without the store and without any key
    Check(CheckArgs),
    /// What was done, latest first
    Activity(ActivityArgs),
    /// Who looked at persons' records, latest first: opened, exported, searched by number or address
    Reads(ReadsArgs),
    /// Who was refused what, latest first: requests that were denied, sessions that did not begin
    Denials(DenialsArgs),
    /// Remove readings and denials that are older than they are kept (12 months, or what the settings say)
    Sweep(SweepArgs),
    /// Take a change back, as a new change
    Undo(UndoArgs),
    /// Take back the last undo of this session
    Redo,
}

#[derive(Args, Debug)]
pub(crate) struct CheckpointArgs {
    /// Write it to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// The entry's number, as `history activity` shows it
    seq: u64,
    /// Write it to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// What `history prove` wrote, or `consent prove` as JSON
    proof: PathBuf,
    /// What `history checkpoint` wrote, at any time since; a proof of consent has one inside
    checkpoint: Option<PathBuf>,
    /// The key that must have signed, as `history checkpoint --format json` tells it
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ActivityArgs {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u64,
    /// Only entries before this number
    #[arg(long, value_name = "SEQ")]
    before: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct UndoArgs {
    /// The entry's number; the last change of this session when absent
    seq: Option<u64>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Verify => verify(ctx),
        Verb::Checkpoint(args) => checkpoint(ctx, &args),
        Verb::Prove(args) => prove(ctx, &args),
        Verb::Check(args) => check(ctx, &args),
        Verb::Activity(args) => activity(ctx, &args),
        Verb::Reads(args) => reads::reads(ctx, &args),
        Verb::Denials(args) => denials::denials(ctx, &args),
        Verb::Sweep(args) => reads::sweep(ctx, &args),
        Verb::Undo(args) => {
            let undone = ctx.client()?.call(Undo { seq: args.seq })?;
            tell(ctx, "undone", &undone)
        }
        Verb::Redo => {
            let undone = ctx.client()?.call(Redo {})?;
            tell(ctx, "redone", &undone)
        }
    }
}

fn verify(ctx: &mut Ctx<'_>) -> Done {
    let report = ctx.client()?.call(LogVerify {})?;
    let out = json!({
        "ok": report.problems.is_empty(),
        "entries": report.entries,
        "records": report.records,
        "root": report.root,
        "problems": report.problems,
    });
    object(ctx, &report.root, out, |_| {
        let mut text =
            format!("entries  {}\nrecords  {}\nroot     {}\n", report.entries, report.records, report.root);
        for problem in &report.problems {
            text.push_str(&format!("PROBLEM  {}\n", neutralise(problem)));
        }
        text
    })?;
    if report.problems.is_empty() {
        ctx.say("every record and every entry is as it was written");
        return Ok(());
    }
    Err(Error::integrity(format!(
        "{} records or entries are not as they were written",
        report.problems.len()
    ))
    .hint("keep the store as it is, and compare it with a backup")
    .into())
}

/// Prints a text that is a file of its own, or writes it to one.
pub(super) fn deliver(ctx: &mut Ctx<'_>, out: Option<&PathBuf>, text: &str) -> Done {
    match out {
        Some(path) => {
            ctx.shell_only("writing a file")?;
            files::write(path, text.as_bytes(), &ctx.env)?;
            ctx.say(&format!("written to {}", path.display()));
            Ok(())
        }
        None => ctx.print(text),
    }
}

fn checkpoint(ctx: &mut Ctx<'_>, args: &CheckpointArgs) -> Done {
    let checkpoint = ctx.client()?.call(LogCheckpoint {})?;
    if args.out.is_none() && ctx.format().is_json() {
        return object(ctx, "", json!({"text": checkpoint.text, "key": checkpoint.key}), |_| String::new());
    }
    deliver(ctx, args.out.as_ref(), &checkpoint.text)?;
    ctx.say(&format!("key: {}", checkpoint.key));
    Ok(())
}

fn prove(ctx: &mut Ctx<'_>, args: &ProveArgs) -> Done {
    let proof = ctx.client()?.call(LogProve { seq: args.seq })?;
    let mut text = proof.json;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    deliver(ctx, args.out.as_ref(), &text)
}

/// The longest file that a check reads, in bytes; a proof has a few thousand.
const MAX_PROOF: u64 = 1 << 20;

fn check(ctx: &mut Ctx<'_>, args: &CheckArgs) -> Done {
    ctx.shell_only("checking files")?;
    let read = |path: &PathBuf, most: u64| {
        let size = std::fs::metadata(path).map(|meta| meta.len());
        match size {
            Ok(size) if size > most => {
                Err(Error::integrity(format!("{} is longer than any proof", path.display())))
            }
            _ => std::fs::read_to_string(path)
                .map_err(|error| Error::failed(format!("{} cannot be read: {error}", path.display()))),
        }
    };
    let proof = read(&args.proof, client_proof::MAX_FILE)?;
    let checkpoint = args.checkpoint.as_ref().map(|path| read(path, MAX_PROOF)).transpose()?;
    if client_proof::is_consent_proof(&proof) {
        return check_consent(ctx, &proof, checkpoint.as_deref(), args.key.as_deref());
    }
    let Some(checkpoint) = checkpoint else {
        return Err(Error::usage("no checkpoint is named to check the proof against")
            .hint("callbook history check proof.json checkpoint.txt")
            .into());
    };
    if proof.len() as u64 > MAX_PROOF {
        return Err(Error::integrity(format!("{} is longer than any proof", args.proof.display())).into());
    }
    let checked = check::check(&proof, &checkpoint, args.key.as_deref())?;
    let mut out = serde_json::Map::new();
    out.insert("ok".to_owned(), json!(true));
    out.insert("seq".to_owned(), json!(checked.entry));
    out.insert("size".to_owned(), json!(checked.size));
    out.insert("later".to_owned(), json!(checked.later));
    out.insert("signature".to_owned(), json!(checked.signature));
    object(ctx, &checked.entry.to_string(), serde_json::Value::Object(out), |_| {
        let covered = if checked.later {
            "came after the checkpoint, whose log is the beginning of the one that holds it"
        } else {
            "was in the log when the checkpoint was signed"
        };
        format!(
            "entry {} {covered}\nentries in the checkpoint: {}\n{}\n",
            checked.entry,
            checked.size,
            neutralise(&checked.signature)
        )
    })
}

/// Each event of a proof of consent.
fn check_consent(ctx: &mut Ctx<'_>, proof: &str, checkpoint: Option<&str>, key: Option<&str>) -> Done {
    let events = client_proof::check_consent(proof, checkpoint, key)?;
    let list: Vec<_> = events
        .iter()
        .map(|one| {
            json!({"id": one.id, "seq": one.checked.entry, "words": one.words, "later": one.checked.later})
        })
        .collect();
    let signature = events.first().map_or("", |one| one.checked.signature.as_str());
    let out = json!({
        "ok": true,
        "events": list,
        "checkpoint": if checkpoint.is_some() { "given" } else { "inside" },
        "signature": signature,
    });
    let ids: Vec<&str> = events.iter().map(|one| one.id.as_str()).collect();
    object(ctx, &ids.join("\n"), out, |_| {
        let mut text = String::new();
        for one in &events {
            let about = if one.words { "with these very words" } else { "its words are not proven" };
            text.push_str(&format!("entry {} is in the log, {about}\n", one.checked.entry));
        }
        text.push_str(&format!("{}\n", neutralise(signature)));
        text
    })?;
    if checkpoint.is_none() {
        ctx.say(
            "checked against the checkpoint inside the proof: compare it with one that was kept elsewhere",
        );
    }
    Ok(())
}

fn activity(ctx: &mut Ctx<'_>, args: &ActivityArgs) -> Done {
    const WINDOW: u64 = 1_000;
    let client = ctx.client()?;
    let stop = ctx.stop()?;
    let make =
        Make { id: &|one: &Entry| one.seq.to_string(), json: &json::entry, cells: &record::entry_cells };
    let mut listing = Listing::new(ctx, record::entry_columns());
    let (mut before, mut left, mut total) = (args.before, args.limit, 0);
    while left > 0 {
        let limit = left.min(WINDOW);
        let entries = client.call(Activity { before, limit })?;
        let got = entries.len() as u64;
        if total == 0 {
            // Entries are numbered from 0 without gaps, so the latest one says how many there are.
            total = entries.first().map_or(0, |latest| latest.seq + 1);
        }
        before = entries.last().map(|entry| entry.seq);
        listing.batch(ctx, &entries, &make)?;
        left = left.saturating_sub(got);
        if got < limit || before == Some(0) {
            break;
        }
        if stopped(&stop) {
            return Err(End::Reported(Code::Interrupted));
        }
    }
    listing.end(ctx, total, &std::collections::BTreeMap::new())
}

fn tell(ctx: &mut Ctx<'_>, what: &str, undone: &Undone) -> Done {
    let records: Vec<_> = undone.records.iter().map(|(kind, id)| json!({"kind": kind, "id": id})).collect();
    let ids: Vec<String> = undone.records.iter().map(|(_, id)| id.to_string()).collect();
    object(ctx, &ids.join("\n"), json!({"what": undone.what, "records": records}), |_| {
        format!("{what}: {}\n", neutralise(&undone.what))
    })
}
