//! All logs as one list, filtered and paged.

use std::collections::BTreeMap;

use serde_json::json;
use wattle_domain::entities::{AccessEvent, AuditEvent, FormerEvent};
use wattle_domain::fields::FormerAct;
use wattle_domain::{CommandId, FeedClass, FeedSeq, PatientId, UserId, UtcInstant, WorkstationId};
use wattle_local_store::{Identity, Store};
use wattle_protocol::ipc::audit::{AuditPage, AuditQuery};
use wattle_protocol::pull::Frame;

use super::cast::*;

const MINUTE: i64 = 60_000;

fn change(n: u128, user: UserId, action: &str, patient: Option<u128>) -> AuditEvent {
    AuditEvent {
        id: id(0xa0, n),
        at: UtcInstant(NINE.0 + i64::try_from(n).unwrap() * MINUTE),
        user_id: user,
        role: "reception".into(),
        workstation_id: RECEPTION_1,
        action: action.into(),
        command_id: CommandId(id(0xa1, n)),
        patient_id: patient.map(|n| PatientId(id(3, n))),
        outcome: "applied".into(),
        changes: json!([{"table": "patient", "id": id(3, 1), "fields": ["family_name", "sex"]}]),
        prev_hash: String::new(),
        hash: format!("{n:064x}"),
        issued_at: Some(UtcInstant(NINE.0)),
    }
}

fn access(n: u128, action: &str, subject: UserId) -> AccessEvent {
    AccessEvent {
        id: id(0xa2, n),
        at: UtcInstant(NINE.0 + i64::try_from(n).unwrap() * MINUTE),
        user_id: Some(MARIA),
        workstation_id: Some(RECEPTION_1),
        action: action.into(),
        subject_id: Some(subject.0),
        patient_id: None,
        reason: None,
        detail: json!({"after": ["nurse"]}),
        prev_hash: String::new(),
        hash: String::new(),
    }
}

fn filled(folder: &std::path::Path) -> Store {
    let store = open_as(folder, Identity { profile: "ref-front-admin".into(), ..identity() });
    store.adopt_epoch("one").unwrap();
    let mut frames = clinic_frames(&[patient(1, "Maria", "Costa", "1963-02-01")]);
    let changes: Vec<AuditEvent> = (0..300)
        .map(|n| {
            let (user, action) = if n % 3 == 0 { (LEE, "open_record") } else { (MARIA, "edit_patient") };
            change(2 * n, user, action, (n % 2 == 0).then_some(1))
        })
        .collect();
    frames.push(Frame::Whole { feed: FeedClass::Admin, rows: 302 });
    frames.push(frame(&changes));
    frames.push(frame(&[access(1, "set_roles", LEE), access(601, "sign_in", MARIA)]));
    let Frame::Checkpoint { mut cursors, answers, complete, digests } = checkpoint(1, vec![]) else {
        panic!()
    };
    cursors.insert(FeedClass::Admin, FeedSeq(1));
    frames.push(Frame::Checkpoint { cursors, answers, complete, digests });
    pull(&store, frames);
    store
}

fn ask(store: &Store, query: AuditQuery) -> AuditPage {
    let names = BTreeMap::from([(RECEPTION_1, "reception-1".to_owned())]);
    store.audit(&query, &names).unwrap()
}

#[test]
fn both_logs_are_one_list_newest_first_and_every_entry_is_on_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let mut query = AuditQuery::default();
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = ask(&store, query.clone());
        assert!(page.lines.len() <= AuditPage::LINES);
        pages += 1;
        query.after = page.lines.last().map(|last| (last.at, last.id));
        seen.extend(page.lines);
        if !page.more {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (302, 4));
    assert!(seen.is_sorted_by(|a, b| (a.at, a.id) > (b.at, b.id)), "newest first, none twice");
    let first = &seen[0];
    assert_eq!((first.action.as_str(), first.user_name.as_deref()), ("sign_in", Some("Maria Costa")));
    assert_eq!(first.workstation_name.as_deref(), Some("reception-1"));
    let roles = seen.iter().find(|line| line.action == "set_roles").unwrap();
    assert_eq!(roles.more, ["after: nurse", "to Ann Lee"]);
    let edit = seen.iter().find(|line| line.action == "edit_patient").unwrap();
    assert_eq!(edit.more, ["patient.family_name", "patient.sex"]);
}

