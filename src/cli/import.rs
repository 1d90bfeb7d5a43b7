//! `callbook contact import`

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Map, Value as Json, json};

use crate::api::{Code, Error, Provenance, Whoami};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::fields::assignment;
use crate::cli::out::{object, separated};
use crate::cli::progress::Progress;
use crate::cli::table::{Style, Table};
use crate::cli::{files, json};
use crate::client::transfer::{self, ImportTally};
use crate::config::Format;
use crate::domain::contact::ContactField;
use crate::domain::country::Country;
use crate::domain::entity::RecordKind;
use crate::domain::text::neutralise;
use crate::interchange::{CustomColumn, Dropped, ImportError, Mapping, Options, Source, Target};

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// CSV, vCard, JSContact or JSON; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Where the data comes from, Art. 14(2)(f) GDPR
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Who handed it over, if somebody did
    #[arg(long, value_name = "TEXT")]
    supplier: Option<String>,
    /// On what ground it is held, Art. 6(1) GDPR
    #[arg(long, value_name = "BASIS")]
    basis: Option<String>,
    /// Why that ground applies
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The country of rows that name none, and of numbers without a country code
    #[arg(long, value_name = "COUNTRY")]
    country: Option<String>,
    /// A tag for everybody in the file
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Take a column as this field: 'E-Mail Adresse=email', 'Handy=phones:mobile', 'Rang=custom.rank'
    #[arg(long, value_name = "HEADER=FIELD", value_parser = assignment)]
    map: Vec<(String, String)>,
    /// Take nothing from a column
    #[arg(long, value_name = "HEADER")]
    skip_column: Vec<String>,
    /// Show what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the rows that were not taken to a .csv or .json file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The charset, where it is guessed wrongly: windows-1252, utf-16le
    #[arg(long, value_name = "NAME")]
    charset: Option<String>,
    /// The character between columns, where it is guessed wrongly
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
    /// The first row of a table is a person already
    #[arg(long)]
    no_headers: bool,
}

/// What all files together came to.
#[derive(Default)]
struct Report {
    tally: ImportTally,
    /// The file of each rejected row, where there are several.
    files: Vec<String>,
    dropped: Vec<Dropped>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    if args.files.iter().any(|path| path.as_os_str() == "-") {
        ctx.shell_only("reading standard input")?;
    }
    if let Some(report) = &args.report {
        report_format(report)?;
    }
    let provenance = provenance(ctx, args)?;
    let options = options(ctx, args)?;
    let stop = ctx.stop()?;
    let client = ctx.client()?;
    let mut report = Report::default();
    let (mut stopped, mut failed) = (false, None);
    for path in &args.files {
        let mut source = open(ctx, path, &options)?;
        preview(ctx, path, &source, &provenance, ctx.io.live || args.dry_run)?;
        check(&source, &provenance)?;
        let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len());
        let bar = Progress::new(ctx, size, "bytes");
        let tracker = source.tracker();
        let mut end = transfer::import(
            &client,
            &mut source,
            &provenance,
            args.dry_run,
            &|| crate::cli::ctx::stopped(&stop),
            &mut |_| {
                bar.set(tracker.bytes_read());
            },
        );
        bar.finish();
        if let Some(error) = source.failure() {
            let error = Error::failed(format!("{} cannot be read to its end: {error}", path.display()));
            end.failed.get_or_insert(error);
        }
        report.add(path, args.files.len() > 1, end.tally, source.dropped());
        (stopped, failed) = (end.stopped, end.failed);
        if stopped || failed.is_some() {
            break;
        }
    }
    if let Some(path) = &args.report {
        ctx.shell_only("writing a file")?;
        files::write(path, report.file(report_format(path)?).as_bytes(), &ctx.env)?;
    }
    object(ctx, "", report.json(), |style| report.drawn(style))?;
    if args.dry_run {
        ctx.say("nothing was changed");
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    if stopped {
        ctx.say("stopped; what is counted here is in the store, and importing the file again takes the rest");
        return Err(End::Reported(Code::Interrupted));
    }
    if report.tally.rejected.is_empty() && report.tally.suppressed == 0 {
        Ok(())
    } else {
        Err(End::Reported(Code::PartlyTaken))
    }
}

