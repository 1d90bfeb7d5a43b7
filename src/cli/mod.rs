//! Command mode: arguments become requests, answers become output. Nothing is decided here that the service decides.
//!
//! Each noun has a file; its `Verb` is what the command line, the help, completions and man pages are made from. The
//! words are a contract with scripts: options are added, never renamed.

mod access;
mod ask;
mod backup;
mod call;
mod call_list;
mod change;
mod company;
mod complete;
mod consent;
mod contact;
mod ctx;
mod demo;
mod denials;
mod doctor;
mod erase;
mod erasure;
mod export;
#[cfg(test)]
mod fake;
mod field;
mod fields;
mod files;
mod globals;
mod help;
mod history;
mod import;
mod incident;
mod init;
mod json;
mod keys;
mod law;
mod line;
mod note;
mod out;
mod progress;
mod prove;
mod publication;
mod reads;
mod record;
mod register;
mod registry;
mod request;
mod retention;
mod role;
mod secret;
mod serve;
mod settings;
mod shell;
mod status;
mod subject;
mod suppression;
mod table;
mod tag;
mod task;
#[cfg(test)]
mod tests;
mod unlock;
mod user;
mod vault;
mod view;
mod wording;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::{Map, Value as Json};

use crate::api::{Code, Error};
use crate::config::{Config, Format};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::domain::text::neutralise;
use crate::domain::wording::WordingKind;
use crate::env::Env;

use ctx::{Ctx, Done, End, Io};
use globals::Globals;

pub use line::{Line, run_line, split_line};

