use std::collections::BTreeMap;

use super::mask::{email_mask, mask, phone_mask};
use super::*;
use crate::domain::contact::{ContactField, NoteField};
use crate::domain::user::UserField;

fn configured(text: &str) -> Result<Roles, String> {
    let specs: BTreeMap<String, parse::RoleSpec> = toml::from_str(text).map_err(|error| error.to_string())?;
    Roles::configured(&specs, "config.toml").map_err(|error| error.to_string())
}

fn contact(roles: &Roles, role: &str, field: ContactField, relation: Relation) -> Access {
    let spec = field.spec();
    let rules = roles.get(&role.parse().unwrap()).unwrap().kind(RecordKind::Contact);
    rules.access(spec.name, Some(spec.category), spec.edit, relation)
}

#[test]
fn the_built_in_roles_are_read_and_there_is_one_of_each() {
    let roles = parse::built_in(include_str!("../../../assets/roles.toml")).unwrap();
    assert_eq!(roles, Roles::default());
    let names: Vec<&str> = roles.all().iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, Role::WORDS);
    for role in roles.all() {
        assert!(!role.title.is_empty(), "{}", role.name);
    }
}

#[test]
fn a_rep_reads_the_team_and_changes_what_is_own() {
    let roles = Roles::default();
    let phones = |relation| contact(&roles, "rep", ContactField::phones, relation);
    assert_eq!(phones(Relation::Own), Access::Edit);
    assert_eq!(phones(Relation::Team), Access::Masked);
    assert_eq!(phones(Relation::Other), Access::Hidden);
    assert_eq!(contact(&roles, "rep", ContactField::emails, Relation::Team), Access::Read);
    // What an operation of its own sets is edited by nobody.
    assert_eq!(contact(&roles, "owner", ContactField::deleted_at, Relation::Own), Access::Read);
    assert_eq!(contact(&roles, "marketing", ContactField::reason, Relation::Own), Access::Hidden);
    assert_eq!(contact(&roles, "admin", ContactField::family_name, Relation::Own), Access::Hidden);
}

#[test]
fn a_password_is_hidden_from_everybody() {
    for role in Roles::default().all() {
        let spec = UserField::password.spec();
        let rules = role.kind(RecordKind::User);
        assert_eq!(rules.access(spec.name, Some(spec.category), spec.edit, Relation::Own), Access::Hidden);
    }
}

#[test]
fn a_configuration_narrows_and_adds() {
    let roles = configured(
        "[rep.contact]\nread = \"own\"\nfields = { emails = \"masked\" }\n\
         [intern]\nlike = \"rep\"\ntitle = \"Intern\"\nactions = [\"create\"]\nnote = { read = \"none\" }\n\
         contact = { fields = { contact_details = \"masked\", \"custom.budget\" = \"hidden\" } }\n",
    )
    .unwrap();
    let rep = roles.get(&Role::Rep.into()).unwrap();
    assert_eq!(rep.kind(RecordKind::Contact).read, Scope::Own);
    assert_eq!(contact(&roles, "rep", ContactField::emails, Relation::Own), Access::Masked);
    assert_eq!(contact(&roles, "rep", ContactField::given_name, Relation::Own), Access::Edit);
    let intern = roles.get(&"intern".parse().unwrap()).unwrap();
    assert_eq!(
        (intern.title.as_str(), intern.built_in, intern.verbs.as_slice()),
        ("Intern", Role::Rep, &[Verb::Create][..])
    );
    assert_eq!(intern.kind(RecordKind::Note).read, Scope::None);
    // The new role begins as the built-in one, not as the narrowed one.
    assert_eq!(intern.kind(RecordKind::Contact).read, Scope::Team);
    assert_eq!(contact(&roles, "intern", ContactField::addresses, Relation::Own), Access::Masked);
    let budget = intern.kind(RecordKind::Contact).access(
        "custom.budget",
        Some(Category::Relation),
        Edit::Free,
        Relation::Own,
    );
    assert_eq!(budget, Access::Hidden);
    let note = NoteField::text.spec();
    assert_eq!(
        intern.kind(RecordKind::Note).access(note.name, Some(note.category), note.edit, Relation::Own),
        Access::Hidden
    );
    assert_eq!(roles.all().len(), Role::ALL.len() + 1);
    assert!(
        !configured("[officer]\nlike = \"dpo\"")
            .unwrap()
            .get(&"officer".parse().unwrap())
            .unwrap()
            .may(Verb::Erase)
    );
}

