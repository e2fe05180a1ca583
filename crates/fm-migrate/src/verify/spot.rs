//! The spot check: records drawn by lot that a person compares with FileMaker's own, and the ticks that come back.
//!
//! A tick is of what the page showed, not of an import: it holds for as long as the record is the same on both sides. Once
//! somebody has saved a page, later pages show its records again, so that on the evening of the cutover only what changed
//! since the rehearsal is left to compare.

mod page;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, TableName};

use super::digest as rows;
use crate::convert::Typed;
use crate::error::Error;
use crate::ids::SourceTable;
use crate::load::spot_check::{self, Page};
use crate::mapping::{Bound, Mapping};
use crate::raw::RawRow;

/// Records of each table, unless somebody says otherwise.
const USUAL: usize = 20;

/// Which records a page shows.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    /// By whose lot: nobody can choose them.
    id: Uuid,
    of: Of,
    /// Somebody asked for it.
    asked: bool,
}

#[derive(Clone, Debug)]
enum Of {
    /// Of each table so many whose lot is smallest.
    Lots(usize),
    /// Those of an earlier page of the same draw, by their names.
    Page(BTreeSet<String>),
}

/// Takes the ticks that somebody has saved, and says what the next page shows: another draw where one is asked for (so many
/// records of each table), else that of the latest page that somebody has asked for or saved, else one by the import's own id.
pub(super) async fn draw(
    connection: &mut PgConnection,
    (clinic, run): (ClinicId, Uuid),
    ticks: Option<&Path>,
    anew: Option<u32>,
) -> Result<Draw, Error> {
    let of_ticks = match ticks {
        None => None,
        Some(path) => Some(take(connection, clinic, path).await?),
    };
    let page = match (of_ticks, anew) {
        (Some(page), _) => Some(page),
        (None, Some(most)) => {
            return Ok(Draw { id: Uuid::now_v7(), of: Of::Lots(most as usize), asked: true });
        }
        (None, None) => spot_check::latest(connection, clinic).await?,
    };
    let drawn = match page {
        None => None,
        Some(page) => spot_check::drawn(connection, clinic, page).await?,
    };
    Ok(match drawn {
        Some((id, names)) => Draw { id, of: Of::Page(names), asked: false },
        None => Draw { id: run, of: Of::Lots(USUAL), asked: false },
    })
}

/// What the page saves.
#[derive(Deserialize)]
struct Ticks {
    page: Uuid,
    by: String,
    ticked: Vec<String>,
    #[serde(default)]
    unticked: Vec<String>,
}

/// Reads a file that a page has saved.
fn read(path: &Path) -> Result<Ticks, Error> {
    let text = std::fs::read(path).map_err(Error::file(path))?;
    let wrong = |why: &str| Error::Refused(format!("{}: {why}", path.display()));
    let ticks: Ticks = serde_json::from_slice(&text)
        .map_err(|_| wrong("this is no file that the spot-check page has saved."))?;
    match ticks.by.trim() {
        "" => Err(wrong("it says not who has compared. Write your name on the page and save again.")),
        _ => Ok(ticks),
    }
}

/// Whether a file is one that can be taken; before anything long is done.
///
/// # Errors
/// When it cannot be read, or no page has saved it.
pub(crate) fn look(path: &Path) -> Result<(), Error> {
    read(path).map(drop)
}

/// Takes a file that a page has saved; the page.
async fn take(connection: &mut PgConnection, clinic: ClinicId, path: &Path) -> Result<Uuid, Error> {
    let ticks = read(path)?;
    if spot_check::drawn(connection, clinic, ticks.page).await?.is_none() {
        return Err(Error::Refused(format!(
            "{}: it belongs to no page of this clinic in this database. Compare the records on the new page.",
            path.display()
        )));
    }
    let who = (clinic, ticks.page, ticks.by.trim());
    spot_check::take(connection, who, &ticks.ticked, &ticks.unticked).await?;
    Ok(ticks.page)
}

/// A record on the page.
#[derive(Clone, Debug)]
pub(super) struct Picked {
    table: SourceTable,
    lot: [u8; 32],
    key: String,
    /// FileMaker's fields and what is in them.
    theirs: Vec<(String, String)>,
    /// Our rows.
    rows: Vec<(TableName, Uuid)>,
    /// Of FileMaker's values and of what should be here.
    seen: Vec<u8>,
    /// Who has found exactly this right.
    ticked_by: Option<String>,
}

impl Picked {
    fn name(&self) -> String {
        name(self.table, &self.lot)
    }
}

/// The name of a record on a page: no key, which some clinics make of people's names.
fn name(table: SourceTable, lot: &[u8; 32]) -> String {
    let hex: String = lot.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("{}/{hex}", table.as_str())
}

