//! `callbook note …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Add, Edit, Error};
use crate::cli::change::{self, DeleteArgs, RestoreArgs};
use crate::cli::contact::IdArgs;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::object;
use crate::cli::record::{self, PartArgs};
use crate::domain::contact::NoteKind;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::value::MAX_TEXT;

const KIND: RecordKind = RecordKind::Note;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Add a note about a person; prints the note's id
    Add(AddArgs),
    /// The notes about a person, latest first
    List(NotesArgs),
    /// Change a note
    Edit(ChangeArgs),
    /// What was changed in a note
    History(IdArgs),
    /// Take notes away; `restore` brings them back
    Delete(DeleteArgs),
    /// Bring deleted notes back
    Restore(RestoreArgs),
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The person's id
    contact: ContactId,
    #[command(flatten)]
    text: TextArgs,
    /// What happened
    #[arg(long, value_name = "KIND", value_parser = word::<NoteKind>(NoteKind::WORDS), default_value = "note")]
    kind: NoteKind,
    /// When it happened; now when absent
    #[arg(long, value_name = "TIME")]
    when: Option<String>,
}

#[derive(Args, Debug)]
struct TextArgs {
    /// The text; `-` reads it from standard input
    text: Option<String>,
    /// Read the text from a file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct NotesArgs {
    /// The person's id
    contact: ContactId,
    #[command(flatten)]
    part: PartArgs,
    /// Only these columns, by field name
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
}

#[derive(Args, Debug)]
pub(crate) struct ChangeArgs {
    /// The note's id
    #[arg(value_parser = crate::domain::id::parse)]
    id: Uuid,
    #[command(flatten)]
    text: TextArgs,
    /// What happened
    #[arg(long, value_name = "KIND", value_parser = word::<NoteKind>(NoteKind::WORDS))]
    kind: Option<NoteKind>,
    /// When it happened
    #[arg(long, value_name = "TIME")]
    when: Option<String>,
    /// Refuse if a field was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::List(args) => {
            record::list_of(ctx, KIND, &args.contact.to_string(), &args.part, args.columns.as_deref())
        }
        Verb::Edit(args) => edit(ctx, args),
        Verb::History(args) => record::history(ctx, KIND, args.id),
        Verb::Delete(args) => change::delete(ctx, KIND, args),
        Verb::Restore(args) => change::restore(ctx, KIND, args),
    }
}

/// The text, from wherever it was said to come.
fn text_of(ctx: &mut Ctx<'_>, args: &TextArgs) -> Result<Option<String>, Error> {
    match (&args.text, &args.file) {
        (Some(dash), _) if dash == "-" => ctx.read_input(MAX_TEXT as u64).map(Some),
        (Some(text), _) => Ok(Some(text.clone())),
        (None, Some(path)) => {
            ctx.shell_only("reading a file")?;
            let unreadable = |why: String| Error::failed(format!("{} cannot be read: {why}", path.display()));
            let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
            if size > MAX_TEXT as u64 {
                return Err(Error::usage(format!(
                    "{} is longer than the {MAX_TEXT} bytes a note holds",
                    path.display()
                )));
            }
            std::fs::read_to_string(path).map(Some).map_err(|error| unreadable(error.to_string()))
        }
        (None, None) => Ok(None),
    }
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    let Some(text) = text_of(ctx, &args.text)? else {
        return Err(Error::usage("the note has no text")
            .hint("give it as an argument, as `-` on standard input, or with --file")
            .into());
    };
    let mut fields = vec![FieldEdit::text("kind", args.kind.word()), FieldEdit::text("text", text)];
    fields.extend(args.when.map(|when| FieldEdit::text("happened_at", when)));
    let added = ctx.client()?.call(Add { kind: KIND, about: Some(args.contact), fields })?;
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(added.id));
    out.insert("revision".to_owned(), json!(added.revision));
    if !added.warnings.is_empty() {
        out.insert("warnings".to_owned(), json!(added.warnings));
    }
    object(ctx, &added.id.to_string(), Json::Object(out), |_| format!("{}\n", added.id))?;
    for warning in &added.warnings {
        ctx.warn(warning);
    }
    Ok(())
}

fn edit(ctx: &mut Ctx<'_>, args: ChangeArgs) -> Done {
    let mut fields = Vec::new();
    fields.extend(text_of(ctx, &args.text)?.map(|text| FieldEdit::text("text", text)));
    fields.extend(args.kind.map(|kind| FieldEdit::text("kind", kind.word())));
    fields.extend(args.when.map(|when| FieldEdit::text("happened_at", when)));
    if fields.is_empty() {
        return Err(Error::usage("nothing is named to change").hint("give a text, --kind or --when").into());
    }
    let call = Edit { kind: KIND, id: args.id, fields, expect_revision: args.expect_revision };
    let edited = ctx.client()?.call(call)?;
    change::changed(ctx, KIND, args.id, &edited)
}
