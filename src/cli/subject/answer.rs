//! `callbook subject access` and `subject portability`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::api::{Disclose, Disclosed, Error, Typed, Whom};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::object;
use crate::cli::{files, secret};
use crate::domain::country::Language;
use crate::domain::disclosure::Disclosure;
use crate::domain::disclosure::redact::Unfit;
use crate::domain::id::ContactId;
use crate::domain::request::Right;
use crate::domain::suppression::Class;
use crate::interchange::pack::{self, File, PackError, review};
use crate::interchange::seal;

/// The largest review that is read, in bytes.
const REVIEW_MOST: u64 = 32 << 20;

/// Where an answer goes.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct Out {
    /// The request that is answered, by its number: its identity must be confirmed, and the answer's hash is noted on it
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// The sealed answer, as a file: open it with `age --decrypt FILE | tar x`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["unsealed", "review"])]
    out: Option<PathBuf>,
    /// Seal it for a passphrase: the first line of this file. Tell the person by another way than the answer goes
    #[arg(long, value_name = "FILE", requires = "out")]
    seal_passphrase_file: Option<PathBuf>,
    /// Seal it for this public key of the person
    #[arg(long, value_name = "age1…", requires = "out", conflicts_with = "seal_passphrase_file")]
    recipient: Option<String>,
    /// Write the files into a new directory, not sealed: whoever gets at the disk, a backup or the mailbox reads them
    #[arg(long, value_name = "DIR", conflicts_with = "review")]
    unsealed: Option<PathBuf>,
    /// Only write what is proposed to be taken out, to look at it first
    #[arg(long, value_name = "FILE", conflicts_with = "reviewed")]
    review: Option<PathBuf>,
    /// Take out what this review says; refused (exit 6) when a text has changed since
    #[arg(long, value_name = "FILE")]
    reviewed: Option<PathBuf>,
    /// The language of the letter: en, de, nl or fr; the person's when absent, English where there is no letter in it
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
}

#[derive(Args, Debug)]
pub(crate) struct AccessArgs {
    /// The person's id
    contact: Option<ContactId>,
    /// Of somebody who is not held: a number that the person named
    #[arg(long, value_name = "NUMBER", conflicts_with = "contact")]
    phone: Vec<String>,
    /// Of somebody who is not held: an address that the person named
    #[arg(long, value_name = "ADDRESS", conflicts_with = "contact")]
    email: Vec<String>,
    /// Of somebody who is not held: the name
    #[arg(long, value_name = "NAME", conflicts_with = "contact")]
    name: Option<String>,
    /// Of somebody who is not held: the number of an earlier request or of a certificate of erasure
    #[arg(long, value_name = "N", conflicts_with = "contact")]
    case: Option<i64>,
    /// Whoever is held with that name, number or address is somebody else
    #[arg(long, conflicts_with = "contact")]
    somebody_else: bool,
    #[command(flatten)]
    out: Out,
}

#[derive(Args, Debug)]
pub(crate) struct PortabilityArgs {
    /// The person's id
    contact: ContactId,
    #[command(flatten)]
    out: Out,
}

pub(crate) fn access(ctx: &mut Ctx<'_>, args: AccessArgs) -> Done {
    let AccessArgs { contact, phone, email, name, case, somebody_else, out } = args;
    let of = match contact {
        Some(contact) => Whom::Contact(contact),
        None => {
            let typed = |class, text| Typed { class, text, country: String::new() };
            let phones = phone.into_iter().map(|text| typed(Class::Phone, text));
            let emails = email.into_iter().map(|text| typed(Class::Email, text));
            let identifiers: Vec<Typed> = phones.chain(emails).collect();
            let name = name.unwrap_or_default();
            Whom::Named { name, identifiers, case, somebody_else }
        }
    };
    answer(ctx, of, Right::Access, &out)
}

pub(crate) fn portability(ctx: &mut Ctx<'_>, args: PortabilityArgs) -> Done {
    answer(ctx, Whom::Contact(args.contact), Right::Portability, &args.out)
}

