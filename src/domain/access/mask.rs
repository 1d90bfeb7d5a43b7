//! Masks: as much of a value as helps to recognise it, and too little to use it.

use crate::domain::value::Value;

/// What stands for what is not shown.
pub const MASK: &str = "•••";

/// A value as its mask. Labels are free text and do not show.
pub fn mask(value: &Value) -> String {
    let items = value.each(
        |phone| phone_mask(&phone.readable()),
        |email| email_mask(email.as_str()),
        |_| MASK.to_owned(),
        |_| MASK.to_owned(),
    );
    match items {
        Some(items) => items.into_iter().map(|item| item.value).collect::<Vec<_>>().join("; "),
        None => MASK.to_owned(),
    }
}

/// `+49 30 901820` as `+49 30 •••820`: country, area and the last three digits, as long as four at least stay behind.
pub fn phone_mask(readable: &str) -> String {
    let number = readable.split(" ext").next().unwrap_or_default().trim();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut groups = number.split([' ', '-']).filter(|group| !group.is_empty());
    let Some(country) = groups.next().filter(|group| group.starts_with('+')) else { return MASK.to_owned() };
    let national: String = groups.clone().map(digits).collect();
    let area = digits(groups.next().unwrap_or_default());
    let tail =
        national.len().checked_sub(3).filter(|_| national.len() >= 6).and_then(|at| national.get(at..));
    let tail = tail.unwrap_or_default();
    // The least that stays behind for the area to show: a line number has that many digits anywhere.
    const BEHIND: usize = 3;
    if area.is_empty() || national.len() < area.len() + tail.len() + BEHIND {
        return format!("{country} {MASK}{tail}");
    }
    format!("{country} {area} {MASK}{tail}")
}

/// `anna@example.com` as `a•••@example.com`; of a name of one letter, none.
pub fn email_mask(address: &str) -> String {
    let Some((name, domain)) = address.rsplit_once('@') else { return MASK.to_owned() };
    let mut letters = name.chars();
    let first = letters.next().filter(|_| letters.next().is_some());
    format!("{}{MASK}@{domain}", first.map(String::from).unwrap_or_default())
}
