//! What staging knows about where each table stands.

use sqlx::postgres::PgConnection;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::status::Standing;

type Stored = (String, String, Option<String>, i64, Option<i64>, Option<f64>, Option<i64>, Option<i64>);

/// Every table that was ever staged, the newest of each way.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<Standing>, Error> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass('staging.extract') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::db("looking at staging"))?;
    if !there {
        return Ok(Vec::new());
    }
    // What a sweep has staged so far is counted; the time since it began gives its pace.
    let stored: Vec<Stored> = sqlx::query_as(
        "WITH last AS (SELECT id, report FROM staging.run r WHERE clinic_id = $1 AND finished_at IS NOT NULL
                           AND EXISTS (SELECT FROM staging.run_source u WHERE u.run_id = r.id) ORDER BY id DESC LIMIT 1)
         SELECT DISTINCT ON (s.source_table, s.route) s.source_table, s.route, e.state, c.staged, e.found,
             extract(epoch FROM now() - e.began_at)::float8,
             CASE WHEN u.run_id IS NOT NULL THEN (last.report #>> ARRAY['tables', s.source_table, 'loaded'])::bigint END,
             CASE WHEN u.run_id IS NOT NULL THEN (last.report #>> ARRAY['tables', s.source_table, 'rejected'])::bigint END
         FROM staging.source s
         CROSS JOIN LATERAL (SELECT count(*) AS staged FROM staging.raw_row w WHERE w.source_id = s.id) c
         LEFT JOIN staging.extract e ON e.source_id = s.id
         LEFT JOIN last ON true LEFT JOIN staging.run_source u ON u.run_id = last.id AND u.source_id = s.id
         WHERE s.clinic_id = $1 ORDER BY s.source_table, s.route, s.id DESC",
    )
    .bind(clinic.0)
    .fetch_all(connection)
    .await
    .map_err(Error::db("reading where the tables stand"))?;
    Ok(stored
        .into_iter()
        .map(|(table, route, state, staged, found, since, loaded, rejected)| {
            let sweeping = state.as_deref() == Some("sweep") && staged > 0;
            #[allow(clippy::cast_precision_loss, reason = "seconds for people")]
            let seconds_left = found
                .zip(since)
                .filter(|_| sweeping)
                .map(|(found, since)| since / staged as f64 * (found - staged).max(0) as f64);
            let state = state.unwrap_or_else(|| "staged".into());
            Standing { table, route, state, staged, found, seconds_left, loaded, rejected }
        })
        .collect())
}
