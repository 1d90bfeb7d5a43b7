//! Any text in the search box: a query that prints as itself, or an error that points into the text.
#![no_main]

use callbook::domain::query::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Query::parse(text) {
    Ok(query) => assert_eq!(Query::parse(&query.to_string()).as_ref(), Ok(&query)),
    Err(error) => drop(error.render(text)),
});
