//! For whom a transaction works: the settings that row-level security and attribution believe.

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Postgres, Transaction};
use wattle_domain::{ClinicId, UserId, WorkstationId};

/// Clinic, user and workstation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub clinic: ClinicId,
    pub user: Option<UserId>,
    pub workstation: Option<WorkstationId>,
}

impl Identity {
    /// The clinic and nobody: sees the server's own tables and not one row of the clinic's data.
    pub fn clinic(clinic: ClinicId) -> Self {
        Self { clinic, user: None, workstation: None }
    }

    /// Makes a running transaction work for this identity, until it ends or another is set.
    pub async fn set(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "SELECT set_config('wattle.clinic', $1, true), set_config('wattle.user', $2, true), \
             set_config('wattle.workstation', $3, true)",
        )
        .bind(self.clinic.to_string())
        .bind(self.user.map(|u| u.to_string()).unwrap_or_default())
        .bind(self.workstation.map(|w| w.to_string()).unwrap_or_default())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// [`Identity::set`] as text, for several statements in one round trip. What is put in are ids.
    pub fn text(&self) -> String {
        format!(
            "SELECT set_config('wattle.clinic', '{}', true), set_config('wattle.user', '{}', true), \
             set_config('wattle.workstation', '{}', true)",
            self.clinic,
            self.user.map(|u| u.to_string()).unwrap_or_default(),
            self.workstation.map(|w| w.to_string()).unwrap_or_default(),
        )
    }

    /// Begins a READ COMMITTED transaction for this identity.
    pub async fn begin(&self, pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut tx = pool.begin().await?;
        self.set(&mut tx).await?;
        Ok(tx)
    }
}
