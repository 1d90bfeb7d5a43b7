//! `config.toml`: a person's own settings. Nothing in it is about the data, and no secret belongs into it.
//!
//! A setting is declared once, in `settings!`; `config.example.toml` documents each, and a test compares the two.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::api::Error;
use crate::domain::access::{RoleSpec, Roles};
use crate::domain::country::Country;
use crate::domain::retention::plan::Limits;
use crate::domain::value::words;
use crate::env::schedule::Schedule;
use crate::law::{self, Law};

pub use crate::domain::text::nearest;

words! {
    /// The colours of the screens.
    Theme {
        Auto = "auto",
        Dark = "dark",
        Light = "light",
        Ansi16 = "ansi16",
        Mono = "mono",
    }
}

words! {
    /// How command mode writes what it found.
    Format {
        Table = "table",
        Json = "json",
        Ndjson = "ndjson",
        Csv = "csv",
        Tsv = "tsv",
        Ids = "ids",
    }
}

impl Format {
    /// Whether errors are one JSON object as well.
    pub fn is_json(self) -> bool {
        match self {
            Format::Json | Format::Ndjson => true,
            Format::Table | Format::Csv | Format::Tsv | Format::Ids => false,
        }
    }
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $ty:ty = $default:expr;)*) => {
        /// Every setting, with its default where the file does not name it.
        #[derive(Clone, PartialEq, Debug, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config { $($(#[$doc])* pub $name: $ty,)* }

        impl Config {
            /// The keys of `config.toml`.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($name),)*];
        }

        impl Default for Config {
            fn default() -> Config {
                Config { $($name: $default,)* }
            }
        }
    };
}

words! {
    /// Which accounts of the machine may connect to a server. Who they are, and what they may, is decided by their uid.
    Access {
        Own = "own",
        Group = "group",
        All = "all",
    }
}

impl Access {
    /// The mode of the socket's file.
    pub fn mode(self) -> u32 {
        match self {
            Access::Own => 0o600,
            Access::Group => 0o660,
            Access::All => 0o666,
        }
    }
}

settings! {
    /// The directory of the store.
    store: Option<PathBuf> = None;
    /// The socket of the server, for `serve` and for those who connect.
    socket: Option<PathBuf> = None;
    /// The account that runs the server, where that is neither one's own nor root nor the owner of the store.
    server_account: Option<String> = None;
    /// Which accounts may connect to the server that this account runs.
    socket_access: Access = Access::Own;
    /// Sessions at once; each account may have half of them.
    max_sessions: u32 = 1_000;
    /// How commands write lists and records.
    format: Format = Format::Table;
    theme: Theme = Theme::Auto;
    /// How long a lone Esc is held, in milliseconds: slow links split the sequences of other keys.
    escape_delay_ms: u16 = 40;
    /// After how many minutes without a key the screens lock; 0 never.
    idle_lock_minutes: u16 = 15;
    /// The country of numbers and contacts that name none; the store's own when absent.
    default_country: Option<Country> = None;
    /// Keys of an action, in place of its own.
    keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    /// The program for long texts; `$VISUAL` or `$EDITOR` when absent.
    editor: Option<String> = None;
    /// Whether the screens may copy to the clipboard through the terminal (OSC 52).
    osc52: bool = true;
    /// The program that dials, and its arguments; none is run where it is empty.
    dial_command: Vec<String> = Vec::new();
    /// The number that people see when they are called.
    shown_number: String = String::new();
    /// Without colours and rules, for screen readers and logs.
    plain: bool = false;
    /// The program that sends a message, with its words; it is given the message on standard input.
    mail_command: Vec<String> = Vec::new();
    /// Where a code of a double opt-in is handed in, with `{code}` where it goes; by answering the message when absent.
    opt_in_link: Option<String> = None;
    /// For how many days a code of a double opt-in is good.
    opt_in_days: u16 = 7;
    /// What is taken from roles, and roles that are added.
    roles: BTreeMap<String, RoleSpec> = BTreeMap::new();
    /// Rules in place of the built-in ones, or beside them.
    law: LawSettings = LawSettings::default();
    /// Backups that a server makes by itself.
    backup: BackupSettings = BackupSettings::default();
    /// When what has run out goes, and on whose word.
    retention: RetentionSettings = RetentionSettings::default();
}

/// What the settings say of retention.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// When a server sweeps: a cron expression; `never` when absent.
    #[serde(deserialize_with = "schedule_or_never")]
    pub schedule: Option<Schedule>,
    /// More people than this leave only when a second user approved the plan.
    pub two_persons_above: u64,
    /// A greater step of the clock, in days, is not believed until somebody says that it is right.
    pub clock_step_days: u16,
}

