//! The map under its key: looked at before anything is compared, and a map of before brought under it.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::map_key::MapKey;

/// Rows that are rewritten at once.
const BATCH: i64 = 20_000;
/// How a hash begins that is kept under a key; a plain one is hexadecimal, that of a row that is gone empty.
const KEYED: &str = "k%";

/// Whether the map is kept under a key, and under this one: to be asked before rows are compared by their hashes. What would
/// be compared under another key would all look changed.
///
/// # Errors
/// [`Error::Refused`] when it is kept under a key that was not given, or under another.
pub(crate) async fn is_keyed(
    connection: &mut PgConnection,
    clinic: ClinicId,
    key: Option<&MapKey>,
) -> Result<bool, Error> {
    let prefix = key.map_or("", MapKey::prefix);
    let (keyed, other): (bool, bool) = sqlx::query_as(
        "SELECT EXISTS (SELECT FROM clinic.migration_map WHERE clinic_id = $1 AND row_hash LIKE $2),
                EXISTS (SELECT FROM clinic.migration_map WHERE clinic_id = $1 AND row_hash LIKE $2
                        AND ($3 = '' OR NOT starts_with(row_hash, $3)))",
    )
    .bind(clinic.0)
    .bind(KEYED)
    .bind(prefix)
    .fetch_one(connection)
    .await
    .map_err(Error::db("looking at the map"))?;
    if other {
        let which = if key.is_some() { "another key than this one" } else { "a key" };
        return Err(Error::Refused(format!(
            "what this clinic's rows were loaded as is kept under {which}. Get it with `wattle-server keys map --clinic {clinic} \
             --out FILE` and give it as --map-key-file."
        )));
    }
    Ok(keyed)
}

/// Brings what was noted plain under the key, all of it or nothing; says how many.
pub(crate) async fn bring_under(
    connection: &mut PgConnection,
    clinic: ClinicId,
    key: &MapKey,
) -> Result<u64, Error> {
    let doing = || Error::db("bringing the map under its key");
    let mut tx = connection.begin().await.map_err(doing())?;
    let mut done = 0;
    loop {
        let plain: Vec<(String, Uuid, String)> = sqlx::query_as(
            "SELECT table_name, row_id, row_hash FROM clinic.migration_map
             WHERE clinic_id = $1 AND row_hash <> '' AND row_hash NOT LIKE $2 LIMIT $3",
        )
        .bind(clinic.0)
        .bind(KEYED)
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await
        .map_err(doing())?;
        if plain.is_empty() {
            break;
        }
        let tables: Vec<&str> = plain.iter().map(|(table, ..)| table.as_str()).collect();
        let ids: Vec<Uuid> = plain.iter().map(|(_, id, _)| *id).collect();
        let hashes: Vec<String> = plain.iter().map(|(.., hash)| key.keyed(hash)).collect();
        let written = sqlx::query(
            "UPDATE clinic.migration_map m SET row_hash = n.hash
             FROM unnest($2::text[], $3::uuid[], $4::text[]) AS n (tbl, id, hash)
             WHERE m.clinic_id = $1 AND m.table_name = n.tbl AND m.row_id = n.id",
        )
        .bind(clinic.0)
        .bind(tables)
        .bind(ids)
        .bind(hashes)
        .execute(&mut *tx)
        .await
        .map_err(doing())?;
        done += written.rows_affected();
    }
    tx.commit().await.map_err(doing())?;
    Ok(done)
}
