//! `callbook access …`: why somebody sees what.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::{AccessExplain, Explanation};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::object;
use crate::domain::id::ContactId;
use crate::domain::text::neutralise;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Why a user sees a contact, or a field of it, as it is: the decision and what it follows from
    Explain(ExplainArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The user's name; `me` for yourself
    user: String,
    /// The contact's id
    contact: ContactId,
    /// A field of it, such as phones or custom.budget
    field: Option<String>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Explain(args) => {
            let call = AccessExplain { user: Some(args.user), contact: args.contact, field: args.field };
            let told = ctx.client()?.call(call)?;
            object(ctx, told.access.word(), explanation_json(&told), |_| {
                told.in_words().lines().map(|line| format!("{}\n", neutralise(line))).collect()
            })
        }
    }
}

fn explanation_json(told: &Explanation) -> Json {
    let mut out = Map::new();
    out.insert("user".to_owned(), json!(told.user));
    out.insert("role".to_owned(), json!(told.role));
    out.insert("contact".to_owned(), json!(told.contact));
    if let Some(field) = &told.field {
        out.insert("field".to_owned(), json!(field));
    }
    out.insert("access".to_owned(), json!(told.access));
    out.insert("decision".to_owned(), json!(told.decision));
    let steps = told.steps.iter().map(|step| json!({"rule": step.rule, "result": step.result}));
    out.insert("steps".to_owned(), Json::Array(steps.collect()));
    if let Some(mask) = &told.mask {
        out.insert("mask".to_owned(), json!(mask));
    }
    Json::Object(out)
}
