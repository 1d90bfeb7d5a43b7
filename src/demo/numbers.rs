//! Phone numbers that reach nobody: reserved for fiction where a regulator does that, else never assigned.
//!
//! | country | range | source |
//! |---|---|---|
//! | DE | five blocks of 1000 in Berlin, Frankfurt, Hamburg, Köln, München; 210 mobile numbers | Bundesnetzagentur, Mitteilung 148/2021, Amtsblatt 7/2021 p. 489, "Drama Numbers" |
//! | GB | 01632 960xxx, 0xxx blocks of 1000 in cities, 07700 900xxx | Ofcom, "Telephone numbers for use in TV and radio drama programmes" |
//! | FR | 01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36 49, 06 39 98 (10 000 each) | Arcep, décision 2018-0881, annexe 1, 2.5.12 (œuvres audiovisuelles) |
//! | AT | 0630, as mobile numbers | no area code, and RTR assigns mobile numbers from 0650 on only (§§ 60–64 KEM-V 2009) |
//! | AT | Vienna 01 0xx xxx x | no subscriber number of Vienna begins with 0, libphonenumber 9.0: `1(?:11\d\|[2-9]\d{3,11})` |
//! | NL | 019, 069 | no area code and no mobile block, libphonenumber 9.0: mobile is `6[1-58]`, paging 66, 019 is no area |
//! | BE | 02 0…, 03 0…, 04 0… and mobile 044 | not in use, libphonenumber 9.0: `[23][2-8]`, `4[23]`, mobile `4[5-9]` |
//!
//! The Netherlands, Belgium and Austria reserve no numbers for fiction. For their ranges, a test asks libphonenumber's
//! tables that none of them is a valid number today.

use crate::demo::rng::scatter;
use crate::demo::tables::Land;

/// `digits` digits after an area code and the first digits of a number.
struct Range {
    area: &'static str,
    head: &'static str,
    digits: u32,
}

const fn range(area: &'static str, head: &'static str, digits: u32) -> Range {
    Range { area, head, digits }
}

impl Range {
    const fn size(&self) -> u64 {
        10u64.pow(self.digits)
    }
}

/// A telephone number in its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Number {
    land: Land,
    area: &'static str,
    subscriber: String,
    /// Extension, where the numbers of a range have all been given out; 0 is none.
    extension: u64,
}

impl Number {
    fn code(&self) -> &'static str {
        match self.land {
            Land::De => "49",
            Land::At => "43",
            Land::Nl => "31",
            Land::Be => "32",
            Land::Fr => "33",
            Land::Gb => "44",
        }
    }

    /// The stored form: ITU-T E.164, with `x12` for an extension.
    pub(crate) fn stored(&self) -> String {
        let mut text = format!("+{}{}{}", self.code(), self.area, self.subscriber);
        if self.extension > 0 {
            text.push_str(&format!("x{}", self.extension));
        }
        text
    }

    /// As people there write it at home: `030 23125123`, `01 99 00 12 34`.
    pub(crate) fn national(&self) -> String {
        let mut text = match self.land {
            Land::Fr => {
                let mut pairs = format!("0{}", self.area);
                for (at, digit) in self.subscriber.chars().enumerate() {
                    if at % 2 == 0 {
                        pairs.push(' ');
                    }
                    pairs.push(digit);
                }
                pairs
            }
            _ => format!("0{} {}", self.area, self.subscriber),
        };
        self.push_extension(&mut text);
        text
    }

    /// As people write it abroad: `+49 30 23125123`.
    pub(crate) fn international(&self) -> String {
        let mut text = format!("+{} {} {}", self.code(), self.area, self.subscriber);
        self.push_extension(&mut text);
        text
    }

    fn push_extension(&self, text: &mut String) {
        if self.extension > 0 {
            text.push_str(&format!(" ext. {}", self.extension));
        }
    }
}

const DE: &[Range] = &[
    range("30", "23125", 3),
    range("69", "90009", 3),
    range("40", "66969", 3),
    range("221", "4710", 3),
    range("89", "99998", 3),
];
const DE_MOBILE: &[Range] = &[
    range("171", "39200", 2),
    range("176", "040690", 2),
    range("152", "28817386", 0),
    range("152", "28895456", 0),
    range("152", "54599371", 0),
    range("172", "9925904", 0),
    range("172", "9968532", 0),
    range("172", "9973185", 0),
    range("172", "9973186", 0),
    range("172", "9980752", 0),
    range("174", "9091317", 0),
    range("174", "9464308", 0),
];
const AT: &[Range] = &[range("1", "0", 6)];
const AT_MOBILE: &[Range] = &[range("630", "", 7)];
const NL: &[Range] = &[range("19", "", 7)];
const NL_MOBILE: &[Range] = &[range("6", "9", 7)];
const BE: &[Range] = &[range("2", "0", 6), range("3", "0", 6), range("4", "0", 6)];
const BE_MOBILE: &[Range] = &[range("44", "", 7)];
const FR: &[Range] = &[
    range("1", "9900", 4),
    range("2", "6191", 4),
    range("3", "5301", 4),
    range("4", "6571", 4),
    range("5", "3649", 4),
];
const FR_MOBILE: &[Range] = &[range("6", "3998", 4)];
const GB: &[Range] = &[
    range("113", "4960", 3),
    range("114", "4960", 3),
    range("115", "4960", 3),
    range("116", "4960", 3),
    range("117", "4960", 3),
    range("118", "4960", 3),
    range("121", "4960", 3),
    range("131", "4960", 3),
    range("141", "4960", 3),
    range("151", "4960", 3),
    range("161", "4960", 3),
    range("191", "4980", 3),
    range("20", "79460", 3),
    range("29", "20180", 3),
    range("1632", "960", 3),
];
const GB_MOBILE: &[Range] = &[range("7700", "900", 3)];

