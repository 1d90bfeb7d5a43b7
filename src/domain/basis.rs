//! The legal bases of Art. 6(1) GDPR, one of which every contact names (R1).

use crate::domain::value::words;

words! {
    /// On what ground a person's data may be processed: Art. 6(1)(a) to (f) GDPR.
    Basis {
        /// (a) The person has agreed to named purposes.
        Consent = "consent",
        /// (b) Needed for a contract with the person, or for steps before one that the person asked for.
        Contract = "contract",
        /// (c) A law obliges the controller.
        LegalObligation = "legal_obligation",
        /// (d) Somebody's life depends on it.
        VitalInterests = "vital_interests",
        /// (e) A task in the public interest or official authority.
        PublicTask = "public_task",
        /// (f) Interests of the controller that the person's do not override; the reason names the balance.
        LegitimateInterests = "legitimate_interests",
    }
}

impl Basis {
    /// What a person sees when choosing.
    pub fn label(self) -> &'static str {
        match self {
            Basis::Consent => "Consent (a)",
            Basis::Contract => "Contract or steps before one (b)",
            Basis::LegalObligation => "Legal obligation (c)",
            Basis::VitalInterests => "Vital interests (d)",
            Basis::PublicTask => "Public task (e)",
            Basis::LegitimateInterests => "Legitimate interests (f)",
        }
    }
}
