//! `callbook lock` and `callbook unlock`: the store behind a running server.

use serde_json::json;

use crate::api::frame::Greeting;
use crate::api::{Code, Error};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::object;
use crate::cli::secret;
use crate::client::socket::Remote;
use crate::client::spawn::key_of;

fn server(ctx: &mut Ctx<'_>) -> Result<(Remote, Greeting), Error> {
    ctx.shell_only("locking and unlocking for everybody")?;
    ctx.reach()?.ok_or_else(|| {
        Error::new(Code::Locked, "no server serves this store")
            .hint("without a server nothing is unlocked; `callbook serve` starts one")
    })
}

pub(crate) fn lock(ctx: &mut Ctx<'_>) -> Done {
    let (remote, greeting) = server(ctx)?;
    if greeting != Greeting::Locked {
        remote.lock()?;
    }
    ctx.say("The store is locked for everybody; its keys are wiped.");
    object(ctx, "locked", json!({ "server": "locked" }), |_| String::new())
}

pub(crate) fn run(ctx: &mut Ctx<'_>) -> Done {
    let (remote, greeting) = server(ctx)?;
    if greeting != Greeting::Locked {
        ctx.say("The store is open already.");
    } else {
        let key = key_of(&secret::to_open(ctx)?)?;
        remote.unlock(key)?;
        ctx.say("The store is open.");
    }
    object(ctx, "open", json!({ "server": "open" }), |_| String::new())
}
