//! Files of answers, also such as somebody made to break the program.

use super::read_answers;
use crate::domain::answers::Reply;

const GOOD: &str = r#"{"purpose":"sales","answered_by":"person","started_at":"2026-05-28T10:00:00Z",
    "answers":[{"purpose":"sales","channel":"phone","reply":"yes","words":"Ja, gern."}]}"#;

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_place() {
    let read = read_answers(GOOD, "call.json").unwrap();
    assert_eq!((read.answers[0].reply, read.answers[0].at), (Reply::Yes, None));
    assert_eq!(
        read_answers(&format!("\u{feff}\r\n{GOOD}"), "call.json").unwrap(),
        read,
        "a byte order mark is no fault"
    );
    let with = |from: &str, to: &str| GOOD.replacen(from, to, 1);
    let wrong = [
        (String::new(), "call.json: EOF"),
        ("null".into(), "call.json: invalid type: null, expected an object"),
        ("[]".into(), "call.json: a call is an object, not a list"),
        (with("[{", "[["), "call.json: answers[0]"),
        (
            with(
                "{\"purpose\":\"sales\",\"channel\":\"phone\",\"reply\":\"yes\",\"words\":\"Ja, gern.\"}",
                "[\"sales\",\"phone\",\"yes\",\"Ja\",null,\"\",null,\"\"]",
            ),
            "call.json: answers[0]: an object is wanted",
        ),
        (
            with("\"answers\"", "\"objection\":[\"no\",null],\"answers\""),
            "call.json: objection: an object is wanted",
        ),
        (
            with("\"answers\"", "\"requests\":[[\"access\",\"\"]],\"answers\""),
            "call.json: requests[0]: an object is wanted",
        ),
        ("{}".into(), "missing field `purpose`"),
        (with("\"yes\"", "\"maybe\""), "call.json: answers[0].reply: `maybe` is none of yes, no, later"),
        (with("\"yes\"", "true"), "call.json: answers[0].reply: invalid type: boolean"),
        (with("\"phone\"", "\"pigeon\""), "call.json: answers[0].channel: `pigeon` is none of"),
        (with("\"words\"", "\"wrods\""), "call.json: answers[0].wrods: unknown field `wrods`"),
        (with("2026-05-28T10:00:00Z", "yesterday"), "call.json: started_at:"),
        (with("\"sales\"", "7"), "call.json: purpose: invalid type: integer"),
        (
            with(
                "\"purpose\":\"sales\",\"answered_by\"",
                "\"purpose\":\"sales\",\"purpose\":\"x\",\"answered_by\"",
            ),
            "duplicate field",
        ),
        (format!("{GOOD} {GOOD}"), "call.json: trailing characters"),
        ("[".repeat(100_000), "call.json"),
        (with("[{", &format!("{}{{", "[".repeat(100_000))), "call.json: answers[0]"),
        (with("\"Ja, gern.\"", "\"\\ud800\""), "call.json: answers[0].words"),
    ];
    for (text, words) in wrong {
        let error = read_answers(&text, "call.json").unwrap_err();
        let shown: String = text.chars().take(200).collect();
        assert!(
            error.message.starts_with("call.json") && error.message.contains(words),
            "{shown}: {error:?}"
        );
    }
}

/// A call with something in every place, so that whatever is spoiled is of some kind.
const WHOLE: &str = r#"{"id":"01a202e5-6066-7348-8b9b-1f5ac3c84f65","direction":"outgoing","purpose":"sales",
 "number":"+49 30 901820","answered_by":"person","identity":"name","started_at":"2026-05-28T10:00:00Z",
 "answered_at":"2026-05-28T10:00:05Z","ended_at":"2026-05-28T10:03:00Z","zone":"Europe/Berlin","language":"de",
 "script":"sales-de@1","read_at":"2026-05-28T10:01:00Z","received":"2026-05-28","interrupted":false,
 "answers":[{"purpose":"sales","channel":"phone","reply":"yes","words":"Ja, gern: \u201esofort\u201c","until":"2027-05-28T10:00:00Z"}],
 "objection":{"words":"no","at":"2026-05-28T10:02:00Z"},"requests":[{"right":"access","words":"x"}],
 "outcome":"objected","call_back":"2026-05-29T10:00:00Z","follow_up":{"text":"x","kind":"mail"},
 "confirmation":{"text":"x","by":"y"}}"#;

/// What is put in the place of some bytes.
const SPLINTERS: [&str; 20] = [
    "",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "null",
    "-1e999",
    "\\ud800",
    "\\u0000",
    "\u{feff}",
    "\u{202e}",
    "\n",
    "99999999999999999999",
    "true",
    "\"answers\":[",
    "+262143-12-31T23:59:60Z",
];

proptest::proptest! {
    /// Whatever becomes of a file, it is read or told to be wrong with its name; what is read can be written and read again.
    #[test]
    fn no_spoiled_file_breaks_the_reader(
        spoils in proptest::collection::vec((0..WHOLE.len(), 0..40usize, 0..SPLINTERS.len()), 0..6),
        cut in proptest::option::of(0..WHOLE.len()),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, long, splinter) in spoils {
            let from = at.min(bytes.len());
            let to = (from + long).min(bytes.len());
            bytes.splice(from..to, SPLINTERS[splinter].bytes());
        }
        bytes.truncate(cut.unwrap_or(usize::MAX));
        let text = String::from_utf8_lossy(&bytes);
        match read_answers(&text, "call.json") {
            Ok(read) => {
                let again = serde_json::to_string(&read).unwrap();
                proptest::prop_assert_eq!(read_answers(&again, "call.json").unwrap(), read);
            }
            Err(error) => {
                proptest::prop_assert!(error.message.starts_with("call.json"), "{:?}", error);
                proptest::prop_assert!(!error.message.contains("struct "), "{:?}", error);
            }
        }
    }
}
