//! All fields of a record as one text for `$EDITOR`, and back.
//!
//! ```text
//! given_name: Anna
//! phones:
//!   work: +4930901820
//! ```
//! A line that begins with `#` is a remark. A field whose lines are removed stays as it is; an empty one is cleared.

use crate::tui::forms::field::{Editor, FormField};
use crate::tui::forms::line::paste_lines;

pub(crate) fn write(title: &str, fields: &[FormField]) -> String {
    let mut out = format!(
        "# {}\n# One field a line, `name: value`; further lines of a field begin with two spaces.\n\
         # An empty value clears the field; a field whose lines are gone stays as it is.\n# You see all of it again before it is saved.\n",
        crate::tui::text::clean(title)
    );
    let mut group = "";
    for one in fields {
        if one.locked.is_some() {
            continue;
        }
        if one.group != group {
            group = one.group;
            out.push_str(&format!("\n# {group}\n"));
        }
        let text = one.text();
        match &one.editor {
            Editor::Line(_) => out.push_str(&format!("{}: {text}\n", one.info.address())),
            Editor::Choice(_) => {
                let words: Vec<String> = one
                    .choices()
                    .into_iter()
                    .map(|choice| choice.value)
                    .filter(|word| !word.is_empty())
                    .collect();
                out.push_str(&format!("# {}: one of {}\n", one.info.address(), words.join(", ")));
                out.push_str(&format!("{}: {text}\n", one.info.address()));
            }
            Editor::Text(_) | Editor::Items(_) => {
                out.push_str(&format!("{}:\n", one.info.address()));
                for line in text.split('\n').filter(|_| !text.is_empty()) {
                    out.push_str(&format!("  {line}\n"));
                }
            }
        }
    }
    out
}

/// Puts what the text says into the fields; gives a sentence for each line that could not be placed.
pub(crate) fn read(text: &str, fields: &mut [FormField]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut said: Vec<(usize, String)> = Vec::new();
    for (number, line) in paste_lines(text).split('\n').enumerate() {
        let number = number + 1;
        if let Some(more) = line.strip_prefix("  ") {
            match said.last_mut() {
                Some((_, text)) => {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(more);
                }
                None => problems.push(format!("Line {number} belongs to no field.")),
            }
            continue;
        }
        if line.trim().is_empty() {
            // Within a long text an empty line is part of it, if more of the text follows.
            if let Some((at, text)) = said.last_mut()
                && fields.get(*at).is_some_and(|one| matches!(one.editor, Editor::Text(_)))
                && !text.is_empty()
            {
                text.push('\n');
            }
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            problems.push(format!("Line {number} is not `name: value`."));
            continue;
        };
        match fields.iter().position(|one| one.info.address() == name.trim() && one.locked.is_none()) {
            Some(at) => said.push((at, value.trim().to_owned())),
            None => problems.push(format!("Line {number}: there is no field `{}` to write to.", name.trim())),
        }
    }
    for (at, text) in said {
        if let Some(one) = fields.get_mut(at) {
            one.set(text.trim_end());
        }
    }
    problems
}
