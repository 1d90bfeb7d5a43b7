//! Consent by commands alone, as a person at a shell has it: who is called, what is asked, what stands as proof, and what
//! leaves the store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever goes wrong here is a failed test"
)]

#[path = "consent/hostile.rs"]
mod hostile;
#[path = "consent/newsletter.rs"]
mod newsletter;
#[path = "consent/story.rs"]
mod story;
mod support;
#[path = "consent/talk.rs"]
mod talk;
