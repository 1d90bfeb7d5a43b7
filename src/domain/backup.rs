//! What lies elsewhere: backups of the data, escrows of the keys, backups that hold both.

use crate::domain::entity::entity;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf, words};

words! {
    /// What it holds.
    Form {
        /// Ciphertext alone: without today's keys it says nothing, and of the erased it never does again.
        Data = "data",
        /// Today's keys under a passphrase of their own. Written anew at each erasure.
        Escrow = "escrow",
        /// Data and keys: whoever has it and the passphrase has everything, also those erased since.
        Whole = "whole",
    }
}

words! {
    State {
        Current = "current",
        /// An escrow that still holds the keys of somebody who was erased.
        Pending = "pending",
        /// Its time is over; it should be destroyed.
        Expired = "expired",
        /// Somebody said that it is gone.
        Destroyed = "destroyed",
    }
}

entity! {
    /// A backup or an escrow.
    Backup, BackupField, Backup {
        1 name "name": String, Kind::Text, Operation, Operation, "Name", "by which people speak of it", [], None, None;
        2 form "form": OneOf<Form>, Kind::Word(Form::WORDS), Operation, Operation, "Form", "what it holds", [], None, None;
        3 state "state": OneOf<State>, Kind::Word(State::WORDS), Operation, Operation, "State", "whether it still says what is true", [], None, None;
        4 path "path": String, Kind::Text, Operation, Operation, "Path", "where it was written", [], None, None;
        5 made_at "made_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Made at", "when", [], None, None;
        6 expires "expires": Option<Day>, Kind::Day, Operation, Operation, "Expires", "the day by which it is destroyed", [], None, None;
        7 epoch "epoch": i64, Kind::Number, Operation, Operation, "Epoch", "of the keys when it was made", [], None, None;
        8 log_size "log_size": i64, Kind::Number, Operation, Operation, "Log size", "entries of the log when it was made", [], None, None;
        9 sha256 "sha256": String, Kind::Text, Operation, Operation, "SHA-256", "of the file, hexadecimal", [], None, None;
        10 bytes "bytes": i64, Kind::Number, Operation, Operation, "Bytes", "of the file", [], None, None;
        11 sealed "sealed": String, Kind::LongText, Operation, Secret, "Sealed", "what refreshes an escrow without its passphrase", [], None, None;
        12 slots "slots": i64, Kind::Number, Operation, Operation, "Keys", "that an escrow holds; more are made as the store grows", [], None, None;
    }
}
