use proptest::prelude::*;

use super::*;
use crate::store::merkle::nodes::{frontier_at, tests::Rows};
use crate::store::merkle::note::NoteSigner;

const ORIGIN: &str = "callbook/5f0c2f3e-6c1e-4d6b-9a51-0d7f6a9b8c7d";

/// A file of version 1, which every later reader must accept.
const FROZEN: &str = include_str!("version1.json");

fn entry(index: u64) -> Vec<u8> {
    format!("header {index}").into_bytes()
}

/// A log of `size` entries, and its key.
struct Log {
    rows: Rows,
    signer: NoteSigner,
}

impl Log {
    fn new(size: u64) -> Log {
        Log::rewritten(size, None)
    }

    /// With another entry at one place.
    fn rewritten(size: u64, at: Option<u64>) -> Log {
        let leaf = |i| if at == Some(i) { leaf_hash(b"forged") } else { leaf_hash(&entry(i)) };
        let leaves: Vec<Hash> = (0..size).map(leaf).collect();
        Log { rows: Rows::of(&leaves), signer: NoteSigner::from_seed(ORIGIN, &[7; 32]).unwrap() }
    }

    fn checkpoint(&self, size: u64) -> String {
        Checkpoint::new(ORIGIN, &frontier_at(&self.rows, size).unwrap(), None).sign(&self.signer).unwrap()
    }

    fn key(&self) -> String {
        self.signer.verifier().to_string()
    }

    fn prove(&self, index: u64, size: u64, connect: Option<u64>) -> Proof {
        let key = Some(self.signer.verifier());
        let proof =
            Proof::make(&self.rows, &entry(index), index, &self.checkpoint(size), key, connect).unwrap();
        // Whatever is tested has been through a file.
        let json = proof.to_json().unwrap();
        let read = Proof::from_json(&json).unwrap();
        assert_eq!(read, proof);
        read
    }
}

#[test]
fn a_stranger_with_both_files_and_the_key() {
    let log = Log::new(100);
    let checked = check(&log.prove(41, 100, None), &log.checkpoint(100), Some(&log.key())).unwrap();
    assert_eq!((checked.leaf_index, checked.entry, checked.coverage), (41, entry(41), Coverage::Committed));
    assert_eq!(checked.leaf_hash, leaf_hash(&entry(41)));
    assert_eq!((checked.given.size(), checked.given.origin()), (100, ORIGIN));
    assert_eq!(checked.signature, Signature::Trusted(log.signer.verifier().clone()));
}

#[test]
fn a_stranger_with_only_both_files_learns_whose_fingerprint_to_compare() {
    let log = Log::new(100);
    let mut proof = log.prove(41, 100, None);
    let signature = check(&proof, &log.checkpoint(100), None).unwrap().signature;
    assert_eq!(signature, Signature::Carried(log.signer.verifier().clone()));
    assert!(signature.to_string().contains(&log.signer.verifier().fingerprint()));

    proof.verifier_key = None;
    let signature = check(&proof, &log.checkpoint(100), None).unwrap().signature;
    assert_eq!(signature, Signature::Unchecked);
    assert!(signature.to_string().contains("not checked"));
}

#[test]
fn every_entry_of_small_logs_against_every_checkpoint() {
    let log = Log::new(40);
    for size in [1, 2, 7, 16, 33, 40] {
        for index in 0..size {
            for given in [0, 1, 2, 8, size - 1, size, 39, 40] {
                let proof = log.prove(index, size, Some(given));
                let checked = check(&proof, &log.checkpoint(given), Some(&log.key())).unwrap();
                let expected = if index < given { Coverage::Committed } else { Coverage::Later };
                assert_eq!(checked.coverage, expected, "entry {index} of {size} by {given}");
                assert_eq!((checked.proven.size(), checked.given.size()), (size, given));
            }
        }
    }
}

#[test]
fn another_size_without_connection_is_named() {
    let log = Log::new(100);
    for (connect, given) in [(None, 90), (None, 95), (Some(70), 90), (Some(95), 90), (Some(90), 70)] {
        let error = check(&log.prove(41, 80, connect), &log.checkpoint(given), None).unwrap_err();
        assert_eq!(error, ProofError::OtherSize { proof: 80, given });
        assert!(error.to_string().contains("ask for"));
    }
}

#[test]
fn a_rewritten_log_is_caught() {
    let (honest, forged) = (Log::new(100), Log::rewritten(100, Some(10)));
    // The stranger holds the honest checkpoint; the proof comes from the rewritten log, with the right key.
    let error = check(&forged.prove(41, 100, None), &honest.checkpoint(100), None).unwrap_err();
    assert_eq!(error, ProofError::Forked { size: 100 });
    for (size, given) in [(100, 60), (60, 100)] {
        let error = check(&forged.prove(41, size, Some(given)), &honest.checkpoint(given), None).unwrap_err();
        assert_eq!(error, ProofError::Consistency(VerifyError::Root));
    }
    // Rewritten only after the checkpoint: that is another future of the same past.
    assert!(
        check(&Log::rewritten(100, Some(70)).prove(41, 100, Some(60)), &honest.checkpoint(60), None).is_ok()
    );
}

