use proptest::prelude::*;

use super::*;
use crate::store::merkle::tree::leaf_hash;

/// The example of the specification, c2sp.org/tlog-checkpoint.
const C2SP: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

const ORIGIN: &str = "callbook/5f0c2f3e-6c1e-4d6b-9a51-0d7f6a9b8c7d";

fn frontier(size: u64) -> Frontier {
    let mut frontier = Frontier::new();
    for i in 0..size {
        frontier.append(leaf_hash(&i.to_be_bytes())).unwrap();
    }
    frontier
}

fn signer(name: &str) -> NoteSigner {
    NoteSigner::from_seed(name, &[7; 32]).unwrap()
}

#[test]
fn c2sp_example() {
    let signed = SignedCheckpoint::parse(C2SP).unwrap();
    let checkpoint = signed.checkpoint();
    assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size(), 20_852_163);
    assert_eq!(STANDARD.encode(checkpoint.root()), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!(checkpoint.extensions().len(), 0);
    assert_eq!(checkpoint.text(), signed.note().text);
}

#[test]
fn a_signed_checkpoint_is_frozen() {
    let time = Timestamp::from_millis(1_772_357_400_000);
    let checkpoint = Checkpoint::new("callbook/test", &frontier(3), Some(time));
    let note = checkpoint.sign(&signer("callbook/test")).unwrap();
    assert_eq!(note, FROZEN);
    let signed = SignedCheckpoint::parse(&note).unwrap();
    assert_eq!(*signed.checkpoint(), checkpoint);
    assert_eq!(signed.checkpoint().time(), Some(time));
    let known = [signer("callbook/test").verifier().clone()];
    assert_eq!(signed.verify(&known).unwrap(), &known[0]);
}

/// Made with another implementation of SHA-256 and Ed25519.
const FROZEN: &str = "callbook/test\n3\nm0ll+LIgukL3A5rQeByWbPkLsa6hWoBYbWNLMiqx9M4=\ntime 2026-03-01T09:30:00Z\n\n\
    — callbook/test QWVCjnzz3W4uZ2z7dUfIpcgkFDCBvZsjxtCZYF4ujEfxQwI0eNjGmD2A7KRK0xe3irVe1JSxIeu7Is+hxYlr9PToWgU=\n";

#[test]
fn an_empty_log_has_a_checkpoint() {
    let note = Checkpoint::new(ORIGIN, &frontier(0), None).sign(&signer(ORIGIN)).unwrap();
    let signed = SignedCheckpoint::parse(&note).unwrap();
    assert_eq!((signed.checkpoint().size(), signed.checkpoint().time()), (0, None));
    assert_eq!(*signed.checkpoint().root(), EMPTY_ROOT);
}

