//! Lengths of time as people say them: `P2Y` is "two years", "zwei Jahre", "twee jaar", "deux ans".

use super::sentence::Tongue;
use crate::domain::period::Period;

/// A period in words. Up to twelve the numbers are words too.
pub fn in_words(period: Period, tongue: Tongue) -> String {
    let parts = period.parts();
    let said: Vec<String> = parts
        .iter()
        .zip(tongue.units())
        .filter(|(number, _)| **number > 0)
        .map(|(number, (one, many))| match number {
            1 => one.to_owned(),
            number => match tongue.number(*number) {
                Some(word) => format!("{word} {many}"),
                None => format!("{number} {many}"),
            },
        })
        .collect();
    tongue.list(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_said_in_four_languages() {
        let cases = [
            ("P2Y", ["two years", "zwei Jahre", "twee jaar", "deux ans"]),
            ("P1Y", ["one year", "ein Jahr", "één jaar", "un an"]),
            ("P1M", ["one month", "einen Monat", "één maand", "un mois"]),
            ("P18M", ["18 months", "18 Monate", "18 maanden", "18 mois"]),
            ("P12W", ["twelve weeks", "zwölf Wochen", "twaalf weken", "douze semaines"]),
            ("P30D", ["30 days", "30 Tage", "30 dagen", "30 jours"]),
            (
                "P1Y6M",
                [
                    "one year and six months",
                    "ein Jahr und sechs Monate",
                    "één jaar en zes maanden",
                    "un an et six mois",
                ],
            ),
            (
                "P1Y2M1D",
                [
                    "one year, two months and one day",
                    "ein Jahr, zwei Monate und einen Tag",
                    "één jaar, twee maanden en één dag",
                    "un an, deux mois et un jour",
                ],
            ),
        ];
        for (period, said) in cases {
            let all = Tongue::ALL.iter().map(|tongue| in_words(period.parse().unwrap(), *tongue));
            assert_eq!(all.collect::<Vec<_>>(), said, "{period}");
        }
    }
}