#[test]
fn each_forged_part_is_refused() {
    let log = Log::new(100);
    let good = log.prove(41, 100, None);
    let checkpoint = log.checkpoint(100);
    let refused = |change: &dyn Fn(&mut Proof)| {
        let mut proof = good.clone();
        change(&mut proof);
        assert_ne!(proof, good);
        check(&proof, &checkpoint, None).unwrap_err()
    };
    let inclusion = |error| matches!(error, ProofError::Inclusion(_));
    assert!(inclusion(refused(&|p| p.leaf_index = 42)));
    assert!(inclusion(refused(&|p| p.leaf_index = 100)));
    assert!(inclusion(refused(&|p| p.leaf_index = u64::MAX)));
    assert!(inclusion(refused(&|p| p.inclusion[3][0] ^= 1)));
    assert!(inclusion(refused(&|p| p.inclusion.truncate(6))));
    assert!(inclusion(refused(&|p| p.inclusion.push([0; 32]))));
    assert!(inclusion(refused(&|p| {
        p.entry = b"forged".to_vec();
        p.leaf_hash = leaf_hash(&p.entry);
    })));
    let contradiction = |error| matches!(error, ProofError::Contradiction(_));
    assert!(contradiction(refused(&|p| p.entry = b"forged".to_vec())));
    assert!(contradiction(refused(&|p| p.leaf_hash[0] ^= 1)));
    assert!(contradiction(refused(&|p| p.tree_size = 99)));
    let other_log = |error| matches!(error, ProofError::OtherLog { which: Which::InProof, .. });
    assert!(other_log(refused(&|p| p.origin = "callbook/other".into())));
    let unusable = |error| matches!(error, ProofError::Checkpoint { which: Which::InProof, .. });
    assert!(unusable(refused(&|p| p.checkpoint.clear())));
    assert!(unusable(refused(&|p| p.checkpoint = p.checkpoint.replace("\n100\n", "\n101\n"))));
    let key = |error| matches!(error, ProofError::Key { whose: "inside the proof", .. });
    assert!(key(refused(&|p| p.verifier_key = Some("nonsense".into()))));
}

#[test]
fn the_given_checkpoint_must_be_sound_too() {
    let log = Log::new(100);
    let proof = log.prove(41, 100, None);
    let good = log.checkpoint(100);
    for (bad, trusted) in [
        (String::new(), None),
        (good.replace('\n', "\r\n"), None),
        (good.replacen("\n100\n", "\n0100\n", 1), None),
        (good.replacen("\n100\n", "\n101\n", 1), None),
        (good.replacen("\n100\n", "\n101\n", 1), Some(log.key())),
    ] {
        let error = check(&proof, &bad, trusted.as_deref()).unwrap_err();
        assert!(matches!(error, ProofError::Checkpoint { which: Which::Given, .. }), "{error}");
    }
    let other = Checkpoint::new("callbook/x", &frontier_at(&log.rows, 100).unwrap(), None);
    let other = other.sign(&NoteSigner::from_seed("callbook/x", &[7; 32]).unwrap()).unwrap();
    let error = check(&proof, &other, None).unwrap_err();
    assert!(matches!(error, ProofError::OtherLog { which: Which::Given, .. }), "{error}");
}

#[test]
fn a_log_made_up_under_another_key_fails_against_the_trusted_one() {
    let mut made_up = Log::rewritten(100, Some(10));
    let trusted = made_up.key();
    made_up.signer = NoteSigner::from_seed(ORIGIN, &[8; 32]).unwrap();
    let proof = made_up.prove(41, 100, None);
    let checkpoint = made_up.checkpoint(100);
    // With its own key it is only said to be of one maker; that is all that two files can show.
    assert!(matches!(check(&proof, &checkpoint, None).unwrap().signature, Signature::Carried(_)));
    let error = check(&proof, &checkpoint, Some(&trusted)).unwrap_err();
    assert!(matches!(error, ProofError::Checkpoint { which: Which::Given, .. }), "{error}");
    // Nor does the honest checkpoint fit a proof that carries another key.
    let error = check(&proof, &Log::new(100).checkpoint(100), None).unwrap_err();
    assert!(matches!(error, ProofError::Checkpoint { which: Which::Given, .. }), "{error}");
    // A checkpoint inside, signed by another key, does not hide behind a good one beside it.
    let error = check(&proof, &Log::new(100).checkpoint(100), Some(&trusted)).unwrap_err();
    assert!(matches!(error, ProofError::Checkpoint { which: Which::InProof, .. }), "{error}");
    let error = check(&proof, &checkpoint, Some("nonsense")).unwrap_err();
    assert!(matches!(error, ProofError::Key { whose: "given", .. }), "{error}");
}

