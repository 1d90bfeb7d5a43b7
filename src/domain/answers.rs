//! What a call brought, as whoever called hands it in: from the screen, or from a file (`assets/call-answers.schema.json`).
//!
//! This is what was said and done. What follows from it, and what the store knows better (who called, by which rule, which
//! words were read out), the service adds when it records the call.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::call::{Answered, CallOutcome, Direction};
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::request::Right;
use crate::domain::task::TaskKind;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, words};

/// The most answers of one call: every channel of a dozen purposes.
pub const MOST_ANSWERS: usize = 100;
/// The longest call there is, in milliseconds: twelve hours.
pub const LONGEST: i64 = 12 * 60 * 60 * 1000;

words! {
    /// What a person answered. Silence, "I don't know" and hanging up are none of these: then there is no answer.
    Reply {
        Yes = "yes",
        No = "no",
        Later = "later",
    }
}

/// The answer to one question: one purpose, by one channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Answer {
    pub purpose: String,
    pub channel: Channel,
    pub reply: Reply,
    /// What the person said, word for word.
    pub words: String,
    /// When it was said; when the call ended, where it is not told.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What the person was asked, where it was not the script's question.
    #[serde(default)]
    pub question: String,
    /// Until when a yes holds; as long as the purpose says where it is not told, and never longer.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// What the person agreed to be called about.
    #[serde(default)]
    pub products: String,
}

/// The person wants no more marketing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Objection {
    /// Word for word.
    pub words: String,
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// What the person asks for by right, in the call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct AskedFor {
    pub right: Right,
    /// Word for word.
    #[serde(default)]
    pub words: String,
}

/// What is to be done after the call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct FollowUp {
    pub text: String,
    #[serde(default)]
    pub kind: Option<TaskKind>,
    #[serde(default)]
    pub due: Option<Timestamp>,
}

/// What was sent to the person afterwards.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Confirmation {
    pub text: String,
    /// Channel and address, when, and whether it arrived.
    #[serde(default)]
    pub by: String,
}

/// A call, as whoever called tells it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CallAnswers {
    /// The call's id: that of the call that was begun, or one made up for a call that is only recorded. The same id is
    /// recorded once, however often it is handed in.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// `outgoing` where it is not told.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// What the call was for.
    pub purpose: String,
    /// The number that was dialled: one that the contact has.
    #[serde(default)]
    pub number: String,
    /// The number that the person saw.
    #[serde(default)]
    pub shown_number: String,
    #[serde(default)]
    pub on_behalf_of: String,
    pub answered_by: Answered,
    /// Of whoever answered to the person.
    #[serde(default)]
    pub relation: String,
    /// How it was confirmed who spoke. No yes without it.
    #[serde(default)]
    pub identity: String,
    pub started_at: Timestamp,
    #[serde(default)]
    pub answered_at: Option<Timestamp>,
    /// When it was over; only an interrupted call may lack it.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The time zone of whoever called, as IANA names it; that of the controller's country where it is not told.
    #[serde(default)]
    pub zone: String,
    #[serde(default)]
    pub language: Option<Language>,
    /// `NAME@VERSION`. No yes without it.
    #[serde(default)]
    pub script: String,
    /// SHA-256 of the script as it was read out, with the placeholders filled; checked where it is told.
    #[serde(default)]
    pub wording_sha256: String,
    /// When the script had been read to the end of what must be told. No yes before that.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
    /// How it was made sure that the person is of age.
    #[serde(default)]
    pub age: String,
    #[serde(default)]
    pub answers: Vec<Answer>,
    #[serde(default)]
    pub objection: Option<Objection>,
    #[serde(default)]
    pub requests: Vec<AskedFor>,
    /// What came of it; follows from the rest where it is not told.
    #[serde(default)]
    pub outcome: Option<CallOutcome>,
    /// When the person wants to be called again.
    #[serde(default)]
    pub call_back: Option<Timestamp>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub follow_up: Option<FollowUp>,
    #[serde(default)]
    pub confirmation: Option<Confirmation>,
    /// The connection to the program was lost in the middle.
    #[serde(default)]
    pub interrupted: bool,
    /// On which day a request of the person counts as received; the day of the call where it is not told.
    #[serde(default)]
    pub received: Option<Day>,
}

impl CallAnswers {
    /// A call that was dialled at a moment, of which nothing else is known yet.
    pub fn dialled(purpose: &str, started_at: Timestamp) -> CallAnswers {
        CallAnswers {
            id: None,
            direction: None,
            purpose: purpose.to_owned(),
            number: String::new(),
            shown_number: String::new(),
            on_behalf_of: String::new(),
            answered_by: Answered::Nobody,
            relation: String::new(),
            identity: String::new(),
            started_at,
            answered_at: None,
            ended_at: None,
            zone: String::new(),
            language: None,
            script: String::new(),
            wording_sha256: String::new(),
            read_at: None,
            age: String::new(),
            answers: Vec::new(),
            objection: None,
            requests: Vec::new(),
            outcome: None,
            call_back: None,
            note: String::new(),
            follow_up: None,
            confirmation: None,
            interrupted: false,
            received: None,
        }
    }

