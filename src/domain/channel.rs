//! The ways by which a person can be reached.

use crate::domain::value::words;

words! {
    /// A way by which a person is reached. Purposes, consents and exports each name theirs: whoever may be written to
    /// may not for that be called (R4; Art. 13 of Directive 2002/58/EC sets calls and electronic mail apart).
    Channel {
        Phone = "phone",
        Email = "email",
        /// Text messages by the telephone network.
        Sms = "sms",
        /// Messages by a service over the internet.
        Messenger = "messenger",
        Fax = "fax",
        /// Letters and parcels.
        Post = "post",
        /// In person, at the door or at the desk.
        Visit = "visit",
        /// No way of reaching: that the person's data is kept. A consent to be kept is not one to be called (R4).
        Storage = "storage",
    }
}
