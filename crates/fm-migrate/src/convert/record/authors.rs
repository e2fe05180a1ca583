//! Who wrote notes and letters in FileMaker.
//!
//! They are no accounts of Wattle: nobody has signed anything here. Each gets a name of its own that says so, and no account can be
//! made of it.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;
use wattle_domain::UserId;
use wattle_domain::entities::UserName;

use super::Base;
use crate::convert::{Notes, TargetRow, reference};
use crate::ids::child;
use crate::mapping::Cells;
use crate::reason::Code;
use crate::typing::text;

/// Those whom the records of one table name.
#[derive(Debug, Default)]
pub(super) struct Authors(BTreeMap<Uuid, String>);

impl Authors {
    /// The author of a record that loads.
    pub(super) fn of(&mut self, base: &Base<'_>, cells: Cells<'_>, notes: &mut Notes<'_>) -> UserId {
        let (id, name) = author(base, cells, notes);
        self.0.insert(id, name);
        UserId(id)
    }

    /// Their names.
    pub(super) fn rows(&self) -> Vec<TargetRow> {
        let name = |(id, name): (&Uuid, &String)| {
            let author = UserName { id: UserId(*id), display_name: name.clone(), active: false };
            TargetRow::new(*id, &author)
        };
        self.0.iter().map(name).collect()
    }
}

/// Who wrote it, and how they are called here.
fn author(base: &Base<'_>, cells: Cells<'_>, notes: &mut Notes<'_>) -> (Uuid, String) {
    let named = |name: &str| format!("{name} (FileMaker)");
    let other = |who: &str| base.around.namespace.setup("author", &text::fold(who));
    match reference(cells, "author", base.around.practitioners, notes) {
        Ok(Some(practitioner)) => {
            let name = base.around.names.get(&practitioner).map_or("", String::as_str);
            (child(practitioner, "author"), named(name))
        }
        Ok(None) => {
            if base.bound.place("author").is_some() {
                notes.add(Code::RequiredEmpty, "author");
            }
            (other(""), named("Author not recorded"))
        }
        // Whoever it was is no practitioner of the export: what was typed is all that is known.
        Err(code) => {
            notes.add(code, "author");
            let typed = cells.text("author").unwrap_or_default();
            (other(&typed), named(&typed))
        }
    }
}

/// Rows that stand beside records, each once: notes and letters name the same people, not always spelt alike, and the table that
/// comes first has the say. Otherwise each import would write a name to and fro.
#[derive(Debug, Default)]
pub struct Beside(HashSet<Uuid>);

impl Beside {
    /// Those that no table before had.
    pub fn new_ones(&mut self, rows: Vec<TargetRow>) -> Vec<TargetRow> {
        rows.into_iter().filter(|row| self.0.insert(row.id)).collect()
    }
}
