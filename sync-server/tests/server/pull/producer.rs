//! What a pull sends, in which order, and to whom.

use std::collections::{BTreeMap, BTreeSet};

use wattle_domain::{FeedClass, FeedSeq, TableName};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::Verdict;
use wattle_protocol::session::Cursors;

use crate::support::desk::{fault, patient};
use crate::support::{Book, Desk, House};

fn kinds(frames: &[Frame]) -> Vec<String> {
    frames
        .iter()
        .map(|frame| match frame {
            Frame::Whole { feed, .. } => format!("whole {}", feed.as_str()),
            Frame::Rows { table, rows, .. } => format!("rows {table} {}", rows.len()),
            Frame::Gone { table, ids, .. } => format!("gone {table} {}", ids.len()),
            Frame::Page { feed, .. } => format!("page {}", feed.as_str()),
            Frame::Checkpoint { complete, .. } => format!("checkpoint {complete}"),
        })
        .collect()
}

#[tokio::test]
async fn a_first_pull_sends_feeds_whole_and_the_next_only_what_changed() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let id = desk.register("Nguyen").await;
    let frames = desk.pull().await;
    assert_eq!(
        kinds(&frames),
        [
            "whole ref",
            "rows clinic 1",
            "rows user_name 3",
            "rows practitioner 2",
            "rows appointment_type 1",
            "page ref",
            "whole front",
            "rows patient 1",
            "page front",
            "checkpoint true"
        ]
    );
    let Frame::Whole { rows, .. } = frames[0] else { panic!() };
    assert_eq!(rows, 7);
    assert_eq!(kinds(&desk.pull().await), ["checkpoint true"], "nothing new");

    let book = Book { practitioner: house.dr_lee, patient: id, minute: 0 }.command(&house);
    desk.do_it(book).await;
    let frames = desk.pull().await;
    assert_eq!(
        kinds(&frames),
        ["rows appointment 1", "rows appointment_event 1", "page front", "checkpoint true"]
    );
}

#[tokio::test]
async fn rows_come_in_the_order_of_their_ids_and_in_bounded_frames() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
             SELECT clinic_id, gen_random_uuid(), 'N' || n, 'unknown', 'unknown' \
             FROM clinic.clinic, generate_series(1, 2300) n",
        )
        .await;
    let frames = desk.pull().await;
    let patients: Vec<&Vec<Vec<serde_json::Value>>> = frames
        .iter()
        .filter_map(|f| match f {
            Frame::Rows { table, rows, .. } if table == "patient" => Some(rows),
            _ => None,
        })
        .collect();
    assert_eq!(patients.iter().map(|r| r.len()).collect::<Vec<_>>(), [500, 500, 500, 500, 300]);
    let ids: Vec<&str> =
        patients.iter().flat_map(|rows| rows.iter().map(|r| r[0].as_str().unwrap())).collect();
    assert!(ids.is_sorted());

    // One commit of many pointers comes as one page, however many statements it took.
    house.execute("UPDATE clinic.patient SET title = 'Ms'").await;
    let frames = desk.pull().await;
    let rows: usize =
        frames.iter().map(|f| if let Frame::Rows { rows, .. } = f { rows.len() } else { 0 }).sum();
    assert_eq!(rows, 2300);
    assert_eq!(frames.iter().filter(|f| matches!(f, Frame::Page { .. })).count(), 1);
}

