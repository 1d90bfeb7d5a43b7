//! Tables for people: aligned by cell width, made safe, cut to the terminal where there is one.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::neutralise;

/// The narrowest a column gets when the terminal is too small.
const LEAST: usize = 8;
const GAP: &str = "  ";

/// How tables are drawn here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Style {
    /// Columns of the terminal; without one, nothing is cut.
    pub(crate) width: Option<usize>,
    pub(crate) colour: bool,
    /// A line under the header.
    pub(crate) rule: bool,
}

/// A table drawn in batches, so that long lists need no memory. The first batch decides how wide columns are.
#[derive(Debug)]
pub(crate) struct Table {
    heads: Vec<String>,
    /// Columns that are never cut: an id cut short is no id.
    whole: Vec<bool>,
    style: Style,
    widths: Option<Vec<usize>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&str, bool)], style: Style) -> Table {
        Table {
            heads: columns.iter().map(|(head, _)| neutralise(head).into_owned()).collect(),
            whole: columns.iter().map(|(_, whole)| *whole).collect(),
            style,
            widths: None,
        }
    }

    /// The text of these rows; the first time with the header.
    pub(crate) fn rows(&mut self, rows: &[Vec<String>]) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| neutralise(cell).into_owned()).collect()).collect();
        let mut out = String::new();
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => {
                let widths = self.measure(&rows);
                self.header(&widths, &mut out);
                widths
            }
        };
        for row in &rows {
            self.line(row, &widths, &mut out);
        }
        self.widths = Some(widths);
        out
    }

    fn measure(&self, rows: &[Vec<String>]) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heads.iter().map(|head| head.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let Some(limit) = self.style.width else { return widths };
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        // The widest column gives way first, one cell at a time: columns end up as even as they can.
        while over > 0 {
            let widest = widths
                .iter_mut()
                .zip(&self.whole)
                .filter(|(width, whole)| !**whole && **width > LEAST)
                .map(|(width, _)| width)
                .max_by_key(|width| **width);
            let Some(width) = widest else { break };
            *width -= 1;
            over -= 1;
        }
        widths
    }

    fn header(&self, widths: &[usize], out: &mut String) {
        let mut line = String::new();
        self.line(&self.heads, widths, &mut line);
        if self.style.colour {
            out.push_str("\x1b[1m");
            out.push_str(line.trim_end());
            out.push_str("\x1b[0m\n");
        } else {
            out.push_str(&line);
        }
        if self.style.rule {
            let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            out.push_str(&rules.join(GAP));
            out.push('\n');
        }
    }

    fn line(&self, cells: &[String], widths: &[usize], out: &mut String) {
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if at > 0 {
                line.push_str(GAP);
            }
            let whole = self.style.width.is_none() || self.whole.get(at).copied().unwrap_or(false);
            let cell = if whole { cell.clone() } else { cut(cell, *width) };
            line.push_str(&cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width())));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// At most `width` cells of a text, with `…` where something is missing; grapheme clusters stay whole.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let wide = cluster.width();
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push_str(cluster);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::{Style, Table, cut};
    use unicode_width::UnicodeWidthStr;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_line_up_in_any_script() {
        let mut table = Table::new(&[("Name", false), ("City", false)], Style::default());
        let text =
            table.rows(&[row(&["山田太郎", "東京"]), row(&["Zoe\u{301}", "Köln"]), row(&["Ann", "X"])]);
        let starts: Vec<usize> = text
            .lines()
            .map(|line| {
                let at = line.rfind("  ").unwrap() + 2;
                line[..at].width()
            })
            .collect();
        assert_eq!(starts, [10, 10, 10, 10], "{text}");
    }

    #[test]
    fn hostile_names_cannot_act_on_the_terminal() {
        let mut table = Table::new(&[("Na\x1bme", false), ("Id", true)], Style::default());
        let text = table.rows(&[row(&["Eve\x1b[2J\u{202E}\r\nroot\u{9b}31m", "1\u{7}"])]);
        assert_eq!(text.lines().count(), 2, "a line break in a name is no line of the table");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(!text.contains('\u{202E}'));
    }

    #[test]
    fn a_narrow_terminal_cuts_text_and_never_ids() {
        let style = Style { width: Some(60), colour: false, rule: true };
        let mut table = Table::new(&[("Name", false), ("Company", false), ("Id", true)], style);
        let id = "6f9619ff-8b86-4d11-b42d-00c04fc964ff";
        let text = table.rows(&[row(&[&"n".repeat(50), &"山".repeat(30), id])]);
        for line in text.lines() {
            assert!(line.width() <= 60, "{line}");
        }
        assert!(text.contains(id));
        assert!(text.contains('…'));
        // Later batches keep the widths, and bring no second header.
        let more = table.rows(&[row(&[&"m".repeat(50), "x", id])]);
        assert_eq!(more.lines().count(), 1);
        assert!(more.width() <= 61);
    }

    #[test]
    fn without_a_terminal_nothing_is_cut() {
        let mut table = Table::new(&[("Name", false)], Style::default());
        let long = "x".repeat(500);
        assert!(table.rows(&[row(&[&long])]).contains(&long));
    }

    #[test]
    fn cutting_keeps_clusters_whole() {
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("山田", 3), "山…");
        assert_eq!(cut("山田", 4), "山田");
    }
}
