//! `callbook doctor`

use serde_json::{Map, Value as Json, json};

use crate::api::{CheckLine, Code, Doctor, Level};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make};

/// Lists what was checked; an error among it makes the command fail.
pub(crate) fn run(ctx: &mut Ctx<'_>) -> Done {
    let (checks, damaged) = match ctx.client() {
        Ok(client) => (client.call(Doctor {})?.checks, false),
        // What keeps the store from being opened is the first thing a doctor has to tell.
        Err(error) if error.code == Code::Integrity => {
            let advice = "restore a backup into another directory, and keep this one as it is until then";
            let (name, hint) = ("opening the store".to_owned(), advice.to_owned());
            (vec![CheckLine { name, level: Level::Error, message: error.message, hint }], true)
        }
        Err(error) => return Err(error.into()),
    };
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
    Listing::all(ctx, columns, &checks, &make)?;
    if damaged {
        return Err(End::Reported(Code::Integrity));
    }
    if checks.iter().any(|line| line.level == Level::Error) {
        return Err(End::Reported(Code::Failed));
    }
    Ok(())
}
