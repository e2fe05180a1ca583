//! Rows over live streams: who gets which, and who does not.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::live::Delta;
use wattle_protocol::pull::Frame;
use wattle_server::config::Config;

use super::unpolled;
use crate::support::ear::Heard;
use crate::support::{Ear, House};

/// The rows of frames, each with its table, in an order of their own.
fn rows(frames: &[Frame]) -> BTreeSet<String> {
    let rows = frames.iter().filter_map(|frame| match frame {
        Frame::Rows { table, columns, rows, .. } => Some((table, columns, rows)),
        _ => None,
    });
    rows.flat_map(|(table, columns, rows)| rows.iter().map(move |r| format!("{table} {columns:?} {r:?}")))
        .collect()
}

fn deltas(heard: Vec<Heard>) -> Vec<Delta> {
    let delta = |heard| match heard {
        Heard::Rows(delta) => Some(delta),
        Heard::Hint(_) => None,
    };
    heard.into_iter().filter_map(delta).collect()
}

#[tokio::test]
async fn rows_come_as_a_pull_would_bring_them() {
    let house = House::with(unpolled()).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = house.desk("dr-lee", "lee").await;
    lee.pull().await;
    let mut ear = Ear::rows(&lee, "ref,front").await;
    assert_eq!(ear.hear().await.unwrap().head().0, FeedClass::Ref, "the present heads come first");
    for head in 1..=5 {
        let patient = reception.register("Nguyen").await;
        let heard = deltas(ear.hear_until(FeedClass::Front, head).await);
        let [delta] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!((delta.from, delta.to, &delta.epoch), (FeedSeq(head - 1), FeedSeq(head), &lee.epoch));
        let pulled = lee.frames(lee.cursors.clone(), Vec::new(), u64::MAX).await;
        assert_eq!(rows(&delta.frames), rows(&pulled));
        lee.take(&delta.frames);
        lee.cursors.insert(FeedClass::Front, delta.to);
        assert!(lee.row("patient", patient).is_some());
    }
    let more = lee.pull().await;
    assert!(rows(&more).is_empty(), "nothing is left for a pull");
}

#[tokio::test]
async fn what_is_deleted_comes_as_gone() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let patient = reception.register("Nguyen").await;
    let mut ear = Ear::rows(&lee, "front").await;
    ear.hear_until(FeedClass::Front, 1).await;
    house.execute("DELETE FROM clinic.patient").await;
    let heard = deltas(ear.hear_until(FeedClass::Front, 2).await);
    let [Delta { frames, .. }] = heard.as_slice() else { panic!("{heard:?}") };
    let gone = frames.iter().any(
        |f| matches!(f, Frame::Gone { table, ids, .. } if table == "patient" && *ids == [Uuid::from(patient)]),
    );
    assert!(gone, "{frames:?}");
}

#[tokio::test]
async fn what_is_too_much_for_a_stream_is_a_hint() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    reception.register("Nguyen").await;
    let mut ear = Ear::rows(&lee, "front").await;
    ear.hear_until(FeedClass::Front, 1).await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, gender) \
             SELECT clinic_id, gen_random_uuid(), 'N' || n, 'unknown', 'unknown', repeat('x', 900) \
             FROM clinic.clinic, generate_series(1, 100) n",
        )
        .await;
    assert!(deltas(ear.hear_until(FeedClass::Front, 2).await).is_empty(), "90 KB are more than 64 KiB");
    reception.register("Nguyen").await;
    let heard = deltas(ear.hear_until(FeedClass::Front, 3).await);
    assert_eq!(heard.len(), 1, "rows go on after a hint");
    assert_eq!(heard[0].from, FeedSeq(2));
}

#[tokio::test]
async fn each_gets_rows_of_the_feeds_that_it_is_granted_and_asks_for() {
    let house = House::with(unpolled()).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let noor = house.desk("office", "noor").await;
    let mut of_reception = Ear::rows(&reception, "ref,front,clinical,billing,admin").await;
    let mut of_lee = Ear::rows(&lee, "front").await;
    let mut of_noor = Ear::rows(&noor, "front,admin").await;
    for ear in [&mut of_reception, &mut of_lee, &mut of_noor] {
        ear.hear().await.unwrap();
    }
    reception.register("Nguyen").await;
    let feeds = |heard: Vec<Heard>| deltas(heard).iter().map(|d| d.feed).collect::<Vec<_>>();
    assert_eq!(feeds(of_reception.hear_until(FeedClass::Front, 1).await), [FeedClass::Front]);
    assert_eq!(feeds(of_lee.hear_until(FeedClass::Front, 1).await), [FeedClass::Front]);
    // In the log already: the clinic and three people who were made, three codes and three sign-ins; then what was done.
    assert_eq!(feeds(of_noor.hear_until(FeedClass::Admin, 11).await), [FeedClass::Front, FeedClass::Admin]);
    reception.register("Nguyen").await;
    of_reception.hear_until(FeedClass::Front, 2).await;
    assert!(of_noor.heard.contains("\"audit_event\""), "a manager reads the log");
    for ear in [&of_reception, &of_lee] {
        assert!(!ear.heard.contains("audit_event") && !ear.heard.contains("\"admin\""), "{}", ear.heard);
    }
}

