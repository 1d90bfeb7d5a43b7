use proptest::prelude::*;

use super::*;

/// The key pairs and the note of the tests of Go's golang.org/x/mod/sumdb/note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_PRIVATE: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn note(signatures: &[&str]) -> String {
    format!("{TEXT}\n{}", signatures.concat())
}

fn open(note: &str, known: &[&str]) -> Result<Vec<String>, NoteError> {
    let known: Vec<VerifierKey> = known.iter().map(|text| key(text)).collect();
    Ok(Note::parse(note)?.verify(&known)?.iter().map(|key| key.name().to_owned()).collect())
}

fn seed_of(private: &str) -> [u8; 32] {
    STANDARD.decode(private).unwrap()[1..].try_into().unwrap()
}

#[test]
fn go_vector_is_signed_byte_for_byte() {
    let signer = NoteSigner::from_seed("PeterNeumann", &seed_of(PETER_PRIVATE)).unwrap();
    assert_eq!(signer.verifier().to_string(), PETER);
    assert_eq!(signer.sign(TEXT).unwrap(), note(&[PETER_LINE]));
}

#[test]
fn go_vector_is_verified() {
    let peter = note(&[PETER_LINE]);
    assert_eq!(open(&peter, &[PETER]).unwrap(), ["PeterNeumann"]);
    assert_eq!(Note::parse(&peter).unwrap().text, TEXT);
    let both = note(&[PETER_LINE, ENOCH_LINE]);
    assert_eq!(open(&both, &[PETER, ENOCH]).unwrap(), ["PeterNeumann", "EnochRoot"]);
    assert_eq!(open(&both, &[PETER]).unwrap(), ["PeterNeumann"]);
    assert_eq!(open(&both, &[ENOCH]).unwrap(), ["EnochRoot"]);
    assert_eq!(
        open(&both, &[]),
        Err(NoteError::Unsigned("PeterNeumann+c74f20a3, EnochRoot+af0cfe78".into()))
    );
    let twice = note(&[PETER_LINE, PETER_LINE]);
    assert_eq!(open(&twice, &[PETER, PETER]).unwrap(), ["PeterNeumann"]);
}

#[test]
fn c2sp_example_has_the_form() {
    let example = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\
        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(example).unwrap();
    assert!(note.text.ends_with("sole:\n\ned è subito sera.\n"), "the last empty line divides");
    assert_eq!(note.signatures.len(), 1);
    assert_eq!(note.signatures[0].name, "quasimodo.example/salvatore");
    assert_eq!(note.signatures[0].signature.len(), 64);
}

#[test]
fn a_changed_text_or_signature_is_refused() {
    let wrong = Err(NoteError::BadSignature("PeterNeumann+c74f20a3".into()));
    assert_eq!(open(&note(&[PETER_LINE]).replace("cryptography", "cryptographY"), &[PETER]), wrong);
    let longer = PETER_LINE.replace("UG/S", "UG/SABCD");
    assert_eq!(open(&note(&[&longer]), &[PETER]), wrong);
    // One good signature does not save a note with a bad one by a known key; by an unknown key it does not matter.
    let enoch_wrong = ENOCH_LINE.replace("zPCpD", "zPCpE");
    let mixed = note(&[PETER_LINE, &enoch_wrong]);
    assert_eq!(open(&mixed, &[PETER, ENOCH]), Err(NoteError::BadSignature("EnochRoot+af0cfe78".into())));
    assert_eq!(open(&mixed, &[PETER]).unwrap(), ["PeterNeumann"]);
    // A good line first does not hide a bad one by the same key.
    assert_eq!(open(&note(&[PETER_LINE, &longer]), &[PETER]), wrong);
}

#[test]
fn a_foreign_signature_under_a_known_name_is_ignored() {
    let other = NoteSigner::from_seed("PeterNeumann", &[9; 32]).unwrap().sign(TEXT).unwrap();
    assert!(matches!(open(&other, &[PETER]), Err(NoteError::Unsigned(_))));
    let line = other.strip_prefix(TEXT).unwrap().trim_start();
    assert_eq!(open(&note(&[line, PETER_LINE]), &[PETER]).unwrap(), ["PeterNeumann"]);
}

#[test]
fn signatures_of_unknown_kinds_and_lengths_are_carried() {
    let witness = format!("— witness.example/w1 {}\n", STANDARD.encode([5; 76]));
    let large = format!("— pq.example {}\n", STANDARD.encode([6; 5000]));
    let note = note(&[&witness, &large, PETER_LINE]);
    assert_eq!(open(&note, &[PETER]).unwrap(), ["PeterNeumann"]);
    assert_eq!(Note::parse(&note).unwrap().signatures[0].signature.len(), 72);
}

