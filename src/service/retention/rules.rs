//! Rules: those that a store begins with or takes over from the law, and what no rule can be checked for alone.

use std::sync::RwLock;

use crate::api::retention::PresetRule;
use crate::api::{Error, RetentionPreset};
use crate::domain::country::Country;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::retention::{Kept, RetentionRule, RuleField};
use crate::domain::value::{OneOf, Value};
use crate::law::Law;
use crate::law::retention::Preset;
use crate::service::ledger::GRACE;
use crate::service::world::World;
use crate::service::{Ask, publish, read_lock};

/// Whether a law demands that this is kept, rather than that it goes.
fn is_duty(kept: Kept) -> bool {
    match kept {
        Kept::Books | Kept::Vouchers | Kept::Letters => true,
        Kept::Prospect
        | Kept::CustomerMarketing
        | Kept::ConsentProof
        | Kept::Suppression
        | Kept::AccessLog
        | Kept::RefusedConsent
        | Kept::Quarantined => false,
    }
}

fn of_preset(preset: &Preset, kept: Kept) -> RetentionRule {
    let name = match preset.kept.len() {
        1 => preset.id.clone(),
        _ => format!("{}-{}", preset.id, kept.word().replace('_', "-")),
    };
    let unverified = if preset.source.verified { "" } else { " (not verified)" };
    RetentionRule {
        name,
        kept: OneOf(Some(kept)),
        country: preset.country,
        clock: OneOf(Some(preset.clock)),
        // What goes at once is kept as long as it takes to answer.
        period: preset.period.unwrap_or(GRACE).to_string(),
        at_end: OneOf(Some(preset.at_end)),
        statute: is_duty(kept),
        source: format!("{}{unverified}", preset.source.citation),
        ..RetentionRule::default()
    }
}

/// The law's presets of a country as rules; of none, those that hold wherever there is no other.
pub fn of_law(law: &Law, country: Option<Country>) -> Vec<RetentionRule> {
    let presets = law.presets().filter(|preset| preset.country == country);
    presets.flat_map(|preset| preset.kept.iter().map(|kept| of_preset(preset, *kept))).collect()
}

/// Checks what a rule says about other records: that its purpose is there, and that nobody has its name.
pub fn vet(world: &World, kind: RecordKind, old: Option<&Fields>, new: &Fields) -> Result<(), Error> {
    if kind != RecordKind::RetentionRule {
        return Ok(());
    }
    let text = |fields: &Fields, field: RuleField| match fields.get(&field.key()) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let name = text(new, RuleField::name);
    match old.map(|old| text(old, RuleField::name)) {
        Some(had) if had != name => {
            return Err(Error::usage(format!("the rule `{had}` keeps its name: plans and receipts name it"))
                .hint("retire it and add another")
                .at("name"));
        }
        Some(_) => {}
        None if world.retained.rule_named(&name).is_some() => {
            return Err(Error::conflict(format!("there is a retention rule `{name}` already"))
                .hint("`callbook retention rule edit` changes it"));
        }
        None => {}
    }
    let purpose = text(new, RuleField::purpose);
    if !purpose.is_empty() {
        world.consents.named(&purpose).map_err(|error| error.at("purpose"))?;
    }
    Ok(())
}

impl Ask<'_> {
    /// Takes over the law's presets of a country: what there is of that name stays as it is.
    pub(in crate::service) fn retention_preset(
        &self,
        asked: &RetentionPreset,
    ) -> Result<Vec<PresetRule>, Error> {
        let rules = of_law(self.service.law(), asked.country);
        if rules.is_empty() {
            let place = asked.country.map_or("any country", Country::name);
            return Err(Error::not_found(format!("the law has no retention presets of {place}"))
                .hint("`callbook law show --of retention` shows those there are"));
        }
        let told = |world: &World| -> Vec<PresetRule> {
            let one = |rule: &RetentionRule| PresetRule {
                name: rule.name.clone(),
                about: rule.kept.0,
                period: rule.period.clone(),
                clock: rule.clock(),
                at_end: rule.end(),
                source: rule.source.clone(),
                there: world.retained.rule_named(&rule.name).is_some(),
            };
            rules.iter().map(one).collect()
        };
        if asked.dry_run {
            return Ok(told(&self.world()));
        }
        let stage = rules.clone();
        let (answer, _) = self.transact(Action::Create, move |txn, world: &RwLock<World>| {
            let new: Vec<RetentionRule> = {
                let world = read_lock(world);
                stage.into_iter().filter(|rule| world.retained.rule_named(&rule.name).is_none()).collect()
            };
            for rule in &new {
                rule.check().map_err(|(field, why)| Error::refused(format!("{field}: {why}")).at(field))?;
                txn.create(SubjectId::NOBODY, rule)?;
            }
            publish(world, txn, &[])?;
            Ok(new.into_iter().map(|rule| rule.name).collect::<Vec<String>>())
        })?;
        let mut all = told(&self.world());
        for one in &mut all {
            one.there = !answer.contains(&one.name);
        }
        Ok(all)
    }
}
