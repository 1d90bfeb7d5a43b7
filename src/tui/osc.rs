//! Operating system commands: the clipboard, hyperlinks, the window's title.
//!
//! A [`Sequence`] can only be made here, so that no text of a record can pass for one.

use base64::Engine as _;

use super::text;

/// Most bytes copied at once: what the base64 of hterm's and xterm's limit of 100 000 holds.
pub const COPY_LIMIT: usize = 74_994;

/// An escape sequence that is safe to send as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Sequence(Vec<u8>);

impl Sequence {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Rings the terminal's bell.
    pub fn bell() -> Sequence {
        Sequence(vec![0x07])
    }
}

/// Shows the length only: the clipboard's content is somebody's data.
impl std::fmt::Debug for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sequence({} bytes)", self.0.len())
    }
}

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Multiplexer {
    #[default]
    None,
    Tmux,
    Screen,
}

impl Multiplexer {
    /// From the values of `TMUX` and `STY`.
    pub fn detect(tmux: Option<&str>, sty: Option<&str>) -> Multiplexer {
        let set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        if set(tmux) {
            Multiplexer::Tmux
        } else if set(sty) {
            Multiplexer::Screen
        } else {
            Multiplexer::None
        }
    }

    /// From the environment of the process.
    pub fn from_env() -> Multiplexer {
        let tmux = std::env::var("TMUX").ok();
        let sty = std::env::var("STY").ok();
        Multiplexer::detect(tmux.as_deref(), sty.as_deref())
    }
}

/// The text is longer than terminals take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are too many for the terminal's clipboard (at most {COPY_LIMIT}); use the export instead")]
pub struct TooLong(pub usize);

/// Puts `text` into the clipboard of the terminal, even across SSH (OSC 52).
///
/// Whether the terminal did it cannot be known; many ask the person or refuse.
pub fn copy(text: &str, multiplexer: Multiplexer) -> Result<Sequence, TooLong> {
    if text.len() > COPY_LIMIT {
        return Err(TooLong(text.len()));
    }
    let content = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{content}\x07");
    Ok(Sequence(match multiplexer {
        Multiplexer::None => plain.into_bytes(),
        // tmux takes it itself under `set-clipboard on` and passes it on under `allow-passthrough on`; which of them
        // is set cannot be known, and doing it twice does no harm.
        Multiplexer::Tmux => {
            format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes()
        }
        Multiplexer::Screen => through_screen(&plain),
    }))
}

/// screen passes device control strings on to the terminal, but none longer than 768 bytes.
fn through_screen(sequence: &str) -> Vec<u8> {
    let mut wrapped = Vec::new();
    for chunk in sequence.as_bytes().chunks(512) {
        wrapped.extend_from_slice(b"\x1bP");
        wrapped.extend_from_slice(chunk);
        wrapped.extend_from_slice(b"\x1b\\");
    }
    wrapped
}

/// `label` as a link to `target` (OSC 8), or just the cleaned label where the target is no harmless address.
///
/// For line output only; cells of a screen hold text, not sequences.
pub fn hyperlink(target: &str, label: &str) -> String {
    let label = text::clean(label);
    match link(target) {
        Some((open, close)) => format!("{open}{label}{close}"),
        None => label.into_owned(),
    }
}

/// What stands before and after a label so that it is a link to `target`; nothing where that is no harmless address.
pub fn link(target: &str) -> Option<(String, &'static str)> {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let harmless = matches!(scheme.as_deref(), Some("http" | "https" | "mailto" | "tel"))
        && target.len() <= 2083
        && target.bytes().all(|byte| byte.is_ascii_graphic());
    harmless.then(|| (format!("\x1b]8;;{target}\x1b\\"), "\x1b]8;;\x1b\\"))
}

/// Sets the title of the window. A title is seen by others and kept in logs: no data of a person belongs in it.
pub fn title(title: &str) -> Sequence {
    let title = text::clean(title);
    Sequence(format!("\x1b]2;{}\x07", text::truncate(&title, 60)).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sequence: &Sequence) -> String {
        sequence.bytes().escape_ascii().to_string()
    }

    #[test]
    fn copying_is_wrapped_for_what_stands_between() -> Result<(), TooLong> {
        assert_eq!(shown(&copy("hi", Multiplexer::None)?), r"\x1b]52;c;aGk=\x07");
        assert_eq!(
            shown(&copy("hi", Multiplexer::Tmux)?),
            r"\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"
        );
        assert_eq!(shown(&copy("hi", Multiplexer::Screen)?), r"\x1bP\x1b]52;c;aGk=\x07\x1b\\");
        Ok(())
    }

    #[test]
    fn screen_gets_short_strings() -> Result<(), TooLong> {
        let long = copy(&"x".repeat(5000), Multiplexer::Screen)?;
        let text = String::from_utf8_lossy(long.bytes()).into_owned();
        let pieces: Vec<&str> = text.split_terminator("\x1b\\").collect();
        assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() <= 768));
        let inner: String = pieces.iter().filter_map(|piece| piece.strip_prefix("\x1bP")).collect();
        assert_eq!(inner.as_bytes(), copy(&"x".repeat(5000), Multiplexer::None)?.bytes());
        Ok(())
    }

    #[test]
    fn too_much_is_refused_with_what_to_do() {
        assert!(copy(&"x".repeat(COPY_LIMIT), Multiplexer::None).is_ok());
        let error = copy(&"x".repeat(COPY_LIMIT + 1), Multiplexer::None).unwrap_err();
        assert!(error.to_string().contains("export"));
    }

    #[test]
    fn detection() {
        assert_eq!(Multiplexer::detect(Some("/tmp/tmux-0/default,1,0"), None), Multiplexer::Tmux);
        assert_eq!(Multiplexer::detect(None, Some("123.pts-0.host")), Multiplexer::Screen);
        assert_eq!(Multiplexer::detect(Some(""), None), Multiplexer::None);
    }

    #[test]
    fn links_and_titles_cannot_be_broken_out_of() {
        assert_eq!(
            hyperlink("https://example.org/a", "A"),
            "\x1b]8;;https://example.org/a\x1b\\A\x1b]8;;\x1b\\"
        );
        assert_eq!(hyperlink("https://example.org/\x1b\\", "A\x1b"), "A\u{fffd}");
        assert_eq!(hyperlink("javascript:alert(1)", "A"), "A");
        assert_eq!(hyperlink("file:///etc/passwd", "A"), "A");
        let sequence = title("x\x07\x1b]52;c;aGk=\x07");
        assert_eq!(sequence.bytes().iter().filter(|byte| **byte < 0x20).count(), 2);
    }
}
