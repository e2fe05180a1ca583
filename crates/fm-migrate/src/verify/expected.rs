//! What the target should hold: the staged records converted once more.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use sqlx::postgres::PgConnection;

use crate::convert::appointments::Appointments;
use crate::convert::overlap::Overlaps;
use crate::convert::patients::Patients;
use crate::convert::practitioners::Practitioners;
use crate::convert::record::{Beside, Ledger, Surroundings, converter};
use crate::convert::setup::{Setup, rosters};
use crate::convert::{Outcome, TargetRow};
use crate::error::Error;
use crate::extract::bind;
use crate::ids::{Namespace, SourceTable};
use crate::load::containers::{self, Owner};
use crate::load::last_run::Used;
use crate::load::stage::staged;
use crate::mapping::{Bound, Mapping};
use crate::raw::RawRow;
use crate::survey::{Surveyed, survey_staged};

/// What becomes of one record, or of what the mapping sets up.
pub(super) enum Told<'a> {
    /// Set up in the mapping, or a roster.
    Setup(&'a TargetRow),
    /// A record.
    Record(SourceTable, &'a Bound, &'a RawRow, &'a Outcome),
}

/// The staged tables, read once for their keys.
pub(super) struct Staged(BTreeMap<SourceTable, Surveyed>);

impl Staged {
    pub(super) async fn read(
        connection: &mut PgConnection,
        mapping: &Mapping,
        used: &[Used],
    ) -> Result<Self, Error> {
        let mut tables = BTreeMap::new();
        for one in used {
            let bound = bind(mapping, one.table, &one.columns)?;
            let found = survey_staged(connection, one.source, one.columns.clone(), bound).await?;
            tables.insert(one.table, found);
        }
        Ok(Self(tables))
    }

    pub(super) fn bound(&self, table: SourceTable) -> Option<&Bound> {
        self.0.get(&table).map(|s| &s.bound)
    }

    fn get(&self, table: SourceTable) -> Result<&Surveyed, Error> {
        self.0.get(&table).ok_or_else(|| {
            Error::Refused(format!("the latest import had no {}. Run import first.", table.as_str()))
        })
    }

    /// Converts everything and tells it, parents first.
    pub(super) async fn tell(
        &self,
        connection: &mut PgConnection,
        used: &[Used],
        mapping: &Mapping,
        namespace: &Namespace,
        setup: &Setup,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<(), Error> {
        let source =
            |table: SourceTable| used.iter().find(|u| u.table == table).map(|u| u.source).unwrap_or_default();
        setup.rows.iter().for_each(|row| told(Told::Setup(row)));

        let table = SourceTable::Practitioners;
        let file = self.get(table)?;
        let mut doctors = Practitioners::new(file.bound.clone(), namespace, setup, &file.census);
        let mut rows = staged(connection, source(table));
        while let Some(row) = rows.try_next().await? {
            let outcome = doctors.convert(&row);
            told(Told::Record(table, &file.bound, &row, &outcome));
        }
        drop(rows);
        rosters(mapping, &doctors.keys)?.iter().for_each(|row| told(Told::Setup(row)));

        let table = SourceTable::Patients;
        let file = self.get(table)?;
        let mut people = Patients::new(file.bound.clone(), mapping, namespace, &doctors.keys, &file.census);
        let mut rows = staged(connection, source(table));
        while let Some(row) = rows.try_next().await? {
            let outcome = people.convert(&row);
            told(Told::Record(table, &file.bound, &row, &outcome));
        }
        drop(rows);

        let table = SourceTable::Appointments;
        let file = self.get(table)?;
        let keys = (&doctors.keys, &people.keys);
        let book = Appointments::new(file.bound.clone(), mapping, namespace, setup, keys, &file.census);
        let mut overlaps = Overlaps::default();
        let mut rows = staged(connection, source(table));
        while let Some(row) = rows.try_next().await? {
            book.survey(&row, &mut overlaps);
        }
        drop(rows);
        let later_ones = overlaps.later_ones();
        let mut rows = staged(connection, source(table));
        while let Some(row) = rows.try_next().await? {
            let outcome = book.convert(&row, &later_ones);
            told(Told::Record(table, &file.bound, &row, &outcome));
        }
        drop(rows);

        let owner = Owner { clinic: namespace.clinic(), file: &mapping.clinic.file };
        let files = containers::read(connection, owner).await?;
        let around = Surroundings {
            containers: &files,
            ledger: &Ledger::default(),
            mapping,
            namespace,
            practitioners: &doctors.keys,
            names: &doctors.names,
            patients: &people.keys,
            book: &file.census,
        };
        let mut beside = Beside::default();
        for table in SourceTable::OF_RECORD {
            let Some(file) = self.0.get(&table) else { continue };
            let mut convert = converter(table, file.bound.clone(), around, &file.census);
            let mut rows = staged(connection, source(table));
            while let Some(row) = rows.try_next().await? {
                let outcome = convert.convert(&row);
                told(Told::Record(table, &file.bound, &row, &outcome));
            }
            drop(rows);
            beside.new_ones(convert.beside()).iter().for_each(|row| told(Told::Setup(row)));
        }
        Ok(())
    }
}
