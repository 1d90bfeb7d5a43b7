//! Call lists, tasks, requests of persons and the day's work, as they cross the door.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::call::{CallCard, OpenCall};
use crate::api::view::View;
use crate::domain::call::EntryState;
use crate::domain::channel::Channel;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// A call list and how far it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallListView {
    pub id: Uuid,
    pub name: String,
    pub purpose: String,
    /// Empty for whoever does not see every person.
    pub query: String,
    /// Who works on it; everybody who may call when empty.
    pub team: String,
    /// The user's name.
    pub owner: String,
    pub created_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// How many were taken.
    pub size: u64,
    /// How many were not, by reason, when it was made.
    pub left_out: Vec<(String, u64)>,
    /// How many stand where.
    pub states: Vec<(EntryState, u64)>,
    /// How many each user has done, by name.
    pub done_by: Vec<(String, u64)>,
}

impl CallListView {
    pub fn count(&self, state: EntryState) -> u64 {
        self.states.iter().find(|(one, _)| *one == state).map_or(0, |(_, count)| *count)
    }
}

/// A person on a call list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallPlace {
    pub contact: ContactId,
    pub name: String,
    pub place: i64,
    pub state: EntryState,
    /// The user's name.
    pub claimed_by: String,
    pub attempts: i64,
    pub due: Option<Timestamp>,
    pub reason: String,
}

/// A call list with those of its persons that the asker sees.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallListCard {
    pub list: CallListView,
    pub places: Vec<CallPlace>,
}

/// Whom to call next. The person is held for the asker until then.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NextCall {
    pub list: Uuid,
    pub contact: ContactId,
    pub until: Timestamp,
    pub card: CallCard,
}

/// What becomes of a person whom somebody has before them, without a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum PutBack {
    /// Not called from this list.
    Skip { reason: String },
    /// Not before this moment.
    Later { at: Timestamp },
    /// For whoever comes next.
    Release,
}

/// A task, and the person it is about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskView {
    pub task: View,
    pub contact: ContactId,
    pub name: String,
    pub due: Option<Timestamp>,
    pub overdue: bool,
}

/// A request of a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RequestView {
    pub id: Uuid,
    pub number: i64,
    /// The word of the right.
    pub right: String,
    pub contact: ContactId,
    pub name: String,
    pub received: Option<Day>,
    /// The last day on which it can be answered (Art. 12(3) GDPR).
    pub due: Option<Day>,
    pub overdue: bool,
}

/// A consent that runs out soon.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expiring {
    pub contact: ContactId,
    pub name: String,
    pub purpose: String,
    pub channel: Channel,
    pub until: Timestamp,
}

/// What is to be done today.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DayWork {
    /// The end of today at the controller's place.
    pub until: Timestamp,
    /// Own calls that were begun and not recorded.
    pub open: Vec<OpenCall>,
    /// Own tasks that are calls, due by then or before, the oldest first.
    pub calls: Vec<TaskView>,
    /// Own other tasks.
    pub tasks: Vec<TaskView>,
    /// Call lists with somebody left to call.
    pub lists: Vec<CallListView>,
    /// Consents of one's own people that run out within thirty days, the next first.
    pub expiring: Vec<Expiring>,
    /// Requests of persons in sight that are open and due within a week, the next first.
    pub requests: Vec<RequestView>,
}
