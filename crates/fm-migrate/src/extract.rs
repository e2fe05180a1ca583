//! Tables over HTTP into staging, as found: swept page by page, then compared until nothing differs.
//!
//! FileMaker pages by offset over data that people change meanwhile, so that a sweep may miss a record or meet one twice.
//! Therefore a sweep is never believed: the numbers and counts of changes of all records are read again and compared with
//! what is staged, until one such reading finds no difference. The same comparison is the delta of a later run.
//!
//! Must never: delete what was staged before (it is kept as superseded), or call a table done that did not stand still.
//! Called by: the binary, `cutover`, the tests.

mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use wattle_domain::ClinicId;

use crate::convert::{appointments, patients, practitioners, record};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::load::connect;
use crate::load::connect::prepare;
use crate::load::stage::Run;
pub use crate::load::wire::Paged;
use crate::mapping::{Bound, Mapping, TableMapping};
use crate::raw::RawColumn;
use crate::wire::{Account, Route, Wire};

/// What to extract, where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`, with its `[server]`.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// Who reads FileMaker.
    pub account: Option<Account>,
    /// How, where not as the mapping says.
    pub route: Option<Route>,
}

/// One table's extract.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TableExtract {
    /// `odata` or `data_api`.
    pub route: &'static str,
    /// Records staged.
    pub records: u64,
    /// What the server says that there are.
    pub found: u64,
    /// What its other interface says, where the mapping lets it be asked.
    pub witness: Option<u64>,
    /// What came.
    #[serde(flatten)]
    pub paged: Paged,
    /// Records that FileMaker has no more.
    pub gone: u64,
    /// Comparisons until nothing differed.
    pub checks: u32,
    /// The file was cloned or restored since the last run: its record numbers mean other records now. Everything was read
    /// again.
    pub renumbered: bool,
}

/// All tables.
pub type Extracted = BTreeMap<&'static str, TableExtract>;

/// Ties a table's mapping to columns: what is missing is named.
pub(crate) fn bind(mapping: &Mapping, table: SourceTable, columns: &[RawColumn]) -> Result<Bound, Error> {
    match table {
        SourceTable::Practitioners => practitioners::bind(mapping, columns),
        SourceTable::Patients => patients::bind(mapping, columns),
        SourceTable::Appointments => appointments::bind(mapping, columns),
        of_record => record::bind(mapping, of_record, columns),
    }
}

/// Extracts every table that comes over HTTP; the second time only what changed.
///
/// # Errors
/// When FileMaker or PostgreSQL refuse or stay away. What is staged stays; the same call goes on from there.
pub async fn extract(request: &Request, progress: &crate::import::Progress<'_>) -> Result<Extracted, Error> {
    let mapping = Mapping::read(&request.mapping)?;
    let routes: Vec<(SourceTable, &TableMapping, Route)> = mapping
        .tables()
        .map(|(table, mapped)| (table, mapped, mapping.route(mapped, request.route)))
        .collect();
    if routes.iter().all(|(.., route)| *route == Route::File) {
        return Err(mapping.wrong("every table comes from a file: there is nothing to extract. Run import."));
    }
    let account = asked(request.account.as_ref())?;
    let mut connection = connect(&request.database_url, request.clinic).await?;
    prepare(&mut connection).await?;
    let run = Run::begin(&mut connection, request.clinic).await?;
    let mut wires = Wires { mapping: &mapping, account, odata: None, data_api: None };
    let mut done = Extracted::new();
    let mut all = async || -> Result<(), Error> {
        // The mapping is held against every table before the first record is read.
        let mut described = Vec::new();
        for &(table, mapped, route) in routes.iter().filter(|(.., route)| *route != Route::File) {
            let one = table::Extraction { mapping: &mapping, mapped, run, table, route, progress };
            let columns = one.describe(&mut wires).await?;
            described.push((one, columns));
        }
        for (one, described) in described {
            let report = one.run(&mut connection, &mut wires, described).await?;
            done.insert(one.table.as_str(), report);
        }
        Ok(())
    };
    let outcome = all().await;
    wires.close().await;
    outcome?;
    let json = serde_json::to_value(&done).unwrap_or_default();
    run.finish(&mut connection, &json).await?;
    Ok(done)
}

/// The account, where FileMaker Server is to be asked.
pub(crate) fn asked(account: Option<&Account>) -> Result<&Account, Error> {
    account.ok_or_else(|| {
        Error::Refused(
            "FileMaker Server is asked here: set FM_USER and FM_PASSWORD to an account that sees every record.".into(),
        )
    })
}

/// The interfaces, opened when first needed.
pub(crate) struct Wires<'a> {
    mapping: &'a Mapping,
    account: &'a Account,
    odata: Option<Wire>,
    data_api: Option<Wire>,
}

impl Wires<'_> {
    pub(crate) fn get(&mut self, route: Route) -> Result<&mut Wire, Error> {
        let place = if route == Route::DataApi { &mut self.data_api } else { &mut self.odata };
        if place.is_none() {
            *place = Some(Wire::open(self.mapping, route, self.account)?);
        }
        place.as_mut().ok_or_else(|| self.mapping.wrong("there is no [server]."))
    }

    async fn close(&mut self) {
        for wire in [&mut self.odata, &mut self.data_api].into_iter().flatten() {
            wire.close().await;
        }
    }
}
