use super::*;

pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

struct Vector {
    key: &'static str,
    nonce: &'static str,
    aad: &'static str,
    plain: &'static str,
    cipher: &'static str,
    tag: &'static str,
}

/// NIST CAVP, `gcmEncryptExtIV256.rsp`.
const VECTORS: &[Vector] = &[
    Vector {
        key: "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
        nonce: "516c33929df5a3284ff463d7",
        aad: "",
        plain: "",
        cipher: "",
        tag: "bdc1ac884d332457a1d2664f168c76f0",
    },
    Vector {
        key: "92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b",
        nonce: "ac93a1a6145299bde902f21a",
        aad: "1e0889016f67601c8ebea4943bc23ad6",
        plain: "2d71bcfa914e4ac045b2aa60955fad24",
        cipher: "8995ae2e6df3dbf96fac7b7137bae67f",
        tag: "eca5aa77d51d4a0a14d9c51e1da474ab",
    },
    Vector {
        key: "182fe560614e1c6adfd1566ac44856df723dcb7e171a7c5796b6d3f83ef3d233",
        nonce: "8484abca6877a8622bfd2e3c",
        aad: "2618c0f7fe97772a0c97638cca238a967987c5e5",
        plain: "92ca46b40f2c75755a28943a68a8d81c",
        cipher: "ed1941b330f4275d05899f8677d73637",
        tag: "3fe93f1f5ffa4844963de1dc964d1996",
    },
    Vector {
        key: "6be7f4d18ff0fbdd9b3b3cacaba4629a0c617387079add62f6ce1584b33faad1",
        nonce: "fda568c9cb13d9c176bcef03",
        aad: "11ebeb97dd4a9925c1fbe2b9af77392058d2d971e42db15da39f090d7bc132573c34bf7d92a2d72dc66ee6840c3ff07985b8976ee8d8f36bf47ae330b899fdc60652dd5a23c45f3680f11951f019e0697c8acfcaa95f01b9c7dd",
        plain: "4df668e99d5068604a48bcca5baa8245435928558a83d68d7b0b081861224e9bd39ea8f2d55a635949e66c6f6a7ff5cc34dd94",
        cipher: "488b40ad594e1845ccdd9e9467fc5e1afbbfde34e57d45bfcd30b61cc326d57fe8e3f31a39cdebf00f60bbd2c3cdf69f756eff",
        tag: "3bf3fbab9b48486fd08a5552604df639",
    },
];

#[test]
fn aes_gcm_agrees_with_nist() {
    for vector in VECTORS {
        let material = Material { key: array(vector.key), commitment: [0; 32], nonce: array(vector.nonce) };
        let (aad, plain, cipher) = (hex(vector.aad), hex(vector.plain), hex(vector.cipher));
        let mut bytes = plain.clone();
        assert_eq!(material.encrypt(&aad, &mut bytes), Some(array(vector.tag)));
        assert_eq!(bytes, cipher);
        assert!(material.decrypt(&aad, &mut bytes, array(vector.tag)));
        assert_eq!(bytes, plain);
        for bit in 0..128 {
            let mut tag: [u8; TAG] = array(vector.tag);
            tag[bit / 8] ^= 1 << (bit % 8);
            let mut bytes = cipher.clone();
            assert!(!material.decrypt(&aad, &mut bytes, tag));
            assert_eq!(bytes, cipher, "nothing is given out unverified");
        }
    }
}

/// RFC 5869, A.1, cut to the 42 bytes it gives: the expansion that [`expand`] takes its parts from.
#[test]
fn hkdf_agrees_with_the_rfc() {
    let salt = hex("000102030405060708090a0b0c");
    let prk = Hkdf::<Sha256>::new(Some(&salt), &[0x0b; 22]);
    let material = expand(&prk, &[&hex("f0f1f2f3f4"), &hex("f5f6f7f8f9")]).unwrap();
    let okm = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_eq!(material.key[..], okm[..32]);
    assert_eq!(material.commitment[..10], okm[32..]);
}

/// Made with another implementation (Python's hmac, OpenSSL's AES-GCM). Frozen: this form must open for ever.
#[test]
fn golden_box() {
    let sealed = hex(
        "000102030405060708090a0b0c0d0e0f170f6ac1439a2df2469f26461a6239d029757cfa123819e28370063c346bd047\
         a6b95a2c69eb4f76f3b7cce95fbe56c383e3fddd44",
    );
    assert_eq!(open_box(&[5; 32], b"test label", b"aad", &sealed).unwrap().as_slice(), b"plain");
}

#[test]
fn a_box_opens_only_as_it_was_sealed() {
    let env = Env::system();
    let sealed = seal_box(b"key", b"label", b"aad", b"the content", &env).unwrap();
    assert_eq!(sealed.len(), 11 + BOX_OVERHEAD);
    assert_ne!(sealed, seal_box(b"key", b"label", b"aad", b"the content", &env).unwrap(), "salted");
    assert_eq!(open_box(b"key", b"label", b"aad", &sealed).unwrap().as_slice(), b"the content");
    assert_eq!(open_box(b"kez", b"label", b"aad", &sealed).err(), Some(BoxError::WrongKey));
    assert_eq!(open_box(b"key", b"lobel", b"aad", &sealed).err(), Some(BoxError::WrongKey));
    assert_eq!(open_box(b"key", b"label", b"add", &sealed).err(), Some(BoxError::Damaged));
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open_box(b"key", b"label", b"aad", &flipped).is_err(), "bit {bit}");
    }
    for len in 0..sealed.len() {
        assert!(open_box(b"key", b"label", b"aad", &sealed[..len]).is_err(), "{len} bytes");
    }
}