#[test]
fn a_damaged_store_makes_no_proof() {
    let mut log = Log::new(100);
    let checkpoint = log.checkpoint(100);
    log.rows.0[0][66][0] ^= 1;
    let make =
        |index: u64, bytes: &[u8], connect| Proof::make(&log.rows, bytes, index, &checkpoint, None, connect);
    assert!(matches!(make(67, &entry(67), None), Err(MakeError::Damaged(_))));
    assert!(matches!(make(67, &entry(68), None), Err(MakeError::Damaged(_))));
    assert!(matches!(make(100, &entry(100), None), Err(MakeError::Tree(_))));
    let sound = Log::new(100);
    let beyond = Proof::make(&sound.rows, &entry(3), 3, &checkpoint, None, Some(101));
    assert!(matches!(beyond, Err(MakeError::Tree(TreeError::Missing { .. }))));
    let garbage = Proof::make(&log.rows, &entry(3), 3, "garbage", None, None);
    assert!(matches!(garbage, Err(MakeError::Checkpoint(_))));
}

#[test]
fn hostile_files_are_refused_with_a_reason() {
    let log = Log::new(5);
    let json = log.prove(1, 5, Some(3)).to_json().unwrap();
    let refused = |json: &str| Proof::from_json(json).unwrap_err();
    assert!(matches!(refused(""), ProofError::NotAProof(_)));
    assert!(matches!(refused("[]"), ProofError::NotAProof(_)));
    assert!(matches!(refused(&"[".repeat(100_000)), ProofError::NotAProof(_)));
    assert!(matches!(refused(&json[..json.len() - 3]), ProofError::NotAProof(_)));
    assert!(matches!(refused(&format!("{json}{{}}")), ProofError::NotAProof(_)));
    assert!(matches!(refused(&" ".repeat(MAX_FILE + 1)), ProofError::NotAProof(_)));
    let newer = json.replace("\"version\": 1", "\"version\": 2").replace("\"entry\"", "\"entry_v2\"");
    assert_eq!(refused(&newer), ProofError::Version(2));
    for (from, to) in [
        ("callbook-history-proof", "other"),
        ("\"leaf_index\": 1", "\"leaf_index\": -1"),
        ("\"leaf_index\": 1", "\"leaf_index\": 1.5"),
        ("\"leaf_index\": 1", "\"leaf_index\": 18446744073709551616"),
        ("\"leaf_index\": 1", "\"leaf_index\": 1, \"leaf_index\": 2"),
        ("\"leaf_index\": 1", "\"leaf_index\": 1, \"note\": \"trust me\""),
        ("\"leaf_index\": 1,", ""),
        ("\"entry\": \"", "\"entry\": \"*"),
        ("\"leaf_hash\": \"", "\"leaf_hash\": \"AAAA"),
        ("\"inclusion\": [", "\"inclusion\": [\"AAAA\","),
        ("\"old_size\": 3", "\"old_size\": 3, \"x\": 0"),
    ] {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, json, "{from}");
        assert!(matches!(refused(&changed), ProofError::NotAProof(_)), "{changed}");
    }
    let hash = format!("\"inclusion\": [{}", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",".repeat(65));
    assert!(matches!(refused(&json.replacen("\"inclusion\": [", &hash, 1)), ProofError::NotAProof(_)));
}

#[test]
fn the_file_is_frozen() {
    let log = Log::new(5);
    let json = log.prove(1, 5, Some(3)).to_json().unwrap();
    assert_eq!(json, FROZEN);
    assert!(check(&Proof::from_json(FROZEN).unwrap(), &log.checkpoint(3), Some(&log.key())).is_ok());
}

proptest! {
    #[test]
    fn a_file_with_one_byte_changed_never_proves_another_thing(at: prop::sample::Index, with in "[ -~]") {
        let log = Log::new(9);
        let good = log.prove(4, 9, Some(6));
        let json = good.to_json().unwrap();
        let mut changed = json.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = with.as_bytes()[0];
        let Ok(changed) = String::from_utf8(changed) else { return Ok(()) };
        let Ok(proof) = Proof::from_json(&changed) else { return Ok(()) };
        for size in [6, 9] {
            if let Ok(checked) = check(&proof, &log.checkpoint(size), Some(&log.key())) {
                prop_assert_eq!(checked.leaf_index, 4);
                prop_assert_eq!(checked.entry, entry(4));
            }
        }
    }
}