impl Default for RetentionSettings {
    fn default() -> RetentionSettings {
        let Limits { two_persons_above, clock_step_days } = Limits::default();
        RetentionSettings { schedule: "0 3 * * *".parse().ok(), two_persons_above, clock_step_days }
    }
}

impl RetentionSettings {
    pub fn limits(&self) -> Limits {
        Limits { two_persons_above: self.two_persons_above, clock_step_days: self.clock_step_days }
    }
}

/// A schedule that can be turned off.
fn schedule_or_never<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<Schedule>, D::Error> {
    let text = String::deserialize(reader)?;
    if text.trim() == "never" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: crate::domain::value::Invalid| serde::de::Error::custom(error))
}

/// What the settings say of the law.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LawSettings {
    /// A file of entries, as `assets/law` has them; beside `config.toml`, where it is not an absolute path.
    pub file: Option<PathBuf>,
}

/// When a server makes backups, and where.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupSettings {
    /// A cron expression; without one, none are made.
    pub schedule: Option<Schedule>,
    /// An absolute path, or one beside `config.toml`.
    pub directory: Option<PathBuf>,
    /// How many are kept.
    pub keep: u16,
}

impl Default for BackupSettings {
    fn default() -> BackupSettings {
        BackupSettings { schedule: None, directory: None, keep: 14 }
    }
}

impl Config {
    /// Reads settings from TOML. `name` is what errors call the text.
    pub fn parse(text: &str, name: &str) -> Result<Config, Error> {
        let line_of = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let config: Config = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(span.start));
            match unknown_key(text) {
                Some(key) => {
                    let hint = match nearest(&key, Config::KEYS) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("the settings are {}", Config::KEYS.join(", ")),
                    };
                    Error::usage(format!("{name}, line {line}: there is no setting `{key}`")).hint(hint)
                }
                None => Error::usage(format!("{name}, line {line}: {}", error.message()))
                    .hint("config.example.toml shows every setting"),
            }
        })?;
        config.roles_of(name)?;
        Ok(config)
    }

    /// The built-in roles with what these settings say of them.
    pub fn roles(&self) -> Result<Roles, Error> {
        self.roles_of("config.toml")
    }

    /// The built-in law with what the file says that these settings name.
    pub fn law(&self) -> Result<Law, Error> {
        match &self.law.file {
            Some(file) => read_law(file),
            None => Ok(Law::built_in()),
        }
    }

    fn roles_of(&self, name: &str) -> Result<Roles, Error> {
        Roles::configured(&self.roles, name).map_err(|refused| {
            Error::usage(refused.to_string()).hint("assets/roles.toml says what each role has")
        })
    }

    /// Reads the file. Without one, everything has its default, unless the file was `asked` for by name.
    pub fn load(path: &Path, asked: bool) -> Result<Config, Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut config = Config::parse(&text, &path.display().to_string())?;
                if let (Some(file), Some(beside)) = (&mut config.law.file, path.parent()) {
                    *file = beside.join(&*file);
                }
                if let (Some(directory), Some(beside)) = (&mut config.backup.directory, path.parent()) {
                    *directory = beside.join(&*directory);
                }
                Ok(config)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked => Ok(Config::default()),
            Err(error) => {
                Err(Error::usage(format!("the settings in {} cannot be read: {error}", path.display())))
            }
        }
    }
}

/// Reads a file of law and lays it over the built-in one.
pub fn read_law(path: &Path) -> Result<Law, Error> {
    let name = path.display().to_string();
    let unread = |why: String| {
        Error::usage(format!("the law in {name} cannot be read: {why}"))
            .hint("it is named under [law] in config.toml; without it, the built-in law holds")
    };
    // What is no file could have no end, or wait for somebody to write into it.
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(unread("it is no file".to_owned())),
        Err(error) => return Err(unread(error.to_string())),
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(law::MAX_LEN as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| unread(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count();
        unread(format!("line {} is not UTF-8", line + 1))
    })?;
    Law::load(&text, &name).map_err(|refused| {
        Error::usage(refused.to_string())
            .hint("assets/law shows how entries are written; `callbook law check FILE` tries one")
    })
}

