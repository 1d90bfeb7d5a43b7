//! `callbook erasure …`: what is left of erasures, and what is still to be done.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::erasure::{AggregateLine, ErasureReceipt, KeptProofView, MentionView};
use crate::api::{
    Aggregates, CertificateGet, Certificates, KeptProofs, MentionDecide, Mentions, RecipientTold, SweepProofs,
};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::suppression::WhomArgs;
use crate::domain::erasure::MentionState;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Certificates of erasures, latest first: no values
    List,
    /// One certificate: epoch of the keys, checkpoint of the log, escrows and backups that still hold the person
    Show(ShowArgs),
    /// Note that a recipient was told of an erasure (Art. 19 GDPR)
    Told(ToldArgs),
    /// Places about others that may name an erased person
    Mentions(MentionsArgs),
    /// Note what became of such a place
    Decide(DecideArgs),
    /// Proof of consent that is kept of erased persons, for legal claims; for the data protection officer
    Proofs(ProofsArgs),
    /// Persons who were anonymised, in groups that are large enough to be told
    Anonymised,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The number of the certificate
    #[arg(value_name = "CERT")]
    number: i64,
}

#[derive(Args, Debug)]
pub(crate) struct ToldArgs {
    /// The number of the certificate
    #[arg(value_name = "CERT")]
    number: i64,
    /// As the certificate names it
    #[arg(long, value_name = "NAME")]
    recipient: String,
}

#[derive(Args, Debug)]
pub(crate) struct MentionsArgs {
    /// Of one erasure alone
    #[arg(long, value_name = "CERT")]
    certificate: Option<i64>,
    /// Also those that somebody has looked at
    #[arg(long)]
    all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DecideArgs {
    /// The id of the place
    #[arg(value_name = "ID")]
    id: Uuid,
    /// redacted: the text was changed; kept: it is somebody else, or must stay
    #[arg(long = "as", value_parser = word::<MentionState>(MentionState::WORDS))]
    state: MentionState,
    /// Why it stays
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct ProofsArgs {
    #[command(flatten)]
    of: WhomArgs,
    /// Destroy those whose time is over
    #[arg(long, conflicts_with_all = ["phone", "email"])]
    expire: bool,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::List => list(ctx),
        Verb::Show(args) => {
            let receipt = ctx.client()?.call(CertificateGet { number: args.number })?;
            shown(ctx, &receipt)
        }
        Verb::Told(args) => {
            let told = RecipientTold { certificate: args.number, recipient: args.recipient };
            let receipt = ctx.client()?.call(told)?;
            shown(ctx, &receipt)
        }
        Verb::Mentions(args) => mentions(ctx, &args),
        Verb::Decide(args) => {
            let decide = MentionDecide { id: args.id, state: args.state, words: args.reason };
            let view = ctx.client()?.call(decide)?;
            object(ctx, &view.id.to_string(), mention_json(&view), |_| {
                format!("{}  {}\n", view.id, view.state)
            })
        }
        Verb::Proofs(args) => proofs(ctx, args),
        Verb::Anonymised => anonymised(ctx),
    }
}

fn shown(ctx: &mut Ctx<'_>, receipt: &ErasureReceipt) -> Done {
    object(ctx, &receipt.number.to_string(), receipt_json(receipt), |_| receipt_text(receipt))
}

pub(crate) fn receipt_json(one: &ErasureReceipt) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(one.id));
    out.insert("number".to_owned(), json!(one.number));
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value);
        }
    };
    put("ground", one.ground.map(|ground| json!(ground)));
    put("request", one.request.map(|number| json!(number)));
    put("received", one.received.map(|day| json!(day)));
    put("erased_at", one.erased_at.map(|at| json!(at)));
    put("decided_by", (!one.decided_by.is_empty()).then(|| json!(one.decided_by)));
    put("sweep", (!one.sweep.is_empty()).then(|| json!(one.sweep)));
    out.insert("persons".to_owned(), json!(one.persons));
    out.insert("categories".to_owned(), json!(one.categories));
    out.insert("kept".to_owned(), json!(one.kept));
    out.insert("epoch".to_owned(), json!(one.epoch));
    out.insert("checkpoint".to_owned(), json!(one.checkpoint));
    let copies = one.copies.iter().map(|copy| {
        let mut out = Map::new();
        out.insert("name".to_owned(), json!(copy.name));
        out.insert("form".to_owned(), json!(copy.form));
        out.insert("state".to_owned(), json!(copy.state));
        if let Some(day) = copy.expires {
            out.insert("expires".to_owned(), json!(day));
        }
        Json::Object(out)
    });
    out.insert("copies".to_owned(), copies.collect());
    let recipients = one.recipients.iter().map(|one| json!({ "name": one.name, "told": one.told }));
    out.insert("recipients".to_owned(), recipients.collect());
    out.insert("mentions".to_owned(), json!(one.mentions));
    out.insert("mentions_open".to_owned(), json!(one.mentions_open));
    Json::Object(out)
}