/// Whatever changes between pulls, a desk that pulls along has what one that pulls afresh has.
#[tokio::test]
async fn pulling_along_and_pulling_afresh_give_the_same_rows() {
    let house = House::new().await;
    let mut along = house.desk("reception-1", "maria").await;
    let mut changes: Vec<String> = vec![
        "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) SELECT clinic_id, \
         gen_random_uuid(), 'N' || n, 'unknown', 'unknown' FROM clinic.clinic, generate_series(1, 40) n"
            .to_owned(),
        "UPDATE clinic.patient SET title = 'Ms' WHERE family_name LIKE '%3'".to_owned(),
        "UPDATE clinic.patient SET deleted_at = now(), deleted_reason = 'twice' WHERE family_name = 'N7'".to_owned(),
        "DELETE FROM clinic.patient WHERE family_name LIKE '%1'".to_owned(),
        "UPDATE clinic.practitioner SET family_name = 'Leigh' WHERE family_name = 'Lee'".to_owned(),
        "DELETE FROM clinic.patient WHERE family_name LIKE '%3'".to_owned(),
    ];
    for change in changes.drain(..) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(change)).execute(&house.root).await.unwrap();
        along.pull().await;
    }
    let mut afresh = house.desk("reception-2", "maria").await;
    afresh.pull().await;
    assert_eq!(along.rows, afresh.rows);
    assert_eq!(along.cursors, afresh.cursors);
    let patients = along.rows.keys().filter(|(table, _)| table == "patient").count();
    assert_eq!(patients, 40 - 4 - 4);
}

#[tokio::test]
async fn pages_end_between_commits_and_a_small_pull_is_asked_for_again() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("Nguyen").await;
    desk.pull().await;
    for n in 0..60 {
        let sql = format!(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) SELECT clinic_id, \
             gen_random_uuid(), 'N{n}-' || x, 'unknown', 'unknown' FROM clinic.clinic, generate_series(1, 100) x"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&house.root).await.unwrap();
    }
    let mut pulls = 0;
    loop {
        let before = desk.cursor(FeedClass::Front);
        let frames = desk.frames(desk.cursors.clone(), Vec::new(), 1).await;
        desk.take(&frames);
        pulls += 1;
        let Some(Frame::Checkpoint { complete, .. }) = frames.last() else { panic!("{:?}", kinds(&frames)) };
        let patients = desk.rows.keys().filter(|(table, _)| table == "patient").count();
        assert_eq!(patients as u64, 1 + (desk.cursor(FeedClass::Front) - 1) * 100, "whole commits only");
        if *complete {
            break;
        }
        assert!(desk.cursor(FeedClass::Front) > before, "each pull gets somewhere");
    }
    assert!(pulls >= 3, "{pulls}");
    assert_eq!(desk.cursor(FeedClass::Front), 61);
}

#[tokio::test]
async fn a_feed_that_is_whole_may_be_the_only_one_of_a_small_pull() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("Nguyen").await;
    let frames = desk.frames(Cursors::new(), Vec::new(), 1).await;
    let Some(Frame::Checkpoint { cursors, complete: false, answers, .. }) = frames.last() else { panic!() };
    assert_eq!(cursors[&FeedClass::Front], FeedSeq(0), "front is still to come");
    assert!(cursors[&FeedClass::Ref] > FeedSeq(0));
    assert_eq!(answers, &[]);
    desk.take(&frames);
    let frames = desk.frames(desk.cursors.clone(), Vec::new(), 1).await;
    assert_eq!(kinds(&frames), ["whole front", "rows patient 1", "page front", "checkpoint true"]);
}

#[tokio::test]
async fn answers_come_with_the_snapshot_that_covers_them() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let (one, two) = (desk.envelope(patient("Nguyen")), desk.envelope(patient("Okafor")));
    desk.push(vec![desk.sign(&one)]).await;
    let frames = desk.frames(Cursors::new(), vec![two.id, one.id], u64::MAX).await;
    let Some(Frame::Checkpoint { answers, complete: true, .. }) = frames.last() else { panic!() };
    assert_eq!(answers.len(), 1, "the other has no verdict yet");
    assert_eq!((answers[0].command_id, &answers[0].verdict), (one.id, &Verdict::Applied));
}

