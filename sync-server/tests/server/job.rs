//! The server's own work: read models are kept fresh, beside the audit of documents.

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use wattle_blob_store::Blobs;
use wattle_server::document::Place;
use wattle_server::job::{newest, run_due};

use crate::support::House;

/// What is due at an instant, done; what was said of it.
async fn due(house: &House, place: &Place, at: DateTime<Utc>) -> Vec<Value> {
    let mut said = Vec::new();
    run_due(&house.owner, place, || at, |line| said.push(line)).await.unwrap();
    said.retain(|line| line["job"] == "refresh_models");
    said
}

#[tokio::test]
async fn read_models_are_refreshed_each_quarter_of_an_hour_and_a_failed_test_is_said_and_tried_again() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    let blobs = tempfile::tempdir().unwrap();
    let place = Place { blobs: Blobs::open(blobs.path().to_str().unwrap()).unwrap(), kms: None };
    let now = Cell::new(DateTime::from_timestamp(1_795_000_000, 0).unwrap());

    let said = due(&house, &place, now.get()).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!((&said[0]["good"], &said[0]["clinic"]), (&true.into(), &house.clinic.to_string().into()));
    let of = |said: &Value, model: &str| {
        let models = said["report"]["models"].as_array().unwrap();
        models.iter().find(|m| m["model"] == model).unwrap_or_else(|| panic!("no {model}: {said}")).clone()
    };
    assert_eq!(of(&said[0], "patient_summary")["inserted"], 1);
    let names: Vec<_> =
        said[0]["report"]["models"].as_array().unwrap().iter().map(|m| m["model"].clone()).collect();
    assert_eq!(
        names,
        ["todays_appointments", "waiting_room", "patient_summary", "unactioned_results", "day_takings"],
        "none that needs staging"
    );
    assert_eq!(
        house.count("SELECT count(*) FROM read_model.patient_summary WHERE family_name = 'Nguyen'").await,
        1
    );
    assert!(due(&house, &place, now.get() + TimeDelta::minutes(14)).await.is_empty(), "not before");

    now.set(now.get() + TimeDelta::minutes(15));
    reception.register("Costa").await;
    let said = due(&house, &place, now.get()).await;
    assert_eq!(of(&said[0], "patient_summary")["inserted"], 1);
    let done = "SELECT count(*) FROM clinic.job WHERE kind = 'refresh_models' AND done_at IS NOT NULL";
    assert_eq!(house.count(done).await, 1, "of many the last says enough");

    // A row that no rule lets in: the word that the header does not accept, past the clinic's own check.
    house.execute("ALTER TABLE clinic.patient DROP CONSTRAINT patient_sex_check").await;
    house.execute("UPDATE clinic.patient SET sex = 'marker' WHERE family_name = 'Costa'").await;
    now.set(now.get() + TimeDelta::minutes(15));
    let said = due(&house, &place, now.get()).await;
    let why = said[0]["failed"].as_str().unwrap().to_owned();
    assert!(
        why.contains("patient_summary: accepted_values sex does not hold") && !why.contains("Costa"),
        "{why}"
    );
    assert_eq!(house.count("SELECT count(*) FROM read_model.patient_summary WHERE sex = 'marker'").await, 0);
    let listed = newest(&house.owner, house.clinic).await.unwrap();
    assert!(listed.iter().any(|job| job.failed.as_deref() == Some(why.as_str())), "{listed:?}");
    house.execute("UPDATE clinic.patient SET sex = 'unknown' WHERE family_name = 'Costa'").await;
    let said = due(&house, &place, now.get() + TimeDelta::minutes(1)).await;
    assert_eq!((said.len(), &said[0]["good"]), (1, &true.into()), "{said:?}");
}
