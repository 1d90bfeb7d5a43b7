//! A password on its way through the door: wiped when dropped, never written out.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Words nobody shall read.
#[derive(Clone, PartialEq, Eq)]
pub struct Hush(Zeroizing<String>);

impl Hush {
    pub fn new(words: Zeroizing<String>) -> Hush {
        Hush(words)
    }

    pub fn words(&self) -> &str {
        &self.0
    }

    pub fn into_words(self) -> Zeroizing<String> {
        self.0
    }
}

impl std::fmt::Debug for Hush {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hush")
    }
}

impl Serialize for Hush {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hush {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hush, D::Error> {
        String::deserialize(deserializer).map(|words| Hush(Zeroizing::new(words)))
    }
}
