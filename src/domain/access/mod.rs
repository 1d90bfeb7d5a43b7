//! What a role may see and do: tables read from `assets/roles.toml`, narrowed and added to by `config.toml`.
//!
//! A role is a list of words for what it may do, and for each kind of record how far it sees, how far it changes, and
//! what each field is to it. Whatever is not written is not granted. The tables say nothing about requests; what a request
//! needs of them is decided in `service::policy`.

pub mod mask;
mod parse;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, Edit, FieldKey};
use crate::domain::schema::FieldInfo;
use crate::domain::user::Role;
use crate::domain::value::{Held, Invalid, Value, words};

pub use parse::{Refused, RoleSpec, Roles};

words! {
    /// How far a role reaches.
    Scope {
        None = "none",
        /// Records one answers for, and those that nobody does.
        Own = "own",
        /// Those of one's team as well.
        Team = "team",
        All = "all",
    }
}

words! {
    /// What a field is to somebody, the least first.
    Access {
        /// It is not there.
        Hidden = "hidden",
        /// That there is a value can be seen, and a part of it.
        Masked = "masked",
        Read = "read",
        Edit = "edit",
    }
}

words! {
    /// What a role may do beside looking.
    Verb {
        Create = "create",
        Edit = "edit",
        Delete = "delete",
        Restore = "restore",
        Merge = "merge",
        /// To change many records in one step.
        Bulk = "bulk",
        Import = "import",
        /// To take persons out of the store.
        Export = "export",
        /// To change what the store holds about persons at all: custom fields.
        Configure = "configure",
        /// To prove what happened, and to see that something happened to records one may not read.
        Audit = "audit",
        /// To see how the store is.
        Operate = "operate",
        ManageUsers = "manage_users",
        /// To give others a role that sees persons.
        GrantSight = "grant_sight",
        /// To ask why others see what they see.
        Explain = "explain",
        /// To learn that a number or address is taken, and whom to ask, when the record is out of one's sight.
        SeeTaken = "see_taken",
        /// To see bought leads without a basis, so as to find one or let them go (R15).
        SeeQuarantined = "see_quarantined",
        /// To record what a person said about the use of data, and calls.
        Consent = "consent",
        /// To destroy a person's data. Nobody but the data protection officer.
        Erase = "erase",
        /// To put a number or an address on the suppression list: whoever hears an objection.
        Suppress = "suppress",
        /// To take one off it. Nobody but the data protection officer.
        LiftSuppression = "lift_suppression",
        /// To bring in a do-not-call list.
        ImportScreening = "import_screening",
        /// To carry out what persons ask by right. Nobody but the data protection officer.
        Answer = "answer",
        /// To plan and carry out retention: rules, holds, sweeps.
        Retain = "retain",
        /// To keep the register, incidents and training.
        Account = "account",
    }
}

/// Whose a record is, seen by somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Relation {
    /// One answers for it, or nobody does yet and it is within one's team's reach.
    Own,
    /// It belongs to the team, or to somebody in it.
    Team,
    Other,
}

impl Relation {
    pub const ALL: [Relation; 3] = [Relation::Own, Relation::Team, Relation::Other];
}

impl Scope {
    pub fn holds(self, relation: Relation) -> bool {
        match self {
            Scope::None => false,
            Scope::Own => relation == Relation::Own,
            Scope::Team => relation != Relation::Other,
            Scope::All => true,
        }
    }
}

/// The name of a role: a built-in one, or one that `config.toml` adds. Stored as a word.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleName(String);

impl RoleName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> RoleName {
        RoleName(role.word().to_owned())
    }
}

impl std::fmt::Display for RoleName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for RoleName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<RoleName, Invalid> {
        slug(text).map(RoleName)
    }
}

/// A lower-case word that can name something.
pub fn slug(text: &str) -> Result<String, Invalid> {
    let name = text.trim().to_lowercase().replace(' ', "_");
    let fits = (1..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'));
    if fits {
        return Ok(name);
    }
    Err(Invalid::new(format!(
        "`{}` is no name here: up to 40 lower-case letters, digits, - and _, beginning with a letter",
        text.trim()
    )))
}

impl Held for RoleName {
    fn to_value(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| Value::Word(self.0.clone()))
    }

    fn from_value(value: Option<Value>) -> Option<RoleName> {
        match value {
            None => Some(RoleName::default()),
            // Also a word that no role is called by today: whoever has it has no access, and can be told so.
            Some(Value::Word(word)) => Some(RoleName(word)),
            Some(_) => None,
        }
    }
}