fn provenance(ctx: &mut Ctx<'_>, args: &Args) -> Result<Provenance, Error> {
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    let country = match (&args.country, ctx.config.default_country) {
        (Some(text), _) => text.parse::<Country>()?.to_string(),
        (None, Some(country)) => country.to_string(),
        (None, None) => ctx.client()?.call(Whoami {})?.country,
    };
    let basis = text(&args.basis);
    if !basis.is_empty() {
        basis.parse::<crate::domain::basis::Basis>()?;
    }
    Ok(Provenance {
        source: text(&args.source),
        supplier: text(&args.supplier),
        basis,
        reason: text(&args.reason),
        country,
        tags: crate::domain::value::tags(&args.tag.join(","))?,
    })
}

fn options(ctx: &mut Ctx<'_>, args: &Args) -> Result<Options, Error> {
    let schema = ctx.schema()?;
    let own = schema.of(RecordKind::Contact).iter().filter(|info| info.custom && !info.retired);
    let custom =
        own.map(|info| CustomColumn { name: info.name.clone(), label: info.label.clone() }).collect();
    let delimiter = match args.delimiter {
        Some(one) => Some(
            u8::try_from(one).map_err(|_| Error::usage(format!("{one:?} cannot stand between columns")))?,
        ),
        None => None,
    };
    Ok(Options {
        format: None,
        charset: args.charset.clone(),
        delimiter,
        headers: args.no_headers.then_some(false),
        map: args.map.clone(),
        skip: args.skip_column.clone(),
        custom,
    })
}

fn open<'a>(ctx: &mut Ctx<'a>, path: &Path, options: &Options) -> Result<Source<'a>, Error> {
    let reader: Box<dyn Read + Send + 'a> = if path.as_os_str() == "-" {
        Box::new(std::mem::replace(&mut ctx.io.input, Box::new(std::io::empty())))
    } else {
        let file = File::open(path);
        Box::new(file.map_err(|error| Error::failed(format!("{} cannot be read: {error}", path.display())))?)
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Source::open(reader, name.as_deref(), options).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        match error {
            ImportError::Map(crate::interchange::MapError::Forbidden { .. }) => Error::refused(message),
            ImportError::Map(_) | ImportError::Charset(_) => Error::usage(message),
            ImportError::Io(_) | ImportError::Empty | ImportError::Unreadable(_) => Error::failed(message),
        }
    })
}

/// Narrates what the file is, and what its columns are taken for. Samples of what is in them are for people who look at
/// it: an import that runs from a timer would write people's data into the system's journal.
fn preview(
    ctx: &mut Ctx<'_>,
    path: &Path,
    source: &Source<'_>,
    provenance: &Provenance,
    samples: bool,
) -> Result<(), Error> {
    let is = source.describe();
    let mut what = format!("{}: {}, {}", path.display(), is.format, is.charset);
    if let Some(dialect) = &is.dialect {
        what.push_str(&format!(", columns separated by {:?}", char::from(dialect.delimiter)));
        what.push_str(if dialect.headers { "" } else { ", without headers" });
    }
    ctx.say(&what);
    for guess in is.mapping.iter().flat_map(Mapping::columns) {
        let doubt = if guess.sure || guess.chosen { "" } else { " (a guess)" };
        let shown: Vec<&str> = guess.samples.iter().take(3).map(String::as_str).collect();
        let shown = if samples { format!(": {}", shown.join(", ")) } else { String::new() };
        let line = match (&guess.target, guess.forbidden) {
            (_, Some(forbidden)) => format!("  {} → never taken: {}", guess.header, forbidden.kind),
            (Target::Skip, None) => format!("  {} → not taken", guess.header),
            (target, None) => format!("  {} → {target}{doubt}{shown}", guess.header),
        };
        ctx.say(&line);
    }
    ctx.say(&format!("numbers without a country code are read as in {}", provenance.country));
    Ok(())
}

/// Refuses files that are not to be taken at all, before the first row.
fn check(source: &Source<'_>, provenance: &Provenance) -> Result<(), Error> {
    let mapping = source.mapping();
    let forbidden = mapping.map(Mapping::forbidden).unwrap_or_default();
    if !forbidden.is_empty() {
        let named: Vec<String> = forbidden
            .iter()
            .map(|guess| format!("`{}` ({})", guess.header, guess.forbidden.map_or("", |f| f.why)))
            .collect();
        let skip: Vec<String> =
            forbidden.iter().map(|guess| format!("--skip-column '{}'", guess.header)).collect();
        return Err(Error::refused(format!(
            "the file has columns that are not to be held: {}",
            named.join(", ")
        ))
        .hint(format!("take nothing from them with {}", skip.join(" "))));
    }
    // Objects can carry a source each; a table shows by its columns whether it does, and a card never does.
    if source.describe().format == crate::interchange::Format::Json {
        return Ok(());
    }
    let has = |field: ContactField| {
        mapping.is_some_and(|mapping| {
            mapping
                .columns()
                .iter()
                .any(|guess| matches!(guess.target, Target::Field { field: one, .. } if one == field))
        })
    };
    for (field, given) in [
        (ContactField::source, &provenance.source),
        (ContactField::basis, &provenance.basis),
        (ContactField::reason, &provenance.reason),
    ] {
        if given.is_empty() && !has(field) {
            let spec = field.spec();
            return Err(Error::refused(format!(
                "the data has no {}: {}",
                spec.label.to_lowercase(),
                spec.why
            ))
            .hint(format!(
                "name it with --{} …, or map a column with --map 'HEADER={}'",
                spec.name, spec.name
            )));
        }
    }
    Ok(())
}