#[test]
fn malformed_notes_are_refused() {
    let good = note(&[PETER_LINE]);
    let signature = PETER_LINE.trim_end().rsplit(' ').next().unwrap();
    let cases = [
        String::new(),
        "\n".into(),
        "\n\n".into(),
        TEXT.into(),
        format!("{TEXT}\n"),
        format!("{TEXT}{PETER_LINE}"),
        good.trim_end().into(),
        format!("{good}\n"),
        format!("{good}Unexpected line.\n"),
        format!("{good}{TEXT}"),
        format!("\u{1}{good}"),
        good.replace('\n', "\r\n"),
        good.replacen("you", "\u{1b}[2Jyou", 1),
        good.replacen("you", "\u{9b}2Jyou", 1),
        good.replacen("you", "\u{7f}you", 1),
        good.replace('—', "-"),
        good.replace("— P", "—  P"),
        good.replace("PeterNeumann", ""),
        good.replace("PeterNeumann", "Peter Neumann"),
        good.replace("PeterNeumann", "Peter\u{2003}Neumann"),
        good.replace("PeterNeumann", "Peter+Neumann"),
        good.replace(signature, ""),
        good.replace(signature, "AAAAAA=="),
        good.replace(signature, signature.trim_end_matches('=')),
        good.replace(signature, &signature.replace("nAM=", "nAN=")),
        good.replace(signature, &format!("{signature} ")),
        good.replace(signature, &signature.replace('+', "-").replace('/', "_")),
        note(&[&PETER_LINE.repeat(MAX_SIGNATURES + 1)]),
        format!("{}{good}", "a\n".repeat(MAX_NOTE / 2)),
    ];
    for case in cases {
        assert!(Note::parse(&case).is_err(), "{case:?}");
    }
    assert!(Note::parse(&note(&[&PETER_LINE.repeat(MAX_SIGNATURES)])).is_ok());
}

#[test]
fn mangled_verifier_keys_are_refused() {
    assert_eq!(key(PETER).to_string(), PETER);
    for from in 0..PETER.len() {
        for to in from + 1..=PETER.len() {
            if (from, to) != (0, PETER.len()) {
                assert!(PETER[from..to].parse::<VerifierKey>().is_err(), "{}", &PETER[from..to]);
            }
        }
    }
    for at in 0..PETER.len() {
        let mut bytes = PETER.as_bytes().to_vec();
        bytes[at] += 1;
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
    for text in [
        // A wrong length, and an unknown algorithm, both under a fitting id.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
}

#[test]
fn a_weak_key_is_refused_under_its_right_id() {
    // The neutral element: it has signatures that fit every text.
    let mut public = [0; 32];
    public[0] = 1;
    let weak = VerifierKey { name: "log".into(), key: VerifyingKey::from_bytes(&public).unwrap() };
    assert!(
        matches!(weak.to_string().parse::<VerifierKey>(), Err(NoteError::Key(why)) if why.contains("weak"))
    );
}

#[test]
fn two_keys_of_one_name_and_id_are_ambiguous() {
    // Found by trying seeds: an id has only 32 bits.
    let [first, second] = [16_018_u32, 63_453].map(|number| {
        let mut seed = [0; 32];
        seed[28..].copy_from_slice(&number.to_be_bytes());
        NoteSigner::from_seed("log", &seed).unwrap()
    });
    assert_eq!(first.verifier().id(), second.verifier().id());
    assert_ne!(first.verifier(), second.verifier());
    let signed = Note::parse(&first.sign(TEXT).unwrap()).unwrap();
    let (first, second) = (first.verifier().clone(), second.verifier().clone());
    assert_eq!(
        signed.verify(&[first.clone(), second.clone()]),
        Err(NoteError::Ambiguous("log+6f61a096".into()))
    );
    assert_eq!(signed.verify(&[second]), Err(NoteError::BadSignature("log+6f61a096".into())));
    assert!(signed.verify(&[first]).is_ok());
}

#[test]
fn the_same_key_twice_is_no_ambiguity() {
    let signed = Note::parse(&note(&[PETER_LINE])).unwrap();
    let known = [key(PETER), key(ENOCH), key(PETER)];
    assert_eq!(signed.verify(&known).unwrap(), [&known[0]]);
}

#[test]
fn the_fingerprint_begins_with_the_id_and_depends_on_name_and_key() {
    let print = key(PETER).fingerprint();
    assert!(print.starts_with("c74f 20a3 "), "{print}");
    assert_eq!(print.split(' ').count(), 16);
    let renamed = NoteSigner::from_seed("Other", &seed_of(PETER_PRIVATE)).unwrap();
    assert_ne!(renamed.verifier().fingerprint(), print);
}

#[test]
fn bad_names_and_texts_are_not_signed() {
    for name in ["", " ", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{85}b", "a\u{1b}b"] {
        assert!(matches!(NoteSigner::from_seed(name, &[1; 32]), Err(NoteError::Name(_))), "{name:?}");
    }
    let signer = NoteSigner::from_seed("log", &[1; 32]).unwrap();
    for text in ["", "abc", "a\tb\n", "a\r\n", "\u{9b}\n"] {
        assert!(signer.sign(text).is_err(), "{text:?}");
    }
    assert!(signer.sign(&"a\n".repeat(MAX_NOTE / 2)).is_err());
}

proptest! {
    #[test]
    fn what_is_signed_is_read_and_verified(text in "([^\\p{Cc}]{0,20}\n){1,6}", seed: [u8; 32], name in "[a-z/.]{1,20}") {
        let signer = NoteSigner::from_seed(&name, &seed).unwrap();
        let signed = signer.sign(&text).unwrap();
        let note = Note::parse(&signed).unwrap();
        prop_assert_eq!(&note.text, &text);
        let known = [signer.verifier().clone()];
        prop_assert_eq!(note.verify(&known).unwrap(), [signer.verifier()]);
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "(\n|— |a|\\+|=| |AAAA|\u{2003}|\u{1b}|.){0,40}") {
        let _ = Note::parse(&text);
        let _ = text.parse::<VerifierKey>();
    }

    #[test]
    fn a_flipped_character_never_verifies(at in 0..400_usize, with in "[ -~\n]") {
        let signed = note(&[PETER_LINE]);
        if at < signed.len() && signed.is_char_boundary(at) && signed.is_char_boundary(at + 1) {
            let mut changed = signed.clone();
            changed.replace_range(at..=at, &with);
            if changed != signed {
                prop_assert!(open(&changed, &[PETER]).is_err(), "{}", changed);
            }
        }
    }
}
