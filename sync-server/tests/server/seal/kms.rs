//! The KMS is asked once for a clinic's key, and its absence stops only what needs the key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::Pull;
use wattle_protocol::push::{Push, Verdict};
use wattle_server::kms::{KeyRing, Kms, KmsError, ServerKey};
use zeroize::Zeroizing;

use super::columns::{plain, wordy};
use crate::support::desk::{fault, patient};
use crate::support::{Book, House};

/// The key file, counted, and switched off when the test says so.
#[derive(Debug)]
struct Switched {
    key: ServerKey,
    calls: AtomicUsize,
    off: AtomicBool,
}

impl Switched {
    fn new(hex: &str) -> Arc<Self> {
        let key = ServerKey::from_hex(&hex.repeat(32)).unwrap();
        Arc::new(Self { key, calls: AtomicUsize::new(0), off: AtomicBool::new(false) })
    }

    fn asked(&self) -> Result<(), KmsError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let off = self.off.load(Ordering::SeqCst);
        if off { Err(KmsError::Unreachable(self.key.key_name())) } else { Ok(()) }
    }
}

impl Kms for Switched {
    fn key_name(&self) -> String {
        self.key.key_name()
    }

    fn wrap<'a>(&'a self, context: &'a [u8], plain: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KmsError>> {
        async move {
            self.asked()?;
            self.key.wrap(context, plain).await
        }
        .boxed()
    }

    fn unwrap<'a>(
        &'a self,
        key_name: &'a str,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, KmsError>> {
        async move {
            self.asked()?;
            self.key.unwrap(key_name, context, wrapped).await
        }
        .boxed()
    }
}

async fn another_server(house: &mut House, kms: &Arc<Switched>) {
    house.stop().await;
    house.kms = KeyRing::new(kms.clone(), Vec::new());
    house.start().await;
}

#[tokio::test]
async fn a_clinics_key_is_asked_for_once_however_many_requests_need_it() {
    let mut house = House::new().await;
    let kms = Switched::new("5a");
    another_server(&mut house, &kms).await;
    let mut desk = house.desk("reception-1", "maria").await;
    for n in 0..10 {
        assert_eq!(desk.do_it(patient(&format!("Nguyen {n}"))).await, Verdict::Applied);
        desk.pull().await;
    }
    // The first key is wrapped once, and read back as the database has it.
    assert_eq!(kms.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_its_kms_the_server_serves_what_needs_no_key_and_writes_nothing_by_half() {
    let mut house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    assert_eq!(desk.do_it(wordy("Nguyen", "quokka")).await, Verdict::Applied);
    let kms = Switched::new("5a");
    kms.off.store(true, Ordering::SeqCst);
    another_server(&mut house, &kms).await;
    desk.address = house.address();
    let counts = "SELECT (SELECT count(*) FROM clinic.patient) + (SELECT count(*) FROM clinic.command_log) \
        + (SELECT count(*) FROM clinic.audit_event) + (SELECT count(*) FROM clinic.quarantine)";
    let before = house.count(counts).await;
    let signed = desk.command(patient("Okafor"));
    let push = Push { commands: vec![signed.clone()] };
    for _ in 0..3 {
        let response = desk.post("/v1/push", &push).await;
        assert_eq!(fault(response).await.1, ErrorCode::Unavailable);
    }
    let pull = Pull { epoch: desk.epoch.clone(), max_bytes: u64::MAX, ..Pull::default() };
    assert_eq!(fault(desk.post("/v1/pull", &pull).await).await.1, ErrorCode::Unavailable);
    assert_eq!(house.count(counts).await, before);
    // What needs no key: sign-in, a session, the feed of rooms and types.
    house.desk("reception-2", "maria").await;
    let rooms = Pull { feeds: Some(vec![wattle_domain::FeedClass::Ref]), ..pull.clone() };
    assert_eq!(desk.post("/v1/pull", &rooms).await.status(), 200);
    assert!(kms.calls.load(Ordering::SeqCst) <= 6, "one that fails is spared for a moment");

    kms.off.store(false, Ordering::SeqCst);
    let deadline = Instant::now() + Duration::from_secs(20);
    while desk.post("/v1/push", &push).await.status() != 200 {
        assert!(Instant::now() < deadline, "it does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(desk.push(vec![signed]).await[0].verdict, Verdict::Applied);
    desk.pull().await;
    assert_eq!(desk.rows.iter().filter(|((table, _), _)| table == "patient").count(), 2);
}

#[tokio::test]
async fn another_key_than_the_clinics_is_no_key() {
    let mut house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    assert_eq!(desk.do_it(patient("Nguyen")).await, Verdict::Applied);
    let right = house.kms.clone();
    another_server(&mut house, &Switched::new("6b")).await;
    desk.address = house.address();
    let push = Push { commands: vec![desk.command(patient("Okafor"))] };
    assert_eq!(fault(desk.post("/v1/push", &push).await).await.1, ErrorCode::Unavailable);
    assert_eq!(house.count("SELECT count(*) FROM clinic.column_key").await, 1, "no new key is made instead");
    let refused =
        wattle_server::admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await;
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("--kms-old") && said.contains(&right.key_name()), "{said}");
    let refused = wattle_server::admin::verify_audit(&house.owner, None, house.clinic).await;
    assert!(refused.unwrap_err().to_string().contains("no key"));
    assert_eq!(
        wattle_server::admin::verify_audit(&house.owner, Some(right), house.clinic).await.unwrap(),
        None
    );
}

/// Rows of a server that had no key are sealed as soon as one has.
#[tokio::test]
async fn a_server_that_gets_its_first_key_seals_what_there_is() {
    let mut house = House::keyless().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let command = wordy("Nguyen", "quokka");
    let id = command.patient_id;
    assert_eq!(desk.do_it(command).await, Verdict::Applied);
    desk.do_it(Book { practitioner: house.dr_lee, patient: id, minute: 0 }.command(&house)).await;
    assert!(plain(&house).await > 5);
    desk.pull().await;
    let before = desk.rows.clone();
    house.has_kms = true;
    another_server(&mut house, &Switched::new("5a")).await;
    desk.address = house.address();
    let deadline = Instant::now() + Duration::from_secs(60);
    while plain(&house).await > 0 {
        assert!(Instant::now() < deadline, "nothing seals it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.cursors.clear();
    desk.pull().await;
    assert_eq!(desk.rows, before);
}
