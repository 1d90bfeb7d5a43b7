//! Who asks: the user of a session as it stands at this moment, and what the user's role has.

use std::sync::{Arc, PoisonError};

use super::policy::Actor;
use super::sight::{Sight, Table};
use super::world::World;
use super::{Service, Session};
use crate::api::{Code, Error};
use crate::domain::access::{RoleRules, Verb};
use crate::domain::user::User;

/// What a role has, worked out for a state of the schema.
pub(super) struct Had {
    epoch: u64,
    /// What it may do for want of anybody else.
    acting: Vec<Verb>,
    rules: Arc<RoleRules>,
    table: Arc<Table>,
}

impl Service {
    /// Who asks, as the user stands at this moment. Somebody deactivated asks nothing any more.
    pub(super) fn actor(&self, session: &Session) -> Result<Actor, Error> {
        let world = self.read_world();
        let user = world
            .users
            .get(&session.user.0)
            .ok_or_else(|| Error::new(Code::Denied, "the user of this session is not in the store"))?;
        if user.inactive {
            return Err(Error::new(
                Code::Denied,
                format!("the user `{}` is not active: this session is over", user.name),
            )
            .hint("ask the owner of the store"));
        }
        Ok(Actor {
            user: session.user,
            session: session.id,
            sight: self.sight_of(&world, session.user.0, user)?,
        })
    }

    /// What a user sees.
    pub(super) fn sight_of(&self, world: &World, id: uuid::Uuid, user: &User) -> Result<Sight, Error> {
        let rules = self.roles.get(&user.role).ok_or_else(|| {
            Error::new(
                Code::Denied,
                format!(
                    "the user `{}` has the role `{}`, which is unknown here: no access",
                    user.name, user.role
                ),
            )
            .hint("the owner gives another role with `callbook user edit`, or adds the role to config.toml")
        })?;
        let mates = world.users.iter().filter(|(_, mate)| !user.team.is_empty() && mate.team == user.team);
        let mates = mates.map(|(id, _)| *id).collect();
        let epoch = world.schema_epoch();
        let acting = self.acting(world, rules);
        let (rules, table) = {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            match tables.get(&user.role) {
                Some(had) if had.epoch == epoch && had.acting == acting => {
                    (Arc::clone(&had.rules), Arc::clone(&had.table))
                }
                _ => {
                    let table = Arc::new(Table::new(rules, &world.schema));
                    let mut rules = rules.clone();
                    rules.verbs.extend(acting.iter().copied());
                    let rules = Arc::new(rules);
                    let had = Had { epoch, acting, rules: Arc::clone(&rules), table: Arc::clone(&table) };
                    tables.insert(user.role.clone(), had);
                    (rules, table)
                }
            }
        };
        Ok(Sight::new(id, &user.team, mates, rules, table))
    }

    /// What a role may do because nobody active in another role may.
    pub(super) fn acting(&self, world: &World, rules: &RoleRules) -> Vec<Verb> {
        let others = || world.users.values().filter(|one| !one.inactive && one.role != rules.name);
        let may =
            |verb: Verb| others().any(|one| self.roles.get(&one.role).is_some_and(|other| other.may(verb)));
        rules.vacant.iter().copied().filter(|verb| !rules.may(*verb) && !may(*verb)).collect()
    }
}
