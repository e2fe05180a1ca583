//! A checksum tree: rows into blocks, blocks into a table's root. Two sides with one root hold the same rows.

use ring::digest::{Context, SHA256};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::Table;
use wattle_domain::row::Fields;

use crate::load::target::half_sha256;
use crate::load::{NOT_OURS, actual};

/// Blocks of a table; ids are evenly spread over them.
pub const BLOCKS: usize = 4_096;

/// One table's tree. Order does not matter: a block is the sum of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    sums: Vec<u128>,
    /// Rows in it.
    pub rows: u64,
}

impl Default for Tree {
    fn default() -> Self {
        Self { sums: vec![0; BLOCKS], rows: 0 }
    }
}

impl Tree {
    /// Adds a row.
    pub fn add(&mut self, id: Uuid, row: u128) {
        if let Some(sum) = self.sums.get_mut(block(id)) {
            *sum = sum.wrapping_add(row);
        }
        self.rows += 1;
    }

    /// The root, hex.
    #[must_use]
    pub fn root(&self) -> String {
        let mut all = Context::new(&SHA256);
        self.sums.iter().for_each(|sum| all.update(&sum.to_be_bytes()));
        all.finish().as_ref().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The blocks that differ.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<usize> {
        let both = self.sums.iter().zip(&other.sums).enumerate();
        both.filter(|(_, (a, b))| a != b).map(|(block, _)| block).collect()
    }
}

/// The block of an id. Ids of ours are hashes: their first bits are as good as any.
#[must_use]
pub fn block(id: Uuid) -> usize {
    let [first, second, ..] = id.into_bytes();
    (usize::from(first) << 4) | usize::from(second >> 4)
}

/// A row's checksum, over its id and every column that the migrator fills. Of one whose words rest sealed, these are stood for
/// by the hash of all that was loaded: nobody but the server can read them, and whoever else changes them makes them
/// unreadable to it.
#[must_use]
pub fn row(table: &Table, id: Uuid, fields: &Fields, sealed_as: Option<&str>) -> u128 {
    let values = table.columns.iter().map(|c| fields.get(c.name).unwrap_or(&Value::Null));
    values_of(table, id, values, sealed_as)
}

/// The same over a value for each column, in the order of the columns.
pub(crate) fn values_of<'v>(
    table: &Table,
    id: Uuid,
    values: impl IntoIterator<Item = &'v Value>,
    sealed_as: Option<&str>,
) -> u128 {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(id.as_bytes());
    text.extend_from_slice(sealed_as.unwrap_or_default().as_bytes());
    for (column, value) in table.columns.iter().zip(values).filter(|(c, _)| !NOT_OURS.contains(&c.name)) {
        if actual::is_readable(table, column.name, sealed_as.is_some()) {
            // Writing to a Vec does not fail.
            let _ = serde_json::to_writer(&mut text, value);
        } else {
            // What it says rests sealed; that it says something does not.
            text.push(u8::from(!value.is_null()));
        }
        text.push(0x1F);
    }
    half_sha256(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes())
    }

    #[test]
    fn one_changed_row_of_many_is_found_in_its_block() {
        let (mut one, mut two) = (Tree::default(), Tree::default());
        for n in 0..10_000 {
            one.add(id(n), u128::from(n));
            two.add(id(9_999 - n), u128::from(9_999 - n));
        }
        assert_eq!(one.root(), two.root(), "the order says nothing");
        let mut three = Tree::default();
        (0..10_000).for_each(|n| three.add(id(n), u128::from(n + u32::from(n == 77))));
        assert_ne!(one.root(), three.root());
        assert_eq!(one.differing(&three), [block(id(77))]);
    }

    #[test]
    fn two_rows_that_swap_their_content_differ() {
        let table = wattle_domain::TableName::Location.table();
        let fields = |name: &str| Fields::from_iter([("name".to_owned(), Value::from(name))]);
        let mut one = Tree::default();
        one.add(id(1), row(table, id(1), &fields("a"), None));
        one.add(id(2), row(table, id(2), &fields("b"), None));
        let mut two = Tree::default();
        two.add(id(1), row(table, id(1), &fields("b"), None));
        two.add(id(2), row(table, id(2), &fields("a"), None));
        assert_ne!(one.root(), two.root());
    }
}
