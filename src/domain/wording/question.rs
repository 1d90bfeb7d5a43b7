//! Where a script asks: a heading that begins with a question mark names purpose and channel, and what stands below it, up to
//! the next heading or line across, is what the person is asked.
//!
//! ```text
//! ## ? newsletter/email
//! Dürfen wir Ihnen einmal im Monat unseren Newsletter schicken?
//! ```
//!
//! Below the heading there may be nothing: then the program's own words are filled in.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

use crate::domain::channel::Channel;
use crate::domain::value::Invalid;

/// What one question is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Topic {
    /// The purpose's slug.
    pub purpose: String,
    /// The way by which the person would be reached, or storage. Each is asked apart (R4).
    pub channel: Channel,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.purpose, self.channel))
    }
}

impl FromStr for Topic {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Topic, Invalid> {
        let shown: String = text.trim().chars().take(60).collect();
        let Some((purpose, channel)) = text.trim().split_once('/') else {
            return Err(Invalid::new(format!(
                "`{shown}` is no topic of a question: a purpose and a channel, such as newsletter/email"
            )));
        };
        let purpose = super::name(purpose)?;
        let word = channel.trim();
        let channel =
            Channel::ALL.iter().copied().find(|channel| channel.word() == word).ok_or_else(|| {
                Invalid::new(format!("`{shown}` names no channel: {}", Channel::WORDS.join(", ")))
            })?;
        Ok(Topic { purpose, channel })
    }
}

/// A question of a text: where its heading and its words stand, in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    pub topic: Result<Topic, Invalid>,
    pub heading: Range<usize>,
    pub body: Range<usize>,
}

/// The topic in a heading, where it begins as one: `? newsletter/email`. Also as it is written: what is filled in has a
/// backslash there, and so begins no question.
pub(super) fn marked(written: &str, heading: &str) -> Option<Result<Topic, Invalid>> {
    written.trim_start_matches(['#', ' ', '\t']).strip_prefix('?')?;
    heading.trim().strip_prefix('?').map(str::parse)
}

/// The questions of a text, in order.
pub fn sections(markdown: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open = false;
    let close = |sections: &mut Vec<Section>, open: &mut bool, at: usize| {
        if std::mem::take(open)
            && let Some(last) = sections.last_mut()
        {
            last.body.end = at.max(last.body.start);
        }
    };
    let mut heading: Option<(Range<usize>, String)> = None;
    let mut depth = 0_usize;
    for (event, range) in Parser::new(markdown).into_offset_iter() {
        match event {
            // Headings inside of quotes and lists are text.
            Event::Start(Tag::Heading { .. }) if depth == 0 => {
                close(&mut sections, &mut open, range.start);
                heading = Some((range, String::new()));
            }
            Event::End(TagEnd::Heading(_)) if depth == 0 => {
                if let Some((range, text)) = heading.take()
                    && let Some(topic) = marked(markdown.get(range.clone()).unwrap_or_default(), &text)
                {
                    let end = range.end;
                    sections.push(Section { topic, heading: range, body: end..markdown.len() });
                    open = true;
                }
            }
            Event::Rule if depth == 0 => close(&mut sections, &mut open, range.start),
            Event::Start(Tag::BlockQuote(_) | Tag::List(_)) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_)) => depth = depth.saturating_sub(1),
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, said)) = &mut heading {
                    said.push_str(&text);
                }
            }
            Event::Start(_)
            | Event::End(_)
            | Event::Rule
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => {}
        }
    }
    close(&mut sections, &mut open, markdown.len());
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_goes_to_the_next_heading_or_line() {
        let text = "# Call\nHello\n\n## ? newsletter/email\nMay we *write*?\n\n- monthly\n\n---\nThanks\n\n\
                    ### ? sales/phone\n### ? sales/storage ###\nMay we keep it?\n\n## End\nBye\n\n> ## ? no/email\n> x\n";
        let found: Vec<(String, &str)> = sections(text)
            .into_iter()
            .map(|one| (one.topic.unwrap().to_string(), text[one.body].trim()))
            .collect();
        let expected = [
            ("newsletter/email", "May we *write*?\n\n- monthly"),
            ("sales/phone", ""),
            ("sales/storage", "May we keep it?"),
        ];
        assert_eq!(found, expected.map(|(topic, body)| (topic.to_owned(), body)));
    }

    #[test]
    fn what_looks_like_a_question_and_is_none_is_named() {
        for (text, told) in [
            ("## ? newsletter", "no topic of a question"),
            ("## ? newsletter/pigeon", "phone, email, sms"),
            ("## ? News Letter!/email", "is no name here"),
        ] {
            let error = sections(text)[0].topic.clone().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        assert_eq!(sections("## \\? newsletter/email\n"), []);
        assert_eq!(sections("## Any questions?\n\n```\n## ? a/email\n```\n\n? a/email\n"), []);
    }

    #[test]
    fn topics_are_written_as_they_are_read() {
        for channel in Channel::ALL.iter().copied() {
            let topic = Topic { purpose: "sales_call-2".into(), channel };
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
    }
}
