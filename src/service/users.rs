//! Users: who they may be, what they may be made, and how a session of one begins.
//!
//! A role that sees persons, or does anything that whoever gives it does not, is given by an owner. An administrator can
//! prepare such a user, who stays inactive until an owner activates it, and changes nothing by which somebody is
//! recognised afterwards: otherwise the account that sees no personal data would be one step from seeing all of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::sight::Sight;
use super::world::World;
use super::{Ask, Service, Session, policy, publish, read_lock};
use crate::api::names::Named;
use crate::api::view::{Edited, FieldAccess, KindView, RoleView};
use crate::api::{Cause, Code, Error, Hush, SetPassword};
use crate::domain::access::{Relation, RoleName, RoleRules, Roles, Verb};
use crate::domain::denial::Why;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::fold;
use crate::domain::history::Action;
use crate::domain::id::UserId;
use crate::domain::user::{Role, User, UserField};
use crate::domain::value::Value;
use crate::store::keyring::{Passphrase, password};

/// Who somebody says to be, beside the account the kernel names.
#[derive(Clone, Default)]
pub struct Login {
    /// The user, where several share the account.
    pub user: Option<String>,
    pub password: Option<Zeroizing<String>>,
}

/// Failures that cost nothing.
const FREE: u32 = 3;
/// The longest wait after failures.
const LONGEST: Duration = Duration::from_secs(300);

/// What makes guessing of passwords slow: one at a time, with a wait that doubles after each failure.
#[derive(Default)]
pub struct Guard {
    failures: Mutex<HashMap<Uuid, (u32, Duration)>>,
}

impl Guard {
    /// Lets one guess of a user's password be tried. It stays locked while it is tried.
    fn guess(
        &self,
        user: Uuid,
        now: Duration,
        fits: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, until) = failures.get(&user).copied().unwrap_or_default();
        if let Some(wait) = until.checked_sub(now).filter(|wait| !wait.is_zero()) {
            return Err(Error::new(
                Code::Locked,
                format!("too many wrong passwords: wait {} seconds", wait.as_secs() + 1),
            )
            .because(Cause::Password));
        }
        if fits()? {
            failures.remove(&user);
            return Ok(());
        }
        let count = count.saturating_add(1);
        let wait = match count.checked_sub(FREE) {
            Some(over) => LONGEST.min(Duration::from_secs(1 << over.min(16))),
            None => Duration::ZERO,
        };
        failures.insert(user, (count, now + wait));
        Err(Error::new(Code::Locked, "wrong password").because(Cause::Password))
    }
}

impl Service {
    /// Begins a session of the user with this account on the machine. Where several have it, the login names one; where
    /// the user has a password, the login gives it.
    pub fn session_by_password(&self, unix: &str, login: &Login) -> Result<Session, Error> {
        let (id, user) = {
            let world = self.read_world();
            let mut users: Vec<(Uuid, User)> = world
                .users
                .iter()
                .filter(|(_, user)| user.unix == unix && !user.inactive)
                .map(|(id, user)| (*id, user.clone()))
                .collect();
            users.sort_by(|a, b| a.1.name.cmp(&b.1.name));
            if users.is_empty() {
                let left = world.users.iter().find(|(_, user)| user.unix == unix).map(|(id, _)| *id);
                drop(world);
                self.deny_login(left, if left.is_some() { Why::Inactive } else { Why::Account });
                return Err(Error::new(
                    Code::Denied,
                    format!("the account `{unix}` is no user of this store"),
                )
                .hint("ask the owner of the store to add you"));
            }
            let names: Vec<&str> = users.iter().map(|(_, user)| user.name.as_str()).collect();
            let names = names.join(", ");
            let shared = users.len() > 1;
            if let Some(name) = &login.user {
                users.retain(|(_, user)| fold::fold(&user.name) == fold::fold(name));
                if users.is_empty() {
                    drop(world);
                    self.deny_login(None, Why::Account);
                    return Err(Error::new(
                        Code::Denied,
                        format!("`{name}` is no user of the account `{unix}`"),
                    ));
                }
            }
            if users.len() > 1 {
                return Err(Error::new(Code::Locked, format!("the account `{unix}` is shared by {names}"))
                    .hint("say who you are with --login NAME"));
            }
            let Some((id, user)) = users.pop() else {
                return Err(Error::failed("no user is left to choose"));
            };
            if shared && user.password.is_empty() {
                return Err(Error::new(
                    Code::Locked,
                    format!("the account `{unix}` is shared, and `{}` has no own password", user.name),
                )
                .hint(format!("an owner sets one: `callbook user password {}`", user.name)));
            }
            (id, user)
        };
        if !user.password.is_empty() {
            let Some(words) = &login.password else {
                return Err(Error::new(
                    Code::Locked,
                    format!("the user `{}` has an own password", user.name),
                )
                .hint("give it with --user-password-file FILE")
                .because(Cause::Password));
            };
            self.own_password(id, &user.password, words).inspect_err(|error| {
                if error.code == Code::Locked {
                    self.deny_login(Some(id), Why::Password);
                }
            })?;
        }
        Ok(self.session(UserId(id)))
    }

