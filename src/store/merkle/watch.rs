//! Whether the log that a client saw before is still the beginning of the log it sees now.

use super::checkpoint::Checkpoint;
use super::tree::Hash;
use super::verify::verify_consistency;

/// What became of the log since the client last saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing was added, nothing changed.
    Same,
    /// Entries were added, and the earlier ones are proven unchanged.
    Grown,
    /// It says that it grew, but no proof came along: ask for one before remembering the new checkpoint.
    Unproven,
    /// It has fewer entries than before: the end was cut off, or the store was set back to an old state.
    Shrank,
    /// What was there before is not its beginning: entries were changed, removed or replaced.
    Forked,
    /// It is the log of another store.
    OtherLog,
}

impl Verdict {
    /// Whether the new checkpoint may replace the remembered one. Nothing else may: a client that remembers a
    /// shrunken log would stay silent next time.
    pub fn may_remember(self) -> bool {
        matches!(self, Verdict::Same | Verdict::Grown)
    }

    /// Whether the user must be told that the history is not what it was.
    pub fn is_alarm(self) -> bool {
        match self {
            Verdict::Same | Verdict::Grown | Verdict::Unproven => false,
            Verdict::Shrank | Verdict::Forked | Verdict::OtherLog => true,
        }
    }
}

/// Compares two checkpoints whose signatures were verified. The proof is the one from the remembered size to the
/// present one; only a log that grew needs it. A wrong proof counts as a fork, for an honest log has a right one.
pub fn compare(remembered: &Checkpoint, now: &Checkpoint, consistency: Option<&[Hash]>) -> Verdict {
    if remembered.origin() != now.origin() {
        return Verdict::OtherLog;
    }
    let (old, new) = (remembered.size(), now.size());
    match old.cmp(&new) {
        std::cmp::Ordering::Greater => Verdict::Shrank,
        std::cmp::Ordering::Equal if remembered.root() == now.root() => Verdict::Same,
        std::cmp::Ordering::Equal => Verdict::Forked,
        std::cmp::Ordering::Less => {
            // Each log begins with the empty one: that needs no proof.
            let Some(proof) = consistency.or((old == 0).then_some(&[])) else { return Verdict::Unproven };
            match verify_consistency(old, new, proof, remembered.root(), now.root()) {
                Ok(()) => Verdict::Grown,
                Err(_) => Verdict::Forked,
            }
        }
    }
}

#[cfg(test)]
mod tests;