pub(crate) fn receipt_text(one: &ErasureReceipt) -> String {
    let mut text = format!("certificate   {}\n", one.number);
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("{name:<13} {value}\n"));
        }
    };
    line("ground", one.ground.map(|ground| ground.to_string()).unwrap_or_default());
    let received = one.received.map(|day| format!(" of {day}")).unwrap_or_default();
    line("request", one.request.map(|number| format!("{number}{received}")).unwrap_or_default());
    line("erased at", one.erased_at.map(|at| at.to_string()).unwrap_or_default());
    line("decided by", one.decided_by.clone());
    line("plan", one.sweep.clone());
    line("persons", one.persons.to_string());
    line("categories", one.categories.join(", "));
    line("kept", one.kept.join(", "));
    line("epoch", one.epoch.to_string());
    for copy in &one.copies {
        let expires = copy.expires.map(|day| format!(", expires {day}")).unwrap_or_default();
        let state = match (copy.form.as_str(), copy.state.as_str()) {
            ("escrow", "pending") => "still holds the keys: refresh it",
            ("escrow", _) => "refreshed",
            (_, _) => "still holds the person: destroy it",
        };
        line(&copy.form, format!("{}: {state}{expires}", copy.name));
    }
    for recipient in &one.recipients {
        line(
            "recipient",
            format!("{}: {}", recipient.name, if recipient.told { "told" } else { "to be told" }),
        );
    }
    if one.mentions > 0 {
        line("mentions", format!("{}, of which {} are to be looked at", one.mentions, one.mentions_open));
    }
    if !one.checkpoint.is_empty() {
        text.push_str(&format!("checkpoint of the log after it:\n{}", one.checkpoint));
    }
    text
}

fn list(ctx: &mut Ctx<'_>) -> Done {
    let all = ctx.client()?.call(Certificates {})?;
    let columns = Column::list(&[
        ("number", "Number"),
        ("ground", "Ground"),
        ("request", "Request"),
        ("erased_at", "Erased at"),
        ("persons", "Persons"),
        ("open", "To do"),
    ]);
    let to_do = |one: &ErasureReceipt| {
        let told = one.recipients.iter().filter(|one| !one.told).count();
        let pending = one.copies.iter().filter(|copy| copy.state == "pending").count();
        let mut parts = Vec::new();
        for (count, what) in
            [(told as u64, "to tell"), (one.mentions_open, "to look at"), (pending as u64, "copies")]
        {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        parts.join(", ")
    };
    let make = Make {
        id: &|one: &ErasureReceipt| one.number.to_string(),
        json: &receipt_json,
        cells: &|one: &ErasureReceipt| {
            vec![vec![
                one.number.to_string(),
                one.ground.map(|ground| ground.to_string()).unwrap_or_default(),
                one.request.map(|number| number.to_string()).unwrap_or_default(),
                one.erased_at.map(|at| at.to_string()).unwrap_or_default(),
                one.persons.to_string(),
                to_do(one),
            ]]
        },
    };
    Listing::all(ctx, columns, &all, &make)
}

fn mention_json(one: &MentionView) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(one.id));
    out.insert("certificate".to_owned(), json!(one.certificate));
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value);
        }
    };
    put("kind", one.kind.map(|kind| json!(kind)));
    put("record", one.record.map(|id| json!(id)));
    put("about", one.about.map(|id| json!(id)));
    put("field", (!one.field.is_empty()).then(|| json!(one.field)));
    put("state", Some(json!(one.state)));
    put("decided_by", (!one.decided_by.is_empty()).then(|| json!(one.decided_by)));
    put("decided_at", one.decided_at.map(|at| json!(at)));
    put("words", (!one.words.is_empty()).then(|| json!(one.words)));
    Json::Object(out)
}

