//! New keys, made by the program an administrator runs; also when it is killed in the middle.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wattle_domain::FeedClass;
use wattle_protocol::escrow::{Escrow, Escrowed};
use wattle_protocol::push::Verdict;
use wattle_server::kms::{AwsKms, KeyRing, Kms, ServerKey};
use wattle_server::seal;

use super::columns::wordy;
use crate::support::desk::patient;
use crate::support::moto::{Moto, REGION};
use crate::support::{House, postgres};

const KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

fn keys(house: &House, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattle-server"));
    command
        .arg("keys")
        .args(arguments)
        .env("WATTLE_OWNER_DATABASE_URL", postgres::superuser_url(&house.database))
        .env("DATABASE_URL", postgres::app_url(&house.database))
        .env("WATTLE_SERVER_KEY", KEY)
        .env_remove("WATTLE_DATA_DIR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

async fn said(mut command: Command) -> Value {
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let complained = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{complained}");
    serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {complained}"))
}

/// 3,000 alerts that rest sealed, and a patient with all that can be.
async fn filled(house: &House) -> crate::support::Desk {
    let mut desk = house.desk("reception-1", "maria").await;
    assert_eq!(desk.do_it(wordy("Nguyen", "quokka")).await, Verdict::Applied);
    house
        .execute(
            "SELECT set_config('wattle.clinic', (SELECT clinic_id::text FROM clinic.clinic LIMIT 1), false); \
             INSERT INTO clinic.alert (clinic_id, id, patient_id, severity, text, place) \
             SELECT clinic_id, gen_random_uuid(), id, 'info', 'alert ' || n, 'opening' \
             FROM clinic.patient, generate_series(1, 3000) n",
        )
        .await;
    let clinic = house.clinic.to_string();
    said(keys(house, &["seal", "--clinic", &clinic])).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_killed_goes_on_and_nobody_notices() {
    let house = House::new().await;
    let mut desk = filled(&house).await;
    desk.pull().await;
    let (before, cursor) = (desk.rows.clone(), desk.cursor(FeedClass::Front));
    let clinic = house.clinic.to_string();

    let mut command = keys(&house, &["rotate", "--clinic", &clinic]);
    let killed = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // After its second batch of alerts: the first table has more than one.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let seen = lines.by_ref().filter(|line| line.contains("rotating")).take(2).count();
        child.kill().unwrap();
        child.wait().unwrap();
        seen
    });
    assert_eq!(killed.await.unwrap(), 2);
    let status = seal::status(&house.owner, house.clinic).await.unwrap();
    assert_eq!(status.generation, Some(2));
    let alerts = &status.values["alert.text"];
    assert!(alerts[&1] > 0 && alerts[&2] >= 500 && alerts[&1] + alerts[&2] == 3001, "{alerts:?}");
    assert!(status.rotating.is_some());
    // In the middle, everything is read and written.
    desk.cursors.clear();
    desk.pull().await;
    assert_eq!(desk.rows, before);
    let okafor = desk.register("Okafor").await;

    let done = said(keys(&house, &["rotate", "--clinic", &clinic])).await;
    assert_eq!((done["generation"].as_i64(), done["resumed"].as_bool()), (Some(2), Some(true)), "{done}");
    assert!(done["resealed"].as_i64().unwrap() < 3001, "what was done stays done: {done}");
    let status = said(keys(&house, &["status", "--clinic", &clinic])).await;
    for (column, values) in status["values"].as_object().unwrap() {
        let old = values.as_object().unwrap().keys().find(|generation| *generation != "2");
        assert_eq!(old, None, "{column}");
    }
    assert!(status["rotating"].is_null(), "{status}");
    desk.cursors.clear();
    desk.pull().await;
    assert!(desk.row("patient", okafor).is_some());
    desk.rows.retain(|(table, id), _| !(table == "patient" && *id == okafor.0));
    assert_eq!(desk.rows, before);
    assert!(desk.cursor(FeedClass::Front) <= cursor + 1, "only the new patient moved the feed");
    let verified =
        wattle_server::admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await;
    assert_eq!(verified.unwrap(), None, "commands too are sealed anew");
    // The hash stays, so equality holds over a rotation.
    assert!(matches!(desk.do_it(wordy("Silva", "x")).await, Verdict::Rejected { .. }));
    let third = said(keys(&house, &["rotate", "--clinic", &clinic])).await;
    assert_eq!((third["generation"].as_i64(), third["resumed"].as_bool()), (Some(3), Some(false)));
}

/// From the key file to AWS KMS, and to another key there: only the wrapped keys change.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_wrapped_anew_under_another_kms() {
    let Some(moto) = Moto::start() else { return };
    let mut house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    assert_eq!(desk.do_it(wordy("Nguyen", "quokka")).await, Verdict::Applied);
    let file_key = STANDARD.encode([7; 32]);
    let keep = Escrow { profile: "ref-front".into(), keep: Some(file_key.clone()) };
    assert_eq!(desk.post("/v1/escrow", &keep).await.status(), 200);
    desk.pull().await;
    let before = desk.rows.clone();
    let file: Arc<dyn Kms> = Arc::new(ServerKey::from_hex(KEY).unwrap());
    let key = moto.key().await;
    let aws = |key: &str| -> Arc<dyn Kms> { Arc::new(AwsKms::new(key, moto.aws())) };

    let rewrap = |spec: String| {
        let mut command = keys(&house, &["rewrap", "--kms", &spec, "--kms-endpoint", &moto.endpoint]);
        command.env("AWS_REGION", REGION).env("AWS_ACCESS_KEY_ID", "A").env("AWS_SECRET_ACCESS_KEY", "S");
        command
    };
    let done = said(rewrap(format!("aws:{key}"))).await;
    assert_eq!(
        (&done["columns"], &done["files"], &done["left"]),
        (&json!(1), &json!(1), &json!(0)),
        "{done}"
    );
    assert_eq!(said(rewrap(format!("aws:{key}"))).await["columns"], 0, "nothing is left to do");
    house.stop().await;
    house.kms = KeyRing::new(aws(&key), Vec::new());
    house.start().await;
    desk.address = house.address();
    desk.cursors.clear();
    desk.pull().await;
    assert_eq!(desk.rows, before, "AWS alone opens it now");
    let ask = Escrow { profile: "ref-front".into(), keep: None };
    let given: Escrowed = desk.post("/v1/escrow", &ask).await.json().await.unwrap();
    assert_eq!(given.keys, [file_key], "and the workstation's file");
    assert_eq!(desk.do_it(patient("Okafor")).await, Verdict::Applied);

    // A key that nobody here has is named, and nothing is changed.
    let next = moto.key().await;
    let lonely = KeyRing::new(Arc::new(ServerKey::from_hex(&"6b".repeat(32)).unwrap()), Vec::new());
    let left = seal::rewrap(&house.owner, &lonely).await.unwrap();
    assert_eq!((left.columns, left.files, left.left), (0, 0, 2));
    assert!(left.why.unwrap().contains("--kms-old"));
    let done = seal::rewrap(&house.owner, &KeyRing::new(aws(&next), vec![file])).await.unwrap();
    assert_eq!((done.columns, done.files, done.left), (1, 1, 0));
    let status = seal::status(&house.owner, house.clinic).await.unwrap();
    assert_eq!(status.wrapped_by[&1], format!("aws:{next}"));
}
