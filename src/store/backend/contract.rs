//! What every backend must do, as one suite. The words are on [`Backend`].

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Backend, BackendError, Batch, MAX_KEY, MAX_VALUE, Pair};

type Make<'a> = &'a mut dyn FnMut() -> Box<dyn Backend>;

/// Runs the whole suite; `make` gives a fresh, empty backend each time.
pub(in crate::store) fn check(make: Make<'_>) {
    reads_what_was_put(make().as_mut());
    one_batch_in_order(make().as_mut());
    scans_stay_in_the_prefix(make().as_mut());
    scans_stop(make().as_mut());
    last_at_or_before(make().as_mut());
    refuses_without_harm(make().as_mut());
    agrees_with_a_map(make);
}

/// Everything synced is there when opened again; `open` opens the same place each time.
pub(in crate::store) fn check_reopen(open: Make<'_>) {
    let mut model = BTreeMap::new();
    for round in 0..6u8 {
        let mut backend = open();
        assert_eq!(all(backend.as_ref()), model.clone().into_iter().collect::<Vec<_>>(), "round {round}");
        let mut batch = Batch::new();
        for i in 0..200u8 {
            let key = vec![b'k', i, round % 2];
            if i % 7 == round {
                batch.delete(key.clone());
                model.remove(&key);
            } else {
                let value = vec![i ^ round; usize::from(i) * 20];
                batch.put(key.clone(), value.clone());
                model.insert(key, value);
            }
        }
        backend.apply(batch).unwrap();
        backend.sync().unwrap();
    }
}

pub(in crate::store) fn all(backend: &dyn Backend) -> Vec<Pair> {
    collect(backend, b"", b"")
}

