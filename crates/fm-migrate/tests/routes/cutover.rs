//! The night of the cutover, with everything that can come between.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use uuid::Uuid;
use wattle_domain::commands::{NewAlert, PatientDetails, PatientParts, RegisterPatient};
use wattle_domain::fields::{AlertPlace, AlertSeverity, BirthDateAccuracy, Sex};
use wattle_domain::{AlertId, PatientId};
use wattle_filemaker_standin::database::{Act, Database};
use wattle_filemaker_standin::{Fault, Settings, What};
use wattle_fm_migrate::cutover::{Exported, Request, Stands, Step, Undone, cutover, export, undo};
use wattle_fm_migrate::mapping::Mapping;
use wattle_fm_migrate::sample;
use wattle_fm_migrate::wire::{Account, Route};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::Verdict;

use super::server::Server;
use super::support::{CLINIC, House, database, number, small};

struct Night {
    house: House,
    url: String,
}

impl Night {
    async fn new(name: &str) -> Option<Self> {
        let url = database(name).await?;
        let plan = wattle_fm_migrate::sample::Plan { documents: 12, ..small() };
        let house = House::new(plan, Settings::default()).await;
        house.extract(&url, Route::Odata).await.unwrap();
        house.import(&url, Route::Odata).await.unwrap();
        Some(Self { house, url })
    }

    fn request(&self, rehearsal: bool) -> Request {
        Request {
            mapping: self.house.mapping(),
            database_url: self.url.clone(),
            clinic: CLINIC,
            account: Some(Account { user: "migrator".into(), password: "read-only".into() }),
            route: Some(Route::Odata),
            out: self.house.folder.path().join("verified"),
            by: "Maria Rossi".into(),
            rehearsal,
            ticked: None,
            blobs: Some(self.house.folder.path().join("blobs").to_string_lossy().into_owned()),
            map_key: None,
            typesetter: None,
        }
    }

    /// Walks on; a person confirms up to a step.
    async fn walk(&self, rehearsal: bool, confirm: &[Step]) -> Result<Stands, wattle_fm_migrate::Error> {
        let mut ask = |step: Step| confirm.contains(&step);
        cutover(&self.request(rehearsal), &mut ask, &|_, _, _, _| {}).await
    }

    /// What the report says, for programs.
    fn report(&self) -> Value {
        let text = std::fs::read(self.house.folder.path().join("verified/report.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    async fn undo(&self) -> Result<Undone, wattle_fm_migrate::Error> {
        undo(&self.request(false)).await
    }

    /// What was written since the switch: each file's lines.
    async fn export(
        &self,
        folder: &str,
    ) -> Result<(Exported, BTreeMap<String, Vec<Value>>), wattle_fm_migrate::Error> {
        let folder = self.house.folder.path().join(folder);
        let exported = export(&self.url, CLINIC, &folder).await?;
        Ok((exported, read(&folder)))
    }
}

fn read(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let lines = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), lines(&path))).collect()
}

/// A switch taken back, by hand, in a clinic that its freeze had closed.
const BY_HAND: Undone = Undone::Undone { switched: true, frozen: true, thawed: false, closed: false };

const PEOPLE: [Step; 3] = [Step::Freeze, Step::Switch, Step::MarkReadOnly];

