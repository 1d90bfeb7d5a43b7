//! Accountability (Art. 5(2) GDPR): incidents with their clock, the register of processing, training, the auditor's bundle.

mod draft;
mod evidence;
mod incidents;
mod register;

#[cfg(test)]
mod tests;

pub(super) use evidence::SIGNED_AS;
pub(super) use incidents::opened;
pub(super) use register::purpose_of;

use super::{Ask, publish, read_lock};
use crate::api::accountability::TrainingView;
use crate::api::{Error, TrainingAdd};
use crate::domain::accountability::Training;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::value::{Day, Kind};
use crate::law::zone::Zone;

/// A line or a text as fields take them.
fn text(kind: Kind, text: &str, field: &str) -> Result<String, Error> {
    let value = kind.parse(text, None).map_err(|why| Error::from(why).at(field))?;
    Ok(value.map(|value| value.to_string()).unwrap_or_default())
}

impl Ask<'_> {
    /// Where the controller is.
    fn home(&self) -> Zone {
        self.world().settings.country.and_then(Zone::of).unwrap_or(Zone::UTC)
    }

    pub(super) fn training_add(&self, add: TrainingAdd) -> Result<TrainingView, Error> {
        let TrainingAdd { user, topic, held_on, by, again_by } = add;
        let user = self.any_user(&user)?;
        let today = Day(self.home().local(self.now).date_naive());
        if held_on > today {
            return Err(Error::refused(format!("{held_on} has not come yet: it is {today}")).at("held_on"));
        }
        if again_by.is_some_and(|day| day <= held_on) {
            return Err(Error::usage("it is due anew after it was held").at("again_by"));
        }
        let topic = text(Kind::Text, &topic, "topic")?;
        if topic.is_empty() {
            return Err(Error::usage("a training is about something: name the topic").at("topic"));
        }
        let training = Training {
            user: Some(user),
            topic,
            held_on: Some(held_on),
            by: text(Kind::Text, &by, "by")?,
            again_by,
            ..Training::default()
        };
        let (id, _) = self.transact(Action::Create, move |txn, world| {
            let stored = txn.create(SubjectId::NOBODY, &training)?;
            publish(world, txn, &[])?;
            Ok(stored.id)
        })?;
        let added = self.trainings()?.into_iter().find(|one| one.id == id);
        added.ok_or_else(|| Error::failed("the training that was just noted is not there"))
    }

    /// Who was told what. Only the latest about a topic can be overdue.
    pub(super) fn trainings(&self) -> Result<Vec<TrainingView>, Error> {
        let (sight, world) = (self.sight().clone(), std::sync::Arc::clone(&self.service.world));
        let today = Day(self.home().local(self.now).date_naive());
        let mut rows = self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let stored = sight.records_of(reader, &world, RecordKind::Training, SubjectId::NOBODY)?;
            let mut rows = Vec::with_capacity(stored.len());
            for one in stored {
                rows.push((one.id, one.entity::<Training>()?));
            }
            Ok::<_, Error>(rows)
        })?;
        rows.sort_by_key(|(id, one)| (std::cmp::Reverse(one.held_on), std::cmp::Reverse(*id)));
        let world = self.world();
        let mut seen = std::collections::BTreeSet::new();
        Ok(rows
            .into_iter()
            .map(|(id, one)| {
                let latest = seen.insert((one.user, one.topic.to_lowercase()));
                let active =
                    one.user.and_then(|user| world.users.get(&user.0)).is_some_and(|user| !user.inactive);
                TrainingView {
                    id,
                    user: one.user.map(|user| world.user_name(user.0)).unwrap_or_default(),
                    overdue: latest && active && one.again_by.is_some_and(|day| day < today),
                    topic: one.topic,
                    held_on: one.held_on,
                    by: one.by,
                    again_by: one.again_by,
                }
            })
            .collect())
    }
}
