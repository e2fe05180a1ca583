//! What the verification finds, and what it lets pass.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use uuid::Uuid;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::import;
use wattle_fm_migrate::map_key::MapKey;
use wattle_fm_migrate::status::status;
use wattle_fm_migrate::verify::{Request, Verified, What, Why, verify};
use wattle_fm_migrate::wire::Route;

use super::support::{CLINIC, House, database, small};

struct Clinic {
    house: House,
    url: String,
    pool: PgPool,
}

impl Clinic {
    async fn new(name: &str, route: Route) -> Option<Self> {
        let url = database(name).await?;
        let house = House::new(small(), Settings::default()).await;
        if route != Route::File {
            house.extract(&url, route).await.unwrap();
        }
        house.import(&url, route).await.unwrap();
        let pool = PgPool::connect(&url).await.unwrap();
        Some(Self { house, url, pool })
    }

    fn out(&self) -> PathBuf {
        self.house.folder.path().join("verified")
    }

    async fn verify(&self, ticked: Option<PathBuf>) -> Result<Verified, wattle_fm_migrate::Error> {
        let spot = ticked.is_none().then_some(5);
        self.verify_with(spot, ticked, None).await
    }

    async fn verify_with(
        &self,
        spot: Option<u32>,
        ticked: Option<PathBuf>,
        map_key: Option<MapKey>,
    ) -> Result<Verified, wattle_fm_migrate::Error> {
        let request = Request {
            mapping: self.house.mapping(),
            database_url: self.url.clone(),
            clinic: CLINIC,
            out: self.out(),
            spot,
            ticked,
            map_key,
            typesetter: None,
        };
        verify(&request).await
    }

