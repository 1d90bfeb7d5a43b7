//! `callbook register …`, `callbook training …`, `callbook evidence`: what the controller can show an authority.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json, json};

use crate::api::accountability::{ApprovedRegister, CurrentRegister, EvidenceFile, TrainingView};
use crate::api::{
    Code, Error, Evidence, RegisterApprove, RegisterShow, RegisterVersions, TrainingAdd, Trainings,
};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::files;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::reads::beginning;
use crate::cli::record;
use crate::client::proof::check_bundle;
use crate::domain::register::{Drift, Register};
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::interchange::register::{Around, html, table};

/// The longest bundle that is read, in bytes.
const MOST_BUNDLE: u64 = 256 << 20;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// The register as the store is set up now: its hash, what is missing, what changed since it was approved
    Show,
    /// Write the register
    Export(ExportArgs),
    /// What changed since the register was approved; with --check exit 6 when anything did
    Drift(DriftArgs),
    /// Approve the register as it is
    Approve(ApproveArgs),
    /// The versions that were approved
    Versions,
}

/// How the register is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum As {
    /// A page that prints
    Html,
    /// The activities, one a line
    Csv,
    /// The whole document, whose SHA-256 is what is approved
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// As what
    #[arg(long = "as", value_name = "FORM", value_enum, default_value = "html")]
    form: As,
    /// Where to; standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct DriftArgs {
    /// Fail when there is any, or when nothing was approved yet
    #[arg(long)]
    check: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ApproveArgs {
    /// The SHA-256 that `register show` prints: what is approved is what was read
    #[arg(value_name = "SHA256")]
    sha256: String,
    /// What changed, in a line
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Show => show(ctx),
        Verb::Export(args) => export(ctx, &args),
        Verb::Drift(args) => drift(ctx, &args),
        Verb::Approve(args) => {
            let ApproveArgs { sha256, words } = args;
            let one = ctx.client()?.call(RegisterApprove { sha256, words })?;
            object(ctx, &one.version.to_string(), approved_json(&one), |_| {
                format!("version {} approved by {}\n", one.version, neutralise(&one.by))
            })
        }
        Verb::Versions => versions(ctx),
    }
}

fn document(current: &CurrentRegister) -> Result<Register, Error> {
    serde_json::from_str(&current.document).map_err(|error| Error::failed(format!("the register: {error}")))
}

fn approved_json(one: &ApprovedRegister) -> Json {
    let mut out = Map::new();
    out.insert("version".to_owned(), json!(one.version));
    out.insert("at".to_owned(), json!(one.at));
    out.insert("by".to_owned(), json!(one.by));
    out.insert("sha256".to_owned(), json!(one.sha256));
    put_text(&mut out, "words", &one.words);
    Json::Object(out)
}

fn show(ctx: &mut Ctx<'_>) -> Done {
    let current = ctx.client()?.call(RegisterShow {})?;
    let register = document(&current)?;
    let mut out = Map::new();
    out.insert("sha256".to_owned(), json!(current.sha256));
    out.insert("register".to_owned(), json!(register));
    out.insert("gaps".to_owned(), json!(current.gaps));
    if let Some(approved) = &current.approved {
        out.insert("approved".to_owned(), approved_json(approved));
    }
    out.insert("drift".to_owned(), json!(current.drift));
    object(ctx, &current.sha256, Json::Object(out), |_| {
        let mut text = format!("{}\n", neutralise(&register.controller.name));
        for one in &register.activities {
            let line = format!(
                "  {}  {}; {}; kept {} from {}, then {}",
                one.name, one.title, one.basis, one.kept_for, one.counted_from, one.then
            );
            text.push_str(&format!("{}\n", neutralise(&line)));
        }
        text.push_str(&format!(
            "{} recipients, {} retention rules, {} fields about persons\n",
            register.recipients.len(),
            register.retention.len(),
            register.fields.len()
        ));
        for gap in &current.gaps {
            text.push_str(&format!("missing: {}\n", neutralise(gap)));
        }
        match &current.approved {
            None => text.push_str("no version was approved yet\n"),
            Some(one) => text.push_str(&format!(
                "version {} was approved by {} at {}; {} differences since\n",
                one.version,
                neutralise(&one.by),
                one.at,
                current.drift.len()
            )),
        }
        text.push_str(&format!("SHA-256 {}\n", current.sha256));
        text
    })
}

