//! What `fm-migrate cutover --export` has written, opened: the migrator never gets what opens the database, so it writes the
//! values as they rest.

use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use uuid::Uuid;
use wattle_domain::{ClinicId, TableName};

use super::{Sealer, Seals, is_sealed};
use crate::admin::{AdminError, begin, note};
use crate::kms::KeyRing;

/// Opens the lines of one clinic's export.
#[derive(Debug)]
pub struct Opener(Sealer);

impl Opener {
    /// With the clinic's keys; that they were used for this is in the log of access.
    ///
    /// # Errors
    /// There is no such clinic; the database or the KMS went away.
    pub async fn new(owner: &PgPool, kms: KeyRing, clinic: ClinicId) -> Result<Self, AdminError> {
        begin(owner, clinic).await?.rollback().await?;
        let seals = Seals::new(owner.clone());
        seals.give(kms);
        let sealer = seals.for_writing(clinic).await?;
        let mut tx = begin(owner, clinic).await?;
        note(&mut tx, clinic, "open_export", None, json!({})).await?;
        tx.commit().await?;
        Ok(Self(sealer))
    }

    /// Opens what is sealed in a line's `fields`; how many values that were. A line of a table that this server does not know is
    /// left as it is.
    ///
    /// # Errors
    /// A value that does not open: another clinic's, or damaged.
    pub fn open(&self, line: &mut Value) -> Result<u64, AdminError> {
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let table = text("table").and_then(|name| name.parse::<TableName>().ok());
        let id = text("id").and_then(|id| id.parse::<Uuid>().ok());
        let (Some(table), Some(id)) = (table.map(TableName::table), id) else { return Ok(0) };
        let mut opened = 0;
        for column in table.sealed() {
            let Some(value) = line.get_mut("fields").and_then(|fields| fields.get_mut(column.name)) else {
                continue;
            };
            if value.as_str().is_some_and(is_sealed) {
                self.0.opened(table, column, id, value).map_err(sqlx::Error::from)?;
                opened += 1;
            }
        }
        Ok(opened)
    }
}
