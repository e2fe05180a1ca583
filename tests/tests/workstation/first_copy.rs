//! A new computer gets its file from an image; a second one too, killed on the way.

use wattle_protocol::ipc::event::Event;
use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_tests::processes::wait_for;

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, found, register, sign_in, start, until_delivered, until_ready,
};
use crate::inside::inside;

#[tokio::test]
async fn a_new_computer_gets_its_file_from_an_image() {
    if !inside("first_copy::a_new_computer_gets_its_file_from_an_image", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let first = clinic.computer("reception-1", &clock).await;
    sign_in(&first, &MARIA).await.unwrap();
    until_ready(&first).await;
    register(&first, "Nguyen").await.unwrap();
    until_delivered(&first).await;

    clinic.house.kill_server();
    let data = clinic.data_dir("server");
    let arguments = [
        "--data-dir",
        data.to_str().unwrap(),
        "--image-rows",
        "1",
        "--image-look-s",
        "1",
        "--image-chunk-kib",
        "64",
    ];
    clinic.house.serve_with(&arguments);
    clinic.house.start_server().await.unwrap();
    wait_for("an image is built", std::time::Duration::from_secs(60), async || {
        (clinic.house.count("select count(*) from clinic.image where replaced_at is null").ok()? == 1)
            .then_some(())
    })
    .await
    .unwrap_or_else(|error| panic!("{error}\n{}", clinic.house.server_log()));

    let second = clinic.computer("reception-2", &clock).await;
    let mut events = second.events();
    sign_in(&second, &TOM).await.unwrap();
    until_ready(&second).await;
    assert_eq!(found(&second, "nguyen").await, 1);
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        if let Event::App(AppState::FirstSync { progress }) = event {
            told = told.max(progress.of_bytes);
        }
    }
    assert!(told > 0, "the page was told how many bytes there are");
    let place = clinic.data_dir("reception-2").join(clinic.house.clinic()).join("ref-front");
    assert!(place.join("wattle.db.empty-1").exists(), "the file was swapped in, the empty one renamed aside");
    assert!(!place.join("wattle.db.image").exists());

    // It is a file like any other: work goes out, survives a restart, and arrives elsewhere.
    register(&second, "Papadopoulos").await.unwrap();
    until_delivered(&second).await;
    second.close().await;
    drop(second);
    let second = start(&clinic.data_dir("reception-2"), &clock);
    sign_in(&second, &TOM).await.unwrap();
    until_ready(&second).await;
    assert_eq!((found(&second, "nguyen").await, found(&second, "papadopoulos").await), (1, 1));
    wait_for("it arrives at reception-1", std::time::Duration::from_secs(60), async || {
        (found(&first, "papadopoulos").await == 1).then_some(())
    })
    .await
    .unwrap();
}