fn export(ctx: &mut Ctx<'_>, args: &ExportArgs) -> Done {
    let current = ctx.client()?.call(RegisterShow {})?;
    let register = document(&current)?;
    let failed = |error: String| Error::failed(format!("the register cannot be written: {error}"));
    let text = match args.form {
        As::Json => current.document.clone(),
        As::Csv => table(&register).map_err(|error| failed(error.to_string()))?,
        As::Html => {
            let around = Around {
                made_at: ctx.env.now().to_string(),
                sha256: &current.sha256,
                gaps: &current.gaps,
                approved: current.approved.as_ref().map(approved_json),
                drift: &current.drift,
            };
            html(&register, &around).map_err(|error| failed(error.to_string()))?
        }
    };
    match &args.out {
        Some(path) => {
            files::write(path, text.as_bytes(), &ctx.env)?;
            ctx.say(&format!("written to {}", path.display()));
            Ok(())
        }
        None => ctx.print(&text),
    }
}

fn drift(ctx: &mut Ctx<'_>, args: &DriftArgs) -> Done {
    let current = ctx.client()?.call(RegisterShow {})?;
    let columns = Column::list(&[("at", "Where"), ("was", "Was"), ("is", "Is")]);
    let make = Make {
        id: &|one: &Drift| one.at.clone(),
        json: &|one: &Drift| {
            let mut out = Map::new();
            out.insert("at".to_owned(), json!(one.at));
            for (name, text) in [("was", &one.was), ("is", &one.is)] {
                if let Some(text) = text {
                    out.insert(name.to_owned(), json!(text));
                }
            }
            Json::Object(out)
        },
        cells: &|one: &Drift| {
            vec![vec![
                one.at.clone(),
                one.was.clone().unwrap_or_default(),
                one.is.clone().unwrap_or_default(),
            ]]
        },
    };
    Listing::all(ctx, columns, &current.drift, &make)?;
    match (&current.approved, current.drift.is_empty()) {
        (None, _) if args.check => {
            Err(Error::new(Code::Conflict, "no version of the register was approved yet")
                .hint("read it, then `callbook register approve SHA256`")
                .into())
        }
        (Some(_), false) if args.check => Err(Error::new(
            Code::Conflict,
            format!("the register differs in {} places from what was approved", current.drift.len()),
        )
        .hint("read it, then `callbook register approve SHA256`")
        .into()),
        _ => Ok(()),
    }
}

fn versions(ctx: &mut Ctx<'_>) -> Done {
    let all = ctx.client()?.call(RegisterVersions {})?;
    let columns = Column::list(&[
        ("version", "Version"),
        ("at", "Approved at"),
        ("by", "By"),
        ("words", "Words"),
        ("sha256", "SHA-256"),
    ]);
    let make = Make {
        id: &|one: &ApprovedRegister| one.version.to_string(),
        json: &approved_json,
        cells: &|one: &ApprovedRegister| {
            vec![vec![
                one.version.to_string(),
                one.at.to_string(),
                one.by.clone(),
                one.words.clone(),
                one.sha256.clone(),
            ]]
        },
    };
    Listing::all(ctx, columns, &all, &make)
}

#[derive(Subcommand, Debug)]
pub(crate) enum TrainingVerb {
    /// Note that somebody was told about the protection of data
    Add(TrainingArgs),
    /// Who was told what, the latest first
    List,
}

#[derive(Args, Debug)]
pub(crate) struct TrainingArgs {
    /// Who: a user's name
    #[arg(value_name = "USER")]
    user: String,
    /// About what
    #[arg(long, value_name = "TEXT")]
    topic: String,
    /// When
    #[arg(long, value_name = "DATE")]
    held_on: Day,
    /// Who taught
    #[arg(long, value_name = "TEXT", default_value = "")]
    by: String,
    /// When it is due anew
    #[arg(long, value_name = "DATE")]
    again_by: Option<Day>,
}

