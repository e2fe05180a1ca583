//! A damaged file: set aside, told, its outbox carried over, filled again.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_tests::processes::wait_for;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, found, register, sign_in, sign_in_with, until_delivered, until_offline,
    until_ready, until_state,
};
use crate::inside::inside;

#[tokio::test]
async fn a_damaged_page_is_told_and_unsent_work_is_carried_over_and_arrives() {
    let name = "damage::a_damaged_page_is_told_and_unsent_work_is_carried_over_and_arrives";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, desk) = with_unsent_work().await;
    let file = database(&clinic.data_dir("reception-1"));
    bend(&file, 2);

    clinic.house.start_server().await.unwrap();
    match sign_in(&desk, &MARIA).await {
        // Found by the first screen or by the sync, a moment later.
        Ok(()) | Err(Error::Damaged) => {}
        other => panic!("{other:?}"),
    }
    until_state(&desk, told).await;
    // The person is told first; the file is renamed as soon as nothing holds it any more.
    let renamed = async || (set_aside(&file) >= 1).then_some(());
    wait_for("the damaged file to be renamed, not deleted", Duration::from_secs(20), renamed).await.unwrap();

    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    until_delivered(&desk).await;
    assert_eq!((found(&desk, "nguyen").await, found(&desk, "papadopoulos").await), (1, 1));
    let at_server =
        clinic.house.count("select count(*) from clinic.patient where family_name = 'Papadopoulos'");
    assert_eq!(at_server.unwrap(), 1);
}

#[tokio::test]
async fn a_file_that_does_not_open_is_damaged_and_never_a_wrong_password() {
    let name = "damage::a_file_that_does_not_open_is_damaged_and_never_a_wrong_password";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, desk) = with_unsent_work().await;
    let file = database(&clinic.data_dir("reception-1"));
    bend(&file, 1);
    let before = std::fs::read(&file).unwrap();

    let wrong = sign_in_with(&desk, &MARIA, "not it").await;
    assert!(matches!(wrong, Err(Error::WrongCredentials)), "{wrong:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "a wrong password touches nothing");
    let right = sign_in(&desk, &MARIA).await;
    assert!(matches!(right, Err(Error::Damaged)), "{right:?}");
    assert!(told(&desk.app_state().await.unwrap()));
    let kept = std::fs::read(file.with_file_name("wattle.db.damaged-1")).unwrap();
    assert_eq!(kept, before, "renamed as it was");

    clinic.house.start_server().await.unwrap();
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    assert_eq!(found(&desk, "nguyen").await, 1, "a fresh first sync");
}

/// A desk where one patient is on the server and one is not, signed out, the server gone.
async fn with_unsent_work() -> (Clinic, wattle_workstation::Workstation) {
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, "Papadopoulos").await.unwrap();
    desk.sign_out().await.unwrap();
    (clinic, desk)
}

fn told(state: &AppState) -> bool {
    matches!(state, AppState::SignedOut { notice: Some(FaultCode::Damaged), .. })
}

/// Writes over some bytes of a page.
fn bend(file: &Path, page: u64) {
    let mut open = std::fs::File::options().write(true).open(file).unwrap();
    open.seek(SeekFrom::Start((page - 1) * 4096 + 100)).unwrap();
    open.write_all(&[0x5a; 64]).unwrap();
}

fn set_aside(file: &Path) -> usize {
    let entries = std::fs::read_dir(file.parent().unwrap()).unwrap();
    entries.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("damaged")).count()
}

fn database(folder: &Path) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.ends_with("wattle.db") => return path,
                false => {}
            }
        }
    }
    panic!("no database");
}