#[tokio::test]
async fn cursors_that_make_no_sense_are_told_to_begin_anew() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.pull().await;
    let ask = |epoch: &str, feed: FeedClass, seq: u64| Pull {
        epoch: epoch.to_owned(),
        cursors: Cursors::from([(feed, FeedSeq(seq))]),
        awaiting: Vec::new(),
        max_bytes: 1 << 20,
        ..Pull::default()
    };
    for (why, pull) in [
        ("another epoch", ask("another.1.0", FeedClass::Ref, 1)),
        ("ahead of the server", ask(&desk.epoch, FeedClass::Ref, 1_000_000)),
        ("a feed that is not granted", ask(&desk.epoch, FeedClass::Admin, 1)),
    ] {
        let refused = fault(desk.post("/v1/pull", &pull).await).await;
        assert_eq!(refused, (reqwest::StatusCode::CONFLICT, ErrorCode::Resnapshot), "{why}");
    }
    house
        .execute(
            "UPDATE sync.feed SET horizon = seq WHERE class = 'ref'; UPDATE clinic.clinic SET state = 'NSW'",
        )
        .await;
    let mut cursors = desk.cursors.clone();
    cursors.insert(FeedClass::Ref, FeedSeq(1));
    let frames = desk.frames(cursors, Vec::new(), u64::MAX).await;
    assert_eq!(kinds(&frames)[0], "whole ref", "below the horizon it comes whole");
    house.execute("UPDATE sync.identity SET restores = restores + 1").await;
    assert_ne!(desk.hello().await.epoch, desk.epoch, "a restored backup is another epoch");
}

#[tokio::test]
async fn more_changes_than_rows_come_whole() {
    let config = wattle_server::config::Config { changes_before_whole: 50, ..Default::default() };
    let house = House::with(config).await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("Nguyen").await;
    desk.pull().await;
    for _ in 0..50 {
        house.execute("UPDATE clinic.patient SET title = 'Ms'").await;
    }
    assert_eq!(
        kinds(&desk.pull().await),
        ["rows patient 1", "page front", "checkpoint true"],
        "each row once"
    );
    for _ in 0..51 {
        house.execute("UPDATE clinic.patient SET title = 'Dr'").await;
    }
    let frames = desk.pull().await;
    assert_eq!(kinds(&frames), ["whole front", "rows patient 1", "page front", "checkpoint true"]);
    assert_eq!(
        desk.row("patient", desk.rows.keys().find(|k| k.0 == "patient").unwrap().1).unwrap()["title"],
        "Dr"
    );
}

/// Canary words in every class: not one byte of them reaches a desk that may not have them.
#[tokio::test]
async fn no_byte_of_an_ungranted_class_or_clinic_is_sent() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("CANARY-front-mine").await;
    let other =
        wattle_server::admin::create_clinic(&house.owner, None, "CANARY-ref-other", "Australia/Perth")
            .await
            .unwrap();
    sqlx::query(
        "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
         VALUES ($1, gen_random_uuid(), 'CANARY-front-other', 'unknown', 'unknown')",
    )
    .bind(other.0)
    .execute(&house.root)
    .await
    .unwrap();
    let canaries = |text: &str| -> BTreeSet<String> {
        text.split('"').filter(|word| word.starts_with("CANARY-")).map(str::to_owned).collect()
    };
    let raw = async |desk: &Desk| {
        let pull = Pull {
            epoch: desk.epoch.clone(),
            cursors: Cursors::new(),
            awaiting: Vec::new(),
            max_bytes: u64::MAX,
            ..Pull::default()
        };
        desk.post("/v1/pull", &pull).await.text().await.unwrap()
    };
    let text = raw(&desk).await;
    assert_eq!(canaries(&text), BTreeSet::from(["CANARY-front-mine".to_owned()]));
    assert!(!text.contains("audit_event") && !text.contains("register_patient"));

    // An admin's own roles hold no patient.
    house.execute("UPDATE clinic.user_role SET role = 'admin' WHERE role = 'reception'").await;
    let text = raw(&desk).await;
    assert_eq!(canaries(&text), BTreeSet::new());
    assert!(text.contains("audit_event"));
}

