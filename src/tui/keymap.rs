//! Which keys do what, by default and as configured.

use std::collections::BTreeMap;

use crate::api::Error;
use crate::tui::action::{ACTIONS, Action, Context};
use crate::tui::keys::Key;

/// A sequence of keys for an action.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Binding {
    keys: Vec<Key>,
    action: Action,
}

/// What a sequence of keys means so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning {
    Action(Action),
    /// More keys may follow.
    Prefix,
    Nothing,
}

/// The keys of every action.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

/// Most keys in a sequence.
const LONGEST: usize = 4;

impl Keymap {
    /// The table's keys, with those of `[keys]` in the configuration in their place: a name of an action and its
    /// sequences; an empty list takes its keys away.
    pub fn new(configured: &BTreeMap<String, Vec<String>>) -> Result<Keymap, Error> {
        for name in configured.keys() {
            if Action::by_name(name).is_none() {
                return Err(unknown(name));
            }
        }
        let mut bindings = Vec::new();
        for spec in ACTIONS {
            match configured.get(spec.name) {
                Some(sequences) => {
                    for sequence in sequences {
                        bindings.push(Binding { keys: parse(spec.name, sequence)?, action: spec.action });
                    }
                }
                None => {
                    for sequence in spec.keys {
                        bindings.push(Binding { keys: parse(spec.name, sequence)?, action: spec.action });
                    }
                }
            }
        }
        let keymap = Keymap { bindings };
        keymap.check()?;
        Ok(keymap)
    }

    /// Refuses two actions on the same keys in the same place, and keys that hide longer sequences.
    fn check(&self) -> Result<(), Error> {
        for (at, one) in self.bindings.iter().enumerate() {
            for other in self.bindings.iter().skip(at + 1) {
                let same = one.action == other.action;
                if same || !one.action.spec().on.meets(other.action.spec().on) {
                    continue;
                }
                let (a, b) = (one.action.spec().name, other.action.spec().name);
                let keys = show(&one.keys);
                if one.keys == other.keys {
                    return Err(Error::usage(format!("[keys]: `{keys}` is given to both `{a}` and `{b}`"))
                        .hint("give one of them another key in config.toml"));
                }
                if one.keys.starts_with(&other.keys) || other.keys.starts_with(&one.keys) {
                    let longer = show(&other.keys);
                    return Err(Error::usage(format!(
                        "[keys]: `{keys}` ({a}) and `{longer}` ({b}) begin alike, so one could never be pressed"
                    ))
                    .hint("give one of them another key in config.toml"));
                }
            }
        }
        if !self.bindings.iter().any(|binding| binding.action == Action::Help)
            || !self.bindings.iter().any(|binding| binding.action == Action::Close)
        {
            return Err(Error::usage("[keys]: `help` and `close` cannot be without a key")
                .hint("leave them out of config.toml to have the usual ones"));
        }
        Ok(())
    }

    /// What these keys mean in a place.
    pub fn look_up(&self, context: Context, keys: &[Key]) -> Meaning {
        let mut here = self.bindings.iter().filter(|binding| binding.action.spec().on.has(context));
        if let Some(found) = here.clone().find(|binding| binding.keys == keys) {
            return Meaning::Action(found.action);
        }
        if here.any(|binding| binding.keys.starts_with(keys)) { Meaning::Prefix } else { Meaning::Nothing }
    }

    /// What may follow these keys in a place: the rest of the keys, and the action.
    pub fn following(&self, context: Context, keys: &[Key]) -> Vec<(String, Action)> {
        self.bindings
            .iter()
            .filter(|binding| binding.action.spec().on.has(context))
            .filter(|binding| binding.keys.len() > keys.len() && binding.keys.starts_with(keys))
            .map(|binding| (show(binding.keys.get(keys.len()..).unwrap_or_default()), binding.action))
            .collect()
    }

    /// All keys of an action, for the help.
    pub fn keys_of(&self, action: Action) -> Vec<String> {
        self.bindings
            .iter()
            .filter(|binding| binding.action == action)
            .map(|binding| show(&binding.keys))
            .collect()
    }

    /// The first keys of an action, for the footer; empty when it has none.
    pub fn key_of(&self, action: Action) -> String {
        self.bindings
            .iter()
            .find(|binding| binding.action == action)
            .map_or_else(String::new, |binding| show(&binding.keys))
    }
}

/// A sequence as a person reads it: single characters run together, as they are typed.
pub fn show(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let short = names.iter().all(|name| name.chars().count() == 1);
    names.join(if short { "" } else { " " })
}

