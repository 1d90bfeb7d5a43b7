//! Files and codes that somebody made to break the program, or by mistake: a clear word, the right exit, and nothing changed.

use serde_json::{Value as Json, json};

use crate::support::shell::{Shell, err, out};
use crate::talk::{ago, agreed, call, call_with, entries, person, shell, state};

/// Hands a file in, and looks at how that ends.
fn refused(shell: &Shell, id: &str, file: impl AsRef<[u8]>, code: i32, words: &str) {
    std::fs::write(shell.dir.path().join("call.json"), file).unwrap();
    let told = shell.fails(code, &["call", "record", id, "--answers", "call.json"]);
    assert!(told.starts_with("error: call.json"), "{told}");
    assert!(told.contains(words), "{words}: {told}");
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
}

#[test]
fn a_file_of_answers_that_is_none_is_told_so() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    let (good, before) = (call().to_string(), entries(&shell));
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(good.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let mut latin1 = with("Ja, gern.", "Ja, schön.").into_bytes();
    let at = latin1.windows(2).position(|pair| pair == "ö".as_bytes()).unwrap();
    latin1.splice(at..at + 2, [0xf6]);
    let deep = "[".repeat(200_000);
    let long = format!("{good}{}", " ".repeat(4 << 20));
    let many = json!(vec![json!({"purpose": "sales", "channel": "phone", "reply": "no", "words": "x"}); 101]);
    for (file, code, words) in [
        (vec![], 2, "EOF"),
        (b"null".to_vec(), 2, "expected an object"),
        (b"[]".to_vec(), 2, "an object, not a list"),
        (good.as_bytes()[..good.len() / 2].to_vec(), 2, "EOF"),
        (utf16, 2, "is not UTF-8"),
        (latin1, 2, "is not UTF-8"),
        (deep.clone().into_bytes(), 2, "an object, not a list"),
        (with("[{", &format!("{deep}{{")).into_bytes(), 2, "answers[0]"),
        (
            with("\"identity\"", &format!("\"note\":{deep},\"identity\"")).into_bytes(),
            2,
            "note: invalid type",
        ),
        (long.into_bytes(), 2, "is longer than the 4194304 bytes"),
        (
            with("\"sales\"", "\"sales\",\"identity\":\"x\",\"identity\":\"y\"").into_bytes(),
            2,
            "duplicate field",
        ),
        (format!("{good}{good}").into_bytes(), 2, "trailing characters"),
        (with("\"yes\"", "\"\\u001b[31myes\"").into_bytes(), 2, "is none of yes, no, later"),
        (with("\"yes\"", "\"\"").into_bytes(), 2, "is none of yes, no, later"),
        (with("\"identity\"", "\"idenity\"").into_bytes(), 2, "unknown field `idenity`"),
        (call_with(json!({"answers": many})).to_string().into_bytes(), 2, "more than the 100 of a call"),
        (call_with(json!({"note": "x".repeat(2 << 20)})).to_string().into_bytes(), 2, "note: "),
        (call_with(json!({"note": "a\u{0}b"})).to_string().into_bytes(), 2, "NUL"),
    ] {
        refused(&shell, &id, file, code, words);
    }
    // What is no file, and what has no end.
    shell.fails(1, &["call", "record", &id, "--answers", "nowhere.json"]);
    shell.fails(1, &["call", "record", &id, "--answers", "."]);
    assert_eq!(entries(&shell), before, "something was recorded");
    assert!(shell.fails(2, &["call", "record", &id, "--answers", "/dev/zero"]).contains("is longer than"));
    // What editors of some systems put before a file is no reason to refuse it.
    shell.write("call.json", &format!("\u{feff}{good}"));
    shell.ok(&["call", "record", &id, "--answers", "call.json"]);
    let done = shell.fed(&["call", "record", &id, "--answers", "-", "--format", "json"], "{\"purpose\":");
    assert_eq!((done.status.code(), out(&done).as_str()), (Some(2), ""));
    let told: Json = serde_json::from_str(&err(&done)).unwrap();
    assert_eq!(told["error"]["code"], "usage");
    assert!(told["error"]["message"].as_str().unwrap().contains("standard input: purpose: EOF"), "{told}");
}

