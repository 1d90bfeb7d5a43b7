//! Pure types and rules: nothing here reads a clock, a file or a socket.
pub mod access;
pub mod answers;
pub mod basis;
pub mod borrowed;
pub mod call;
pub mod channel;
pub mod consent;
pub mod contact;
pub mod country;
pub mod custom;
pub mod denial;
pub mod draft;
pub mod edit;
pub mod entity;
pub mod field;
pub mod fold;
pub mod forbidden;
pub mod history;
pub mod id;
pub mod period;
pub mod purpose;
pub mod query;
pub mod reach;
pub mod reading;
pub mod recipient;
pub mod request;
pub mod schema;
pub mod task;
pub mod text;
pub mod time;
pub mod user;
pub mod value;
pub mod view;
pub mod wording;

#[cfg(test)]
mod entity_tests;
