//! Any bytes as the answer file of a preferences page.
#![no_main]

use callbook::domain::preferences::{Answer, Sealed, is_genuine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(sealed) = Sealed::read(bytes) {
        assert!(!is_genuine(&[7; 32], sealed.invitation, &sealed.answer, &sealed.mac));
        let _ = Answer::read(&sealed.answer);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Answer::read(text);
    }
});
