//! `callbook contact export`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::api::{Code, Error, Manifest, SealExport};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::files::Beside;
use crate::cli::globals::word;
use crate::cli::json::put_text;
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
    /// Only these fields, of those the purpose needs; `notes` are the notes
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// The registered recipient it is given to; the controller itself when absent
    #[arg(long, value_name = "RECIPIENT")]
    to: Option<String>,
    /// Write what was taken out, for what and to whom, with the hash of the file, as JSON to this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    manifest: Option<PathBuf>,
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
    if args.out.is_some() || args.manifest.is_some() {
        ctx.shell_only("writing a file")?;
    }
    // Both files are begun before anything leaves: nothing is taken out of which the manifest then cannot be written.
    if let (Some(out), Some(manifest)) = (&args.out, &args.manifest)
        && same_place(out, manifest)
    {
        return Err(Error::usage("the manifest would take the place of the file that it is about")
            .hint("give --manifest another name")
            .into());
    }
    let manifest_file = args.manifest.as_ref().map(|path| Beside::create(path, &ctx.env)).transpose()?;
    let (client, schema, stop) = (ctx.client()?, ctx.schema()?, ctx.stop()?);
    let job = ExportJob {
        query: args.query.clone(),
        purpose: args.purpose.clone(),
        channel: args.channel,
        format: args.kind.unwrap_or_else(|| Kind::by_ending(args.out.as_deref())).format(),
        columns: args.columns.as_ref().map(|all| all.iter().map(|one| one.trim().to_owned()).collect()),
        to: args.to.clone().unwrap_or_default(),
    };
    let bar = Progress::new(ctx, None, "people");
    let mut progress = |tally: &transfer::ExportTally| {
        bar.set_total(tally.total);
        bar.set(tally.written);
    };
    let written = match &args.out {
        Some(path) => {
            let mut file = Hashed::new(Beside::create(path, &ctx.env)?);
            let done = transfer::export(&client, &schema, &job, &mut file, &stop, &mut progress);
            let (file, digest, bytes) = file.parts();
            // An error drops the file beside, and what was there before stays.
            done.map_err(ended)
                .and_then(|tally| file.commit().map(|()| (tally, digest, bytes)).map_err(End::from))
        }
        None => {
            let mut out = Hashed::new(&mut *ctx.io.out);
            let done = transfer::export(&client, &schema, &job, &mut out, &stop, &mut progress);
            let (_, digest, bytes) = out.parts();
            done.map(|tally| (tally, digest, bytes)).map_err(ended)
        }
    };
    bar.finish();
    let (tally, sha256, bytes) = written?;
    ctx.say(&format!("{} written", tally.written));
    for (reason, n) in &tally.withheld {
        ctx.say(&format!("{n} withheld: {reason}"));
    }
    if let Some(seq) = tally.logged {
        ctx.say(&format!("logged as entry {seq}"));
    }
    let Some(run) = tally.run else {
        ctx.warn("the store is damaged and read-only: the export is in no manifest");
        return Ok(());
    };
    let manifest = client.call(SealExport { run, sha256, bytes, records: tally.written })?;
    if let (Some(path), Some(mut file)) = (&args.manifest, manifest_file) {
        let text = serde_json::to_string_pretty(&manifest_json(&manifest));
        let text = text.map_err(|error| Error::failed(format!("the manifest is no JSON: {error}")))?;
        let failed = |error| Error::failed(format!("{} cannot be written: {error}", path.display()));
        file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        file.commit()?;
    }
    Ok(())
}

/// Whether two names lead to one file, however they are spelled.
fn same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some((dir.canonicalize().ok()?, path.file_name()?.to_owned()))
    };
    one == other || place(one).is_some_and(|place_of| place(other) == Some(place_of))
}

/// What is written while its hash is taken.
struct Hashed<W> {
    inner: W,
    digest: Sha256,
    bytes: u64,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Hashed<W> {
        Hashed { inner, digest: Sha256::new(), bytes: 0 }
    }

    fn parts(self) -> (W, String, u64) {
        let digest = self.digest.finalize();
        (self.inner, digest.iter().map(|byte| format!("{byte:02x}")).collect(), self.bytes)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn manifest_json(manifest: &Manifest) -> Json {
    let mut object = Map::new();
    object.insert("run".to_owned(), json!(manifest.run));
    if let Some(logged) = manifest.logged {
        object.insert("log_entry".to_owned(), json!(logged));
    }
    object.insert("at".to_owned(), json!(manifest.at));
    put_text(&mut object, "by", &manifest.by);
    put_text(&mut object, "controller", &manifest.controller);
    put_text(&mut object, "purpose", &manifest.purpose);
    object.insert("purpose_version".to_owned(), json!(manifest.purpose_version));
    object.insert("channel".to_owned(), json!(manifest.channel));
    put_text(&mut object, "query", &manifest.query);
    put_text(&mut object, "recipient", &manifest.recipient);
    object.insert("fields".to_owned(), json!(manifest.fields));
    object.insert("records".to_owned(), json!(manifest.records));
    object.insert("withheld".to_owned(), json!(manifest.withheld));
    put_text(&mut object, "sha256", &manifest.sha256);
    object.insert("bytes".to_owned(), json!(manifest.bytes));
    Json::Object(object)
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
