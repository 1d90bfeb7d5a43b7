//! `callbook consent prove` and `consent receipt`: what a stranger is shown, years later.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{ConsentProof, ConsentProve, ConsentReceipt, Error, ProvenEvent, StoredPurpose, View};
use crate::cli::consent::{event_json, line_json};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::{object, pretty};
use crate::cli::{files, history, json as as_json, record};
use crate::client::proof::{FORMAT, VERSION};
use crate::config::Format;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentField, ConsentKind, State, p1};
use crate::domain::entity::{Entity, Fields};
use crate::domain::id::ContactId;
use crate::domain::purpose::Purpose;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::interchange::dpv;

#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// The person's id
    contact: ContactId,
    /// What for
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// By which way
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS))]
    channel: Channel,
    /// As it stood at that time: 2026-01-31 (the end of the day) or 2026-01-31T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    at: Option<Timestamp>,
    /// Write it to a file: JSON, which `history check` reads, where the name ends in .json or --format is json; else the
    /// text for people
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ReceiptArgs {
    /// The event, as `consent list` shows it
    #[arg(value_parser = crate::domain::id::parse)]
    event: Uuid,
    /// Write it to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn prove(ctx: &mut Ctx<'_>, args: ProveArgs) -> Done {
    let ProveArgs { contact, purpose, channel, at, out } = args;
    let proof = ctx.client()?.call(ConsentProve { contact, purpose, channel, at })?;
    let json = bundle(&proof)?;
    match out {
        Some(path) => {
            let wants_json =
                ctx.format() == Format::Json || path.extension().is_some_and(|end| end == "json");
            let text = if wants_json { pretty(&json)? } else { told(&proof) };
            ctx.shell_only("writing a file")?;
            files::write(&path, text.as_bytes(), &ctx.env)?;
            ctx.say(&format!("written to {}", path.display()));
        }
        None => object(ctx, &contact.to_string(), json, |_| told(&proof))?,
    }
    if proof.dpo.is_empty() {
        ctx.warn("no contact of a data protection officer is set, so the proof names none (settings edit --set dpo_contact=…)");
    }
    Ok(())
}

pub(crate) fn receipt(ctx: &mut Ctx<'_>, args: &ReceiptArgs) -> Done {
    let receipt = ctx.client()?.call(ConsentReceipt { event: args.event })?;
    let json = dpv::receipt(&receipt).map_err(|error| Error::integrity(error.to_string()))?;
    history::deliver(ctx, args.out.as_ref(), &pretty(&json)?)
}

/// The fields of a purpose as JSON, and which version it is.
fn purpose_json(purpose: &StoredPurpose) -> Json {
    let mut object = Map::new();
    object.insert("version".to_owned(), json!(purpose.revision));
    for (key, value) in &purpose.fields {
        if let Some(spec) = Purpose::spec_of(*key) {
            object.insert(spec.name.to_owned(), as_json::value(value, &value.to_string()));
        }
    }
    Json::Object(object)
}

/// The value of a part of P1 as it is held: in the call, else in the event; a masked one is its mask.
fn part_of<'v>(part: &p1::Part, event: &'v View, call: Option<&'v View>) -> Option<&'v str> {
    let in_call = part.in_call().find_map(|key| Some(call?.get(key)?.text.as_str()));
    in_call.or_else(|| part.in_event().find_map(|key| Some(event.get(key)?.text.as_str())))
}

fn fields_of(view: &View) -> Fields {
    view.fields.iter().filter_map(|shown| Some((shown.key, shown.value.clone()?))).collect()
}

fn is_late(event: &ProvenEvent) -> bool {
    event.event.record.get(ConsentField::late.key()).is_some()
}

/// Whether it is as good as the record of a call can be: said in one, written down at once, with every part.
fn missing(event: &ProvenEvent) -> Vec<&'static p1::Part> {
    let absent = |part: &&p1::Part| part_of(part, &event.event.record, event.call.as_ref()).is_none();
    match p1::is_due(&fields_of(&event.event.record)) {
        true => p1::PARTS.iter().filter(absent).collect(),
        false => Vec::new(),
    }
}

