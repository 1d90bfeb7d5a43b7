//! Any bytes as what an envelope holds, and as an envelope.
#![no_main]

use callbook::store::codec::{Body, Head, Page, Record, decode};
use callbook::store::envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode::<Record>(1, bytes, "a record");
    let _ = decode::<Body>(1, bytes, "a body");
    let _ = decode::<Head>(1, bytes, "a head");
    if let Ok(page) = decode::<Page>(1, bytes, "a page") {
        let _ = page.headers();
    }
    let _ = envelope::peek(bytes);
});
