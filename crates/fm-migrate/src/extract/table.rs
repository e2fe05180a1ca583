//! One table: sweep, compare, fetch what differs, until it stands still.

use std::collections::HashMap;

use sqlx::postgres::PgConnection;

use super::{TableExtract, Wires, bind};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::import::Progress;
use crate::load::stage::Run;
use crate::load::wire::{self as staging, Extract, Paged, State};
use crate::mapping::{Mapping, TableMapping};
use crate::raw::RawColumn;
use crate::wire::{Described, Route, Wire, WireRow};

/// Comparisons before a table is given up as restless.
const MOST_CHECKS: u32 = 8;
/// More differences than this, and a sweep is cheaper than fetching one by one.
const FEW: usize = 500;
/// Unchanged records that are fetched and compared all the same: a clone may hide behind equal numbers.
const PROBES: usize = 20;

pub(super) struct Extraction<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) mapped: &'a TableMapping,
    pub(super) run: Run,
    pub(super) table: SourceTable,
    pub(super) route: Route,
    pub(super) progress: &'a Progress<'a>,
}

/// What a comparison found.
struct Difference {
    /// To be fetched.
    wanted: Vec<i64>,
    /// To be taken out.
    gone: Vec<i64>,
    /// Counts of changes that fell, or most records gone: another generation of the file.
    another: bool,
    /// How many records the server showed.
    shown: u64,
    /// Rows that came with it, where they did.
    paged: Paged,
}

