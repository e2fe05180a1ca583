//! The files of a workstation: how far each has numbered, and where its cursors were.

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, ReplicaId, WorkstationId};
use wattle_protocol::session::Cursors;

use super::feed::signed;

/// One file at one workstation of a clinic; `None` is the one file of a workstation of protocol 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub clinic: ClinicId,
    pub workstation: WorkstationId,
    pub replica: Option<ReplicaId>,
}

/// The last command number that the server has of a file; 0 for one that it does not know.
pub(crate) async fn last_n(connection: &mut PgConnection, file: File) -> Result<i64, sqlx::Error> {
    let found: Option<i64> = match file.replica {
        None => {
            sqlx::query_scalar("SELECT last_n FROM clinic.workstation WHERE clinic_id = $1 AND id = $2")
                .bind(file.clinic.0)
                .bind(file.workstation.0)
                .fetch_optional(connection)
                .await?
        }
        Some(replica) => {
            sqlx::query_scalar(
                "SELECT last_n FROM clinic.workstation_replica \
                 WHERE clinic_id = $1 AND workstation_id = $2 AND replica_id = $3",
            )
            .bind(file.clinic.0)
            .bind(file.workstation.0)
            .bind(replica.0)
            .fetch_optional(connection)
            .await?
        }
    };
    Ok(found.unwrap_or_default())
}

/// Notes where a file is; feeds that it does not name it does not hold.
pub(crate) async fn at(
    connection: &mut PgConnection,
    file: File,
    epoch: &str,
    cursors: &Cursors,
) -> Result<(), sqlx::Error> {
    let replica = file.replica.map_or(Uuid::nil(), |replica| replica.0);
    let (classes, seqs): (Vec<&str>, Vec<i64>) =
        cursors.iter().map(|(feed, seq)| (feed.as_str(), signed(*seq))).unzip();
    sqlx::query(
        "DELETE FROM clinic.workstation_cursor \
         WHERE clinic_id = $1 AND workstation_id = $2 AND replica_id = $3 AND class <> ALL ($4)",
    )
    .bind(file.clinic.0)
    .bind(file.workstation.0)
    .bind(replica)
    .bind(&classes)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO clinic.workstation_cursor (clinic_id, workstation_id, replica_id, class, seq, epoch) \
         SELECT $1, $2, $3, class, seq, $6 FROM unnest($4::text[], $5::bigint[]) AS held (class, seq) \
         ON CONFLICT (clinic_id, workstation_id, replica_id, class) \
         DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, at = now()",
    )
    .bind(file.clinic.0)
    .bind(file.workstation.0)
    .bind(replica)
    .bind(&classes)
    .bind(&seqs)
    .bind(epoch)
    .execute(connection)
    .await?;
    Ok(())
}
