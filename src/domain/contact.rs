//! Contacts, companies and notes.

use crate::domain::basis::Basis;
use crate::domain::country::{Country, Language};
use crate::domain::entity::entity;
use crate::domain::id::{CompanyId, ContactId, UserId};
use crate::domain::reach::{Address, Email, Labelled, Phone, Url};
use crate::domain::request::RestrictionReason;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf, Tags, words};

entity! {
    /// A person whose data is held, also where the person stands for a company (R53).
    ///
    /// There is no field for a birth date, marital status, religion, photo or a national id: what a sales team does not
    /// need is not stored (R8, R9).
    Contact, ContactField, Contact {
        5 form_of_address "form_of_address": String, Kind::Text, Identity, Free, "Form of address",
            "to address the person as the person wishes; optional and neutral by default",
            ["form of address", "salutation", "anrede", "aanhef", "civilité", "civilite"], None, Some("speakToAs");
        1 name_prefix "name_prefix": String, Kind::Text, Identity, Free, "Title",
            "academic or noble titles, where the person uses them",
            ["prefix", "name prefix", "title prefix", "honorific prefix", "titel", "namenszusatz", "voorvoegsel", "titre"], Some("N"), Some("name");
        2 given_name "given_name": String, Kind::Text, Identity, Free, "Given name", "to know whom one speaks to",
            ["given name", "first name", "firstname", "first", "forename", "vorname", "voornaam", "prénom", "prenom", "roepnaam"], Some("N"), Some("name");
        3 middle_name "middle_name": String, Kind::Text, Identity, Free, "Middle name", "to tell people of the same name apart",
            ["middle name", "middlename", "additional name", "zweiter vorname", "weitere vornamen", "tweede voornaam", "tussenvoegsel", "deuxième prénom", "second prénom"], Some("N"), Some("name");
        4 family_name "family_name": String, Kind::Text, Identity, Free, "Family name", "to know whom one speaks to",
            ["family name", "last name", "lastname", "last", "surname", "nachname", "familienname", "achternaam", "familienaam", "nom", "nom de famille"], Some("N"), Some("name");
        6 name_suffix "name_suffix": String, Kind::Text, Identity, Free, "Suffix", "degrees and generation, where the person uses them",
            ["suffix", "name suffix", "honorific suffix", "namenssuffix", "achtervoegsel", "suffixe"], Some("N"), Some("name");
        10 company "company": Option<CompanyId>, Kind::Company, Work, Free, "Company", "the business the person is called about",
            ["company", "company name", "organization", "organisation", "organization name", "account", "account name", "employer", "firma", "unternehmen", "firmenname", "bedrijf", "bedrijfsnaam", "organisatie", "société", "societe", "entreprise"], Some("ORG"), Some("organizations");
        11 job_title "job_title": String, Kind::Text, Work, Free, "Job title", "whether the person decides about what is offered",
            ["job title", "jobtitle", "title", "position", "role", "funktion", "berufsbezeichnung", "stelle", "functie", "functietitel", "fonction", "poste"], Some("TITLE"), Some("titles");
        12 department "department": String, Kind::Text, Work, Free, "Department", "where in a larger company the person works",
            ["department", "abteilung", "afdeling", "service", "département", "departement"], Some("ORG"), Some("organizations");
        20 phones "phones": Vec<Labelled<Phone>>, Kind::Phones, Reach, Free, "Phones", "to call, where that is allowed",
            ["phone", "phones", "phone number", "telephone", "tel", "mobile", "mobile phone", "cell", "cell phone", "phone1", "phone2", "business phone", "work phone", "home phone", "telefon", "telefonnummer", "rufnummer", "mobil", "handy", "mobiltelefon", "telefoon", "telefoonnummer", "mobiel", "téléphone", "telephone mobile", "portable", "téléphone portable", "numéro de téléphone"], Some("TEL"), Some("phones");
        21 emails "emails": Vec<Labelled<Email>>, Kind::Emails, Reach, Free, "E-mails", "to write, where that is allowed",
            ["email", "emails", "e-mail", "e-mails", "email address", "e-mail address", "mail", "e-mail-adresse", "e-mail adresse", "email-adresse", "emailadresse", "e-mailadres", "mailadres", "adresse e-mail", "adresse email", "courriel", "adresse électronique", "adresse de messagerie"], Some("EMAIL"), Some("emails");
        22 addresses "addresses": Vec<Labelled<Address>>, Kind::Addresses, Reach, Free, "Addresses", "to send offers, contracts and invoices",
            ["addresses", "address", "postal address", "anschrift", "postanschrift", "adresse postale", "postadres"], Some("ADR"), Some("addresses");
        23 websites "websites": Vec<Labelled<Url>>, Kind::Links, Reach, Free, "Websites", "to prepare a conversation",
            ["website", "websites", "web", "web page", "url", "homepage", "webseite", "internetseite", "webadres", "site web", "site internet", "page web"], Some("URL"), Some("links");
        30 country "country": Option<Country>, Kind::Country, Preference, Free, "Country", "whose law applies to calling the person, and how numbers are read",
            ["country", "land", "pays", "country code", "ländercode", "landcode", "code pays", "country/region", "land/region"], None, None;
        31 language "language": Option<Language>, Kind::Language, Preference, Free, "Language", "to speak and write in the person's language",
            ["language", "preferred language", "sprache", "taal", "langue", "korrespondenzsprache"], Some("LANG"), Some("preferredLanguages");
        40 owner "owner": Option<UserId>, Kind::User, Relation, Free, "Owner", "who answers for the contact",
            ["owner", "contact owner", "account owner", "zuständig", "besitzer", "betreuer", "eigenaar", "propriétaire", "responsable"], None, None;
        41 team "team": String, Kind::Text, Relation, Free, "Team", "which team works with the contact",
            ["team", "équipe", "equipe"], None, None;
        42 tags "tags": Tags, Kind::Tags, Relation, Free, "Tags", "to make lists",
            ["tags", "tag", "labels", "categories", "category", "groups", "group membership", "kategorien", "kategorie", "schlagworte", "gruppen", "categorieën", "catégories", "étiquettes"], Some("CATEGORIES"), Some("keywords");
        50 basis "basis": Option<Basis>, Kind::Basis, Provenance, Needed, "Legal basis", "Art. 6(1) GDPR: without one nothing may be held",
            ["basis", "legal basis", "lawful basis", "rechtsgrundlage", "rechtsgrond", "grondslag", "base légale", "base legale"], None, None;
        51 reason "reason": String, Kind::Text, Provenance, Needed, "Reason", "why the basis applies to this person",
            ["reason", "basis reason", "grund", "begründung", "reden", "raison", "motif"], None, None;
        52 source "source": String, Kind::Text, Provenance, Needed, "Source", "Art. 14(2)(f) GDPR: the person must be told where the data came from",
            ["source", "lead source", "quelle", "herkunft", "bron", "herkomst", "provenance"], None, None;
        53 supplier "supplier": String, Kind::Text, Provenance, Free, "Supplier", "who handed the data over, if somebody did",
            ["supplier", "list supplier", "lieferant", "leverancier", "fournisseur"], None, None;
        54 obtained_on "obtained_on": Option<Day>, Kind::Day, Provenance, Free, "Obtained on", "when the data came from its source",
            ["obtained on", "date obtained", "erhoben am", "verkregen op", "obtenu le"], None, None;
        55 verified_on "verified_on": Option<Day>, Kind::Day, Provenance, Free, "Verified on", "Art. 5(1)(d) GDPR: data must be accurate; when somebody last checked",
            ["verified on", "last verified", "geprüft am", "gecontroleerd op", "vérifié le"], None, None;
        56 external_id "external_id": String, Kind::Text, Operation, Free, "External id", "the record's id in the system it came from, so that importing again changes nothing",
            ["external id", "id", "contact id", "record id", "uid", "kontakt-id", "kontaktnummer", "contactnummer", "identifiant"], Some("UID"), Some("uid");
        60 deleted_at "deleted_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Deleted at", "until erasure, a deleted contact can be restored",
            [], None, None;
        61 merged_into "merged_into": Option<ContactId>, Kind::Contact, Operation, Operation, "Merged into", "where the data of a duplicate went",
            [], None, None;
        62 restricted_at "restricted_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Restricted at", "Art. 18 GDPR: since when the data are kept and not used",
            [], None, None;
        63 restricted_for "restricted_for": OneOf<RestrictionReason>, Kind::Word(RestrictionReason::WORDS), Operation, Operation, "Restricted for", "Art. 18(1)(a) to (d) GDPR: on which ground the person asked for it",
            [], None, None;
        64 restricted_until "restricted_until": Option<Day>, Kind::Day, Operation, Operation, "Look again on", "when it is looked at again; it does not end by itself",
            [], None, None;
        65 restricted_terms "restricted_terms": String, Kind::LongText, Operation, Operation, "To be settled", "what must be settled before it is lifted",
            [], None, None;
        66 restriction_lifted "restriction_lifted": String, Kind::LongText, Operation, Operation, "Lifted", "Art. 18(3) GDPR: why, and when the person was told before",
            [], None, None;
    }
}

