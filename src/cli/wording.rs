//! `callbook script …`, `callbook notice …`, `callbook message …`: what is said and written to people, version by version.

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::{
    Code, Error, History, Whoami, WordingAdd, WordingAdded, WordingGet, WordingRetire, WordingView, Wordings,
};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::globals::word;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record;
use crate::config::Format;
use crate::domain::country::Language;
use crate::domain::text::{nearest, neutralise};
use crate::domain::value::OneOf;
use crate::domain::wording::placeholder::OfPurpose;
use crate::domain::wording::sentence::Tongue;
use crate::domain::wording::shipped::{shipped, split_subject};
use crate::domain::wording::template::Name;
use crate::domain::wording::{
    self, MAX_TEXT, Part, Placeholder, Usage, Wording, WordingKind, check, example, render,
};

/// What can be done with scripts and notices.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Store a text as the first or next version of a name; refused where it does not tell what it must
    ///
    /// `callbook script placeholders` shows what can be filled in. A text that is that of the latest version changes
    /// nothing. No version is ever changed.
    Add(AddArgs),
    /// Check a file without storing it; exit code 5 when it does not tell what it must
    Check(CheckArgs),
    #[command(flatten)]
    Other(OtherVerb),
}

/// What can be done with messages.
#[derive(Subcommand, Debug)]
pub(crate) enum MessageVerb {
    /// Store a text as the first or next version of a name; refused where it does not tell what it must
    ///
    /// `callbook message placeholders` shows what can be filled in. A text that is that of the latest version changes
    /// nothing. No version is ever changed.
    Add(MessageAddArgs),
    /// Check a file without storing it; exit code 5 when it does not tell what it must
    Check(MessageCheckArgs),
    #[command(flatten)]
    Other(OtherVerb),
}

#[derive(Subcommand, Debug)]
pub(crate) enum OtherVerb {
    /// The names there are, with the latest version of each
    List,
    /// One version, or the latest
    Show(ShowArgs),
    /// How one version differs from another
    Diff(DiffArgs),
    /// Offer a name no longer; its versions stay, and a next one brings it back
    Retire(NameArgs),
    /// When a version was added, and by whom
    History(VersionArgs),
    /// What can be filled in, and what must be told
    Placeholders,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The word for it, such as sales-de
    #[arg(required_unless_present = "shipped")]
    name: Option<String>,
    /// The language it is in, as a tag: en, de, nl or fr, with or without a country
    #[arg(long, value_name = "TAG", required_unless_present = "shipped")]
    language: Option<String>,
    /// The file with the text, UTF-8; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "shipped")]
    file: Option<PathBuf>,
    /// For this purpose only; repeat for more [default: all]
    #[arg(long, value_name = "SLUG")]
    purpose: Vec<String>,
    /// Those that come with the program and that the store has no name for; with a NAME, that one as its next version
    #[arg(long, conflicts_with_all = ["language", "file", "purpose"])]
    shipped: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MessageAddArgs {
    #[command(flatten)]
    add: AddArgs,
    #[command(flatten)]
    envelope: EnvelopeArgs,
}

#[derive(Args, Debug)]
pub(crate) struct EnvelopeArgs {
    /// The subject line [default: the file's first line, where that is `Subject: …` and an empty one follows]
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// What the message is for; none when it is for nothing special
    #[arg(long = "use", value_name = "USE", value_parser = word::<Usage>(Usage::WORDS))]
    usage: Option<Usage>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The file with the text, UTF-8; - for standard input
    file: PathBuf,
    /// The language it is in
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
}

#[derive(Args, Debug)]
pub(crate) struct MessageCheckArgs {
    #[command(flatten)]
    check: CheckArgs,
    #[command(flatten)]
    envelope: EnvelopeArgs,
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// The name
    name: String,
}

#[derive(Args, Debug)]
pub(crate) struct VersionArgs {
    /// The name, with @VERSION for another version than the latest
    #[arg(value_name = "NAME[@VERSION]")]
    version: String,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    which: VersionArgs,
    /// Filled in with invented facts, to see how it reads
    #[arg(long, conflicts_with = "text")]
    rendered: bool,
    /// The text alone, byte for byte
    #[arg(long)]
    text: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// The earlier one
    #[arg(value_name = "NAME[@VERSION]")]
    old: String,
    /// The later one
    #[arg(value_name = "NAME[@VERSION]")]
    new: String,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, kind: WordingKind, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, kind, args, None),
        Verb::Check(args) => check_file(ctx, kind, &args, None),
        Verb::Other(verb) => other(ctx, kind, verb),
    }
}

