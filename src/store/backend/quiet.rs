//! Turns a panic of the storage engine into text, without a report on standard error.
//!
//! sled panics on damaged files. Its message may hold bytes of a row, and would be painted across the screen; so it is
//! neither printed nor logged as it is. Panics of our own code are reported as ever.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `call`; a panic in it comes back as where it happened in the engine.
pub(super) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    hush();
    let before = QUIET.replace(true);
    // What the closure leaves half-done is behind a poisoned backend, never looked at again.
    let result = catch_unwind(AssertUnwindSafe(call));
    QUIET.set(before);
    result.map_err(|panic| {
        let text =
            panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        first_words(text.unwrap_or_default())
    })
}

/// The plain words at the start of a panic message: what it says, not the bytes it says it about.
fn first_words(text: &str) -> String {
    let words: String =
        text.chars().take_while(|c| c.is_ascii_alphabetic() || " ,'`_-".contains(*c)).take(80).collect();
    format!("the storage engine stopped: {}", words.trim_end_matches([' ', ',', '`', '\'']))
}

/// Puts a filter before whatever panic hook there is, once.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // sled's own threads report their failure to the thread that waits for them.
            let engine = std::thread::current().name().is_some_and(|name| name.starts_with("sled-"));
            if !engine && !QUIET.get() {
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_without_its_bytes() {
        assert_eq!(caught(|| 7), Ok(7));
        let error = caught(|| panic!("invalid page at 17: [65, 66, 67]")).unwrap_err();
        assert_eq!(error, "the storage engine stopped: invalid page at");
        assert!(!QUIET.get(), "later panics are reported again");
    }
}