impl ContactField {
    /// Whether the field tells of a restriction (Art. 18 GDPR).
    pub fn is_of_restriction(self) -> bool {
        matches!(
            self,
            ContactField::restricted_at
                | ContactField::restricted_for
                | ContactField::restricted_until
                | ContactField::restricted_terms
                | ContactField::restriction_lifted
        )
    }
}

impl Contact {
    /// The person's name in full, empty when it is not known.
    pub fn name(&self) -> String {
        let parts = [&self.name_prefix, &self.given_name, &self.middle_name, &self.family_name];
        let mut name = join_words(parts.into_iter().map(String::as_str));
        if !self.name_suffix.is_empty() && !name.is_empty() {
            name.push_str(", ");
            name.push_str(&self.name_suffix);
        }
        name
    }

    /// The name by which the contact is listed: the person's, else the first address that reaches the person.
    pub fn display_name(&self) -> String {
        let name = self.name();
        if !name.is_empty() {
            return name;
        }
        if let Some(email) = self.emails.first() {
            return email.value.to_string();
        }
        self.phones.first().map(|phone| phone.value.readable()).unwrap_or_default()
    }

    /// The country of numbers written without a country code.
    pub fn numbering_country(&self, default: Option<Country>) -> Option<Country> {
        self.country.or(default)
    }
}