/// What one table says about fields. The most special word wins: the field's name, its category, the default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldRules {
    /// Where the table stands, for explanations: `assets/roles.toml` or the name of a configuration, and the key.
    pub source: String,
    pub default: Option<Access>,
    pub categories: Vec<(Category, Access)>,
    pub names: Vec<(String, Access)>,
}

impl FieldRules {
    /// What is said of a field, and by which word. A table that says nothing of it takes nothing away.
    pub fn of(&self, name: &str, category: Option<Category>) -> Option<(Access, String)> {
        let by_name =
            self.names.iter().find(|(one, _)| one == name).map(|(one, access)| (*access, one.clone()));
        let by_category = || {
            let (one, access) = self.categories.iter().find(|(one, _)| Some(*one) == category)?;
            Some((*access, one.word().to_owned()))
        };
        by_name.or_else(by_category).or_else(|| Some((self.default?, "default".to_owned())))
    }
}

/// What a role is to one kind of record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KindRules {
    pub read: Scope,
    pub write: Scope,
    /// Tables that hold for every record; each can only take away.
    pub fields: Vec<FieldRules>,
    /// The same for records that are not one's own.
    pub not_own: Vec<FieldRules>,
    /// The same for records that are not the team's.
    pub not_team: Vec<FieldRules>,
}

impl KindRules {
    pub const NOTHING: KindRules = KindRules {
        read: Scope::None,
        write: Scope::None,
        fields: Vec::new(),
        not_own: Vec::new(),
        not_team: Vec::new(),
    };

    /// The tables that hold for records in this relation.
    pub fn tables(&self, relation: Relation) -> impl Iterator<Item = &FieldRules> {
        let (beyond_own, beyond_team) = (relation != Relation::Own, relation == Relation::Other);
        self.fields
            .iter()
            .chain(self.not_own.iter().filter(move |_| beyond_own))
            .chain(self.not_team.iter().filter(move |_| beyond_team))
    }

    /// What a field of a record in this relation is.
    pub fn access(&self, name: &str, category: Option<Category>, edit: Edit, relation: Relation) -> Access {
        if !self.read.holds(relation) || edit == Edit::Secret {
            return Access::Hidden;
        }
        // A kind of record without any table shows nothing.
        let tables =
            self.tables(relation).filter_map(|rules| rules.of(name, category)).map(|(access, _)| access);
        let access = tables.min().unwrap_or(Access::Hidden);
        let most = if self.write.holds(relation) && edit == Edit::Free { Access::Edit } else { Access::Read };
        access.min(most)
    }

    pub fn of_info(&self, info: &FieldInfo, relation: Relation) -> Access {
        self.access(&info.address(), Some(info.category), info.edit, relation)
    }

    /// What a field is that the schema does not know.
    pub fn of_unknown(&self, key: FieldKey, relation: Relation) -> Access {
        self.access(&format!("field-{}", key.0), None, Edit::Operation, relation)
    }
}

/// A role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleRules {
    pub name: RoleName,
    /// Who has it, in a few words.
    pub title: String,
    /// The built-in role it follows from: itself, for a built-in one.
    pub built_in: Role,
    /// Where it comes from: `built in`, or the name of the configuration.
    pub source: String,
    pub verbs: Vec<Verb>,
    /// What it may do as well while nobody active in another role may: a store must be able to forget before it has an officer.
    pub vacant: Vec<Verb>,
    kinds: Vec<(RecordKind, KindRules)>,
}

impl RoleRules {
    pub fn may(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }

    pub fn kind(&self, kind: RecordKind) -> &KindRules {
        const NOTHING: &KindRules = &KindRules::NOTHING;
        self.kinds.iter().find(|(one, _)| *one == kind).map_or(NOTHING, |(_, rules)| rules)
    }

    /// Whether the role sees anything about persons.
    pub fn sees_persons(&self) -> bool {
        [RecordKind::Contact, RecordKind::Note, RecordKind::Company]
            .iter()
            .any(|kind| self.kind(*kind).read != Scope::None)
            || self.may(Verb::Audit)
    }
}
