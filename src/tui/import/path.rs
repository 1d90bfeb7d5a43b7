//! Names of files while one types a path.

use std::path::Path;

use crate::tui::lock::home;

/// Most names that are offered.
const MOST: usize = 8;
/// Most entries of a directory that are looked at.
const LOOKED_AT: usize = 20_000;

/// Paths that begin with what is typed: directories end in `/`, and files of contacts come first.
pub(crate) fn complete(typed: &str) -> Vec<String> {
    let (shown, begun) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let dir = if shown.is_empty() { Path::new(".").to_path_buf() } else { home(shown) };
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<(u8, String)> = entries
        .take(LOOKED_AT)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            // A name that is not UTF-8 cannot be typed here.
            let name = entry.file_name().into_string().ok()?;
            if !name.starts_with(begun) || name.starts_with('.') && !begun.starts_with('.') {
                return None;
            }
            if name.chars().any(crate::tui::text::is_hostile) {
                return None;
            }
            // What a link leads to, not the link.
            let is_dir = std::fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
            let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
            let rank = match (is_dir, ending.as_str()) {
                (false, "csv" | "vcf" | "vcard" | "json" | "tsv" | "ndjson" | "txt") => 0,
                (true, _) => 1,
                (false, _) => 2,
            };
            Some((rank, format!("{shown}{name}{}", if is_dir { "/" } else { "" })))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, path)| path).take(MOST).collect()
}

/// What all offers have in common, if that is more than what is typed.
pub(crate) fn common(offers: &[String], typed: &str) -> Option<String> {
    let first = offers.first()?;
    let end = offers.iter().fold(first.len(), |end, one| {
        let same = first.char_indices().zip(one.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
        end.min(same.unwrap_or(first.len().min(one.len())))
    });
    first.get(..end).filter(|text| text.len() > typed.len()).map(str::to_owned)
}
