//! Digests of a snapshot, mended buckets, and a reconciled epoch.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;
use wattle_domain::{FeedClass, FeedSeq, Fields, Rev, Row, TableName, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::digest::{DigestAsk, Repair, Stamp, TableDigest};
use wattle_protocol::pull::{COMMON_COLUMNS, Frame, Pull};
use wattle_protocol::push::Verdict;
use wattle_protocol::session::Cursors;
use wattle_server::config::Config;
use wattle_sync_rules::digest::{Buckets, Key, bucket_of};

use crate::support::desk::{fault, patient};
use crate::support::{Book, Desk, House};

const KEY: [u8; 16] = *b"sixteen bytes ..";

fn ask(tables: &[&str], content_of: Option<u8>) -> Option<DigestAsk> {
    let tables = tables.iter().map(|table| (*table).to_owned()).collect();
    Some(DigestAsk { key: Key::new(KEY).to_hex(), tables, content_of })
}

fn pull(desk: &Desk) -> Pull {
    Pull {
        epoch: desk.epoch.clone(),
        cursors: desk.cursors.clone(),
        max_bytes: u64::MAX,
        feeds: desk.feeds.clone(),
        ..Pull::default()
    }
}

fn digests(frames: &[Frame]) -> Vec<TableDigest> {
    match frames.last() {
        Some(Frame::Checkpoint { digests, .. }) => digests.clone(),
        other => panic!("{other:?}"),
    }
}

/// The rows that frames brought, as a file would hold them.
fn rows(frames: &[Frame], wanted: &str) -> Vec<Row> {
    let mut all = Vec::new();
    for frame in frames {
        let Frame::Rows { table, columns, rows, .. } = frame else { continue };
        for row in rows.iter().filter(|_| table == wanted) {
            let names = COMMON_COLUMNS.iter().map(|c| (*c).to_owned()).chain(columns.iter().cloned());
            let mut fields: Fields = names.zip(row.iter().cloned()).collect();
            let mut common = Fields::new();
            for name in COMMON_COLUMNS {
                common.insert(name.to_owned(), fields.remove(name).unwrap());
            }
            let (id, rev) = (common.remove("id").unwrap(), common.remove("rev").unwrap());
            all.push(Row {
                id: serde_json::from_value(id).unwrap(),
                rev: serde_json::from_value(rev).unwrap(),
                attribution: serde_json::from_value(Value::Object(common)).unwrap(),
                fields,
            });
        }
    }
    all
}

fn stamp(row: &Row) -> Stamp {
    Stamp { id: row.id, rev: row.rev, updated_at: row.attribution.updated_at }
}

#[tokio::test]
async fn both_sides_digest_the_same_snapshot_alike() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let id = desk.register("Nguyen").await;
    desk.do_it(Book { practitioner: house.dr_lee, patient: id, minute: 0 }.command(&house)).await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, birth_date) \
             SELECT clinic_id, gen_random_uuid(), E'N\\u00e9\"\\n' || n, 'exact', 'unknown', '1950-01-01'::date + n \
             FROM clinic.clinic, generate_series(1, 900) n",
        )
        .await;
    let frames = desk.frames_of(&Pull { digest: ask(&[], None), ..pull(&desk) }).await;
    let theirs = digests(&frames);
    let tables: BTreeSet<&str> = theirs.iter().map(|digest| digest.table.as_str()).collect();
    let granted = [FeedClass::Ref, FeedClass::Front];
    let all = TableName::ALL.iter().filter(|table| granted.contains(&table.table().class));
    assert_eq!(tables, all.map(|table| table.as_str()).collect(), "every table of the feeds, and no other");
    let key = Key::new(KEY);
    for digest in &theirs {
        let mut ours = Buckets::default();
        for row in rows(&frames, &digest.table) {
            ours.add(row.id, key.stamp(&stamp(&row)));
        }
        assert_eq!(Buckets::read(&digest.buckets).unwrap(), ours, "{}", digest.table);
    }
    for (table, least) in [("patient", 1), ("appointment", 0), ("appointment_type", 0)] {
        let of_table = rows(&frames, table);
        let mut found = 0;
        for bucket in [0, 77, bucket_of(of_table[0].id)] {
            let ask = ask(&[table, "of_a_newer_app"], Some(bucket));
            desk.cursors = heads(&frames);
            let answer = digests(&desk.frames_of(&Pull { digest: ask, ..pull(&desk) }).await);
            assert_eq!((answer.len(), answer[0].content_of), (1, Some(bucket)));
            let mut ours = Buckets::default();
            for row in of_table.iter().filter(|row| bucket_of(row.id) == bucket) {
                ours.add(row.id, key.content(row));
            }
            found += ours.rows();
            assert_eq!(Buckets::read_one(&answer[0].buckets, bucket).unwrap(), ours, "{table} {bucket}");
        }
        assert!(found > least, "{table}: something was compared");
    }
}