fn lines(land: Land) -> &'static [Range] {
    match land {
        Land::De => DE,
        Land::At => AT,
        Land::Nl => NL,
        Land::Be => BE,
        Land::Fr => FR,
        Land::Gb => GB,
    }
}

fn mobiles(land: Land) -> &'static [Range] {
    match land {
        Land::De => DE_MOBILE,
        Land::At => AT_MOBILE,
        Land::Nl => NL_MOBILE,
        Land::Be => BE_MOBILE,
        Land::Fr => FR_MOBILE,
        Land::Gb => GB_MOBILE,
    }
}

/// The number at a scattered place of the ranges.
fn at(land: Land, ranges: &'static [Range], n: u64) -> Option<Number> {
    let total = ranges.iter().map(Range::size).sum();
    let mut place = scatter(n, total, 1_234_567);
    for range in ranges {
        if place < range.size() {
            let tail = if range.digits == 0 {
                String::new()
            } else {
                format!("{place:0width$}", width = range.digits as usize)
            };
            return Some(Number {
                land,
                area: range.area,
                subscriber: format!("{}{tail}", range.head),
                extension: 0,
            });
        }
        place -= range.size();
    }
    None
}

/// Gives out each number once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    lines: [u64; 6],
    mobiles: [u64; 6],
}

impl Numbers {
    /// A number at work. When a range is used up, its numbers come again with extensions; in Germany these are digits
    /// behind the number (Durchwahl), which lead nowhere when the number before them does.
    pub(crate) fn line(&mut self, land: Land) -> Option<Number> {
        let count = self.lines.get_mut(land as usize)?;
        let n = *count;
        *count += 1;
        let ranges = lines(land);
        let total: u64 = ranges.iter().map(Range::size).sum();
        let round = n / total;
        let mut number = at(land, ranges, n)?;
        match land {
            Land::De if (1..=90).contains(&round) => number.subscriber.push_str(&(round + 9).to_string()),
            Land::De if round > 90 => number.extension = round - 90,
            _ => number.extension = round,
        }
        Some(number)
    }

    /// A mobile number; none when all have been given out, since two people with one mobile would look like duplicates.
    pub(crate) fn mobile(&mut self, land: Land) -> Option<Number> {
        let count = self.mobiles.get_mut(land as usize)?;
        let ranges = mobiles(land);
        let total: u64 = ranges.iter().map(Range::size).sum();
        if *count >= total {
            return None;
        }
        let n = *count;
        *count += 1;
        at(land, ranges, n)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Numbers, lines, mobiles};
    use crate::demo::tables::Land;
    use crate::domain::country::Country;
    use crate::domain::reach::Phone;

    #[test]
    fn numbers_parse_in_every_notation_and_come_once() {
        for land in Land::ALL {
            let country: Country = land.code().parse().unwrap();
            let mut numbers = Numbers::default();
            let mut seen = HashSet::new();
            for n in 0..12_000 {
                let some = [numbers.line(land), if n < 300 { numbers.mobile(land) } else { None }];
                for number in some.into_iter().flatten() {
                    let stored = Phone::try_from(number.stored()).unwrap();
                    assert!(seen.insert(number.stored()), "{}", number.stored());
                    if !(300..=11_900).contains(&n) {
                        assert_eq!(Phone::parse(&number.national(), Some(country)).unwrap(), stored);
                        assert_eq!(Phone::parse(&number.international(), None).unwrap(), stored);
                    }
                }
            }
        }
    }

    #[test]
    fn where_nothing_is_reserved_nothing_is_valid() {
        for land in [Land::At, Land::Nl, Land::Be] {
            let mut numbers = Numbers::default();
            for _ in 0..500 {
                for number in [numbers.line(land), numbers.mobile(land)].into_iter().flatten() {
                    let parsed = phonenumber::parse(None, number.stored()).unwrap();
                    assert!(!parsed.is_valid(), "{}", number.stored());
                }
            }
        }
    }

    #[test]
    fn as_many_as_the_regulators_reserve() {
        let count = |ranges: &'static [super::Range]| ranges.iter().map(super::Range::size).sum::<u64>();
        assert_eq!((count(lines(Land::De)), count(mobiles(Land::De))), (5_000, 210));
        assert_eq!((count(lines(Land::Fr)), count(mobiles(Land::Fr))), (50_000, 10_000));
        assert_eq!((count(lines(Land::Gb)), count(mobiles(Land::Gb))), (15_000, 1_000));
    }

    #[test]
    fn mobile_numbers_run_out() {
        let mut numbers = Numbers::default();
        assert_eq!(std::iter::from_fn(|| numbers.mobile(Land::De)).count(), 210);
    }
}