#[test]
fn a_call_that_cannot_have_been_so_is_refused_with_its_place() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    let stranger = person(&shell, "Bea", "030 901821");
    let (good, before) = (call(), entries(&shell));
    let answer = |changes: Json| {
        let mut answer = good["answers"][0].clone();
        for (key, value) in changes.as_object().unwrap() {
            answer[key] = value.clone();
        }
        json!({"answers": [answer]})
    };
    for (changes, code, words) in [
        (json!({"purpose": "nosuch"}), 3, "purpose: there is no purpose `nosuch`"),
        (answer(json!({"purpose": "sails"})), 3, "answers[0]: there is no purpose `sails`"),
        (answer(json!({"purpose": "sails", "reply": "no"})), 3, "answers[0]: there is no purpose `sails`"),
        (
            answer(json!({"channel": "fax"})),
            5,
            "answers[0]: the purpose `sales` does not have the channel fax",
        ),
        (answer(json!({"at": ago(100)})), 5, "before the script had been read out"),
        (answer(json!({"at": ago(-600)})), 5, "has not come yet"),
        (answer(json!({"at": ago(1)})), 5, "ended_at: "),
        (answer(json!({"words": "  "})), 5, "answers[0].words: "),
        (answer(json!({"until": "2999-01-01T00:00:00Z"})), 5, "answers[0].until: "),
        (json!({"read_at": null}), 5, "read_at: a yes counts only after the script was read"),
        (json!({"script": ""}), 5, "script: a yes counts only to what was read out"),
        (json!({"identity": " "}), 5, "identity: a yes counts only when it was confirmed who spoke"),
        (json!({"started_at": ago(-600)}), 5, "started_at: "),
        (json!({"answered_at": ago(300)}), 5, "answered_at: "),
        (json!({"ended_at": ago(50)}), 5, "ended_at: "),
        (json!({"ended_at": ago(-600)}), 5, "has not come yet"),
        (json!({"ended_at": null}), 5, "ended_at: it is not told when the call was over"),
        (json!({"started_at": "0001-01-01T00:00:00Z"}), 5, "started_at: "),
        (json!({"started_at": ago(20 * 3600)}), 5, "no call lasts from"),
        (json!({"script": "sales-de@7"}), 5, "there is no script `sales-de` with a version 7"),
        (json!({"script": "sales-de"}), 5, "which version of `sales-de` was read out?"),
        (
            json!({"wording_sha256": "0".repeat(64)}),
            5,
            "what was read out is not what the store's script says",
        ),
        (json!({"number": "+49 30 901899"}), 5, "number: "),
        (json!({"zone": "Europe/Atlantis"}), 5, "zone: "),
        (json!({"language": "en"}), 5, "the script sales-de@1 is in `de`"),
        (json!({"id": id}), 5, "id: the id is taken"),
    ] {
        let mut call = good.clone();
        call.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        call.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        refused(&shell, &id, call.to_string(), code, words);
    }
    // A yes of which nobody knows by what right the person was called.
    refused(&shell, &stranger, call().to_string(), 5, "was not permitted when it was made");
    assert_eq!(entries(&shell), before, "something was recorded");
}

