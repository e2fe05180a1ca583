//! The import into a real PostgreSQL with the server's own schema.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

use std::path::Path;
use std::sync::OnceLock;

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;
use wattle_domain::ClinicId;
use wattle_fm_migrate::Error;
use wattle_fm_migrate::import::{Request, import};
use wattle_fm_migrate::map_key::MapKey;
use wattle_fm_migrate::report::Report;
use wattle_fm_migrate::sample::{self, Plan, Truth};
use wattle_fm_migrate::status::status;
use wattle_private_postgres::{Cluster, Options};

const CLINIC: ClinicId = ClinicId(Uuid::from_u128(0xC11));

/// One cluster for the file, a database per test. `None` where PostgreSQL is not installed.
fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| match Cluster::start_temporary_with(Options::quick()) {
        Ok(cluster) => Some(cluster),
        Err(why) => {
            eprintln!("SKIPPED import into PostgreSQL: {why}");
            None
        }
    });
    cluster.as_ref()
}

/// The server's migrations, as its own `migrate` runs them. Only the files: the server's crate is not ours to use.
async fn migrate(url: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/server");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "sql") && !f.ends_with("bootstrap.sql"));
    files.sort();
    let mut connection = PgConnection::connect(url).await.unwrap();
    let run = |path: &Path| AssertSqlSafe(std::fs::read_to_string(path).unwrap());
    connection.execute(sqlx::raw_sql(run(&folder.join("bootstrap.sql")))).await.unwrap();
    connection.execute("SET ROLE wattle_owner").await.unwrap();
    connection.execute("CREATE SCHEMA sync").await.unwrap();
    for file in files {
        connection
            .execute(sqlx::raw_sql(run(&file)))
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    // As the server's admin makes it.
    let clinic = format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false);
         INSERT INTO clinic.clinic (clinic_id, id, name, time_zone) VALUES ('{CLINIC}', '{CLINIC}', 'Sample', 'Australia/Sydney')"
    );
    connection.execute(sqlx::raw_sql(AssertSqlSafe(clinic))).await.unwrap();
}

struct Desk {
    _folder: tempfile::TempDir,
    truth: Truth,
    request: Request,
    pool: PgPool,
}

impl Desk {
    async fn new(name: &str, plan: Plan) -> Option<Self> {
        let name = name.to_owned();
        let url = tokio::task::spawn_blocking(move || cluster().map(|c| c.create_database(&name).unwrap()))
            .await
            .unwrap()?;
        migrate(&url).await;
        let folder = tempfile::tempdir().unwrap();
        let truth = sample::write(&plan, folder.path()).unwrap();
        let request = Request {
            mapping: folder.path().join("clinic.toml"),
            database_url: url.clone(),
            clinic: CLINIC,
            route: None,
            map_key: None,
        };
        Some(Self { _folder: folder, truth, request, pool: PgPool::connect(&url).await.unwrap() })
    }

