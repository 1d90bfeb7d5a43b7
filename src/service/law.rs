//! The law of the store: what is built in, and what its configuration says of it.

use chrono::NaiveDate;

use super::{Ask, Service};
use crate::api::law::{LawEntry, LawTable};
use crate::api::{Error, LawShow};
use crate::domain::access::Roles;
use crate::domain::country::Country;
use crate::domain::purpose::AtEnd;
use crate::domain::retention::plan::Limits;
use crate::domain::value::Day;
use crate::law::telephone::{Ground, Override, Regime};
use crate::law::{Ages, BUILT_IN_NAME, Calendar, Law, Source, retention};

/// What a configuration says to a service, in place of what is built in.
#[derive(Clone, Debug, Default)]
pub struct Configured {
    /// What each role may see and do.
    pub roles: Roles,
    pub law: Law,
    /// When a sweep takes two people, and which clock is believed.
    pub limits: Limits,
}

impl Service {
    /// The law of a configuration, in place of the built-in one.
    #[must_use]
    pub fn with_law(mut self, law: Law) -> Service {
        self.law = law;
        self
    }

    #[must_use]
    pub fn configured(self, with: &Configured) -> Service {
        let mut service = self.with_roles(with.roles.clone()).with_law(with.law.clone());
        service.limits = with.limits;
        service
    }

    /// The law that decides here.
    pub fn law(&self) -> &Law {
        &self.law
    }
}

impl Ask<'_> {
    pub(super) fn law_show(&self, show: &LawShow) -> Result<Vec<LawEntry>, Error> {
        let mut entries = entries(self.service.law(), self.now.date());
        if let Some(country) = show.country {
            entries.retain(|entry| entry.country.is_none_or(|one| one == country));
        }
        Ok(entries)
    }
}

/// Every entry, by table, country and key. Stale is what was checked more than a year before `today`.
pub fn entries(law: &Law, today: NaiveDate) -> Vec<LawEntry> {
    let mut all: Vec<LawEntry> = law.regimes().map(|one| of_regime(one, today)).collect();
    all.extend(law.all_ages().map(|one| of_ages(one, today)));
    all.extend(law.presets().map(|one| of_preset(one, today)));
    all.extend(law.calendars().map(|(country, one)| of_calendar(country, one, today)));
    all.sort_by(|one, other| {
        (one.table, one.country, &one.key).cmp(&(other.table, other.country, &other.key))
    });
    all
}

/// The same of a file's own entries.
pub fn entries_of_file(law: &Law, today: NaiveDate) -> Vec<LawEntry> {
    let mut own = entries(law, today);
    own.retain(|entry| entry.origin != BUILT_IN_NAME);
    own
}

fn entry(table: LawTable, key: &str, source: &Source, today: NaiveDate) -> LawEntry {
    LawEntry {
        key: format!("{table}.{key}"),
        table,
        country: None,
        about: String::new(),
        from: None,
        until: None,
        rule: String::new(),
        parts: Vec::new(),
        citation: source.citation.clone(),
        source: source.title.clone(),
        checked: Day(source.checked),
        verified: source.verified,
        stale: source.is_stale(today),
        note: source.note.clone().unwrap_or_default(),
        origin: source.origin.clone(),
    }
}

fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn of_regime(regime: &Regime, today: NaiveDate) -> LawEntry {
    let mut rule = vec![match regime.ground {
        Ground::Consent => "consent before a call".to_owned(),
        Ground::Presumed => "consent, or one presumed for a recorded reason".to_owned(),
        Ground::OptOut => "nothing, unless the person refused".to_owned(),
        Ground::Never => "no call".to_owned(),
    }];
    let mut parts = vec![
        ("about".to_owned(), join(&regime.about)),
        ("relation".to_owned(), join(&regime.relation)),
        ("basis".to_owned(), regime.ground.to_string()),
    ];
    let mut say = |name: &str, part: String, words: String| {
        parts.push((name.to_owned(), part));
        rule.push(words);
    };
    if let Some(screening) = &regime.screening {
        let lists = screening.lists.join(", ");
        let consent = match screening.consent {
            Override::No => "",
            Override::IfLater => ", but for later consent",
            Override::Yes => ", but for consent",
        };
        let words = format!("not on {lists}, looked at in the last {} days{consent}", screening.max_age_days);
        let part = format!(
            "{lists}; {} days, then {}; consent overrides: {}",
            screening.max_age_days, screening.when_old, screening.consent
        );
        say("screening", part, words);
    }
    if let Some(hours) = &regime.hours {
        say("hours", hours.text(), hours.text());
    }
    if let Some(cap) = regime.cap {
        let words = format!("{} calls in {} days", cap.calls, cap.days);
        say("cap", words.clone(), words);
    }
    if let Some(days) = regime.pause_days {
        say("pause_days", days.to_string(), format!("{days} days' pause after a refusal"));
    }
    if regime.number_shown {
        say("number_shown", "yes".to_owned(), "number shown".to_owned());
    }
    if regime.offer_objection {
        say("offer_objection", "yes".to_owned(), "right to object offered".to_owned());
    }
    LawEntry {
        country: Some(regime.country),
        about: format!("{}: {}", join(&regime.about), join(&regime.relation)),
        from: Some(Day(regime.from)),
        until: regime.until.map(Day),
        rule: rule.join("; "),
        parts,
        ..entry(LawTable::Telephone, &regime.id, &regime.source, today)
    }
}

fn of_ages(ages: &Ages, today: NaiveDate) -> LawEntry {
    LawEntry {
        country: Some(ages.country),
        about: "who decides alone".to_owned(),
        rule: format!(
            "consent to online services from {}, contracts from {}",
            ages.digital_consent, ages.contract
        ),
        parts: vec![
            ("digital_consent".to_owned(), ages.digital_consent.to_string()),
            ("contract".to_owned(), ages.contract.to_string()),
        ],
        ..entry(LawTable::Ages, ages.country.code(), &ages.source, today)
    }
}

fn of_preset(preset: &retention::Preset, today: NaiveDate) -> LawEntry {
    let then = match preset.at_end {
        AtEnd::Delete => "deleted",
        AtEnd::Anonymise => "anonymised",
        AtEnd::Review => "reviewed",
    };
    let clock = preset.clock.word().replace('_', " ");
    let rule = match preset.period {
        Some(period) => format!("{then} {period} after {clock}"),
        None => format!("{then} at once after {clock}"),
    };
    let mut parts = vec![("kept".to_owned(), join(&preset.kept))];
    parts.extend(preset.period.map(|period| ("period".to_owned(), period.to_string())));
    parts.push(("clock".to_owned(), preset.clock.to_string()));
    parts.push(("at_end".to_owned(), preset.at_end.to_string()));
    LawEntry {
        country: preset.country,
        about: join(&preset.kept),
        rule,
        parts,
        ..entry(LawTable::Retention, &preset.id, &preset.source, today)
    }
}

fn of_calendar(country: Country, calendar: &Calendar, today: NaiveDate) -> LawEntry {
    let year = chrono::Datelike::year(&today);
    let days = calendar.year(year, None);
    let parts = days.iter().map(|(day, holiday)| (day.to_string(), holiday.name.clone())).collect();
    LawEntry {
        country: Some(country),
        about: "public holidays".to_owned(),
        rule: format!("{} days in {year}", days.len()),
        parts,
        ..entry(LawTable::Holidays, country.code(), &calendar.source, today)
    }
}
