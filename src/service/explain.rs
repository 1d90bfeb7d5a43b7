//! Why somebody sees what of a contact: the decision, and the chain it follows from.

use super::{Ask, no_such, policy};
use crate::api::view::{Explanation, Step};
use crate::api::{AccessExplain, Error};
use crate::domain::access::mask::mask;
use crate::domain::access::{Access, Relation, Scope, Verb};
use crate::domain::entity::RecordKind;
use crate::domain::field::Edit;

const KIND: RecordKind = RecordKind::Contact;

impl Ask<'_> {
    pub(super) fn explain(&self, ask: &AccessExplain) -> Result<Explanation, Error> {
        let me = self.grant.actor().user;
        let id = ask.contact.0;
        let world = self.world();
        let target = match &ask.user {
            Some(name) => world.any_user_named(name, me)?,
            None => me,
        };
        let explains = self.sight().may(Verb::Explain);
        if target != me && !explains {
            return Err(policy::denied(self.sight()).hint("everybody may ask about themselves"));
        }
        // Who answers for a contact is known to whoever explains; that the contact is there, else only to who sees it.
        let Some((owner, team)) =
            world.contacts.holder(id).filter(|_| explains || self.sight().sees(&world, KIND, id))
        else {
            return Err(no_such(KIND, id));
        };
        let user = world.users.get(&target.0).cloned().unwrap_or_default();
        let mut steps = Vec::new();
        let mut step = |rule: &str, result: String| steps.push(Step { rule: rule.to_owned(), result });
        let name = &user.name;
        let of_team = |team: &str| {
            if team.is_empty() { "in no team".to_owned() } else { format!("in the team `{team}`") }
        };
        let state = if user.inactive { "not active" } else { "active" };
        step("user", format!("`{name}` is {state}, {}", of_team(&user.team)));
        let end = |access, decision: String, steps, mask| Explanation {
            user: user.name.clone(),
            role: user.role.clone(),
            contact: ask.contact,
            field: ask.field.clone(),
            access,
            decision,
            steps,
            mask,
        };
        let Some(rules) = self.service.roles.get(&user.role) else {
            step("role", format!("the role `{}` is unknown here", user.role));
            return Ok(end(
                Access::Hidden,
                format!("{name} sees nothing: the role `{}` is unknown here", user.role),
                steps,
                None,
            ));
        };
        let sight = self.service.sight_of(&world, target.0, &user)?;
        step("role", format!("`{}`: {} ({})", rules.name, rules.title, rules.source));
        let acting: Vec<&str> = self.service.acting(&world, rules).into_iter().map(Verb::word).collect();
        if !acting.is_empty() {
            let acting = acting.join(", ");
            step(
                "vacant",
                format!("`{}` may {acting} as well, for nobody active in another role may", rules.name),
            );
        }
        let holder = match owner {
            Some(owner) => {
                let team = world.users.get(&owner).map_or("", |owner| &owner.team);
                format!("`{}`, who is {}", world.user_name(owner), of_team(team))
            }
            None => "nobody".to_owned(),
        };
        step(
            "record",
            match team {
                "" => format!("the contact belongs to {holder}"),
                team => format!("the contact belongs to {holder}, and to the team `{team}`"),
            },
        );
        let relation = sight.relation(owner, team);
        step(
            "relation",
            match (relation, owner) {
                (Relation::Own, Some(_)) => format!("it is {name}'s own"),
                (Relation::Own, None) => {
                    format!("nobody answers for it, so it is there for {name} as if own")
                }
                (Relation::Team, _) => format!("it is {name}'s team's"),
                (Relation::Other, _) => format!("it is neither {name}'s own nor of {name}'s team"),
            },
        );
        let kind = rules.kind(KIND);
        let within = |scope: Scope| if scope.holds(relation) { "yes" } else { "no" };
        step("scope", format!("`{}` reads contacts: {} ({})", rules.name, kind.read, within(kind.read)));
        step("scope", format!("`{}` changes contacts: {} ({})", rules.name, kind.write, within(kind.write)));
        if user.inactive {
            return Ok(end(
                Access::Hidden,
                format!("{name} sees nothing: the user is not active"),
                steps,
                None,
            ));
        }
        if !kind.read.holds(relation) {
            return Ok(end(Access::Hidden, format!("{name} does not see the contact"), steps, None));
        }
        if sight.keeps_out(&world, id) {
            step("kept out", "the contact is kept from all but those who decide about it".to_owned());
            return Ok(end(Access::Hidden, format!("{name} does not see the contact"), steps, None));
        }
        let Some(field) = &ask.field else {
            let access = if kind.write.holds(relation) { Access::Edit } else { Access::Read };
            let what = if access == Access::Edit { "sees and changes" } else { "sees, and does not change," };
            return Ok(end(
                access,
                format!("{name} {what} the contact; ask about a field to learn more"),
                steps,
                None,
            ));
        };
        let info = world.schema.by_name(KIND, field)?;
        let address = info.address();
        step("field", format!("`{address}` is of the category `{}`", info.category));
        for table in kind.tables(relation) {
            if let Some((access, word)) = table.of(&address, Some(info.category)) {
                step("table", format!("{}: {word} = {access}", table.source));
            }
        }
        if info.edit != Edit::Free {
            step("table", "only an operation of its own sets it".to_owned());
        }
        let access = sight.access(KIND, relation, info.key);
        step("access", format!("the least of it all: {access}"));
        let decision = match access {
            Access::Hidden => format!("{name} does not see `{address}` of the contact"),
            Access::Masked => format!("{name} sees `{address}` of the contact masked"),
            Access::Read => format!("{name} reads `{address}` of the contact, and does not change it"),
            Access::Edit => format!("{name} reads and changes `{address}` of the contact"),
        };
        let asker = self.sight();
        let own = asker.relation(owner, team);
        let may_see = asker.sees(&world, KIND, id) && asker.access(KIND, own, info.key) >= Access::Masked;
        let key = info.key;
        drop(world);
        let mask = match access == Access::Masked && may_see {
            true => {
                let (sight, world) = (asker.clone(), std::sync::Arc::clone(&self.service.world));
                let stored = self.service.store.read(move |reader| sight.fetch(reader, &world, KIND, id))?;
                stored.record.fields.get(&key).map(mask)
            }
            false => None,
        };
        Ok(end(access, decision, steps, mask))
    }
}
