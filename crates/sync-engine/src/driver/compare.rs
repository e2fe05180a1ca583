//! Which part of the file is compared next: each table's stamps, then a sample of its contents.

use std::sync::atomic::{AtomicUsize, Ordering};

use wattle_domain::{FeedClass, TableName};
use wattle_local_store::{Ids, PullKind, SystemIds};

/// Whose turn it is. Begins somewhere: an app that is closed every evening compares all of its file in the end.
#[derive(Debug)]
pub(super) struct Rotation(AtomicUsize);

impl Rotation {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(usize::from(random_byte())))
    }

    /// The next digest to ask for, of the tables of these feeds.
    pub(super) fn next(&self, feeds: &[FeedClass]) -> PullKind {
        let step = self.0.fetch_add(1, Ordering::Relaxed);
        let tables: Vec<_> = TableName::ALL.iter().filter(|t| feeds.contains(&t.table().class)).collect();
        let table = tables.get(step / 2 % tables.len().max(1)).map(|table| table.as_str().to_owned());
        PullKind::Digest {
            tables: table.into_iter().collect(),
            content_of: (step % 2 == 1).then(random_byte),
        }
    }
}

fn random_byte() -> u8 {
    let [first, ..] = SystemIds.random();
    first
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_round_asks_for_every_table_once_by_stamps_and_once_by_a_bucket_of_its_contents() {
        let rotation = Rotation::new();
        let feeds = [FeedClass::Ref, FeedClass::Front];
        let held: BTreeSet<&str> =
            TableName::ALL.iter().filter(|t| feeds.contains(&t.table().class)).map(|t| t.as_str()).collect();
        for _ in 0..3 {
            let (mut stamps, mut contents) = (BTreeSet::new(), BTreeSet::new());
            for _ in 0..held.len() * 2 {
                let PullKind::Digest { tables, content_of } = rotation.next(&feeds) else {
                    panic!("no digest")
                };
                assert_eq!(tables.len(), 1, "one at a time");
                let seen = if content_of.is_some() { &mut contents } else { &mut stamps };
                seen.insert(tables[0].clone());
            }
            let names = |seen: &BTreeSet<String>| seen.iter().map(String::as_str).eq(held.iter().copied());
            assert!(names(&stamps) && names(&contents), "{stamps:?} {contents:?}");
        }
    }
}
