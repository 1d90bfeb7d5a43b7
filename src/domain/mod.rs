//! Pure types and rules: nothing here reads a clock, a file or a socket.
pub mod id;
pub mod time;
