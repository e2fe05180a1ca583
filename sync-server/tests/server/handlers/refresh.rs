use reqwest::{Response, StatusCode};
use uuid::Uuid;
use wattle_domain::WorkstationId;
use wattle_protocol::ErrorCode;
use wattle_protocol::session::{Hello, Refresh, SignedIn};

use crate::support::desk::{fault, send};
use crate::support::{Desk, House};

async fn refresh(desk: &Desk, token: &str) -> Response {
    let body = Refresh { refresh_token: token.to_owned(), workstation: desk.workstation() };
    send(desk.address, "/v1/refresh", None, &body).await
}

async fn good(desk: &Desk, token: &str) -> SignedIn {
    let response = refresh(desk, token).await;
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn is_open(desk: &Desk, access_token: &str) -> bool {
    let hello = Hello {
        app_version: "0.1.0".to_owned(),
        protocol: wattle_protocol::PROTOCOL,
        epoch: String::new(),
        cursors: Default::default(),
        outbox_len: 0,
        outbox_oldest_s: None,
        last_n: 0,
        replica: None,
        feeds: None,
    };
    send(desk.address, "/v1/session", Some(access_token), &hello).await.status() == 200
}

const AGAIN: (StatusCode, ErrorCode) = (StatusCode::UNAUTHORIZED, ErrorCode::SignInAgain);

#[tokio::test]
async fn tokens_end_and_are_renewed() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    assert!(is_open(&desk, &desk.signed_in.access_token).await);
    house.clock.forward_s(600);
    assert!(!is_open(&desk, &desk.signed_in.access_token).await, "ten minutes are over");
    let next = good(&desk, &desk.signed_in.refresh_token).await;
    assert!(is_open(&desk, &next.access_token).await);
    assert_eq!(next.display_name, "Maria Costa");
    assert_eq!(next.workstation, desk.workstation());
    house.clock.forward_s(31 * 24 * 3600);
    assert_eq!(fault(refresh(&desk, &next.refresh_token).await).await, AGAIN, "a month is over");
}

#[tokio::test]
async fn a_token_that_is_used_again_ends_the_whole_family() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let second = good(&desk, &desk.signed_in.refresh_token).await;
    let third = good(&desk, &second.refresh_token).await;
    // The thief comes with the first one.
    assert_eq!(fault(refresh(&desk, &desk.signed_in.refresh_token).await).await, AGAIN);
    assert!(!is_open(&desk, &third.access_token).await);
    assert_eq!(fault(refresh(&desk, &third.refresh_token).await).await, AGAIN);
    assert_eq!(noted(&house).await, "used revoked");
}

/// Why tokens were taken for stolen, by the log of access.
async fn noted(house: &House) -> String {
    let why = "SELECT coalesce(string_agg(detail ->> 'why', ' ' ORDER BY id), '') FROM clinic.access_event \
               WHERE action = 'reuse_token' AND user_id IS NOT NULL AND workstation_id IS NOT NULL";
    house.text(why).await
}

#[tokio::test]
async fn an_answer_that_was_lost_can_be_asked_for_again_soon() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let lost = good(&desk, &desk.signed_in.refresh_token).await;
    house.clock.forward_s(30);
    let again = good(&desk, &desk.signed_in.refresh_token).await;
    assert!(!is_open(&desk, &lost.access_token).await, "what was lost on its way is worth nothing");
    assert!(is_open(&desk, &again.access_token).await);
    house.clock.forward_s(61);
    assert_eq!(
        fault(refresh(&desk, &desk.signed_in.refresh_token).await).await,
        AGAIN,
        "not so soon any more"
    );
    assert!(!is_open(&desk, &again.access_token).await);
}

#[tokio::test]
async fn an_answer_that_two_hold_ends_the_whole_family() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    // The desk has its answer; within the minute a thief asks for another with the token that it was given for.
    let held = good(&desk, &desk.signed_in.refresh_token).await;
    let stolen = good(&desk, &desk.signed_in.refresh_token).await;
    assert!(is_open(&desk, &stolen.access_token).await, "so far it looks like a lost answer");
    assert_eq!(fault(refresh(&desk, &held.refresh_token).await).await, AGAIN);
    assert!(!is_open(&desk, &stolen.access_token).await, "what was held was no lost answer");
    assert_eq!(fault(refresh(&desk, &stolen.refresh_token).await).await, AGAIN);
}

