//! Any bytes as a file to import: rows, rejected rows or a clear error.
#![no_main]

use callbook::interchange::{Options, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in [None, Some("a.vcf"), Some("a.csv"), Some("a.json")] {
        if let Ok(source) = Source::open(std::io::Cursor::new(bytes.to_vec()), name, &Options::default()) {
            source.for_each(drop);
        }
    }
});
