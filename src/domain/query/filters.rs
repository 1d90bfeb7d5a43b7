//! The filters there are, each described once.

/// What a filter's values look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// Text, compared folded; `none` for no value.
    Text,
    /// A user's name, `me` or `none`.
    User,
    /// A date, comparison, range or age; see [`super::When`].
    When,
    /// One of [`HAS`], or `field.<name>`.
    Has,
    /// One of [`IS`].
    Is,
    /// What holds of consent; see [`super::ConsentIs`].
    Consent,
}

/// The description of one filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FilterSpec {
    pub key: FilterKey,
    /// As typed before the colon.
    pub name: &'static str,
    pub values: ValueKind,
    /// A value that shows the form.
    pub example: &'static str,
    /// One line of help.
    pub help: &'static str,
}

macro_rules! filters {
    ($($key:ident $name:literal $values:ident $example:literal $help:literal;)*) => {
        /// A filter, by name.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum FilterKey { $($key,)* }

        /// Every filter, in the order of the help.
        pub const FILTERS: &[FilterSpec] = &[$(FilterSpec {
            key: FilterKey::$key, name: $name, values: ValueKind::$values, example: $example, help: $help,
        },)*];
    };
}

filters! {
    Tag      "tag"      Text "fair"            "has this tag";
    Owner    "owner"    User "me"              "belongs to this user: a name, me, or none";
    Team     "team"     Text "north"           "belongs to this team, or none";
    Country  "country"  Text "DE"              "in this country (ISO 3166 code), or none";
    Language "language" Text "de"              "speaks this language (BCP 47); de finds de-AT too";
    Company  "company"  Text "\"Muster GmbH\"" "works there: words from the start of a word of the company's name, or none";
    Source   "source"   Text "fair-2026"       "came from this source, or none";
    Supplier "supplier" Text "listbroker"      "was supplied by this list supplier, or none";
    Basis    "basis"    Text "consent"         "is held on this legal basis, or none";
    Created  "created"  When ">2026-01-01"     "entered: 2026-03, >2026-01-01, 2026-01-01..2026-02-01, today, <7d younger than 7 days, >30d older";
    Updated  "updated"  When "<7d"             "last changed: as for created";
    Has      "has"      Has  "phone"           "has a phone, email, address, company, note, tag, owner, job_title, consent or field.<name>";
    Is       "is"       Is   "deleted"         "deleted: finds only deleted records, which nothing else finds; quarantined: bought leads without a basis; restricted: kept and not used (Art. 18 GDPR); leaving: nothing allows to keep them";
    Consent  "consent"  Consent "newsletter=given" "what holds: given, withdrawn, objected, unknown …; for one purpose, or sales.phone=given by one channel; without = that it may be used; none: nothing was ever said";
}

impl FilterKey {
    pub fn spec(self) -> &'static FilterSpec {
        // The macro writes both in the same order.
        &FILTERS[self as usize]
    }

    pub fn by_name(name: &str) -> Option<FilterKey> {
        FILTERS.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).map(|spec| spec.key)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $type:ident $table:ident { $($(#[$variant_doc:meta])* $variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $type { $($(#[$variant_doc])* $variant,)* }

        /// Every word of the kind.
        pub const $table: &[$type] = &[$($type::$variant,)*];

        impl $type {
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }

            pub fn by_name(name: &str) -> Option<$type> {
                $table.iter().copied().find(|word| word.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

words! {
    /// What a record can have or lack.
    Has HAS {
        Phone "phone",
        Email "email",
        Address "address",
        Company "company",
        Note "note",
        Tag "tag",
        Owner "owner",
        JobTitle "job_title",
        /// Something a person said, or another ground, lets the data be used.
        Consent "consent",
    }
}

words! {
    /// What a record can be.
    Is IS {
        Deleted "deleted",
        /// A bought lead without a basis (R15).
        Quarantined "quarantined",
        /// Kept and not used (Art. 18 GDPR).
        Restricted "restricted",
        /// No ground is left, and none is being asked for.
        Leaving "leaving",
    }
}

/// The help text: one line for each filter, and what is not a filter before it.
pub fn help() -> String {
    use std::fmt::Write;
    let mut out = String::from(
        "words         all must be found, in any order, in any field; accents and case do not matter\n\
         \"two words\"   next to each other, whole\n\
         -word         leaves out what the word finds\n\
         030 901820    a phone number in any notation\n\
         @mine         what the saved view of this name finds\n\
         a,b           after a filter: either\n\
         -tag:x        leaves out what the filter finds\n",
    );
    for spec in FILTERS {
        let form = format!("{}:{}", spec.name, spec.example);
        let _ = writeln!(out, "{form:<22}{}", spec.help);
    }
    out.push_str(
        "field.<name>:value    a custom field\n\
         Days are days in UTC. <7d is later than 7 × 24 hours ago, >7d earlier; d days, w weeks, m months, y years.\n\
         7d alone is the same as <=7d. A range includes both its ends: 30d..7d is 30 to 7 days old.\n",
    );
    out
}