#[tokio::test]
async fn every_column_of_every_table_travels_under_its_name() {
    let house = House::new().await;
    let mut manager = house.desk("office", "noor").await;
    let id = manager.register("Nguyen").await;
    manager.do_it(Book { practitioner: house.dr_lee, patient: id, minute: 0 }.command(&house)).await;
    let frames = manager.pull().await;
    let mut seen: BTreeMap<&str, &Vec<String>> = BTreeMap::new();
    for frame in &frames {
        if let Frame::Rows { table, columns, .. } = frame {
            seen.insert(table, columns);
        }
    }
    assert!(seen.len() >= 8, "{seen:?}");
    for (table, columns) in seen {
        let name: TableName = table.parse().unwrap();
        let wanted: Vec<&str> = name.table().columns.iter().map(|c| c.name).collect();
        assert_eq!(columns, &wanted, "{table}");
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_the_server_whole() {
    let mut config = wattle_server::config::Config::default();
    (config.database_connections, config.pulls) = (4, (2, 2));
    let house = House::with(config).await;
    let mut desk = house.desk("reception-1", "maria").await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, gender) \
             SELECT clinic_id, gen_random_uuid(), 'N' || n, 'unknown', 'unknown', repeat('x', 900) \
             FROM clinic.clinic, generate_series(1, 20000) n",
        )
        .await;
    for _ in 0..6 {
        let pull = Pull {
            epoch: desk.epoch.clone(),
            cursors: Cursors::new(),
            awaiting: Vec::new(),
            max_bytes: u64::MAX,
            ..Pull::default()
        };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        // Places are free again as soon as the server notices.
        let mut response = loop {
            let response = desk.post("/v1/pull", &pull).await;
            if response.status() == 200 {
                break response;
            }
            assert_eq!(fault(response).await.1, ErrorCode::Unavailable);
            assert!(std::time::Instant::now() < deadline, "the places never came back");
            tokio::task::yield_now().await;
        };
        assert!(response.chunk().await.unwrap().is_some());
        drop(response);
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while house.count("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' OR (state = 'active' AND query LIKE 'COPY%')").await > 0 {
        assert!(std::time::Instant::now() < deadline, "a snapshot was left open");
        tokio::task::yield_now().await;
    }
    desk.pull().await;
    assert_eq!(desk.rows.keys().filter(|(t, _)| t == "patient").count(), 20_000);
}

#[tokio::test]
async fn pulls_are_compressed_when_asked_for() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let pull = Pull {
        epoch: desk.epoch.clone(),
        cursors: Cursors::new(),
        awaiting: Vec::new(),
        max_bytes: u64::MAX,
        ..Pull::default()
    };
    let ask = |encoding: &'static str| {
        // Without reqwest's own decoding, which hides the header.
        let plain = reqwest::Client::builder().no_zstd().build().unwrap();
        plain
            .post(format!("http://{}/v1/pull", desk.address))
            .header("wattle-protocol", "1")
            .header("accept-encoding", encoding)
            .bearer_auth(&desk.signed_in.access_token)
            .json(&pull)
            .send()
    };
    let response = ask("zstd").await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "zstd");
    assert!(response.bytes().await.unwrap().starts_with(&[0x28, 0xB5, 0x2F, 0xFD]));
    let response = ask("identity").await.unwrap();
    assert!(response.headers().get("content-encoding").is_none());
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert!(response.text().await.unwrap().starts_with("{\"frame\":\"whole\""));
}

#[tokio::test]
async fn who_missed_the_same_gets_the_same_as_far_as_it_is_theirs() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut second = house.desk("reception-2", "maria").await;
    let mut small = house.desk("reception-3", "maria").await;
    let mut manager = house.desk("office", "noor").await;
    reception.register("Before").await;
    for desk in [&mut second, &mut small, &mut manager] {
        desk.pull().await;
    }
    for n in 0..30 {
        reception.register(&format!("Missed{n}")).await;
    }
    house.execute("DELETE FROM clinic.patient WHERE family_name = 'Missed7'").await;
    reception.rows.clear();
    reception.cursors = Cursors::new();
    reception.pull().await;

    let missed = ["rows patient 29", "gone patient 1", "page front", "checkpoint true"];
    // One that has no room for the step reads its own pages.
    assert_eq!(kinds(&small.frames(small.cursors.clone(), Vec::new(), 2_000).await), missed);
    let (one, other) = tokio::join!(second.pull(), manager.pull());
    assert_eq!(kinds(&one), missed);
    assert!(kinds(&other).contains(&missed[0].to_owned()), "{:?}", kinds(&other));
    small.pull().await;
    for desk in [&second, &small] {
        assert_eq!(desk.rows, reception.rows);
        assert_eq!(desk.cursors, reception.cursors);
    }
}
