//! Base64 in JSON: the standard alphabet, padded, canonical.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::Error;

use crate::store::merkle::tree::Hash;

/// A tree of 2^64 leaves has proofs of at most 64 hashes, and one for the start of a consistency proof.
const MOST_HASHES: usize = 65;

fn decode_hash<E: Error>(text: &str) -> Result<Hash, E> {
    let bytes = STANDARD.decode(text).map_err(|_| E::custom("a hash is not base64"))?;
    bytes.try_into().map_err(|_| E::custom("a hash does not have 32 bytes"))
}

pub(super) mod bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(|_| D::Error::custom("the entry is not base64"))
    }
}

pub(super) mod hash {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Hash, bytes, decode_hash};

    pub(crate) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        bytes::serialize(hash, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        decode_hash(&String::deserialize(deserializer)?)
    }
}

pub(super) mod hashes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{Hash, MOST_HASHES, decode_hash};

    pub(crate) fn serialize<S: Serializer>(hashes: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(hashes.iter().map(|hash| STANDARD.encode(hash)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Hash>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        if texts.len() > MOST_HASHES {
            return Err(D::Error::custom("there are too many hashes"));
        }
        texts.iter().map(|text| decode_hash(text)).collect()
    }
}