/// The proof as JSON: what `callbook history check` reads.
fn bundle(proof: &ConsentProof) -> Result<Json, Error> {
    let mut events = Vec::new();
    for one in &proof.events {
        let mut event = Map::new();
        event.insert("event".to_owned(), event_json(&one.event));
        event.insert("recorded_by".to_owned(), json!(one.recorded_by));
        event.insert("late".to_owned(), json!(is_late(one)));
        let due = p1::is_due(&fields_of(&one.event.record));
        event.insert("in_a_call".to_owned(), json!(due));
        event.insert("call_grade".to_owned(), json!(due && !is_late(one) && one.call.is_some()));
        if due {
            let mut parts = Map::new();
            for part in p1::PARTS {
                let text = part_of(part, &one.event.record, one.call.as_ref());
                parts.insert(part.name.to_owned(), text.map_or(Json::Null, Json::from));
            }
            event.insert("p1".to_owned(), Json::Object(parts));
            let missing: Vec<&str> = missing(one).iter().map(|part| part.name).collect();
            event.insert("p1_missing".to_owned(), json!(missing));
        }
        if let Some(call) = &one.call {
            event.insert("call".to_owned(), json!(call.id));
        }
        let inclusion: Json = serde_json::from_str(&one.inclusion)
            .map_err(|error| Error::integrity(format!("the store made a proof that is none: {error}")))?;
        event.insert("proof".to_owned(), inclusion);
        if let Some(opening) = &one.opening {
            let opening = json!({"r": BASE64.encode(opening.r), "changes": BASE64.encode(&opening.changes)});
            event.insert("opening".to_owned(), opening);
        }
        events.push(Json::Object(event));
    }
    let line = crate::api::BookLine {
        purpose: purpose_name(&proof.purpose),
        channel: proof.channel,
        standing: proof.standing,
    };
    let mut out = Map::new();
    out.insert("format".to_owned(), json!(FORMAT));
    out.insert("version".to_owned(), json!(VERSION));
    out.insert("made_at".to_owned(), json!(proof.made_at));
    out.insert("at".to_owned(), json!(proof.at));
    let mut controller = Map::new();
    for (name, text) in [
        ("name", &proof.controller),
        ("address", &proof.controller_address),
        ("country", &proof.country),
        ("dpo_contact", &proof.dpo),
        ("authority", &proof.authority),
    ] {
        as_json::put_text(&mut controller, name, text);
    }
    out.insert("controller".to_owned(), Json::Object(controller));
    out.insert("contact".to_owned(), json!(proof.contact));
    out.insert("display_name".to_owned(), json!(proof.person));
    out.insert("purpose".to_owned(), purpose_json(&proof.purpose));
    out.insert("channel".to_owned(), json!(proof.channel));
    out.insert("standing".to_owned(), line_json(&line));
    out.insert("events".to_owned(), Json::Array(events));
    if proof.uses_left_out > 0 {
        out.insert("uses_left_out".to_owned(), json!(proof.uses_left_out));
    }
    out.insert("purpose_versions".to_owned(), Json::Array(proof.versions.iter().map(purpose_json).collect()));
    out.insert("checkpoint".to_owned(), json!(proof.checkpoint));
    out.insert("key".to_owned(), json!(proof.key));
    Ok(Json::Object(out))
}

fn purpose_name(purpose: &StoredPurpose) -> String {
    Purpose::of_fields(&purpose.fields).map(|purpose| purpose.name).unwrap_or_default()
}

/// A time as a stranger reads it.
fn when(at: Timestamp) -> String {
    at.utc().format("%-d %B %Y, %H:%M:%S UTC").to_string()
}

/// Text of somebody else, line by line behind a bar, so that nothing in it passes for the proof's own words.
fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("     | {}\n", neutralise(line))).collect()
}