/// The words on the screen and the words in the store are one: a script that somebody edited on disk is another text.
#[test]
fn a_script_that_was_edited_on_disk_is_not_what_was_read_out() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    let begun = shell.json(&["call", "begin", &id, "--purpose", "sales"]);
    let read = begun["script"]["text"].as_str().unwrap().replace("anrufen", "belästigen");
    use sha2::{Digest, Sha256};
    let hash: String = Sha256::digest(&read).iter().map(|byte| format!("{byte:02x}")).collect();
    refused(&shell, &id, call_with(json!({"wording_sha256": hash})).to_string(), 5, "a new version: add it");
    // Of the call that was begun, the words that were handed out count, whatever version is in use meanwhile.
    let old = shell.ok(&["script", "show", "sales-de@1", "--text"]);
    shell.write("script.md", &old.replace("Guten Tag", "Moin"));
    shell.ok(&["script", "add", "sales-de", "--language", "de", "--file", "script.md"]);
    let at = begun["begun_at"].clone();
    let mut said = call_with(json!({
        "id": begun["call"], "started_at": at, "answered_at": at, "read_at": at, "ended_at": ago(0),
        "wording_sha256": begun["script"]["sha256"],
    }));
    said["answers"][0]["at"] = at;
    shell.write("call.json", &said.to_string());
    shell.ok(&["call", "record", &id, "--answers", "call.json"]);
    // A file that is no script, or lacks what must be told, is none.
    let before = entries(&shell);
    let add = ["script", "add", "x", "--language", "de", "--file", "script.md"];
    for (text, words) in [
        ("", "who is speaking"),
        ("Guten Tag {{ agent }} {{ controller", "line 1"),
        (
            "{{ agent }} {{ controller }} {{ purposes }} {{ right_to_withdraw }} {{ right_to_object }} {{ questions }}",
            "how long the data is kept",
        ),
    ] {
        shell.write("script.md", text);
        let told = shell.fails(5, &add);
        assert!(told.contains(words), "{words}: {told}");
    }
    std::fs::write(shell.dir.path().join("script.md"), b"Gr\xfc\xdfe {{ agent }}").unwrap();
    assert!(shell.fails(5, &add).contains("is not UTF-8: line 1"));
    assert_eq!(entries(&shell), before);
}

/// The code of the message that a file holds.
pub(crate) fn code_in(shell: &Shell, file: &str) -> String {
    let letter = std::fs::read_to_string(shell.dir.path().join(file)).unwrap();
    let (_, body) = letter.split_once("\n\n").or_else(|| letter.split_once("\r\n\r\n")).unwrap();
    let body = body.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let (_, rest) = body.split_once("?subject=").unwrap();
    let code: String = rest.chars().take(32).collect();
    assert!(code.chars().all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)), "{code}");
    code
}

#[test]
fn a_code_confirms_once_for_whom_it_was_sent_and_nothing_else() {
    let shell = shell();
    let (anna, bea) = (person(&shell, "Anna", "030 901820"), person(&shell, "Bea", "030 901821"));
    let ask = |id: &str, file: &str| {
        shell.ok(&["consent", "request", id, "--purpose", "newsletter", "--channel", "email", "--out", file]);
        code_in(&shell, file)
    };
    let code = ask(&anna, "anna.eml");
    let before = entries(&shell);
    let refused = |code: i32, words: &[&str], told: &str| {
        let said = shell.fails(code, &[&["consent", "confirm"], words].concat());
        assert!(said.contains(told) && said.contains("hint: "), "{words:?}: {said}");
    };
    let turned: String = code.chars().map(|c| if c == 'a' { 'b' } else { 'a' }).collect();
    refused(3, &[&turned], "this code confirms nothing here");
    refused(2, &["x"], "this is no code");
    refused(2, &[&code[..31]], "this is no code");
    refused(2, &[&format!("{code}a")], "this is no code");
    refused(2, &[&code.replace(|c: char| c.is_alphabetic(), "1")], "this is no code");
    refused(5, &[&code, "--contact", &bea], "was sent to another person");
    refused(5, &[&code, "--purpose", "sales"], "is for another purpose");
    refused(5, &[&code, "--channel", "phone"], "is for another channel");
    // From a file, which is bounded; typed by somebody who read it out on the phone.
    shell.write("code", &"a".repeat(5000));
    assert!(shell.fails(2, &["consent", "confirm", "--file", "code"]).contains("is longer than any code"));
    assert_eq!(entries(&shell), before, "something was confirmed");
    shell.write("code", &format!(" {} \r\n{}\n", code[..16].to_uppercase(), &code[16..]));
    let done = shell.json(&["consent", "confirm", "--file", "code", "--contact", &anna]);
    assert_eq!((&done["purpose"], &done["address"]), (&json!("newsletter"), &json!("anna@example.com")));
    assert!(done["asked_at"].as_str().unwrap() < done["confirmed_at"].as_str().unwrap());
    let before = entries(&shell);
    let again = shell.fails(5, &["consent", "confirm", &code]);
    assert!(again.contains("was used already"), "{again}");
    assert_eq!(entries(&shell), before);
    // The person who withdrew in between is not bound by a code that comes after.
    let code = ask(&bea, "bea.eml");
    shell.ok(&["consent", "withdraw", &bea, "--words", "no letters", "--way", "mail"]);
    let told = shell.fails(5, &["consent", "confirm", &code]);
    assert!(told.contains("withdrawn since"), "{told}");
    // And is not asked again; the message that was not made leaves no file.
    let ask =
        ["consent", "request", &bea, "--purpose", "newsletter", "--channel", "email", "--out", "again.eml"];
    assert!(shell.fails(5, &ask).contains("advertising"));
    assert!(!shell.dir.path().join("again.eml").exists());
    assert_eq!(state(&shell, &bea, "newsletter", "email"), "withdrawn");
    // Codes are nowhere but in the message.
    let told = shell.ok(&[
        "consent",
        "prove",
        &anna,
        "--purpose",
        "newsletter",
        "--channel",
        "email",
        "--format",
        "json",
    ]);
    assert!(!told.contains(&done["events"][0].to_string().repeat(2)) && !told.contains(&code));
}

