//! What every app that was ever shipped wrote, read by this version; and what this version says, read by them.
//!
//! The files under `recorded/` were written by the app of that version. They are never changed; a new version of the
//! protocol or the wire adds a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::{
    ClinicId, Command, CommandId, ConflictId, Envelope, FeedClass, FeedSeq, Rejection, RejectionCode, Role,
    UtcInstant, WIRE, WorkstationId,
};
use wattle_protocol::digest::TableDigest;
use wattle_protocol::image::ImageAsk;
use wattle_protocol::live::Hint;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::{Answer, Push, Pushed, Verdict};
use wattle_protocol::session::{FeedHead, Hello, Refresh, SignIn, SignedIn, Welcome, WorkstationState};
use wattle_protocol::{ApiFault, ErrorCode, OLDEST_PROTOCOL, PROTOCOL};

#[path = "recorded/v1/reader.rs"]
mod reader_v1;

fn text(version: u32, name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/v{version}"));
    std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()
}

/// Reads a recorded request. Written again it is the same: nothing of it was passed over.
fn read<T: DeserializeOwned + Serialize>(version: u32, name: &str) -> T {
    let text = text(version, name);
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("v{version} {name}: {error}"));
    let recorded: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), recorded, "v{version} {name}");
    read
}

#[test]
fn every_request_of_every_version_is_read_in_full() {
    for version in OLDEST_PROTOCOL..=PROTOCOL {
        let hello: Hello = read(version, "session");
        assert_eq!((hello.protocol, hello.outbox_len, hello.last_n), (version, 2, 10));
        assert_eq!(hello.cursors[&FeedClass::Front], FeedSeq(17));
        assert_eq!(hello.replica.is_some(), version >= 2);
        assert_eq!(hello.feeds, (version >= 2).then(|| vec![FeedClass::Ref, FeedClass::Front]));
        let pull: Pull = read(version, "pull");
        assert_eq!((pull.epoch.as_str(), pull.max_bytes, pull.awaiting.len()), ("a.1.0", 8 << 20, 1));
        assert!(!pull.reconcile);
        assert_eq!(pull.repair.len(), usize::from(version >= 2));
        assert_eq!(pull.digest.map(|ask| ask.content_of), (version >= 2).then_some(Some(7)));
        assert!(read::<SignIn>(version, "sign_in").workstation.is_some());
        assert_eq!(read::<SignIn>(version, "enrol").enrolment.unwrap().code, "ABCD-EFGH");
        assert_eq!(read::<Refresh>(version, "refresh").refresh_token, "one-use");
    }
    assert!(read::<Pull>(2, "pull_reconcile").reconcile);
    assert!(read::<Pull>(2, "pull_usual").digest.is_none());
    assert_eq!(read::<ImageAsk>(2, "image_ask").schema, 2);
}

#[test]
fn every_command_of_every_version_is_read_with_the_same_meaning() {
    let mut verbs: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for version in 1..=WIRE {
        let push: Push = read(version, "push");
        for (signed, n) in push.commands.iter().zip(1..) {
            let envelope: Envelope = serde_json::from_str(&signed.payload).unwrap();
            let recorded: Value = serde_json::from_str(&signed.payload).unwrap();
            assert_eq!(serde_json::to_value(&envelope).unwrap(), recorded, "{}", signed.payload);
            assert_eq!((envelope.wire, envelope.n), (version, n));
            assert_eq!(recorded["name"], envelope.command.name());
            assert_eq!(envelope.deps.len(), usize::from(n == 2 || n == 3));
            assert_eq!(envelope.replica.is_some(), version >= 2);
            assert_eq!(envelope.group.map(|g| u64::from(g.at)), (version >= 2 && n <= 2).then_some(n));
            verbs.entry(version).or_default().push(envelope.command.name().to_owned());
        }
    }
    for (version, verbs) in verbs {
        assert!(verbs.len() >= 10, "wire {version}");
        assert!(verbs.iter().all(|verb| Command::NAMES.contains(&verb.as_str())));
    }
    let newest: Push = read(WIRE, "push");
    assert_eq!(newest.commands.len(), Command::NAMES.len(), "an example of every verb");
}

fn answers() -> Vec<Answer> {
    let verdicts = [
        Verdict::Applied,
        Verdict::Merged,
        Verdict::Conflict { conflicts: vec![ConflictId(Uuid::from_u128(1))] },
        Verdict::Rejected { rejection: Rejection::new(RejectionCode::SlotTaken) },
        Verdict::Rejected { rejection: Rejection::new(RejectionCode::GroupRefused) },
        Verdict::Deferred { on: CommandId(Uuid::from_u128(2)) },
        Verdict::Quarantined,
    ];
    let answer = |verdict| Answer { command_id: CommandId(Uuid::from_u128(3)), verdict, duplicate: true };
    verdicts.into_iter().map(answer).collect()
}