#[tokio::test(flavor = "multi_thread")]
async fn the_checklist_goes_on_where_it_was_and_takes_the_last_changes_along() {
    let Some(night) = Night::new("night").await else { return };
    let stands = night.walk(false, &[]).await.unwrap();
    assert_eq!((stands.waits, stands.done.len(), stands.switched), (Some(Step::Freeze), 0, false));
    assert!(stands.why.unwrap().contains("privilege set"));
    // The last change before the freeze.
    night.house.standin.with(|d| {
        let patients = d.table_mut("Patients").unwrap();
        let id = patients.records[9].id;
        patients.edit(id, "KnownAs", "Last Minute");
    });
    // FileMaker goes away in the middle of the final delta.
    night.house.standin.plant(Fault::next("/Appointments", What::Code(802)));
    let error = night.walk(false, &[Step::Freeze]).await.unwrap_err().to_string();
    assert!(error.contains("802"), "{error}");
    let stands = night.walk(false, &[]).await.unwrap();
    assert_eq!(stands.waits, Some(Step::Switch), "frozen is frozen: nobody is asked again");
    assert!(!stands.switched);
    assert_eq!(
        number(&night.url, "SELECT count(*) FROM clinic.patient WHERE preferred_name = 'Last Minute'").await,
        1
    );
    assert_eq!(
        number(&night.url, "SELECT count(*) FROM staging.cutover WHERE switched_at IS NOT NULL").await,
        0
    );
    let stands = night.walk(false, &PEOPLE).await.unwrap();
    assert_eq!((stands.waits, stands.switched, stands.done.len()), (None, true, 7));
    assert_eq!(
        number(&night.url, "SELECT count(*) FROM staging.cutover_step WHERE by_name = 'Maria Rossi'").await,
        7
    );
    let error = night.walk(false, &PEOPLE).await.unwrap_err().to_string();
    assert!(error.contains("cut over already"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_switched_on_a_verification_that_is_not_good() {
    let Some(night) = Night::new("bad_night").await else { return };
    let pool = PgPool::connect(&night.url).await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    sqlx::raw_sql(
        "SET LOCAL session_replication_role = replica;
         UPDATE clinic.patient SET family_name = 'Tampered' WHERE id = (SELECT min(id::text)::uuid FROM clinic.patient)",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    for _ in 0..2 {
        let stands = night.walk(false, &PEOPLE).await.unwrap();
        assert_eq!((stands.waits, stands.switched), (Some(Step::Verify), false));
        assert!(stands.why.unwrap().contains("report.html"));
    }
    assert_eq!(
        number(&night.url, "SELECT count(*) FROM staging.cutover_step").await,
        1,
        "only the freeze stands"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_does_all_but_the_switch_and_leaves_the_way_free() {
    let Some(night) = Night::new("rehearsal").await else { return };
    let stands = night.walk(true, &[]).await.unwrap();
    assert_eq!((stands.waits, stands.switched, stands.done.len()), (None, false, 7));
    assert!(night.house.folder.path().join("verified/report.html").exists());
    assert_eq!(
        number(&night.url, "SELECT count(*) FROM staging.cutover WHERE switched_at IS NOT NULL").await,
        0
    );
    let stands = night.walk(true, &[]).await.unwrap();
    assert_eq!(stands.waits, None, "as often as one likes");
    let stands = night.walk(false, &PEOPLE).await.unwrap();
    assert!(stands.switched, "and then in earnest");
    assert_eq!(number(&night.url, "SELECT count(*) FROM staging.cutover").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_is_taken_back_until_somebody_writes_and_then_what_they_wrote_is_exported() {
    let Some(night) = Night::new("undone").await else { return };
    let error = night.undo().await.unwrap_err().to_string();
    assert!(error.contains("no cutover"), "{error}");
    let error = night.export("early").await.unwrap_err().to_string();
    assert!(error.contains("nothing was switched"), "{error}");
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);
    assert_eq!(night.undo().await.unwrap(), BY_HAND);
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched, "the next night");
    let pool = PgPool::connect(&night.url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false);
         UPDATE clinic.patient SET preferred_name = 'Since' WHERE id = (SELECT min(id::text)::uuid FROM clinic.patient);
         UPDATE clinic.alert SET deleted_at = now() WHERE id = (SELECT min(id::text)::uuid FROM clinic.alert)",
        Uuid::from_u128(1)
    )))
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(night.undo().await.unwrap(), Undone::Written(2));
    let (exported, since) = night.export("since").await.unwrap();
    assert_eq!((exported.tables.len(), exported.sealed), (2, 0));
    let patient = &since["patient"][0];
    assert_eq!((&patient["fields"]["preferred_name"], &patient["deleted"]), (&"Since".into(), &false.into()));
    assert!(patient["filemaker_key"].is_string(), "whoever enters it there must find the record: {patient}");
    let alert = &since["alert"][0];
    assert_eq!(alert["deleted"], true);
    assert!(alert["fields"]["text"].is_string(), "what was deleted can be found there: {alert}");
    assert!(alert["refers"]["patient_id"].is_string(), "and under which patient: {alert}");
    assert_eq!((&alert["new"], &patient["by"]), (&json!(false), &Value::Null), "no user of ours did this");
    let error = night.walk(false, &PEOPLE).await.unwrap_err().to_string();
    assert!(error.contains("cut over already"), "nothing was undone: {error}");
    let error = night.export("since").await.unwrap_err().to_string();
    assert!(error.contains("since"), "nothing is written over: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_hold_from_the_rehearsal_on_and_are_taken_while_the_switch_waits() {
    let Some(night) = Night::new("ticked_night").await else { return };
    assert_eq!(night.walk(true, &[]).await.unwrap().waits, None);
    let ticks = night.house.folder.path().join("ticked.json");
    let tick = |by: &str| {
        let page = std::fs::read_to_string(night.house.folder.path().join("verified/spot.html")).unwrap();
        let all: Vec<&str> =
            page.split("class=tick value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let id = page.split("page: '").nth(1).unwrap().split('\'').next().unwrap();
        std::fs::write(&ticks, json!({ "page": id, "by": by, "ticked": all }).to_string()).unwrap();
        all.len()
    };
    let shown = tick("Maria Rossi");
    let verified = night.house.ticked(&night.url, &ticks).await;
    assert_eq!(verified.spot.ticked, shown);
    // On the evening one of them is another.
    night.house.standin.with(|d| {
        let patients = d.table_mut("Patients").unwrap();
        for id in patients.records.iter().map(|r| r.id).collect::<Vec<_>>() {
            patients.edit(id, "KnownAs", "Everybody");
        }
    });
    let stands = night.walk(false, &[Step::Freeze]).await.unwrap();
    assert_eq!(stands.waits, Some(Step::Switch));
    let spot = night.report()["spot"].clone();
    assert_eq!(
        (&spot["shown"], &spot["ticked"]),
        (&json!(shown), &json!(shown - 20)),
        "all but the patients"
    );
    // Somebody compares them while the switch waits, and gives the ticks to the cutover itself.
    assert_eq!(tick("Tom Nguyen"), shown);
    let request = Request { ticked: Some(ticks), ..night.request(false) };
    let mut nobody = |_: Step| false;
    let stands = cutover(&request, &mut nobody, &|_, _, _, _| {}).await.unwrap();
    assert_eq!((stands.waits, stands.done.len()), (Some(Step::Switch), 5));
    assert!(stands.done.iter().all(|(step, seconds)| *step == Step::Freeze || *seconds > 0.0), "{stands:?}");
    assert_eq!(night.report()["spot"]["by"], json!({ "Maria Rossi": shown - 20, "Tom Nguyen": 20 }));
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_while_the_switch_waits_is_verified_before_it() {
    let Some(night) = Night::new("imported_late").await else { return };
    let stands = night.walk(false, &[Step::Freeze]).await.unwrap();
    assert_eq!(stands.waits, Some(Step::Switch));
    let first = night.report()["run"].clone();
    // A person who thinks long, while somebody else imports.
    let mut ask = |_: Step| {
        let handle = tokio::runtime::Handle::current();
        let import = night.house.import(&night.url, Route::Odata);
        tokio::task::block_in_place(|| handle.block_on(import)).unwrap();
        true
    };
    let stands = cutover(&night.request(false), &mut ask, &|_, _, _, _| {}).await.unwrap();
    assert_eq!((stands.waits, stands.switched), (Some(Step::Switch), false));
    assert!(stands.why.unwrap().contains("since the verification"));
    assert_eq!(night.report()["run"], first);
    assert_eq!(night.walk(false, &[]).await.unwrap().waits, Some(Step::Switch));
    assert_ne!(night.report()["run"], first, "what is there now was verified");
    // One that is broken off meanwhile leaves nothing that was verified: it is made again first.
    let broken_off = format!(
        "INSERT INTO staging.run (id, clinic_id) SELECT '{0}', clinic_id FROM clinic.clinic;
         INSERT INTO staging.run_source SELECT '{0}', source_id, columns, kinds FROM staging.run_source LIMIT 1",
        Uuid::now_v7()
    );
    let mut ask = |_: Step| {
        let handle = tokio::runtime::Handle::current();
        let begun = async {
            let pool = PgPool::connect(&night.url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(broken_off.clone())).execute(&pool).await.unwrap();
        };
        tokio::task::block_in_place(|| handle.block_on(begun));
        true
    };
    let stands = cutover(&night.request(false), &mut ask, &|_, _, _, _| {}).await.unwrap();
    assert_eq!((stands.waits, stands.switched), (Some(Step::Switch), false), "{stands:?}");
    let runs = "SELECT count(DISTINCT run_id) FROM staging.run_source";
    let before = number(&night.url, runs).await;
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);
    assert_eq!(number(&night.url, runs).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_before_the_switch_leaves_the_clinic_as_it_was() {
    let Some(night) = Night::new("given_up").await else { return };
    let closed = "SELECT count(*) FROM clinic.switchover WHERE switched_at IS NULL";
    assert_eq!(night.walk(false, &[]).await.unwrap().waits, Some(Step::Freeze));
    let nothing = Undone::Undone { switched: false, frozen: false, thawed: false, closed: false };
    assert_eq!(night.undo().await.unwrap(), nothing);
    assert_eq!(night.walk(false, &[Step::Freeze]).await.unwrap().waits, Some(Step::Switch));
    assert_eq!(number(&night.url, closed).await, 1, "nobody writes in either");
    let frozen = Undone::Undone { switched: false, frozen: true, thawed: false, closed: false };
    assert_eq!(night.undo().await.unwrap(), frozen);
    assert_eq!(number(&night.url, closed).await, 0, "it was open before");
    // What the mapping wants closed stays so.
    night.house.edit_mapping(
        "\n# --- Practitioners:",
        "\n[cutover]\nclosed_until_switch = true\n\n# --- Practitioners:",
    );
    assert_eq!(night.walk(false, &[Step::Freeze]).await.unwrap().waits, Some(Step::Switch));
    assert!(matches!(night.undo().await.unwrap(), Undone::Undone { closed: true, .. }));
    assert_eq!(number(&night.url, closed).await, 1);
}

/// FileMaker with scripts that freeze and thaw it.
async fn with_scripts(name: &str) -> Option<Night> {
    let night = Night::new(name).await?;
    night.house.edit_mapping(
        "\n# --- Practitioners:",
        "\n[cutover]\nfreeze_layout = \"Patients API\"\nfreeze_script = \"Freeze all\"\nthaw_script = \"Thaw all\"\n\n# --- Practitioners:",
    );
    night.house.standin.with(|d| {
        d.scripts = vec!["Freeze all".into(), "Thaw all".into()];
        d.acts = [("Freeze all".into(), Act::Freeze), ("Thaw all".into(), Act::Thaw)].into();
    });
    Some(night)
}

impl Night {
    fn frozen(&self) -> bool {
        self.house.standin.with(|d| d.frozen)
    }

    fn ran(&self) -> Vec<String> {
        self.house.standin.with(|d| d.ran.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_freezes_filemaker_and_another_thaws_it_when_the_switch_is_taken_back() {
    let Some(night) = with_scripts("scripts").await else { return };
    // A script that fails stops the step, with its code and what to do.
    night.house.standin.with(|d| d.acts.insert("Freeze all".into(), Act::Fail(9)));
    let error = night.walk(false, &PEOPLE).await.unwrap_err().to_string();
    assert!(
        error.contains("the script ended with FileMaker error 9") && error.contains("by hand"),
        "{error}"
    );
    assert_eq!(number(&night.url, "SELECT count(*) FROM staging.cutover_step").await, 0, "nothing is ticked");
    night.house.standin.with(|d| d.scripts.retain(|name| name != "Freeze all"));
    let error = night.walk(false, &PEOPLE).await.unwrap_err().to_string();
    assert!(error.contains("FileMaker error 104") && error.contains("freeze_script"), "{error}");
    night.house.standin.with(|d| {
        d.scripts.push("Freeze all".into());
        d.acts.insert("Freeze all".into(), Act::Freeze);
    });
    // Nobody is asked about the freeze; the final delta finds FileMaker frozen.
    let frozen = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&frozen);
    let look = move |d: &mut Database| seen.store(d.frozen, Ordering::SeqCst);
    night.house.standin.plant(Fault::next("/Appointments", What::Change(Box::new(look))));
    let stands = night.walk(false, &[]).await.unwrap();
    assert_eq!(stands.waits, Some(Step::Switch));
    assert!(frozen.load(Ordering::SeqCst), "before anything is read");
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);
    assert!(night.frozen(), "and it stays so");
    let thawed = Undone::Undone { switched: true, frozen: true, thawed: true, closed: false };
    assert_eq!(night.undo().await.unwrap(), thawed);
    assert!(!night.frozen());
    assert_eq!(night.ran().last().unwrap(), "Thaw all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_freezes_and_leaves_filemaker_thawed_wherever_it_stops() {
    let Some(night) = with_scripts("scripted_rehearsal").await else { return };
    let stands = night.walk(true, &[]).await.unwrap();
    assert_eq!((stands.waits, stands.done.len()), (None, 7));
    assert_eq!(night.ran(), ["Freeze all", "Thaw all"]);
    // Cut off in the middle: people can work, and the next one freezes again.
    night.house.standin.plant(Fault::next("/Appointments", What::Code(802)));
    night.walk(true, &[]).await.unwrap_err();
    assert!(!night.frozen());
    assert_eq!(night.walk(true, &[]).await.unwrap().waits, None);
    assert_eq!(night.ran(), ["Freeze all", "Thaw all"].repeat(3));
    assert_eq!(
        number(&night.url, "SELECT count(*) FROM clinic.switchover").await,
        0,
        "a rehearsal closes nothing"
    );
    // One that cannot thaw says so, and what to do.
    night.house.standin.with(|d| d.acts.insert("Thaw all".into(), Act::Fail(3)));
    let error = night.walk(true, &[]).await.unwrap_err().to_string();
    assert!(error.contains("still cannot write") && error.contains("Thaw all"), "{error}");
}

#[test]
fn scripts_go_together() {
    let folder = tempfile::tempdir().unwrap();
    sample::write(&small(), folder.path()).unwrap();
    let path = folder.path().join("clinic.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replace("\n[practitioners]", "\n[cutover]\nfreeze_script = \"F\"\n\n[practitioners]"),
    )
    .unwrap();
    let error = Mapping::read(&path).unwrap_err().to_string();
    assert!(error.contains("go together"), "{error}");
}

/// The whole story, with the real server: closed, a push put off and kept, the switch, the same push, no way back, the export.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_enter_before_the_switch_waits_for_it_and_is_exported_after_it() {
    let Some(server) = Server::start("whole_story").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.edit_mapping(
        "\n# --- Practitioners:",
        "\n[cutover]\nclosed_until_switch = true\n\n# --- Practitioners:",
    );
    house.extract(&server.url, Route::Odata).await.unwrap();
    let report = house.import(&server.url, Route::Odata).await.unwrap();
    assert_eq!(report.closed, Some(true));
    let night = Night { house, url: server.url.clone() };
    let mut desk = server.desk().await;
    assert!(desk.patients().await > 100, "everything can be read before");
    let new = RegisterPatient {
        patient_id: PatientId(Uuid::now_v7()),
        details: PatientDetails {
            title: None,
            family_name: "Waited".into(),
            given_name: Some("Ana".into()),
            preferred_name: None,
            birth_date: Some("1961-02-03".parse().unwrap()),
            birth_date_accuracy: BirthDateAccuracy::Exact,
            sex: Sex::Female,
            gender: None,
            pronouns: None,
            indigenous_status: None,
            interpreter_language: None,
            usual_practitioner_id: None,
        },
        parts: PatientParts {
            alerts: vec![NewAlert {
                id: AlertId(Uuid::now_v7()),
                severity: AlertSeverity::Warning,
                text: "Comes with her dog".into(),
                place: AlertPlace::Booking,
                expires_on: None,
            }],
            ..PatientParts::default()
        },
    };
    let outbox = [desk.sign(new)];
    for _ in 0..2 {
        let fault = desk.push(&outbox).await.unwrap_err();
        assert_eq!((fault.code, fault.retry_after_s), (ErrorCode::BeforeSwitch, Some(15)));
    }
    let waiting = number(&night.url, "SELECT count(*) FROM clinic.command_log").await;
    assert_eq!(waiting, 0, "the server has decided nothing");

    let stands = night.walk(false, &[Step::Freeze]).await.unwrap();
    assert_eq!(stands.waits, Some(Step::Switch));
    assert_eq!(desk.push(&outbox).await.unwrap_err().code, ErrorCode::BeforeSwitch, "until the very switch");
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);
    let closed = Undone::Undone { switched: true, frozen: true, thawed: false, closed: true };
    assert_eq!(night.undo().await.unwrap(), closed, "nobody has written");
    assert_eq!(desk.push(&outbox).await.unwrap_err().code, ErrorCode::BeforeSwitch, "closed again");
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);

    let pushed = desk.push(&outbox).await.unwrap();
    assert_eq!(pushed.answers[0].verdict, Verdict::Applied, "what was entered before goes through after");
    let Undone::Written(rows) = night.undo().await.unwrap() else { panic!("somebody has written") };
    assert_eq!(rows, 2);
    // Evidently it stayed open.
    assert!(desk.push(&outbox).await.unwrap().answers[0].duplicate);
    let report = night.house.import(&server.url, Route::Odata).await.unwrap();
    assert_eq!(report.closed, Some(false), "no import closes what was switched over");

    let (exported, since) = night.export("since").await.unwrap();
    assert_eq!(exported.sealed, 1, "of an alert, what it says");
    assert_eq!(since["patient"][0]["fields"]["family_name"], "Waited");
    let alert = &since["alert"][0];
    assert_eq!((&alert["by"], &alert["new"]), (&json!("Maria Costa"), &json!(true)));
    let changed = alert["changed"].as_array().unwrap();
    assert!(changed.contains(&json!("text")) && !changed.contains(&json!("id")), "{changed:?}");
    assert!(alert["at"].as_str().unwrap().starts_with("20"));
    let rests = since["alert"][0]["fields"]["text"].as_str().unwrap();
    assert!(rests.starts_with("\u{1}s"), "the migrator opens nothing");
    let folder = night.house.folder.path().join("since");
    #[cfg(unix)]
    for path in [folder.clone(), folder.join("alert.jsonl")] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
    }
    let said =
        server.ask(&["keys", "open", "--clinic", &CLINIC.to_string(), "--folder", folder.to_str().unwrap()]);
    assert_eq!(said["opened"], 1);
    let opened = read(&folder);
    assert_eq!(opened["alert"][0]["fields"]["text"], "Comes with her dog");
    assert_eq!(opened["patient"], since["patient"], "what was not sealed is as it was");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.join("alert.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