impl Extraction<'_> {
    /// What FileMaker says of the table. A field that the mapping names and the layout lacks would be empty in every record, in
    /// silence: it is named.
    pub(super) async fn describe(&self, wires: &mut Wires<'_>) -> Result<Described, Error> {
        let described = wires.get(self.route)?.describe(self.mapping, self.mapped).await?;
        bind(self.mapping, self.table, &described.columns)?;
        Ok(described)
    }

    pub(super) async fn run(
        &self,
        connection: &mut PgConnection,
        wires: &mut Wires<'_>,
        described: Described,
    ) -> Result<TableExtract, Error> {
        let wire = wires.get(self.route)?;
        let mut extract = self.begin(connection, &described).await?;
        let mut report = TableExtract { route: self.route.as_str(), ..TableExtract::default() };
        let first = extract.state == State::Sweep && extract.sweep == 1;
        if extract.state != State::Sweep {
            extract.stands(connection, State::Check, None).await?;
            if !self.probe(connection, wire, &described, &extract).await? {
                report.renumbered = true;
                extract.again(connection, &described.columns).await?;
            }
        }
        let found = loop {
            if extract.state == State::Sweep {
                self.sweep(connection, wire, &described, &mut extract, &mut report).await?;
            }
            report.checks += 1;
            let different = self.compare(connection, wire, &described, &mut extract).await?;
            add(&mut report.paged, different.paged);
            if different.wanted.is_empty() && different.gone.is_empty() {
                break different.shown;
            }
            if report.checks >= MOST_CHECKS {
                return Err(self.complaint(format!(
                    "it changed during each of {MOST_CHECKS} comparisons. Run again when nobody works in FileMaker; what is staged is kept."
                )));
            }
            if different.another && !first && !report.renumbered {
                report.renumbered = true;
                extract.again(connection, &described.columns).await?;
            } else if different.wanted.len() > FEW.max(usize::try_from(different.shown / 5).unwrap_or(FEW)) {
                extract.again(connection, &described.columns).await?;
            } else {
                self.fetch(connection, wire, &described, &mut extract, (different, &mut report)).await?;
            }
        };
        self.count(wire, &described, found).await?;
        report.records = found;
        report.found = found;
        report.witness = self.witness(wires).await?;
        if report.witness.is_some_and(|other| other != found) {
            return Err(self.complaint(format!(
                "OData and the Data API count differently: {found} and {}. The account may not see every record by one of \
                 them, or somebody works in FileMaker.",
                report.witness.unwrap_or(0)
            )));
        }
        let json = serde_json::to_value(&report).unwrap_or_default();
        extract.stable(connection, found, report.witness, &json).await?;
        Ok(report)
    }

    async fn begin(&self, connection: &mut PgConnection, described: &Described) -> Result<Extract, Error> {
        let file = &self.mapping.clinic.file;
        let found = staging::find(connection, self.run.clinic.0, file, self.table, self.route).await?;
        let Some(mut extract) = found else {
            let as_what = (self.table, self.route);
            return staging::begin(connection, self.run, file, as_what, &described.name, &described.columns)
                .await;
        };
        if extract.columns != described.columns {
            // Fields came, went or changed their type: every record has other cells now.
            extract.again(connection, &described.columns).await?;
        }
        Ok(extract)
    }

    async fn sweep(
        &self,
        connection: &mut PgConnection,
        wire: &mut Wire,
        described: &Described,
        extract: &mut Extract,
        report: &mut TableExtract,
    ) -> Result<(), Error> {
        let (mut done, mut of) = (0, wire.count(described).await?);
        loop {
            let page = wire.page(described, extract.cursor.as_deref()).await?;
            self.all_seen(page.found, page.total)?;
            done += page.rows.len() as u64;
            of = page.found.unwrap_or(of).max(done);
            let next = match &page.next {
                Some(next) => (State::Sweep, Some(next.as_str())),
                None => (State::Check, None),
            };
            let paged = extract.page(connection, &page.rows, next, Some(of)).await?;
            add(&mut report.paged, paged);
            (self.progress)("extract", self.table, done, of);
            if extract.state == State::Check {
                // What FileMaker has no more is taken out by the comparison that follows.
                return Ok(());
            }
        }
    }

    /// Reads all numbers and counts of changes. Where they cannot come alone the rows come with them and are staged at once.
    async fn compare(
        &self,
        connection: &mut PgConnection,
        wire: &mut Wire,
        described: &Described,
        extract: &mut Extract,
    ) -> Result<Difference, Error> {
        let mut staged = extract.staged_ids(connection).await?;
        let before = staged.len();
        let mut different = Difference {
            wanted: Vec::new(),
            gone: Vec::new(),
            another: false,
            shown: 0,
            paged: Paged::default(),
        };
        let mut fell = 0_u64;
        let mut seen: HashMap<i64, i64> = HashMap::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = wire.ids(described, cursor.as_deref()).await?;
            self.all_seen(page.found, page.total)?;
            let mut news: Vec<WireRow> = Vec::new();
            for row in page.rows {
                if seen.insert(row.id, row.mod_id).is_some_and(|before| before == row.mod_id) {
                    continue;
                }
                let known = staged.remove(&row.id);
                fell += u64::from(known.is_some_and(|known| known > row.mod_id));
                if known != Some(row.mod_id) {
                    different.wanted.push(row.id);
                    news.push(row);
                }
            }
            if wire.ids_are_rows() && !news.is_empty() {
                let paged = extract.page(connection, &news, (State::Check, None), page.found).await?;
                add(&mut different.paged, paged);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        different.shown = seen.len() as u64;
        different.gone = staged.into_keys().collect();
        different.another = fell > 0 || (before > 0 && different.gone.len() * 2 > before);
        Ok(different)
    }

    async fn fetch(
        &self,
        connection: &mut PgConnection,
        wire: &mut Wire,
        described: &Described,
        extract: &mut Extract,
        (different, report): (Difference, &mut TableExtract),
    ) -> Result<(), Error> {
        if !wire.ids_are_rows() {
            let mut rows = Vec::new();
            for id in different.wanted {
                // One that went since is seen to by the next comparison.
                rows.extend(wire.one(described, id).await?);
            }
            let paged = extract.page(connection, &rows, (State::Check, None), None).await?;
            add(&mut report.paged, paged);
        }
        report.gone += extract.remove(connection, &different.gone).await?;
        Ok(())
    }

    /// Whether some records that are staged still say the same under the same number and count of changes.
    async fn probe(
        &self,
        connection: &mut PgConnection,
        wire: &mut Wire,
        described: &Described,
        extract: &Extract,
    ) -> Result<bool, Error> {
        let mut ids: Vec<(i64, i64)> = extract.staged_ids(connection).await?.into_iter().collect();
        ids.sort_unstable();
        let step = (ids.len() / PROBES).max(1);
        for (id, mod_id) in ids.into_iter().step_by(step) {
            let Some(row) = wire.one(described, id).await? else { continue };
            if row.mod_id == mod_id
                && extract.staged_cells(connection, id).await?.as_ref() != Some(&row.cells)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Record-level privileges hide records without a word; only the counts tell.
    fn all_seen(&self, found: Option<u64>, total: Option<u64>) -> Result<(), Error> {
        match (found, total) {
            (Some(found), Some(total)) if found < total => Err(self.complaint(format!(
                "FileMaker has {total} records and shows {found} of them to this account. Give it a privilege set that sees all."
            ))),
            _ => Ok(()),
        }
    }

    async fn count(&self, wire: &mut Wire, described: &Described, shown: u64) -> Result<(), Error> {
        let says = wire.count(described).await?;
        if says == shown {
            return Ok(());
        }
        Err(self.complaint(format!(
            "FileMaker counts {says} records, but shows {shown}. Somebody works in it, or the account does not see all. Run again."
        )))
    }

    /// The other interface's count, where the mapping says how to ask it.
    async fn witness(&self, wires: &mut Wires<'_>) -> Result<Option<u64>, Error> {
        let mapped = self.mapped;
        let (other, name) = match self.route {
            Route::Odata => (Route::DataApi, &mapped.api_layout),
            _ => (Route::Odata, &mapped.table),
        };
        let Some(name) = name else { return Ok(None) };
        let described = Described { name: name.clone(), columns: Vec::<RawColumn>::new() };
        Ok(Some(wires.get(other)?.count(&described).await?))
    }

    fn complaint(&self, reason: String) -> Error {
        Error::Extract { table: self.table.as_str(), reason }
    }
}

fn add(sum: &mut Paged, more: Paged) {
    sum.new += more.new;
    sum.changed += more.changed;
    sum.touched += more.touched;
}
