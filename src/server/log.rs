//! What the server tells its operator: one line for each event, `key=value`, without personal data.
//!
//! Sessions are numbers; of whoever connects, the uid is told. No name, no request, no record.

use std::fmt::{Display, Write as _};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use crate::env::Env;

/// Where the lines go. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    env: Env,
}

impl Log {
    pub fn new(out: Box<dyn Write + Send>, env: &Env) -> Log {
        Log { out: Arc::new(Mutex::new(out)), env: env.clone() }
    }

    /// To nobody.
    pub fn silent(env: &Env) -> Log {
        Log::new(Box::new(std::io::sink()), env)
    }

    pub(super) fn info(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.line("info", event, fields);
    }

    pub(super) fn warn(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.line("warn", event, fields);
    }

    fn line(&self, level: &str, event: &str, fields: &[(&str, &dyn Display)]) {
        let mut line = format!("time={} level={level} event={event}", self.env.now());
        for (key, value) in fields {
            let text = value.to_string();
            let plain =
                !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '=');
            // Quoting escapes line breaks and control characters too.
            let _ = if plain { write!(line, " {key}={text}") } else { write!(line, " {key}={text:?}") };
        }
        line.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A log nobody takes must not end the server.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_stays_a_line() {
        let kept = Kept::default();
        let log = Log::new(Box::new(kept.clone()), &Env::system());
        log.warn("refused", &[("uid", &7), ("why", &"two words\nlevel=info \u{1b}[2J")]);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.starts_with("time="), "{text}");
        let rest = text.split_once(' ').unwrap().1;
        assert_eq!(rest, "level=warn event=refused uid=7 why=\"two words\\nlevel=info \\u{1b}[2J\"\n");
    }
}