    /// Whether these are the words of a user's own password; a wrong guess makes the next ones wait.
    fn own_password(&self, user: Uuid, hash: &str, words: &str) -> Result<(), Error> {
        self.guard.guess(user, self.env.clock.elapsed(), || match Passphrase::new(words) {
            Ok(words) => password::verify(hash, &words).map_err(|error| Error::failed(error.to_string())),
            // Too short to be anybody's.
            Err(_) => Ok(false),
        })
    }
}

/// A user as it is about to be stored: completed, or refused. `id` is absent for a new one. Answers with what should be
/// looked at.
pub(super) fn check(
    world: &World,
    roles: &Roles,
    sight: &Sight,
    id: Option<Uuid>,
    old: Option<&User>,
    new: &mut User,
) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    let renamed = old.is_none_or(|old| old.name != new.name);
    if renamed {
        check_name(world, id, &new.name)?;
    }
    if new.unix.is_empty() {
        return Err(Error::usage("a user has an account of the machine (--unix)"));
    }
    let role = role_of(roles, &new.role)?;
    let more = gives_more(sight, role);
    let had_more = match old {
        // What a role that is unknown here would give is not known either.
        Some(old) => roles.get(&old.role).is_none_or(|role| gives_more(sight, role)),
        None => false,
    };
    if !sight.may(Verb::GrantSight) && (more || had_more) {
        let owners = "this takes an owner: the role sees persons, or does what you may not";
        match old {
            None if !new.inactive => {
                new.inactive = true;
                warnings.push(format!(
                    "`{}` is not active yet, for the role `{}` sees persons or does what you may not; an owner activates it",
                    new.name, new.role
                ));
            }
            None => {}
            Some(old) => {
                let opened = old.inactive && !new.inactive;
                let recognised = old.unix != new.unix || renamed;
                let promoted = old.role != new.role && more;
                if !new.inactive && (opened || recognised || promoted) || old.password != new.password {
                    return Err(Error::new(Code::Denied, owners)
                        .hint("prepare the user, and let an owner activate it"));
                }
            }
        }
    }
    let taken = old.is_none_or(|old| old.unix != new.unix || old.inactive) && !new.inactive;
    if taken {
        let same = world
            .users
            .iter()
            .filter(|(other, user)| Some(**other) != id && user.unix == new.unix && !user.inactive);
        if let Some((_, other)) = same.into_iter().find(|(_, other)| other.password.is_empty()) {
            return Err(Error::conflict(format!(
                "the account `{}` is that of `{}`, who has no own password",
                new.unix, other.name
            ))
            .hint(format!("to share it, each needs one: `callbook user password {}`", other.name)));
        }
    }
    let owner = RoleName::from(Role::Owner);
    let was_owner = old.is_some_and(|old| old.role == owner && !old.inactive);
    let is_owner = new.role == owner && !new.inactive;
    let others =
        || world.users.iter().any(|(other, user)| Some(*other) != id && user.role == owner && !user.inactive);
    if was_owner && !is_owner && !others() {
        return Err(Error::refused(format!("`{}` is the last active owner", new.name))
            .hint("make another user owner first"));
    }
    Ok(warnings)
}

fn check_name(world: &World, id: Option<Uuid>, name: &str) -> Result<(), Error> {
    if name.is_empty()
        || name.len() > 100
        || name.chars().any(|c| c.is_whitespace() || matches!(c, ':' | '"' | ','))
    {
        return Err(Error::usage("a user has a name of one word, by which filters and colleagues know it"));
    }
    let wanted = fold::fold(name);
    if matches!(wanted.as_str(), "" | "me" | "none") {
        return Err(Error::usage(format!("`{name}` means something else in filters; choose another name")));
    }
    if world.users.iter().any(|(other, user)| Some(*other) != id && fold::fold(&user.name) == wanted) {
        return Err(Error::conflict(format!("there is a user `{name}` already")));
    }
    Ok(())
}

fn role_of<'r>(roles: &'r Roles, name: &RoleName) -> Result<&'r RoleRules, Error> {
    roles.get(name).ok_or_else(|| {
        let names: Vec<&str> = roles.all().iter().map(|role| role.name.as_str()).collect();
        Error::usage(format!("there is no role `{name}`")).hint(format!("the roles are {}", names.join(", ")))
    })
}