/// The CRM that sales people keep open in a terminal all day, and that a data protection officer trusts
///
/// Without a command, the screens open.
#[derive(Parser, Debug)]
#[command(name = "callbook", version, propagate_version = false, subcommand_required = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// People: add, find, change, import, export
    Contact {
        #[command(subcommand)]
        verb: contact::Verb,
    },
    /// The companies people work for
    Company {
        #[command(subcommand)]
        verb: company::Verb,
    },
    /// Notes about people, and calls, e-mails and meetings logged with them
    Note {
        #[command(subcommand)]
        verb: note::Verb,
    },
    /// What people said about the use of their data, and what holds
    Consent {
        #[command(subcommand)]
        verb: consent::Verb,
    },
    /// Calls: whether one is allowed and by which rule, and the record of what was said
    Call {
        #[command(subcommand)]
        verb: call::Verb,
    },
    /// Lists of people to call for one purpose, worked one after another
    CallList {
        #[command(subcommand)]
        verb: call_list::Verb,
    },
    /// What is to be done about people, and when
    Task {
        #[command(subcommand)]
        verb: task::Verb,
    },
    /// What people ask for by right: access, erasure and the others, with the day on which they must be answered
    Request {
        #[command(subcommand)]
        verb: request::Verb,
    },
    /// What is done for a person by right: answers, corrections, restriction, objection, erasure
    Subject {
        #[command(subcommand)]
        verb: subject::Verb,
    },
    /// What is left of erasures: certificates, letters to recipients, places to look at, proofs that are kept
    Erasure {
        #[command(subcommand)]
        verb: erasure::Verb,
    },
    /// How long data is kept: rules, clocks, holds
    Retention {
        #[command(subcommand)]
        verb: retention::Verb,
    },
    /// Where people's data were made public, so that whoever shows them can be told
    Publication {
        #[command(subcommand)]
        verb: publication::Verb,
    },
    /// What is to be done today: calls, tasks, call lists, consents that run out, requests
    Today,
    /// Words that gather people into lists
    Tag {
        #[command(subcommand)]
        verb: tag::Verb,
    },
    /// Saved views: a filter with columns and an order, for you, a team, a role or everybody
    View {
        #[command(subcommand)]
        verb: view::Verb,
    },
    /// What is read out in calls: texts with placeholders, version by version
    Script {
        #[command(subcommand)]
        verb: wording::Verb,
    },
    /// Privacy notices (Articles 13 and 14 GDPR), version by version
    Notice {
        #[command(subcommand)]
        verb: wording::Verb,
    },
    /// Templates of e-mails and letters, version by version
    Message {
        #[command(subcommand)]
        verb: wording::MessageVerb,
    },
    /// Fields of your own, and the inventory of all fields
    Field {
        #[command(subcommand)]
        verb: field::Verb,
    },
    /// Numbers and addresses that are not used any more, and do-not-call lists
    Suppression {
        #[command(subcommand)]
        verb: suppression::Verb,
    },
    /// What data is used for: each purpose with its basis, channels and how long data is kept
    Purpose {
        #[command(subcommand)]
        verb: registry::Verb<Purpose>,
    },
    /// Whom data is given to, with country and contract
    Recipient {
        #[command(subcommand)]
        verb: registry::Verb<Recipient>,
    },
    /// Recipients who process data on the controller's behalf (Art. 28 GDPR)
    Processor {
        #[command(subcommand)]
        verb: registry::Verb<Recipient>,
    },
    /// Breaches of the protection of data: the 72 hours, whose data it was, drafts of the notifications
    Incident {
        #[command(subcommand)]
        verb: incident::Verb,
    },
    /// The register of processing activities (Art. 30 GDPR), made from how the store is set up
    Register {
        #[command(subcommand)]
        verb: register::Verb,
    },
    /// Who was told about the protection of data
    Training {
        #[command(subcommand)]
        verb: register::TrainingVerb,
    },
    /// What an auditor is given about a time: signed, without values of persons
    Evidence(register::EvidenceArgs),
    /// Who works with the store
    User {
        #[command(subcommand)]
        verb: user::Verb,
    },
    /// What each role may see and do
    Role {
        #[command(subcommand)]
        verb: role::Verb,
    },
    /// The rules by which calls are permitted, deadlines end and data are kept
    Law {
        #[command(subcommand)]
        verb: law::Verb,
    },
    /// Why somebody sees what of a contact
    Access {
        #[command(subcommand)]
        verb: access::Verb,
    },
    /// What happened, and the proof that it was not changed since
    History {
        #[command(subcommand)]
        verb: history::Verb,
    },
    /// What holds for the whole store: controller, country, contacts, how long it is kept who looked
    Settings {
        #[command(subcommand)]
        verb: settings::Verb,
    },
    /// Backups of the store, and stores made of them
    Backup {
        #[command(subcommand)]
        verb: backup::Verb,
    },
    /// What unlocks the store, and the escrow of its keys
    Keys {
        #[command(subcommand)]
        verb: keys::Verb,
    },
    /// Make the store anew in another directory: smaller, every row under a fresh key, rid of what is damaged
    Rebuild(backup::IntoArgs),
    /// Make a new store; the caller becomes its first user
    Init(init::Args),
    /// Serve the store to many sessions, until SIGTERM or SIGINT
    Serve(serve::Args),
    /// Lock the store of the running server: its keys are wiped, until `unlock`
    Lock,
    /// Unlock the store of the running server
    Unlock,
    /// Sizes and times of the store and its server, without personal data
    Status,
    /// What is wrong with the store, or could go wrong
    Doctor,
    /// A tour with invented people; nothing is kept
    Demo(demo::Args),
    /// Completions for a shell, on stdout
    Completions(shell::CompletionsArgs),
    /// Man pages of all commands
    Man(shell::ManArgs),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    crate::client::open::harden();
    let env = Env::system();
    ExitCode::from(run(std::env::args_os().collect(), &env, Io::system()))
}

/// Runs a command line, the program's name first; the answer is the exit code.
fn run(words: Vec<OsString>, env: &Env, mut io: Io<'_>) -> u8 {
    let cli = match parse(&words) {
        Ok(cli) => cli,
        Err(error) => return misread(&error, json_wanted(&words), &mut io),
    };
    let config = match cli.globals.load_config(&io.vars) {
        Ok(config) => config,
        Err(error) => {
            tell(&error, cli.globals.format.is_some_and(Format::is_json), &mut io);
            return error.code.exit();
        }
    };
    let mut ctx = Ctx::new(env, cli.globals, config, io);
    finish(&mut ctx, cli.command)
}

fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = help::command().try_get_matches_from(words)?;
    clap::FromArgMatches::from_arg_matches(&matches)
        .map_err(|error: clap::Error| error.format(&mut help::command()))
}

/// Carries a command out, tells what went wrong, and gives the exit code.
fn finish(ctx: &mut Ctx<'_>, command: Option<Command>) -> u8 {
    let done = dispatch(ctx, command);
    // What was found before something failed is still data.
    let done = match (done, ctx.flush()) {
        (Ok(()), flushed) => flushed,
        (failed, _) => failed,
    };
    match done {
        Ok(()) | Err(End::NoReader) => 0,
        Err(End::Reported(code)) => code.exit(),
        Err(End::Signalled(code)) => code,
        Err(End::Failed(error)) => {
            let json = ctx.format().is_json();
            tell(&error, json, &mut ctx.io);
            error.code.exit()
        }
    }
}

fn dispatch(ctx: &mut Ctx<'_>, command: Option<Command>) -> Done {
    match command {
        None => demo::open_screens(ctx),
        Some(Command::Contact { verb }) => contact::run(ctx, verb),
        Some(Command::Company { verb }) => company::run(ctx, verb),
        Some(Command::Note { verb }) => note::run(ctx, verb),
        Some(Command::Call { verb }) => call::run(ctx, verb),
        Some(Command::Consent { verb }) => consent::run(ctx, verb),
        Some(Command::CallList { verb }) => call_list::run(ctx, verb),
        Some(Command::Task { verb }) => task::run(ctx, verb),
        Some(Command::Request { verb }) => request::run(ctx, verb),
        Some(Command::Subject { verb }) => subject::run(ctx, verb),
        Some(Command::Erasure { verb }) => erasure::run(ctx, verb),
        Some(Command::Retention { verb }) => retention::run(ctx, verb),
        Some(Command::Publication { verb }) => publication::run(ctx, verb),
        Some(Command::Today) => task::today(ctx),
        Some(Command::Tag { verb }) => tag::run(ctx, verb),
        Some(Command::View { verb }) => view::run(ctx, verb),
        Some(Command::Script { verb }) => wording::run(ctx, WordingKind::Script, verb),
        Some(Command::Notice { verb }) => wording::run(ctx, WordingKind::Notice, verb),
        Some(Command::Message { verb }) => wording::run_message(ctx, verb),
        Some(Command::Field { verb }) => field::run(ctx, verb),
        Some(Command::Suppression { verb }) => suppression::run(ctx, verb),
        Some(Command::Purpose { verb }) => registry::purposes(ctx, verb),
        Some(Command::Recipient { verb }) => registry::recipients(ctx, verb),
        Some(Command::Processor { verb }) => registry::processors(ctx, verb),
        Some(Command::Incident { verb }) => incident::run(ctx, verb),
        Some(Command::Register { verb }) => register::run(ctx, verb),
        Some(Command::Training { verb }) => register::training(ctx, verb),
        Some(Command::Evidence(args)) => register::evidence(ctx, args),
        Some(Command::User { verb }) => user::run(ctx, verb),
        Some(Command::Role { verb }) => role::run(ctx, verb),
        Some(Command::Law { verb }) => law::run(ctx, verb),
        Some(Command::Access { verb }) => access::run(ctx, verb),
        Some(Command::History { verb }) => history::run(ctx, verb),
        Some(Command::Settings { verb }) => settings::run(ctx, verb),
        Some(Command::Backup { verb }) => backup::run(ctx, verb),
        Some(Command::Keys { verb }) => keys::run(ctx, verb),
        Some(Command::Rebuild(args)) => backup::rebuild(ctx, &args),
        Some(Command::Init(args)) => init::run(ctx, &args),
        Some(Command::Serve(args)) => serve::run(ctx, &args),
        Some(Command::Lock) => unlock::lock(ctx),
        Some(Command::Unlock) => unlock::run(ctx),
        Some(Command::Status) => status::run(ctx),
        Some(Command::Doctor) => doctor::run(ctx),
        Some(Command::Demo(args)) => demo::run(ctx, &args),
        Some(Command::Completions(args)) => shell::completions(ctx, &args),
        Some(Command::Man(args)) => shell::man(ctx, &args),
    }
}

