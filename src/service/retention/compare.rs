//! Whether a plan comes out the same when it is made again, and what is different where it does not.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::api::Error;
use crate::domain::id::ContactId;
use crate::domain::purpose::AtEnd;
use crate::domain::retention::plan::Plan;
use crate::domain::value::Day;
use crate::service::Service;

/// Differences that a refusal names.
const NAMED: usize = 5;

/// One line of a plan, as far as it must come out the same.
type Line<'p> = (Option<(&'p str, Uuid, u64)>, u64, AtEnd, Day, &'static str);

fn plan_lines(plan: &Plan) -> BTreeMap<ContactId, Line<'_>> {
    let rule = |at: u32| plan.rule(at).map(|rule| (rule.name.as_str(), rule.id, rule.revision));
    let goes =
        plan.records.iter().map(|one| (one.contact, (rule(one.rule), one.revision, one.action, one.due, "")));
    let stays = plan
        .skipped
        .iter()
        .map(|one| (one.contact, (rule(one.rule), one.revision, one.action, one.due, one.why.word())));
    goes.chain(stays).collect()
}

/// What is different about somebody, in words.
fn difference(contact: ContactId, plan: Option<&Line<'_>>, now: Option<&Line<'_>>) -> String {
    match (plan, now) {
        (Some(plan), Some(now)) if plan.0 != now.0 => {
            let name = |line: &Line<'_>| {
                line.0.map_or("?".to_owned(), |(name, _, revision)| format!("{name}@{revision}"))
            };
            format!("{contact}: the rule is {}, in the plan {}", name(now), name(plan))
        }
        (Some(plan), Some(now)) if plan.4 != now.4 => match (plan.4, now.4) {
            (stayed, "") => format!("{contact}: nothing keeps it any more, in the plan {stayed}"),
            (_, stays) => format!("{contact}: {} keeps it now", stays.replace('_', " ")),
        },
        (Some(plan), Some(now)) if plan.1 != now.1 => {
            format!("{contact}: is at revision {}, in the plan {}", now.1, plan.1)
        }
        (Some(plan), Some(now)) => {
            format!("{contact}: {} on {}, in the plan {} on {}", now.2, now.3, plan.2, plan.3)
        }
        (Some(_), None) => format!("{contact}: its time is not up any more, or it is gone"),
        (None, _) => format!("{contact}: its time is up too"),
    }
}

impl Service {
    /// Who is gone already by an earlier run of the same plan; an error names what is not as the plan says.
    pub(super) fn compare(
        &self,
        plan: &Plan,
        again: &Plan,
        resumed: bool,
    ) -> Result<BTreeSet<ContactId>, Error> {
        let (planned, now) = (plan_lines(plan), plan_lines(again));
        if planned.len() != plan.records.len() + plan.skipped.len() {
            return Err(Error::conflict("the plan names somebody twice"));
        }
        let (mut gone, mut differences, mut count) = (BTreeSet::new(), Vec::new(), 0_u64);
        let everybody: BTreeSet<&ContactId> = planned.keys().chain(now.keys()).collect();
        let world = self.read_world();
        for contact in everybody {
            let (was, is) = (planned.get(contact), now.get(contact));
            if was == is {
                continue;
            }
            if resumed && is.is_none() && !world.contacts.contains(contact.0) {
                gone.insert(*contact);
                continue;
            }
            count += 1;
            if differences.len() < NAMED {
                differences.push(difference(*contact, was, is));
            }
        }
        if count == 0 {
            return Ok(gone);
        }
        let more = count - differences.len() as u64;
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Err(Error::conflict(format!("the plan is outdated: {}{more}", differences.join("; ")))
            .hint("nothing was done; make the plan anew and look at it"))
    }
}
