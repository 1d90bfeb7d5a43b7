//! From TOML to the tables: the built-in roles, then what a configuration takes away or adds.
//!
//! A configuration only ever narrows: its tables are laid over those of the role, and of two words about a field the
//! lesser counts. A word that asks for more is refused all the same, because whoever wrote it believes it works.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{Access, FieldRules, KindRules, Relation, RoleName, RoleRules, Scope, Verb};
use crate::domain::entity::{Lies, RecordKind, specs_of};
use crate::domain::field::Category;
use crate::domain::user::Role;

/// The roles the program comes with.
const BUILT_IN: &str = include_str!("../../../assets/roles.toml");

/// A role as it is written.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleSpec {
    /// The role it begins as; only for added ones.
    like: Option<String>,
    title: Option<String>,
    /// What it may do; all that the role it follows from may, when absent.
    actions: Option<Vec<String>>,
    /// What it may do as well while nobody active in another role may.
    vacant: Option<Vec<String>>,
    contact: KindSpec,
    company: KindSpec,
    note: KindSpec,
    user: KindSpec,
    field: KindSpec,
    settings: KindSpec,
    export: KindSpec,
    suppression: KindSpec,
    screening_list: KindSpec,
    view: KindSpec,
    purpose: KindSpec,
    consent: KindSpec,
    call: KindSpec,
    call_list: KindSpec,
    call_entry: KindSpec,
    recipient: KindSpec,
    task: KindSpec,
    request: KindSpec,
    wording: KindSpec,
    hold: KindSpec,
    retention_rule: KindSpec,
    sweep: KindSpec,
    certificate: KindSpec,
    kept_proof: KindSpec,
    mention: KindSpec,
    aggregate: KindSpec,
    backup: KindSpec,
    incident: KindSpec,
    training: KindSpec,
    register: KindSpec,
    publication: KindSpec,
    invitation: KindSpec,
}

#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KindSpec {
    read: Option<String>,
    write: Option<String>,
    fields: BTreeMap<String, String>,
    not_own: BTreeMap<String, String>,
    not_team: BTreeMap<String, String>,
}

impl RoleSpec {
    fn kind(&self, kind: RecordKind) -> &KindSpec {
        match kind {
            RecordKind::Contact => &self.contact,
            RecordKind::Company => &self.company,
            RecordKind::Note => &self.note,
            RecordKind::User => &self.user,
            RecordKind::CustomField => &self.field,
            RecordKind::Settings => &self.settings,
            RecordKind::ExportRun => &self.export,
            RecordKind::Suppression => &self.suppression,
            RecordKind::ScreeningList => &self.screening_list,
            RecordKind::View => &self.view,
            RecordKind::Purpose => &self.purpose,
            RecordKind::Consent => &self.consent,
            RecordKind::Call => &self.call,
            RecordKind::CallList => &self.call_list,
            RecordKind::CallEntry => &self.call_entry,
            RecordKind::Recipient => &self.recipient,
            RecordKind::Task => &self.task,
            RecordKind::Request => &self.request,
            RecordKind::Wording => &self.wording,
            RecordKind::Hold => &self.hold,
            RecordKind::RetentionRule => &self.retention_rule,
            RecordKind::Sweep => &self.sweep,
            RecordKind::Certificate => &self.certificate,
            RecordKind::KeptProof => &self.kept_proof,
            RecordKind::Mention => &self.mention,
            RecordKind::Aggregate => &self.aggregate,
            RecordKind::Backup => &self.backup,
            RecordKind::Incident => &self.incident,
            RecordKind::Training => &self.training,
            RecordKind::RegisterVersion => &self.register,
            RecordKind::Publication => &self.publication,
            RecordKind::Invitation => &self.invitation,
        }
    }
}

/// A configuration of roles that cannot be, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Refused {
    /// The file and the key.
    pub place: String,
    pub why: String,
}

/// Every role there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roles {
    all: Vec<RoleRules>,
}

impl Default for Roles {
    /// The built-in roles.
    fn default() -> Roles {
        static ROLES: OnceLock<Roles> = OnceLock::new();
        // The tests read the file; if it could not be read, there would be no roles, and so no access.
        ROLES.get_or_init(|| built_in(BUILT_IN).unwrap_or(Roles { all: Vec::new() })).clone()
    }
}

