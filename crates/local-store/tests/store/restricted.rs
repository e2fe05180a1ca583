//! Restricted records at a workstation: shut, opened with a reason without the server, shut again by themselves.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use wattle_domain::commands::{BreakGlass, RestrictPatient, SeeGlass, SignNote};
use wattle_domain::restriction::{Door, GLASS_MIN};
use wattle_domain::{NoteId, PatientId, RejectionCode, Role};
use wattle_local_store::{Author, Identity, SigningKey, Store, SubmitError};
use wattle_protocol::ipc::attention::AttentionItem;
use wattle_protocol::ipc::patients::{Restricted, SearchPatients};

use super::cast::*;

const MIA: PatientId = PatientId(uuid::Uuid::from_u128((3 << 64) | 1));

fn author(user: wattle_domain::UserId, roles: &[Role]) -> Author {
    let (signing_key, _) = SigningKey::generate().unwrap();
    Author { user, roles: roles.to_vec(), signing_key }
}

fn file(folder: &std::path::Path, profile: &str, clock: &Arc<HandClock>) -> Store {
    let identity = Identity { profile: profile.into(), ..identity() };
    let store = Store::open(&folder.join("clinic.db"), &key(), identity, clock.clone()).unwrap();
    let mut frames = clinic_frames(&[patient(1, "Mia", "Costa", "1963-02-01")]);
    frames.push(frame(&[phone(1, 1, "+61491570156")]));
    frames.push(checkpoint(1, vec![]));
    pull(&store, frames);
    store
}

fn note(n: u128) -> SignNote {
    SignNote {
        note_id: NoteId(id(20, n)),
        patient_id: MIA,
        appointment_id: None,
        body: "seen".into(),
        supersedes: None,
        amends: None,
    }
}

#[test]
fn a_shut_record_opens_for_an_hour_without_the_server_and_shuts_by_itself() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(HandClock(NINE.0.into())));
    let store = file(folder.path(), "ref-front-clinical", &clock);
    let (lee, nina) = (author(LEE, &[Role::Practitioner]), author(MARIA, &[Role::Nurse]));
    assert_eq!(store.patient_for(MIA, MARIA).unwrap().unwrap().restricted, None);
    let restrict = RestrictPatient { patient_id: MIA, restricted: true, open_to: vec![LEE] };
    store.submit(&lee, restrict.into()).unwrap();

    let hers = |store: &Store| store.patient_for(MIA, MARIA).unwrap().unwrap();
    let shut = hers(&store);
    assert_eq!(shut.restricted, Some(Restricted { shut: true, until: None }));
    assert_eq!(shut.open_to, ["Ann Lee"]);
    assert_eq!(shut.patient.family_name, "Costa", "who it is stays");
    assert!(shut.contacts.is_empty() && shut.patient.field_changes.is_empty());
    let his = store.patient_for(MIA, LEE).unwrap().unwrap();
    assert_eq!((his.contacts.len(), his.restricted), (1, Some(Restricted { shut: false, until: None })));
    let search = SearchPatients { query: "costa".into(), limit: 5 };
    assert_eq!(store.search_patients(&search).unwrap()[0].phone, None, "no phone for whoever passes");
    let SubmitError::Rejected(no) = store.submit(&nina, note(1).into()).unwrap_err() else { panic!() };
    assert_eq!(no.code, RejectionCode::Restricted);

    let glass = BreakGlass { patient_id: MIA, reason: "collapsed".into() };
    store.submit(&nina, glass.into()).unwrap();
    let Door::Glass { until } = store.door(MIA, MARIA).unwrap() else { panic!("open") };
    let open = hers(&store);
    assert_eq!(open.restricted, Some(Restricted { shut: false, until: Some(until) }));
    assert_eq!(open.contacts.len(), 1);
    store.submit(&nina, note(2).into()).unwrap();
    assert_eq!(store.sync_facts().unwrap().attention, 0, "nobody here is told");

    clock.0.store(until.0, Ordering::Relaxed);
    assert_eq!(store.door(MIA, MARIA).unwrap(), Door::Shut);
    assert!(hers(&store).contacts.is_empty());
    assert!(store.submit(&nina, note(3).into()).is_err());
    clock.0.store(until.0 - (GLASS_MIN + 1) * 60_000, Ordering::Relaxed);
    assert_eq!(store.door(MIA, MARIA).unwrap(), Door::Shut, "nor before it was opened");
}

#[test]
fn who_reads_the_logs_is_told_until_they_tick_it() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(HandClock(NINE.0.into())));
    let store = file(folder.path(), "ref-front-billing-admin", &clock);
    let (noor, maria) = (author(LEE, &[Role::PracticeManager]), author(MARIA, &[Role::Reception]));
    let glass = BreakGlass { patient_id: MIA, reason: "collapsed".into() };
    let broken = store.submit(&maria, glass.into()).unwrap().command_id;
    let items = store.attention(LEE).unwrap();
    let [AttentionItem::Glass(item)] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(
        (item.by.as_deref(), item.reason.as_str(), item.mine),
        (Some("Maria Costa"), "collapsed", false)
    );
    assert_eq!(item.patient_name.as_deref(), Some("COSTA Mia"));
    assert_eq!(store.sync_facts().unwrap().attention, 1);
    store.submit(&noor, SeeGlass { glass_id: broken.0 }.into()).unwrap();
    assert_eq!(store.attention(LEE).unwrap(), []);
    assert_eq!(store.sync_facts().unwrap().attention, 0);
}

#[test]
fn people_who_can_be_named_are_those_with_an_open_account() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(HandClock(NINE.0.into())));
    let store = file(folder.path(), "ref-front", &clock);
    let form = store.restriction(MIA).unwrap();
    assert_eq!((form.restricted, form.open_to), (false, vec![]));
    assert_eq!(form.people, [(LEE, "Ann Lee".to_owned()), (MARIA, "Maria Costa".to_owned())]);
    let manager = author(LEE, &[Role::PracticeManager]);
    for restricted in [true, false] {
        let verb = RestrictPatient { patient_id: MIA, restricted, open_to: vec![MARIA] };
        store.submit(&manager, verb.into()).unwrap();
        let form = store.restriction(MIA).unwrap();
        assert_eq!((form.restricted, form.open_to), (restricted, vec![MARIA]), "who was named is remembered");
    }
}