fn parse(action: &str, sequence: &str) -> Result<Vec<Key>, Error> {
    let keys: Vec<Key> = sequence
        .split_whitespace()
        .map(|key| key.parse().map_err(|error| Error::usage(format!("[keys] {action}: {error}"))))
        .collect::<Result<_, _>>()?;
    if keys.is_empty() || keys.len() > LONGEST {
        return Err(Error::usage(format!("[keys] {action}: `{sequence}` is not one to {LONGEST} keys"))
            .hint("write keys like \"ctrl-s\" or \"g c\""));
    }
    if let Some(own) = keys.iter().find(|key| RESERVED.contains(&key.to_string().as_str())) {
        return Err(Error::usage(format!(
            "[keys] {action}: `{own}` has a fixed meaning and cannot be given away"
        )));
    }
    Ok(keys)
}

/// Keys that the loop itself answers.
const RESERVED: [&str; 3] = ["ctrl-c", "ctrl-z", "ctrl-l"];

fn unknown(name: &str) -> Error {
    let near = ACTIONS
        .iter()
        .map(|spec| (strsim::osa_distance(spec.name, name), spec.name))
        .filter(|(distance, _)| *distance <= 3)
        .min();
    let error = Error::usage(format!("[keys]: there is no action `{name}`"));
    match near {
        Some((_, near)) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`?` lists the actions; `callbook man` names them all"),
    }
}

/// The keys as a section of the man page (roff's `man` macros), and of nothing else.
pub fn man_section() -> String {
    let mut out = String::from(".SH KEYS\n");
    for group in super::action::Group::ALL {
        out.push_str(&format!(".SS {}\n", group.title()));
        for spec in ACTIONS.iter().filter(|spec| spec.group == group) {
            let keys = if spec.keys.is_empty() { "(no key)".to_owned() } else { spec.keys.join(", ") };
            let keys = keys.replace('\\', "\\e").replace('-', "\\-");
            out.push_str(&format!(
                ".TP\n.B {keys}\n{} ({})\n",
                spec.help.replace('\'', "\\(aq"),
                spec.name.replace('-', "\\-")
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()))
            .collect()
    }

    fn keys(text: &str) -> Vec<Key> {
        text.split_whitespace().map(|key| key.parse().unwrap()).collect()
    }

    #[test]
    fn the_default_keys_do_not_collide() {
        let keymap = Keymap::new(&BTreeMap::new()).unwrap();
        assert_eq!(keymap.look_up(Context::Contacts, &keys("j")), Meaning::Action(Action::Down));
        assert_eq!(keymap.look_up(Context::Contacts, &keys("g")), Meaning::Prefix);
        assert_eq!(keymap.look_up(Context::Contacts, &keys("g g")), Meaning::Action(Action::Top));
        assert_eq!(keymap.look_up(Context::Contacts, &keys("g z")), Meaning::Nothing);
        assert_eq!(keymap.look_up(Context::Activity, &keys("M")), Meaning::Nothing);
        assert!(keymap.following(Context::Contacts, &keys("y")).contains(&("p".into(), Action::CopyPhone)));
    }

    #[test]
    fn configured_keys_take_the_place_of_the_usual_ones() {
        let keymap = Keymap::new(&configured(&[("down", &["f", "ctrl-n"]), ("lock", &["g l"])])).unwrap();
        assert_eq!(keymap.look_up(Context::Contacts, &keys("ctrl-n")), Meaning::Action(Action::Down));
        assert_eq!(keymap.look_up(Context::Contacts, &keys("j")), Meaning::Nothing);
        assert_eq!(keymap.look_up(Context::Activity, &keys("g l")), Meaning::Action(Action::Lock));
        assert_eq!(keymap.key_of(Action::Down), "f");
    }

    #[test]
    fn conflicts_are_refused_and_name_both() {
        let refused = |pairs: &[(&str, &[&str])]| Keymap::new(&configured(pairs)).unwrap_err().to_string();
        let same = refused(&[("tag", &["e"])]);
        assert!(same.contains("`edit`") && same.contains("`tag`"), "{same}");
        let hidden = refused(&[("tag", &["g"])]);
        assert!(hidden.contains("begin alike"), "{hidden}");
        let unknown = Keymap::new(&configured(&[("dwon", &["x"])])).unwrap_err();
        assert_eq!(unknown.hint.as_deref(), Some("did you mean `down`?"));
        assert!(refused(&[("down", &["ctrl-c"])]).contains("fixed meaning"));
        assert!(refused(&[("down", &["nokey"])]).contains("nokey"));
        assert!(refused(&[("down", &[""])]).contains("not one to"));
        assert!(refused(&[("help", &[])]).contains("`help`"));
    }

    #[test]
    fn the_man_page_has_every_action() {
        let page = man_section();
        for spec in ACTIONS {
            assert!(page.contains(&spec.name.replace('-', "\\-")), "{}", spec.name);
        }
    }
}
