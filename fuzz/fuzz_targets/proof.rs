//! Any two texts as a proof and a checkpoint.
#![no_main]

use callbook::client::check::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (String, String)| {
    assert!(check(&texts.0, &texts.1, None).is_err());
});
