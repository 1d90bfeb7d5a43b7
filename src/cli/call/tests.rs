//! Files of answers, also such as somebody made to break the program.

use super::read_answers;
use crate::domain::answers::Reply;

const GOOD: &str = r#"{"purpose":"sales","answered_by":"person","started_at":"2026-05-28T10:00:00Z",
    "answers":[{"purpose":"sales","channel":"phone","reply":"yes","words":"Ja, gern."}]}"#;

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_place() {
    let read = read_answers(GOOD, "call.json").unwrap();
    assert_eq!((read.answers[0].reply, read.answers[0].at), (Reply::Yes, None));
    let with = |from: &str, to: &str| GOOD.replacen(from, to, 1);
    let wrong = [
        (String::new(), "call.json: EOF"),
        ("null".into(), "call.json: invalid type: null"),
        ("[]".into(), "call.json"),
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
