//! `callbook suppression …`: what is not used any more, and do-not-call lists.

mod lists;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::{
    LiftSuppression, Suppress, SuppressionCheck, SuppressionEntries, SuppressionEntry, SuppressionState,
    Typed,
};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::domain::suppression::{Class, Deed, ListCheck, Reason, Scope};

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Put a number or address on the suppression list: only a keyed hash of it is kept
    Add(AddArgs),
    /// Whether a number or address is suppressed; that you asked is logged
    Check(OfArgs),
    /// The entries, latest first; they name nobody
    List(ListArgs),
    /// Take a number or address off the list; for the data protection officer
    Lift(LiftArgs),
    /// Bring in a do-not-call list (a table of numbers), in place of the one of that name
    Import(lists::ImportArgs),
    /// The do-not-call lists there are
    Lists,
}

/// A number or an address.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("of").multiple(false).required(true))]
pub(crate) struct OfArgs {
    /// A phone number, in any notation
    #[arg(long, value_name = "NUMBER", group = "of", allow_hyphen_values = true)]
    phone: Option<String>,
    /// An e-mail address, in any case
    #[arg(long, value_name = "ADDRESS", group = "of")]
    email: Option<String>,
    /// The country of a number without a country code, where it is not the store's
    #[arg(long, value_name = "COUNTRY", default_value = "", hide_default_value = true)]
    country: String,
}

/// The same, where it need not be named.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("whom").multiple(false))]
pub(crate) struct WhomArgs {
    /// About a phone number, in any notation
    #[arg(long, value_name = "NUMBER", group = "whom", allow_hyphen_values = true)]
    phone: Option<String>,
    /// About an e-mail address, in any case
    #[arg(long, value_name = "ADDRESS", group = "whom")]
    email: Option<String>,
    /// The country of a number without a country code, where it is not the store's
    #[arg(long, value_name = "COUNTRY", default_value = "", hide_default_value = true)]
    country: String,
}

impl WhomArgs {
    pub(crate) fn typed(self) -> Option<Typed> {
        let WhomArgs { phone, email, country } = self;
        (phone.is_some() || email.is_some()).then(|| OfArgs { phone, email, country }.typed())
    }
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    of: OfArgs,
    /// all: not used and not entered again; marketing: nobody who has it gets any; channel: it alone is not used for any
    #[arg(long, value_parser = word::<Scope>(Scope::WORDS), default_value = "all")]
    scope: Scope,
    /// Why
    #[arg(long, value_parser = word::<Reason>(Reason::WORDS), default_value = "manual")]
    reason: Reason,
    /// What was said, without the number or address
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    words: String,
}

#[derive(Args, Debug)]
pub(crate) struct LiftArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Why: what the person asked for, and when
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// How many numbers and addresses are suppressed now, by reason and scope, in place of the entries
    #[arg(long)]
    counts: bool,
}

impl OfArgs {
    fn typed(self) -> Typed {
        let (class, text) = match (self.phone, self.email) {
            (Some(phone), _) => (Class::Phone, phone),
            (None, email) => (Class::Email, email.unwrap_or_default()),
        };
        Typed { class, text, country: self.country }
    }
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::Check(args) => check(ctx, args),
        Verb::List(args) => list(ctx, &args),
        Verb::Lift(args) => lift(ctx, args),
        Verb::Import(args) => lists::import(ctx, &args),
        Verb::Lists => lists::list(ctx),
    }
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    let (scope, reason) = (args.scope, args.reason);
    let done = ctx.client()?.call(Suppress { of: args.of.typed(), scope, reason, words: args.words })?;
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(done.id));
    out.insert("channel".to_owned(), json!(done.class));
    out.insert("scope".to_owned(), json!(done.scope));
    out.insert("reason".to_owned(), json!(done.reason));
    out.insert("contacts".to_owned(), json!(done.contacts));
    if let Some(day) = done.review_on {
        out.insert("review_on".to_owned(), json!(day));
    }
    let id = done.id.to_string();
    object(ctx, &id, Json::Object(out), |_| format!("{id}\n"))?;
    match done.contacts {
        0 => {}
        1 => ctx.say("one contact in your sight has it"),
        n => ctx.say(&format!("{n} contacts in your sight have it")),
    }
    Ok(())
}

fn lift(ctx: &mut Ctx<'_>, args: LiftArgs) -> Done {
    let done = ctx.client()?.call(LiftSuppression { of: args.of.typed(), words: args.reason })?;
    let out = json!({
        "id": done.id,
        "channel": done.class,
        "was": {"scope": done.was.scope, "reason": done.was.reason, "since": done.was.since},
    });
    let id = done.id.to_string();
    object(ctx, &id, out, |_| format!("{id}\n"))
}

fn listed(one: &ListCheck) -> Json {
    let mut object = Map::new();
    object.insert("list".to_owned(), json!(one.list));
    if let Some(country) = one.country {
        object.insert("country".to_owned(), json!(country));
    }
    if let Some(day) = one.dated {
        object.insert("date".to_owned(), json!(day));
    }
    object.insert("listed".to_owned(), json!(one.listed));
    if let Some(day) = one.since {
        object.insert("since".to_owned(), json!(day));
    }
    Json::Object(object)
}

