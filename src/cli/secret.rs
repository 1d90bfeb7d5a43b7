//! How a command learns what unlocks the store. Never from an argument or a variable: others can read those.

use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::api::{Code, Error};
use crate::cli::ctx::Ctx;
use crate::client::open::{Login, Secret};

/// The longest first line that is read from a file.
const MOST: u64 = 4096;
/// Fewer characters are guessed, whatever they are.
const LEAST: usize = 12;

/// The file the passphrase is in: the option, the variable, or what systemd hands to a service.
fn passphrase_file(ctx: &Ctx<'_>) -> Option<PathBuf> {
    let credential = || {
        let file = ctx.io.vars.path("CREDENTIALS_DIRECTORY")?.join("callbook-passphrase");
        file.exists().then_some(file)
    };
    ctx.globals
        .passphrase_file
        .clone()
        .or_else(|| ctx.io.vars.path("CALLBOOK_PASSPHRASE_FILE"))
        .or_else(credential)
}

/// What unlocks an existing store.
pub(crate) fn to_open(ctx: &mut Ctx<'_>) -> Result<Secret, Error> {
    if let Some(secret) = from_files(ctx)? {
        return Ok(secret);
    }
    if !ctx.io.asks {
        return Err(locked());
    }
    Ok(Secret::Passphrase(ask("Passphrase: ")?))
}

/// What shall unlock a new store. A person types it twice, and a weak one is refused; the owner of a file is only
/// warned, since what stands there may come from a generator.
pub(crate) fn to_init(ctx: &mut Ctx<'_>, names: &[&str]) -> Result<Secret, Error> {
    if ctx.globals.recovery_file.is_some() {
        return Err(Error::usage("a new store gets its own recovery code")
            .hint("name --passphrase-file FILE or --key-file FILE"));
    }
    if let Some(secret) = from_files(ctx)? {
        if let Secret::Passphrase(words) = &secret
            && let Some(why) = weakness(words, names)
        {
            ctx.warn(&format!("the passphrase is weak: {why}"));
        }
        return Ok(secret);
    }
    if !ctx.io.asks {
        return Err(Error::new(
            Code::Locked,
            "nothing is named to unlock the new store with, and there is no terminal to ask for a passphrase",
        )
        .hint("name --passphrase-file FILE, or --key-file FILE, which is made if it is not there"));
    }
    ctx.say(
        "The passphrase unlocks the store. Several unusual words are good; nobody can look it up for you.",
    );
    let first = ask("New passphrase: ")?;
    if let Some(why) = weakness(&first, names) {
        return Err(
            Error::refused(format!("the passphrase is weak: {why}")).hint("take four or more unusual words")
        );
    }
    if *ask("The same again: ")? != *first {
        return Err(Error::usage("the two passphrases differ; nothing was made"));
    }
    Ok(Secret::Passphrase(first))
}

/// The password of a user's own so far.
pub(crate) fn old_password(ctx: &Ctx<'_>) -> Result<Zeroizing<String>, Error> {
    if ctx.io.embedded || !ctx.io.asks {
        return Err(Error::new(Code::Locked, "there is no terminal to ask for your password so far")
            .hint("name a file with --old-password-file FILE, from a shell"));
    }
    ask("Your password so far: ")
}

/// A passphrase that is there already, of something else than the store; `option` names a file with it.
pub(crate) fn asked(ctx: &Ctx<'_>, question: &str, option: &str) -> Result<Zeroizing<String>, Error> {
    if ctx.io.embedded || !ctx.io.asks {
        return Err(Error::new(Code::Locked, "there is no terminal to ask for the passphrase")
            .hint(format!("name a file with {option}, from a shell")));
    }
    ask(question)
}

/// A new passphrase of something else than the store, typed twice.
pub(crate) fn new_asked(ctx: &Ctx<'_>, question: &str, option: &str) -> Result<Zeroizing<String>, Error> {
    let first = asked(ctx, question, option)?;
    if *ask("The same again: ")? != *first {
        return Err(Error::usage("the two passphrases differ; nothing was changed"));
    }
    Ok(first)
}

/// A new password of a user's own, typed twice.
pub(crate) fn new_password(ctx: &Ctx<'_>) -> Result<Zeroizing<String>, Error> {
    if ctx.io.embedded || !ctx.io.asks {
        return Err(Error::new(Code::Locked, "there is no terminal to ask for the new password")
            .hint("name a file with --password-file FILE, from a shell"));
    }
    let first = ask("New password: ")?;
    if *ask("The same again: ")? != *first {
        return Err(Error::usage("the two passwords differ; nothing was changed"));
    }
    Ok(first)
}