    pub fn is_incoming(&self) -> bool {
        self.direction == Some(Direction::Incoming)
    }

    /// What came of the call, where nobody says otherwise.
    pub fn outcome_or_follows(&self) -> CallOutcome {
        match self.outcome {
            Some(outcome) => outcome,
            None if self.objection.is_some() => CallOutcome::Objected,
            None if self.interrupted => CallOutcome::HungUp,
            None if self.call_back.is_some() => CallOutcome::CallBack,
            None => match self.answered_by {
                Answered::Person => CallOutcome::Reached,
                Answered::Other | Answered::Nobody => CallOutcome::NotReached,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value as Json, json};

    use super::*;

    const SCHEMA: &str = include_str!("../../assets/call-answers.schema.json");

    /// A call with everything that can be told.
    fn whole() -> CallAnswers {
        let at = Timestamp::from_millis(1_780_000_000_000);
        CallAnswers {
            id: Some(Uuid::from_u128(7)),
            direction: Some(Direction::Outgoing),
            language: "de".parse().ok(),
            answered_at: Some(at),
            ended_at: Some(at),
            read_at: Some(at),
            answers: vec![Answer {
                purpose: "sales".into(),
                channel: Channel::Phone,
                reply: Reply::Yes,
                words: "ja".into(),
                at: Some(at),
                question: "?".into(),
                until: Some(at),
                products: "x".into(),
            }],
            objection: Some(Objection { words: "no".into(), at: Some(at) }),
            requests: vec![AskedFor { right: Right::Access, words: "x".into() }],
            outcome: Some(CallOutcome::Reached),
            call_back: Some(at),
            follow_up: Some(FollowUp { text: "x".into(), kind: Some(TaskKind::Mail), due: Some(at) }),
            confirmation: Some(Confirmation { text: "x".into(), by: "y".into() }),
            received: "2026-05-28".parse().ok(),
            ..CallAnswers::dialled("sales", at)
        }
    }

    fn keys(json: &Json) -> BTreeSet<String> {
        json.as_object().unwrap().keys().cloned().collect()
    }

    /// Compares an object as it is written with what the schema says of it.
    fn compare(object: &Json, schema: &Json, defs: &Json, place: &str) {
        let schema = match schema["$ref"].as_str() {
            Some(at) => &defs[at.rsplit('/').next().unwrap()],
            None => schema,
        };
        assert_eq!(schema["additionalProperties"], json!(false), "{place}");
        assert_eq!(keys(object), keys(&schema["properties"]), "{place}");
        let required: BTreeSet<String> =
            schema["required"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().into()).collect();
        for (key, value) in object.as_object().unwrap() {
            let inner = &schema["properties"][key];
            match value {
                Json::Object(_) => compare(value, inner, defs, &format!("{place}.{key}")),
                Json::Array(items) => {
                    for item in items {
                        compare(item, &inner["items"], defs, &format!("{place}.{key}[]"));
                    }
                }
                Json::String(_) | Json::Bool(_) => {}
                Json::Null | Json::Number(_) => panic!("{place}.{key}: {value}"),
            }
        }
        assert!(required.is_subset(&keys(object)), "{place}");
    }

    #[test]
    fn the_schema_and_the_reader_agree() {
        let schema: Json = serde_json::from_str(SCHEMA).unwrap();
        let whole_json = serde_json::to_value(whole()).unwrap();
        compare(&whole_json, &schema, &schema["$defs"], "call");
        assert_eq!(serde_json::from_value::<CallAnswers>(whole_json.clone()).unwrap(), whole());
        // What is required is what the reader wants, and nothing else is.
        let reads = |json: &Json| serde_json::from_value::<CallAnswers>(json.clone());
        let required = schema["required"].as_array().unwrap();
        let mut least = json!({});
        for key in required {
            let key = key.as_str().unwrap();
            least[key] = whole_json[key].clone();
        }
        reads(&least).unwrap();
        for key in required {
            let mut less = least.clone();
            less.as_object_mut().unwrap().remove(key.as_str().unwrap());
            assert!(reads(&less).is_err(), "{key}");
        }
        // The words of the schema are those of the types.
        let words = |place: &Json| -> Vec<String> {
            place["enum"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let properties = &schema["properties"];
        assert_eq!(words(&properties["answered_by"]), Answered::WORDS);
        assert_eq!(words(&properties["direction"]), Direction::WORDS);
        assert_eq!(words(&properties["outcome"]), CallOutcome::WORDS);
        let answer = &schema["$defs"]["answer"]["properties"];
        assert_eq!(words(&answer["reply"]), Reply::WORDS);
        assert_eq!(words(&answer["channel"]), Channel::WORDS);
        assert_eq!(words(&schema["$defs"]["asked_for"]["properties"]["right"]), Right::WORDS);
        assert_eq!(words(&schema["$defs"]["follow_up"]["properties"]["kind"]), TaskKind::WORDS);
        assert_eq!(schema["$defs"]["answers"], Json::Null);
        assert_eq!(properties["answers"]["maxItems"], json!(MOST_ANSWERS));
    }
}
