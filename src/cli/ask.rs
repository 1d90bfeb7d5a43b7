//! `callbook consent request` and `consent confirm`: double opt-in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use crate::api::{Error, Hush, OptInConfirm, OptInMessage, OptInPrepare, OptInSent};
use crate::cli::consent::{line_json, tell};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::files;
use crate::cli::globals::word;
use crate::cli::out::object;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::id::ContactId;
use crate::domain::text::neutralise;
use crate::env::Zone;
use crate::interchange::mail::{Letter, letter};

/// The longest that a file or standard input with a code may be, in bytes.
const MAX_CODE: u64 = 4 << 10;

#[derive(Args, Debug)]
pub(crate) struct RequestArgs {
    /// The person's id
    contact: ContactId,
    /// What for
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// By which way; a double opt-in goes by email
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS))]
    channel: Channel,
    /// To which of the person's addresses; the first when absent
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// In which language; the person's when absent
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Write the message to a file (RFC 5322) that you send, instead of handing it to `mail_command` of config.toml
    #[arg(long, value_name = "FILE.eml")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ConfirmArgs {
    /// The code that came back; `-` reads it from standard input, where no list of processes shows it
    #[arg(required_unless_present = "file")]
    token: Option<String>,
    /// Read the code from a file
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    file: Option<PathBuf>,
    /// Refuse a code that was not sent to this person
    #[arg(long, value_name = "ID")]
    contact: Option<ContactId>,
    /// Refuse a code for another purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// Refuse a code for another channel
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS))]
    channel: Option<Channel>,
}

pub(crate) fn request(ctx: &mut Ctx<'_>, args: RequestArgs) -> Done {
    let RequestArgs { contact, purpose, channel, address, language, out } = args;
    ctx.shell_only("sending a message")?;
    let command = ctx.config.mail_command.clone();
    if out.is_none() && command.is_empty() {
        return Err(Error::usage("nothing says how the message gets out")
            .hint("write it to a file with --out FILE.eml, or name a program in config.toml: mail_command = [\"sendmail\", \"-t\"]")
            .into());
    }
    let (days, link) = (ctx.config.opt_in_days, ctx.config.opt_in_link.clone());
    let client = ctx.client()?;
    let message = client.call(OptInPrepare { contact, purpose, channel, address, language, days, link })?;
    for warning in &message.warnings {
        ctx.warn(warning);
    }
    let bytes = bytes_of(&message)?;
    match &out {
        Some(path) => files::write(path, &bytes, &ctx.env)?,
        None => hand_over(&command, &bytes)?,
    }
    let zone = Zone::Local.stamp(message.made_at);
    let recorded = client.call(OptInSent { handle: message.handle, zone }).map_err(|error| match &out {
        Some(path) => {
            // Its code confirms nothing, so nobody should send it.
            let _ = std::fs::remove_file(path);
            error
        }
        None => Error {
            message: format!(
                "the message is out, and was not recorded, so its code confirms nothing: {}",
                error.message
            ),
            ..error
        },
    })?;
    match &out {
        Some(path) => ctx.say(&format!("written to {}; send it before {}", path.display(), message.until)),
        None => ctx.say(&format!("sent to {}; good until {}", neutralise(&message.to), message.until)),
    }
    tell(ctx, &recorded)
}

fn bytes_of(message: &OptInMessage) -> Result<Vec<u8>, Error> {
    Ok(letter(&Letter {
        from_name: &message.from_name,
        from: &message.from,
        to_name: &message.to_name,
        to: &message.to,
        subject: &message.subject,
        text: &message.text,
        language: &message.language,
        message_id: &message.message_id,
        date: message.made_at,
    })?)
}

/// Gives the message to the program that sends it, on its standard input. No shell sees anything of it.
fn hand_over(command: &[String], bytes: &[u8]) -> Result<(), Error> {
    let Some((program, words)) = command.split_first() else {
        return Err(Error::usage("mail_command in config.toml names no program"));
    };
    let failed = |why: String| {
        Error::failed(format!("`{program}` did not send the message: {why}"))
            .hint("nothing was recorded; the person was not asked")
    };
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(bytes));
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    written.map_err(|error| failed(format!("it did not read all of it: {error}")))
}

fn code_in(path: &Path) -> Result<String, Error> {
    let unreadable = |why: String| Error::failed(format!("{} cannot be read: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MAX_CODE {
        return Err(Error::usage(format!("{} is longer than any code", path.display())));
    }
    std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))
}

pub(crate) fn confirm(ctx: &mut Ctx<'_>, args: ConfirmArgs) -> Done {
    let ConfirmArgs { token, file, contact, purpose, channel } = args;
    let code = match (token, file) {
        (Some(dash), _) if dash == "-" => ctx.read_input(MAX_CODE)?,
        (Some(code), _) => code,
        (None, Some(path)) => {
            ctx.shell_only("reading a file")?;
            code_in(&path)?
        }
        (None, None) => String::new(),
    };
    let code = Hush::new(Zeroizing::new(code));
    let zone = Zone::Local.stamp(ctx.env.now());
    let done = ctx.client()?.call(OptInConfirm { code, contact, purpose, channel, zone })?;
    let ids: Vec<String> = done.recorded.ids.iter().map(ToString::to_string).collect();
    let out = json!({
        "contact": done.contact,
        "purpose": done.purpose,
        "channel": done.channel,
        "address": done.address,
        "asked_at": done.asked_at,
        "confirmed_at": done.confirmed_at,
        "events": done.recorded.ids,
        "states": done.recorded.lines.iter().map(line_json).collect::<Vec<_>>(),
    });
    object(ctx, &ids.join("\n"), out, |_| {
        format!(
            "{} confirmed {} by {}\nasked at      {}\nconfirmed at  {}\n",
            neutralise(&done.address),
            neutralise(&done.purpose),
            done.channel,
            done.asked_at,
            done.confirmed_at
        )
    })
}