pub(crate) fn training(ctx: &mut Ctx<'_>, verb: TrainingVerb) -> Done {
    let as_json = |one: &TrainingView| {
        let mut out = Map::new();
        out.insert("id".to_owned(), json!(one.id));
        out.insert("user".to_owned(), json!(one.user));
        out.insert("topic".to_owned(), json!(one.topic));
        for (name, day) in [("held_on", one.held_on), ("again_by", one.again_by)] {
            if let Some(day) = day {
                out.insert(name.to_owned(), json!(day));
            }
        }
        put_text(&mut out, "by", &one.by);
        out.insert("overdue".to_owned(), json!(one.overdue));
        Json::Object(out)
    };
    match verb {
        TrainingVerb::Add(args) => {
            let TrainingArgs { user, topic, held_on, by, again_by } = args;
            let one = ctx.client()?.call(TrainingAdd { user, topic, held_on, by, again_by })?;
            object(ctx, &one.id.to_string(), as_json(&one), |_| {
                format!("{} was told about {}\n", neutralise(&one.user), neutralise(&one.topic))
            })
        }
        TrainingVerb::List => {
            let all = ctx.client()?.call(Trainings {})?;
            let columns = Column::list(&[
                ("user", "User"),
                ("topic", "Topic"),
                ("held_on", "Held on"),
                ("by", "By"),
                ("again_by", "Again by"),
                ("overdue", ""),
            ]);
            let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
            let make = Make {
                id: &|one: &TrainingView| one.id.to_string(),
                json: &as_json,
                cells: &|one: &TrainingView| {
                    vec![vec![
                        one.user.clone(),
                        one.topic.clone(),
                        day(one.held_on),
                        one.by.clone(),
                        day(one.again_by),
                        if one.overdue { "overdue".to_owned() } else { String::new() },
                    ]]
                },
            };
            Listing::all(ctx, columns, &all, &make)
        }
    }
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct EvidenceArgs {
    #[command(subcommand)]
    verb: Option<EvidenceVerb>,
    /// From this time or the beginning of this day on
    #[arg(long, value_name = "TIME", value_parser = beginning, required = true)]
    from: Option<Timestamp>,
    /// Up to this time or the end of this day
    #[arg(long, value_name = "TIME", value_parser = record::moment, required = true)]
    to: Option<Timestamp>,
    /// Where the bundle goes, a tar archive
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
enum EvidenceVerb {
    /// Check a bundle, without the store
    Check(EvidenceCheckArgs),
}

#[derive(Args, Debug)]
struct EvidenceCheckArgs {
    /// The bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The log's public key, as `history checkpoint` prints it
    #[arg(long, value_name = "KEY")]
    key: String,
}

pub(crate) fn evidence(ctx: &mut Ctx<'_>, args: EvidenceArgs) -> Done {
    if let Some(EvidenceVerb::Check(args)) = args.verb {
        return check(ctx, &args);
    }
    let (Some(from), Some(to), Some(out)) = (args.from, args.to, args.out) else {
        return Err(Error::usage("a bundle needs --from, --to and --out").into());
    };
    let to = Timestamp::from_millis(to.millis().saturating_add(1));
    let bundle = ctx.client()?.call(Evidence { from, to })?;
    let tar = archive(&bundle.files, ctx.env.now())
        .map_err(|error| Error::failed(format!("the bundle cannot be made: {error}")))?;
    files::write(&out, &tar, &ctx.env)?;
    let names: Vec<&str> = bundle.files.iter().map(|file| file.name.as_str()).collect();
    let json = json!({ "out": out.display().to_string(), "files": names, "key": bundle.key });
    object(ctx, &out.display().to_string(), json, |_| {
        format!("{} files in {}\nkey {}\n", names.len(), out.display(), bundle.key)
    })
}

/// The files as a tar archive: the same files give the same bytes.
fn archive(files: &[EvidenceFile], now: Timestamp) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(now.millis() / 1_000).unwrap_or_default());
        tar.append_data(&mut header, &file.name, file.text.as_bytes())?;
    }
    tar.into_inner()
}

/// The files of an archive; what a bundle never has (directories, links, names that lead elsewhere) is refused.
fn unpack(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let wrong = |why: String| Error::new(Code::Integrity, format!("{} is no bundle: {why}", path.display()));
    let unreadable =
        |error: std::io::Error| Error::failed(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let mut archive = tar::Archive::new(file.take(MOST_BUNDLE));
    let mut files = BTreeMap::new();
    for entry in archive.entries().map_err(|error| wrong(error.to_string()))? {
        let mut entry = entry.map_err(|error| wrong(error.to_string()))?;
        let name =
            String::from_utf8(entry.path_bytes().into_owned()).map_err(|error| wrong(error.to_string()))?;
        if !entry.header().entry_type().is_file() || name.contains(['/', '\\']) {
            return Err(wrong(format!("`{}` is no plain file", neutralise(&name))));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        if files.insert(name.clone(), bytes).is_some() {
            return Err(wrong(format!("`{}` is in it twice", neutralise(&name))));
        }
    }
    Ok(files)
}

fn check(ctx: &mut Ctx<'_>, args: &EvidenceCheckArgs) -> Done {
    let checked = check_bundle(&unpack(&args.file)?, &args.key)?;
    let json = json!({ "files": checked.files, "signer": checked.signer });
    object(ctx, &checked.signer, json, |_| {
        format!("{} files are as {} signed them\n", checked.files.len(), neutralise(&checked.signer))
    })
}