impl Roles {
    /// The built-in roles with what a configuration says of them; `source` is what messages call it.
    pub fn configured(specs: &BTreeMap<String, RoleSpec>, source: &str) -> Result<Roles, Refused> {
        let base = Roles::default();
        let mut roles = base.clone();
        for (name, spec) in specs {
            let place = Place { source: source.to_owned(), key: format!("roles.{name}") };
            let name: RoleName = name
                .parse()
                .map_err(|error: crate::domain::value::Invalid| place.refuse(error.to_string()))?;
            let own = base.get(&name);
            let follows = match (own, &spec.like) {
                (Some(own), None) => own,
                (Some(_), Some(_)) => return Err(place.at("like").refuse("a built-in role is narrowed as it is")),
                (None, Some(like)) => like.parse().ok().and_then(|like| base.get(&like)).ok_or_else(|| {
                    place.at("like").refuse(format!("there is no built-in role `{like}`; there are {}", Role::WORDS.join(", ")))
                })?,
                (None, None) => return Err(place.refuse(format!(
                    "there is no built-in role of this name; an added role says which it begins as, such as `like = \"rep\"`; there are {}",
                    Role::WORDS.join(", ")
                ))),
            };
            let mut narrowed = narrow(follows, spec, &place)?;
            narrowed.name = name.clone();
            narrowed.source = source.to_owned();
            if own.is_none() {
                // What is the officer's own is not everybody's who begins as one.
                narrowed.verbs.retain(|verb| officers_own(*verb).is_none());
            }
            hide_queries(&mut narrowed);
            check(&narrowed, &place)?;
            roles.all.retain(|role| role.name != name);
            roles.all.push(narrowed);
        }
        Ok(roles)
    }

    pub fn get(&self, name: &RoleName) -> Option<&RoleRules> {
        self.all.iter().find(|role| role.name == *name)
    }

    /// Built-in ones first.
    pub fn all(&self) -> &[RoleRules] {
        &self.all
    }
}

#[derive(Clone)]
struct Place {
    source: String,
    key: String,
}

impl Place {
    fn at(&self, key: &str) -> Place {
        Place { source: self.source.clone(), key: format!("{}.{key}", self.key) }
    }

    fn refuse(&self, why: impl Into<String>) -> Refused {
        Refused { place: format!("{}, {}", self.source, self.key), why: why.into() }
    }
}

/// Reads the file that comes with the program.
pub(super) fn built_in(text: &str) -> Result<Roles, Refused> {
    let source = "built in";
    let file = Place { source: source.to_owned(), key: "roles.toml".to_owned() };
    let specs: BTreeMap<String, RoleSpec> =
        toml::from_str(text).map_err(|error| file.refuse(error.to_string()))?;
    let mut all = Vec::new();
    for role in Role::ALL {
        let place = Place { source: source.to_owned(), key: role.word().to_owned() };
        let spec = specs.get(role.word()).ok_or_else(|| place.refuse("the role is not described"))?;
        let mut kinds = Vec::new();
        for kind in RecordKind::ALL {
            let (spec, place) = (spec.kind(*kind), place.at(kind.word()));
            let scope = |text: &Option<String>| match text {
                Some(text) => text
                    .parse()
                    .map_err(|error: crate::domain::value::Invalid| place.refuse(error.to_string())),
                None => Ok(Scope::None),
            };
            kinds.push((
                *kind,
                KindRules {
                    read: scope(&spec.read)?,
                    write: scope(&spec.write)?,
                    fields: tables(*kind, &spec.fields, &place.at("fields"))?,
                    not_own: tables(*kind, &spec.not_own, &place.at("not_own"))?,
                    not_team: tables(*kind, &spec.not_team, &place.at("not_team"))?,
                },
            ));
        }
        let mut rules = RoleRules {
            name: (*role).into(),
            title: spec.title.clone().unwrap_or_default(),
            built_in: *role,
            source: source.to_owned(),
            verbs: verbs(spec.actions.as_deref().unwrap_or_default(), &place.at("actions"))?,
            vacant: verbs(spec.vacant.as_deref().unwrap_or_default(), &place.at("vacant"))?,
            kinds,
        };
        hide_queries(&mut rules);
        check(&rules, &place)?;
        all.push(rules);
    }
    if let Some(name) = specs.keys().find(|name| name.parse::<Role>().is_err()) {
        return Err(file.refuse(format!("`{name}` is none of {}", Role::WORDS.join(", "))));
    }
    Ok(Roles { all })
}

