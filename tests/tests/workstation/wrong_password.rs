//! A wrong password, without the server: said, slowed down, and nothing changed by it.

use std::collections::BTreeMap;
use std::path::Path;

use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, register, sign_in, sign_in_with, start, until_delivered, until_ready,
};
use crate::inside::inside;

#[tokio::test]
async fn a_wrong_password_changes_nothing_and_the_sixth_must_wait() {
    if !inside("wrong_password::a_wrong_password_changes_nothing_and_the_sixth_must_wait", Keyring::Unlocked)
        .await
    {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    let wrong = sign_in_with(&desk, &MARIA, "not it").await;
    assert!(matches!(wrong, Err(Error::WrongCredentials)), "{wrong:?}: the server's word");
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    desk.close().await;
    drop(desk);
    clinic.house.kill_server();

    let folder = clinic.data_dir("reception-1");
    let desk = crate::desk::until_free(&folder, &clock).await;
    let before = files(&folder);
    assert!(before.keys().any(|name| name.ends_with("wattle.db")));
    for _ in 0..5 {
        assert!(matches!(sign_in_with(&desk, &MARIA, "not it").await, Err(Error::WrongCredentials)));
    }
    assert_eq!(files(&folder), before, "no byte of file, slot or record");
    let waits = |error: Result<(), Error>| match error {
        Err(Error::RateLimited { retry_after_s }) => retry_after_s,
        other => panic!("{other:?}"),
    };
    assert!((1..=30).contains(&waits(sign_in(&desk, &MARIA).await)), "also with the right one");
    drop(desk);
    let desk = start(&folder, &clock);
    assert!((1..=30).contains(&waits(sign_in(&desk, &MARIA).await)), "also after a restart");
    clock.hours_later(1);
    sign_in(&desk, &MARIA).await.unwrap();
    assert_eq!(crate::clinic::found(&desk, "nguyen").await, 1);
}

/// Every file with its bytes, but for the count of tries itself, and that there were some.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("attempts.json") && !path.ends_with("refused.json") {
                all.insert(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    all
}
