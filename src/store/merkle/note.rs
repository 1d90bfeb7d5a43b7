//! Signed notes (<https://c2sp.org/signed-note>): a text, a blank line, and lines of signatures, here Ed25519's.
//!
//! Stricter than the specification in one point: no control characters at all (it allows DEL and U+0080 to U+009F),
//! for notes are shown on terminals. Signatures by unknown keys, and of unknown kinds, are kept and ignored.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The longest note read: 16 signatures of the largest kind, which the specification demands, and room.
pub const MAX_NOTE: usize = 256 * 1024;
/// The most signatures read in a note.
pub const MAX_SIGNATURES: usize = 100;

/// The signature type of plain Ed25519.
const ED25519: u8 = 1;

/// Why a note or a key was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    #[error("not a verifier key of the form name+id+key: {0}")]
    Key(&'static str),
    #[error("the key name {0:?} must not be empty nor contain spaces, control characters or '+'")]
    Name(String),
    #[error("two different keys are called {0}; remove one")]
    Ambiguous(String),
    #[error(
        "the signature by {0} is wrong: the text was changed, or the key is another one of the same name"
    )]
    BadSignature(String),
    #[error("no signature by a known key; signed by {0}")]
    Unsigned(String),
}

/// The first four bytes of a [`VerifierKey`]'s SHA-256: it finds a key, it proves nothing.
pub type KeyId = [u8; 4];

/// A public key with its name, written `name+id+base64(0x01 || public key)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The name, in Callbook the origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id that signature lines carry.
    pub fn id(&self) -> KeyId {
        let [a, b, c, d, ..] = self.hash();
        [a, b, c, d]
    }

    /// What two people compare to be sure that they have the same key under the same name: SHA-256 of
    /// `name || 0x0A || 0x01 || key`, hexadecimal, in groups of four. Its first eight digits are the id.
    pub fn fingerprint(&self) -> String {
        let groups = self.hash();
        let groups: Vec<String> = groups.chunks(2).map(hex).collect();
        groups.join(" ")
    }

    fn hash(&self) -> [u8; 32] {
        let bytes = self.key.as_bytes();
        Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(bytes)
            .finalize()
            .into()
    }

    fn label(&self) -> String {
        label(&self.name, &self.id())
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        // Strict: the same answer as every other strict verifier, also for keys and signatures of small order.
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}", self.label(), STANDARD.encode(key))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<VerifierKey, NoteError> {
        // The base64 may contain '+' too.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("a part is missing"));
        };
        check_name(name)?;
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key("the key is not base64"))?;
        let key: [u8; 32] = match key.split_first() {
            Some((&ED25519, key)) => {
                key.try_into().map_err(|_| NoteError::Key("the key has a wrong length"))?
            }
            _ => return Err(NoteError::Key("the key is not of type 1, Ed25519")),
        };
        let key = VerifyingKey::from_bytes(&key)
            .map_err(|_| NoteError::Key("the key is not a point of Ed25519"))?;
        if key.is_weak() {
            return Err(NoteError::Key("the key is weak: anybody could sign for it"));
        }
        let key = VerifierKey { name: name.to_owned(), key };
        if hex(&key.id()) != id {
            return Err(NoteError::Key("the id does not fit the name and the key"));
        }
        Ok(key)
    }
}

/// A private key with its name. It has no `Debug`, and wipes itself when dropped.
pub struct NoteSigner {
    verifier: VerifierKey,
    key: SigningKey,
}

impl NoteSigner {
    /// The signer of this name from the 32-byte seed of RFC 8032, which the caller keeps secret and wipes.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<NoteSigner, NoteError> {
        check_name(name)?;
        let key = SigningKey::from_bytes(seed);
        Ok(NoteSigner { verifier: VerifierKey { name: name.to_owned(), key: key.verifying_key() }, key })
    }

    /// The public half, to be handed out.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The whole note for a text, which must end in a newline. Ed25519 is deterministic, so equal texts make
    /// equal notes.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_characters(text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Malformed("the text must end in a newline"));
        }
        let mut signature = self.verifier.id().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n— {} {}\n", self.verifier.name, STANDARD.encode(signature));
        if note.len() > MAX_NOTE {
            return Err(NoteError::Malformed("it is too long"));
        }
        Ok(note)
    }
}

/// A note as it was read: nothing in it is to be believed before [`Note::verify`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The signed text, with its last newline.
    pub text: String,
    /// One for each line, in order; never empty.
    pub signatures: Vec<SignatureLine>,
}

/// A line of a note: who claims to have signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureLine {
    pub name: String,
    pub id: KeyId,
    /// As long as the kind of signature wants; Ed25519's has 64 bytes.
    pub signature: Vec<u8>,
}

impl Note {
    /// Reads the form only.
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::Malformed("it is too long"));
        }
        check_characters(note)?;
        // The text may contain empty lines: the last one divides.
        let divide = note.rfind("\n\n").ok_or(NoteError::Malformed("no empty line before the signatures"))?;
        let (text, rest) = note.split_at(divide + 1);
        let lines = rest
            .get(1..)
            .filter(|lines| !lines.is_empty())
            .ok_or(NoteError::Malformed("no signatures after the empty line"))?
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("no newline at its end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::Malformed("too many signatures"));
            }
            signatures.push(SignatureLine::parse(line)?);
        }
        Ok(Note { text: text.to_owned(), signatures })
    }

    /// The keys of `known` by which the note is signed, in the order of its lines, at least one.
    ///
    /// Signatures by other keys are ignored, as the specification demands. One wrong signature under the name and id
    /// of a known key refuses the note, whatever else it bears.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut good: Vec<&VerifierKey> = Vec::new();
        for line in &self.signatures {
            let mut keys = known.iter().filter(|key| key.name == line.name && key.id() == line.id);
            let Some(key) = keys.next() else { continue };
            if keys.any(|other| other != key) {
                return Err(NoteError::Ambiguous(key.label()));
            }
            if !key.verifies(&self.text, &line.signature) {
                return Err(NoteError::BadSignature(key.label()));
            }
            if !good.contains(&key) {
                good.push(key);
            }
        }
        if good.is_empty() {
            let signers: Vec<String> =
                self.signatures.iter().take(3).map(|line| label(&line.name, &line.id)).collect();
            return Err(NoteError::Unsigned(signers.join(", ")));
        }
        Ok(good)
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Result<SignatureLine, NoteError> {
        let line = line
            .strip_prefix("— ")
            .ok_or(NoteError::Malformed("a signature line does not begin with '— '"))?;
        let (name, signature) =
            line.split_once(' ').ok_or(NoteError::Malformed("a signature line lacks name or signature"))?;
        check_name(name)?;
        let bytes =
            STANDARD.decode(signature).map_err(|_| NoteError::Malformed("a signature is not base64"))?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature @ [_, ..])) => {
                Ok(SignatureLine { name: name.to_owned(), id: *id, signature: signature.to_vec() })
            }
            _ => Err(NoteError::Malformed("a signature is too short")),
        }
    }
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.contains(forbidden) { Err(NoteError::Name(name.to_owned())) } else { Ok(()) }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.contains('\r') {
        return Err(NoteError::Malformed("its lines end in CR LF; save it unchanged, with LF alone"));
    }
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err(NoteError::Malformed("it contains control characters"));
    }
    Ok(())
}

fn label(name: &str, id: &KeyId) -> String {
    format!("{name}+{}", hex(id))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(super) mod tests;