fn verbs(words: &[String], place: &Place) -> Result<Vec<Verb>, Refused> {
    words
        .iter()
        .map(|word| {
            word.parse().map_err(|error: crate::domain::value::Invalid| place.refuse(error.to_string()))
        })
        .collect()
}

fn tables(
    kind: RecordKind,
    words: &BTreeMap<String, String>,
    place: &Place,
) -> Result<Vec<FieldRules>, Refused> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut rules = FieldRules {
        source: format!("{}, {}", place.source, place.key),
        default: None,
        categories: Vec::new(),
        names: Vec::new(),
    };
    for (name, access) in words {
        let place = place.at(name);
        let access: Access =
            access.parse().map_err(|error: crate::domain::value::Invalid| place.refuse(error.to_string()))?;
        if name == "default" {
            rules.default = Some(access);
        } else if specs_of(kind).iter().any(|spec| spec.name == name) || name.starts_with("custom.") {
            rules.names.push((name.clone(), access));
        } else if let Ok(category) = name.parse::<Category>() {
            rules.categories.push((category, access));
        } else {
            return Err(
                place.refuse(format!("a {kind} has no field `{name}`, and there is no such category"))
            );
        }
    }
    Ok(vec![rules])
}

/// A role with what a configuration takes away.
fn narrow(base: &RoleRules, spec: &RoleSpec, place: &Place) -> Result<RoleRules, Refused> {
    let mut role = base.clone();
    if let Some(title) = &spec.title {
        role.title = title.clone();
    }
    if let Some(actions) = &spec.actions {
        let place = place.at("actions");
        role.verbs = verbs(actions, &place)?;
        if let Some(verb) = role.verbs.iter().find(|verb| !base.may(**verb)) {
            return Err(place.refuse(match officers_own(*verb) {
                Some(why) => why.to_owned(),
                None => format!("the role `{}` may not {verb}; a configuration only takes away", base.name),
            }));
        }
    }
    if let Some(vacant) = &spec.vacant {
        let place = place.at("vacant");
        role.vacant = verbs(vacant, &place)?;
        if let Some(verb) = role.vacant.iter().find(|verb| !base.vacant.contains(verb)) {
            let why = format!(
                "the role `{}` may not {verb}, vacant or not; a configuration only takes away",
                base.name
            );
            return Err(place.refuse(why));
        }
    }
    for (kind, rules) in &mut role.kinds {
        let (spec, place) = (spec.kind(*kind), place.at(kind.word()));
        for (key, text, scope) in
            [("read", &spec.read, &mut rules.read), ("write", &spec.write, &mut rules.write)]
        {
            let Some(text) = text else { continue };
            let place = place.at(key);
            let wanted: Scope = text
                .parse()
                .map_err(|error: crate::domain::value::Invalid| place.refuse(error.to_string()))?;
            if wanted > *scope {
                let why = match base.built_in {
                    Role::Admin if about_persons(*kind) => {
                        "an administrator sees and changes no personal data".to_owned()
                    }
                    _ => format!(
                        "the role `{}` has `{scope}` here; a configuration only takes away",
                        base.name
                    ),
                };
                return Err(place.refuse(why));
            }
            *scope = wanted;
        }
        // What cannot be read cannot be changed.
        rules.write = rules.write.min(rules.read);
        let groups = [
            ("fields", &spec.fields, Relation::Own),
            ("not_own", &spec.not_own, Relation::Team),
            ("not_team", &spec.not_team, Relation::Other),
        ];
        let had = rules.clone();
        for (key, words, relation) in groups {
            let place = place.at(key);
            let added = tables(*kind, words, &place)?;
            for table in &added {
                wider(&had, *kind, table, relation, &place)?;
            }
            match relation {
                Relation::Own => rules.fields.extend(added),
                Relation::Team => rules.not_own.extend(added),
                Relation::Other => rules.not_team.extend(added),
            }
        }
    }
    Ok(role)
}

