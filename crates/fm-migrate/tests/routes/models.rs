//! The read models over an imported clinic: what they say, what they must not say, and what a failed test leaves behind.

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection, Executor};
use uuid::Uuid;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::models::refresh;
use wattle_fm_migrate::sample::Plan;
use wattle_fm_migrate::wire::Route;
use wattle_models::{Error, Model, Refreshed, shipped};

use super::support::{CLINIC, House, database, number, small};

/// An imported clinic whose book has bookings today.
pub struct Clinic {
    _house: House,
    pub url: String,
    pub run: Uuid,
    pub pool: PgPool,
}

impl Clinic {
    pub async fn new(name: &str, route: Route) -> Option<Self> {
        let url = database(name).await?;
        let plan = Plan { appointments: 900, ..small() };
        let house = House::new(plan, Settings::default()).await;
        if route != Route::File {
            house.extract(&url, route).await.unwrap();
        }
        let run = house.import(&url, route).await.unwrap().run;
        let pool = PgPool::connect(&url).await.unwrap();
        let clinic = Self { _house: house, url, run, pool };
        // The day with most bookings becomes today, whatever day it is. All double ones: each moves by itself.
        clinic
            .past_the_rules(
                "UPDATE clinic.appointment SET double_booking = true, start_at = start_at + by, end_at = end_at + by FROM (
                     SELECT ((now() AT TIME ZONE 'Australia/Sydney')::date - (start_at AT TIME ZONE 'Australia/Sydney')::date)
                         * interval '1 day' AS by FROM clinic.appointment GROUP BY 1 ORDER BY count(*) DESC LIMIT 1) AS busiest",
            )
            .await;
        Some(clinic)
    }

    pub async fn refresh(&self) -> Vec<Refreshed> {
        refresh(&self.url, CLINIC, Some(self.run), None).await.unwrap()
    }

    /// As the migrator, for the clinic.
    async fn migrator(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let who = format!("SET ROLE wattle_migrator; SELECT set_config('wattle.clinic', '{CLINIC}', false)");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(who))).await.unwrap();
        connection
    }

    async fn number(&self, sql: &'static str) -> i64 {
        number(&self.url, sql).await
    }

    /// As a person in Wattle.
    async fn by_hand(&self, sql: &str) {
        let who = format!(
            "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false); {sql}",
            Uuid::from_u128(1)
        );
        sqlx::raw_sql(AssertSqlSafe(who)).execute(&self.pool).await.unwrap();
    }

    /// Past every rule, as no program of ours can.
    pub async fn past_the_rules(&self, sql: &str) {
        let script = format!("BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");
        sqlx::raw_sql(AssertSqlSafe(script))
            .execute(&self.pool)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_say_what_the_clinic_holds_and_a_second_refresh_writes_nothing() {
    let Some(clinic) = Clinic::new("models", Route::File).await else { return };
    let done = clinic.refresh().await;
    let names: Vec<&str> = done.iter().map(|m| m.model.as_str()).collect();
    assert_eq!(
        names,
        [
            "todays_appointments",
            "waiting_room",
            "patient_summary",
            "unactioned_results",
            "import_account",
            "lineage",
            "day_takings"
        ]
    );
    assert!(done.iter().all(|m| m.tests >= 3), "{done:?}");
    let held = |name: &str| done.iter().find(|m| m.model == name).unwrap().held;
    assert_eq!(
        held("patient_summary"),
        clinic.number("SELECT count(*) FROM clinic.patient WHERE deleted_at IS NULL").await
    );

    // Today, by another way than the model's: the clinic's own clock as text.
    let today = clinic
        .number(
            "SELECT count(*) FROM clinic.appointment WHERE status <> 'cancelled' AND deleted_at IS NULL
             AND to_char(start_at AT TIME ZONE 'Australia/Sydney', 'YYYYMMDD') = to_char(now() AT TIME ZONE 'Australia/Sydney', 'YYYYMMDD')",
        )
        .await;
    assert!(today > 0, "the sample has nothing today");
    let listed = "SELECT count(*) FROM read_model.todays_appointments WHERE day = (now() AT TIME ZONE 'Australia/Sydney')::date";
    assert_eq!(clinic.number(listed).await, today);
    let counted = "SELECT sum(appointments)::bigint FROM read_model.patient_summary";
    assert_eq!(
        clinic.number(counted).await,
        clinic
            .number(
                "SELECT count(*) FROM clinic.appointment WHERE deleted_at IS NULL AND status <> 'cancelled'"
            )
            .await
    );

    // What came in, less what went back, is what was paid; a slip of the pen on its own day is neither.
    let net = "SELECT sum(received_cents - refunded_cents)::bigint FROM read_model.day_takings";
    let paid = "SELECT sum(amount_cents)::bigint FROM clinic.payment";
    assert_eq!(clinic.number(net).await, clinic.number(paid).await);
    assert!(clinic.number("SELECT sum(refunds)::bigint FROM read_model.day_takings").await > 0);

    // Which SQL ran under which run.
    let noted: Vec<(String, String)> =
        sqlx::query_as("SELECT model, sql_hash FROM read_model.refresh WHERE run_id = $1 ORDER BY model")
            .bind(clinic.run)
            .fetch_all(&clinic.pool)
            .await
            .unwrap();
    let mut expected: Vec<(String, String)> =
        shipped().unwrap().into_iter().map(|m| (m.name, m.hash)).collect();
    expected.sort();
    assert_eq!(noted, expected);

    let again = clinic.refresh().await;
    let wrote: i64 = again.iter().map(|m| m.inserted + m.updated + m.deleted).sum();
    assert_eq!(wrote, 0, "{again:?}");

    // A person works: what that changes is written, and nothing else.
    clinic
        .by_hand(
            "UPDATE clinic.appointment SET status = 'arrived', arrived_at = now() WHERE id = (
                 SELECT appointment_id FROM read_model.todays_appointments
                 WHERE day = (now() AT TIME ZONE 'Australia/Sydney')::date AND status IN ('booked', 'confirmed')
                 ORDER BY appointment_id LIMIT 1);
             UPDATE clinic.patient SET preferred_name = 'By hand' WHERE id = (
                 SELECT patient_id FROM read_model.patient_summary WHERE appointments = 0 ORDER BY patient_id LIMIT 1)",
        )
        .await;
    let waiting = clinic
        .number("SELECT count(*) FROM clinic.appointment WHERE status = 'arrived' AND updated_by IS NOT NULL")
        .await;
    let worked = clinic.refresh().await;
    let wrote = |name: &str| {
        let m = worked.iter().find(|m| m.model == name).unwrap();
        (m.inserted, m.updated, m.deleted)
    };
    assert_eq!(wrote("todays_appointments"), (0, waiting, 0));
    assert_eq!(wrote("waiting_room"), (waiting, 0, 0));
    assert_eq!(
        clinic
            .number("SELECT count(*) FROM read_model.patient_summary WHERE preferred_name = 'By hand'")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_traced_to_its_record_and_every_record_is_accounted_for() {
    for route in [Route::File, Route::Odata] {
        let Some(clinic) = Clinic::new(&format!("lineage_{}", route.as_str()), route).await else { return };
        clinic.refresh().await;
        // The record of each patient's row, found in staging by what lineage says of it, has that patient's number in a cell.
        let traced = "SELECT count(*) FROM read_model.lineage l
             JOIN staging.source s ON s.source_file = l.source_file AND s.source_table = l.source_table AND s.export_name = l.export_name
             JOIN staging.raw_row w ON w.source_id = s.id AND w.record_id = l.record_id
             JOIN clinic.patient p ON p.id = l.row_id AND p.record_number = ANY (w.cells)
             WHERE l.table_name = 'patient'";
        assert_eq!(
            clinic.number(traced).await,
            clinic.number("SELECT count(*) FROM clinic.patient").await,
            "{route:?}"
        );
        let run = "SELECT count(*) FROM read_model.lineage WHERE run_id <> (SELECT id FROM staging.run ORDER BY id DESC LIMIT 1)";
        assert_eq!(clinic.number(run).await, 0);
        assert_eq!(
            clinic.number("SELECT sum(rejected_records)::bigint FROM read_model.import_account").await,
            clinic.number("SELECT count(*) FROM staging.reject").await
        );
        let read = "SELECT count(*) FROM read_model.import_account a JOIN staging.source s USING (source_file, source_table)
             WHERE a.read_records = s.records AND a.read_records = a.loaded_records + a.rejected_records";
        assert_eq!(
            clinic.number(read).await,
            clinic.number("SELECT count(*) FROM staging.source").await,
            "{route:?}"
        );
        let by_reason = "SELECT sum(n::bigint)::bigint FROM read_model.import_account, jsonb_each_text(rejects) AS r (code, n)";
        assert!(clinic.number(by_reason).await > 0, "the sample has rejects");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_does_not_hold_leaves_the_model_as_it_was_and_names_keys_alone() {
    let Some(clinic) = Clinic::new("failed_models", Route::File).await else { return };
    clinic.refresh().await;
    let summary = include_str!("../../../../migrations/models/030_patient_summary.sql");
    let read = |text: &str| Model::read("030_patient_summary.sql", text).unwrap();
    let mut connection = clinic.migrator().await;
    clinic.by_hand("UPDATE clinic.patient SET preferred_name = 'Marker'").await;

    let strict = read(&summary.replace("sex = female, male, other, unknown", "sex = female"));
    let run = Uuid::from_u128(7);
    let error = wattle_models::refresh(&mut connection, CLINIC, run, &[strict]).await.unwrap_err();
    let Error::Failed { model, test, line, keys, .. } = &error else { panic!("{error}") };
    assert_eq!((model.as_str(), test.as_str(), *line), ("patient_summary", "accepted_values sex", 10));
    let others: Vec<String> =
        sqlx::query_scalar("SELECT id::text FROM clinic.patient WHERE sex <> 'female' ORDER BY 1 LIMIT 5")
            .fetch_all(&clinic.pool)
            .await
            .unwrap();
    assert_eq!(keys, &others, "the first of them, by their ids");
    let said = error.to_string();
    assert!(said.contains("030_patient_summary.sql, line 10") && !said.contains("Marker"), "{said}");
    let kept = "SELECT count(*) FROM read_model.patient_summary WHERE preferred_name = 'Marker'";
    assert_eq!(clinic.number(kept).await, 0, "rolled back");
    assert_eq!(clinic.number("SELECT count(*) FROM read_model.refresh WHERE run_id = '00000000-0000-0000-0000-000000000007'").await, 0);

    // Counts are compared with the clinic's own.
    let short = read(&summary.replace(" AND p.merged_into IS NULL", " AND p.sex = 'male'"));
    let error = wattle_models::refresh(&mut connection, CLINIC, run, &[short]).await.unwrap_err().to_string();
    assert!(error.contains("rows = clinic.patient where") && error.contains("and there are"), "{error}");

    // A key that comes twice.
    let (head, body) = summary.split_once("SELECT").unwrap();
    let twice = read(&format!("{head}SELECT{body}\nUNION ALL\nSELECT{body}"));
    let error = wattle_models::refresh(&mut connection, CLINIC, run, &[twice]).await.unwrap_err();
    let Error::Failed { test, keys, .. } = &error else { panic!("{error}") };
    assert_eq!((test.as_str(), keys.len()), ("key clinic_id, patient_id", 5));

    // An input that no database has is named by file and line; the lock is free again.
    let nowhere = read(&summary.replace("clinic.recall", "clinic.recalls"));
    let error =
        wattle_models::refresh(&mut connection, CLINIC, run, &[nowhere]).await.unwrap_err().to_string();
    assert_eq!(error, "030_patient_summary.sql, line 4: clinic.recalls is not in this database.");
    wattle_models::refresh(&mut connection, CLINIC, run, &[read(summary)]).await.unwrap();
    assert_eq!(clinic.number(kept).await, clinic.number("SELECT count(*) FROM clinic.patient").await);
    let unknown = refresh(&clinic.url, CLINIC, None, Some("takings")).await.unwrap_err().to_string();
    assert!(unknown.contains("no model takings: there are todays_appointments"), "{unknown}");
}

/// Every column that the server seals is given a word, and the word is looked for in all that the models hold.
#[tokio::test(flavor = "multi_thread")]
async fn what_rests_sealed_in_the_clinic_is_in_no_model() {
    let Some(clinic) = Clinic::new("sealed_models", Route::File).await else { return };
    let patient = "(SELECT min(id::text)::uuid FROM clinic.patient)";
    clinic
        .past_the_rules(&format!(
            "INSERT INTO clinic.inbox_item (clinic_id, id, patient_id, title, source, text, abnormal, received_at)
                 VALUES ('{CLINIC}', gen_random_uuid(), {patient}, 't', 's', 'x', true, now());
             INSERT INTO clinic.recall (clinic_id, id, patient_id, due_on, reason, comment, status)
                 VALUES ('{CLINIC}', gen_random_uuid(), {patient}, '2026-01-01', 'r', 'c', 'due');
             INSERT INTO clinic.condition (clinic_id, id, patient_id, text, comment, status)
                 VALUES ('{CLINIC}', gen_random_uuid(), {patient}, 't', 'c', 'active')"
        ))
        .await;
    let sealed: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT s.tbl, s.col, c.data_type FROM clinic.sealed_column s JOIN information_schema.columns c
             ON c.table_schema = 'clinic' AND c.table_name = s.tbl AND c.column_name = s.col ORDER BY 1, 2",
    )
    .fetch_all(&clinic.pool)
    .await
    .unwrap();
    let mut marked = Vec::new();
    for (table, column, kind) in &sealed {
        let word = "'MARKER ' || gen_random_uuid()";
        let word = if kind == "jsonb" { format!("to_jsonb({word})") } else { word.to_owned() };
        let mut tx = clinic.pool.begin().await.unwrap();
        // History refuses even this; only its owner can take the lock off.
        let script = format!(
            "SET LOCAL session_replication_role = replica; ALTER TABLE clinic.{table} DISABLE TRIGGER ALL"
        );
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *tx).await.unwrap();
        let done = sqlx::query(AssertSqlSafe(format!(
            "UPDATE clinic.{table} SET {column} = {word} WHERE {column} IS NOT NULL"
        )))
        .execute(&mut *tx)
        .await
        .unwrap_or_else(|e| panic!("{table}.{column}: {e}"));
        tx.commit().await.unwrap();
        if done.rows_affected() > 0 {
            marked.push(format!("{table}.{column}"));
        }
    }
    for must in [
        "alert.text",
        "allergy.substance",
        "appointment.note",
        "clinical_note.body",
        "condition.text",
        "inbox_item.text",
        "medication.text",
        "patient_identifier.value",
        "recall.reason",
    ] {
        assert!(marked.iter().any(|m| m == must), "{must} is not among {marked:?}");
    }
    clinic.refresh().await;
    assert_eq!(clinic.number("SELECT count(*) FROM read_model.unactioned_results").await, 1);
    // Others have recalls too, out of FileMaker; this patient may.
    assert_eq!(clinic.number("SELECT least(recalls_due, 1) + results_waiting + conditions FROM read_model.patient_summary WHERE results_waiting > 0").await, 3);
    for model in shipped().unwrap() {
        let sql = format!("SELECT count(*) FROM {} t WHERE t::text LIKE '%MARKER%'", model.output);
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&clinic.pool).await.unwrap();
        assert_eq!(found, 0, "{}", model.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_of_one_clinic_and_the_app_has_none() {
    let Some(clinic) = Clinic::new("models_of_one", Route::File).await else { return };
    clinic.refresh().await;
    let mut migrator = clinic.migrator().await;
    let seen = |model: &Model| AssertSqlSafe(format!("SELECT count(*) FROM {}", model.output));
    let models = shipped().unwrap();
    for model in &models {
        let here: i64 = sqlx::query_scalar(seen(model)).fetch_one(&mut migrator).await.unwrap();
        let empty = ["waiting_room", "unactioned_results"].contains(&model.name.as_str());
        assert!(here > 0 || empty, "{}", model.name);
    }
    migrator.execute("SELECT set_config('wattle.clinic', gen_random_uuid()::text, false)").await.unwrap();
    for model in &models {
        let there: i64 = sqlx::query_scalar(seen(model)).fetch_one(&mut migrator).await.unwrap();
        assert_eq!(there, 0, "{}: another clinic's", model.name);
    }
    let mut app = PgConnection::connect(&clinic.url).await.unwrap();
    let who = format!("SET ROLE wattle_app; SELECT set_config('wattle.clinic', '{CLINIC}', false)");
    app.execute(sqlx::raw_sql(AssertSqlSafe(who))).await.unwrap();
    for model in &models {
        let refused = sqlx::query(seen(model)).execute(&mut app).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{}", model.name);
    }
}

/// A refresh that has written everything and not yet committed keeps no reader waiting, and shows them nothing half.
#[tokio::test(flavor = "multi_thread")]
async fn readers_wait_for_no_refresh() {
    let Some(clinic) = Clinic::new("readers", Route::File).await else { return };
    clinic.refresh().await;
    clinic.by_hand("UPDATE clinic.patient SET preferred_name = 'Fresh'").await;
    let mut holder = clinic.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE read_model.refresh IN SHARE MODE").execute(&mut *holder).await.unwrap();
    let url = clinic.url.clone();
    let waits = tokio::spawn(async move { refresh(&url, CLINIC, None, Some("patient_summary")).await });
    let waiting =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'read_model.refresh'::regclass";
    for _ in 0..200 {
        if clinic.number(waiting).await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(clinic.number(waiting).await, 1, "it has written, and waits to say so");
    let mut reader = clinic.pool.acquire().await.unwrap();
    reader.execute("SET statement_timeout = '5s'").await.unwrap();
    let fresh = "SELECT count(*) FROM read_model.patient_summary WHERE preferred_name = 'Fresh'";
    let seen: i64 = sqlx::query_scalar(fresh).fetch_one(&mut *reader).await.unwrap();
    assert_eq!(seen, 0);
    holder.rollback().await.unwrap();
    let done = waits.await.unwrap().unwrap();
    assert_eq!(clinic.number(fresh).await, done[0].updated);
    assert!(done[0].updated > 0);
}

/// Today's list and a patient's summary are found by index, also by whoever row-level security holds for. Wattle's own bench
/// measures them; here is only that no plan reads a table whole.
#[tokio::test(flavor = "multi_thread")]
async fn todays_list_and_a_summary_are_found_by_index() {
    let Some(url) = database("plans").await else { return };
    let pool = PgPool::connect(&url).await.unwrap();
    // Twenty clinics of 10,000 patients with as many bookings in the nine days: a million appointments in some years.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "INSERT INTO read_model.patient_summary (clinic_id, patient_id, record_number, family_name, sex, restricted, appointments,
             did_not_attend, alerts, allergies, nil_known_allergies, conditions, medications, recalls_due, results_waiting)
         SELECT CASE WHEN n % 20 = 0 THEN '{CLINIC}'::uuid ELSE md5((n % 20)::text)::uuid END, md5('p' || n)::uuid, n::text,
             'Name' || n % 5000, 'female', false, 5, 0, 0, 0, false, 0, 0, 0, 0 FROM generate_series(1, 200000) n;
         INSERT INTO read_model.todays_appointments (clinic_id, appointment_id, day, start_at, end_at, status, double_booking,
             practitioner_id, practitioner, patient_id, family_name, restricted, type)
         SELECT CASE WHEN n % 20 = 0 THEN '{CLINIC}'::uuid ELSE md5((n % 20)::text)::uuid END, md5('a' || n)::uuid,
             current_date + (n / 20 % 9) - 1, now() + n * interval '1 second', now() + n * interval '1 second' + interval '1 hour',
             'booked', false, md5('d')::uuid, 'Dr', md5('p' || n)::uuid, 'Name', false, 'Standard' FROM generate_series(1, 200000) n;
         ANALYZE read_model.patient_summary, read_model.todays_appointments"
    )))
    .execute(&pool)
    .await
    .unwrap();
    let mut migrator = PgConnection::connect(&url).await.unwrap();
    let who = format!("SET ROLE wattle_migrator; SELECT set_config('wattle.clinic', '{CLINIC}', false)");
    migrator.execute(sqlx::raw_sql(AssertSqlSafe(who))).await.unwrap();
    for (sql, index) in [
        (
            "SELECT * FROM read_model.todays_appointments WHERE day = current_date ORDER BY start_at",
            "todays_appointments_day",
        ),
        (
            "SELECT * FROM read_model.patient_summary WHERE patient_id = md5('p100')::uuid",
            "patient_summary_pkey",
        ),
        ("SELECT * FROM read_model.patient_summary WHERE record_number = '100'", "patient_summary_number"),
        (
            "SELECT * FROM read_model.patient_summary WHERE family_name = 'Name100' ORDER BY given_name",
            "patient_summary_name",
        ),
    ] {
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {sql}")))
            .fetch_all(&mut migrator)
            .await
            .unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{sql}:\n{plan}");
        let rows = sqlx::query(AssertSqlSafe(sql)).execute(&mut migrator).await.unwrap().rows_affected();
        assert!(rows > 0 && rows < 5_000, "{sql}: {rows} rows");
    }
}