#[tokio::test]
async fn who_loses_a_role_gets_no_row_any_more() {
    let house = House::with(unpolled()).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let noor = house.desk("office", "noor").await;
    let mut of_lee = Ear::rows(&lee, "ref,front,clinical").await;
    let mut of_noor = Ear::rows(&noor, "ref,front").await;
    reception.register("Before").await;
    of_lee.hear_until(FeedClass::Front, 1).await;
    of_noor.hear_until(FeedClass::Front, 1).await;
    // The poll sleeps: that the role is gone is found in the snapshot of the next rows.
    house.execute("DELETE FROM clinic.user_role WHERE role = 'practitioner'").await;
    reception.register("Canary").await;
    while of_lee.hear().await.is_some() {}
    of_noor.hear_until(FeedClass::Front, 2).await;
    assert!(of_noor.heard.contains("Canary"), "others are not disturbed");
    assert!(of_lee.heard.contains("Before") && !of_lee.heard.contains("Canary"));
}

#[tokio::test]
async fn a_revoked_token_or_a_stopped_workstation_ends_its_stream_within_a_poll() {
    let house = House::new().await;
    for (name, revoke) in [
        ("dr-lee-1", "UPDATE clinic.token SET revoked_at = now()"),
        ("dr-lee-2", "UPDATE clinic.workstation SET state = 'suspended' WHERE name = 'dr-lee-2'"),
        ("dr-lee-3", "UPDATE clinic.user_account SET active = false WHERE username = 'lee'"),
    ] {
        let lee = house.desk(name, "lee").await;
        let mut ear = Ear::rows(&lee, "ref,front").await;
        ear.hear().await.unwrap();
        house.execute(revoke).await;
        while ear.hear().await.is_some() {}
    }
}

/// A reader that takes nothing: what waits for it becomes a hint, and the server holds no more than the bound.
#[tokio::test]
async fn a_full_queue_collapses_to_hints() {
    let config = Config {
        live_queue_bytes: 600_000,
        delta_bytes: 1 << 20,
        hint_poll: Duration::from_millis(20),
        ..Config::default()
    };
    let house = House::with(config).await;
    let lee = house.desk("dr-lee", "lee").await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(house.address()).await.unwrap();
    let asked = format!(
        "GET /v1/live?rows=front HTTP/1.1\r\nhost: x\r\nwattle-protocol: 2\r\nauthorization: Bearer {}\r\n\r\n",
        lee.signed_in.access_token
    );
    socket.write_all(asked.as_bytes()).await.unwrap();
    let mut watcher = Ear::rows(&lee, "front").await;
    watcher.hear().await.unwrap();
    // More than the kernel's buffers take.
    for head in 1..=50 {
        house
            .execute(
                "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, gender) \
                 SELECT clinic_id, gen_random_uuid(), 'N' || n, 'unknown', 'unknown', repeat('x', 3000) \
                 FROM clinic.clinic, generate_series(1, 120) n",
            )
            .await;
        watcher.hear_until(FeedClass::Front, head).await;
    }
    let figures = house.figures().await;
    assert!(figures.value("wattle_live_overflows_total", &[]) >= 1.0);
    let mut said = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    // The end is a hint, or a step after one, as the last overflow fell.
    let holds = |said: &[u8], word: &str| said.windows(word.len()).any(|w| w == word.as_bytes());
    let ends = ["\"feed\":\"front\",\"head\":50}", "\"feed\":\"front\",\"from\":49,\"to\":50,"];
    let read = async {
        let mut unread = 0;
        while !ends.iter().any(|end| holds(said.get(unread..).unwrap_or_default(), end)) {
            unread = said.len().saturating_sub(100);
            let n = socket.read(&mut buffer).await.unwrap();
            assert!(n > 0, "the stream goes on");
            said.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read).await.expect("the end");
    assert!(holds(&said, "data: {\"feed\":\"front\",\"head\":"), "what did not fit is a hint");
    assert!(said.len() < 50 * 120 * 3000, "not everything came: {}", said.len());
}