/// What this version writes, as the app of protocol 1 reads it.
fn to_v1<T: DeserializeOwned>(said: &impl Serialize) -> T {
    serde_json::from_slice(&serde_json::to_vec(said).unwrap()).unwrap()
}

#[test]
fn an_app_of_protocol_1_takes_every_answer() {
    let pushed: reader_v1::Pushed = to_v1(&Pushed { answers: answers(), twin: true });
    assert_eq!(pushed.answers.len(), answers().len());
    assert_eq!(pushed.answers[0].verdict, reader_v1::Verdict::Applied);
    assert!(pushed.answers.iter().all(|answer| answer.duplicate));
    let reader_v1::Verdict::Rejected { rejection } = &pushed.answers[4].verdict else { panic!() };
    assert_eq!(rejection.code, reader_v1::RejectionCode::Other, "a code it does not know is still a no");

    let at = UtcInstant(1_795_384_800_000);
    let welcome: reader_v1::Welcome = to_v1(&Welcome {
        epoch: "a.1.0.4f".to_owned(),
        server_time: at,
        feeds: vec![FeedHead { feed: FeedClass::Front, head: FeedSeq(9), horizon: FeedSeq(3) }],
        removed: vec![FeedClass::Clinical],
        workstation: WorkstationState::Ok,
        offline_lease_until: at,
        min_app_version: "0.1.0".to_owned(),
        roles: vec![Role::Reception],
        last_n: 4,
        workstation_names: BTreeMap::from([(WorkstationId(Uuid::nil()), "office".to_owned())]),
    });
    assert_eq!((welcome.feeds[0].head, welcome.feeds[0].horizon, welcome.last_n), (9, 3, 4));

    let digests = vec![TableDigest {
        feed: FeedClass::Front,
        table: "patient".to_owned(),
        content_of: None,
        buckets: String::new(),
    }];
    let cursors = BTreeMap::from([(FeedClass::Front, FeedSeq(9))]);
    let ids = vec![Uuid::nil()];
    let (feed, table) = (FeedClass::Front, "patient".to_owned());
    let frames = [
        Frame::Whole { feed, rows: 1 },
        Frame::Rows { feed, table: table.clone(), columns: vec!["a".to_owned()], rows: vec![vec![json!(1)]] },
        Frame::Gone { feed, table, ids },
        Frame::Page { feed, to: FeedSeq(9) },
        Frame::Checkpoint { cursors, answers: answers(), complete: true, digests },
    ];
    let read: Vec<reader_v1::Frame> = to_v1(&frames);
    let reader_v1::Frame::Checkpoint { cursors, complete: true, .. } = &read[4] else { panic!("{read:?}") };
    assert_eq!(cursors[&reader_v1::FeedClass::Front], 9);

    let hint: reader_v1::Hint = to_v1(&Hint { feed, head: FeedSeq(9) });
    assert_eq!(hint.head, 9);
    let signed_in: reader_v1::SignedIn = to_v1(&SignedIn {
        access_token: "a".to_owned(),
        access_until: at,
        refresh_token: "r".to_owned(),
        clinic: ClinicId(Uuid::nil()),
        clinic_name: "Wattle Street".to_owned(),
        user: wattle_domain::UserId(Uuid::nil()),
        username: "maria".to_owned(),
        display_name: "Maria Costa".to_owned(),
        roles: vec![Role::PracticeManager],
        workstation: WorkstationId(Uuid::nil()),
        workstation_name: "office".to_owned(),
        offline_lease_until: at,
        second_factor_until: Some(at),
        password_given: true,
    });
    assert_eq!(signed_in.access_until, at.0);
    let fault: reader_v1::ApiFault = to_v1(&ApiFault {
        code: ErrorCode::Resnapshot,
        correlation_id: "c".to_owned(),
        retry_after_s: Some(2),
    });
    assert_eq!((fault.code.as_str(), fault.retry_after_s), ("resnapshot", Some(2)));
}

#[test]
fn roles_and_feeds_that_an_app_of_protocol_1_does_not_know_must_not_be_sent_to_it() {
    // Its lists are closed: a new word needs a shim in the server before it may travel.
    for class in FeedClass::ALL {
        let _: reader_v1::FeedClass = to_v1(&class);
    }
    for role in Role::ALL {
        let _: reader_v1::Role = to_v1(&role);
    }
}
