use proptest::prelude::*;

use super::*;
use crate::store::backend::MAX_VALUE;

const STORE: StoreId = StoreId::from_bytes([0xcc; 16]);

fn place() -> Place {
    Place { table: 7, subject: SubjectId::from_bytes([0xaa; 16]), id: [0xbb; 16], chunk: 3 }
}

fn key() -> SubjectKey {
    SubjectKey::from_bytes(std::array::from_fn(|i| i as u8))
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let salt = std::array::from_fn(|i| 0x40 + i as u8);
    seal(&key(), &place(), STORE, 9, Slot(0x0102_0304), salt, plain).unwrap()
}

fn opened(place: &Place, store: StoreId, sealed: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    let key = key();
    open(place, store, |slot| (slot == Slot(0x0102_0304)).then_some(&key), sealed).map(|o| o.plain.to_vec())
}

const GOLDEN_PLAIN: &str = "Zoë Example, zoe@example.org";

/// Made with another implementation (Python's hmac, OpenSSL's AES-GCM). Frozen: stored values must open for ever.
const GOLDEN: &str = "010904030201404142434445464748494a4b4c4d4e4f2bc8556e52ba3ee5dfbdd624b39fb97319f9684a3d91b567b909\
                      d260c98c527df254624a9ee00c0e2bc7ccc4f1211809ac2d243c8367debc9b2eda13a7da1e98f5b9404c6140e89f145a\
                      fbc2689a41dd626953699b9f141551e77f7f220013c70eab821c948cd1ed8f042903d9dcb17f";

#[test]
fn golden_value() {
    let hex: String = sealed(GOLDEN_PLAIN.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, GOLDEN);
    let bytes: Vec<u8> =
        (0..GOLDEN.len()).step_by(2).map(|i| u8::from_str_radix(&GOLDEN[i..i + 2], 16).unwrap()).collect();
    assert_eq!(opened(&place(), STORE, &bytes).unwrap(), GOLDEN_PLAIN.as_bytes());
    assert_eq!(peek(&bytes).unwrap(), Peek { schema: 9, slot: Slot(0x0102_0304) });
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let whole = sealed(GOLDEN_PLAIN.as_bytes());
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(opened(&place(), STORE, &flipped).is_err(), "bit {bit}");
        // Also when the key of any slot is the right one, the slot itself is bound.
        let key = key();
        assert!(open(&place(), STORE, |_| Some(&key), &flipped).is_err(), "bit {bit}, any slot");
    }
    for len in 0..whole.len() {
        assert!(opened(&place(), STORE, &whole[..len]).is_err(), "{len} bytes");
    }
    let mut longer = whole;
    longer.push(0);
    assert_eq!(opened(&place(), STORE, &longer), Err(EnvelopeError::Damaged));
}

#[test]
fn opens_nowhere_else() {
    let value = sealed(b"here");
    let here = place();
    for elsewhere in [
        Place { table: 8, ..here },
        Place { subject: SubjectId::NOBODY, ..here },
        Place { id: [0; 16], ..here },
        Place { chunk: 4, ..here },
    ] {
        assert_eq!(opened(&elsewhere, STORE, &value), Err(EnvelopeError::Damaged), "{elsewhere:?}");
    }
    assert_eq!(opened(&here, StoreId::from_bytes([0; 16]), &value), Err(EnvelopeError::Damaged));
    assert_eq!(opened(&here, STORE, &value).unwrap(), b"here");
}

#[test]
fn says_what_is_wrong() {
    let value = sealed(b"x");
    let other = SubjectKey::from_bytes([0; 32]);
    let slot = 0x0102_0304;
    assert_eq!(open(&place(), STORE, |_| Some(&other), &value).err(), Some(EnvelopeError::WrongKey { slot }));
    assert_eq!(open(&place(), STORE, |_| None, &value).err(), Some(EnvelopeError::NoKey { slot }));
    let mut newer = value.clone();
    newer[0] = 2;
    assert_eq!(peek(&newer), Err(EnvelopeError::Newer(2)));
    assert_eq!(peek(&[]), Err(EnvelopeError::Damaged));
    assert_eq!(peek(&[1, 2, 3]), Err(EnvelopeError::Damaged));
    assert_eq!(peek(&[0; 200]), Err(EnvelopeError::Damaged));
    let long = seal(&other, &place(), STORE, 1, Slot(1), [0; 16], &[0; MAX_PLAIN + 1]).err();
    assert_eq!(long, Some(EnvelopeError::TooLong { len: MAX_PLAIN + 1 }));
}

#[test]
fn padding_hides_lengths_and_fits_a_row() {
    let steps: Vec<usize> =
        [0, 1, 28, 29, 508, 509, 512, 513, 1000, 1024, 1025, 2048, 2049, 3840].map(padded_len).to_vec();
    assert_eq!(steps, [0, 32, 32, 32, 512, 512, 512, 576, 1024, 1024, 1152, 2048, 2304, 3840]);
    assert_eq!(sealed(b"Al").len(), sealed(b"Alexandra Constantinou").len());
    assert!(sealed(&[1; MAX_PLAIN]).len() <= MAX_VALUE);
    for len in 1..=LEN + MAX_PLAIN {
        let padded = padded_len(len);
        assert!(padded >= len && (padded - len < 32 || padded * 8 <= len * 9), "{len} -> {padded}");
    }
}

proptest! {
    #[test]
    fn gives_back_what_it_was_given(plain in prop::collection::vec(any::<u8>(), 0..=MAX_PLAIN)) {
        let value = sealed(&plain);
        prop_assert_eq!(opened(&place(), STORE, &value).unwrap(), plain);
    }

    #[test]
    fn any_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(opened(&place(), STORE, &bytes).is_err());
    }
}

/// Run with `cargo test --release --lib envelope -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "measures")]
fn speed() {
    let (key, plain, salt) = (key(), [b'x'; 250], [7; 16]);
    let value = seal(&key, &place(), STORE, 1, Slot(1), salt, &plain).unwrap();
    const N: u32 = 200_000;
    let start = std::time::Instant::now();
    for _ in 0..N {
        std::hint::black_box(
            seal(&key, &place(), STORE, 1, Slot(1), salt, std::hint::black_box(&plain)).unwrap(),
        );
    }
    let sealing = start.elapsed() / N;
    let start = std::time::Instant::now();
    for _ in 0..N {
        std::hint::black_box(
            open(&place(), STORE, |_| Some(&key), std::hint::black_box(&value)).ok().unwrap(),
        );
    }
    println!("seal {sealing:?}, open {:?} for 250 bytes", start.elapsed() / N);
}