/// A file that was named to unlock the store with.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    Key(PathBuf),
    Recovery(PathBuf),
    Passphrase(PathBuf),
}

impl Named {
    /// Reads it, as often as it is needed.
    pub(crate) fn read(&self) -> Result<Secret, Error> {
        Ok(match self {
            Named::Key(path) => Secret::KeyFile(path.clone()),
            Named::Recovery(path) => Secret::Recovery(read_line(path, "recovery code")?.0),
            Named::Passphrase(path) => Secret::Passphrase(read_line(path, "passphrase")?.0),
        })
    }
}

/// The file that was named, if one was.
pub(crate) fn named(ctx: &Ctx<'_>) -> Option<Named> {
    if let Some(path) = &ctx.globals.key_file {
        return Some(Named::Key(path.clone()));
    }
    if let Some(path) = &ctx.globals.recovery_file {
        return Some(Named::Recovery(path.clone()));
    }
    passphrase_file(ctx).map(Named::Passphrase)
}

pub(crate) fn from_files(ctx: &mut Ctx<'_>) -> Result<Option<Secret>, Error> {
    match named(ctx) {
        Some(Named::Key(path)) => Ok(Some(Secret::KeyFile(path))),
        Some(Named::Recovery(path)) => Ok(Some(Secret::Recovery(first_line(ctx, &path, "recovery code")?))),
        Some(Named::Passphrase(path)) => Ok(Some(Secret::Passphrase(first_line(ctx, &path, "passphrase")?))),
        None => Ok(None),
    }
}

/// Who this is, as far as options say.
pub(crate) fn login(ctx: &mut Ctx<'_>) -> Result<Login, Error> {
    let user = ctx.globals.login.clone();
    let user = user.or_else(|| Some(ctx.io.vars.path("CALLBOOK_USER")?.to_string_lossy().into_owned()));
    let file = ctx.globals.user_password_file.clone();
    let file = file.or_else(|| ctx.io.vars.path("CALLBOOK_USER_PASSWORD_FILE"));
    let password = file.map(|path| first_line(ctx, &path, "password")).transpose()?;
    Ok(Login { user, password })
}

/// Asks for the password that `wanted` is about; without a person to ask, that is the error.
pub(crate) fn ask_login(ctx: &mut Ctx<'_>, wanted: Error) -> Result<Login, Error> {
    let login = login(ctx)?;
    if !ctx.io.asks || login.password.is_some() {
        return Err(wanted);
    }
    ctx.say(&wanted.message);
    Ok(Login { password: Some(ask("Your own password: ")?), ..login })
}

fn locked() -> Error {
    Error::new(Code::Locked, "the store is locked, and there is no terminal to ask for the passphrase")
        .hint("name --passphrase-file FILE (or CALLBOOK_PASSPHRASE_FILE) or --key-file FILE")
}

/// The first line of a file, without its line break.
pub(crate) fn first_line(ctx: &mut Ctx<'_>, path: &Path, what: &str) -> Result<Zeroizing<String>, Error> {
    let (line, open) = read_line(path, what)?;
    if open {
        ctx.warn(&format!("others on this machine can read {}; `chmod 600` it", path.display()));
    }
    Ok(line)
}

/// The same, and whether others on the machine can read it.
fn read_line(path: &Path, what: &str) -> Result<(Zeroizing<String>, bool), Error> {
    use std::os::unix::fs::PermissionsExt;
    let unreadable = |why: String| {
        Error::new(Code::Locked, format!("the {what} in {} cannot be read: {why}", path.display()))
    };
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let open = file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o077 != 0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
    file.take(MOST).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.len() as u64 == MOST {
        return Err(unreadable(format!("its first line is longer than {MOST} bytes")));
    }
    let text = std::str::from_utf8(line).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(unreadable("its first line is empty".to_owned()));
    }
    Ok((Zeroizing::new(text.to_owned()), open))
}