/// What held, in a sentence.
fn sentence(proof: &ConsentProof) -> String {
    let standing = &proof.standing;
    let since = || when(standing.since);
    match standing.state {
        State::Unknown => "Nothing is recorded about it: there was no consent.".to_owned(),
        State::Requested => {
            "The person had been asked, and had not answered: there was no consent.".to_owned()
        }
        State::Deferred => "The person had put the answer off: there was no consent.".to_owned(),
        State::Pending => {
            "The person had said yes, and had not confirmed it: it did not count yet.".to_owned()
        }
        State::Given => match standing.until {
            Some(until) => format!("The person had consented, since {}, until {}.", since(), when(until)),
            None => format!("The person had consented, since {}, until it is withdrawn.", since()),
        },
        State::Asserted => {
            let basis = standing.basis.map(|basis| basis.label()).unwrap_or_default();
            format!("The company relied on another legal basis since {}: {basis}.", since())
        }
        State::Expired => format!("There was a consent; its time was up on {}.", since()),
        State::Revoked => format!("The company had given the consent up on {}.", since()),
        State::Invalidated => format!("What had been recorded was declared to be no consent on {}.", since()),
        State::Refused => format!("The person had said no on {}.", since()),
        State::Withdrawn => format!("The person had taken the consent back on {}.", since()),
        State::Objected => format!("The person had objected on {}.", since()),
    }
}

/// What happened, in a few words.
fn happened(event: &View) -> String {
    let text = |field: ConsentField| neutralise(event.text(field.key())).into_owned();
    let Ok(kind) = event.text(ConsentField::kind.key()).parse::<ConsentKind>() else {
        return "something happened that this role is not shown".to_owned();
    };
    match kind {
        ConsentKind::Requested => match text(ConsentField::address) {
            address if address.is_empty() => "the person was asked".to_owned(),
            address => format!("the person was asked, by a message to {address}"),
        },
        ConsentKind::Given if event.get(ConsentField::unconfirmed.key()).is_some() => {
            "the person said yes, which was still to be confirmed".to_owned()
        }
        ConsentKind::Given => "the person said yes".to_owned(),
        ConsentKind::Refused => "the person said no".to_owned(),
        ConsentKind::Deferred => "the person said: later".to_owned(),
        ConsentKind::Confirmed => format!(
            "the person confirmed it with the code sent to {}, which proves the address",
            text(ConsentField::address)
        ),
        ConsentKind::Renewed => "the person said yes again".to_owned(),
        ConsentKind::Withdrawn => "the person took it back".to_owned(),
        ConsentKind::Objected => {
            format!("the person objected (to {})", text(ConsentField::purpose))
        }
        ConsentKind::Expired => "its time was up".to_owned(),
        ConsentKind::Revoked => "the company gave it up".to_owned(),
        ConsentKind::Invalidated => "the company found that it never was a consent".to_owned(),
        ConsentKind::Asserted => {
            format!("the company relied on another legal basis: {}", text(ConsentField::basis))
        }
        ConsentKind::Notified => format!(
            "what was said was confirmed in writing to {}: {} ({})",
            text(ConsentField::address),
            text(ConsentField::delivery),
            text(ConsentField::evidence)
        ),
        ConsentKind::Used => format!("it was made use of: {}", text(ConsentField::used_for)),
    }
}

