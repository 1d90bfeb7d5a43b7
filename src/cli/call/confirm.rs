//! `callbook call confirm`: what became of the message that confirms a call.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use crate::api::{CallDelivery, Error};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::object;
use crate::domain::consent::{Delivery, Way};
use crate::domain::time::Timestamp;
use crate::env::Zone;

/// The longest text, in bytes: what a confirmation may have.
const MAX_TEXT: u64 = 256 << 10;

#[derive(Args, Debug)]
pub(crate) struct ConfirmArgs {
    /// The call's id
    #[arg(value_parser = crate::domain::id::parse)]
    call: Uuid,
    /// How it went out: mail, letter, in_person
    #[arg(long, value_name = "WAY", value_parser = word::<Way>(Way::WORDS))]
    by: Way,
    /// The address it went to
    #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
    to: String,
    /// What became of it
    #[arg(long, value_name = "WORD", value_parser = word::<Delivery>(Delivery::WORDS), default_value = "sent")]
    delivery: Delivery,
    /// When; now, unless told
    #[arg(long, value_name = "TIME", value_parser = crate::cli::consent::happened)]
    at: Option<Timestamp>,
    /// What was sent, where it is not what was kept with the call; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    text_file: Option<PathBuf>,
    /// Where the proof lies, such as the number of a registered letter
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    evidence: String,
}

pub(super) fn confirm(ctx: &mut Ctx<'_>, args: ConfirmArgs) -> Done {
    let text = match &args.text_file {
        None => String::new(),
        Some(path) if path.as_os_str() == "-" => ctx.read_input(MAX_TEXT)?,
        Some(path) => {
            ctx.shell_only("reading a file")?;
            let unreadable =
                |error: std::io::Error| Error::failed(format!("{} cannot be read: {error}", path.display()));
            let mut text = String::new();
            let file = std::fs::File::open(path).map_err(unreadable)?;
            file.take(MAX_TEXT + 1).read_to_string(&mut text).map_err(unreadable)?;
            text
        }
    };
    let told = CallDelivery {
        call: args.call,
        way: args.by,
        address: args.to,
        at: args.at,
        delivery: args.delivery,
        text,
        evidence: args.evidence,
        zone: Zone::Local.stamp(args.at.unwrap_or_else(|| ctx.env.now())),
    };
    let recorded = ctx.client()?.call(told)?;
    let ids = recorded.ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let out = json!({ "call": args.call, "events": recorded.ids, "delivery": args.delivery });
    object(ctx, &ids.join("\n"), out, |_| format!("{}\n", ids.join("\n")))
}