/// Collects the records of a draw while all of them pass by.
pub(super) struct Picks<'d> {
    draw: &'d Draw,
    tables: BTreeMap<SourceTable, BTreeMap<[u8; 32], Picked>>,
}

impl<'d> Picks<'d> {
    pub(super) fn new(draw: &'d Draw) -> Self {
        Self { draw, tables: BTreeMap::new() }
    }

    pub(super) fn offer(&mut self, table: SourceTable, bound: &Bound, row: &RawRow, typed: &Typed) {
        let mut lot = [0; 32];
        let seed = format!("{}/{}/{}", self.draw.id, table.as_str(), typed.key);
        lot.copy_from_slice(ring::digest::digest(&SHA256, seed.as_bytes()).as_ref());
        let picks = self.tables.entry(table).or_default();
        match &self.draw.of {
            Of::Page(names) if !names.contains(&name(table, &lot)) => return,
            Of::Lots(most) => {
                let last = picks.last_key_value().map(|(lot, _)| *lot);
                if picks.len() >= *most && last.is_none_or(|last| lot >= last) {
                    return;
                }
            }
            Of::Page(_) => {}
        }
        let theirs: Vec<_> =
            bound.filled(row).map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        let seen = seen(table, &theirs, typed);
        let rows = typed.rows.iter().map(|r| (r.table, r.id)).collect();
        let key = typed.key.clone();
        picks.insert(lot, Picked { table, lot, key, theirs, rows, seen, ticked_by: None });
        if matches!(self.draw.of, Of::Lots(most) if picks.len() > most) {
            picks.pop_last();
        }
    }

    /// The records in the order of the page, with who has ticked them. Of one that is not as it should be here, `differing`, no
    /// tick counts: it was given to something else.
    pub(super) async fn done(
        self,
        connection: &mut PgConnection,
        clinic: ClinicId,
        differing: &HashSet<Uuid>,
    ) -> Result<(Vec<Picked>, Checked), Error> {
        let mut all: Vec<Picked> = self.tables.into_values().flat_map(BTreeMap::into_values).collect();
        all.sort_by(|a, b| (a.table, &a.key).cmp(&(b.table, &b.key)));
        let seen: Vec<Vec<u8>> = all.iter().map(|p| p.seen.clone()).collect();
        let ticked = spot_check::ticked(connection, clinic, &seen).await?;
        let mut checked = Checked { shown: all.len(), ..Checked::default() };
        if let Of::Page(names) = &self.draw.of {
            checked.gone = names.len().saturating_sub(all.len());
        }
        for by in spot_check::savers(connection, clinic, self.draw.id).await? {
            checked.by.insert(by, 0);
        }
        for record in &mut all {
            if record.rows.iter().any(|(_, id)| differing.contains(id)) {
                continue;
            }
            record.ticked_by = ticked.get(&record.seen).cloned();
            if let Some(by) = &record.ticked_by {
                checked.ticked += 1;
                *checked.by.entry(by.clone()).or_default() += 1;
            }
        }
        Ok((all, checked))
    }
}

/// A hash of all that a person compares.
fn seen(table: SourceTable, theirs: &[(String, String)], typed: &Typed) -> Vec<u8> {
    let mut all = Context::new(&SHA256);
    let mut add = |text: &str| {
        all.update(text.as_bytes());
        all.update(&[0]);
    };
    add(table.as_str());
    for (field, text) in theirs {
        add(field);
        add(text);
    }
    for row in &typed.rows {
        all.update(&rows::row(row.table.table(), row.id, &row.fields, None).to_be_bytes());
    }
    all.finish().as_ref().to_vec()
}

/// Who has compared records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Records on the page.
    pub shown: usize,
    /// Records ticked as equal, and the same still.
    pub ticked: usize,
    /// Records of an earlier page that did not load any more: gone from FileMaker, or on the list.
    pub gone: usize,
    /// Whoever has saved a page of this draw, and how many of their ticks hold.
    pub by: BTreeMap<String, usize>,
}

/// Writes `spot.html`, readable by its owner only: it shows patients' records.
pub(super) async fn write(
    connection: &mut PgConnection,
    clinic: ClinicId,
    mapping: &Mapping,
    draw: &Draw,
    picked: &[Picked],
    out: &Path,
) -> Result<(), Error> {
    let page = Page { id: Uuid::now_v7(), draw: draw.id, asked: draw.asked };
    // Also those that did not load today: they may another time.
    let mut records: BTreeMap<String, Option<Vec<u8>>> = match &draw.of {
        Of::Page(names) => names.iter().map(|name| (name.clone(), None)).collect(),
        Of::Lots(_) => BTreeMap::new(),
    };
    records.extend(picked.iter().map(|record| (record.name(), Some(record.seen.clone()))));
    spot_check::keep_page(connection, clinic, page, records).await?;
    page::write(connection, clinic, mapping, page.id, picked, out).await
}