    /// Past every trigger, as no program of ours can.
    async fn tamper(&self, sql: &str) {
        let mut tx = self.pool.begin().await.unwrap();
        sqlx::raw_sql("SET LOCAL session_replication_role = replica").execute(&mut *tx).await.unwrap();
        let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_migration_adds_up_by_every_route() {
    for route in [Route::File, Route::Odata, Route::DataApi] {
        let Some(clinic) = Clinic::new(&format!("adds_up_{}", route.as_str()), route).await else { return };
        let verified = clinic.verify(None).await.unwrap();
        let odd: Vec<_> = verified.sums.iter().filter(|s| !s.good()).collect();
        assert!(odd.is_empty(), "{route:?}: {odd:?}");
        assert!(verified.good, "{route:?}: {:?} {:?}", verified.counts, verified.differences);
        assert_eq!(verified.differences, []);
        assert!(verified.tables.iter().all(|t| t.expected_root == t.actual_root && t.expected == t.actual));
        assert!(verified.sums.iter().any(|s| s.what == "sum" && s.there > 1_000), "minutes are summed");
        assert!(verified.sums.len() > 20, "{}", verified.sums.len());
        assert!(verified.foreign_keys > 10);
        let standing = status(&clinic.url, CLINIC).await.unwrap();
        let patients = standing.iter().find(|t| t.table == "patients").unwrap();
        assert_eq!(patients.loaded, Some(120));
        assert_eq!(patients.state, if route == Route::File { "staged" } else { "stable" });
        if route != Route::File {
            for count in &verified.counts {
                assert_eq!((count.filemaker, count.witness), (Some(count.staged), Some(count.staged)));
            }
        }
        let html = std::fs::read_to_string(clinic.out().join("report.html")).unwrap();
        assert!(html.contains("Every record is accounted for") && !html.contains("Only "), "{html}");
        let json: Value =
            serde_json::from_slice(&std::fs::read(clinic.out().join("report.json")).unwrap()).unwrap();
        assert_eq!(json["good"], true);
        // No value of a record is in either: names of the sample's people are not, though ids are.
        let name: String =
            sqlx::query_scalar("SELECT email FROM (SELECT value AS email FROM clinic.patient_contact WHERE kind = 'email') x LIMIT 1")
                .fetch_one(&clinic.pool)
                .await
                .unwrap();
        assert!(!html.contains(&name) && !json.to_string().contains(&name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_which_little_came_is_said_in_red_though_every_record_is_accounted_for() {
    let Some(url) = database("little").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.edit_mapping(
        "date = [\"D/M/YYYY\", \"D.M.YYYY\", \"D-M-YYYY\", \"D MMM YYYY\"]",
        "date = [\"YYYY-MM-DD\"]",
    );
    house.import(&url, Route::File).await.unwrap();
    house.verified(&url).await;
    let html = std::fs::read_to_string(house.folder.path().join("verified/report.html")).unwrap();
    assert!(html.contains("Only 0 of ") && html.contains(" appointments are in Wattle."), "{html}");
}

/// Nobody here can read what the server has sealed: the map says whether it is what was loaded.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_under_its_key_vouches_for_what_rests_sealed() {
    let Some(clinic) = Clinic::new("keyed_verify", Route::File).await else { return };
    let sealed = "(SELECT min(id::text)::uuid FROM clinic.patient_identifier)";
    let seal = format!("UPDATE clinic.patient_identifier SET value = E'\\x01s1:AAAA' WHERE id = {sealed}");
    clinic.tamper(&seal).await;
    assert!(clinic.verify(None).await.unwrap().good);
    let key = MapKey::from_hex(&"5a".repeat(32)).unwrap();
    assert!(clinic.verify_with(Some(5), None, Some(key.clone())).await.unwrap().good, "a map of before");
    let request = import::Request {
        mapping: clinic.house.mapping(),
        database_url: clinic.url.clone(),
        clinic: CLINIC,
        route: Some(Route::File),
        map_key: Some(key.clone()),
    };
    assert_eq!(import::import(&request, &|_, _, _, _| {}).await.unwrap().written, 0);
    assert!(clinic.verify_with(Some(5), None, Some(key.clone())).await.unwrap().good);
    let without = clinic.verify(None).await.unwrap_err().to_string();
    assert!(without.contains("keys map"), "{without}");
    let other = "UPDATE clinic.migration_map SET row_hash = overlay(row_hash placing 'ffffffff' from 20) \
                 WHERE row_id = (SELECT min(id::text)::uuid FROM clinic.patient_identifier)";
    clinic.tamper(other).await;
    let found = clinic.verify_with(Some(5), None, Some(key)).await.unwrap();
    let named: Vec<_> = found.differences.iter().map(|d| (d.table, d.what, d.why)).collect();
    assert_eq!(named, [("patient_identifier", What::Differs, Why::Unexplained)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tampering_is_named() {
    let Some(clinic) = Clinic::new("tampered", Route::Odata).await else { return };
    clinic.tamper("UPDATE clinic.patient SET birth_date = birth_date + 1 WHERE id = (SELECT min(id::text)::uuid FROM clinic.patient WHERE birth_date IS NOT NULL)").await;
    clinic.tamper("UPDATE clinic.appointment SET end_at = end_at - interval '1 minute' WHERE id = (SELECT max(id::text)::uuid FROM clinic.appointment)").await;
    clinic.tamper("DELETE FROM clinic.patient_contact WHERE id = (SELECT min(id::text)::uuid FROM clinic.patient_contact WHERE kind = 'mobile')").await;
    // History refuses even this; only its owner can take the lock off.
    sqlx::raw_sql("ALTER TABLE clinic.appointment_event DISABLE TRIGGER ALL")
        .execute(&clinic.pool)
        .await
        .unwrap();
    clinic.tamper("UPDATE clinic.appointment_event SET at = at + interval '1 hour' WHERE id = (SELECT min(id::text)::uuid FROM clinic.appointment_event)").await;
    let verified = clinic.verify(None).await.unwrap();
    assert!(!verified.good);
    let named: Vec<_> =
        verified.differences.iter().map(|d| (d.table, d.what, d.columns.clone(), d.why)).collect();
    assert_eq!(
        named,
        [
            ("appointment", What::Differs, vec!["end_at"], Why::Unexplained),
            ("appointment_event", What::Differs, vec!["at"], Why::Unexplained),
            ("patient", What::Differs, vec!["birth_date"], Why::Unexplained),
            ("patient_contact", What::Missing, vec![], Why::Unexplained),
        ]
    );
    assert!(verified.differences.iter().all(|d| d.record.is_some()), "by FileMaker's record too");
    let odd: Vec<_> = verified.sums.iter().filter(|s| !s.good()).map(|s| s.field).collect();
    assert_eq!(odd, ["mobile", "minutes"], "and SQL's own sums say so without the converters");
    let html = std::fs::read_to_string(clinic.out().join("report.html")).unwrap();
    assert!(html.contains("nothing explains it") && html.contains("Do not switch over"));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_in_wattle_is_told_from_damage() {
    let Some(clinic) = Clinic::new("worked_on", Route::Odata).await else { return };
    let by_hand = |what: &str| {
        format!(
            "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false); {what}",
            Uuid::from_u128(1)
        )
    };
    let mut hand = clinic.pool.acquire().await.unwrap();
    for what in [
        "UPDATE clinic.patient SET preferred_name = 'By hand' WHERE id = (SELECT min(id::text)::uuid FROM clinic.patient)",
        "UPDATE clinic.alert SET deleted_at = now() WHERE id = (SELECT min(id::text)::uuid FROM clinic.alert)",
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(by_hand(what))).execute(&mut *hand).await.unwrap();
    }
    let verified = clinic.verify(None).await.unwrap();
    let why: Vec<_> = verified.differences.iter().map(|d| (d.table, d.why)).collect();
    assert_eq!(why, [("alert", Why::DeletedHere), ("patient", Why::ChangedHere)]);
    assert!(verified.good, "{:?}", verified.sums.iter().filter(|s| !s.good()).collect::<Vec<_>>());
    // A later extract that was not imported is not passed over.
    clinic.house.standin.with(|d| {
        let patients = d.table_mut("Patients").unwrap();
        let id = patients.records[9].id;
        patients.edit(id, "KnownAs", "Later");
    });
    clinic.house.extract(&clinic.url, Route::Odata).await.unwrap();
    let verified = clinic.verify(None).await.unwrap();
    assert!(!verified.good && verified.counts.iter().any(|c| c.newer_extract));
}

/// The names of the records on the spot-check page, those that are ticked already, and the page's own id.
fn spot_page(out: &Path) -> (Vec<String>, Vec<String>, String) {
    let page = std::fs::read_to_string(out.join("spot.html")).unwrap();
    let boxes = page.split("class=tick value=\"").skip(1);
    let (mut names, mut ticked) = (Vec::new(), Vec::new());
    for rest in boxes {
        let (name, rest) = rest.split_once('"').unwrap();
        names.push(name.to_owned());
        if rest.starts_with(" checked") {
            ticked.push(name.to_owned());
        }
    }
    let id = page.split("page: '").nth(1).unwrap().split('\'').next().unwrap();
    (names, ticked, id.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_ticks_off_records_and_is_named() {
    let Some(clinic) = Clinic::new("ticked", Route::File).await else { return };
    let verified = clinic.verify(None).await.unwrap();
    assert_eq!((verified.spot.shown, verified.spot.ticked, verified.spot.by.len()), (65, 0, 0));
    let (names, none, id) = spot_page(&clinic.out());
    assert_eq!((names.len(), none.len()), (65, 0));
    let page = std::fs::read_to_string(clinic.out().join("spot.html")).unwrap();
    assert!(page.contains("<th>Surname<td>") && page.contains("<th>family_name<td>"), "both sides are there");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(clinic.out().join("spot.html")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "patients' records are for the owner's eyes");
    }
    let ticks = clinic.house.folder.path().join("ticked.json");
    let save = |value: Value| std::fs::write(&ticks, value.to_string()).unwrap();
    save(json!({ "page": id, "by": " Maria Rossi ", "ticked": names }));
    let again = clinic.verify(Some(ticks.clone())).await.unwrap();
    assert_eq!((again.spot.ticked, &again.spot.by), (65, &[("Maria Rossi".to_owned(), 65)].into()));
    let html = std::fs::read_to_string(clinic.out().join("report.html")).unwrap();
    assert!(html.contains("Maria Rossi compared 65 records"), "{html}");
    for (value, why) in [
        (json!({ "page": Uuid::nil(), "by": "M", "ticked": [] }), "no page of this clinic"),
        (json!({ "page": id, "by": " ", "ticked": [] }), "who has compared"),
        (json!({ "by": "M" }), "no file that"),
    ] {
        save(value);
        let error = clinic.verify(Some(ticks.clone())).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    // Who finds nothing right has compared all the same.
    clinic.verify_with(Some(3), None, None).await.unwrap();
    let (names, before, id) = spot_page(&clinic.out());
    assert!(before.len() < names.len(), "other records, by another lot");
    save(json!({ "page": id, "by": "Tom Nguyen", "ticked": [], "unticked": before }));
    let wrong = clinic.verify(Some(ticks.clone())).await.unwrap();
    assert_eq!((wrong.spot.ticked, &wrong.spot.by), (0, &[("Tom Nguyen".to_owned(), 0)].into()));
    let html = std::fs::read_to_string(clinic.out().join("report.html")).unwrap();
    assert!(html.contains("Tom Nguyen compared records with FileMaker and found 0 right"), "{html}");
    // Two share a page; one takes a tick of the other's back, and what was saved before does not bring it again.
    let (first, second) = names.split_at(names.len() / 2);
    save(json!({ "page": id, "by": "Maria Rossi", "ticked": first }));
    let by = clinic.verify(Some(ticks.clone())).await.unwrap().spot.by;
    assert_eq!(by["Maria Rossi"], first.len());
    let (_, ticked, later) = spot_page(&clinic.out());
    assert_eq!(ticked.len(), first.len());
    let but_one: Vec<&String> = names.iter().filter(|name| **name != first[0]).collect();
    save(json!({ "page": later, "by": "Tom Nguyen", "ticked": but_one, "unticked": [first[0]] }));
    let by = clinic.verify(Some(ticks.clone())).await.unwrap().spot.by;
    assert_eq!(
        by,
        [("Maria Rossi".to_owned(), first.len() - 1), ("Tom Nguyen".to_owned(), second.len())].into()
    );
    save(json!({ "page": id, "by": "Maria Rossi", "ticked": first }));
    let again = clinic.verify(Some(ticks.clone())).await.unwrap();
    assert_eq!(again.spot.ticked, names.len() - 1, "it was found wrong since");
    // He thinks better of his own, too.
    save(json!({ "page": later, "by": "Tom Nguyen", "ticked": second[1..] }));
    let by = clinic.verify(Some(ticks)).await.unwrap().spot.by;
    assert_eq!(by["Tom Nguyen"], second.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_holds_after_later_imports_while_its_record_is_the_same() {
    let Some(clinic) = Clinic::new("held", Route::Odata).await else { return };
    clinic.verify(None).await.unwrap();
    let (names, _, id) = spot_page(&clinic.out());
    let ticks = clinic.house.folder.path().join("ticked.json");
    std::fs::write(&ticks, json!({ "page": id, "by": "Maria Rossi", "ticked": names }).to_string()).unwrap();
    assert_eq!(clinic.verify_with(None, Some(ticks.clone()), None).await.unwrap().spot.ticked, names.len());
    // One of the records that she has seen changes, one goes, and others come.
    let seen = |page: &str, what: &str| -> Vec<String> {
        let heads = page.split("</label>").filter_map(|part| part.rsplit_once("> ").map(|(_, head)| head));
        heads.filter_map(|head| head.strip_prefix(what)).map(str::to_owned).collect()
    };
    let page = std::fs::read_to_string(clinic.out().join("spot.html")).unwrap();
    let (patients, allergies) = (seen(&page, "patients "), seen(&page, "allergies "));
    assert_eq!((patients.len(), allergies.len()), (5, 5));
    clinic.house.standin.with(|d| {
        let table = d.table_mut("Patients").unwrap();
        let key = table.fields.iter().position(|f| f.name == "PatientNo").unwrap();
        let id = table.records.iter().find(|r| r.cells[key].trim() == patients[2]).unwrap().id;
        table.edit(id, "KnownAs", "Since");
        let table = d.table_mut("Allergies").unwrap();
        let key = table.fields.iter().position(|f| f.name == "AllergyID").unwrap();
        table.records.retain(|r| r.cells[key].trim() != allergies[0]);
    });
    clinic.house.extract(&clinic.url, Route::Odata).await.unwrap();
    clinic.house.import(&clinic.url, Route::Odata).await.unwrap();
    let later = clinic.verify_with(None, None, None).await.unwrap();
    assert_eq!((later.spot.shown, later.spot.ticked, later.spot.gone), (names.len() - 1, names.len() - 2, 1));
    let html = std::fs::read_to_string(clinic.out().join("report.html")).unwrap();
    assert!(html.contains("have changed since") && html.contains("1 more that were on the page"), "{html}");
    // The page of before says nothing of the record as it is now.
    let old = clinic.verify_with(None, Some(ticks.clone()), None).await.unwrap();
    assert_eq!(old.spot.ticked, names.len() - 2);
    let (names, ticked, id) = spot_page(&clinic.out());
    assert_eq!(names.len() - ticked.len(), 1);
    std::fs::write(&ticks, json!({ "page": id, "by": "Tom Nguyen", "ticked": names }).to_string()).unwrap();
    let all = clinic.verify_with(None, Some(ticks), None).await.unwrap();
    assert_eq!(
        all.spot.by,
        [("Maria Rossi".to_owned(), names.len() - 1), ("Tom Nguyen".to_owned(), 1)].into()
    );
    // The one that is gone stays in the draw; a row that a person changes here is not what was ticked.
    assert_eq!(all.spot.gone, 1);
    let row = "SELECT min(m.row_id::text)::uuid FROM clinic.migration_map m WHERE m.table_name = 'patient' AND m.source_key = ";
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false);
         UPDATE clinic.patient SET preferred_name = 'Here' WHERE id = ({row} '{}')",
        Uuid::from_u128(1),
        patients[0]
    )))
    .execute(&clinic.pool)
    .await
    .unwrap();
    let here = clinic.verify_with(None, None, None).await.unwrap();
    assert!(here.good);
    assert_eq!((here.spot.ticked, here.spot.gone), (names.len() - 1, 1));
    // Whoever wants other records gets them, and they stay.
    let other = clinic.verify_with(Some(2), None, None).await.unwrap();
    assert!(other.spot.ticked < other.spot.shown && other.spot.by.is_empty() == (other.spot.ticked == 0));
    assert_eq!(clinic.verify_with(None, None, None).await.unwrap().spot, other.spot);
}

/// The program itself: what a clinic's owner is handed, and what import says of the read models.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_refreshes_models_and_writes_the_report_on_paper() {
    let Some(clinic) = Clinic::new("on_paper", Route::File).await else { return };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fm-migrate"));
        command.args(arguments).args(["--clinic", &CLINIC.to_string()]).env("DATABASE_URL", &clinic.url);
        command
    };
    let say = async |mut command: Command| -> Value {
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(String::from_utf8_lossy(&output.stdout).lines().last().unwrap()).unwrap()
    };
    let mapping = clinic.house.mapping();
    let mapping = mapping.to_str().unwrap();
    let said = say(run(&["import", "--mapping", mapping, "--route", "file"])).await;
    assert_eq!((&said["written"], said["models"].as_array().unwrap().len()), (&json!(0), 7), "{said}");
    let said = say(run(&["models", "--only", "patient_summary"])).await;
    assert_eq!(
        (&said["models"][0]["held"], &said["models"][0]["inserted"]),
        (&json!(120), &json!(0)),
        "{said}"
    );
    let out = clinic.out();
    let said = say(run(&["verify", "--mapping", mapping, "--out", out.to_str().unwrap()])).await;
    assert_eq!(said["good"], true);
    let pdf = std::fs::read(out.join("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{} bytes", pdf.len());

    // What is wrong is on paper too, before the program says that something is.
    clinic.tamper("UPDATE clinic.patient SET birth_date = birth_date + 1 WHERE id = (SELECT min(id::text)::uuid FROM clinic.patient WHERE birth_date IS NOT NULL)").await;
    let mut command = run(&["verify", "--mapping", mapping, "--out", out.to_str().unwrap()]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(!output.status.success());
    assert_ne!(std::fs::read(out.join("report.pdf")).unwrap(), pdf);
}