fn heads(frames: &[Frame]) -> Cursors {
    match frames.last() {
        Some(Frame::Checkpoint { cursors, .. }) => cursors.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_feeds_of_the_profile_are_sent_and_digested() {
    let house = House::new().await;
    let mut manager = house.desk("office", "noor").await;
    manager.register("Nguyen").await;
    manager.feeds = Some(vec![FeedClass::Front, FeedClass::Admin, FeedClass::Clinical]);
    let frames = manager.frames_of(&Pull { digest: ask(&[], None), ..pull(&manager) }).await;
    let feeds: Vec<FeedClass> = heads(&frames).into_keys().collect();
    let granted: BTreeSet<FeedClass> = house_classes("practice_manager");
    let wanted: Vec<FeedClass> = [FeedClass::Front, FeedClass::Clinical, FeedClass::Admin]
        .into_iter()
        .filter(|f| granted.contains(f))
        .collect();
    assert_eq!(feeds, wanted, "granted and held");
    assert!(digests(&frames).iter().all(|digest| feeds.contains(&digest.feed)));
    assert!(!frames.iter().any(|frame| matches!(frame, Frame::Rows { feed: FeedClass::Ref, .. })));

    // A cursor of a feed that is granted and not held is not looked at.
    manager.cursors = heads(&frames);
    manager.cursors.insert(FeedClass::Ref, FeedSeq(1_000_000));
    let frames = manager.frames_of(&pull(&manager)).await;
    assert_eq!(frames.len(), 1);
    let welcome = manager.hello().await;
    assert_eq!(welcome.removed, [FeedClass::Ref], "held, and outside the profile");
    assert_eq!(welcome.feeds.iter().map(|feed| feed.feed).collect::<Vec<_>>(), wanted);
}

fn house_classes(role: &str) -> BTreeSet<FeedClass> {
    role.parse::<wattle_domain::Role>().unwrap().classes().iter().copied().collect()
}

#[tokio::test]
async fn a_damaged_bucket_is_mended_by_its_differences() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
             SELECT clinic_id, ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 'N', 'unknown', 'unknown' \
             FROM clinic.clinic, generate_series(1, 3000) n",
        )
        .await;
    let frames = desk.pull().await;
    let of_bucket = |bucket: u8| -> Vec<Stamp> {
        rows(&frames, "patient").iter().map(stamp).filter(|s| bucket_of(s.id) == bucket).collect()
    };
    let (mut seven, mut nine) = (of_bucket(7), of_bucket(9));
    assert!(seven.len() > 10);
    let (lost, wrong, untrusted) = (seven[0].id, seven[1].id, seven[2].id);
    seven[1].updated_at = UtcInstant(1);
    seven[2].rev = Rev(0);
    seven.remove(0);
    let ghost = Uuid::from_u128(0xFFFF_FF00_0009);
    nine.push(Stamp { id: ghost, rev: Rev(1), updated_at: UtcInstant(1) });
    let repair =
        |bucket: u8, held: &[Stamp]| Repair { table: "patient".to_owned(), bucket, held: held.to_vec() };
    let asked = Pull { repair: vec![repair(7, &seven), repair(9, &nine), repair(200, &[])], ..pull(&desk) };
    let mended = desk.frames_of(&asked).await;
    let sent: BTreeSet<Uuid> = rows(&mended, "patient").iter().map(|row| row.id).collect();
    let empty_bucket: BTreeSet<Uuid> = of_bucket(200).iter().map(|stamp| stamp.id).collect();
    assert_eq!(sent, empty_bucket.into_iter().chain([lost, wrong, untrusted]).collect());
    let gone: Vec<(String, Vec<Uuid>)> = mended
        .iter()
        .filter_map(|frame| match frame {
            Frame::Gone { table, ids, .. } => Some((table.clone(), ids.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(gone, [("patient".to_owned(), vec![ghost])]);
    let told = house.figures().await.value("wattle_repair_sent_bytes_total", &[]);
    assert!(told > 100.0, "{told} bytes were sent to mend");
    assert!(matches!(mended.last(), Some(Frame::Checkpoint { complete: true, .. })));

    // Never beside a part of the changes.
    desk.cursors.insert(FeedClass::Ref, FeedSeq(0));
    desk.cursors.insert(FeedClass::Front, FeedSeq(0));
    let part = desk
        .frames_of(&Pull { max_bytes: 1, cursors: desk.cursors.clone(), digest: ask(&[], None), ..asked })
        .await;
    let Some(Frame::Checkpoint { complete: false, digests, .. }) = part.last() else { panic!() };
    assert_eq!(digests, &[]);
    assert_eq!(rows(&part, "patient").len(), 0);
}

#[tokio::test]
async fn what_may_not_be_seen_is_gone_and_what_is_not_held_is_not_spoken_of() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let id = desk.register("Nguyen").await;
    desk.pull().await;
    let held = Stamp { id: id.0, rev: Rev(1), updated_at: UtcInstant(1) };
    let repair = |table: &str| Repair { table: table.to_owned(), bucket: bucket_of(id.0), held: vec![held] };
    // Another clinic's row of the same id could not be seen either; an audit entry is of a feed that is not sent.
    let asked = Pull { repair: vec![repair("audit_event"), repair("alert")], ..pull(&desk) };
    let frames = desk.frames_of(&asked).await;
    assert!(matches!(&frames[..], [Frame::Gone { table, .. }, Frame::Checkpoint { .. }] if table == "alert"));
}

#[tokio::test]
async fn another_epoch_is_reconciled_without_a_row() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let one = desk.envelope(patient("Nguyen"));
    desk.push(vec![desk.sign(&one)]).await;
    desk.pull().await;
    let before = desk.cursors.clone();
    house.execute("SELECT sync.restored()").await;
    let old = Pull { digest: ask(&[], None), reconcile: true, awaiting: vec![one.id], ..pull(&desk) };
    assert_eq!(
        fault(desk.post("/v1/pull", &old).await).await.1,
        ErrorCode::Resnapshot,
        "asked with the old epoch"
    );
    let epoch = desk.hello().await.epoch;
    assert_ne!(epoch, desk.epoch);
    desk.cursors.insert(FeedClass::Front, FeedSeq(1_000_000));
    let frames = desk.frames_of(&Pull { epoch, cursors: desk.cursors.clone(), ..old }).await;
    let [Frame::Checkpoint { cursors, answers, complete: true, digests }] = &frames[..] else {
        panic!("{frames:?}")
    };
    assert_eq!(cursors, &before, "the heads of this snapshot");
    assert_eq!((answers.len(), &answers[0].verdict), (1, &Verdict::Applied));
    let patients = digests.iter().find(|digest| digest.table == "patient").unwrap();
    assert_eq!(Buckets::read(&patients.buckets).unwrap().rows(), 1);
}

#[tokio::test]
async fn digests_have_places_of_their_own() {
    let house = House::with(Config { digests: (0, 1), ..Config::default() }).await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("Nguyen").await;
    let response = desk.post("/v1/pull", &Pull { digest: ask(&[], None), ..pull(&desk) }).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(fault(response).await.1, ErrorCode::Unavailable);
    assert!(desk.pull().await.len() > 1, "rows need none");
}

#[tokio::test]
async fn bodies_of_a_pull_may_hold_half_a_megabyte_of_stamps() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.pull().await;
    let repair = |bucket: u8| Repair {
        table: "patient".to_owned(),
        bucket,
        held: (0..1024)
            .map(|n: u128| Stamp {
                id: Uuid::from_u128(n << 8 | u128::from(bucket)),
                rev: Rev(i64::MAX),
                updated_at: UtcInstant(i64::MAX),
            })
            .collect(),
    };
    // 32 bytes each: id, revision, time.
    let asked = Pull { repair: (0..16).map(repair).collect(), ..pull(&desk) };
    let frames = desk.frames_of(&asked).await;
    let Frame::Gone { ids, .. } = &frames[0] else { panic!("{frames:?}") };
    assert_eq!(ids.len(), 16 * 1024);
    let many = Pull { repair: (0..17).map(repair).collect(), ..pull(&desk) };
    assert_eq!(fault(desk.post("/v1/pull", &many).await).await.1, ErrorCode::Malformed);
}

/// `cargo test -p wattle-server -- --ignored --nocapture a_million` with optimisation says how long it takes.
#[tokio::test]
#[ignore = "a measurement: a million rows take a minute to make"]
async fn a_million_rows_are_digested_in_about_two_seconds() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, gender) \
             SELECT clinic_id, gen_random_uuid(), 'N' || n, 'unknown', 'unknown', repeat('x', 150) \
             FROM clinic.clinic, generate_series(1, 1000000) n",
        )
        .await;
    house.execute("VACUUM ANALYZE clinic.patient").await;
    let welcome = desk.hello().await;
    desk.cursors = welcome.feeds.iter().map(|feed| (feed.feed, feed.head)).collect();
    for (what, asked) in [
        ("warming up", Pull { digest: ask(&["patient"], None), ..pull(&desk) }),
        ("stamps", Pull { digest: ask(&["patient"], None), ..pull(&desk) }),
        ("contents of a bucket", Pull { digest: ask(&["patient"], Some(7)), ..pull(&desk) }),
    ] {
        let began = std::time::Instant::now();
        let answer = digests(&desk.frames_of(&asked).await);
        let took = began.elapsed();
        let rows = match asked.digest.unwrap().content_of {
            None => Buckets::read(&answer[0].buckets).unwrap().rows(),
            Some(bucket) => Buckets::read_one(&answer[0].buckets, bucket).unwrap().rows(),
        };
        eprintln!("{what}: {rows} rows in {took:?}");
        assert!(rows > 3000 && took.as_secs() < 60);
    }
    let repair =
        (0..16).map(|bucket| Repair { table: "patient".to_owned(), bucket, held: Vec::new() }).collect();
    let began = std::time::Instant::now();
    let frames = desk.frames_of(&Pull { repair, ..pull(&desk) }).await;
    let took = began.elapsed();
    eprintln!("mending 16 empty buckets: {} rows in {took:?}", rows(&frames, "patient").len());
}