/// The proof for people who know nothing of the program: plain words first, numbers last.
fn told(proof: &ConsentProof) -> String {
    let purpose = Purpose::of_fields(&proof.purpose.fields).unwrap_or_default();
    let mut text = String::from("PROOF OF CONSENT\n\n");
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{label:<14}{}\n", neutralise(value)));
        }
    };
    line("Company", &proof.controller);
    line("", &proof.controller_address);
    line("Data officer", if proof.dpo.is_empty() { "none is named" } else { &proof.dpo });
    line("Authority", &proof.authority);
    line("Person", &proof.person);
    line("Purpose", &format!("{} ({})", purpose.title, purpose.name));
    line("Way", &proof.channel.to_string());
    line("As it stood on", &format!(" {}", when(proof.at)));
    text.push_str(&format!("\n{}\n\nWHAT HAPPENED\n", sentence(proof)));
    if proof.uses_left_out > 0 {
        text.push_str(&format!(
            "\n   {} earlier uses of the consent are not told here.\n",
            proof.uses_left_out
        ));
    }
    for (number, one) in proof.events.iter().enumerate() {
        text.push('\n');
        text.push_str(&event_told(number + 1, one, proof));
    }
    if proof.events.is_empty() {
        text.push_str("\n   Nothing is recorded.\n");
    }
    text.push_str("\nWHAT THE PERSON WAS TOLD THE PURPOSE IS\n");
    let versions =
        if proof.versions.is_empty() { std::slice::from_ref(&proof.purpose) } else { &proof.versions };
    for version in versions {
        let purpose = Purpose::of_fields(&version.fields).unwrap_or_default();
        text.push_str(&format!("\n   Version {}: {}\n", version.revision, neutralise(&purpose.title)));
        text.push_str(&quoted(&purpose.description));
        text.push_str(&format!(
            "   Legal basis: {}. Kept for: {}. A consent lasts: {}.\n",
            purpose.ground().label(),
            neutralise(&purpose.retention),
            if purpose.consent_for.is_empty() {
                "until it is withdrawn".into()
            } else {
                neutralise(&purpose.consent_for)
            },
        ));
    }
    text.push_str(
        "\nHOW TO CHECK IT\n\n   Each event above is an entry of a log that cannot be changed without that being seen. Ask for this proof\n   as a JSON file (consent prove … --out proof.json) and run, on any machine, without the company's data:\n\n       callbook history check proof.json\n\n   The log's signed statement (checkpoint):\n",
    );
    text.push_str(&quoted(&proof.checkpoint));
    text.push_str(&format!("   Key: {}\n   Person's number: {}\n", neutralise(&proof.key), proof.contact));
    text
}

fn event_told(number: usize, one: &ProvenEvent, proof: &ConsentProof) -> String {
    let record = &one.event.record;
    let at = record.get(ConsentField::at.key()).and_then(|shown| match shown.value {
        Some(crate::domain::value::Value::Time(at)) => Some(at),
        _ => None,
    });
    let mut text =
        format!("{number:>2}. {}: {}.\n", when(at.unwrap_or(one.event.recorded_at)), happened(record));
    if is_late(one) {
        text.push_str(
            "    LATE ENTRY: it was written down more than an hour after it happened. It is no call-grade proof.\n",
        );
    }
    let due = p1::is_due(&fields_of(record));
    let parts = p1::PARTS.iter().filter(|part| due || !part.of_calls_only());
    for part in parts {
        match part_of(part, record, one.call.as_ref()) {
            // Said in the first line.
            Some(_) if part.name == "result" => {}
            Some(value) if value.contains('\n') => {
                text.push_str(&format!("    {}:\n{}", part.label, quoted(value)));
            }
            Some(value) => text.push_str(&format!("    {}: {}\n", part.label, neutralise(value))),
            None if due => text.push_str(&format!("    {}: MISSING\n", part.label)),
            None => {}
        }
    }
    for (label, field) in [
        ("How it became known", ConsentField::way),
        ("Reason", ConsentField::reason),
        ("Evidence", ConsentField::evidence),
        ("Version of the purpose", ConsentField::purpose_version),
    ] {
        let value = record.text(field.key());
        if !value.is_empty() {
            text.push_str(&format!("    {label}: {}\n", neutralise(value)));
        }
    }
    if due && one.call.is_none() {
        text.push_str("    The record of the call is not here, or not shown to this role.\n");
    }
    text.push_str(&format!(
        "    Written down on {} by {}, as entry {} of the log of {}.\n    Number of the event: {}\n",
        when(one.event.recorded_at),
        neutralise(&one.recorded_by),
        one.event.seq,
        neutralise(&proof.controller),
        one.event.id
    ));
    if one.opening.is_none() {
        text.push_str("    Part of it is not shown to this role: that the entry is about these words is not provable from here.\n");
    }
    text
}