fn mentions(ctx: &mut Ctx<'_>, args: &MentionsArgs) -> Done {
    let all = ctx.client()?.call(Mentions { certificate: args.certificate, all: args.all })?;
    let columns = Column::list(&[
        ("certificate", "Certificate"),
        ("kind", "Kind"),
        ("record", "Record"),
        ("about", "About"),
        ("field", "Field"),
        ("state", "State"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &|one: &MentionView| one.id.to_string(),
        json: &mention_json,
        cells: &|one: &MentionView| {
            vec![vec![
                one.certificate.to_string(),
                one.kind.map(|kind| kind.to_string()).unwrap_or_default(),
                one.record.map(|id| id.to_string()).unwrap_or_default(),
                one.about.map(|id| id.to_string()).unwrap_or_default(),
                one.field.clone(),
                one.state.to_string(),
                one.id.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &all, &make)
}

fn proofs(ctx: &mut Ctx<'_>, args: ProofsArgs) -> Done {
    if args.expire {
        let swept = ctx.client()?.call(SweepProofs { dry_run: false })?;
        let out = json!({ "expired": swept.expired, "kept": swept.kept });
        return object(ctx, &swept.expired.to_string(), out, |_| {
            format!("{} destroyed, {} kept\n", swept.expired, swept.kept)
        });
    }
    let all = ctx.client()?.call(KeptProofs { of: args.of.typed() })?;
    let columns = Column::list(&[
        ("certificate", "Certificate"),
        ("purpose", "Purpose"),
        ("until", "Until"),
        ("rule", "Rule"),
        ("id", "Id"),
    ]);
    let json = |one: &KeptProofView| {
        let mut out = Map::new();
        out.insert("id".to_owned(), json!(one.id));
        out.insert("certificate".to_owned(), json!(one.certificate));
        out.insert("purpose".to_owned(), json!(one.purpose));
        if let Some(until) = one.until {
            out.insert("until".to_owned(), json!(until));
        }
        out.insert("rule".to_owned(), json!(one.rule));
        if let Ok(proof) = serde_json::from_str::<Json>(&one.proof) {
            out.insert("proof".to_owned(), proof);
        }
        Json::Object(out)
    };
    let make = Make {
        id: &|one: &KeptProofView| one.id.to_string(),
        json: &json,
        cells: &|one: &KeptProofView| {
            vec![vec![
                one.certificate.to_string(),
                one.purpose.clone(),
                one.until.map(|until| until.to_string()).unwrap_or_default(),
                one.rule.clone(),
                one.id.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &all, &make)
}

fn anonymised(ctx: &mut Ctx<'_>) -> Done {
    let report = ctx.client()?.call(Aggregates {})?;
    let columns = Column::list(&[
        ("period", "Month"),
        ("country", "Country"),
        ("origin", "Origin"),
        ("outcome", "Outcome"),
        ("persons", "Persons"),
    ]);
    let make = Make {
        id: &|one: &AggregateLine| one.period.clone(),
        json: &|one: &AggregateLine| {
            json!({
                "period": one.period,
                "country": one.country,
                "origin": one.origin,
                "outcome": one.outcome,
                "persons": one.persons,
            })
        },
        cells: &|one: &AggregateLine| {
            vec![vec![
                one.period.clone(),
                one.country.clone(),
                one.origin.clone(),
                one.outcome.clone(),
                one.persons.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &report.lines, &make)?;
    ctx.say(&format!(
        "{} groups of fewer than {} persons are left out; {} is told when it is over",
        report.left_out, report.smallest, report.open_from
    ));
    Ok(())
}
