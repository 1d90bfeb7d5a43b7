//! `callbook doctor`

use serde_json::{Map, Value as Json, json};

use crate::api::{CheckLine, Code, Doctor, Level};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make};

/// Lists what was checked; an error among it makes the command fail.
pub(crate) fn run(ctx: &mut Ctx<'_>) -> Done {
    let report = ctx.client()?.call(Doctor {})?;
    let columns =
        Column::list(&[("level", "Level"), ("name", "Check"), ("message", "Message"), ("hint", "Hint")]);
    let make = Make {
        id: &|line: &CheckLine| line.name.clone(),
        json: &|line| {
            let mut object = Map::new();
            object.insert("name".to_owned(), json!(line.name));
            object.insert("level".to_owned(), json!(line.level));
            put_text(&mut object, "message", &line.message);
            put_text(&mut object, "hint", &line.hint);
            Json::Object(object)
        },
        cells: &|line| {
            vec![vec![line.level.to_string(), line.name.clone(), line.message.clone(), line.hint.clone()]]
        },
    };
    Listing::all(ctx, columns, &report.checks, &make)?;
    if report.checks.iter().any(|line| line.level == Level::Error) {
        return Err(End::Reported(Code::Failed));
    }
    Ok(())
}
