//! What the person gets after a call, in writing: filled in from the store's message for it, shown before it is kept with the
//! call. Nothing is sent here.

use std::sync::Arc;

use super::begin::may_call;
use super::script::{Asked, facts};
use crate::api::call::CallMessage;
use crate::api::{CallConfirmation, Error};
use crate::domain::answers::Reply;
use crate::domain::channel::Channel;
use crate::domain::contact::Contact;
use crate::domain::country::Language;
use crate::domain::entity::RecordKind;
use crate::domain::wording::{Usage, WordingKind, render};
use crate::service::{Ask, read_lock};

impl Ask<'_> {
    /// The message that confirms what was answered.
    pub(in crate::service) fn call_confirmation(
        &self,
        asked: CallConfirmation,
    ) -> Result<CallMessage, Error> {
        super::said::check_texts(&asked.answers)?;
        let (now, sight, law, me) = (self.now, self.sight().clone(), self.law(), self.grant.actor().user);
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let person = sight.fetch(reader, &world, RecordKind::Contact, asked.contact.0)?;
            let world = read_lock(&world);
            may_call(&sight, &world, &person)?;
            let contact: Contact = person.entity()?;
            let to = match asked.usage {
                Usage::Confirmation => contact.emails.first().map(|email| email.value.to_string()),
                Usage::Letter => contact.addresses.first().map(|address| address.value.to_string()),
                Usage::OptIn => return Err(Error::usage("usage: an opt-in confirms nothing that was said").at("usage")),
            };
            let to = to.ok_or_else(|| {
                Error::refused(match asked.usage {
                    Usage::Letter => "the person has no postal address",
                    Usage::Confirmation | Usage::OptIn => "the person has no e-mail address",
                })
                .hint("add it to the contact, or confirm in another way")
            })?;
            let (_, known) = world.consents.active(&asked.answers.purpose)?;
            let spoken = asked.answers.language.as_ref().or(contact.language.as_ref());
            let english: Option<Language> = "en".parse().ok();
            let languages = spoken.cloned().into_iter().chain(english);
            let purpose = Some(known.purpose.name.as_str());
            let offer =
                |language: Language| world.wordings.offer(WordingKind::Message, Some(asked.usage), purpose, &language);
            let version = languages.into_iter().find_map(offer).ok_or_else(|| {
                Error::not_found("there is no message for this, neither in the person's language nor in English")
                    .hint("`callbook message list` shows them")
            })?;
            let language = version.wording.language.clone();
            let language = language.ok_or_else(|| Error::integrity("a stored message is in no language"))?;
            let call = Asked { law: &law, agent: me.0, person: person.id, contact: &contact, purpose: known, now };
            let topics: Vec<(String, Channel)> =
                asked.answers.answers.iter().map(|one| (one.purpose.clone(), one.channel)).collect();
            let mut facts = facts(&world, &call, &topics, &language);
            for answer in &asked.answers.answers {
                let title = match world.consents.named(&answer.purpose) {
                    Ok((_, known)) => known.purpose.title_in(&language).to_owned(),
                    Err(_) => answer.purpose.clone(),
                };
                match answer.reply {
                    Reply::Yes => facts.agreed.push((title, answer.channel)),
                    Reply::No => facts.declined.push((title, answer.channel)),
                    // No answer yet: there is nothing to confirm.
                    Reply::Later => {}
                }
            }
            let settings = &world.settings;
            let reached = [&settings.contact, &settings.dpo_contact].into_iter().find(|one| !one.trim().is_empty());
            facts.unsubscribe = reached.cloned().unwrap_or_default();
            facts.access.clone_from(&facts.unsubscribe);
            facts.controller_address.clone_from(&settings.controller_address);
            let rendered = render(&version.wording, &facts).map_err(|why| {
                Error::refused(format!("the message {} cannot be filled in: {why}", version.wording.title()))
                    .hint("`callbook settings set contact ADDRESS` says where people withdraw and ask what is held")
            })?;
            Ok(CallMessage {
                message: version.wording.title(),
                language,
                to,
                subject: rendered.subject.unwrap_or_default(),
                text: rendered.text,
                sha256: rendered.sha256,
            })
        })
    }
}
