//! Restricted records at the server: the rule decides whoever delivers, and PostgreSQL asks once more.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;
use wattle_domain::commands::{BreakGlass, RestrictPatient, SeeGlass, SignNote};
use wattle_domain::restriction::id_of;
use wattle_domain::{PatientId, RejectionCode, Role, UserId};
use wattle_protocol::push::Verdict;
use wattle_server::config::Config;

use super::push::code;
use crate::support::{House, postgres};

fn note(patient_id: PatientId) -> SignNote {
    SignNote {
        note_id: Uuid::now_v7().into(),
        patient_id,
        appointment_id: None,
        body: "seen".into(),
        supersedes: None,
        amends: None,
    }
}

fn restrict(patient_id: PatientId, open_to: &[UserId]) -> RestrictPatient {
    RestrictPatient { patient_id, restricted: true, open_to: open_to.to_vec() }
}

fn glass(patient_id: PatientId) -> BreakGlass {
    BreakGlass { patient_id, reason: "collapsed at the counter quokka".into() }
}

#[tokio::test]
async fn a_nurse_writes_in_a_restricted_record_for_an_hour_and_the_manager_is_told() {
    let house = House::with(Config { access_life: Duration::from_secs(7_200), ..Config::default() }).await;
    house.person("nina", Role::Nurse).await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let mut nina = house.desk("nurse-1", "nina").await;
    let mut manager = house.desk("office-1", "noor").await;
    let patient_id = lee.register("Nguyen").await;
    assert_eq!(manager.do_it(restrict(patient_id, &[lee.user()])).await, Verdict::Applied);
    assert_eq!(lee.do_it(note(patient_id)).await, Verdict::Applied, "one of those who are named");
    assert_eq!(code(&nina.do_it(note(patient_id)).await), Some(RejectionCode::Restricted));

    // Made offline, delivered together: the second leans on the first.
    let (broken, signed) = (nina.envelope(glass(patient_id)), nina.command(note(patient_id)));
    let answers = nina.push(vec![nina.sign(&broken), signed]).await;
    assert!(answers.iter().all(|answer| answer.verdict == Verdict::Applied), "{answers:?}");
    // A note that was signed within the hour stands, though it comes after.
    let late = nina.command(note(patient_id));
    house.clock.forward_s(3_601);
    assert_eq!(nina.push(vec![late]).await[0].verdict, Verdict::Applied);
    assert_eq!(
        code(&nina.do_it(note(patient_id)).await),
        Some(RejectionCode::Restricted),
        "it is shut again"
    );

    manager.pull().await;
    let row = manager.row("broken_glass", broken.id).expect("the notice came");
    assert_eq!(row["reason"], "collapsed at the counter quokka");
    assert_eq!(row["updated_by"], json!(nina.user()));
    assert_eq!(manager.row("restriction", id_of(patient_id)).unwrap()["active"], true);
    assert_eq!(code(&nina.do_it(SeeGlass { glass_id: broken.id.0 }).await), Some(RejectionCode::NotAllowed));
    assert_eq!(manager.do_it(SeeGlass { glass_id: broken.id.0 }).await, Verdict::Applied);
    manager.pull().await;
    assert_eq!(manager.row("broken_glass", broken.id).unwrap()["seen_by"], json!(manager.user()));

    let acts = "SELECT string_agg(action || ' ' || (patient_id IS NOT NULL), ',' ORDER BY at, id) FROM clinic.audit_event \
                WHERE action IN ('restrict_patient', 'break_glass', 'see_glass') AND outcome = 'applied'";
    assert_eq!(house.text(acts).await, "restrict_patient true,break_glass true,see_glass true");
    let plain = "SELECT count(*) FROM clinic.broken_glass WHERE reason LIKE '%quokka%'";
    assert_eq!(house.count(plain).await, 0, "what people write rests sealed");
}

async fn as_app(house: &House, user: UserId) -> PgConnection {
    let mut connection = PgConnection::connect(&postgres::app_url(&house.database)).await.unwrap();
    sqlx::query("SELECT set_config('wattle.clinic', $1, false), set_config('wattle.user', $2, false)")
        .bind(house.clinic.to_string())
        .bind(user.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// The rows that a statement met, or the state that PostgreSQL refused it with.
async fn tried(connection: &mut PgConnection, sql: &str) -> Result<u64, String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.map(|done| done.rows_affected())
        .map_err(|error| error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned())
}

#[tokio::test]
async fn the_database_itself_keeps_a_broken_glass_as_it_was_said() {
    let house = House::new().await;
    let nina = house.person("nina", Role::Nurse).await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let patient_id = lee.register("Nguyen").await;
    let refused = Err("42501".to_owned());
    let (restrict, glass) = (
        format!(
            "INSERT INTO clinic.restriction (clinic_id, id, patient_id, active, open_to) \
             VALUES ('{}', '{}', '{patient_id}', true, '[]')",
            house.clinic,
            id_of(patient_id)
        ),
        format!(
            "INSERT INTO clinic.broken_glass (clinic_id, id, created_by, patient_id, opened_at, reason) \
             VALUES ('{}', gen_random_uuid(), '{}', '{patient_id}', now(), 'x')",
            house.clinic, house.noor
        ),
    );
    let mut nurse = as_app(&house, nina).await;
    assert_eq!(tried(&mut nurse, &restrict).await, refused, "not hers to restrict");
    assert_eq!(tried(&mut nurse, &glass).await, Ok(1));
    let by = "SELECT created_by::text FROM clinic.broken_glass";
    assert_eq!(house.text(by).await, nina.to_string(), "whoever the statement names");
    let mut manager = as_app(&house, house.noor).await;
    assert_eq!(tried(&mut manager, &restrict).await, Ok(1));
    assert_eq!(tried(&mut nurse, "UPDATE clinic.restriction SET active = false").await, Ok(0));

    for (sql, who) in [
        ("UPDATE clinic.broken_glass SET seen_by = created_by, seen_at = now()", "nobody ticks their own"),
        ("UPDATE clinic.broken_glass SET reason = 'y'", "nor writes another reason"),
    ] {
        assert_eq!(tried(&mut nurse, sql).await, Ok(0), "{who}");
    }
    for (sql, what) in [
        ("UPDATE clinic.broken_glass SET reason = 'y'", "the reason"),
        ("UPDATE clinic.broken_glass SET opened_at = opened_at + interval '1 hour'", "the hour"),
        ("UPDATE clinic.broken_glass SET deleted_at = now()", "that it was broken"),
        ("UPDATE clinic.broken_glass SET seen_by = created_by, seen_at = now()", "in another's name"),
        ("DELETE FROM clinic.broken_glass", "all of it"),
    ] {
        assert_eq!(tried(&mut manager, sql).await, refused, "{what}");
    }
    let seen = format!("UPDATE clinic.broken_glass SET seen_by = '{}', seen_at = now()", house.noor);
    assert_eq!(tried(&mut manager, &seen).await, Ok(1));
    let again = "UPDATE clinic.broken_glass SET seen_by = NULL, seen_at = NULL";
    assert_eq!(tried(&mut manager, again).await, Ok(1));
    let by = "SELECT seen_by::text FROM clinic.broken_glass";
    assert_eq!(house.text(by).await, house.noor.to_string(), "it was seen, and stays so");
}
