//! A house for a benchmark: durable PostgreSQL, the server, a small imported clinic, and as many rows as wanted.

use std::path::Path;
use std::time::Duration;

use crate::house::{House, Size, add_people};

/// Longest wait for anything that a benchmark waits for.
pub const PATIENCE: Duration = Duration::from_secs(900);

/// The small clinic that every house begins with.
const SMALL: Size = Size { patients: 200, practitioners: 12, appointments: 600 };

/// A house with its small clinic and people; no server yet.
///
/// # Errors
/// A part of it says no.
pub fn house(dir: &Path) -> anyhow::Result<House> {
    let mut house = House::found(dir, true)?;
    // The whole crowd comes from one address.
    house.serve_env(&[("WATTLE_CONNECTIONS_PER_ADDRESS", "12000")]);
    house.import_sample(SMALL, 1)?;
    add_people(&house)?;
    house.seal(house.clinic())?;
    Ok(house)
}

/// Adds rows to the clinic: for each 5 a patient with mobile and address and two appointments; about 300 bytes each on the
/// wire. Straight into the tables, past triggers and foreign keys, as a restored backup would be: what is measured is
/// what comes after.
///
/// # Errors
/// PostgreSQL says no.
pub fn fill(house: &House, rows: u32) -> anyhow::Result<()> {
    let sql = include_str!("fill.sql")
        .replace("CLINIC", house.clinic())
        .replace("PATIENTS", &(rows / 5).to_string());
    house.text(&sql)?;
    // The server would seal them while it is measured.
    house.seal(house.clinic())
}

/// Changes so many of the appointments that [`fill`] made, in commits of 100.
///
/// # Errors
/// PostgreSQL says no.
pub fn change(house: &House, rows: u32) -> anyhow::Result<()> {
    let clinic = house.clinic();
    let sql = format!(
        "SET wattle.clinic = '{clinic}'; CREATE TEMPORARY TABLE chosen AS SELECT id, row_number() OVER (ORDER BY md5(id::text)) - 1 AS n \
         FROM clinic.appointment WHERE clinic_id = '{clinic}' ORDER BY md5(id::text) LIMIT {rows};"
    );
    // One `psql` with many statements is one transaction unless each commits for itself.
    let block = "DO $$ DECLARE batch integer; BEGIN FOR batch IN 0..(SELECT coalesce(max(n), 0) / 100 FROM chosen) LOOP \
         UPDATE clinic.appointment a SET note = 'rang ' || left(a.id::text, 8) FROM chosen c \
         WHERE a.clinic_id = nullif(current_setting('wattle.clinic'), '')::uuid AND a.id = c.id AND c.n / 100 = batch; \
         COMMIT; END LOOP; END $$";
    house.script(&format!("{sql}\n{block};"))
}