#[test]
fn malformed_checkpoints_are_refused() {
    let root = STANDARD.encode([1; 32]);
    let zero = STANDARD.encode(EMPTY_ROOT);
    let longest = u64::MAX.to_string();
    for good in [
        format!("log\n1\n{root}\n"),
        format!("log\n0\n{zero}\n"),
        format!("log\n{longest}\n{root}\n"),
        format!("log with spaces+plus\n10\n{root}\nan extension\ntime whenever\n"),
    ] {
        let checkpoint = Checkpoint::parse(&good).unwrap();
        assert_eq!(checkpoint.text(), good);
        assert_eq!(checkpoint.time(), None);
    }
    for bad in [
        String::new(),
        "\n".into(),
        "log\n1\n".into(),
        format!("log\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("log\n\n{root}\n"),
        format!("log\n01\n{root}\n"),
        format!("log\n00\n{zero}\n"),
        format!("log\n+1\n{root}\n"),
        format!("log\n-1\n{root}\n"),
        format!("log\n 1\n{root}\n"),
        format!("log\n1 \n{root}\n"),
        format!("log\n1e3\n{root}\n"),
        format!("log\n0x1\n{root}\n"),
        format!("log\n١\n{root}\n"),
        format!("log\n18446744073709551616\n{root}\n"),
        format!("log\n0\n{root}\n"),
        format!("log\n1\n{}\n", root.trim_end_matches('=')),
        format!("log\n1\n{root}=\n"),
        format!("log\n1\n{} \n", root),
        // The bits beyond the 32 bytes are not zero.
        format!("log\n1\n{}\n", root.replace("QE=", "QF=")),
        format!("log\n1\n{}\n", STANDARD.encode([1; 31])),
        format!("log\n1\n{}\n", STANDARD.encode([1; 33])),
        format!("log\n1\n{}\n", "_".repeat(43) + "="),
        format!("log\n1\n{root}\n\n"),
        format!("log\n1\n{root}\n\nextension\n"),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn only_the_log_itself_signs_it() {
    let checkpoint = Checkpoint::new(ORIGIN, &frontier(5), None);
    let witness = NoteSigner::from_seed("witness.example", &[8; 32]).unwrap();
    assert!(matches!(checkpoint.sign(&witness), Err(CheckpointError::NotTheLog { .. })));

    let by_witness = SignedCheckpoint::parse(&witness.sign(&checkpoint.text()).unwrap()).unwrap();
    let known = [witness.verifier().clone(), signer(ORIGIN).verifier().clone()];
    assert!(matches!(by_witness.verify(&known), Err(CheckpointError::NotTheLog { .. })));

    // Witnessed and signed, in either order: the log's key is the one that counts.
    let log_note = checkpoint.sign(&signer(ORIGIN)).unwrap();
    let witness_line = witness.sign(&checkpoint.text()).unwrap().split_off(checkpoint.text().len() + 1);
    let log_line = log_note[checkpoint.text().len() + 1..].to_owned();
    for lines in [[&log_line, &witness_line], [&witness_line, &log_line]] {
        let note = format!("{}\n{}{}", checkpoint.text(), lines[0], lines[1]);
        let signed = SignedCheckpoint::parse(&note).unwrap();
        assert_eq!(signed.verify(&known).unwrap(), &known[1]);
        assert_eq!(signed.verify(&known[1..]).unwrap(), &known[1]);
        assert!(signed.verify(&[]).is_err());
    }
}

#[test]
fn a_forged_size_time_or_key_is_refused() {
    let checkpoint = Checkpoint::new(ORIGIN, &frontier(5), Some(Timestamp::from_millis(0)));
    let note = checkpoint.sign(&signer(ORIGIN)).unwrap();
    let known = [signer(ORIGIN).verifier().clone()];
    for (from, to) in [("\n5\n", "\n6\n"), ("1970", "1971"), ("time", "tame"), (ORIGIN, "callbook/other")] {
        let forged = note.replacen(from, to, 1);
        assert_ne!(forged, note);
        let signed = SignedCheckpoint::parse(&forged).unwrap();
        assert!(
            matches!(signed.verify(&known), Err(CheckpointError::Note(NoteError::BadSignature(_)))),
            "{forged}"
        );
    }
    let other = NoteSigner::from_seed(ORIGIN, &[8; 32]).unwrap();
    let signed = SignedCheckpoint::parse(&checkpoint.sign(&other).unwrap()).unwrap();
    assert!(matches!(signed.verify(&known), Err(CheckpointError::Note(NoteError::Unsigned(_)))));
}

#[test]
fn an_origin_that_would_forge_lines_is_not_signed() {
    for origin in ["", "a b", "log\n999\nAAAA", "log+x"] {
        assert!(Checkpoint::new(origin, &frontier(1), None).sign(&signer("log")).is_err(), "{origin:?}");
    }
}

proptest! {
    #[test]
    fn whatever_parses_is_written_back_unchanged(text in "(callbook/x|\n|[0-9]{1,20}|[A-Za-z0-9+/]{42}A=|time |e){0,9}\n") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.text(), text);
        }
    }

    #[test]
    fn well_formed_texts_parse(size in 1..u64::MAX, root: [u8; 32], extension in proptest::option::of("[^\\p{Cc}]{1,30}")) {
        let mut text = format!("callbook/x\n{size}\n{}\n", STANDARD.encode(root));
        if let Some(line) = extension {
            text = text + &line + "\n";
        }
        let checkpoint = Checkpoint::parse(&text).unwrap();
        prop_assert_eq!((checkpoint.size(), *checkpoint.root()), (size, root));
        prop_assert_eq!(checkpoint.text(), text);
    }
}
