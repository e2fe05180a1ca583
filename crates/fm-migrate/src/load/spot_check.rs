//! Pages of the spot check in staging, and who found which of their records right.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::error::Error;

/// By whose lot a page's records were drawn, and their names.
pub(crate) type Drawn = (Uuid, BTreeSet<String>);

/// A page that was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) id: Uuid,
    pub(crate) draw: Uuid,
    /// Somebody asked for its draw.
    pub(crate) asked: bool,
}

/// Keeps what a new page shows: the name of each record of the draw, and the hash of what is to be seen of it, if it loaded.
pub(crate) async fn keep_page(
    connection: &mut PgConnection,
    clinic: ClinicId,
    page: Page,
    records: BTreeMap<String, Option<Vec<u8>>>,
) -> Result<(), Error> {
    let (names, seen): (Vec<String>, Vec<Option<Vec<u8>>>) = records.into_iter().unzip();
    sqlx::query(
        "WITH page AS (INSERT INTO staging.spot_page (id, clinic_id, draw_id, asked) VALUES ($1, $2, $3, $4) RETURNING id)
         INSERT INTO staging.spot_record (page_id, name, seen)
         SELECT page.id, r.name, r.seen FROM page, unnest($5::text[], $6::bytea[]) AS r (name, seen)",
    )
    .bind(page.id)
    .bind(clinic.0)
    .bind(page.draw)
    .bind(page.asked)
    .bind(names)
    .bind(seen)
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::db("keeping what the spot-check page shows"))
}

/// What a page has drawn; `None` where no page of the clinic is called so.
pub(crate) async fn drawn(
    connection: &mut PgConnection,
    clinic: ClinicId,
    page: Uuid,
) -> Result<Option<Drawn>, Error> {
    let found: Vec<(Uuid, Option<String>)> = sqlx::query_as(
        "SELECT p.draw_id, r.name FROM staging.spot_page p LEFT JOIN staging.spot_record r ON r.page_id = p.id
         WHERE p.clinic_id = $1 AND p.id = $2",
    )
    .bind(clinic.0)
    .bind(page)
    .fetch_all(connection)
    .await
    .map_err(Error::db("reading a page of the spot check"))?;
    let draw = found.first().map(|(draw, _)| *draw);
    Ok(draw.map(|draw| (draw, found.into_iter().filter_map(|(_, name)| name).collect())))
}

/// The latest page whose draw stays: somebody asked for it, or has saved a page of it.
pub(crate) async fn latest(connection: &mut PgConnection, clinic: ClinicId) -> Result<Option<Uuid>, Error> {
    sqlx::query_scalar(
        "SELECT p.id FROM staging.spot_page p WHERE p.clinic_id = $1 AND (p.asked OR EXISTS (
             SELECT FROM staging.spot_page o JOIN staging.spot_saved s ON s.page_id = o.id
             WHERE o.clinic_id = $1 AND o.draw_id = p.draw_id)) ORDER BY p.id DESC LIMIT 1",
    )
    .bind(clinic.0)
    .fetch_optional(connection)
    .await
    .map_err(Error::db("looking for a page of the spot check"))
}

/// Takes what somebody has saved from a page: `ticked` are right, `unticked` are so no more, and what the same person
/// ticked on the same page before and has not now, neither. Whoever was the first to find a record right stays its name; what
/// was taken back on a later page stays so.
pub(crate) async fn take(
    connection: &mut PgConnection,
    (clinic, page, by): (ClinicId, Uuid, &str),
    ticked: &[String],
    unticked: &[String],
) -> Result<(), Error> {
    let sql = "WITH saved AS (INSERT INTO staging.spot_saved (page_id, by_name) VALUES ($2, $3)
                       ON CONFLICT (page_id, by_name) DO UPDATE SET saved_at = clock_timestamp()),
                   shown AS (SELECT name, seen FROM staging.spot_record WHERE page_id = $2 AND seen IS NOT NULL),
                   struck AS (UPDATE staging.spot_tick t SET struck_on = $2 FROM shown s
                       WHERE t.clinic_id = $1 AND t.seen = s.seen AND s.name <> ALL ($4)
                         AND (s.name = ANY ($5) OR (t.page_id = $2 AND t.by_name = $3)))
               INSERT INTO staging.spot_tick AS t (clinic_id, seen, by_name, page_id)
               SELECT DISTINCT $1, seen, $3, $2 FROM shown WHERE name = ANY ($4)
               ON CONFLICT (clinic_id, seen) DO UPDATE SET by_name = excluded.by_name, page_id = excluded.page_id, struck_on = NULL
               WHERE t.struck_on <= excluded.page_id";
    sqlx::query(sql)
        .bind(clinic.0)
        .bind(page)
        .bind(by)
        .bind(ticked)
        .bind(unticked)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::db("taking the ticks of the spot check"))
}

/// Of what can be seen, what somebody has found right, and who.
pub(crate) async fn ticked(
    connection: &mut PgConnection,
    clinic: ClinicId,
    seen: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, String>, Error> {
    let found: Vec<(Vec<u8>, String)> = sqlx::query_as(
        "SELECT seen, by_name FROM staging.spot_tick WHERE clinic_id = $1 AND seen = ANY ($2) AND struck_on IS NULL",
    )
    .bind(clinic.0)
    .bind(seen)
    .fetch_all(connection)
    .await
    .map_err(Error::db("reading the ticks of the spot check"))?;
    Ok(found.into_iter().collect())
}

/// Who has saved a page of a draw.
pub(crate) async fn savers(
    connection: &mut PgConnection,
    clinic: ClinicId,
    draw: Uuid,
) -> Result<Vec<String>, Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT s.by_name FROM staging.spot_saved s JOIN staging.spot_page p ON p.id = s.page_id
         WHERE p.clinic_id = $1 AND p.draw_id = $2",
    )
    .bind(clinic.0)
    .bind(draw)
    .fetch_all(connection)
    .await
    .map_err(Error::db("reading who has compared"))
}
