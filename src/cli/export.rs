//! `callbook contact export`

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};

use crate::api::{Code, Error};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::files::Beside;
use crate::cli::globals::word;
use crate::cli::progress::Progress;
use crate::client::transfer::{self, ExportError, ExportJob};
use crate::domain::channel::Channel;
use crate::interchange::export::ExportFormat;

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// What the data is taken out for
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// By which channel people will be reached
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS))]
    channel: Channel,
    /// How it is written [default: by the ending of --out, else csv]
    #[arg(long = "as", id = "as", value_name = "KIND")]
    kind: Option<Kind>,
    /// Only who this query finds
    #[arg(long, value_name = "QUERY", default_value = "", hide_default_value = true)]
    query: String,
    /// Only these fields; `notes` are the notes
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// The file; standard output when absent
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// RFC 4180
    Csv,
    /// vCard 4, RFC 6350
    Vcard,
    /// RFC 9553
    Jscontact,
    /// As `contact list --format json`
    Json,
    /// As `contact list --format ndjson`
    Ndjson,
}

impl Kind {
    fn by_ending(path: Option<&Path>) -> Kind {
        match path.and_then(Path::extension).and_then(|ending| ending.to_str()) {
            Some("vcf" | "vcard") => Kind::Vcard,
            Some("jscontact") => Kind::Jscontact,
            Some("json") => Kind::Json,
            Some("ndjson" | "jsonl") => Kind::Ndjson,
            _ => Kind::Csv,
        }
    }

    fn format(self) -> ExportFormat {
        match self {
            Kind::Csv => ExportFormat::Csv,
            Kind::Vcard => ExportFormat::VCard,
            Kind::Jscontact => ExportFormat::JsContact,
            Kind::Json => ExportFormat::Json,
            Kind::Ndjson => ExportFormat::NdJson,
        }
    }
}

pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    if args.out.is_some() {
        ctx.shell_only("writing a file")?;
    }
    let (client, schema, stop) = (ctx.client()?, ctx.schema()?, ctx.stop()?);
    let job = ExportJob {
        query: args.query.clone(),
        purpose: args.purpose.clone(),
        channel: args.channel,
        format: args.kind.unwrap_or_else(|| Kind::by_ending(args.out.as_deref())).format(),
        columns: args.columns.as_ref().map(|all| all.iter().map(|one| one.trim().to_owned()).collect()),
    };
    let bar = Progress::new(ctx, None, "people");
    let mut progress = |tally: &transfer::ExportTally| {
        bar.set_total(tally.total);
        bar.set(tally.written);
    };
    let written = match &args.out {
        Some(path) => {
            let mut file = Beside::create(path, &ctx.env)?;
            let done = transfer::export(&client, &schema, &job, &mut file, &stop, &mut progress);
            // An error drops the file beside, and what was there before stays.
            done.map_err(ended).and_then(|tally| file.commit().map(|()| tally).map_err(End::from))
        }
        None => {
            transfer::export(&client, &schema, &job, &mut *ctx.io.out, &stop, &mut progress).map_err(ended)
        }
    };
    bar.finish();
    let tally = written?;
    ctx.say(&format!("{} written", tally.written));
    for (reason, n) in &tally.withheld {
        ctx.say(&format!("{n} withheld: {reason}"));
    }
    if let Some(seq) = tally.logged {
        ctx.say(&format!("logged as entry {seq}"));
    }
    Ok(())
}

fn ended(error: ExportError) -> End {
    match error {
        ExportError::Store(error) => End::Failed(error),
        ExportError::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => End::NoReader,
        ExportError::Write(error) => {
            End::Failed(Error::failed(format!("the export cannot be written: {error}")))
        }
        ExportError::Stopped => End::Failed(Error::new(Code::Interrupted, "stopped; no file was written")),
    }
}
