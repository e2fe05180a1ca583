//! An app of protocol 1, as it was recorded, against this server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::{ClinicId, Role};
use wattle_protocol::PROTOCOL_HEADER;
use wattle_server::admin::{self, NewUser};

use crate::support::house::PASSWORD;
use crate::support::{Desk, House};

#[path = "../../../../crates/protocol/tests/recorded/v1/reader.rs"]
mod reader_v1;

const PUSH: &str = include_str!("../../../../crates/protocol/tests/recorded/v1/push.json");
const PUBLIC_KEY: &str = include_str!("../../../../crates/protocol/tests/recorded/v1/public_key.json");
const SESSION: &str = include_str!("../../../../crates/protocol/tests/recorded/v1/session.json");
const PULL: &str = include_str!("../../../../crates/protocol/tests/recorded/v1/pull.json");

async fn post(desk: &Desk, path: &str, body: String) -> Response {
    desk.http
        .post(format!("http://{}{path}", desk.address))
        .header(PROTOCOL_HEADER, "1")
        .header("content-type", "application/json")
        .bearer_auth(&desk.signed_in.access_token)
        .body(body)
        .send()
        .await
        .unwrap()
}

/// The clinic, the desk and the author of the recorded commands, with the key that signed them.
async fn recorded(house: &mut House, envelope: &Value) -> Desk {
    let id = |name: &str| -> Uuid { envelope[name].as_str().unwrap().parse().unwrap() };
    let clinic = ClinicId(id("clinic"));
    admin::create_clinic(&house.owner, Some(clinic), "Recorded", "Australia/Sydney").await.unwrap();
    let maria = NewUser {
        username: "maria".to_owned(),
        display_name: "Maria Costa".to_owned(),
        roles: vec![Role::Reception, Role::Practitioner],
        password: PASSWORD.to_owned(),
        practitioner: None,
    };
    admin::add_user(&house.owner, clinic, maria).await.unwrap();
    house.clinic = clinic;
    let desk = house.desk("reception-1", "maria").await;
    let mut tx = house.root.begin().await.unwrap();
    sqlx::raw_sql("SET CONSTRAINTS ALL DEFERRED").execute(&mut *tx).await.unwrap();
    for (table, column, is, was) in [
        ("user_account", "id", id("author"), desk.user().0),
        ("user_role", "user_id", id("author"), desk.user().0),
        ("signing_key", "user_id", id("author"), desk.user().0),
        ("token", "user_id", id("author"), desk.user().0),
        ("workstation", "id", id("workstation"), desk.workstation().0),
        ("signing_key", "workstation_id", id("workstation"), desk.workstation().0),
        ("token", "workstation_id", id("workstation"), desk.workstation().0),
    ] {
        let sql = format!("UPDATE clinic.{table} SET {column} = $1 WHERE {column} = $2");
        let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(is).bind(was).execute(&mut *tx).await.unwrap();
        assert!(done.rows_affected() > 0, "{table}.{column}");
    }
    let key: String = serde_json::from_str(PUBLIC_KEY).unwrap();
    sqlx::query("UPDATE clinic.signing_key SET public_key = $1 WHERE user_id = $2")
        .bind(STANDARD.decode(key).unwrap())
        .bind(id("author"))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // The practitioner, the type and the room that the recorded bookings name.
    for row in [
        "INSERT INTO clinic.practitioner (clinic_id, id, family_name, usual_duration_min, sort) \
         VALUES ($1, '0196f3a0-0000-7000-8000-000000000051', 'Lee', 15, 1)",
        "INSERT INTO clinic.appointment_type (clinic_id, id, name, duration_min, hue, sort) \
         VALUES ($1, '0196f3a0-0000-7000-8000-000000000052', 'Standard', 15, 1, 1)",
        "INSERT INTO clinic.location (clinic_id, id, name, kind) \
         VALUES ($1, '0196f3a0-0000-7000-8000-000000000061', 'Room 1', 'room')",
    ] {
        sqlx::query(row).bind(clinic.0).execute(&house.root).await.unwrap();
    }
    desk
}

#[tokio::test]
async fn commands_of_wire_1_are_decided_by_their_first_signatures() {
    let push: Value = serde_json::from_str(PUSH).unwrap();
    let first: Value = serde_json::from_str(push["commands"][0]["payload"].as_str().unwrap()).unwrap();
    assert_eq!(first["wire"], 1);
    let mut house = House::new().await;
    let desk = recorded(&mut house, &first).await;

    let pushed: reader_v1::Pushed = post(&desk, "/v1/push", PUSH.to_owned()).await.json().await.unwrap();
    assert_eq!(pushed.answers.len(), push["commands"].as_array().unwrap().len());
    let verdicts: Vec<_> = pushed.answers.iter().map(|answer| &answer.verdict).collect();
    for verdict in &verdicts[..3] {
        assert_eq!(**verdict, reader_v1::Verdict::Applied, "{verdicts:?}");
    }
    for verdict in &verdicts {
        match verdict {
            reader_v1::Verdict::Rejected { rejection } => {
                assert_ne!(rejection.code, reader_v1::RejectionCode::NotAllowed, "believed: {verdicts:?}");
                assert_ne!(rejection.code, reader_v1::RejectionCode::Other, "a word it knows: {verdicts:?}");
            }
            reader_v1::Verdict::Quarantined | reader_v1::Verdict::Deferred { .. } => panic!("{verdicts:?}"),
            _ => {}
        }
    }
    assert_eq!(house.text("SELECT given_name FROM clinic.patient").await, "Anna");
    assert_eq!(house.count("SELECT count(*) FROM clinic.command_log WHERE replica_id IS NULL").await, 10);

    let welcome: reader_v1::Welcome =
        post(&desk, "/v1/session", SESSION.to_owned()).await.json().await.unwrap();
    assert_eq!(welcome.last_n, 10);
    let mut pull: Value = serde_json::from_str(PULL).unwrap();
    (pull["epoch"], pull["cursors"]) = (json!(welcome.epoch), json!({}));
    let text = post(&desk, "/v1/pull", pull.to_string()).await.text().await.unwrap();
    let frames: Vec<reader_v1::Frame> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let Some(reader_v1::Frame::Checkpoint { answers, complete: true, .. }) = frames.last() else {
        panic!("{text}")
    };
    assert_eq!(answers.len(), 1, "the answer it waits for");
    assert!(!text.contains("digest"), "nothing that it did not ask for");
    let patient = |frame: &reader_v1::Frame| matches!(frame, reader_v1::Frame::Rows { table, .. } if table == "patient");
    assert!(frames.iter().any(patient));
}