/// How an answer leaves.
enum Leaves<'o> {
    Sealed(&'o Path, Seal<'o>),
    Unsealed(&'o Path),
    Review(&'o Path),
}

enum Seal<'o> {
    Passphrase(&'o Path),
    Key(&'o str),
}

fn leaves(out: &Out) -> Result<Leaves<'_>, Error> {
    match (&out.out, &out.unsealed, &out.review) {
        (Some(path), None, None) => match (&out.seal_passphrase_file, &out.recipient) {
            (Some(file), None) => Ok(Leaves::Sealed(path, Seal::Passphrase(file))),
            (None, Some(key)) => Ok(Leaves::Sealed(path, Seal::Key(key))),
            _ => Err(Error::usage("it is not said for whom the answer is sealed").hint(
                "--seal-passphrase-file FILE, or --recipient age1…; --unsealed DIR writes plain files",
            )),
        },
        (None, Some(directory), None) => Ok(Leaves::Unsealed(directory)),
        (None, None, Some(path)) => Ok(Leaves::Review(path)),
        _ => Err(Error::usage("it is not said where the answer goes").hint(
            "--out FILE with --seal-passphrase-file FILE or --recipient age1…; --review FILE to look first",
        )),
    }
}

fn failed(error: PackError) -> Error {
    let text = error.to_string();
    match error {
        PackError::Unfit(Unfit::Changed { .. } | Unfit::New { .. }) => {
            Error::conflict(text).hint("make the review anew with --review FILE, and look at what changed")
        }
        PackError::Unfit(Unfit::Undecided { .. }) => Error::usage(text)
            .hint("every mark stays in the file: `\"action\": \"keep\"` lets the words leave"),
        PackError::Unfit(Unfit::Other | Unfit::NotThere { .. }) | PackError::NoReview(_) => {
            Error::usage(text)
        }
        PackError::Damaged(_) => Error::integrity(text),
        PackError::TooLarge | PackError::Failed(_) => Error::failed(text),
    }
}

fn answer(ctx: &mut Ctx<'_>, of: Whom, right: Right, out: &Out) -> Done {
    let leaves = leaves(out)?;
    ctx.shell_only("writing a file")?;
    // What would fail in the end fails before anything is asked for.
    let passphrase = match &leaves {
        Leaves::Sealed(_, Seal::Passphrase(file)) => {
            let words = secret::first_line(ctx, file, "passphrase for the answer")?;
            if let Some(why) = secret::weakness(&words, &[]) {
                return Err(Error::refused(format!("the passphrase for the answer is weak: {why}"))
                    .hint("several random words, told to the person by another way")
                    .into());
            }
            Some(words)
        }
        Leaves::Sealed(_, Seal::Key(key)) => {
            seal::check_key(key).map_err(|error| Error::usage(error.to_string()))?;
            None
        }
        Leaves::Unsealed(directory) if directory.exists() => {
            return Err(Error::usage(format!("{} is there already", directory.display()))
                .hint("name a directory that is not there yet")
                .into());
        }
        Leaves::Unsealed(_) | Leaves::Review(_) => None,
    };
    let only_review = matches!(leaves, Leaves::Review(_));
    let asked = Disclose { of: of.clone(), right, request: out.request, review: only_review };
    let client = ctx.client()?;
    let disclosure = client.call(asked)?;
    for warning in &disclosure.warnings {
        ctx.warn(warning);
    }
    if let Leaves::Review(path) = leaves {
        return write_review(ctx, &disclosure, path);
    }
    let review = match (&out.reviewed, &disclosure.person) {
        (Some(path), Some(person)) => Some(review::read(&read(path)?, person).map_err(failed)?),
        (Some(_), None) => return Err(Error::usage("there is nothing to review in this answer").into()),
        (None, _) => None,
    };
    if let (None, Some(person)) = (&review, &disclosure.person)
        && !person.marks.is_empty()
        && right == Right::Access
    {
        ctx.say(&format!(
            "{} places that may tell of third persons are taken out unseen; --review FILE shows them first",
            person.marks.len()
        ));
    }
    let (made_at, case) = (disclosure.made_at, disclosure.case.clone());
    let tongue = language(out, &disclosure);
    let files = pack::bundle(disclosure, right, review, tongue, Vec::new()).map_err(failed)?;
    let (place, sha256, bytes) = match leaves {
        Leaves::Sealed(path, seal_for) => {
            let to = match (&seal_for, &passphrase) {
                (Seal::Key(key), _) => seal::To::Key(key),
                (Seal::Passphrase(_), Some(words)) => seal::To::Passphrase(words),
                (Seal::Passphrase(_), None) => return Err(Error::failed("the passphrase was lost").into()),
            };
            let named: Vec<(&str, &[u8])> = files.iter().map(|file| (file.name, &file.bytes[..])).collect();
            let at = u64::try_from(made_at.millis().div_euclid(1000)).unwrap_or_default();
            let failed = |error: seal::SealError| Error::failed(error.to_string());
            let plain = seal::archive(&named, at).map_err(failed)?;
            let sealed = seal::seal(&plain, &to).map_err(failed)?;
            files::write(path, &sealed, &ctx.env)?;
            (path, sha256(&sealed), sealed.len())
        }
        Leaves::Unsealed(directory) => {
            ctx.warn("the answer is not sealed: whoever gets at the disk, its backups or the way it is sent reads all of it; delete it when it is delivered");
            files::directory(directory, files.iter().map(|file| (file.name, &file.bytes[..])), &ctx.env)?;
            let manifest = files.iter().find(|file| file.name == "manifest.json");
            let manifest = manifest.map(|file| &file.bytes[..]).unwrap_or_default();
            (directory, sha256(manifest), files.iter().map(|file| file.bytes.len()).sum())
        }
        // Came back above.
        Leaves::Review(path) => (path, String::new(), 0),
    };
    let mut told = json!({
        "written": place.display().to_string(),
        "sha256": sha256,
        "bytes": bytes,
        "language": tongue.word(),
        "files": files.iter().map(|file: &File| file.name).collect::<Vec<_>>(),
    });
    if let (Some(case), Whom::Contact(contact), Some(object)) = (&case, &of, told.as_object_mut()) {
        object.insert("request".to_owned(), json!(case.number));
        client.call(Disclosed { contact: *contact, request: case.number, sha256: sha256.clone() })?;
        ctx.say(&format!("noted on request {}", case.number));
    }
    let text = format!("{}\n", place.display());
    object(ctx, &place.display().to_string(), told, |_| text)
}

fn language(out: &Out, disclosure: &Disclosure) -> crate::domain::wording::sentence::Tongue {
    let person = disclosure.person.as_ref();
    let chosen = out.language.as_ref().or_else(|| person.and_then(|person| person.language.as_ref()));
    let country = person.and_then(|person| person.country).or(disclosure.controller.country);
    pack::words::tongue_of(chosen, country)
}

fn write_review(ctx: &mut Ctx<'_>, disclosure: &Disclosure, path: &Path) -> Done {
    let Some(person) = &disclosure.person else {
        return Err(
            Error::usage("there is nothing to review in an answer to somebody who is not held").into()
        );
    };
    let bytes = review::write(person).map_err(failed)?;
    files::write(path, &bytes, &ctx.env)?;
    ctx.warn("the review tells of third persons in plain words: delete it when the answer is made");
    let told: Json = json!({ "written": path.display().to_string(), "marks": person.marks.len() });
    let text = format!("{}  {} places\n", path.display(), person.marks.len());
    object(ctx, &path.display().to_string(), told, |_| text)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |error| Error::failed(format!("{} cannot be read: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(REVIEW_MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > REVIEW_MOST {
        return Err(Error::usage(format!("{} is too large for a review", path.display())));
    }
    Ok(bytes)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