/// Refuses a table with a word that asks for more than the role has.
fn wider(
    had: &KindRules,
    kind: RecordKind,
    table: &FieldRules,
    relation: Relation,
    place: &Place,
) -> Result<(), Refused> {
    let least = |name: &str, category: Option<Category>| {
        had.tables(relation).filter_map(|rules| rules.of(name, category)).map(|(access, _)| access).min()
    };
    let category_of =
        |name: &str| specs_of(kind).iter().find(|spec| spec.name == name).map(|spec| spec.category);
    let by_name =
        table.names.iter().map(|(name, access)| (name.clone(), *access, least(name, category_of(name))));
    let by_category =
        table.categories.iter().map(|(one, access)| (one.to_string(), *access, least("", Some(*one))));
    let by_default = table.default.iter().map(|access| ("default".to_owned(), *access, least("", None)));
    for (name, wanted, has) in by_name.chain(by_category).chain(by_default) {
        if has.is_none_or(|has| wanted > has) {
            let has = has.map_or_else(|| "hidden".to_owned(), |has| has.to_string());
            return Err(place
                .at(&name)
                .refuse(format!("it is `{has}` to the role; a configuration only takes away")));
        }
    }
    Ok(())
}

/// Records that keep by which query persons were chosen, and the field that has it.
const QUERIES: &[(RecordKind, &str)] = &[(RecordKind::CallList, "query"), (RecordKind::ExportRun, "query")];

/// A query can name a person, so it is hidden from whoever does not see every person.
fn hide_queries(role: &mut RoleRules) {
    if role.kind(RecordKind::Contact).read == Scope::All {
        return;
    }
    for (kind, field) in QUERIES {
        for (_, rules) in role.kinds.iter_mut().filter(|(one, _)| one == kind) {
            rules.fields.push(FieldRules {
                source: "a query can name a person whom the role does not see".to_owned(),
                default: None,
                categories: Vec::new(),
                names: vec![((*field).to_owned(), Access::Hidden)],
            });
        }
    }
}

/// Names, without which a record in sight would be none.
const NAMES: &[(RecordKind, &[&str])] = &[
    (RecordKind::Contact, &["name_prefix", "given_name", "middle_name", "family_name", "name_suffix"]),
    (RecordKind::Company, &["name"]),
    (RecordKind::User, &["name"]),
    (RecordKind::View, &["name", "kind", "filter"]),
    (RecordKind::Purpose, &["name", "title", "channels", "basis"]),
    (RecordKind::Consent, &["kind", "purpose", "channel", "at", "until"]),
    (RecordKind::Call, &["outcome"]),
    (RecordKind::CallList, &["name", "purpose"]),
    (RecordKind::CallEntry, &["list", "state"]),
    (RecordKind::Recipient, &["name"]),
    (RecordKind::Request, &["number", "right"]),
    // What people are told is no secret to those who tell it.
    (
        RecordKind::Wording,
        &[
            "kind",
            "name",
            "version",
            "language",
            "subject",
            "text",
            "sha256",
            "purposes",
            "usage",
            "retired_at",
        ],
    ),
    (RecordKind::CustomField, &["name", "label", "on", "kind", "number", "category"]),
    (RecordKind::RetentionRule, &["name", "kept", "period", "clock", "at_end", "retired"]),
    (RecordKind::Certificate, &["number", "ground"]),
    (RecordKind::Incident, &["number", "title", "state", "aware_at"]),
    (RecordKind::Backup, &["name", "form", "state"]),
];

/// What lists are filtered and sorted by: it is the same for every record of a list, or the order would tell.
const COLUMNS: &[&str] =
    &["tags", "company", "owner", "team", "country", "language", "source", "supplier", "basis", "deleted_at"];