/// Words joined by single spaces, empty ones left out.
pub fn join_words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

entity! {
    /// A company, which is no data subject; the people in it are contacts.
    Company, CompanyField, Company {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "to know the business",
            ["name", "company", "company name", "account name", "firma", "firmenname", "bedrijfsnaam", "raison sociale"], Some("ORG"), Some("organizations");
        2 industry "industry": String, Kind::Text, Operation, Free, "Industry", "to offer what fits",
            ["industry", "sector", "branche", "secteur"], None, None;
        3 vat_id "vat_id": String, Kind::Text, Operation, Free, "VAT id", "to write invoices",
            ["vat", "vat id", "ust-id", "umsatzsteuer-id", "btw-nummer", "numéro de tva"], None, None;
        20 phones "phones": Vec<Labelled<Phone>>, Kind::Phones, Operation, Free, "Phones", "to reach the switchboard",
            ["phone", "telefon", "telefoon", "téléphone"], Some("TEL"), Some("phones");
        21 emails "emails": Vec<Labelled<Email>>, Kind::Emails, Operation, Free, "E-mails", "to write to the business",
            ["email", "e-mail", "courriel"], Some("EMAIL"), Some("emails");
        22 addresses "addresses": Vec<Labelled<Address>>, Kind::Addresses, Operation, Free, "Addresses", "to send offers, contracts and invoices",
            ["address", "anschrift", "adres", "adresse"], Some("ADR"), Some("addresses");
        23 websites "websites": Vec<Labelled<Url>>, Kind::Links, Operation, Free, "Websites", "to prepare a conversation",
            ["website", "web", "url", "homepage"], Some("URL"), Some("links");
        30 country "country": Option<Country>, Kind::Country, Operation, Free, "Country", "whose law applies, and how numbers are read",
            ["country", "land", "pays"], None, None;
        40 owner "owner": Option<UserId>, Kind::User, Relation, Free, "Owner", "who answers for the business",
            ["owner", "account owner"], None, None;
        41 team "team": String, Kind::Text, Relation, Free, "Team", "which team works with the business", ["team"], None, None;
        42 tags "tags": Tags, Kind::Tags, Relation, Free, "Tags", "to make lists", ["tags", "labels"], Some("CATEGORIES"), Some("keywords");
        56 external_id "external_id": String, Kind::Text, Operation, Free, "External id", "the record's id in the system it came from",
            ["id", "external id"], Some("UID"), Some("uid");
        60 deleted_at "deleted_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Deleted at", "a deleted company can be restored", [], None, None;
    }
}

words! {
    /// What happened between a user and a contact.
    NoteKind {
        Note = "note",
        Call = "call",
        Email = "email",
        Meeting = "meeting",
    }
}

entity! {
    /// A note about a contact, or an activity logged with one.
    Note, NoteField, Note {
        1 kind "kind": OneOf<NoteKind>, Kind::Word(NoteKind::WORDS), Content, Free, "Kind", "to see what happened at a glance", [], None, None;
        2 text "text": String, Kind::LongText, Content, Needed, "Text", "what was said or agreed", [], Some("NOTE"), Some("notes");
        3 happened_at "happened_at": Option<Timestamp>, Kind::Time, Content, Free, "When", "the order of events", [], None, None;
        4 author "author": Option<UserId>, Kind::User, Content, Operation, "Author", "whom to ask", [], None, None;
        60 deleted_at "deleted_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Deleted at", "a deleted note can be restored", [], None, None;
    }
}
