//! The placeholders there are: what each stands for, and which wordings may use it.

use super::WordingKind;
use crate::domain::value::words;

words! {
    /// What a wording can have filled in.
    Placeholder {
        Controller = "controller",
        ControllerAddress = "controller_address",
        Contact = "contact",
        OnBehalfOf = "on_behalf_of",
        Agent = "agent",
        Person = "person",
        Purposes = "purposes",
        LegalBasis = "legal_basis",
        Retention = "retention",
        RightToWithdraw = "right_to_withdraw",
        RightToObject = "right_to_object",
        Rights = "rights",
        Recipients = "recipients",
        Complaint = "complaint",
        Authority = "authority",
        Dpo = "dpo",
        Source = "source",
        Questions = "questions",
        Agreed = "agreed",
        Declined = "declined",
        Unsubscribe = "unsubscribe",
        Access = "access",
        Address = "address",
        Confirm = "confirm",
        Until = "until",
        Date = "date",
    }
}

words! {
    /// What can be filled in about one purpose, between `{% for purpose in purposes %}` and `{% endfor %}`.
    OfPurpose {
        Title = "title",
        Description = "description",
        LegalBasis = "legal_basis",
        Retention = "retention",
        Recipients = "recipients",
        Channels = "channels",
    }
}

impl Placeholder {
    /// What it is replaced by.
    pub fn what(self) -> &'static str {
        match self {
            Placeholder::Controller => "the company that decides about the data",
            Placeholder::ControllerAddress => "the company's postal address",
            Placeholder::Contact => "where the company is reached in matters of data",
            Placeholder::OnBehalfOf => "whom the company calls for, where that is somebody else",
            Placeholder::Agent => "who calls or writes",
            Placeholder::Person => "who is called or written to",
            Placeholder::Purposes => "the titles of the purposes; also a list to go through",
            Placeholder::LegalBasis => "a sentence with the legal basis of each purpose",
            Placeholder::Retention => "a sentence on how long the data is kept",
            Placeholder::RightToWithdraw => "a sentence on the right to withdraw a consent",
            Placeholder::RightToObject => "a sentence on the right to object to advertising",
            Placeholder::Rights => "a sentence with the other rights (Art. 15 to 20 GDPR)",
            Placeholder::Recipients => "a sentence on who gets the data, or that nobody does",
            Placeholder::Complaint => "a sentence on complaining, with the authority",
            Placeholder::Authority => "the supervisory authority",
            Placeholder::Dpo => "how the data protection officer is reached, where there is one",
            Placeholder::Source => "where the data comes from, where not from the person",
            Placeholder::Questions => {
                "the questions, each under its heading, that the script does not ask itself"
            }
            Placeholder::Agreed => "what the person said yes to, a line for each",
            Placeholder::Declined => "what the person said no to, a line for each",
            Placeholder::Unsubscribe => "how to get no more messages",
            Placeholder::Access => "how to learn what is held",
            Placeholder::Address => "the address that is to be confirmed",
            Placeholder::Confirm => "the link or the words that confirm",
            Placeholder::Until => "the day until which that works",
            Placeholder::Date => "today",
        }
    }

    /// Which wordings may use it.
    pub fn kinds(self) -> &'static [WordingKind] {
        use WordingKind::{Message, Notice, Script};
        match self {
            Placeholder::Controller
            | Placeholder::ControllerAddress
            | Placeholder::Contact
            | Placeholder::OnBehalfOf
            | Placeholder::Purposes
            | Placeholder::LegalBasis
            | Placeholder::Retention
            | Placeholder::RightToWithdraw
            | Placeholder::RightToObject
            | Placeholder::Rights
            | Placeholder::Recipients
            | Placeholder::Complaint
            | Placeholder::Authority
            | Placeholder::Dpo
            | Placeholder::Source
            | Placeholder::Access
            | Placeholder::Date => &[Script, Notice, Message],
            // A notice is the same for everybody.
            Placeholder::Agent | Placeholder::Person => &[Script, Message],
            Placeholder::Questions => &[Script],
            Placeholder::Agreed
            | Placeholder::Declined
            | Placeholder::Unsubscribe
            | Placeholder::Address
            | Placeholder::Confirm
            | Placeholder::Until => &[Message],
        }
    }

    /// What nearly every store has; the others stand in `{% if NAME %}` where they may be absent.
    pub fn may_be_absent(self) -> bool {
        match self {
            Placeholder::OnBehalfOf
            | Placeholder::Dpo
            | Placeholder::Source
            | Placeholder::Agreed
            | Placeholder::Declined
            | Placeholder::Until
            | Placeholder::Contact
            | Placeholder::Authority
            | Placeholder::Complaint
            | Placeholder::Person => true,
            Placeholder::Controller
            | Placeholder::ControllerAddress
            | Placeholder::Agent
            | Placeholder::Purposes
            | Placeholder::LegalBasis
            | Placeholder::Retention
            | Placeholder::RightToWithdraw
            | Placeholder::RightToObject
            | Placeholder::Rights
            | Placeholder::Recipients
            | Placeholder::Questions
            | Placeholder::Unsubscribe
            | Placeholder::Access
            | Placeholder::Address
            | Placeholder::Confirm
            | Placeholder::Date => false,
        }
    }
}

impl OfPurpose {
    /// What it is replaced by.
    pub fn what(self) -> &'static str {
        match self {
            OfPurpose::Title => "what the purpose is called",
            OfPurpose::Description => "what is done with the data",
            OfPurpose::LegalBasis => "its legal basis",
            OfPurpose::Retention => "how long the data is kept for it",
            OfPurpose::Recipients => "who gets the data for it",
            OfPurpose::Channels => "by which ways the person is reached for it",
        }
    }
}