fn unknown_key(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    table.keys().find(|key| !Config::KEYS.contains(&key.as_str())).cloned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Config, Theme, read_law};
    use crate::api::Code;
    use crate::law::{self, Law};

    const EXAMPLE: &str = include_str!("../config.example.toml");

    #[test]
    fn the_example_shows_every_setting_and_nothing_else() {
        assert_eq!(Config::parse(EXAMPLE, "example").unwrap(), Config::default());
        // The settings stand there commented out; as they would be used, all of them are understood.
        let used: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        let table: toml::Table = toml::from_str(&used).unwrap();
        let mut shown: Vec<&str> = table.keys().map(String::as_str).collect();
        let mut known = Config::KEYS.to_vec();
        shown.sort_unstable();
        known.sort_unstable();
        assert_eq!(shown, known);
        Config::parse(&used, "example").unwrap();
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
        let error = Config::parse("plain = true\nthem = \"dark\"\n", "config.toml").unwrap_err();
        assert_eq!(error.code, Code::Usage);
        assert_eq!(error.message, "config.toml, line 2: there is no setting `them`");
        assert_eq!(error.hint.as_deref(), Some("did you mean `theme`?"));
        let error = Config::parse("xylophone = 1", "c").unwrap_err();
        assert!(error.hint.unwrap().contains("idle_lock_minutes"));
    }

    #[test]
    fn wrong_values_are_refused_with_their_line() {
        for (text, part) in [
            ("\ntheme = \"pink\"", "line 2"),
            ("escape_delay_ms = -1", "line 1"),
            ("osc52 = \"yes\"", "line 1"),
            ("= 3", "line 1"),
            ("default_country = \"Atlantis\"", "Atlantis"),
        ] {
            let error = Config::parse(text, "c").unwrap_err();
            assert!(error.message.contains(part), "{text}: {}", error.message);
        }
        assert_eq!(Config::parse("theme = \"mono\"", "c").unwrap().theme, Theme::Mono);
        assert!(Config::parse("default_country = \"Germany\"", "c").is_ok());
    }

    #[test]
    fn roles_that_ask_for_more_are_refused_by_their_key() {
        let error = Config::parse("[roles.admin.contact]\nread = \"all\"\n", "config.toml").unwrap_err();
        assert_eq!(error.code, Code::Usage);
        assert_eq!(
            error.message,
            "config.toml, roles.admin.contact.read: an administrator sees and changes no personal data"
        );
        let error = Config::parse("[roles.rep]\nscope = 1\n", "config.toml").unwrap_err();
        assert!(error.message.starts_with("config.toml, line 2: unknown field `scope`"), "{}", error.message);
        let config = Config::parse("[roles.intern]\nlike = \"rep\"\n", "config.toml").unwrap();
        assert!(config.roles().unwrap().get(&"intern".parse().unwrap()).is_some());
    }

    const LAW: &str = "[ages.PL]\ndigital_consent = 16\ncontract = 18\ncitation = \"c\"\nsource = \"s\"\n\
                       checked = 2026-11-01\nverified = false\n";

    #[test]
    fn the_law_lies_beside_the_settings() {
        let dir = tempfile::tempdir().unwrap();
        let settings = dir.path().join("config.toml");
        std::fs::write(&settings, "[law]\nfile = \"law.toml\"\n").unwrap();
        let config = Config::load(&settings, true).unwrap();
        let error = config.law().unwrap_err();
        assert_eq!(error.code, Code::Usage, "a file that is named and missing is not passed over");
        std::fs::write(dir.path().join("law.toml"), LAW).unwrap();
        assert_eq!(config.law().unwrap().ages("PL".parse().unwrap()).unwrap().digital_consent, 16);
        assert_eq!(Config::default().law().unwrap(), Law::built_in());
        let error = Config::parse("[law]\nfiles = \"law.toml\"\n", "config.toml").unwrap_err();
        assert!(error.message.starts_with("config.toml, line 2: unknown field `files`"), "{}", error.message);
    }

    #[test]
    fn what_is_no_file_of_law_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |path: &Path| {
            let error = read_law(path).unwrap_err();
            assert_eq!(error.code, Code::Usage);
            error.message
        };
        assert!(refused(dir.path()).ends_with("it is no file"));
        assert!(refused(Path::new("/dev/zero")).ends_with("it is no file"));
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        assert!(refused(&fifo).ends_with("it is no file"), "nobody waits for a writer");
        let file = dir.path().join("law.toml");
        assert!(refused(&file).contains("cannot be read"));
        let with = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            refused(&file)
        };
        assert!(with(b"# law\n\n# \xff\n").ends_with("line 3 is not UTF-8"));
        assert!(with(b"").ends_with("there is no entry in it"));
        assert!(with("x".repeat(law::MAX_LEN + 1).as_bytes()).contains("are more than the"));
        assert!(with(b"[telephone]\nx = 1\n").contains("telephone.x: a table is wanted"));
        assert!(with(b"\0").contains("law.toml, line 1"));
    }
}