fn about_persons(kind: RecordKind) -> bool {
    match kind {
        // The filter of a view may name a person.
        RecordKind::Contact
        | RecordKind::Company
        | RecordKind::Note
        | RecordKind::ExportRun
        | RecordKind::Suppression
        | RecordKind::ScreeningList
        | RecordKind::View
        | RecordKind::Consent
        | RecordKind::Call
        | RecordKind::CallEntry
        | RecordKind::Task
        | RecordKind::Request
        | RecordKind::Hold
        | RecordKind::KeptProof
        | RecordKind::Mention
        | RecordKind::Aggregate
        // What happened is told in free words.
        | RecordKind::Incident
        | RecordKind::Publication
        | RecordKind::Invitation
        // The query by which it was made may name a person.
        | RecordKind::CallList => true,
        RecordKind::User
        | RecordKind::CustomField
        | RecordKind::Settings
        | RecordKind::Purpose
        | RecordKind::Wording
        | RecordKind::RetentionRule
        | RecordKind::Sweep
        | RecordKind::Certificate
        | RecordKind::Backup
        | RecordKind::Training
        | RecordKind::RegisterVersion
        | RecordKind::Recipient => false,
    }
}

/// Why an action is the data protection officer's alone, where it is.
fn officers_own(verb: Verb) -> Option<&'static str> {
    match verb {
        Verb::Erase => Some("erasing persons is the data protection officer's alone"),
        Verb::LiftSuppression => Some("lifting a suppression is the data protection officer's alone"),
        Verb::Answer => Some("carrying out what persons ask is the data protection officer's alone"),
        Verb::Create
        | Verb::Edit
        | Verb::Delete
        | Verb::Restore
        | Verb::Merge
        | Verb::Bulk
        | Verb::Import
        | Verb::Export
        | Verb::Configure
        | Verb::Audit
        | Verb::Operate
        | Verb::ManageUsers
        | Verb::GrantSight
        | Verb::Explain
        | Verb::SeeTaken
        | Verb::Consent
        | Verb::Suppress
        | Verb::SeeQuarantined
        | Verb::ImportScreening
        | Verb::Retain
        | Verb::Account => None,
    }
}

/// What no configuration changes.
fn check(role: &RoleRules, place: &Place) -> Result<(), Refused> {
    let own = role.verbs.iter().find_map(|verb| officers_own(*verb));
    if let Some(why) = own.filter(|_| role.name != Role::Dpo.into()) {
        return Err(place.at("actions").refuse(why));
    }
    for (kind, rules) in &role.kinds {
        let (kind, place) = (*kind, place.at(kind.word()));
        if role.built_in == Role::Admin && about_persons(kind) && rules.read != Scope::None {
            return Err(place.at("read").refuse("an administrator sees no personal data"));
        }
        if rules.write > rules.read {
            return Err(place.at("write").refuse("what cannot be read cannot be changed"));
        }
        let owned = kind == RecordKind::Company || kind.lies() != Lies::Nobody;
        for (key, scope) in [("read", rules.read), ("write", rules.write)] {
            if !owned && !matches!(scope, Scope::None | Scope::All) {
                return Err(place.at(key).refuse(format!("a {kind} belongs to nobody: `none` or `all`")));
            }
        }
        if kind.only_grows() && kind.lies() == Lies::Nobody && rules.write != Scope::None {
            return Err(place.at("write").refuse("what was exported is history, which only grows"));
        }
        if rules.read == Scope::None {
            continue;
        }
        let access = |name: &str, relation| {
            let spec = specs_of(kind).iter().find(|spec| spec.name == name)?;
            let tables = rules.tables(relation).filter_map(|table| table.of(name, Some(spec.category)));
            Some(tables.map(|(access, _)| access).min().unwrap_or(Access::Hidden))
        };
        for name in NAMES.iter().filter(|(one, _)| *one == kind).flat_map(|(_, names)| *names) {
            let least = Relation::ALL.iter().filter_map(|relation| access(name, *relation)).min();
            if least.is_some_and(|least| least < Access::Read) {
                return Err(place
                    .at(name)
                    .refuse("a record in sight shows by its name; narrow `read` instead"));
            }
        }
        for name in COLUMNS {
            let readable = |relation| access(name, relation).map(|access| access >= Access::Read);
            if readable(Relation::Own) != readable(Relation::Other) {
                return Err(place
                    .at(name)
                    .refuse("lists are made by this field: it is the same in all records, under `fields`"));
            }
        }
    }
    Ok(())
}
