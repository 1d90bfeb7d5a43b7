//! The history log on disk: pages of headers, leaf hashes, stored nodes of the Merkle tree, and its edge.

use super::StoreError;
use super::codec::{self, Header, PAGE, Page};
use super::merkle::nodes::Nodes;
use super::merkle::tree::{Frontier, Hash, LEVEL_HEIGHT, leaf_hash};
use super::reader::Reader;
use super::table;
use crate::domain::id::SubjectId;

/// Leaf hashes in one row, at most: one aligned group, so that a read never spans two rows.
const GROUP: u64 = 1 << LEVEL_HEIGHT;

/// Rows to write for new headers; the edge moves on.
pub(super) struct Extension {
    /// In clear.
    pub rows: Vec<(Vec<u8>, Vec<u8>)>,
    /// To be sealed under the store key: id and content.
    pub pages: Vec<([u8; 16], Vec<u8>)>,
}

/// Extends the log by consecutive headers, which follow `frontier`.
pub(super) fn extend(
    frontier: &mut Frontier,
    headers: &[Header],
    leaves_of: impl Fn(u64) -> Result<Vec<u8>, StoreError>,
) -> Result<Extension, StoreError> {
    let mut extension = Extension { rows: Vec::new(), pages: Vec::new() };
    // The row of the group that is being filled is written anew with the leaves it had.
    let mut group = frontier.size() / GROUP;
    let mut leaves = if frontier.size().is_multiple_of(GROUP) { Vec::new() } else { leaves_of(group)? };
    for header in headers {
        let leaf = leaf_hash(&header.canonical());
        let appended = frontier.append(leaf)?;
        leaves.extend_from_slice(&leaf);
        for node in appended.completed {
            extension.rows.push((
                table::log_key(table::NODES, &table::node_id(node.level, node.index)),
                node.hash.to_vec(),
            ));
        }
        if frontier.size().is_multiple_of(GROUP) {
            extension.rows.push((leaves_key(group), std::mem::take(&mut leaves)));
            group += 1;
        }
    }
    if !leaves.is_empty() {
        extension.rows.push((leaves_key(group), leaves));
    }
    // Entries of different transactions do not share a page, for the page says by whom and when.
    for run in headers.chunk_by(|a, b| a.transaction == b.transaction) {
        for part in run.chunks(PAGE) {
            if let Some(page) = Page::of(part) {
                extension.pages.push((table::seq_id(page.first), codec::encode(&page)?));
            }
        }
    }
    Ok(extension)
}

/// The row of a group of leaf hashes.
pub(super) fn leaves_key(group: u64) -> Vec<u8> {
    table::log_key(table::LEAVES, &table::seq_id(group * GROUP))
}

impl Reader<'_> {
    /// Entries in the log.
    pub fn log_size(&self) -> u64 {
        self.frontier().size()
    }

    /// The page that holds an entry.
    pub fn page_of(&self, seq: u64) -> Result<Option<Page>, StoreError> {
        if seq >= self.log_size() {
            return Ok(None);
        }
        let prefix = table::subject_prefix(table::HEADERS, SubjectId::NOBODY);
        let Some((key, value)) =
            self.last_at_or_before(&prefix, &table::log_key(table::HEADERS, &table::seq_id(seq)))?
        else {
            return Err(StoreError::Damaged(format!("the page of history entry {seq} is missing")));
        };
        let page = self.open_page(&key, &value)?;
        if seq >= page.first + page.entries.len() as u64 {
            return Err(StoreError::Damaged(format!("the page of history entry {seq} is missing")));
        }
        Ok(Some(page))
    }

    /// One entry of the log.
    pub fn header(&self, seq: u64) -> Result<Option<Header>, StoreError> {
        let Some(page) = self.page_of(seq)? else { return Ok(None) };
        Ok(page.headers()?.into_iter().find(|header| header.seq == seq))
    }

    /// Up to `limit` entries before `before`, latest first.
    pub fn headers_before(&self, before: u64, limit: usize) -> Result<Vec<Header>, StoreError> {
        let mut found = Vec::new();
        let mut next = before.min(self.log_size());
        while next > 0 && found.len() < limit {
            let Some(page) = self.page_of(next - 1)? else { break };
            found.extend(page.headers()?.into_iter().rev().filter(|header| header.seq < next));
            next = page.first;
        }
        found.truncate(limit);
        Ok(found)
    }

    /// All entries of the transaction that an entry belongs to, in order.
    pub fn transaction(&self, seq: u64) -> Result<Vec<Header>, StoreError> {
        let Some(header) = self.header(seq)? else { return Ok(Vec::new()) };
        let mut headers = Vec::new();
        let mut next = header.transaction;
        while let Some(page) = self.page_of(next)? {
            if page.transaction != header.transaction {
                break;
            }
            next = page.first + page.entries.len() as u64;
            headers.extend(page.headers()?);
        }
        Ok(headers)
    }

    /// Visits every page in order.
    pub fn each_page(&self, mut visit: impl FnMut(Page) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let prefix = table::subject_prefix(table::HEADERS, SubjectId::NOBODY);
        self.each_row(&prefix, |key, value| visit(self.open_page(key, value)?))
    }

    fn open_page(&self, key: &[u8], value: &[u8]) -> Result<Page, StoreError> {
        let damaged = || StoreError::Damaged("a page of the history log lies in the wrong place".to_owned());
        let first = table::seq_of(key).ok_or_else(damaged)?;
        let opened = self.open_place(table::HEADERS, SubjectId::NOBODY, table::seq_id(first), 0, value)?;
        let page: Page = codec::decode(opened.schema, &opened.plain, "a page of the history log")?;
        if page.first == first && !page.entries.is_empty() { Ok(page) } else { Err(damaged()) }
    }
}

impl Nodes for Reader<'_> {
    type Error = StoreError;

    fn hashes(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, StoreError> {
        let mut hashes = Vec::with_capacity(count);
        if level == 0 {
            let row = self.get(&leaves_key(first / GROUP))?.unwrap_or_default();
            let from = (first % GROUP) as usize;
            hashes.extend(row.as_chunks::<32>().0.iter().skip(from).take(count));
            return Ok(hashes);
        }
        for index in first..first.saturating_add(count as u64) {
            match self.get(&table::log_key(table::NODES, &table::node_id(level, index)))? {
                Some(row) => match <Hash>::try_from(row.as_slice()) {
                    Ok(hash) => hashes.push(hash),
                    Err(_) => break,
                },
                None => break,
            }
        }
        Ok(hashes)
    }
}
