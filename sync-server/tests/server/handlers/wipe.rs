//! A workstation that was told to destroy its keys.

use serde_json::json;
use wattle_domain::Role;
use wattle_protocol::ErrorCode;
use wattle_protocol::admin::{Act, ComputerState};
use wattle_protocol::push::Signed;
use wattle_protocol::session::{Wiping, WorkstationState};

use crate::support::House;
use crate::support::desk::{fault, patient};

#[tokio::test]
async fn what_was_unsent_is_kept_whole_and_then_nothing_more_comes_from_it() {
    let house = House::new().await;
    house.person("ada", Role::Admin).await;
    let ada = house.desk("office", "ada").await;
    let mut maria = house.desk("reception-1", "maria").await;
    let sent = maria.command(patient("Okafor"));
    maria.push(vec![sent.clone()]).await;
    let unsent = maria.command(patient("Nguyen"));

    let early = maria.post("/v1/wipe", &Wiping { unsent: vec![unsent.clone()], done: false }).await;
    assert_eq!(fault(early).await.1, ErrorCode::NotAllowed, "nobody told it to");
    let wipe = Act::SetComputer { workstation: maria.workstation(), state: ComputerState::Wipe };
    assert_eq!(ada.post("/v1/admin", &wipe).await.status(), 200);
    assert_eq!(maria.hello().await.workstation, WorkstationState::Wipe);

    let garbled = Signed { payload: "{".into(), signature: String::new() };
    let mut last = Wiping { unsent: vec![sent.clone(), unsent.clone(), garbled.clone()], done: false };
    for _ in 0..2 {
        assert_eq!(maria.post("/v1/wipe", &last).await.status(), 200, "it may say it twice");
    }
    last.done = true;
    assert_eq!(maria.post("/v1/wipe", &last).await.status(), 200);
    let mut kept: Vec<(String, String)> =
        house.quarantined().await.into_iter().map(|kept| (kept.payload, kept.reason)).collect();
    kept.sort_by_key(|(payload, _)| payload.len());
    let wiped = |payload: &str| (payload.to_owned(), "wiped".to_owned());
    assert_eq!(kept, [wiped("{"), wiped(&unsent.payload)], "once each, and not what was decided");
    assert_eq!(fault(maria.post("/v1/session", &json!({})).await).await.1, ErrorCode::SignInAgain);
    assert_eq!(house.text("SELECT state FROM clinic.workstation WHERE name = 'reception-1'").await, "wiped");

    let back = Act::SetComputer { workstation: maria.workstation(), state: ComputerState::Ok };
    assert_eq!(fault(ada.post("/v1/admin", &back).await).await.1, ErrorCode::NotFound, "it is enrolled anew");
    let said = house
        .text("SELECT string_agg(action, ' ' ORDER BY id) FROM clinic.access_event WHERE user_id IS NOT NULL")
        .await;
    assert!(said.ends_with("wipe_workstation keep_unsent wiped"), "{said}");
}
