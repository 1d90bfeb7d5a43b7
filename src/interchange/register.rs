//! The register of processing for people: a page that prints, and a table.

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::domain::register::{Drift, Register};
use crate::interchange::notation::neutralise;

const PAGE: &str = include_str!("../../assets/register.html");

/// What stands on the page beside the register.
#[derive(Clone, Debug, Serialize)]
pub struct Around<'a, A: Serialize> {
    pub made_at: String,
    pub sha256: &'a str,
    pub gaps: &'a [String],
    /// The last approved version: `version`, `by`, `at`.
    pub approved: Option<A>,
    pub drift: &'a [Drift],
}

/// The page: self-contained, without scripts; every value is escaped.
pub fn html<A: Serialize>(register: &Register, around: &Around<'_, A>) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_template("register.html", PAGE)?;
    let (r, rest) = (Value::from(Serde(register)), Value::from(Serde(around)));
    environment.get_template("register.html")?.render(context! { r, ..rest })
}

/// The activities as a table, one a line: what authorities ask for most.
pub fn table(register: &Register) -> Result<String, csv::Error> {
    const HEADS: [&str; 14] = [
        "name",
        "title",
        "description",
        "legal_basis",
        "persons",
        "categories",
        "fields",
        "channels",
        "recipients",
        "third_countries",
        "safeguards",
        "kept_for",
        "impact_assessment",
        "review_on",
    ];
    let mut rows: Vec<Vec<String>> = vec![HEADS.iter().map(|head| (*head).to_owned()).collect()];
    for one in &register.activities {
        rows.push(vec![
            one.name.clone(),
            one.title.clone(),
            one.description.clone(),
            one.basis.clone(),
            one.persons.join("; "),
            one.categories.join("; "),
            one.fields.join("; "),
            one.channels.join("; "),
            one.recipients.join("; "),
            one.countries.join("; "),
            one.safeguards.clone(),
            format!("{} from {}, then {}", one.kept_for, one.counted_from, one.then),
            if one.high_risk { one.assessment.clone() } else { String::new() },
            one.review_on.clone(),
        ]);
    }
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in &rows {
        out.write_record(row.iter().map(|cell| neutralise(cell).into_owned()))?;
    }
    let bytes = out.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::register::{Activity, Controller, FieldLine, Party, Rule, drift};

    fn hostile() -> Register {
        let evil = "<script>alert(1)</script>\u{202e}";
        Register {
            controller: Controller {
                name: evil.into(),
                authority: "=cmd|' /C calc'!A0".into(),
                ..Controller::default()
            },
            activities: vec![Activity {
                name: "sales".into(),
                title: evil.into(),
                description: "=1+1".into(),
                recipients: vec![evil.into()],
                high_risk: true,
                assessment: "\"><img src=x onerror=alert(1)>".into(),
                ..Activity::default()
            }],
            recipients: vec![Party { title: evil.into(), missing: vec!["(a)".into()], ..Party::default() }],
            fields: vec![FieldLine { label: evil.into(), ..FieldLine::default() }],
            retention: vec![Rule { source: evil.into(), ..Rule::default() }],
            measures: vec!["a".into()],
        }
    }

    #[derive(serde::Serialize)]
    struct Last {
        version: u64,
        by: &'static str,
        at: &'static str,
    }

    #[test]
    fn nothing_in_the_page_runs() {
        let register = hostile();
        let drift = drift(&Register::default(), &register).unwrap();
        let gaps = ["<b>gap</b>".to_owned()];
        let approved = Some(Last { version: 3, by: "<i>dora</i>", at: "2026-03-01T09:30:00Z" });
        let around = Around {
            made_at: "2026-11-22T10:00:00Z".into(),
            sha256: "00",
            gaps: &gaps,
            approved,
            drift: &drift,
        };
        let page = html(&register, &around).unwrap();
        for never in ["<script", "<img", "<b>gap", "<i>dora"] {
            assert!(!page.contains(never), "{never}");
        }
        assert!(
            page.contains("&lt;script&gt;") && page.contains("version 3") && page.contains("Differences")
        );
        // Every tag that is opened is closed.
        for tag in ["section", "table", "tr", "td", "th", "ul", "li", "bdi", "tbody", "thead", "h2", "p"] {
            let (open, close) = (
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count(),
                page.matches(&format!("</{tag}>")).count(),
            );
            assert_eq!(open, close, "{tag}");
        }
    }

    #[test]
    fn nothing_in_the_table_runs() {
        let table = table(&hostile()).unwrap();
        assert!(table.contains("'=1+1"), "{table}");
        assert_eq!(table.matches("\r\n").count(), 2);
    }
}
