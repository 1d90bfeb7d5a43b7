//! Backups and key escrows from anybody.
#![no_main]

use std::path::Path;

use callbook::store::backup;
use callbook::store::keyring::escrow::Escrow;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzzed");
    let mut last: Vec<u8> = Vec::new();
    let mut ascending = |key: &[u8], _: &[u8]| {
        assert!(key > last.as_slice());
        last = key.to_vec();
        Ok(())
    };
    let _ = backup::read_from(&mut &bytes[..], path, &mut ascending, &mut |_| true);
    let _ = Escrow::parse(bytes, path);
});
