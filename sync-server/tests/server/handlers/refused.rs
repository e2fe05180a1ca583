//! Sign-ins that a workstation has refused without the server.

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::{UserId, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::refused::{MOST_REFUSALS, Refusal, Refusals};
use wattle_server::admin;

use crate::support::House;
use crate::support::desk::fault;

/// Its id, who did it, on whose account, where, and what else it says.
type Entry = (Uuid, Option<Uuid>, Option<Uuid>, Option<Uuid>, Value);

#[tokio::test]
async fn each_is_in_the_log_once_whoever_tells_it_and_how_often() {
    let mut house = House::new().await;
    let maria = house.desk("reception-1", "maria").await;
    let stranger = house.desk_elsewhere("Other Street Clinic", "olga").await;
    let at = UtcInstant(1_795_300_000_000);
    let refusal = |n: u128, user: UserId| Refusal { id: Uuid::from_u128(n), user, at };
    let nobody = UserId(Uuid::from_u128(0x404));
    let refused = vec![
        refusal(1, house.noor),
        refusal(2, house.noor),
        refusal(2, house.noor),
        refusal(3, nobody),
        refusal(4, stranger.user()),
    ];
    let lee = maria.also("lee").await;
    for desk in [&maria, &maria, &lee] {
        let told = desk.post("/v1/refused", &Refusals { refused: refused.clone() }).await;
        assert_eq!(told.status(), 200);
    }
    let kept: Vec<Entry> = sqlx::query_as(
        "SELECT id, user_id, subject_id, workstation_id, detail FROM clinic.access_event \
         WHERE action = 'sign_in_refused' ORDER BY id",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    let detail = json!({"why": "without_server", "done_at": at});
    let entry = |n: u128| {
        let at = Some(maria.workstation().0);
        (Uuid::from_u128(n), None, Some(house.noor.0), at, detail.clone())
    };
    assert_eq!(kept, [entry(1), entry(2)], "nobody knows who it was; accounts of others are not noted");
    let whole = admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap();
    assert_eq!(whole, None, "telling it again has moved no link of the chain");

    let many = (0..=MOST_REFUSALS).map(|n| refusal(100 + n as u128, house.noor)).collect();
    let answer = fault(maria.post("/v1/refused", &Refusals { refused: many }).await).await;
    assert_eq!(answer, (StatusCode::BAD_REQUEST, ErrorCode::Malformed));
}
