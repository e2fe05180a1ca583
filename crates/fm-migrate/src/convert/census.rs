//! Which keys a file holds, how often, and what became of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use crate::raw::RawRow;
use crate::typing::text;

#[derive(Clone, Copy, Debug)]
struct Seen {
    first_position: u64,
    hash: u64,
    differ: bool,
}

/// The keys of one file, taken in a first pass over all of it.
#[derive(Clone, Debug, Default)]
pub struct Census {
    seen: HashMap<String, Seen>,
    /// How many records there are.
    pub records: u64,
}

impl Census {
    /// Counts a record; `key` is its key as found, if any.
    pub fn add(&mut self, row: &RawRow, key: Option<&str>) {
        self.records += 1;
        let Some(key) = key.and_then(text::clean) else { return };
        let mut hasher = DefaultHasher::new();
        row.cells.hash(&mut hasher);
        let hash = hasher.finish();
        self.seen
            .entry(text::fold(&key))
            .and_modify(|seen| seen.differ |= seen.hash != hash)
            .or_insert(Seen { first_position: row.position, hash, differ: false });
    }

    /// Whether any record has a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.seen.contains_key(&text::fold(key))
    }

    /// Whether the record at `position` must give way: copies after the first of equal records; all of different ones, since
    /// nobody can say which is meant.
    #[must_use]
    pub fn is_duplicate(&self, key: &str, position: u64) -> bool {
        self.seen.get(&text::fold(key)).is_some_and(|seen| seen.differ || seen.first_position != position)
    }
}

/// What a reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record that loads.
    Loaded {
        /// Its id.
        id: Uuid,
        /// Whether the keys are equal to the letter.
        exact: bool,
    },
    /// A record that was rejected.
    Rejected,
    /// No record.
    Nowhere,
}

/// The keys of a table whose records were converted, for those that point to them.
#[derive(Clone, Debug, Default)]
pub struct Keys(HashMap<String, (Option<Uuid>, String)>);

impl Keys {
    /// Remembers a record that loads.
    pub fn loaded(&mut self, key: &str, id: Uuid) {
        self.0.insert(text::fold(key), (Some(id), key.into()));
    }

    /// Remembers a record that was rejected; one that loads under the same key wins.
    pub fn rejected(&mut self, key: &str) {
        self.0.entry(text::fold(key)).or_insert((None, key.into()));
    }

    /// Looks a reference up.
    #[must_use]
    pub fn find(&self, key: &str) -> Found {
        match self.0.get(&text::fold(key)) {
            Some((Some(id), exact)) => Found::Loaded { id: *id, exact: exact == key },
            Some((None, _)) => Found::Rejected,
            None => Found::Nowhere,
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(position: u64, cells: &[&str]) -> RawRow {
        RawRow {
            position,
            cells: cells.iter().map(|c| Some((*c).to_string())).collect(),
            ..RawRow::default()
        }
    }

    #[test]
    fn equal_copies_leave_one_and_different_ones_none() {
        let mut census = Census::default();
        for row in [
            row(1, &["a", "x"]),
            row(2, &["b", "x"]),
            row(3, &["a", "x"]),
            row(4, &["B ", "y"]),
            row(5, &["", "z"]),
        ] {
            census.add(&row, row.cell(0));
        }
        assert_eq!(census.records, 5);
        assert!(!census.is_duplicate("a", 1), "the first of equal ones stays");
        assert!(census.is_duplicate("a", 3), "its copy goes");
        assert!(census.is_duplicate("b", 2), "one of two different ones");
        assert!(census.is_duplicate("B ", 4), "the other, which differs in case and blanks only");
    }

    #[test]
    fn references_say_how_they_matched() {
        let (mut keys, id) = (Keys::default(), Uuid::from_u128(1));
        keys.loaded("LEE", id);
        keys.rejected("LEE");
        keys.rejected("FRA");
        assert_eq!(keys.find("LEE"), Found::Loaded { id, exact: true });
        assert_eq!(keys.find(" lee"), Found::Loaded { id, exact: false });
        assert_eq!(keys.find("FRA"), Found::Rejected);
        assert_eq!(keys.find("XXX"), Found::Nowhere);
    }
}
