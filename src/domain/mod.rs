//! Pure types and rules: nothing here reads a clock, a file or a socket.
pub mod fold;
pub mod id;
pub mod query;
pub mod text;
pub mod time;