fn collect(backend: &dyn Backend, prefix: &[u8], from: &[u8]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    backend
        .scan(prefix, from, &mut |key, value| {
            pairs.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    pairs
}

fn keys(pairs: Vec<Pair>) -> Vec<Vec<u8>> {
    pairs.into_iter().map(|(key, _)| key).collect()
}

fn put_all(backend: &mut dyn Backend, keys: &[&[u8]]) {
    let mut batch = Batch::new();
    for key in keys {
        batch.put(*key, *key);
    }
    backend.apply(batch).unwrap();
}

fn reads_what_was_put(backend: &mut dyn Backend) {
    assert_eq!(backend.get(b"a").unwrap(), None);
    let mut batch = Batch::new();
    batch.put(*b"a", *b"1");
    batch.put(*b"empty", *b"");
    batch.put(vec![0xff; MAX_KEY], vec![7; MAX_VALUE]);
    backend.apply(batch).unwrap();
    assert_eq!(backend.get(b"a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(backend.get(b"empty").unwrap(), Some(Vec::new()), "an empty value is not an absent one");
    assert_eq!(backend.get(&[0xff; MAX_KEY]).unwrap(), Some(vec![7; MAX_VALUE]));
    assert_eq!(backend.get(b"").unwrap(), None);
    backend.sync().unwrap();
    backend.sync().unwrap();
}

fn one_batch_in_order(backend: &mut dyn Backend) {
    let mut batch = Batch::new();
    batch.put(*b"a", *b"1");
    batch.put(*b"a", *b"2");
    batch.delete(*b"b");
    batch.put(*b"b", *b"3");
    batch.put(*b"c", *b"4");
    batch.delete(*b"c");
    batch.delete(*b"never there");
    backend.apply(batch).unwrap();
    assert_eq!(all(backend), vec![(b"a".to_vec(), b"2".to_vec()), (b"b".to_vec(), b"3".to_vec())]);
    backend.apply(Batch::new()).unwrap();
}

fn scans_stay_in_the_prefix(backend: &mut dyn Backend) {
    put_all(
        backend,
        &[b"\x00", b"a", b"aa", b"ab\x00", b"ab\xff", b"ab\xff\xff", b"ac", b"b", b"\xff", b"\xff\xff\x01"],
    );
    assert_eq!(
        keys(collect(backend, b"ab", b"ab")),
        [b"ab\x00".to_vec(), b"ab\xff".to_vec(), b"ab\xff\xff".to_vec()]
    );
    assert_eq!(
        keys(collect(backend, b"ab", b"")),
        keys(collect(backend, b"ab", b"ab")),
        "from before the prefix"
    );
    assert_eq!(keys(collect(backend, b"ab", b"ab\x01")), [b"ab\xff".to_vec(), b"ab\xff\xff".to_vec()]);
    assert!(collect(backend, b"ab", b"ac").is_empty(), "from after the prefix");
    assert!(collect(backend, b"x", b"x").is_empty());
    assert_eq!(keys(collect(backend, b"\xff", b"\xff")), [b"\xff".to_vec(), b"\xff\xff\x01".to_vec()]);
    assert_eq!(all(backend).len(), 10);
}

fn scans_stop(backend: &mut dyn Backend) {
    put_all(backend, &[b"a", b"b", b"c"]);
    let mut seen = 0;
    backend
        .scan(b"", b"", &mut |_, _| {
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen, 2);
}

fn last_at_or_before(backend: &mut dyn Backend) {
    put_all(backend, &[b"a", b"p1", b"p3", b"q", b"\xff\xff"]);
    let last = |prefix: &[u8], at: &[u8]| backend.last_at_or_before(prefix, at).unwrap().map(|(key, _)| key);
    assert_eq!(last(b"p", b"p3"), Some(b"p3".to_vec()));
    assert_eq!(last(b"p", b"p2"), Some(b"p1".to_vec()));
    assert_eq!(last(b"p", b"p0"), None);
    assert_eq!(last(b"p", b"a"), None, "at before the prefix");
    assert_eq!(last(b"p", b"z"), Some(b"p3".to_vec()), "at after the prefix");
    assert_eq!(last(b"p", b"q"), Some(b"p3".to_vec()), "not the neighbour's key");
    assert_eq!(last(b"\xff", b"\xff\xff\xff"), Some(b"\xff\xff".to_vec()));
    assert_eq!(last(b"", b"b"), Some(b"a".to_vec()));
    assert_eq!(last(b"r", b"r9"), None);
}

fn refuses_without_harm(backend: &mut dyn Backend) {
    put_all(backend, &[b"a"]);
    let refused = |backend: &mut dyn Backend, key: Vec<u8>, value: Vec<u8>| {
        let mut batch = Batch::new();
        batch.put(*b"first", *b"1");
        batch.put(key, value);
        backend.apply(batch).unwrap_err()
    };
    assert!(matches!(
        refused(backend, b"k".to_vec(), vec![0; MAX_VALUE + 1]),
        BackendError::ValueTooLong { len } if len == MAX_VALUE + 1
    ));
    assert!(matches!(refused(backend, Vec::new(), Vec::new()), BackendError::KeyLength { len: 0 }));
    assert!(matches!(refused(backend, vec![1; MAX_KEY + 1], Vec::new()), BackendError::KeyLength { .. }));
    let mut batch = Batch::new();
    batch.delete(Vec::new());
    assert!(backend.apply(batch).is_err());
    assert_eq!(keys(all(backend)), [b"a".to_vec()], "nothing of a refused batch is seen");
    put_all(backend, &[b"b"]);
    backend.sync().unwrap();
    assert_eq!(keys(all(backend)), [b"a".to_vec(), b"b".to_vec()]);
}

#[derive(Clone, Debug)]
enum Step {
    Apply(Vec<(Vec<u8>, Option<Vec<u8>>)>),
    Get(Vec<u8>),
    Scan(Vec<u8>, Vec<u8>),
    Last(Vec<u8>, Vec<u8>),
    Sync,
}

/// Short keys over few letters, so that keys collide, prefix each other and touch 0xff.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0u8, 1, b'a', b'b', 0xfe, 0xff]), 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let put_key = key().prop_map(|mut key| {
        key.push(b'.');
        key
    });
    let value = prop::option::weighted(
        0.7,
        (any::<u8>(), prop_oneof![Just(0usize), 1..40usize, 900..MAX_VALUE + 1])
            .prop_map(|(byte, len)| vec![byte; len]),
    );
    prop_oneof![
        4 => prop::collection::vec((put_key, value), 0..30).prop_map(Step::Apply),
        2 => key().prop_map(|mut key| { key.push(b'.'); Step::Get(key) }),
        2 => (key(), key()).prop_map(|(prefix, from)| Step::Scan(prefix, from)),
        2 => (key(), key()).prop_map(|(prefix, at)| Step::Last(prefix, at)),
        1 => Just(Step::Sync),
    ]
}

/// Any sequence of calls gives what a `BTreeMap` gives.
fn agrees_with_a_map(make: Make<'_>) {
    let make = std::cell::RefCell::new(make);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            let mut backend = (make.borrow_mut())();
            let mut model = BTreeMap::<Vec<u8>, Vec<u8>>::new();
            for step in steps {
                match step {
                    Step::Apply(changes) => {
                        let mut batch = Batch::new();
                        for (key, value) in changes {
                            match value {
                                Some(value) => {
                                    batch.put(key.clone(), value.clone());
                                    model.insert(key, value);
                                }
                                None => {
                                    batch.delete(key.clone());
                                    model.remove(&key);
                                }
                            }
                        }
                        backend.apply(batch).unwrap();
                    }
                    Step::Get(key) => prop_assert_eq!(backend.get(&key).unwrap(), model.get(&key).cloned()),
                    Step::Scan(prefix, from) => {
                        let expected: Vec<Pair> = model
                            .iter()
                            .filter(|(key, _)| key.starts_with(&prefix) && **key >= from)
                            .map(|(key, value)| (key.clone(), value.clone()))
                            .collect();
                        prop_assert_eq!(collect(backend.as_ref(), &prefix, &from), expected);
                    }
                    Step::Last(prefix, at) => {
                        let expected = model
                            .iter()
                            .rfind(|(key, _)| key.starts_with(&prefix) && **key <= at)
                            .map(|(key, value)| (key.clone(), value.clone()));
                        prop_assert_eq!(backend.last_at_or_before(&prefix, &at).unwrap(), expected);
                    }
                    Step::Sync => backend.sync().unwrap(),
                }
            }
            let expected: Vec<Pair> = model.into_iter().collect();
            prop_assert_eq!(all(backend.as_ref()), expected);
            Ok(())
        })
        .unwrap();
}
