//! The `:` line in front of the command line: the same words, the same answers, as text.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::{Line, run_line, split_line};
use crate::config::Config;
use crate::env::Env;
use crate::tui::driver::Commands;

/// Cells a table may take; the pane scrolls sideways.
const WIDTH: usize = 160;

/// Runs lines as the command line does. What was only partly done is told by the text itself.
pub fn commands(env: Env, config: Arc<Config>) -> Commands {
    Arc::new(move |client, words| {
        let words = split_line(words)?;
        let stop = Arc::new(AtomicBool::new(false));
        let line = Line { client, env: &env, config: &config, width: Some(WIDTH), stop };
        let mut out = Vec::new();
        run_line(&line, &words, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, Door};

    struct Nobody;

    impl Door for Nobody {
        fn request(&self, request: crate::api::Request) -> Result<crate::api::Response, crate::api::Error> {
            Err(crate::api::Error::failed(format!("asked {}", request.name())))
        }
    }

    #[test]
    fn a_line_is_a_command_and_a_mistake_is_an_error() {
        let run = commands(Env::system(), Arc::new(Config::default()));
        let client = Client::new(Arc::new(Nobody));
        let error = run(&client, "contact list 'tag:fair'").unwrap_err();
        assert!(error.message.starts_with("asked "), "{error}");
        assert!(run(&client, "contact lsit").is_err());
        assert!(run(&client, "contact list 'open").is_err());
        assert!(run(&client, "contact list --help").unwrap().contains("list"));
    }
}