pub(crate) fn run_message(ctx: &mut Ctx<'_>, verb: MessageVerb) -> Done {
    let kind = WordingKind::Message;
    match verb {
        MessageVerb::Add(args) => add(ctx, kind, args.add, Some(args.envelope)),
        MessageVerb::Check(args) => check_file(ctx, kind, &args.check, Some(args.envelope)),
        MessageVerb::Other(verb) => other(ctx, kind, verb),
    }
}

fn other(ctx: &mut Ctx<'_>, kind: WordingKind, verb: OtherVerb) -> Done {
    match verb {
        OtherVerb::List => list(ctx, kind),
        OtherVerb::Show(args) => show(ctx, kind, &args),
        OtherVerb::Diff(args) => diff(ctx, kind, &args),
        OtherVerb::Retire(args) => {
            let view = ctx
                .client()?
                .call(WordingRetire { kind, name: wording::name(&args.name).map_err(Error::from)? })?;
            ctx.say(&format!("`{}` is not offered any more", view.name));
            object(ctx, &view.id.to_string(), as_json(&view, false), |_| format!("{}\n", reference(&view)))
        }
        OtherVerb::History(args) => {
            let view = get(ctx, kind, &args.version)?;
            let found = ctx
                .client()?
                .call(History { kind: crate::domain::entity::RecordKind::Wording, id: view.id })?;
            record::entries(ctx, &found)
        }
        OtherVerb::Placeholders => placeholders(ctx, kind),
    }
}

/// `sales-de@2`.
fn reference(view: &WordingView) -> String {
    format!("{}@{}", view.name, view.version)
}

fn get(ctx: &mut Ctx<'_>, kind: WordingKind, which: &str) -> Result<WordingView, Error> {
    let (name, version) = wording::name_and_version(which)?;
    ctx.client()?.call(WordingGet { kind, name, version })
}

/// The text of a file, or of standard input.
fn read_file(ctx: &mut Ctx<'_>, path: &PathBuf) -> Result<String, Error> {
    // A file with the line ends of Windows is longer than the text in it.
    let most = 2 * MAX_TEXT as u64 + 1;
    if path.as_os_str() == "-" {
        let text = ctx.read_input(most)?;
        return Ok(wording::text_of_file(text.as_bytes())?);
    }
    ctx.shell_only("reading a file")?;
    let unreadable =
        |error: std::io::Error| Error::failed(format!("{} cannot be read: {error}", path.display()));
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    wording::text_of_file(&bytes).map_err(|error| Error::refused(format!("{}: {error}", path.display())))
}

/// Subject, text and use, from the file and what was said beside it.
fn parts(file: String, envelope: Option<EnvelopeArgs>) -> (String, String, Option<Usage>) {
    match envelope {
        None => (String::new(), file, None),
        Some(EnvelopeArgs { subject: Some(subject), usage }) => (subject, file, usage),
        Some(EnvelopeArgs { subject: None, usage }) => match split_subject(&file) {
            (Some(subject), text) => (subject.to_owned(), text.to_owned(), usage),
            (None, _) => (String::new(), file, usage),
        },
    }
}

