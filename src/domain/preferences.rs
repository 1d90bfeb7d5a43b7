//! The preferences page of a person and its answer (R32): what the person is shown, what may come back, and by what it is
//! known that it did.
//!
//! Each page carries a random key of its own, which the store keeps as well. The answer is a text of JSON, and beside it an
//! HMAC-SHA256 under that key over the format, the id of the form and the very bytes of that text: nothing is brought into a
//! canonical form, so there is nothing to disagree about. Whoever has the page can answer, as whoever has a letter can; an
//! answer is taken in once, and can only take away or ask: there is no word in it that gives a consent.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::consent::State;
use crate::domain::request::Right;
use crate::domain::time::Timestamp;
use crate::domain::value::Invalid;
use crate::domain::wording::sentence::Tongue;

/// What stands first in an answer file, and in what is authenticated.
pub const FORMAT: &str = "callbook-answer-1";
/// The longest answer file, in bytes.
pub const MAX_FILE: usize = 64 << 10;
/// The longest text of a wish, in characters.
pub const MAX_WORDS: usize = 10_000;
/// The most corrections, withdrawals or requests in one answer.
pub const MOST: usize = 50;
/// The length of a key, in bytes.
pub const KEY: usize = 32;

/// What a page shows to whom.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Form {
    pub invitation: Uuid,
    pub tongue: Tongue,
    pub expires: Timestamp,
    /// The last day on which an answer is taken in, as the person is told.
    pub until: String,
    pub controller: String,
    pub address: String,
    /// Where the answer goes.
    pub contact: String,
    pub dpo: String,
    pub authority: String,
    pub person: String,
    pub lines: Vec<Line>,
    pub consents: Vec<Agreed>,
}

/// A field of the person's data, as it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    pub field: String,
    /// In English; the page has words of its own for the fields it knows.
    pub label: String,
    pub value: String,
}

/// What the person said about a purpose and a channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Agreed {
    pub purpose: String,
    /// In the person's language.
    pub title: String,
    pub channel: Channel,
    pub state: State,
}

/// An answer file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    pub format: String,
    pub invitation: Uuid,
    /// The [`Answer`] as JSON.
    pub answer: String,
    /// In lower-case hexadecimal digits.
    pub mac: String,
}

/// What a person wants.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub invitation: Uuid,
    /// By the person's clock, which proves nothing.
    #[serde(default)]
    pub answered_at: String,
    #[serde(default)]
    pub corrections: Vec<Correction>,
    #[serde(default)]
    pub withdraw: Vec<Withdrawn>,
    #[serde(default)]
    pub object_to_marketing: bool,
    #[serde(default)]
    pub ask: Vec<Right>,
    #[serde(default)]
    pub words: String,
}

/// A field and what is right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    pub field: String,
    pub value: String,
}

/// A consent that is taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    pub purpose: String,
    pub channel: Channel,
}

/// What can be asked for by the page; the others have words of their own in it.
pub const ASKED: [Right; 4] = [Right::Access, Right::Portability, Right::Erasure, Right::Restriction];

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What hexadecimal digits in lower case stand for.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if text.len() != 2 * N || !lower {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn keyed(key: &[u8; KEY], invitation: Uuid, answer: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [FORMAT, "\n", &invitation.to_string(), "\n", answer] {
        mac.update(part.as_bytes());
    }
    Some(mac)
}

/// By what an answer is known, in hexadecimal digits.
pub fn mac(key: &[u8; KEY], invitation: Uuid, answer: &str) -> String {
    keyed(key, invitation, answer).map(|mac| hex(&mac.finalize().into_bytes())).unwrap_or_default()
}

/// Whether an answer was made with this key; in the same time whatever is wrong with it.
pub fn is_genuine(key: &[u8; KEY], invitation: Uuid, answer: &str, mac: &str) -> bool {
    let (Some(keyed), Some(given)) = (keyed(key, invitation, answer), unhex::<32>(mac)) else { return false };
    keyed.verify_slice(&given).is_ok()
}

impl Sealed {
    /// Reads an answer file. What is in it is not known to be anybody's before [`is_genuine`] says so.
    pub fn read(bytes: &[u8]) -> Result<Sealed, Invalid> {
        if bytes.len() > MAX_FILE {
            return Err(Invalid::new(format!("an answer file has {MAX_FILE} bytes at most")));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| Invalid::new("this is no answer file: it is no text"))?;
        let sealed: Sealed = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| Invalid::new(format!("this is no answer file: {error}")))?;
        if sealed.format != FORMAT {
            return Err(Invalid::new(format!(
                "this is no answer file of this version: it is to be `{FORMAT}`"
            )));
        }
        Ok(sealed)
    }

    /// An answer under a key, as the page makes it.
    pub fn seal(key: &[u8; KEY], answer: &Answer) -> Result<Sealed, Invalid> {
        let text = serde_json::to_string(answer).map_err(|error| Invalid::new(error.to_string()))?;
        let (format, invitation) = (FORMAT.to_owned(), answer.invitation);
        Ok(Sealed { format, invitation, mac: mac(key, invitation, &text), answer: text })
    }
}

