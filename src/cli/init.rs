//! `callbook init`

use clap::Args as ClapArgs;
use serde_json::json;

use crate::api::Error;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::object;
use crate::cli::secret;
use crate::client::open;
use crate::domain::country::Country;
use crate::domain::text::neutralise;

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Who decides about the data (Art. 4(7) GDPR): the company's name
    #[arg(long, value_name = "NAME")]
    controller: String,
    /// The company's postal address, named in notices and scripts (Art. 13(1)(a) GDPR)
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// How a person reaches the company about the data: an e-mail address or a number
    #[arg(long, value_name = "CONTACT")]
    contact: Option<String>,
    /// The company's country, the default of contacts: DE, or a name
    #[arg(long, value_name = "COUNTRY")]
    country: Option<String>,
    /// Your name in the store [default: the name of your account]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    ctx.shell_only("making a store")?;
    let dir = ctx.globals.store_dir(&ctx.io.vars, &ctx.config)?;
    if args.controller.trim().is_empty() {
        return Err(Error::usage("the controller has no name").hint("--controller 'Muster GmbH'").into());
    }
    let country: Country = match (&args.country, ctx.config.default_country) {
        (Some(text), _) => text.parse().map_err(Error::from)?,
        (None, Some(country)) => country,
        (None, None) => return Err(Error::usage("no country is named").hint("--country DE").into()),
    };
    let unix = open::account();
    let user = args.user.clone().unwrap_or_else(|| unix.clone());
    // Whoever is asked for a passphrase shall not learn afterwards that it was for nothing.
    open::vacant(&dir)?;
    let secret = secret::to_init(ctx, &[&args.controller, &user])?;
    let options = open::InitOptions {
        controller: args.controller.clone(),
        address: args.address.clone().unwrap_or_default(),
        contact: args.contact.clone().unwrap_or_default(),
        country: country.to_string(),
        user,
        unix,
        cost: open::KdfCost::STANDARD,
    };
    let made = open::init(&dir, &options, &secret, &ctx.env)?;
    let groups: Vec<&str> = made.recovery_code.iter().map(|group| group.as_str()).collect();
    let code = zeroize::Zeroizing::new(groups.join("-"));
    let out = json!({
        "store": dir.display().to_string(),
        "controller": options.controller,
        "country": options.country,
        "user": options.user,
        "recovery_code": code.as_str(),
    });
    object(ctx, &code, out, |_| format!("{}\n", neutralise(&code)))?;
    ctx.say(&format!("A store for {} is in {}.", options.controller, dir.display()));
    ctx.say("The line on standard output is the recovery code. It is shown once: write it down and keep it apart.");
    if options.address.trim().is_empty() || options.contact.trim().is_empty() {
        ctx.say("Scripts and notices name the controller's address and contact: `callbook settings edit --set controller_address=… --set contact=…`.");
    }
    ctx.say("With it, --recovery-file FILE unlocks the store when everything else is lost.");
    Ok(())
}
