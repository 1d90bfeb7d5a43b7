//! Who was merged into whom, in memory: one person, whose calls and requests lie under the keys of several contacts.

use std::collections::HashMap;

use uuid::Uuid;

/// Who was merged into whom.
#[derive(Default)]
pub struct Merged {
    into: HashMap<Uuid, Uuid>,
    /// The other way round.
    of: HashMap<Uuid, Vec<Uuid>>,
}

impl Merged {
    /// Takes in what a contact says of itself: a merge that is taken back is none.
    pub fn note(&mut self, contact: Uuid, into: Option<Uuid>) {
        if self.into.is_empty() && into.is_none() {
            return;
        }
        let before = match into {
            Some(keep) => self.into.insert(contact, keep),
            None => self.into.remove(&contact),
        };
        if before == into {
            return;
        }
        if let Some(others) = before.and_then(|before| self.of.get_mut(&before)) {
            others.retain(|other| *other != contact);
        }
        if let Some(keep) = into {
            self.of.entry(keep).or_default().push(contact);
        }
    }

    /// The contact that stands for this one now, whoever merged that one again.
    pub fn kept(&self, contact: Uuid) -> Uuid {
        let mut kept = contact;
        // A store that was tampered with may have a circle.
        for _ in 0..=self.into.len() {
            match self.into.get(&kept) {
                Some(next) => kept = *next,
                None => return kept,
            }
        }
        contact
    }

    /// A contact, and those that were merged into it or into one of those.
    pub fn selves(&self, contact: Uuid) -> Vec<Uuid> {
        let mut all = vec![contact];
        let mut next = 0;
        while let Some(one) = all.get(next).copied() {
            next += 1;
            for other in self.of.get(&one).into_iter().flatten() {
                if !all.contains(other) {
                    all.push(*other);
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_of_merges_and_what_is_taken_back() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        let mut merged = Merged::default();
        merged.note(b, Some(a));
        merged.note(c, Some(b));
        assert_eq!((merged.kept(c), merged.selves(a)), (a, vec![a, b, c]));
        merged.note(c, Some(b));
        assert_eq!(merged.selves(b), [b, c]);
        merged.note(b, None);
        assert_eq!((merged.kept(c), merged.selves(a)), (b, vec![a]));
        // A circle ends.
        merged.note(b, Some(c));
        assert_eq!(merged.kept(b), b);
        assert_eq!(merged.selves(b), [b, c]);
    }
}
