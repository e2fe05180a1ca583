//! The whole import: survey every file, stage, type, load, account.
//!
//! Owns: the order of steps. Called by: the binary, the demo, the tests.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Instant;

use futures::TryStreamExt;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, TableName};

use crate::convert::appointments::Appointments;
use crate::convert::overlap::Overlaps;
use crate::convert::patients::Patients;
use crate::convert::practitioners::Practitioners;
use crate::convert::record::{Beside, Ledger, Surroundings, converter};
use crate::convert::setup::{Setup, rosters};
use crate::convert::{Keys, targets};
use crate::error::Error;
use crate::extract::bind;
use crate::ids::{Namespace, SourceTable};
use crate::load::connect::prepare;
use crate::load::containers::{self, Owner};
use crate::load::stage::{Run, stage, staged};
use crate::load::target::Origin;
use crate::load::wire::{self as staging, State};
use crate::load::{TableLoad, clinic, connect, map_key, switchover};
use crate::map_key::MapKey;
use crate::mapping::Mapping;
use crate::report::{Report, TableReport};
use crate::survey::{From, Surveyed, survey, survey_staged};
use crate::wire::Route;

/// What to import, where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`; the exports lie beside it.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// Where records come from, where not as the mapping says.
    pub route: Option<Route>,
    /// Under what the map keeps the hashes of rows; a map of before is brought under it.
    pub map_key: Option<MapKey>,
}

/// Told where the import stands: what it does to which export, records done, records there are.
pub type Progress<'a> = dyn Fn(&'static str, SourceTable, u64, u64) + Send + Sync + 'a;

/// How often progress is told, records.
const TELL_EVERY: u64 = 20_000;

struct Import<'a> {
    reader: PgConnection,
    writer: PgConnection,
    run: Run,
    mapping: &'a Mapping,
    namespace: &'a Namespace,
    setup: &'a Setup,
    progress: &'a Progress<'a>,
    key: Option<&'a MapKey>,
}

/// Imports a clinic; a second time changes nothing.
///
/// # Errors
/// A damaged export or mapping (nothing was written), a database that is not ready or goes away, counts that do not add up
/// (the table in hand was rolled back).
pub async fn import(request: &Request, progress: &Progress<'_>) -> Result<Report, Error> {
    let began = Instant::now();
    let mapping = Mapping::read(&request.mapping)?;
    let namespace = Namespace::new(request.clinic, &mapping.clinic.file);
    let setup = Setup::new(&mapping, request.clinic, &namespace);
    // Every file whole before the first write, and before the database is asked for anything.
    let mut surveyed = BTreeMap::new();
    for (table, mapped) in mapping.tables() {
        if mapping.route(mapped, request.route) == Route::File {
            let found = survey(&mapping, mapped, |m, columns| bind(m, table, columns))?;
            progress("read", table, found.census.records, found.census.records);
            if mapped.whole && found.census.records == 0 {
                return Err(mapping.wrong(format!(
                    "[{0}] says whole = true, and its export holds no record: everything of that table would be taken for deleted. Export it \
                     again, or take the line out.",
                    table.as_str()
                )));
            }
            surveyed.insert(table, found);
        }
    }
    let mut writer = connect(&request.database_url, request.clinic).await?;
    prepare(&mut writer).await?;
    let mut reader = connect(&request.database_url, request.clinic).await?;
    for (table, mapped) in mapping.tables() {
        let route = mapping.route(mapped, request.route);
        if route != Route::File {
            let found = extracted(&mut reader, &mapping, request.clinic, table, route).await?;
            progress("read", table, found.census.records, found.census.records);
            surveyed.insert(table, found);
        }
    }
    let of = |table: SourceTable| {
        surveyed.get(&table).ok_or_else(|| Error::Refused("the mapping names no exports".into()))
    };
    let (doctors, people, book) =
        (of(SourceTable::Practitioners)?, of(SourceTable::Patients)?, of(SourceTable::Appointments)?);
    let key = request.map_key.as_ref();
    map_key::is_keyed(&mut writer, request.clinic, key).await?;
    if let Some(key) = key {
        map_key::bring_under(&mut writer, request.clinic, key).await?;
    }
    // Before the first row is there for anybody to write over.
    let closed = match mapping.cutover.closed_until_switch {
        true => Some(switchover::close(&mut writer).await?),
        false => None,
    };
    let run = Run::begin(&mut writer, request.clinic).await?;
    let (namespace, setup) = (&namespace, &setup);
    let mut import = Import { reader, writer, run, mapping: &mapping, namespace, setup, progress, key };
    let mut tables = BTreeMap::new();
    tables.insert("setup", import.setup().await?);
    let (keys_of_doctors, names, report) = import.practitioners(doctors).await?;
    tables.insert(SourceTable::Practitioners.as_str(), report);
    let (keys_of_people, report) = import.patients(people, &keys_of_doctors).await?;
    tables.insert(SourceTable::Patients.as_str(), report);
    let report = import.appointments(book, &keys_of_doctors, &keys_of_people).await?;
    tables.insert(SourceTable::Appointments.as_str(), report);
    let owner = Owner { clinic: request.clinic, file: &mapping.clinic.file };
    let files = containers::read(&mut import.reader, owner).await?;
    let around = Surroundings {
        containers: &files,
        ledger: &Ledger::default(),
        mapping: &mapping,
        namespace,
        practitioners: &keys_of_doctors,
        names: &names,
        patients: &keys_of_people,
        book: &book.census,
    };
    let mut beside = Beside::default();
    for table in SourceTable::OF_RECORD {
        let Some(file) = surveyed.get(&table) else { continue };
        tables.insert(table.as_str(), import.of_record(file, table, around, &mut beside).await?);
    }
    containers::settle_feeds(&mut import.writer, request.clinic).await?;
    let report = Report { closed, ..Report::new(run.id, tables, began.elapsed().as_secs_f64()) };
    let json = serde_json::to_value(&report).unwrap_or_default();
    run.finish(&mut import.writer, &json).await?;
    Ok(report)
}

