//! E.164 of numbers that are written plainly, without the whole numbering plan.
//!
//! A do-not-call list has millions of numbers, nearly all written one way; [`Phone::parse`](super::reach::Phone::parse)
//! takes some microseconds for each. What is read here is what that reads, which the tests compare; whatever is written
//! in another way, is of another country or has an unusual length is left to it.

use super::country::Country;

/// How a country's numbers are written.
struct Plan {
    country: &'static str,
    code: &'static str,
    /// What is dialled before a number within the country, and no part of it.
    trunk: &'static str,
    /// The usual lengths of a number without code and trunk.
    digits: std::ops::RangeInclusive<usize>,
}

const fn plan(
    country: &'static str,
    code: &'static str,
    trunk: &'static str,
    shortest: usize,
    longest: usize,
) -> Plan {
    Plan { country, code, trunk, digits: shortest..=longest }
}

const PLANS: &[Plan] = &[
    plan("AT", "43", "0", 8, 11),
    plan("AU", "61", "0", 9, 9),
    plan("BE", "32", "0", 8, 9),
    plan("CA", "1", "1", 10, 10),
    plan("CH", "41", "0", 9, 9),
    plan("CZ", "420", "", 9, 9),
    plan("DE", "49", "0", 8, 11),
    plan("DK", "45", "", 8, 8),
    plan("ES", "34", "", 9, 9),
    plan("FR", "33", "0", 9, 9),
    plan("GB", "44", "0", 9, 10),
    plan("IE", "353", "0", 8, 9),
    plan("NL", "31", "0", 9, 9),
    plan("NO", "47", "", 8, 8),
    plan("PL", "48", "", 9, 9),
    plan("PT", "351", "", 9, 9),
    plan("SE", "46", "0", 8, 9),
    plan("US", "1", "1", 10, 10),
];

/// Reads numbers that are plainly written in one country.
pub struct PlainNumbers(Option<&'static Plan>);

impl PlainNumbers {
    pub fn of(country: Option<Country>) -> PlainNumbers {
        let code = country.as_ref().map(Country::code);
        PlainNumbers(PLANS.iter().find(|plan| Some(plan.country) == code))
    }

    /// Writes the number into `out`, which is cleared, as E.164; `false` where it is not plain.
    pub fn read(&self, text: &str, out: &mut String) -> bool {
        out.clear();
        let Some(plan) = self.0 else { return false };
        let text = text.trim();
        if text.len() > 40 {
            return false;
        }
        let (international, body) = match (text.strip_prefix('+'), text.strip_prefix("00")) {
            (Some(rest), _) | (None, Some(rest)) => (true, rest),
            (None, None) => (false, text),
        };
        out.push('+');
        if !international {
            out.push_str(plan.code);
        }
        let start = out.len();
        for byte in body.bytes() {
            match byte {
                b'0'..=b'9' => out.push(char::from(byte)),
                b' ' | b'-' | b'.' | b'/' => {}
                b'(' | b')' if !international => {}
                _ => return false,
            }
        }
        let digits = out.get(start..).unwrap_or_default();
        let national = if international {
            let Some(national) = digits.strip_prefix(plan.code) else { return false };
            national
        } else if digits.starts_with(plan.code) && plan.code != plan.trunk {
            // With its country code and no plus, or a number that begins alike: the plan tells.
            return false;
        } else {
            let bare = digits.strip_prefix(plan.trunk).unwrap_or(digits);
            let trunk = digits.len() - bare.len();
            out.replace_range(start..start + trunk, "");
            out.get(start..).unwrap_or_default()
        };
        let first = national.as_bytes().first().copied().unwrap_or(b'0');
        plan.digits.contains(&national.len()) && first != b'0' && Some(first) != plan.trunk.bytes().next()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::reach::Phone;

    #[test]
    fn common_notations_are_plain() {
        let read = |country: &str, text: &str| {
            let mut out = String::new();
            PlainNumbers::of(country.parse().ok()).read(text, &mut out).then_some(out)
        };
        for (country, text, e164) in [
            ("GB", "020 7946 0958", "+442079460958"),
            ("GB", "02079460958", "+442079460958"),
            ("GB", "2079460958", "+442079460958"),
            ("GB", "+44 20 7946 0958", "+442079460958"),
            ("GB", "0044 20 7946 0958", "+442079460958"),
            ("DE", "(030) 90 18 20", "+4930901820"),
            ("FR", "01.99.00.12.34", "+33199001234"),
            ("US", "1-504-555-0123", "+15045550123"),
            ("ES", "910 55 12 34", "+34910551234"),
        ] {
            assert_eq!(read(country, text).as_deref(), Some(e164), "{text}");
        }
        for (country, text) in [
            ("GB", "+33 1 99 00 12 34"),
            ("GB", "+44 (0)20 7946 0958"),
            ("GB", "+44 020 7946 0958"),
            ("GB", "442079460958"),
            ("GB", "020 7946 0958 ext 4"),
            ("GB", "00"),
            ("GB", "+"),
            ("GB", ""),
            ("GB", "no number"),
            ("GB", "02079460958\u{0}"),
            ("JP", "03 1234 5678"),
        ] {
            assert_eq!(read(country, text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        /// What is read plainly is what the whole plan reads.
        #[test]
        fn plain_is_no_other_number(
            plan in 0..PLANS.len(),
            digits in "[0-9]{3,13}",
            style in 0..7u8,
            cuts in proptest::collection::vec((0..12usize, prop_oneof![Just(' '), Just('-'), Just('.'), Just('/')]), 0..4),
        ) {
            let plan = &PLANS[plan];
            let mut body = digits;
            for (at, separator) in cuts {
                let at = at.min(body.len());
                body.insert(at, separator);
            }
            let text = match style {
                0 => body,
                1 => format!("{}{body}", plan.trunk),
                2 => format!("+{}{body}", plan.code),
                3 => format!("+{} {body}", plan.code),
                4 => format!("00{} {body}", plan.code),
                5 => format!("({}{}){}", plan.trunk, &body[..1], &body[1..]),
                _ => format!("{}{body}", plan.code),
            };
            let country = plan.country.parse().ok();
            let mut out = String::new();
            if PlainNumbers::of(country).read(&text, &mut out) {
                let phone = Phone::parse(&text, country);
                prop_assert_eq!(phone.as_ref().map(Phone::as_str), Ok(out.as_str()), "{}", text);
            }
        }
    }
}