    async fn import(&self) -> Result<Report, Error> {
        import(&self.request, &|_, _, _, _| {}).await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// What the feeds have handed out.
    async fn commits(&self) -> Vec<(String, i64)> {
        sqlx::query_as("SELECT class, seq FROM sync.feed ORDER BY class").fetch_all(&self.pool).await.unwrap()
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.request.mapping.with_file_name(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

fn plan() -> Plan {
    Plan { patients: 1_000, appointments: 6_000, ..Plan::standard(1, "2026-11-22".parse().unwrap()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_is_loaded_whole_and_a_second_run_changes_nothing() {
    let Some(desk) = Desk::new("whole", plan()).await else { return };
    let report = desk.import().await.unwrap();
    assert_eq!((report.patients, report.appointments, report.practitioners), (1_000, 6_000, 8));
    for (name, truth) in [
        ("practitioners", &desk.truth.practitioners),
        ("patients", &desk.truth.patients),
        ("appointments", &desk.truth.appointments),
    ] {
        let table = &report.tables[name];
        assert_eq!(table.read, table.loaded + table.rejected, "{name}: read = loaded + rejected");
        assert_eq!((table.read, table.loaded), (truth.read, truth.loaded), "{name}");
        assert_eq!(table.rejects.values().sum::<u64>(), truth.rejects.len() as u64, "{name}");
        assert_eq!(table.notes.values().sum::<u64>(), truth.notes.len() as u64, "{name}");
    }
    assert_eq!(desk.number("SELECT count(*) FROM clinic.patient").await, 1_000);
    assert_eq!(desk.number("SELECT count(*) FROM clinic.appointment").await, 6_000);
    let rejects = report.rejected;
    assert_eq!(desk.number("SELECT count(*) FROM staging.reject").await, i64::try_from(rejects).unwrap());
    assert_eq!(
        desk.number("SELECT count(*) FROM staging.reject JOIN staging.raw_row USING (source_id, position)")
            .await,
        i64::try_from(rejects).unwrap(),
        "every rejected record is kept as found"
    );
    let planted = desk.truth.appointments.notes.iter().filter(|n| n.code == "DOUBLE_BOOKED").count();
    assert!(planted > 0);
    assert_eq!(
        desk.number("SELECT count(*) FROM clinic.appointment WHERE double_booking").await,
        i64::try_from(planted).unwrap(),
        "overlaps are deliberate double bookings"
    );
    assert_eq!(
        desk.number("SELECT count(*) FROM clinic.patient WHERE created_by IS NOT NULL").await,
        0,
        "by nobody"
    );
    assert_eq!(
        desk.number(
            "SELECT count(*) FROM clinic.appointment a WHERE status = 'done' AND NOT EXISTS
            (SELECT FROM clinic.appointment_event e WHERE e.appointment_id = a.id AND e.kind = 'done')"
        )
        .await,
        0,
        "what is over has its event"
    );
    assert_eq!(
        desk.number("SELECT count(*) FROM sync.change").await,
        desk.number("SELECT count(*) FROM clinic.migration_map").await + 2,
        "every row is in the feed, and the clinic's own, which the admin made and the mapping says more of"
    );
    assert_eq!(
        desk.number("SELECT value FROM clinic.counter").await,
        desk.number("SELECT max(record_number::bigint) FROM clinic.patient").await
    );
    assert_eq!(
        desk.number("SELECT count(*) FROM pg_class WHERE relname LIKE 'landing%'").await,
        0,
        "nothing is left behind"
    );

    let (commits, staged) = (desk.commits().await, desk.number("SELECT count(*) FROM staging.raw_row").await);
    let again = desk.import().await.unwrap();
    assert_eq!(again.written, 0);
    assert_eq!(again.tables["patients"].main.unchanged, 1_000);
    assert_eq!(desk.commits().await, commits, "no workstation hears of a second run");
    assert_eq!(
        desk.number("SELECT count(*) FROM staging.raw_row").await,
        staged,
        "the same bytes are staged once"
    );
    assert_eq!((again.patients, again.appointments, again.rejected), (1_000, 6_000, rejects));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_the_source_arrives_unless_a_person_was_here_first() {
    let Some(desk) = Desk::new("change", plan()).await else { return };
    desk.import().await.unwrap();
    // Two records change in FileMaker; one of them somebody at the desk had changed in Wattle before.
    let names: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, record_number FROM clinic.patient WHERE record_number IN ('000001', '000002', '000003', '000004', '000005')
         ORDER BY record_number LIMIT 2",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let mut by_hand = desk.pool.acquire().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{}', false), set_config('wattle.user', '{}', false);
         UPDATE clinic.patient SET preferred_name = 'By hand' WHERE id = '{}'",
        desk.request.clinic,
        Uuid::from_u128(1),
        names[1].0
    )))
    .execute(&mut *by_hand)
    .await
    .unwrap();
    for (_, number) in &names {
        let from = format!("<DATA>{number}</DATA></COL><COL><DATA>");
        desk.edit("Patients.xml", &from, &format!("{from}Rev "));
    }
    let report = desk.import().await.unwrap();
    let main = report.tables["patients"].main;
    assert_eq!((main.inserted, main.updated, main.kept, main.unchanged), (0, 1, 1, 998));
    let titles: Vec<Option<String>> =
        sqlx::query_scalar("SELECT title FROM clinic.patient WHERE id = ANY ($1) ORDER BY record_number")
            .bind(names.iter().map(|(id, _)| *id).collect::<Vec<_>>())
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert!(titles[0].as_deref().unwrap_or_default().starts_with("Rev"), "the change came");
    assert!(
        !titles[1].as_deref().unwrap_or_default().starts_with("Rev"),
        "a person's change is not overwritten"
    );
    assert_eq!(desk.import().await.unwrap().written, 0);
}

/// What the map says of a row can be tried out against guesses unless it is kept under a key.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_of_before_is_brought_under_its_key_and_stays_one() {
    let small = Plan { patients: 120, appointments: 300, notes: 40, ..plan() };
    let Some(mut desk) = Desk::new("keyed", small).await else { return };
    desk.import().await.unwrap();
    let (rows, commits) =
        (desk.number("SELECT count(*) FROM clinic.migration_map").await, desk.commits().await);
    let keyed = "SELECT count(*) FROM clinic.migration_map WHERE row_hash ~ '^k[0-9a-f]{8}:[0-9a-f]{32}$'";
    assert_eq!(desk.number(keyed).await, 0, "as it was before there was a key");
    let plain: String =
        sqlx::query_scalar("SELECT row_hash FROM clinic.migration_map ORDER BY row_id LIMIT 1")
            .fetch_one(&desk.pool)
            .await
            .unwrap();
    let key = MapKey::from_hex(&"5a".repeat(32)).unwrap();
    for run in ["the first under the key", "the second"] {
        desk.request.map_key = Some(key.clone());
        let report = desk.import().await.unwrap();
        assert_eq!(report.written, 0, "{run}: nothing has changed");
        assert_eq!(desk.number(keyed).await, rows, "{run}: all of the map is under it");
        assert_eq!(desk.commits().await, commits, "{run}: no workstation hears of it");
    }
    let now: String = sqlx::query_scalar("SELECT row_hash FROM clinic.migration_map ORDER BY row_id LIMIT 1")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    assert_eq!(now, key.keyed(&plain));
    // Without it, or with another, every row would look changed: nothing is touched.
    for (wrong, word) in [(None, "under a key"), (MapKey::from_hex(&"5b".repeat(32)), "another key")] {
        desk.request.map_key = wrong;
        let error = desk.import().await.unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("keys map"), "{error}");
        assert_eq!(desk.commits().await, commits);
    }
    // A change at the source is still seen.
    desk.request.map_key = Some(key);
    let number: String = sqlx::query_scalar("SELECT min(record_number) FROM clinic.patient")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    let from = format!("<DATA>{number}</DATA></COL><COL><DATA>");
    desk.edit("Patients.xml", &from, &format!("{from}Rev "));
    let main = desk.import().await.unwrap().tables["patients"].main;
    assert_eq!((main.inserted, main.updated, main.kept), (0, 1, 0));
    assert_eq!(desk.number(keyed).await, rows);
    assert_eq!(desk.import().await.unwrap().written, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_export_or_mapping_loads_nothing() {
    let Some(desk) = Desk::new("damaged", plan()).await else { return };
    let whole = std::fs::read(desk.request.mapping.with_file_name("Appointments.csv")).unwrap();
    std::fs::write(desk.request.mapping.with_file_name("Appointments.csv"), &whole[..whole.len() - 9])
        .unwrap();
    let error = desk.import().await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { record: 6_020.., .. }), "{error}");
    assert_eq!(desk.number("SELECT count(*) FROM clinic.location").await, 0);
    assert!(
        desk.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'").await == 0,
        "not even staged"
    );
    std::fs::write(desk.request.mapping.with_file_name("Appointments.csv"), whole).unwrap();
    for (from, to, words) in [
        ("family_name = \"Surname\"", "family_name = \"Nachname\"", "no column \"Nachname\""),
        ("family_name = \"Nachname\"", "familly_name = \"Surname\"", "\"familly_name\" is no field of ours"),
        ("familly_name = \"Surname\"", "", "\"family_name\" must be mapped"),
    ] {
        desk.edit("clinic.toml", from, to);
        // The practitioners' mapping is the first that has the line.
        let error = desk.import().await.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("clinic.toml"), "{error}");
    }
    assert_eq!(desk.number("SELECT count(*) FROM clinic.location").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_made_in_wattle_is_not_pushed_aside() {
    let Some(desk) = Desk::new("beside", plan()).await else { return };
    desk.import().await.unwrap();
    // Somebody books in Wattle; then FileMaker's book, still in use, gains a booking at the same time.
    let mut by_hand = desk.pool.acquire().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{}', false);
         INSERT INTO clinic.appointment (clinic_id, id, practitioner_id, patient_id, type_id, start_at, end_at, status, double_booking)
         SELECT clinic_id, '{}', practitioner_id, patient_id, type_id, '2027-02-14 02:00+00', '2027-02-14 03:00+00', 'booked', false
         FROM clinic.appointment a JOIN clinic.practitioner p USING (clinic_id) WHERE p.id = a.practitioner_id AND p.family_name = 'Lee' LIMIT 1",
        desk.request.clinic, Uuid::from_u128(77)
    )))
    .execute(&mut *by_hand)
    .await
    .unwrap();
    let path = desk.request.mapping.with_file_name("Appointments.csv");
    let mut text = std::fs::read_to_string(&path).unwrap();
    let patient: String = sqlx::query_scalar("SELECT min(record_number) FROM clinic.patient")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    text.push_str(&format!(
        "\"990001\",\"{patient}\",\"LEE\",\"14/2/2027\",\"13:30\",\"15\",\"STD\",\"\",\"Booked\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r"
    ));
    std::fs::write(&path, text).unwrap();
    let report = desk.import().await.unwrap();
    assert_eq!(report.tables["appointments"].main.inserted, 1);
    assert_eq!(
        desk.number("SELECT count(*) FROM clinic.appointment WHERE double_booking AND start_at = '2027-02-14 02:30+00'").await,
        1
    );
    assert_eq!(desk.import().await.unwrap().written, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_the_schema_is_told_what_to_do() {
    let Some(url) =
        tokio::task::spawn_blocking(|| cluster().map(|c| c.create_database("bare").unwrap())).await.unwrap()
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    sample::write(&Plan { patients: 5, appointments: 5, ..plan() }, folder.path()).unwrap();
    let request = Request {
        mapping: folder.path().join("clinic.toml"),
        database_url: url,
        clinic: ClinicId(Uuid::from_u128(1)),
        route: None,
        map_key: None,
    };
    let error = import(&request, &|_, _, _, _| {}).await.unwrap_err().to_string();
    assert!(error.contains("wattle-server migrate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_clinic_makes_no_other_one() {
    let Some(desk) = Desk::new("mistyped", plan()).await else { return };
    let request = Request { clinic: ClinicId(Uuid::from_u128(0xC12)), ..desk.request.clone() };
    let error = import(&request, &|_, _, _, _| {}).await.unwrap_err().to_string();
    assert!(error.contains("has no clinic 00000000-0000-0000-0000-000000000c12"), "{error}");
    let error = status(&request.database_url, request.clinic).await.unwrap_err().to_string();
    assert!(error.contains("wattle-server clinic create"), "{error}");
    assert_eq!(desk.number("SELECT count(*) FROM clinic.clinic").await, 1);
    assert_eq!(desk.number("SELECT count(*) FROM clinic.location").await, 0);
    // What the admin has not said of the clinic, the mapping says; and nothing else.
    desk.import().await.unwrap();
    let said = "SELECT count(*) FROM clinic.clinic WHERE name = 'Sample' AND state = 'NSW'";
    assert_eq!(desk.number(said).await, 1);
}
