//! The sample clinic: a made-up practice as FileMaker would export it, dirt included, the same for the same seed.
//!
//! Owns: `Patients.xml` (FMPXMLRESULT), `Practitioners.mer`, `Appointments.csv`, where asked for the tables of the record, the
//! mapping `clinic.toml`, and `truth.json`, which says what dirt was planted where, so that tests can ask for exactly that.
//! Must never: read a clock or another source of chance than the seed; name a real person.
//! Called by: `fm-migrate sample`, `cargo xtask demo`, the benchmarks, the tests.

mod appointments;
mod book;
mod mapping;
mod names;
mod numbers;
mod output;
mod patients;
mod people;
mod places;
mod practitioners;
mod random;
mod record;
mod roster;
mod truth;

use std::path::Path;

use chrono::NaiveDate;

use crate::error::Error;
pub use truth::{Planted, TableTruth, Truth};

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Patients that load; the dirty ones come on top.
    pub patients: u32,
    /// Practitioners who still work there; two who have left come on top.
    pub practitioners: u32,
    /// Appointments that load; the dirty ones come on top.
    pub appointments: u32,
    /// Notes; with them come allergies, medicines, measured values, recalls, letters and accounts. None of these tables when 0.
    pub notes: u32,
    /// Documents with their files, some of them no good. No such table when 0.
    pub documents: u32,
    /// How large a file is at least, KiB; 0 for some 10 KiB, which are quick to make.
    pub file_kib: u32,
    /// The day of the export.
    pub today: NaiveDate,
    /// The minute of the export on the clinic's clock: who is done, in consult and waiting today.
    pub now_min: u32,
}

impl Plan {
    /// 5,000 patients, 6 practitioners, 60,000 appointments, exported at 11 in the morning.
    #[must_use]
    pub fn standard(seed: u64, today: NaiveDate) -> Self {
        Self {
            seed,
            patients: 5_000,
            practitioners: 6,
            appointments: 60_000,
            notes: 0,
            documents: 0,
            file_kib: 0,
            today,
            now_min: 11 * 60,
        }
    }

    /// How much of each kind of dirt: `full` from 1,000 patients on, one for a small sample, none for a tiny one.
    fn dirt(&self, full: u32) -> u32 {
        match self.patients {
            0..=19 => 0,
            20..=999 => full.min(1),
            _ => full,
        }
    }
}

/// Writes the sample into a folder, which is made when missing.
///
/// # Errors
/// When the plan asks for nobody, or the folder cannot be written.
pub fn write(plan: &Plan, dir: &Path) -> Result<Truth, Error> {
    if plan.patients == 0 || plan.practitioners == 0 || plan.practitioners > 200 {
        return Err(Error::Sample("a sample needs at least one patient and 1 to 200 practitioners".into()));
    }
    std::fs::create_dir_all(dir).map_err(Error::file(dir))?;
    let mut truth = Truth::new(plan);
    let staff = people::staff(plan);
    practitioners::write(plan, &staff, dir, &mut truth.practitioners)?;
    let patients = patients::write(plan, &staff, dir, &mut truth.patients)?;
    let visits = appointments::write(plan, &staff, &patients, dir, &mut truth.appointments)?;
    let clinic = record::Clinic { plan, staff: &staff, register: &patients, visits: &visits };
    record::write(&clinic, dir, &mut truth)?;
    mapping::write(plan, &staff, dir)?;
    truth.write(dir)?;
    Ok(truth)
}