#[test]
fn a_file_of_law_that_contradicts_itself_opens_no_store() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    let rule = |name: &str, from: &str, until: &str| {
        format!(
            "[telephone.{name}]\ncountry = \"PL\"\nabout = \"person\"\nrelation = \"prospect\"\nfrom = {from}\n{until}\n\
             basis = \"consent\"\nnumber_shown = true\noffer_objection = false\ncitation = \"art. 398\"\n\
             source = \"https://isap.sejm.gov.pl\"\nchecked = 2026-11-01\nverified = true\n"
        )
    };
    let later = rule("pl-later", "2027-02-01", "");
    let before = entries(&shell);
    shell.write("config.toml", "[law]\nfile = \"law.toml\"\n");
    let cut = rule("pl", "2024-11-10", "");
    for (text, words) in [
        (String::new(), "there is no entry in it"),
        (cut[..cut.len() / 2].to_owned(), "law.toml"),
        (rule("pl", "2024-11-10", ""), ""),
        (format!("{}{later}", rule("pl", "2024-11-10", "")), "both hold on 2027-02-01"),
        (
            format!("{}{later}", rule("pl", "2024-11-10", "until = 2027-01-29")),
            "no rule holds from 2027-01-30 to 2027-01-31",
        ),
        (rule("de", "2020-01-01", "").replace("PL", "DE"), "both hold on"),
        (rule("pl", "2024-11-10", "until = 2020-01-01"), "it ends before it begins"),
        (rule("pl", "2024-11-10", "").replace("source", "sauce"), "`source` is missing"),
        ("# x\n".repeat(300_000), "are more than the 1048576"),
        ("[".repeat(100_000), "line 1"),
    ] {
        shell.write("law.toml", &text);
        let checked = shell.run(&["law", "check", "law.toml"]);
        let opened = shell.run(&["call", "check", &id, "--purpose", "sales", "--config", "config.toml"]);
        if words.is_empty() {
            assert_eq!((checked.status.code(), opened.status.code()), (Some(0), Some(0)), "{}", err(&opened));
            continue;
        }
        for done in [checked, opened] {
            assert_eq!(done.status.code(), Some(2), "{words}: {}", err(&done));
            assert!(err(&done).contains(words) && err(&done).contains("law.toml"), "{words}: {}", err(&done));
        }
    }
    std::fs::write(shell.dir.path().join("law.toml"), b"# \xff\n").unwrap();
    assert!(shell.fails(2, &["law", "check", "law.toml"]).contains("line 1 is not UTF-8"));
    assert!(shell.fails(2, &["law", "check", "/dev/zero"]).contains("it is no file"));
    assert_eq!(entries(&shell), before);
}