/// Help and the version go to stdout; a usage error goes to stderr, as JSON where that is asked for.
fn misread(error: &clap::Error, json: bool, io: &mut Io<'_>) -> u8 {
    use clap::error::ErrorKind;
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // `callbook --help | head` may close its end early.
            let _ = io.out.write_all(text.as_bytes());
            let _ = io.out.flush();
            0
        }
        _ if json => {
            let message = text.split("\n\n").next().unwrap_or(&text).trim();
            let message = message.strip_prefix("error: ").unwrap_or(message);
            let message: Vec<&str> = message.split_whitespace().collect();
            tell(&Error::usage(message.join(" ")).hint("callbook --help"), true, io);
            Code::Usage.exit()
        }
        _ => {
            let _ = io.err.write_all(text.as_bytes());
            Code::Usage.exit()
        }
    }
}

/// Whether a command line that could not be read asks for JSON.
fn json_wanted(words: &[OsString]) -> bool {
    let mut words = words.iter().filter_map(|word| word.to_str());
    let mut wanted = false;
    while let Some(word) = words.next() {
        let format = match word.strip_prefix("--format") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => continue,
        };
        wanted = format.and_then(|word| word.parse::<Format>().ok()).is_some_and(Format::is_json);
    }
    wanted
}

/// Tells an error on stderr.
fn tell(error: &Error, json: bool, io: &mut Io<'_>) {
    let text = if json { format!("{}\n", error_json(error)) } else { error_text(error) };
    // There is nobody else to tell.
    let _ = io.err.write_all(text.as_bytes());
    let _ = io.err.flush();
}

pub(crate) fn error_text(error: &Error) -> String {
    // The message about a query has the query in it, with carets under the fault.
    let message: Vec<_> = error.message.split('\n').map(neutralise).collect();
    let mut text = format!("error: {}\n", message.join("\n"));
    for conflict in &error.conflicts {
        let shown = |one: &Option<crate::api::Shown>| match one {
            Some(shown) => neutralise(&shown.text).into_owned(),
            None => "nothing".to_owned(),
        };
        text.push_str(&format!(
            "  {}: the store has {}, you sent {}\n",
            neutralise(&conflict.name),
            shown(&conflict.old),
            shown(&conflict.new)
        ));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("hint: {}\n", neutralise(hint)));
    }
    text
}

/// What a program reads of a message: without the lines that draw for people.
fn first_line(message: &str) -> &str {
    message.split('\n').next().unwrap_or(message)
}

fn error_json(error: &Error) -> Json {
    let mut inner = Map::new();
    inner.insert("code".to_owned(), Json::from(error.code.word()));
    inner.insert("message".to_owned(), Json::from(first_line(&error.message)));
    if let Some(hint) = &error.hint {
        inner.insert("hint".to_owned(), Json::from(hint.as_str()));
    }
    if !error.conflicts.is_empty() {
        let conflicts = error.conflicts.iter().map(|one| json::change(one, "theirs", "yours"));
        inner.insert("conflicts".to_owned(), Json::Array(conflicts.collect()));
    }
    let mut outer = Map::new();
    outer.insert("error".to_owned(), Json::Object(inner));
    Json::Object(outer)
}

/// Settings as they are without a file, for the screens' own command line.
impl Config {
    pub(crate) fn for_line(&self) -> Config {
        Config { format: Format::Table, ..self.clone() }
    }
}
