//! `callbook suppression import` and `lists`: do-not-call lists.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::api::{Code, Error, ListHead, ListView, ScreeningLists};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::progress::Progress;
use crate::client::lists::{self, FileHash, ListEnd, TOLD};
use crate::domain::text::neutralise;
use crate::domain::value::Day;
use crate::interchange::ImportError;
use crate::interchange::csv::{ColumnOptions, ColumnRows};

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// A table of numbers, CSV; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Which list it is: TPS, Bloctel, Bel-me-niet
    #[arg(long, value_name = "NAME")]
    list: String,
    /// Whose list it is, and the country of numbers without a country code; the store's, unless told
    #[arg(long, value_name = "COUNTRY", default_value = "", hide_default_value = true)]
    country: String,
    /// The day the list is of
    #[arg(long, value_name = "DATE", value_parser = day)]
    date: Day,
    /// Where it comes from
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    source: String,
    /// The column of the numbers, by its header or its number from 1; the first, unless told
    #[arg(long, value_name = "HEADER")]
    column: Option<String>,
    /// The column that tells since when each number is listed (2026-01-31), by its header or its number; a consent that was
    /// given later counts in some countries. Without it the list's own day stands for all
    #[arg(long, value_name = "HEADER")]
    since_column: Option<String>,
    /// Also when there are far fewer numbers than on the list in force
    #[arg(long)]
    accept_smaller: bool,
    /// The charset, where it is guessed wrongly: windows-1252, utf-16le
    #[arg(long, value_name = "NAME")]
    charset: Option<String>,
    /// The character between columns, where it is guessed wrongly
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|error: crate::domain::value::Invalid| error.to_string())
}

fn open<'a>(ctx: &mut Ctx<'a>, args: &ImportArgs, hash: &FileHash) -> Result<ColumnRows<'a>, Error> {
    let path: &Path = &args.file;
    let reader: Box<dyn Read + Send + 'a> = if path.as_os_str() == "-" {
        ctx.shell_only("reading standard input")?;
        Box::new(std::mem::replace(&mut ctx.io.input, Box::new(std::io::empty())))
    } else {
        let file = File::open(path);
        Box::new(file.map_err(|error| Error::failed(format!("{} cannot be read: {error}", path.display())))?)
    };
    let delimiter = match args.delimiter {
        Some(one) => Some(
            u8::try_from(one).map_err(|_| Error::usage(format!("{one:?} cannot stand between columns")))?,
        ),
        None => None,
    };
    let options = ColumnOptions {
        column: args.column.clone(),
        beside: args.since_column.clone(),
        charset: args.charset.clone(),
        delimiter,
    };
    ColumnRows::open(hash.of(reader), &options).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        match error {
            ImportError::Charset(_) | ImportError::Map(_) => Error::usage(message),
            ImportError::Io(_) | ImportError::Empty | ImportError::Unreadable(_) => Error::failed(message),
        }
    })
}

pub(super) fn import(ctx: &mut Ctx<'_>, args: &ImportArgs) -> Done {
    let hash = FileHash::default();
    let stop = ctx.stop()?;
    let client = ctx.client()?;
    let mut rows = open(ctx, args, &hash)?;
    let column = match rows.header() {
        Some(header) => format!("column `{}`", neutralise(header)),
        None => "a column without a header".to_owned(),
    };
    ctx.say(&format!("{}: numbers are read from {column}", args.file.display()));
    let size = std::fs::metadata(&args.file).ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len());
    let bar = Progress::new(ctx, size, "bytes");
    let tracker = rows.tracker();
    let head = ListHead {
        name: args.list.clone(),
        country: args.country.clone(),
        dated: args.date,
        source: args.source.clone(),
    };
    let end = lists::import(
        &client,
        &mut rows,
        head,
        args.accept_smaller,
        &|| crate::cli::ctx::stopped(&stop),
        &mut || bar.set(tracker.bytes_read()),
        &hash,
    );
    bar.finish();
    if let Some(error) = end.failed {
        for one in end.not_taken.iter().take(5) {
            ctx.say(&format!("row {}: {}", one.row, neutralise(&one.reason)));
        }
        return Err(error.into());
    }
    if end.stopped {
        ctx.say("stopped; nothing was brought in, and the list in force stays");
        return Err(End::Reported(Code::Interrupted));
    }
    object(ctx, "", report(&end, &hash), |_| drawn(&end))?;
    if end.no_days > 0 {
        ctx.warn(&format!(
            "{} rows tell no day in that column; their numbers count as listed since the list's own day",
            end.no_days
        ));
    }
    if end.progress.not_taken == 0 { Ok(()) } else { Err(End::Reported(Code::PartlyTaken)) }
}