/// Whether a role sees persons, or may what the giver may not.
fn gives_more(sight: &Sight, role: &RoleRules) -> bool {
    role.sees_persons() || role.verbs.iter().any(|verb| !sight.may(*verb))
}

impl Ask<'_> {
    pub(super) fn set_password(&self, set: SetPassword) -> Result<Edited, Error> {
        let me = self.grant.actor().user;
        let target = match &set.user {
            Some(name) => self.world().any_user_named(name, me)?,
            None => me,
        };
        if target != me && !self.sight().may(Verb::ManageUsers) {
            return Err(policy::denied(self.sight()));
        }
        if target == me {
            self.give_old(me, set.old.as_ref())?;
        }
        let hash = match &set.password {
            None => String::new(),
            Some(words) => {
                let words =
                    Passphrase::new(words.words()).map_err(|error| Error::usage(error.to_string()))?;
                // One at a time, like guesses: each takes memory.
                let _one = self.service.guard.failures.lock().unwrap_or_else(PoisonError::into_inner);
                password::hash(&words, &self.service.env).map_err(|error| Error::failed(error.to_string()))?
            }
        };
        let (sight, roles) = (self.sight().clone(), self.service.roles.clone());
        self.transact(Action::Edit, move |txn, world| {
            let stored = super::rows::user(&txn.read(), target.0)?;
            let old: User = stored.entity()?;
            let mut fields = stored.record.fields.clone();
            match hash.is_empty() {
                true => fields.remove(&UserField::password.key()),
                false => fields.insert(UserField::password.key(), Value::Text(hash)),
            };
            let mut new: User = super::view::typed(&fields)?;
            if target != me {
                check(&read_lock(world), &roles, &sight, Some(target.0), Some(&old), &mut new)?;
            }
            let revision =
                txn.update(&stored, fields)?.map_or(stored.record.revision, |stored| stored.record.revision);
            publish(world, txn, std::slice::from_ref(&stored))?;
            Ok(Edited { revision, changed: Vec::new(), warnings: Vec::new() })
        })
        .map(|(edited, _)| edited)
    }

    /// Whoever changes the own password gives the old one, so that a screen left open is not enough to take an account
    /// over. Guessing it is as slow here as where a session begins.
    fn give_old(&self, me: UserId, old: Option<&Hush>) -> Result<(), Error> {
        let hash = self.world().users.get(&me.0).map(|user| user.password.clone()).unwrap_or_default();
        if hash.is_empty() {
            return Ok(());
        }
        let Some(old) = old else {
            return Err(Error::new(Code::Locked, "your password is changed with the old one only")
                .hint("give it with --old-password-file FILE; an owner resets a forgotten one"));
        };
        self.service.own_password(me.0, &hash, old.words()).inspect_err(|error| {
            if error.code == Code::Locked {
                let named = Named { kind: Some(RecordKind::User), ids: vec![me.0] };
                self.service.deny_request(self.session, "SetPassword", &named, Why::Password);
            }
        })
    }

    pub(super) fn roles(&self) -> Vec<RoleView> {
        let world = self.world();
        self.service.roles.all().iter().map(|role| role_view(&world, role)).collect()
    }
}

fn role_view(world: &World, role: &RoleRules) -> RoleView {
    let kind = |kind: RecordKind| {
        let rules = role.kind(kind);
        let field = |info: &crate::domain::schema::FieldInfo| FieldAccess {
            field: info.address(),
            own: rules.of_info(info, Relation::Own),
            team: rules.of_info(info, Relation::Team),
            other: rules.of_info(info, Relation::Other),
        };
        let fields = world.schema.of(kind).iter().map(field).collect();
        KindView { kind, read: rules.read, write: rules.write, fields }
    };
    RoleView {
        name: role.name.clone(),
        title: role.title.clone(),
        follows: role.built_in.to_string(),
        source: role.source.clone(),
        actions: role.verbs.iter().map(ToString::to_string).collect(),
        kinds: RecordKind::ALL.iter().map(|one| kind(*one)).collect(),
    }
}

/// The fields of a user that is being added or edited, checked and completed.
pub(super) fn checked(
    world: &World,
    roles: &Roles,
    sight: &Sight,
    id: Option<Uuid>,
    old: Option<&Fields>,
    fields: &mut Fields,
) -> Result<Vec<String>, Error> {
    let old = old.map(super::view::typed::<User>).transpose()?;
    let mut user: User = super::view::typed(fields)?;
    let warnings = check(world, roles, sight, id, old.as_ref(), &mut user)?;
    *fields = crate::domain::entity::Entity::fields(&user);
    Ok(warnings)
}