#[tokio::test]
async fn a_token_is_bound_to_its_workstation_and_its_kind() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    assert_eq!(fault(refresh(&desk, &desk.signed_in.access_token).await).await, AGAIN, "not for refreshing");
    assert!(!is_open(&desk, &desk.signed_in.refresh_token).await, "not for access");
    let elsewhere = Refresh {
        refresh_token: desk.signed_in.refresh_token.clone(),
        workstation: WorkstationId(Uuid::now_v7()),
    };
    assert_eq!(fault(send(desk.address, "/v1/refresh", None, &elsewhere).await).await, AGAIN);
    assert!(!is_open(&desk, &desk.signed_in.access_token).await, "it was stolen: all of it ends");
    assert_eq!(noted(&house).await, "another_workstation");
}

#[tokio::test]
async fn tokens_are_kept_as_hashes() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let token = &desk.signed_in.access_token;
    let found: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM clinic.token WHERE hash = sha256(convert_to($1, 'UTF8')) OR token::text LIKE '%' || $1 || '%'",
    )
    .bind(token)
    .fetch_one(&house.root)
    .await
    .unwrap();
    let plain: i64 =
        sqlx::query_scalar("SELECT count(*) FROM clinic.token WHERE token::text LIKE '%' || $1 || '%'")
            .bind(token)
            .fetch_one(&house.root)
            .await
            .unwrap();
    assert_eq!((found, plain), (1, 0));
}

#[tokio::test]
async fn a_closed_account_is_told_so_and_a_stopped_workstation_gets_a_short_lease() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let hours = |signed_in: &SignedIn| signed_in.offline_lease_until.minutes_since(house.clock_now()) / 60;
    let second = good(&desk, &desk.signed_in.refresh_token).await;
    assert_eq!(hours(&second), 72);
    house.execute("UPDATE clinic.workstation SET state = 'suspended'").await;
    let third = good(&desk, &second.refresh_token).await;
    assert_eq!(
        third.offline_lease_until.minutes_since(house.clock_now()),
        15,
        "it shuts soon after it has left"
    );
    house.execute("UPDATE clinic.workstation SET state = 'ok'").await;
    let fourth = good(&desk, &third.refresh_token).await;
    assert_eq!(hours(&fourth), 72);
    house.execute("UPDATE clinic.user_account SET active = false WHERE username = 'maria'").await;
    house.execute("UPDATE clinic.token SET revoked_at = now()").await;
    let closed = (StatusCode::UNAUTHORIZED, ErrorCode::AccountClosed);
    assert_eq!(fault(refresh(&desk, &fourth.refresh_token).await).await, closed);
    assert!(!is_open(&desk, &fourth.access_token).await);
}

/// The person is gone and their account closed; the computer still hears that it is to be wiped, and nothing else.
#[tokio::test]
async fn a_wiping_workstation_hears_so_whoever_sat_there_last() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    house.execute("UPDATE clinic.user_account SET active = false WHERE username = 'maria'").await;
    house.execute("UPDATE clinic.token SET revoked_at = now()").await;
    house.clock.forward_s(40 * 24 * 3600);
    assert_eq!(fault(refresh(&desk, &desk.signed_in.refresh_token).await).await.1, ErrorCode::AccountClosed);
    house.tell_all_to_wipe().await;
    let last = good(&desk, &desk.signed_in.refresh_token).await;
    assert!(is_open(&desk, &last.access_token).await, "a session tells it");
    for route in ["/v1/push", "/v1/pull", "/v1/document", "/v1/password", "/v1/second-factor"] {
        let body = match route {
            "/v1/push" => serde_json::json!({"commands": []}),
            "/v1/second-factor" => serde_json::json!({"step": "look"}),
            "/v1/password" => serde_json::json!({"old": "a", "new": "b"}),
            _ => serde_json::json!({}),
        };
        let status = send(desk.address, route, Some(&last.access_token), &body).await.status();
        assert!(status.is_client_error(), "{route}: {status}");
    }
    house.execute("UPDATE clinic.workstation SET state = 'wiped'").await;
    assert!(refresh(&desk, &last.refresh_token).await.status().is_client_error(), "and then no more");
}
