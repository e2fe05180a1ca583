//! The checksum trees of what there should be, while the target may say a part of it in either of two forms.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;
use wattle_domain::TableName;

use super::digest::{self, Tree};
use crate::convert::TargetRow;
use crate::load::target::hash;
use crate::map_key::MapKey;

/// In which forms rows with words that may rest sealed are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// As they were loaded: nothing rests sealed.
    Plain,
    /// As they were loaded, and as they look once the server has sealed their words.
    Both,
}

/// A row that is in no tree until it is known how it rests.
struct Open {
    table: TableName,
    id: Uuid,
    plain: u128,
    sealed: u128,
}

pub(super) struct Should<'k> {
    forms: Forms,
    key: Option<&'k MapKey>,
    trees: BTreeMap<TableName, Tree>,
    open: Vec<Open>,
}

impl<'k> Should<'k> {
    pub(super) fn new(forms: Forms, key: Option<&'k MapKey>) -> Self {
        Self { forms, key, trees: BTreeMap::new(), open: Vec::new() }
    }

    pub(super) fn add(&mut self, row: &TargetRow) {
        let (id, table) = (row.id, row.table.table());
        let plain = digest::row(table, id, &row.fields, None);
        let has_words =
            || table.sealed().any(|c| row.fields.get(c.name).is_some_and(|value| !value.is_null()));
        if self.forms == Forms::Both && has_words() {
            let loaded_as = hash(table, &row.fields, self.key);
            let sealed = digest::row(table, id, &row.fields, Some(&loaded_as));
            self.open.push(Open { table: row.table, id, plain, sealed });
        } else {
            self.trees.entry(row.table).or_default().add(id, plain);
        }
    }

    /// The trees, now that it is known which rows rest sealed.
    pub(super) fn settled(mut self, sealed: &HashSet<Uuid>) -> BTreeMap<TableName, Tree> {
        for row in self.open {
            let digest = if sealed.contains(&row.id) { row.sealed } else { row.plain };
            self.trees.entry(row.table).or_default().add(row.id, digest);
        }
        self.trees
    }
}