/// Asks on the terminal, without echo.
pub(crate) fn ask(prompt: &str) -> Result<Zeroizing<String>, Error> {
    let answer = rpassword::prompt_password(prompt).map_err(|error| match error.kind() {
        std::io::ErrorKind::Interrupted => Error::new(Code::Interrupted, "nothing was done"),
        _ => Error::new(Code::Locked, format!("the passphrase cannot be asked for: {error}")),
    })?;
    Ok(Zeroizing::new(answer))
}

/// Why a passphrase is easily guessed, if it is. `names` are words an attacker tries first.
pub(crate) fn weakness(words: &str, names: &[&str]) -> Option<String> {
    let length = words.chars().count();
    if length < LEAST {
        return Some(format!("it has {length} characters; {LEAST} are advised"));
    }
    let folded = words.to_lowercase();
    let mut distinct: Vec<char> = folded.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5 {
        return Some("it repeats a few characters".to_owned());
    }
    let codes: Vec<u32> = folded.chars().map(u32::from).collect();
    let steps = codes.windows(2).filter(|pair| matches!(pair, [a, b] if b.abs_diff(*a) <= 1)).count();
    if steps * 2 > codes.len() {
        return Some("it is a row of neighbouring characters".to_owned());
    }
    let mut left = folded.clone();
    for name in
        names.iter().copied().chain(["callbook", "password", "passwort", "passphrase", "qwertz", "qwerty"])
    {
        let name = name.to_lowercase();
        if name.len() > 2 {
            left = left.replace(&name, "");
        }
    }
    if left.chars().filter(|c| c.is_alphabetic()).count() < 4 && left.chars().count() < LEAST {
        return Some("little is left of it without names and words everybody tries".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{first_line, to_open, weakness};
    use crate::api::Code;
    use crate::cli::fake::Fixture;
    use crate::cli::globals::Vars;
    use crate::client::open::Secret;

    #[test]
    fn weak_passphrases_are_refused_with_a_reason() {
        let names = ["Muster GmbH", "anna"];
        for weak in [
            "",
            "short",
            "elevenchars",
            "aaaaaaaaaaaaaaa",
            "abababababab",
            "abcdefghijklmnop",
            "123456789012345",
            "Muster GmbH 2026",
            "Callbook2026!!",
            "password1234",
        ] {
            assert!(weakness(weak, &names).is_some(), "{weak}");
        }
        for good in [
            "correct horse battery staple",
            "Vier unübliche Wörter",
            "x8#kQ2!vLp9@",
            "山田太郎東京大阪京都名古屋",
        ] {
            assert_eq!(weakness(good, &names), None, "{good}");
        }
    }

    #[test]
    fn the_first_line_is_the_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pass");
        let mut fixture = Fixture::closed();
        for (bytes, expected) in [
            (&b"four unusual words here\nsecond line"[..], Some("four unusual words here")),
            (b"with crlf\r\n", Some("with crlf")),
            (b" blanks count \n", Some(" blanks count ")),
            (b"", None),
            (b"\nsecond", None),
            (b"\xff\xfe", None),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let line = fixture.with(|ctx| first_line(ctx, &path, "passphrase"));
            assert_eq!(line.as_ref().ok().map(|line| line.as_str()), expected);
        }
        std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
        assert_eq!(
            fixture.with(|ctx| first_line(ctx, &path, "passphrase")).err().unwrap().code,
            Code::Locked
        );
        let missing =
            fixture.with(|ctx| first_line(ctx, &dir.path().join("no"), "passphrase")).err().unwrap();
        assert_eq!(missing.code, Code::Locked);
    }

    #[test]
    fn without_a_terminal_the_missing_options_are_named() {
        let mut fixture = Fixture::closed();
        let error = fixture.with(to_open).err().unwrap();
        assert_eq!(error.code, Code::Locked);
        let hint = error.hint.unwrap();
        assert!(hint.contains("--passphrase-file") && hint.contains("--key-file"));
    }

    #[test]
    fn a_service_gets_its_passphrase_from_systemd() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("callbook-passphrase"), "of the service\n").unwrap();
        let place: &'static str = Box::leak(dir.path().display().to_string().into_boxed_str());
        let mut fixture = Fixture::closed();
        let secret = fixture.with(|ctx| {
            ctx.io.vars = Vars::of(&[("CREDENTIALS_DIRECTORY", place)]);
            to_open(ctx)
        });
        assert!(matches!(secret, Ok(Secret::Passphrase(words)) if *words == "of the service"));
        assert!(fixture.err().contains("chmod 600"));
    }
}