fn check(ctx: &mut Ctx<'_>, args: OfArgs) -> Done {
    let state = ctx.client()?.call(SuppressionCheck { of: args.typed() })?;
    let mut out = Map::new();
    out.insert("suppressed".to_owned(), json!(state.hit.is_some()));
    out.insert("channel".to_owned(), json!(state.class));
    if let Some(hit) = state.hit {
        out.insert("scope".to_owned(), json!(hit.scope));
        out.insert("reason".to_owned(), json!(hit.reason));
        out.insert("since".to_owned(), json!(hit.since));
    }
    out.insert("lists".to_owned(), Json::Array(state.lists.iter().map(listed).collect()));
    let word = if state.hit.is_some() { "suppressed" } else { "free" };
    object(ctx, word, Json::Object(out), |_| drawn(&state))
}

fn drawn(state: &SuppressionState) -> String {
    let mut text = match state.hit {
        Some(hit) => format!(
            "suppressed: {} ({}), since {}\n",
            hit.scope,
            hit.reason.word().replace('_', " "),
            hit.since
        ),
        None => "not suppressed\n".to_owned(),
    };
    for one in &state.lists {
        let place = one.country.map(|country| format!(" ({country})")).unwrap_or_default();
        let of = one.dated.map(|day| format!(" of {day}")).unwrap_or_default();
        let is = if one.listed { "listed" } else { "not listed" };
        let name = crate::domain::text::neutralise(&one.list);
        text.push_str(&format!("{is} on {name}{place}{of}\n"));
    }
    text
}

fn entry_json(one: &SuppressionEntry) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(one.id));
    object.insert("at".to_owned(), json!(one.at));
    put_text(&mut object, "by", &one.by);
    object.insert("deed".to_owned(), json!(one.deed));
    object.insert("channels".to_owned(), json!(one.classes));
    object.insert("identifiers".to_owned(), json!(one.marks));
    if let Some(scope) = one.scope {
        object.insert("scope".to_owned(), json!(scope));
    }
    if let Some(reason) = one.reason {
        object.insert("reason".to_owned(), json!(reason));
    }
    put_text(&mut object, "words", &one.words);
    if let Some(day) = one.review_on {
        object.insert("review_on".to_owned(), json!(day));
    }
    Json::Object(object)
}

fn list(ctx: &mut Ctx<'_>, args: &ListArgs) -> Done {
    let limit = if args.counts { Some(0) } else { args.limit };
    let page = ctx.client()?.call(SuppressionEntries { limit })?;
    if args.counts {
        let counted = |words: Vec<(String, u64)>| -> Json {
            Json::Object(words.into_iter().map(|(word, n)| (word, json!(n))).collect())
        };
        let reasons: Vec<(String, u64)> =
            page.by_reason.iter().map(|(reason, n)| (reason.to_string(), *n)).collect();
        let scopes: Vec<(String, u64)> =
            page.by_scope.iter().map(|(scope, n)| (scope.to_string(), *n)).collect();
        let in_force: u64 = reasons.iter().map(|(_, n)| n).sum();
        let mut text = format!("in force  {in_force}\n");
        for (word, n) in reasons.iter().chain(&scopes) {
            text.push_str(&format!("{word}  {n}\n"));
        }
        let out = json!({
            "in_force": in_force,
            "by_reason": counted(reasons),
            "by_scope": counted(scopes),
            "entries": page.total,
        });
        return object(ctx, &in_force.to_string(), out, |_| text);
    }
    let columns = Column::list(&[
        ("at", "Time"),
        ("by", "By"),
        ("deed", "Deed"),
        ("channels", "Of"),
        ("scope", "Scope"),
        ("reason", "Reason"),
        ("words", "Words"),
        ("review_on", "Review on"),
        ("id", "Id"),
    ]);
    let cells = |one: &SuppressionEntry| {
        let several = if one.marks > 1 { format!("{} × ", one.marks) } else { String::new() };
        let classes: Vec<&str> = one.classes.iter().map(|class| class.word()).collect();
        vec![vec![
            one.at.to_string(),
            one.by.clone(),
            match one.deed {
                Deed::Add => "suppressed".to_owned(),
                Deed::Lift => "lifted".to_owned(),
            },
            format!("{several}{}", classes.join(", ")),
            one.scope.map(|scope| scope.to_string()).unwrap_or_default(),
            one.reason.map(|reason| reason.word().replace('_', " ")).unwrap_or_default(),
            one.words.clone(),
            one.review_on.map(|day| day.to_string()).unwrap_or_default(),
            one.id.to_string(),
        ]]
    };
    let make = Make { id: &|one: &SuppressionEntry| one.id.to_string(), json: &entry_json, cells: &cells };
    let mut listing = Listing::new(ctx, columns);
    listing.batch(ctx, &page.items, &make)?;
    listing.end(ctx, page.total, &std::collections::BTreeMap::new())
}