fn report(end: &ListEnd, hash: &FileHash) -> Json {
    let told = &end.progress;
    let mut out = Map::new();
    out.insert("list".to_owned(), json!(told.list));
    if let Some(day) = told.dated {
        out.insert("date".to_owned(), json!(day));
    }
    out.insert("read".to_owned(), json!(told.read));
    out.insert("numbers".to_owned(), json!(told.numbers));
    out.insert("repeated".to_owned(), json!(told.repeated));
    if told.dated_numbers > 0 {
        out.insert("dated".to_owned(), json!(told.dated_numbers));
    }
    if end.no_days > 0 {
        out.insert("days_not_read".to_owned(), json!(end.no_days));
    }
    if let Some(replaced) = told.replaced {
        out.insert("replaced".to_owned(), json!(replaced));
    }
    let rejected: Vec<Json> =
        end.not_taken.iter().map(|one| json!({"row": one.row, "reason": one.reason})).collect();
    out.insert("rejected".to_owned(), Json::Array(rejected));
    // More than are told one by one.
    out.insert("rejected_total".to_owned(), json!(told.not_taken));
    out.insert("file_sha256".to_owned(), json!(hash.hex()));
    Json::Object(out)
}

fn drawn(end: &ListEnd) -> String {
    let told = &end.progress;
    let mut text = format!(
        "list      {}\nread      {}\nnumbers   {}\nrepeated  {}\nrejected  {}\n",
        neutralise(&told.list),
        told.read,
        told.numbers,
        told.repeated,
        told.not_taken
    );
    if let Some(replaced) = told.replaced {
        text.push_str(&format!("replaced  a list of {replaced}\n"));
    }
    for one in &end.not_taken {
        text.push_str(&format!("rejected: row {}: {}\n", one.row, neutralise(&one.reason)));
    }
    if told.not_taken > TOLD as u64 {
        text.push_str(&format!("rejected: {} more\n", told.not_taken - TOLD as u64));
    }
    text
}

fn list_json(one: &ListView) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(one.id));
    object.insert("list".to_owned(), json!(one.name));
    if let Some(country) = one.country {
        object.insert("country".to_owned(), json!(country));
    }
    if let Some(day) = one.dated {
        object.insert("date".to_owned(), json!(day));
    }
    put_text(&mut object, "source", &one.source);
    object.insert("numbers".to_owned(), json!(one.numbers));
    object.insert("tells_since".to_owned(), json!(one.tells_since));
    object.insert("revision".to_owned(), json!(one.revision));
    object.insert("file_sha256".to_owned(), json!(one.file_hash));
    put_text(&mut object, "by", &one.by);
    put_text(&mut object, "problem", &one.problem);
    Json::Object(object)
}

pub(super) fn list(ctx: &mut Ctx<'_>) -> Done {
    let lists = ctx.client()?.call(ScreeningLists {})?;
    let columns = Column::list(&[
        ("list", "List"),
        ("country", "Country"),
        ("date", "Date"),
        ("numbers", "Numbers"),
        ("source", "Source"),
        ("by", "By"),
        ("problem", "Problem"),
    ]);
    let cells = |one: &ListView| {
        vec![vec![
            one.name.clone(),
            one.country.map(|country| country.to_string()).unwrap_or_default(),
            one.dated.map(|day| day.to_string()).unwrap_or_default(),
            one.numbers.to_string(),
            one.source.clone(),
            one.by.clone(),
            one.problem.clone(),
        ]]
    };
    let make = Make { id: &|one: &ListView| one.id.to_string(), json: &list_json, cells: &cells };
    Listing::all(ctx, columns, &lists, &make)
}