fn report_format(path: &Path) -> Result<Format, Error> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("json") => Ok(Format::Json),
        _ => Err(Error::usage("the report is a .csv or a .json file")),
    }
}

impl Report {
    fn add(&mut self, path: &Path, several: bool, tally: ImportTally, dropped: Vec<Dropped>) {
        self.tally.read += tally.read;
        self.tally.created += tally.created;
        self.tally.updated += tally.updated;
        self.tally.unchanged += tally.unchanged;
        self.tally.suppressed += tally.suppressed;
        self.tally.suppressed_rows.extend(tally.suppressed_rows);
        self.tally.quarantined += tally.quarantined;
        let name = if several { path.display().to_string() } else { String::new() };
        self.files.extend(std::iter::repeat_n(name, tally.rejected.len()));
        self.tally.rejected.extend(tally.rejected);
        for one in dropped {
            let same = |two: &&mut Dropped| two.field == one.field && two.reason == one.reason;
            match self.dropped.iter_mut().find(same) {
                Some(known) => known.rows += one.rows,
                None => self.dropped.push(one),
            }
        }
    }

    fn json(&self) -> Json {
        let rejected = self.tally.rejected.iter().zip(&self.files).map(|(one, file)| {
            let mut object = Map::new();
            json::put_text(&mut object, "file", file);
            object.insert("row".to_owned(), json!(one.row));
            object.insert("reason".to_owned(), json!(one.reason));
            Json::Object(object)
        });
        let dropped = self
            .dropped
            .iter()
            .map(|one| json!({"field": one.field, "rows": one.rows, "reason": one.reason}));
        json!({
            "read": self.tally.read,
            "created": self.tally.created,
            "updated": self.tally.updated,
            "unchanged": self.tally.unchanged,
            "rejected": rejected.collect::<Vec<_>>(),
            "dropped": dropped.collect::<Vec<_>>(),
            "suppressed": self.tally.suppressed,
            "suppressed_rows": self.tally.suppressed_rows,
            "quarantined": self.tally.quarantined,
        })
    }

    fn drawn(&self, style: Style) -> String {
        let mut text = format!(
            "read        {}\ncreated     {}\nupdated     {}\nunchanged   {}\nrejected    {}\nsuppressed  {}\n",
            self.tally.read,
            self.tally.created,
            self.tally.updated,
            self.tally.unchanged,
            self.tally.rejected.len(),
            self.tally.suppressed
        );
        if !self.tally.suppressed_rows.is_empty() {
            let rows: Vec<String> = self.tally.suppressed_rows.iter().map(u64::to_string).collect();
            text.push_str(&format!("suppressed: row {}: not to be used again\n", rows.join(", ")));
        }
        if !self.dropped.is_empty() {
            let mut table = Table::new(&[("Not taken", false), ("Rows", true), ("Reason", false)], style);
            let rows: Vec<Vec<String>> = self
                .dropped
                .iter()
                .map(|one| vec![one.field.clone(), one.rows.to_string(), one.reason.clone()])
                .collect();
            text.push('\n');
            text.push_str(&table.rows(&rows));
        }
        for (one, file) in self.tally.rejected.iter().zip(&self.files) {
            let place = if file.is_empty() { String::new() } else { format!("{}, ", neutralise(file)) };
            text.push_str(&format!("rejected: {place}row {}: {}\n", one.row, neutralise(&one.reason)));
        }
        text
    }

    fn file(&self, format: Format) -> String {
        if format == Format::Json {
            return format!("{:#}\n", self.json());
        }
        let line = |cells: &[&str]| {
            separated(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>(), Format::Csv)
        };
        let mut text = line(&["file", "row", "reason"]);
        for (one, file) in self.tally.rejected.iter().zip(&self.files) {
            text.push_str(&line(&[file, &one.row.to_string(), &one.reason]));
        }
        text
    }
}
