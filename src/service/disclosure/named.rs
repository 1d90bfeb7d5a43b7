//! Answers to somebody of whom no contact is held: a proper no, or what is left: an entry of the suppression list, proof kept
//! after an erasure, the certificate of a case.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{controller, gaps, gather};
use crate::api::{Error, Typed};
use crate::domain::disclosure::{Asked, Disclosure, Trace};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::erasure::{Certificate, KeptProof};
use crate::domain::fold;
use crate::domain::suppression::Identifier;
use crate::domain::value::{Kind, Value};
use crate::service::{Ask, read_lock, rows, suppression};

/// Numbers and addresses that one may name.
const MOST: usize = 50;

impl Ask<'_> {
    pub(super) fn disclose_named(
        &self,
        name: &str,
        typed: &[Typed],
        case: Option<i64>,
        somebody_else: bool,
    ) -> Result<Disclosure, Error> {
        if typed.len() > MOST {
            return Err(Error::usage(format!("at most {MOST} numbers and addresses are asked for at once")));
        }
        let name = match Kind::Text.parse(name, None).map_err(|why| Error::from(why).at("name"))? {
            Some(Value::Text(name)) => name,
            Some(_) | None => String::new(),
        };
        let parse = |one: &Typed| self.identifier(one);
        let identifiers: BTreeSet<Identifier> = typed.iter().map(parse).collect::<Result<_, Error>>()?;
        if identifiers.is_empty() && name.is_empty() && case.is_none() {
            return Err(Error::usage("it is not said who asks")
                .hint("name what the person named: --phone, --email, --name, --case"));
        }
        let mut held = BTreeSet::new();
        for identifier in &identifiers {
            let having = suppression::having(&self.world(), identifier);
            held.extend(having.iter().copied());
            // That it was asked for is a look, whatever is found.
            self.witness_check(identifier, having)?;
        }
        let named: BTreeSet<_> = match name.is_empty() {
            true => BTreeSet::new(),
            false => self.world().contacts.by_name(&fold::fold(&name)).into_iter().collect(),
        };
        let mut warnings = Vec::new();
        let known = !held.is_empty() || !named.is_empty();
        if known && !somebody_else {
            let ids: Vec<String> = held.union(&named).take(10).map(ToString::to_string).collect();
            let by = if held.is_empty() { "of that name" } else { "with that number or address" };
            return Err(Error::refused(format!("somebody {by} is held: {}", ids.join(", ")))
                .hint("answer by the id; where it is somebody else, say so with --somebody-else"));
        }
        if identifiers.is_empty() {
            warnings.push("by a name alone nobody is found on the suppression list or among kept proofs: ask the person for numbers and addresses".to_owned());
        }
        let marks: BTreeSet<String> = {
            let world = self.world();
            identifiers.iter().map(|identifier| world.suppression.mark(identifier).to_string()).collect()
        };
        let (now, store) = (self.now, self.service.id.0);
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut traces = gather::traces(&world, &identifiers);
            let mut numbers: BTreeSet<i64> = BTreeSet::new();
            if !marks.is_empty() {
                rows::each(reader, RecordKind::KeptProof, |stored| {
                    let proof: KeptProof = stored.entity()?;
                    if proof.marks.0.iter().any(|mark| marks.contains(mark)) {
                        numbers.insert(proof.certificate);
                        traces.push(Trace::Proof { fields: proof.fields() });
                    }
                    Ok(())
                })?;
            }
            if case.is_some() || !numbers.is_empty() {
                rows::each(reader, RecordKind::Certificate, |stored| {
                    let one: Certificate = stored.entity()?;
                    let asked = case.is_some_and(|case| one.request == case || one.number == case);
                    // A certificate of many persons tells nobody anything of one.
                    if (asked || numbers.contains(&one.number)) && one.subjects <= 1 {
                        traces.push(Trace::Certificate { fields: one.fields() });
                    }
                    Ok(())
                })?;
            }
            let controller = controller(&world);
            warnings.extend(gaps(&controller));
            let identifiers = identifiers.iter().map(|one| (one.class(), one.text().to_owned())).collect();
            Ok(Disclosure {
                made_at: now,
                store,
                controller,
                case: None,
                asked: Asked { name, identifiers },
                person: None,
                traces,
                purposes: Vec::new(),
                recipients: Vec::new(),
                rules: Vec::new(),
                warnings,
            })
        })
    }
}