impl Answer {
    /// Reads what an answer file that is genuine says. Strict: a word that is not known is refused, not passed over.
    pub fn read(text: &str) -> Result<Answer, Invalid> {
        let answer: Answer = serde_json::from_str(text)
            .map_err(|error| Invalid::new(format!("the answer is not understood: {error}")))?;
        let Answer { invitation: _, answered_at, corrections, withdraw, object_to_marketing, ask, words } =
            &answer;
        let long = |text: &str, most: usize| text.chars().count() > most;
        if corrections.len() > MOST || withdraw.len() > MOST || ask.len() > MOST {
            return Err(Invalid::new(format!("more than {MOST} wishes of a kind are more than a page has")));
        }
        let values = corrections.iter().any(|one| long(&one.field, 100) || long(&one.value, 2_000));
        if long(words, MAX_WORDS) || long(answered_at, 40) || values {
            return Err(Invalid::new("a text in it is longer than it may be"));
        }
        if let Some(other) = ask.iter().find(|right| !ASKED.contains(right)) {
            return Err(Invalid::new(format!("`{other}` is not asked for like this")));
        }
        let nothing = corrections.is_empty() && withdraw.is_empty() && ask.is_empty();
        if nothing && !object_to_marketing && words.trim().is_empty() {
            return Err(Invalid::new("the answer says nothing"));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            invitation: Uuid::from_u128(7),
            answered_at: String::new(),
            corrections: vec![Correction { field: "phones".into(), value: "030 901820".into() }],
            withdraw: vec![],
            object_to_marketing: false,
            ask: vec![Right::Access],
            words: "Grüße 😀".into(),
        }
    }

    /// The same as `node` computes from `assets/preferences/page.js`.
    #[test]
    fn the_page_and_the_store_agree_on_what_is_authenticated() {
        let mut key = [0; KEY];
        key[KEY - 1] = 1;
        let mac = mac(&key, Uuid::from_u128(7), "{\"words\":\"Größe 😀\"}");
        assert_eq!(mac, "ed415c5b1f257b3fc6b1a39da37d11ca575ef0c8938dc00d9dd81dfcda6c83bf");
    }

    #[test]
    fn an_answer_is_known_by_its_key_its_form_and_every_byte() {
        let key = [3; KEY];
        let sealed = Sealed::seal(&key, &answer()).unwrap();
        let again = Sealed::read(&serde_json::to_vec(&sealed).unwrap()).unwrap();
        assert_eq!(again, sealed);
        let genuine = |key: &[u8; KEY], id: u128, answer: &str, mac: &str| {
            is_genuine(key, Uuid::from_u128(id), answer, mac)
        };
        assert!(genuine(&key, 7, &sealed.answer, &sealed.mac));
        assert_eq!(Answer::read(&sealed.answer).unwrap(), answer());
        assert!(!genuine(&[4; KEY], 7, &sealed.answer, &sealed.mac), "another key");
        assert!(!genuine(&key, 8, &sealed.answer, &sealed.mac), "another form");
        assert!(!genuine(&key, 7, &sealed.answer.replace("access", "erasure"), &sealed.mac), "another wish");
        for mac in ["", "00", &sealed.mac.to_uppercase(), &sealed.mac[..62], &"é".repeat(32)] {
            assert!(!genuine(&key, 7, &sealed.answer, mac), "{mac}");
        }
    }

    #[test]
    fn whatever_is_not_an_answer_file_is_refused() {
        let good = serde_json::to_string(&Sealed::seal(&[3; KEY], &answer()).unwrap()).unwrap();
        for (bytes, why) in [
            (Vec::new(), "no answer file"),
            (b"\xff\xfe{".to_vec(), "no text"),
            (b"[]".to_vec(), "no answer file"),
            ("[".repeat(60_000).into_bytes(), "no answer file"),
            (vec![b' '; MAX_FILE + 1], "at most"),
            (good.replace(FORMAT, "callbook-answer-2").into_bytes(), "version"),
            (good.replacen('{', "{\"grant\":true,", 1).into_bytes(), "no answer file"),
            (good.replacen("\"format\"", "\"mac\":\"\",\"format\"", 1).into_bytes(), "no answer file"),
        ] {
            let error = Sealed::read(&bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn an_answer_takes_away_or_asks_and_says_nothing_else() {
        let id = Uuid::from_u128(7);
        for wish in [
            "\"give\":[{\"purpose\":\"sales\",\"channel\":\"phone\"}]",
            "\"withdraw\":[{\"purpose\":\"sales\",\"channel\":\"phone\",\"state\":\"given\"}]",
            "\"withdraw\":[{\"purpose\":\"sales\",\"channel\":\"telepathy\"}]",
            "\"ask\":[\"objection\"]",
            "\"ask\":[\"everything\"]",
            "\"words\":\"   \"",
            "\"object_to_marketing\":\"no\"",
            &format!("\"words\":\"{}\"", "x".repeat(MAX_WORDS + 1)),
            &format!("\"ask\":[{}\"access\"]", "\"access\",".repeat(MOST)),
            &format!("\"corrections\":[{{\"field\":\"phones\",\"value\":\"{}\"}}]", "x".repeat(2_001)),
        ] {
            let text = format!("{{\"invitation\":\"{id}\",{wish}}}");
            assert!(Answer::read(&text).is_err(), "{wish}");
        }
        assert!(Answer::read(&format!("{{\"invitation\":\"{id}\",\"object_to_marketing\":true}}")).is_ok());
    }
}
