use super::*;
use crate::store::merkle::nodes::{consistency_proof, frontier_at, tests::Rows};
use crate::store::merkle::tree::tests::leaves;

fn at(rows: &Rows, size: u64) -> Checkpoint {
    Checkpoint::new("callbook/x", &frontier_at(rows, size).unwrap(), None)
}

#[test]
fn an_honest_log_stays_or_grows() {
    let rows = Rows::of(&leaves(100));
    for old in [0, 1, 7, 64, 99, 100] {
        for new in [old, 100] {
            let proof = consistency_proof(&rows, old, new).unwrap();
            let verdict = compare(&at(&rows, old), &at(&rows, new), Some(&proof));
            assert_eq!(verdict, if old == new { Verdict::Same } else { Verdict::Grown }, "{old} to {new}");
            assert!(verdict.may_remember() && !verdict.is_alarm());
        }
    }
    assert_eq!(compare(&at(&rows, 0), &at(&rows, 100), None), Verdict::Grown);
    let later = crate::domain::time::Timestamp::from_millis(1);
    let timed = Checkpoint::new("callbook/x", &frontier_at(&rows, 100).unwrap(), Some(later));
    assert_eq!(compare(&at(&rows, 100), &timed, None), Verdict::Same, "signed again, later");
}

#[test]
fn growth_without_proof_is_neither_remembered_nor_an_alarm() {
    let rows = Rows::of(&leaves(100));
    let verdict = compare(&at(&rows, 50), &at(&rows, 100), None);
    assert_eq!(verdict, Verdict::Unproven);
    assert!(!verdict.may_remember() && !verdict.is_alarm());
}

#[test]
fn a_log_cut_or_set_back_shrank() {
    let rows = Rows::of(&leaves(100));
    for new in [0, 1, 64, 99] {
        assert_eq!(compare(&at(&rows, 100), &at(&rows, new), Some(&[])), Verdict::Shrank);
    }
    assert!(Verdict::Shrank.is_alarm() && !Verdict::Shrank.may_remember());
}

#[test]
fn a_rewritten_log_is_forked_whatever_proof_it_brings() {
    let honest = Rows::of(&leaves(100));
    for rewritten in [0, 31, 49] {
        let mut changed = leaves(100);
        changed[rewritten][0] ^= 1;
        let forged = Rows::of(&changed);
        assert_eq!(compare(&at(&honest, 100), &at(&forged, 100), None), Verdict::Forked);
        for rows in [&honest, &forged] {
            let proof = consistency_proof(rows, 50, 100).unwrap();
            let verdict = compare(&at(&honest, 50), &at(&forged, 100), Some(&proof));
            assert_eq!(verdict, Verdict::Forked);
            assert!(verdict.is_alarm() && !verdict.may_remember());
        }
        assert_eq!(compare(&at(&honest, 50), &at(&forged, 100), Some(&[])), Verdict::Forked);
    }
}

#[test]
fn another_store_is_another_log() {
    let rows = Rows::of(&leaves(10));
    let other = Checkpoint::new("callbook/y", &frontier_at(&rows, 10).unwrap(), None);
    assert_eq!(compare(&at(&rows, 10), &other, None), Verdict::OtherLog);
    assert!(Verdict::OtherLog.is_alarm() && !Verdict::OtherLog.may_remember());
}
