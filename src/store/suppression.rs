//! The keyed hash that stands for a number or an address on the suppression list.
//!
//! `HMAC-SHA-256(key, class | 0x00 | normalised identifier)`, where the class is the word `phone` or `email` and the key is
//! derived from the master key for this alone ([`Keyring::derive`]). The master key lies among the key files, outside the
//! database, so that the marks say nothing to whoever has the database alone; forgetting people renews the ring and the
//! epoch and not the master key, and neither does adding or removing a way to unlock, so that marks stay good. A new master
//! key carries the root of this key along, sealed: marks cannot be made again from what is not there any more.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::StoreError;
use super::keyring::Keyring;
use super::reader::Reader;
use super::txn::WriteTxn;
use crate::domain::suppression::{Class, Identifier, Mark};

const PURPOSE: &str = "suppression";

/// Makes marks. What the key alone decides is worked out once; it is wiped when dropped.
#[derive(Clone)]
pub struct Marker(Hmac<Sha256>);

impl Marker {
    fn of(keyring: &Keyring) -> Result<Marker, StoreError> {
        Marker::keyed(&keyring.derive(PURPOSE))
    }

    /// With a key of one's own, for measurements and tests.
    pub fn keyed(key: &[u8; 32]) -> Result<Marker, StoreError> {
        Hmac::new_from_slice(key)
            .map(Marker)
            .map_err(|_| StoreError::Encoding("the key of the suppression list"))
    }

    /// The mark of a normalised identifier.
    pub fn of_text(&self, class: Class, normalised: &str) -> Mark {
        let mut mac = self.0.clone();
        mac.update(class.word().as_bytes());
        mac.update(&[0]);
        mac.update(normalised.as_bytes());
        Mark { class, hash: mac.finalize().into_bytes().into() }
    }

    pub fn mark(&self, identifier: &Identifier) -> Mark {
        self.of_text(identifier.class(), identifier.text())
    }
}

impl Reader<'_> {
    pub fn marker(&self) -> Result<Marker, StoreError> {
        Marker::of(self.keyring())
    }
}

impl WriteTxn<'_> {
    pub fn marker(&self) -> Result<Marker, StoreError> {
        Marker::of(&self.state.keyring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::StoreId;
    use crate::env::Env;
    use crate::store::keyring::{KdfCost, KeyFile, PreparedWay, Secret};

    /// A mark is on disk for years: the same bytes for ever.
    #[test]
    fn the_mark_is_the_one_that_is_specified() {
        let marker = Marker::keyed(&[7; 32]).unwrap();
        let phone = Identifier::parse(Class::Phone, "+49 151 23456789", None).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"phone\0+4915123456789");
        assert_eq!(marker.mark(&phone).hash, <[u8; 32]>::from(mac.finalize().into_bytes()));
        // The class is part of it.
        assert_ne!(marker.of_text(Class::Email, phone.text()).hash, marker.mark(&phone).hash);
        assert_ne!(Marker::keyed(&[8; 32]).unwrap().mark(&phone), marker.mark(&phone));
        assert_eq!(
            marker.mark(&phone).to_string(),
            include_str!("suppression/mark.1.txt").trim(),
            "frozen: marks of existing stores must stay good"
        );
    }

    #[test]
    fn marks_outlive_forgetting_and_new_ways_to_unlock() {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::system();
        let id = StoreId(env.ids.next());
        let (one, two) = (Secret::KeyFile(KeyFile::generate(&env)), Secret::KeyFile(KeyFile::generate(&env)));
        let keys = dir.path().join("keys");
        std::fs::create_dir(&keys).unwrap();
        let phone = Identifier::parse(Class::Phone, "+49 151 23456789", None).unwrap();
        let mut ring = Keyring::create(&keys, id, &[one], KdfCost::MINIMUM, &env).unwrap();
        let mark = Marker::of(&ring).unwrap().mark(&phone);
        let person = ring.allocate().unwrap();
        ring.forget(&[person]).unwrap();
        assert_eq!(Marker::of(&ring).unwrap().mark(&phone), mark);
        ring.add_way(&PreparedWay::new(&two, KdfCost::MINIMUM, &env).unwrap()).unwrap();
        let first = ring.list_ways()[0].id;
        ring.remove_way(first).unwrap();
        drop(ring);
        let ring = Keyring::unlock(&keys, id, &two, &env).unwrap();
        assert_eq!(Marker::of(&ring).unwrap().mark(&phone), mark);
    }
}
