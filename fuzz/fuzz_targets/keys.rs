//! Any bytes from a terminal, cut anywhere.
#![no_main]

use callbook::tui::term::input::{Limits, Parser};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, usize)| {
    let (bytes, cut) = input;
    let (head, tail) = bytes.split_at(cut % (bytes.len() + 1));
    let mut parser = Parser::new(Limits::default());
    let mut events = Vec::new();
    parser.feed(head, &mut events);
    parser.feed(tail, &mut events);
    parser.expire(&mut events);
});
