//! The night of the cutover, with everything that can come between.

use serde_json::Value;
use sqlx::postgres::PgPool;
use uuid::Uuid;
use wattle_filemaker_standin::{Fault, Settings, What};
use wattle_fm_migrate::cutover::{Request, Stands, Step, Undone, cutover, undo};
use wattle_fm_migrate::wire::{Account, Route};

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
            account: Account { user: "migrator".into(), password: "read-only".into() },
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

    async fn undo(&self) -> Result<(Undone, Vec<Value>), wattle_fm_migrate::Error> {
        let file = self.house.folder.path().join("since.jsonl");
        let undone = undo(&self.url, CLINIC, "Maria Rossi", &file).await?;
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        Ok((undone, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()))
    }
}

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
    assert!(night.walk(false, &PEOPLE).await.unwrap().switched);
    assert_eq!(night.undo().await.unwrap(), (Undone::Undone, vec![]));
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
    let (undone, since) = night.undo().await.unwrap();
    assert_eq!(undone, Undone::Written(2));
    assert_eq!(since[0]["fields"]["preferred_name"], "Since");
    assert_eq!((&since[1]["table"], &since[1]["deleted"]), (&"alert".into(), &true.into()));
    let error = night.walk(false, &PEOPLE).await.unwrap_err().to_string();
    assert!(error.contains("cut over already"), "nothing was undone: {error}");
}