#[test]
fn a_search_says_how_many_and_a_sign_in_refused_without_the_server_says_when_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_as(folder.path(), Identity { profile: "ref-front-admin".into(), ..identity() });
    store.adopt_epoch("one").unwrap();
    let search = AuditEvent {
        action: "search_patients".into(),
        changes: json!([{"hits": 3}]),
        ..change(1, MARIA, "", None)
    };
    let refused = AccessEvent {
        user_id: None,
        detail: json!({"why": "without_server", "done_at": NINE}),
        ..access(2, "sign_in_refused", LEE)
    };
    let mut frames = clinic_frames(&[]);
    frames.push(Frame::Whole { feed: FeedClass::Admin, rows: 2 });
    frames.push(frame(&[search]));
    frames.push(frame(&[refused]));
    let Frame::Checkpoint { mut cursors, answers, complete, digests } = checkpoint(1, vec![]) else {
        panic!()
    };
    cursors.insert(FeedClass::Admin, FeedSeq(1));
    frames.push(Frame::Checkpoint { cursors, answers, complete, digests });
    pull(&store, frames);
    let lines = ask(&store, AuditQuery::default()).lines;
    let seen: Vec<_> = lines.iter().map(|l| (l.action.as_str(), l.issued_at, l.more.clone())).collect();
    let more = |words: [&str; 2]| words.map(str::to_owned).to_vec();
    assert_eq!(
        seen,
        [
            ("sign_in_refused", Some(NINE), more(["why: without_server", "to Ann Lee"])),
            ("search_patients", Some(NINE), vec!["hits: 3".to_owned()]),
        ]
    );
}

#[test]
fn what_the_old_system_wrote_down_is_told_apart_and_found_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_as(folder.path(), Identity { profile: "ref-front-admin".into(), ..identity() });
    store.adopt_epoch("one").unwrap();
    let former = |n: u128, action: FormerAct, field: Option<&str>| FormerEvent {
        id: id(0xa4, n),
        at: UtcInstant(NINE.0 - i64::try_from(n).unwrap() * MINUTE),
        user_id: LEE,
        action,
        patient_id: Some(PatientId(id(3, 1))),
        place: Some("Patient Detail".into()),
        record: Some("4711".into()),
        field: field.map(Into::into),
    };
    let mut frames = clinic_frames(&[patient(1, "Maria", "Costa", "1963-02-01")]);
    frames.push(Frame::Whole { feed: FeedClass::Admin, rows: 3 });
    frames.push(frame(&[change(1, MARIA, "edit_patient", Some(1))]));
    frames.push(frame(&[
        former(1, FormerAct::Changed, Some("PhoneMobile")),
        former(2, FormerAct::Viewed, None),
    ]));
    let Frame::Checkpoint { mut cursors, answers, complete, digests } = checkpoint(1, vec![]) else {
        panic!()
    };
    cursors.insert(FeedClass::Admin, FeedSeq(1));
    frames.push(Frame::Checkpoint { cursors, answers, complete, digests });
    pull(&store, frames);
    let page = ask(&store, AuditQuery { patient: Some(PatientId(id(3, 1))), ..AuditQuery::default() });
    assert_eq!(page.actions, ["edit_patient", "former_changed", "former_viewed"]);
    let seen: Vec<_> = page.lines.iter().map(|l| (l.action.as_str(), l.user_name.as_deref())).collect();
    let lee = Some("Ann Lee");
    assert_eq!(
        seen,
        [("edit_patient", Some("Maria Costa")), ("former_changed", lee), ("former_viewed", lee)]
    );
    let mut more = page.lines[1].more.clone();
    more.sort();
    assert_eq!(more, ["field: PhoneMobile", "in: Patient Detail", "record: 4711"]);
    let only = AuditQuery { action: Some("former_viewed".into()), user: Some(LEE), ..AuditQuery::default() };
    let lines = ask(&store, only).lines;
    assert_eq!(lines.iter().map(|l| l.id).collect::<Vec<_>>(), [id(0xa4, 2)]);
    assert!(
        ask(&store, AuditQuery { action: Some("viewed".into()), ..AuditQuery::default() }).lines.is_empty()
    );
}

#[test]
fn filters_must_all_agree() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let count = |query: AuditQuery| {
        let names: BTreeMap<WorkstationId, String> = BTreeMap::new();
        let mut found = 0;
        let said = store.each_audit_line(&query, &names, |_| {
            found += 1;
            Ok(())
        });
        assert_eq!(said.unwrap(), found);
        found
    };
    let by = |user| AuditQuery { user: Some(user), ..AuditQuery::default() };
    assert_eq!((count(by(LEE)), count(by(MARIA))), (100, 202));
    let of = AuditQuery { patient: Some(PatientId(id(3, 1))), ..by(LEE) };
    assert_eq!(count(of.clone()), 50);
    assert!(ask(&store, of).lines.iter().all(|line| line.patient_name.as_deref() == Some("Costa, Maria")));
    let opened = AuditQuery { action: Some("open_record".into()), ..AuditQuery::default() };
    assert_eq!(count(opened.clone()), 100);
    let (from, until) = (UtcInstant(NINE.0 + 12 * MINUTE), UtcInstant(NINE.0 + 24 * MINUTE));
    assert_eq!(count(AuditQuery { from: Some(from), until: Some(until), ..opened }), 2);
    let page = ask(&store, by(UserId(id(1, 1))));
    assert!(page.lines.is_empty() && !page.more);
    assert_eq!(page.actions, ["edit_patient", "open_record", "set_roles", "sign_in"]);
}