fn tell(progress: &Progress<'_>, table: SourceTable, taken: u64, file: &Surveyed) {
    if taken.is_multiple_of(TELL_EVERY) {
        progress("load", table, taken, file.census.records);
    }
}

/// An extracted table, read whole from staging.
pub(crate) async fn extracted(
    reader: &mut PgConnection,
    mapping: &Mapping,
    clinic: ClinicId,
    table: SourceTable,
    route: Route,
) -> Result<Surveyed, Error> {
    let found = staging::find(reader, clinic.0, &mapping.clinic.file, table, route).await?;
    let Some(extract) = found.filter(|e| e.state == State::Stable) else {
        let name = table.as_str();
        return Err(Error::Extract {
            table: name,
            reason: "it is not extracted, or not to its end. Run extract first.".into(),
        });
    };
    let bound = bind(mapping, table, &extract.columns)?;
    survey_staged(reader, extract.source, extract.columns, bound).await
}

impl<'a> Import<'a> {
    /// The clinic itself is the server's admin's; what he has not said of it, the mapping says.
    async fn setup(&mut self) -> Result<TableReport, Error> {
        let facts = &self.mapping.clinic;
        let zone = facts.time_zone.0.name();
        let theirs = clinic::time_zone(&mut self.writer, self.run.clinic).await?;
        if theirs != zone {
            return Err(self
                .mapping
                .wrong(format!("time_zone is {zone}, but the clinic in the database lives by {theirs}.")));
        }
        clinic::say_more(&mut self.writer, self.run.clinic, facts).await?;
        let origin = Origin { file: &facts.file, table: None, source: None, whole: false, key: self.key };
        let targets = [TableName::Location, TableName::AppointmentType];
        let mut load = TableLoad::begin(&mut self.writer, self.run, origin, &targets).await?;
        for row in self.setup.rows.iter().filter(|row| row.table != TableName::Clinic) {
            load.row(&row.id.to_string(), row)?;
        }
        load.finish().await
    }