fn add(ctx: &mut Ctx<'_>, kind: WordingKind, args: AddArgs, envelope: Option<EnvelopeArgs>) -> Done {
    if args.shipped {
        return add_shipped(ctx, kind, args.name.as_deref());
    }
    let (Some(name), Some(language), Some(path)) = (args.name, args.language, args.file) else {
        return Err(Error::usage("a name, --language and --file are needed").into());
    };
    let (subject, text, usage) = parts(read_file(ctx, &path)?, envelope);
    let call =
        WordingAdd { kind, name: name.clone(), language, subject, text, purposes: args.purpose, usage };
    let added = ctx.client()?.call(call)?;
    tell(ctx, &name, &added)?;
    object(ctx, &added.id.to_string(), added_json(&name, &added), |_| format!("{name}@{}\n", added.version))
}

fn tell(ctx: &mut Ctx<'_>, name: &str, added: &WordingAdded) -> Done {
    if added.unchanged {
        ctx.say(&format!("`{name}@{}` says the same already", added.version));
    }
    Ok(())
}

fn added_json(name: &str, added: &WordingAdded) -> Json {
    json!({
        "id": added.id,
        "name": name,
        "version": added.version,
        "sha256": added.sha256,
        "unchanged": added.unchanged,
    })
}

/// Adds what comes with the program: all that there is no name for, or one by its name.
fn add_shipped(ctx: &mut Ctx<'_>, kind: WordingKind, name: Option<&str>) -> Done {
    let client = ctx.client()?;
    let mut all = shipped();
    all.retain(|one| one.kind.0 == Some(kind));
    match name {
        Some(name) => {
            let names: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
            all.retain(|one| one.name == name);
            if all.is_empty() {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let error = Error::not_found(format!("no {kind} `{name}` comes with the program"));
                return Err(match nearest(name, &names) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("there are {}", names.join(", "))),
                }
                .into());
            }
        }
        None => {
            let there = client.call(Wordings { kind: Some(kind) })?;
            all.retain(|one| there.iter().all(|view| view.name != one.name));
        }
    }
    let mut added: Vec<(String, WordingAdded)> = Vec::new();
    for one in all {
        let name = one.name.clone();
        let language = one.language.map(|language| language.to_string()).unwrap_or_default();
        let call = WordingAdd {
            kind,
            name: one.name,
            language,
            subject: one.subject,
            text: one.text,
            purposes: one.purposes.0,
            usage: one.usage.0,
        };
        let done = client.call(call)?;
        tell(ctx, &name, &done)?;
        added.push((name, done));
    }
    let columns = Column::list(&[("name", "Name"), ("version", "Version"), ("sha256", "SHA-256")]);
    let make = Make {
        id: &|(_, added): &(String, WordingAdded)| added.id.to_string(),
        json: &|(name, added)| added_json(name, added),
        cells: &|(name, added)| vec![vec![name.clone(), added.version.to_string(), added.sha256.clone()]],
    };
    Listing::all(ctx, columns, &added, &make)
}

fn check_file(
    ctx: &mut Ctx<'_>,
    kind: WordingKind,
    args: &CheckArgs,
    envelope: Option<EnvelopeArgs>,
) -> Done {
    let (subject, text, usage) = parts(read_file(ctx, &args.file)?, envelope);
    let language: Language = args.language.parse().map_err(Error::from)?;
    let sha256 = wording::sha256(text.as_bytes());
    let wording = Wording {
        kind: OneOf(Some(kind)),
        language: Some(language),
        subject,
        text,
        sha256: sha256.clone(),
        usage: OneOf(usage),
        ..Wording::default()
    };
    let flaws: Vec<String> = check(&wording).iter().map(ToString::to_string).collect();
    if flaws.is_empty() {
        ctx.say(&format!("the {kind} tells all it must"));
        return object(ctx, &sha256, json!({"ok": true, "sha256": sha256}), |_| format!("{sha256}\n"));
    }
    let make = Make {
        id: &|flaw: &String| flaw.clone(),
        json: &|flaw| json!({"flaw": flaw}),
        cells: &|flaw| vec![vec![flaw.clone()]],
    };
    Listing::all(ctx, Column::list(&[("flaw", "What is wrong")]), &flaws, &make)?;
    ctx.say(&format!("`callbook {kind} placeholders` tells what can be filled in"));
    Err(End::Reported(Code::Refused))
}

