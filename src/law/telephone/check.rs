//! What regimes cannot be asked one by one: that they neither overlap nor leave out days between them.

use std::collections::BTreeMap;

use super::Regime;
use crate::law::Refused;

/// Refuses regimes of the same country, people and relation that hold on the same day, or have days between them on
/// which none holds: one of the two has a wrong date, and a law that is silent by mistake would deny by mistake. `name`
/// is the file that was taken in last, for the message.
pub(in crate::law) fn check(regimes: &BTreeMap<String, Regime>, name: &str) -> Result<(), Refused> {
    let mut cells: BTreeMap<_, Vec<&Regime>> = BTreeMap::new();
    for regime in regimes.values() {
        let mut mine = Vec::new();
        for about in &regime.about {
            for relation in &regime.relation {
                if !mine.contains(&(about, relation)) {
                    mine.push((about, relation));
                    cells.entry((regime.country, *about, *relation)).or_default().push(regime);
                }
            }
        }
    }
    for ((country, about, relation), mut cell) in cells {
        cell.sort_by_key(|regime| regime.from);
        for pair in cell.windows(2) {
            let [earlier, later] = pair else { continue };
            let refuse = |why: String| {
                // Named is the one that the reader can change.
                let own = [later, earlier].into_iter().find(|one| one.source.origin == name).unwrap_or(later);
                Refused { place: format!("{name}, telephone.{}", own.id), why }
            };
            let whom = format!("{country}, {about}, {relation}");
            let next = match earlier.until {
                Some(until) if until < later.from => until.succ_opt(),
                _ => {
                    return Err(refuse(format!(
                        "`{}` and `{}` both hold on {} ({whom})",
                        earlier.id, later.id, later.from
                    )));
                }
            };
            if next != Some(later.from) {
                return Err(refuse(format!(
                    "no rule holds from {} to {}, between `{}` and `{}` ({whom})",
                    next.unwrap_or(later.from),
                    later.from.pred_opt().unwrap_or(later.from),
                    earlier.id,
                    later.id
                )));
            }
        }
    }
    Ok(())
}
