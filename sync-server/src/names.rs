//! What a clinic's workstations are called, remembered for a moment: every welcome says it, and it hardly changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use wattle_domain::{ClinicId, WorkstationId};

use crate::db::workstation;

/// How long names are believed.
const KNOWN_FOR: Duration = Duration::from_secs(10);

type OfClinic = Arc<BTreeMap<WorkstationId, String>>;

/// The names of some clinics' workstations.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<ClinicId, (Instant, OfClinic)>>);

impl Names {
    /// Those of a clinic, asked for at a workstation of it: one that is newer than what is remembered asks anew for all.
    pub async fn of(
        &self,
        connection: &mut PgConnection,
        clinic: ClinicId,
        at: WorkstationId,
    ) -> Result<OfClinic, sqlx::Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&clinic).cloned();
        if let Some((asked, names)) = known
            && asked.elapsed() < KNOWN_FOR
            && names.contains_key(&at)
        {
            return Ok(names);
        }
        let names = Arc::new(workstation::names(connection, clinic).await?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (asked, _)| asked.elapsed() < KNOWN_FOR);
        all.insert(clinic, (Instant::now(), names.clone()));
        Ok(names)
    }
}
