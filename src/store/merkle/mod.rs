//! The history log's Merkle tree: what makes it evident that somebody changed, cut or replaced the past.
//!
//! The tree is RFC 6962's (RFC 9162, section 2.1), the checkpoints are C2SP's tlog-checkpoint
//! (<https://c2sp.org/tlog-checkpoint>) in a signed note (<https://c2sp.org/signed-note>), so that tools of other
//! makers can check them. Everything here is pure: no file, no clock, no randomness, no derivation of keys. The
//! hashes come through [`nodes::Nodes`], the signing key as a seed, the time as an argument.
//!
//! ```text
//! tree        hashes, and the compact range that appending needs        note        signed text, Ed25519
//! nodes       roots and proofs from stored hashes                       checkpoint  origin, size, root
//! verify      the two verification algorithms of RFC 9162               proof       the file a stranger checks
//! watch       did the log we saw before only grow?
//! ```
pub mod checkpoint;
pub mod nodes;
pub mod note;
pub mod proof;
pub mod tree;
pub mod verify;
pub mod watch;

pub use tree::Hash;
