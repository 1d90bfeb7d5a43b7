//! Call lists, tasks, requests of persons and the day's work, as they cross the door.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::call::{CallCard, OpenCall};
use crate::api::view::View;
use crate::domain::call::EntryState;
use crate::domain::channel::Channel;
use crate::domain::id::ContactId;
use crate::domain::request::{IdentityOutcome, RequestState};
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
    pub state: RequestState,
    /// Nobody where the person is no contact here.
    pub contact: Option<ContactId>,
    /// The person's name; of somebody who is no contact, the first line of what was said of them.
    pub name: String,
    pub received: Option<Day>,
    /// The last day on which it can be answered (Art. 12(3) GDPR), of the longer period where it was extended.
    pub due: Option<Day>,
    /// Days until then, fewer than none when it is over. Nothing of what is closed.
    pub days_left: Option<i64>,
    pub overdue: bool,
    /// Who carries it out, by name.
    pub assigned: String,
    /// What came of checking who asks.
    pub identity: Option<IdentityOutcome>,
    /// Whether the person's data are restricted.
    pub restricted: bool,
}

/// A request with all that is known of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RequestCard {
    pub request: RequestView,
    /// The record, as the asker reads it.
    pub record: View,
    /// The last day of the first month, counted from receipt.
    pub month_ends: Option<Day>,
    /// The days that were passed over on the way to it, and why.
    pub moved: Vec<String>,
    /// The last day where the period is counted from when the person had shown who they are; as of today while they have
    /// not. A check of identity pauses nothing by itself: both days are told, and the alarms go by the earlier.
    pub due_by_identity: Option<Day>,
    /// The last day of the three months, whether it was extended or not.
    pub at_most: Option<Day>,
    /// The letter that tells the person what was decided so far; empty where none is written.
    pub letter: String,
}

/// What was decided about a request, with the letter that tells the person, where there is one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RequestDecided {
    pub request: RequestView,
    /// In the person's language; empty where nothing is written.
    pub letter: String,
    /// What the letter lacks, or what else should be looked at.
    pub warnings: Vec<String>,
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
    /// How many people's time is up and wait for a decision, as of the last plan; for who decides about that.
    pub reviews: u64,
    /// Retention plans that wait for a second user, or for somebody to make one of what the schedule found.
    pub plans: u64,
}
