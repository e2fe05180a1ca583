//! A day at the desk: first sign-in, work, an outage, a restart, lock, sign-out.

use wattle_domain::Role;
use wattle_protocol::ipc::session::{AppState, Connection};
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, found, register, sign_in, start, try_start, unlock, until_delivered,
    until_offline, until_ready, until_sync,
};
use crate::inside::inside;

#[tokio::test]
async fn work_goes_on_through_an_outage_and_a_restart_and_arrives() {
    if !inside("desk::work_goes_on_through_an_outage_and_a_restart_and_arrives", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    let AppState::SignedOut { known_users, workstation_name, .. } = desk.app_state().await.unwrap() else {
        panic!("set up means: somebody may sign in")
    };
    assert_eq!((known_users.len(), workstation_name.as_str()), (0, "reception-1"));

    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let AppState::Ready { session } = desk.app_state().await.unwrap() else { panic!("ready") };
    assert_eq!((session.display_name.as_str(), session.roles), ("Maria Costa", vec![Role::Reception]));
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;

    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, "Papadopoulos").await.unwrap();
    assert_eq!(until_sync(&desk, |s| s.waiting == 1).await.waiting, 1);
    // As after a crash: nobody signs out.
    drop(desk);
    let folder = clinic.data_dir("reception-1");
    let desk = until_free(&folder, &clock).await;
    let AppState::SignedOut { known_users, .. } = desk.app_state().await.unwrap() else {
        panic!("signed out")
    };
    assert_eq!(known_users, ["maria"]);
    sign_in(&desk, &MARIA).await.unwrap();
    assert!(matches!(desk.app_state().await.unwrap(), AppState::Ready { .. }), "offline, at once");
    assert_eq!((found(&desk, "nguyen").await, found(&desk, "papadopoulos").await), (1, 1));

    clinic.house.start_server().await.unwrap();
    desk.sync_now().await.unwrap();
    until_delivered(&desk).await;
    let at_server =
        clinic.house.count("select count(*) from clinic.patient where family_name = 'Papadopoulos'");
    assert_eq!(at_server.unwrap(), 1);

    desk.sign_out().await.unwrap();
    assert!(matches!(desk.search_patients(query()).await, Err(Error::Locked)));
    desk.close().await;
    no_name_on_disk(&folder, b"Papadopoulos");
}

#[tokio::test]
async fn the_curtain_hides_everything_and_the_sync_goes_on_behind_it() {
    if !inside("desk::the_curtain_hides_everything_and_the_sync_goes_on_behind_it", Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    desk.lock().await.unwrap();
    assert!(matches!(desk.app_state().await.unwrap(), AppState::Locked { .. }));
    assert!(matches!(desk.search_patients(query()).await, Err(Error::Locked)));
    assert!(matches!(register(&desk, "Behind").await, Err(Error::Locked)));
    until_delivered(&desk).await;
    assert!(matches!(unlock(&desk, "not it").await, Err(Error::WrongCredentials)));
    assert!(matches!(desk.search_patients(query()).await, Err(Error::Locked)));
    unlock(&desk, MARIA.password).await.unwrap();
    assert_eq!(found(&desk, "nguyen").await, 1);
    assert_eq!(desk.sync_state().await.unwrap().connection, Connection::Online);
}

#[tokio::test]
async fn a_folder_has_one_window() {
    if !inside("desk::a_folder_has_one_window", Keyring::NoBus).await {
        return;
    }
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
    let first = start(folder.path(), &clock);
    assert!(matches!(try_start(folder.path(), &clock), Err(Error::AlreadyOpen)));
    drop(first);
    start(folder.path(), &clock);
}

/// Starts the app again as soon as the one before has let go of the folder.
pub async fn until_free(folder: &std::path::Path, clock: &TestClock) -> wattle_workstation::Workstation {
    let freed =
        wattle_tests::processes::wait_for("the folder", std::time::Duration::from_secs(30), async || {
            match try_start(folder, clock) {
                Ok(workstation) => Some(workstation),
                Err(Error::AlreadyOpen) => None,
                Err(other) => panic!("{other}"),
            }
        });
    freed.await.unwrap()
}

fn query() -> wattle_protocol::ipc::patients::SearchPatients {
    wattle_protocol::ipc::patients::SearchPatients { query: "ng".into(), limit: 5 }
}

/// Looks through every file of a folder.
fn no_name_on_disk(folder: &std::path::Path, name: &[u8]) {
    let mut looked = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked += bytes.len();
            let lower = bytes.to_ascii_lowercase();
            let there = lower.windows(name.len()).any(|part| part == name.to_ascii_lowercase());
            assert!(!there, "a name is readable in {}", path.display());
        }
    }
    assert!(looked > 50_000, "the database was among the files");
}
