//! The script of a call: which is offered, and what exactly is read out.

use uuid::Uuid;

use super::said::refuse;
use crate::api::Error;
use crate::api::call::{CallQuestion, CallScript, Offered};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::State;
use crate::domain::contact::Contact;
use crate::domain::country::Language;
use crate::domain::time::Timestamp;
use crate::domain::wording::{Facts, PurposeFacts, Topic, Version, WordingKind, name_and_version, render};
use crate::law::Law;
use crate::service::consents::Known;
use crate::service::ledger::age_asked;
use crate::service::world::World;

/// Which call a script is wanted for.
pub struct Asked<'w> {
    pub law: &'w Law,
    pub agent: Uuid,
    pub person: Uuid,
    pub contact: &'w Contact,
    /// What the call is for.
    pub purpose: &'w Known,
    pub now: Timestamp,
}

fn title(version: &Version) -> String {
    version.wording.title()
}

/// The languages in which a script is looked for: the person's, then those of the program's own texts.
fn languages(person: Option<&Language>) -> Vec<Language> {
    let mut all: Vec<Language> = person.cloned().into_iter().collect();
    all.extend(["en", "de", "nl", "fr"].iter().filter_map(|tag| tag.parse().ok()));
    all
}

/// The scripts that can be read out for a purpose, that of the person's language first.
pub fn offered(world: &World, purpose: &str, language: Option<&Language>) -> Vec<Offered> {
    let mut found: Vec<Offered> = Vec::new();
    for language in languages(language) {
        let Some(version) = world.wordings.offer(WordingKind::Script, None, Some(purpose), &language) else {
            continue;
        };
        let one = Offered {
            script: title(version),
            language: version.wording.language.clone().unwrap_or(language),
        };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// What is asked in a call: everything about its own purpose, and about others that stand on consent what the person has
/// neither agreed to nor turned down.
fn topics(world: &World, asked: &Asked<'_>) -> Vec<(String, Channel)> {
    let mut topics = Vec::new();
    let own = &asked.purpose.purpose.name;
    for (number, known) in world.consents.all() {
        let purpose = &known.purpose;
        if purpose.retired || purpose.ground() != Basis::Consent {
            continue;
        }
        for channel in purpose.channels() {
            let state = world.consents.standing(asked.person, number, channel, asked.now).state;
            let open = match state {
                State::Unknown | State::Requested | State::Deferred | State::Pending | State::Expired => true,
                State::Given
                | State::Asserted
                | State::Revoked
                | State::Invalidated
                | State::Refused
                | State::Withdrawn
                | State::Objected => false,
            };
            if purpose.name == *own || open {
                topics.push((purpose.name.clone(), channel));
            }
        }
    }
    as_asked(&mut topics, own);
    topics
}

/// The order in which a person is asked: first what the call is for, and of each purpose how the person would be reached
/// before what is kept for it.
fn as_asked(topics: &mut [(String, Channel)], own: &str) {
    topics.sort_by_cached_key(|(purpose, channel)| {
        (purpose != own, purpose.clone(), *channel == Channel::Storage, *channel)
    });
}

/// What is filled in.
pub(super) fn facts(
    world: &World,
    asked: &Asked<'_>,
    topics: &[(String, Channel)],
    language: &Language,
) -> Facts {
    let agent = world.users.get(&asked.agent);
    let agent = agent.map(|user| if user.full_name.is_empty() { &user.name } else { &user.full_name });
    let mut purposes: Vec<PurposeFacts> = Vec::new();
    let named = topics.iter().map(|(purpose, channel)| (purpose, Some(*channel)));
    // Also a purpose about which nothing is asked is told.
    for (purpose, asked_by) in std::iter::once((&asked.purpose.purpose.name, None)).chain(named) {
        let Ok((_, known)) = world.consents.named(purpose) else { continue };
        let at = purposes.iter().position(|one| one.slug == *purpose).unwrap_or_else(|| {
            let purpose = &known.purpose;
            purposes.push(PurposeFacts {
                slug: purpose.name.clone(),
                title: purpose.title_in(language).to_owned(),
                description: purpose.description_in(language).to_owned(),
                basis: Some(purpose.ground()),
                retention: purpose.retention.clone(),
                recipients: world.recipients_told(purpose),
                channels: Vec::new(),
            });
            purposes.len() - 1
        });
        if let (Some(one), Some(channel)) = (purposes.get_mut(at), asked_by) {
            one.channels.push(channel);
        }
    }
    Facts {
        controller: world.settings.controller.clone(),
        controller_address: world.settings.controller_address.clone(),
        contact: world.settings.contact.clone(),
        dpo: world.settings.dpo_contact.clone(),
        authority: world.settings.authority.clone(),
        agent: agent.cloned().unwrap_or_default(),
        person: asked.contact.name(),
        source: asked.contact.source.clone(),
        date: Some(asked.now.date()),
        purposes,
        ..Facts::default()
    }
}

fn filled(
    world: &World,
    asked: &Asked<'_>,
    version: &Version,
    topics: &[(String, Channel)],
) -> Result<CallScript, Error> {
    let language = version.wording.language.clone();
    let language = language.ok_or_else(|| Error::integrity("a stored script is in no language"))?;
    let rendered = render(&version.wording, &facts(world, asked, topics, &language)).map_err(|why| {
        Error::refused(format!("the script {} cannot be filled in: {why}", title(version)))
            .hint("`callbook script check` tells what it needs; settings and the contact hold the rest")
    })?;
    let purpose = &asked.purpose.purpose.name;
    let notice = world.wordings.offer(WordingKind::Notice, None, Some(purpose), &language);
    Ok(CallScript {
        script: title(version),
        language: rendered.language,
        text: rendered.text,
        sha256: rendered.sha256,
        questions: rendered
            .questions
            .into_iter()
            .map(|question| {
                let Topic { purpose, channel } = question.topic;
                let known = world.consents.named(&purpose).ok().map(|(_, known)| known);
                let age = known.and_then(|known| age_asked(asked.law, known, asked.contact.country));
                CallQuestion { purpose, channel, text: question.text, age }
            })
            .collect(),
        notice: notice.map(|version| title(version)).unwrap_or_default(),
    })
}

/// The script for a call, filled in; `None` when there is none in the language that was asked for.
pub fn fill(
    world: &World,
    asked: &Asked<'_>,
    language: Option<&Language>,
) -> Result<Option<CallScript>, Error> {
    let purpose = Some(asked.purpose.purpose.name.as_str());
    let offer = |language: &Language| world.wordings.offer(WordingKind::Script, None, purpose, language);
    let version = match language {
        Some(language) => offer(language),
        None => languages(asked.contact.language.as_ref()).iter().find_map(offer),
    };
    version.map(|version| filled(world, asked, version, &topics(world, asked))).transpose()
}

/// A script as it was read out in a call that was not begun here: the named version, asking what was answered.
pub fn read_out(
    world: &World,
    asked: &Asked<'_>,
    script: &str,
    answered: &[(String, Channel)],
) -> Result<CallScript, Error> {
    let (name, number) = name_and_version(script).map_err(|why| refuse("script", why))?;
    let number = number.ok_or_else(|| {
        refuse("script", format!("which version of `{name}` was read out? Write it as {name}@1"))
    })?;
    let version = world.wordings.version(WordingKind::Script, &name, Some(number)).ok_or_else(|| {
        refuse("script", format!("there is no script `{name}` with a version {number}"))
            .hint("`callbook script list` shows them")
    })?;
    let mut topics: Vec<(String, Channel)> = Vec::new();
    if asked.purpose.purpose.ground() == Basis::Consent {
        let own = asked.purpose.purpose.channels();
        topics.extend(own.map(|channel| (asked.purpose.purpose.name.clone(), channel)));
    }
    for topic in answered {
        if !topics.contains(topic) {
            topics.push(topic.clone());
        }
    }
    as_asked(&mut topics, &asked.purpose.purpose.name);
    filled(world, asked, version, &topics).map_err(|error| super::said::at("script", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_asked_as_one_would_ask() {
        let topic = |purpose: &str, channel| (purpose.to_owned(), channel);
        let mut topics = vec![
            topic("letter", Channel::Storage),
            topic("sales", Channel::Storage),
            topic("letter", Channel::Email),
            topic("sales", Channel::Post),
            topic("sales", Channel::Phone),
        ];
        as_asked(&mut topics, "sales");
        let asked: Vec<String> = topics.iter().map(|(purpose, by)| format!("{purpose}/{by}")).collect();
        assert_eq!(asked, ["sales/phone", "sales/post", "sales/storage", "letter/email", "letter/storage"]);
    }
}
