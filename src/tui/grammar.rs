//! The words of the `:` line, as whoever starts the screens knows them: the screens have no list of commands.

use std::rc::Rc;

use crate::api;
use crate::domain::schema::Schema;

/// A word that could stand at the caret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// As it is written into the line, quoted where that is needed.
    pub text: String,
    /// What it does, or how many records have it.
    pub note: String,
}

/// Values that only the store knows.
#[derive(Clone, Debug)]
pub struct Values {
    pub request: api::Complete,
    /// What stands before the value in the same word.
    pub before: String,
    /// Writes a value as a word.
    pub quote: fn(&str) -> String,
}

/// What could stand at the caret.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Where the word begins that a choice takes the place of, in bytes.
    pub start: usize,
    pub words: Vec<Word>,
    pub values: Option<Values>,
}

/// Says what could follow the text before the caret.
pub type Completer = Rc<dyn Fn(&str, &Schema) -> Offer>;
