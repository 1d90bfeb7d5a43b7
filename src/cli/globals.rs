//! The options that every command takes, and where they come from when they are not given.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::api::Error;
use crate::client::find::Place;
use crate::config::{Config, Format};

pub(crate) const HEADING: &str = "Options of every command";

/// Options of every command. Variables are read in `Vars`, so that one place decides what precedes what.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = HEADING)]
pub(crate) struct Globals {
    /// Directory of the store [env: CALLBOOK_STORE; default: the XDG data directory]
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) store: Option<PathBuf>,
    /// Socket of a running `callbook serve` [env: CALLBOOK_SOCKET]
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub(crate) socket: Option<PathBuf>,
    /// Settings [env: CALLBOOK_CONFIG; default: callbook/config.toml in the XDG configuration directory]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// How results are written [default: table, whatever stdout is]
    #[arg(long, global = true, value_name = "FORMAT", value_parser = word::<Format>(Format::WORDS))]
    pub(crate) format: Option<Format>,
    /// File whose first line is the passphrase [env: CALLBOOK_PASSPHRASE_FILE]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// File with the key that unlocks the store; `init` makes it if it is not there
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath,
          conflicts_with_all = ["passphrase_file", "recovery_file"])]
    pub(crate) key_file: Option<PathBuf>,
    /// File whose first line is the recovery code that `init` printed
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath,
          conflicts_with = "passphrase_file")]
    pub(crate) recovery_file: Option<PathBuf>,
    /// Which user you are, where several share your account [env: CALLBOOK_USER]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) login: Option<String>,
    /// File whose first line is your own password, where you have one [env: CALLBOOK_USER_PASSWORD_FILE]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) user_password_file: Option<PathBuf>,
    /// Answers yes to every question
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Only results and errors, no narration
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Without colours and rules
    #[arg(long, global = true)]
    pub(crate) plain: bool,
}

/// A parser of one of a closed set of words, which completion and help know too.
pub(crate) fn word<T>(words: &'static [&'static str]) -> impl clap::builder::TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = crate::domain::value::Invalid> + Clone + Send + Sync + 'static,
{
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(words).try_map(|text| text.parse::<T>())
}

/// The variables the program reads, as they were when it started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars(BTreeMap<&'static str, OsString>);

impl Vars {
    const NAMES: &'static [&'static str] = &[
        "CALLBOOK_STORE",
        "CALLBOOK_SOCKET",
        "CALLBOOK_CONFIG",
        "CALLBOOK_PASSPHRASE_FILE",
        "CALLBOOK_USER",
        "CALLBOOK_USER_PASSWORD_FILE",
        "CREDENTIALS_DIRECTORY",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
        "NOTIFY_SOCKET",
        "HOME",
        "NO_COLOR",
        "TERM",
    ];

    pub(crate) fn system() -> Vars {
        Vars(Vars::NAMES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))).collect())
    }

    /// The value of a variable; an empty one counts as absent.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.path(name).is_some()
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|one| one == value)
    }

    #[cfg(test)]
    pub(crate) fn of(vars: &[(&'static str, &str)]) -> Vars {
        Vars(vars.iter().map(|(name, value)| (*name, OsString::from(value))).collect())
    }

    /// A directory of the XDG base directory specification, which ignores relative paths.
    pub(crate) fn xdg(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        let own = self.path(name).filter(|path| path.is_absolute());
        own.or_else(|| Some(self.path("HOME")?.join(below_home)))
    }
}

impl Globals {
    /// The settings: of the file named, else of the usual one if it exists.
    pub(crate) fn load_config(&self, vars: &Vars) -> Result<Config, Error> {
        if let Some(path) = self.config.clone().or_else(|| vars.path("CALLBOOK_CONFIG")) {
            return Config::load(&path, true);
        }
        match vars.xdg("XDG_CONFIG_HOME", ".config") {
            Some(dir) => Config::load(&dir.join("callbook/config.toml"), false),
            None => Ok(Config::default()),
        }
    }

    /// The socket that is named, and whether it is named on this very command line.
    pub(crate) fn named_socket(&self, vars: &Vars, config: &Config) -> Option<(PathBuf, bool)> {
        let here = self.socket.clone().map(|socket| (socket, true));
        here.or_else(|| Some((vars.path("CALLBOOK_SOCKET").or_else(|| config.socket.clone())?, false)))
    }

    /// Where a server of the store is looked for.
    pub(crate) fn server_place(&self, vars: &Vars, config: &Config) -> Place {
        let store = self.store_dir(vars, config).ok().filter(|dir| dir.exists());
        Place {
            socket: self.named_socket(vars, config).map(|(socket, _)| socket),
            store,
            runtime: vars.path("XDG_RUNTIME_DIR"),
            account: config.server_account.clone(),
        }
    }

    /// The directory of the store.
    pub(crate) fn store_dir(&self, vars: &Vars, config: &Config) -> Result<PathBuf, Error> {
        self.store
            .clone()
            .or_else(|| vars.path("CALLBOOK_STORE"))
            .or_else(|| config.store.clone())
            .or_else(|| Some(vars.xdg("XDG_DATA_HOME", ".local/share")?.join("callbook")))
            .ok_or_else(|| {
                Error::usage("there is no home directory to keep the store in")
                    .hint("name one with --store DIR")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::{Globals, Vars};
    use crate::config::Config;

    #[test]
    fn option_precedes_variable_precedes_settings_precedes_default() {
        let mut globals = Globals::default();
        let mut config = Config::default();
        let vars = Vars::of(&[("HOME", "/home/anna")]);
        let dir = |globals: &Globals, vars: &Vars, config: &Config| {
            globals.store_dir(vars, config).unwrap().display().to_string()
        };
        assert_eq!(dir(&globals, &vars, &config), "/home/anna/.local/share/callbook");
        let vars = Vars::of(&[("HOME", "/home/anna"), ("XDG_DATA_HOME", "relative")]);
        assert_eq!(dir(&globals, &vars, &config), "/home/anna/.local/share/callbook");
        let vars = Vars::of(&[("XDG_DATA_HOME", "/data")]);
        assert_eq!(dir(&globals, &vars, &config), "/data/callbook");
        config.store = Some("/settings".into());
        assert_eq!(dir(&globals, &vars, &config), "/settings");
        let vars = Vars::of(&[("CALLBOOK_STORE", "/var")]);
        assert_eq!(dir(&globals, &vars, &config), "/var");
        globals.store = Some("/option".into());
        assert_eq!(dir(&globals, &vars, &config), "/option");
        assert!(Globals::default().store_dir(&Vars::default(), &Config::default()).is_err());
    }
}