fn as_json(view: &WordingView, with_text: bool) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(view.id));
    out.insert("kind".to_owned(), json!(view.kind));
    out.insert("name".to_owned(), json!(view.name));
    out.insert("version".to_owned(), json!(view.version));
    out.insert("versions".to_owned(), json!(view.versions));
    out.insert("language".to_owned(), json!(view.language));
    if let Some(usage) = view.usage {
        out.insert("use".to_owned(), json!(usage));
    }
    out.insert("purposes".to_owned(), json!(view.purposes));
    put_text(&mut out, "subject", &view.subject);
    out.insert("sha256".to_owned(), json!(view.sha256));
    out.insert("created_at".to_owned(), json!(view.created_at));
    if let Some(first) = view.first_used {
        out.insert("first_used".to_owned(), json!(first));
    }
    if let Some(at) = view.retired_at {
        out.insert("retired_at".to_owned(), json!(at));
    }
    if with_text {
        out.insert("text".to_owned(), json!(view.text));
    }
    Json::Object(out)
}

fn list(ctx: &mut Ctx<'_>, kind: WordingKind) -> Done {
    let all = ctx.client()?.call(Wordings { kind: Some(kind) })?;
    let columns = Column::list(&[
        ("name", "Name"),
        ("version", "Latest"),
        ("language", "Language"),
        ("use", "For"),
        ("purposes", "Purposes"),
        ("created_at", "Since"),
        ("first_used", "First used"),
        ("retired_at", "Retired"),
        ("sha256", "SHA-256"),
    ]);
    let make = Make {
        id: &|view: &WordingView| view.id.to_string(),
        json: &|view| as_json(view, false),
        cells: &|view| {
            vec![vec![
                view.name.clone(),
                view.version.to_string(),
                view.language.clone(),
                view.usage.map(|usage| usage.to_string()).unwrap_or_default(),
                view.purposes.join(","),
                view.created_at.to_string(),
                view.first_used.map(|at| at.to_string()).unwrap_or_default(),
                view.retired_at.map(|at| at.to_string()).unwrap_or_default(),
                view.sha256.clone(),
            ]]
        },
    };
    Listing::all(ctx, columns, &all, &make)
}

/// Lines of a text, each made safe to draw.
fn drawn(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", neutralise(line))).collect()
}

fn show(ctx: &mut Ctx<'_>, kind: WordingKind, args: &ShowArgs) -> Done {
    let view = get(ctx, kind, &args.which.version)?;
    if args.rendered {
        return show_rendered(ctx, &view);
    }
    // No wording has a character that acts on a terminal.
    if args.text {
        return ctx.print(&view.text);
    }
    object(ctx, &view.id.to_string(), as_json(&view, true), |_| {
        let usage = view.usage.map(|usage| usage.to_string()).unwrap_or_default();
        let retired = view.retired_at.map(|at| at.to_string()).unwrap_or_default();
        let (name, since, purposes) =
            (reference(&view), view.created_at.to_string(), view.purposes.join(", "));
        let lines = [
            ("name", name.as_str()),
            ("language", &view.language),
            ("use", &usage),
            ("purposes", &purposes),
            ("since", &since),
            ("retired", &retired),
            ("sha256", &view.sha256),
            ("subject", &view.subject),
        ];
        let said = lines.iter().filter(|(_, text)| !text.is_empty());
        let head: String = said.map(|(head, text)| format!("{head:<9}{}\n", neutralise(text))).collect();
        format!("{head}\n{}", drawn(&view.text))
    })
}

