//! The same commands from inside the screens, where the store is open already.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::api::{Code, Error};
use crate::cli::ctx::{Ctx, End, Io};
use crate::cli::globals::Vars;
use crate::cli::{dispatch, parse};
use crate::client::Client;
use crate::config::Config;
use crate::env::Env;

/// What a command typed into the screens works with.
pub struct Line<'a> {
    pub client: &'a Client,
    pub env: &'a Env,
    pub config: &'a Config,
    /// Cells that a line of text may take.
    pub width: Option<usize>,
    /// Raised to stop an import or export between two steps.
    pub stop: Arc<AtomicBool>,
}

/// Runs a command against the open store; data and narration go to `out`. Commands that ask, open other stores or read
/// standard input are refused, and say so. The answer is [`Code::PartlyTaken`] and the like where the text tells why.
pub fn run_line(line: &Line<'_>, words: &[String], out: &mut dyn Write) -> Result<Option<Code>, Error> {
    let mut all = vec!["callbook".into()];
    all.extend(words.iter().map(Into::into));
    let cli = match parse(&all) {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            let text = error.render().to_string();
            out.write_all(text.as_bytes()).map_err(|error| Error::failed(error.to_string()))?;
            return Ok(None);
        }
        Err(error) => {
            let text = error.render().to_string();
            let message = text.split("\n\n").next().unwrap_or_default().trim();
            let message = message.strip_prefix("error: ").unwrap_or(message);
            return Err(Error::usage(message.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    };
    let Some(command) = cli.command else {
        return Err(
            Error::usage("no command is named").hint("contact list, note add, tag list, history activity …")
        );
    };
    let globals = &cli.globals;
    let elsewhere =
        [&globals.store, &globals.socket, &globals.config, &globals.passphrase_file, &globals.key_file];
    if elsewhere.iter().any(|path| path.is_some()) || globals.recovery_file.is_some() {
        return Err(Error::usage("the store is open already; another one can be named from a shell"));
    }
    let (mut data, mut told) = (Vec::new(), Vec::new());
    let io = Io {
        out: Box::new(&mut data),
        err: Box::new(&mut told),
        input: Box::new(std::io::empty()),
        vars: Vars::default(),
        width: line.width,
        colour: false,
        live: false,
        asks: false,
        embedded: true,
    };
    let mut ctx = Ctx::new(line.env, cli.globals, line.config.for_line(), io)
        .with_client(line.client.clone(), line.stop.clone());
    let done = dispatch(&mut ctx, Some(command));
    drop(ctx);
    let written = out.write_all(&data).and_then(|()| out.write_all(&told));
    written.map_err(|error| Error::failed(format!("the output cannot be shown: {error}")))?;
    match done {
        Ok(()) | Err(End::NoReader) => Ok(None),
        Err(End::Reported(code)) => Ok(Some(code)),
        Err(End::Failed(error)) => Err(error),
    }
}

/// The words of a line, as a POSIX shell separates them: single quotes, double quotes and backslashes keep words
/// together. Nothing is expanded.
pub fn split_line(text: &str) -> Result<Vec<String>, Error> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    let open = || Error::usage("a quote is not closed");
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(open)? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(open)? {
                        '"' => break,
                        '\\' => match chars.next().ok_or_else(open)? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err(Error::usage("a backslash stands at the end")),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split_line;

    #[test]
    fn words_as_a_shell_separates_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  contact   list ", &["contact", "list"]),
            ("note add 1 'it''s fine'", &["note", "add", "1", "its fine"]),
            (r#"a "b \"c\" \d" e\ f"#, &["a", r#"b "c" \d"#, "e f"]),
            ("--set x=''", &["--set", "x="]),
            ("''", &[""]),
            ("$HOME `id` *", &["$HOME", "`id`", "*"]),
        ];
        for (text, words) in cases {
            assert_eq!(split_line(text).unwrap(), *words, "{text}");
        }
        for text in ["'open", "\"open", "\"open\\", "end\\"] {
            assert!(split_line(text).is_err(), "{text}");
        }
    }
}
