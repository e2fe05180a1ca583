//! Keys of workstations' files at the server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wattle_protocol::ErrorCode;
use wattle_protocol::escrow::{Escrow, Escrowed};

use crate::support::desk::fault;
use crate::support::{Desk, House};

fn key(byte: u8) -> String {
    STANDARD.encode([byte; 32])
}

async fn ask(desk: &Desk, profile: &str, keep: Option<String>) -> Result<Vec<String>, ErrorCode> {
    let response = desk.post("/v1/escrow", &Escrow { profile: profile.to_owned(), keep }).await;
    if response.status() != 200 {
        return Err(fault(response).await.1);
    }
    Ok(response.json::<Escrowed>().await.unwrap().keys)
}

#[tokio::test]
async fn people_of_the_profile_get_it_at_that_workstation_and_nobody_else() {
    let house = House::new().await;
    house.execute("INSERT INTO clinic.user_role SELECT clinic_id, user_id, 'reception' FROM clinic.user_role WHERE role = 'practice_manager'").await;
    let maria = house.desk("reception-1", "maria").await;
    assert_eq!(ask(&maria, "ref-front", None).await, Ok(vec![]));
    for kept in [key(1), key(1), key(2)] {
        assert_eq!(ask(&maria, "ref-front", Some(kept)).await, Ok(vec![]));
    }
    assert_eq!(ask(&maria, "ref-front", None).await, Ok(vec![key(2), key(1)]), "newest first, each once");
    assert_eq!(ask(&maria, "ref-front-clinical", None).await, Err(ErrorCode::NotAllowed), "not her profile");
    assert_eq!(ask(&maria, "ref-front", Some("x".into())).await, Err(ErrorCode::Malformed));
    let noor = maria.also("noor").await;
    assert_eq!(
        ask(&noor, "ref-front", None).await,
        Err(ErrorCode::NotAllowed),
        "a manager's file is another"
    );
    let elsewhere = house.desk("reception-2", "maria").await;
    assert_eq!(ask(&elsewhere, "ref-front", None).await, Ok(vec![]), "another computer");

    let rests = house.text("SELECT string_agg(encode(wrapped, 'hex'), ' ') FROM clinic.data_key").await;
    assert!(!rests.contains(&"01".repeat(32)) && !rests.contains(&"02".repeat(32)));
    // A row that somebody moves to a computer of theirs opens nothing.
    house.execute("UPDATE clinic.data_key SET workstation_id = (SELECT id FROM clinic.workstation WHERE name = 'reception-2')").await;
    assert_eq!(ask(&elsewhere, "ref-front", None).await, Err(ErrorCode::Internal));
    let said = house.text("SELECT string_agg(action, ' ' ORDER BY id) FROM clinic.access_event WHERE action LIKE '%data_key'").await;
    assert_eq!(said, "keep_data_key keep_data_key give_data_key");
}