/// Each names the key that asks for what is not given.
#[test]
fn a_configuration_that_widens_is_refused() {
    for (text, key, why) in [
        ("[admin.contact]\nread = \"own\"", "roles.admin.contact.read", "no personal data"),
        ("[boss]\nlike = \"admin\"\nnote = { read = \"all\" }", "roles.boss.note.read", "no personal data"),
        ("[admin.export]\nread = \"all\"", "roles.admin.export.read", "no personal data"),
        ("[owner]\nactions = [\"erase\"]", "roles.owner.actions", "data protection officer"),
        ("[rep]\nactions = [\"export\"]", "roles.rep.actions", "may not export"),
        ("[rep]\nactions = [\"rewrite_history\"]", "roles.rep.actions", "is none of"),
        ("[rep.contact]\nread = \"all\"", "roles.rep.contact.read", "has `team`"),
        ("[rep.contact]\nwrite = \"team\"", "roles.rep.contact.write", "has `own`"),
        ("[owner.export]\nwrite = \"all\"", "roles.owner.export.write", "has `none`"),
        (
            "[marketing.contact.fields]\nreason = \"read\"",
            "roles.marketing.contact.fields.reason",
            "`hidden`",
        ),
        (
            "[marketing.contact.fields]\ndefault = \"masked\"",
            "roles.marketing.contact.fields.default",
            "`hidden`",
        ),
        ("[rep.contact.not_own]\nphones = \"read\"", "roles.rep.contact.not_own.phones", "`masked`"),
        ("[rep.contact.fields]\nfamily_name = \"masked\"", "roles.rep.contact.family_name", "narrow `read`"),
        ("[rep.contact.not_own]\ntags = \"hidden\"", "roles.rep.contact.tags", "lists are made"),
        ("[rep.contact.fields]\nbirthday = \"hidden\"", "roles.rep.contact.fields.birthday", "no field"),
        ("[rep.user]\nread = \"team\"", "roles.rep.user.read", "belongs to nobody"),
        ("[intern]\ntitle = \"x\"", "roles.intern", "like"),
        ("[intern]\nlike = \"boss\"", "roles.intern.like", "no built-in role"),
        ("[rep]\nlike = \"owner\"", "roles.rep.like", "narrowed as it is"),
        ("[\"No Role!\"]\nlike = \"rep\"", "roles.No Role!", "no name"),
    ] {
        let error = configured(text).unwrap_err();
        assert!(error.starts_with(&format!("config.toml, {key}: ")), "{text}: {error}");
        assert!(error.contains(why), "{text}: {error}");
    }
    assert!(configured("[rep]\nscope = 1").unwrap_err().contains("unknown field `scope`"));
}

#[test]
fn masks_keep_what_is_recognised_and_hide_what_is_used() {
    assert_eq!(phone_mask("+49 30 901820"), "+49 30 •••820");
    assert_eq!(phone_mask("+49 1512 3456789"), "+49 1512 •••789");
    assert_eq!(phone_mask("+45 32 12 34 56"), "+45 32 •••456");
    assert_eq!(phone_mask("+44 20 7946 0958"), "+44 20 •••958");
    assert_eq!(phone_mask("+49 30 9018"), "+49 •••018");
    assert_eq!(phone_mask("+1 555"), "+1 •••");
    assert_eq!(phone_mask("030 901820"), "•••");
    assert_eq!(phone_mask(""), "•••");
    assert_eq!(email_mask("anna@example.com"), "a•••@example.com");
    assert_eq!(email_mask("a@example.com"), "•••@example.com");
    assert_eq!(email_mask("nonsense"), "•••");
    let phones = crate::domain::value::Kind::Phones
        .parse("geheim: +49 30 901820; +49 30 901821 x 77", None)
        .unwrap()
        .unwrap();
    assert_eq!(mask(&phones), "+49 30 •••820; +49 30 •••821");
    assert_eq!(mask(&Value::Text("secret".into())), "•••");
}
