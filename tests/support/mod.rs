//! What several test programs share.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::wildcard_imports,
    reason = "each test program uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever goes wrong here is a failed test"
)]

pub mod pty;
pub mod served;
pub mod shell;