/// Shows a version filled in: with the store's controller and the user, all else invented.
fn show_rendered(ctx: &mut Ctx<'_>, view: &WordingView) -> Done {
    let identity = ctx.client()?.call(Whoami {})?;
    let language: Language = view.language.parse().map_err(Error::from)?;
    let wording = Wording {
        kind: OneOf(Some(view.kind)),
        language: Some(language.clone()),
        subject: view.subject.clone(),
        text: view.text.clone(),
        usage: OneOf(view.usage),
        ..Wording::default()
    };
    let mut facts = example::facts(Tongue::of(&language).map_err(Error::from)?);
    facts.controller = identity.controller;
    facts.agent = identity.name;
    let rendered = render(&wording, &facts).map_err(|error| Error::failed(error.to_string()))?;
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(view.name));
    out.insert("version".to_owned(), json!(view.version));
    out.insert("language".to_owned(), json!(view.language));
    if let Some(subject) = &rendered.subject {
        out.insert("subject".to_owned(), json!(subject));
    }
    out.insert("sha256".to_owned(), json!(rendered.sha256));
    out.insert("text".to_owned(), json!(rendered.text));
    let questions =
        rendered.questions.iter().map(|one| json!({"topic": one.topic.to_string(), "text": one.text}));
    out.insert("questions".to_owned(), Json::Array(questions.collect()));
    object(ctx, &rendered.sha256, Json::Object(out), |_| {
        let subject =
            rendered.subject.as_ref().map(|subject| format!("Subject: {}\n\n", neutralise(subject)));
        subject.unwrap_or_default() + &drawn(&rendered.text)
    })?;
    ctx.say("The person, the purposes and the addresses are invented.");
    Ok(())
}

fn diff(ctx: &mut Ctx<'_>, kind: WordingKind, args: &DiffArgs) -> Done {
    let (old, new) = (get(ctx, kind, &args.old)?, get(ctx, kind, &args.new)?);
    let whole = |view: &WordingView| match view.subject.as_str() {
        "" => view.text.clone(),
        subject => format!("Subject: {subject}\n\n{}", view.text),
    };
    let (before, after) = (whole(&old), whole(&new));
    let lines = similar::TextDiff::from_lines(&before, &after);
    let told = lines.unified_diff().header(&reference(&old), &reference(&new)).to_string();
    if ctx.format() == Format::Table {
        if told.is_empty() {
            ctx.say("they say the same");
        }
        return ctx.print(&drawn(&told));
    }
    let out = json!({"old": reference(&old), "new": reference(&new), "diff": told});
    object(ctx, &new.id.to_string(), out, |_| String::new())
}

/// A placeholder in words: what it is, and whether the wordings of a kind must have it.
struct Line {
    name: String,
    what: &'static str,
    needed: &'static str,
}

fn placeholders(ctx: &mut Ctx<'_>, kind: WordingKind) -> Done {
    let needed = |fact: Placeholder| {
        let by = |usage: Option<Usage>| {
            let parts = wording::check::required(kind, usage);
            parts.iter().any(|part: &Part| part.usual() == Some(Name::Fact(fact)))
        };
        let uses = Usage::ALL.iter().any(|usage| by(Some(*usage)));
        match (by(None), uses && kind == WordingKind::Message) {
            (true, _) => "yes",
            (false, true) => "in some uses",
            (false, false) => "",
        }
    };
    let facts = Placeholder::ALL.iter().filter(|fact| fact.kinds().contains(&kind));
    let mut lines: Vec<Line> =
        facts.map(|fact| Line { name: fact.to_string(), what: fact.what(), needed: needed(*fact) }).collect();
    lines.extend(OfPurpose::ALL.iter().map(|part| Line {
        name: format!("purpose.{part}"),
        what: part.what(),
        needed: "",
    }));
    let make = Make {
        id: &|line: &Line| line.name.clone(),
        json: &|line| json!({"placeholder": line.name, "what": line.what, "needed": line.needed}),
        cells: &|line| vec![vec![line.name.clone(), line.what.to_owned(), line.needed.to_owned()]],
    };
    let columns =
        Column::list(&[("placeholder", "Placeholder"), ("what", "What it is"), ("needed", "Needed")]);
    Listing::all(ctx, columns, &lines, &make)
}