    async fn practitioners(
        &mut self,
        file: &Surveyed,
    ) -> Result<(Keys, HashMap<Uuid, String>, TableReport), Error> {
        let origin = self.stage(file, SourceTable::Practitioners).await?;
        let mut convert = Practitioners::new(file.bound.clone(), self.namespace, self.setup, &file.census);
        let targets = targets(SourceTable::Practitioners);
        let mut load = TableLoad::begin(&mut self.writer, self.run, origin, targets).await?;
        let records = staged(&mut self.reader, origin.source.unwrap_or_default());
        load.fill(&file.bound, records, |row| convert.convert(row), |_| ()).await?;
        for row in rosters(self.mapping, &convert.keys)? {
            load.row(&row.id.to_string(), &row)?;
        }
        Ok((convert.keys, convert.names, load.finish().await?))
    }

    async fn patients(&mut self, file: &Surveyed, doctors: &Keys) -> Result<(Keys, TableReport), Error> {
        let origin = self.stage(file, SourceTable::Patients).await?;
        let mut convert =
            Patients::new(file.bound.clone(), self.mapping, self.namespace, doctors, &file.census);
        let targets = targets(SourceTable::Patients);
        let mut load = TableLoad::begin(&mut self.writer, self.run, origin, targets).await?;
        let records = staged(&mut self.reader, origin.source.unwrap_or_default());
        let tells = |taken| tell(self.progress, SourceTable::Patients, taken, file);
        load.fill(&file.bound, records, |row| convert.convert(row), tells).await?;
        (self.progress)("load", SourceTable::Patients, file.census.records, file.census.records);
        let report = load.finish().await?;
        clinic::raise_record_numbers(&mut self.writer, self.run.clinic).await?;
        Ok((convert.keys, report))
    }

    async fn appointments(
        &mut self,
        file: &Surveyed,
        doctors: &Keys,
        people: &Keys,
    ) -> Result<TableReport, Error> {
        let origin = self.stage(file, SourceTable::Appointments).await?;
        let keys = (doctors, people);
        let convert = Appointments::new(
            file.bound.clone(),
            self.mapping,
            self.namespace,
            self.setup,
            keys,
            &file.census,
        );
        let source = origin.source.unwrap_or_default();
        let mut overlaps = Overlaps::default();
        let mut rows = staged(&mut self.reader, source);
        while let Some(row) = rows.try_next().await? {
            convert.survey(&row, &mut overlaps);
        }
        drop(rows);
        let later_ones = overlaps.later_ones();
        let targets = targets(SourceTable::Appointments);
        let mut load = TableLoad::begin(&mut self.writer, self.run, origin, targets).await?;
        let records = staged(&mut self.reader, source);
        let tells = |taken| tell(self.progress, SourceTable::Appointments, taken, file);
        load.fill(&file.bound, records, |row| convert.convert(row, &later_ones), tells).await?;
        (self.progress)("load", SourceTable::Appointments, file.census.records, file.census.records);
        load.finish().await
    }

    /// A table of the record.
    async fn of_record(
        &mut self,
        file: &Surveyed,
        table: SourceTable,
        around: Surroundings<'_>,
        beside: &mut Beside,
    ) -> Result<TableReport, Error> {
        let origin = self.stage(file, table).await?;
        let mut convert = converter(table, file.bound.clone(), around, &file.census);
        let mut load = TableLoad::begin(&mut self.writer, self.run, origin, targets(table)).await?;
        let records = staged(&mut self.reader, origin.source.unwrap_or_default());
        let tells = |taken| tell(self.progress, table, taken, file);
        load.fill(&file.bound, records, |row| convert.convert(row), tells).await?;
        for row in beside.new_ones(convert.beside()) {
            load.row(&row.id.to_string(), &row)?;
        }
        (self.progress)("load", table, file.census.records, file.census.records);
        load.finish().await
    }

    async fn stage(&mut self, file: &Surveyed, table: SourceTable) -> Result<Origin<'a>, Error> {
        let name = &self.mapping.clinic.file;
        (self.progress)("stage", table, 0, file.census.records);
        let source = stage(&mut self.writer, self.run, name, table, file).await?;
        (self.progress)("stage", table, file.census.records, file.census.records);
        let whole = match file.from {
            From::Staging(_) => true,
            From::File(_) => self.mapping.table(table).is_some_and(|mapped| mapped.whole),
        };
        Ok(Origin { file: name, table: Some(table), source: Some(source), whole, key: self.key })
    }
}
