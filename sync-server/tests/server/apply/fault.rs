//! When the server itself fails over a command.

use serde_json::json;
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Push, Verdict};

use crate::support::House;
use crate::support::desk::{fault, patient};

/// Breaks the server for patients of one name, as a bug in a trigger would.
pub const BREAK: &str = "CREATE FUNCTION public.boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF NEW.family_name = 'Boom' THEN RAISE EXCEPTION 'boom %', NEW.family_name USING ERRCODE = 'XX000'; END IF; \
    RETURN NEW; END $$; GRANT EXECUTE ON FUNCTION public.boom() TO PUBLIC; \
    CREATE TRIGGER z_boom BEFORE INSERT ON clinic.patient FOR EACH ROW EXECUTE FUNCTION public.boom()";

#[tokio::test]
async fn a_command_over_which_the_server_fails_three_times_is_kept_and_the_rest_goes_on() {
    let house = House::new().await;
    house.execute(BREAK).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let before = reception.command(patient("Before"));
    let boom = reception.envelope(patient("Boom"));
    let mut dependant = reception.envelope(patient("Dependant"));
    dependant.deps.push(boom.id);
    let after = reception.command(patient("After"));
    let queue = vec![before, reception.sign(&boom), reception.sign(&dependant), after];

    let answers = reception.push(queue.clone()).await;
    assert_eq!(answers.len(), 1, "what came before is decided, the rest is to be pushed again");
    let rest = Push { commands: queue[1..].to_vec() };
    let response = reception.post("/v1/push", &rest).await;
    assert_eq!(fault(response).await, (reqwest::StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal));

    let answers = reception.push(rest.commands.clone()).await;
    let verdicts: Vec<_> = answers.iter().map(|a| a.verdict.clone()).collect();
    assert_eq!(verdicts, [Verdict::Quarantined, Verdict::Deferred { on: boom.id }, Verdict::Applied]);
    let again = reception.push(rest.commands).await;
    assert_eq!(again[0].verdict, Verdict::Quarantined);
    assert!(again[0].duplicate);

    assert_eq!(house.count("SELECT count(*) FROM clinic.quarantine").await, 1);
    let kept = house.quarantined().await;
    assert_eq!(kept[0].payload, reception.sign(&boom).payload, "whole, as it was signed");
    assert!(!house.text("SELECT payload FROM clinic.quarantine").await.contains("Boom"), "and sealed");
    let reason = house.text("SELECT reason FROM clinic.quarantine").await;
    assert_eq!(reason, "sqlstate XX000 at -", "a code, never the message");
    reception.pull().await;
    let names: Vec<_> = reception
        .rows
        .iter()
        .filter(|((t, _), _)| t == "patient")
        .map(|(_, r)| r["family_name"].clone())
        .collect();
    assert_eq!(names, [json!("Before"), json!("After")], "downloads go on");
}

#[tokio::test]
async fn what_this_server_cannot_read_is_kept() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let known = reception.envelope(patient("Nguyen"));
    let mut unknown_verb = serde_json::to_value(&known).unwrap();
    unknown_verb["name"] = json!("teleport_patient");
    let mut newer_wire = serde_json::to_value(reception.envelope(patient("Okafor"))).unwrap();
    newer_wire["wire"] = json!(999);
    let good = reception.command(patient("Silva"));
    let queue = vec![
        reception.sign_text(unknown_verb.to_string()),
        reception.sign_text(newer_wire.to_string()),
        good,
    ];
    let verdicts: Vec<_> = reception.push(queue).await.into_iter().map(|a| a.verdict).collect();
    assert_eq!(verdicts, [Verdict::Quarantined, Verdict::Quarantined, Verdict::Applied]);
    assert_eq!(house.count("SELECT count(*) FROM clinic.quarantine WHERE reason = 'unreadable'").await, 2);
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable_and_nobody_s_fault() {
    let mut house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let push = Push { commands: vec![reception.command(patient("Nguyen"))] };
    house.root.close().await;
    house.owner.close().await;
    let database = house.database.clone();
    tokio::task::spawn_blocking(move || {
        let cluster = crate::support::postgres::cluster();
        cluster
            .execute("postgres", &format!("ALTER DATABASE {database} CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"))
            .unwrap();
    })
    .await
    .unwrap();
    let response = reception.post("/v1/push", &push).await;
    assert_eq!(fault(response).await, (reqwest::StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable));
    let ready = reqwest::get(format!("http://{}/readyz", house.address())).await.unwrap();
    assert_eq!(ready.status(), 503);
    let alive = reqwest::get(format!("http://{}/healthz", house.address())).await.unwrap();
    assert_eq!(alive.status(), 200);

    let database = house.database.clone();
    tokio::task::spawn_blocking(move || {
        crate::support::postgres::cluster()
            .execute("postgres", &format!("ALTER DATABASE {database} CONNECTION LIMIT -1"))
            .unwrap();
    })
    .await
    .unwrap();
    assert_eq!(
        reception.push(push.commands).await[0].verdict,
        Verdict::Applied,
        "the server recovers by itself"
    );
    house.stop().await;
}
