//! The real window over a real workstation: what the page asks reaches it, what happens reaches the page.

use std::time::Duration;

use wattle_tests::desktop::{App, Keyring, Window, Workstation, testid};
use wattle_tests::house::{Programs, bootstrap};

use crate::clinic::{Clinic, MARIA};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_window_signs_in_locks_unlocks_zooms_and_may_ask_for_nothing_else() {
    let clinic = Clinic::open().await;
    let around = Workstation::start("reception-1", clinic.data_dir("w"), Keyring::Unlocked).await.unwrap();
    bootstrap(&around.data_dir(), &clinic.house, "reception-1").unwrap();
    let app = App::new(Programs::desktop().unwrap());
    let window = around.open(&app).await.unwrap();

    window.fill(&testid("signin-username"), MARIA.username).await.unwrap();
    window.fill(&testid("signin-password"), "not it").await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
    window.wait_for_text(&testid("signin-fault"), "password").await.unwrap();
    window.fill(&testid("signin-password"), MARIA.password).await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
    window.find(&testid("desk")).await.unwrap();

    window.press(&["Control", "l"]).await.unwrap();
    window.find(&testid("locked")).await.unwrap();
    window.type_into(&testid("unlock-password"), MARIA.password).await.unwrap();
    window.click(&testid("unlock-submit")).await.unwrap();
    window.wait_until_gone(&testid("locked")).await.unwrap();

    window.press(&["Control", "="]).await.unwrap();
    let narrower = async |w: &Window| {
        Ok(w.execute("return window.innerWidth", vec![]).await?.as_u64().filter(|w| *w < 1200))
    };
    window.wait_for("the zoom", PATIENCE, narrower).await.unwrap();

    // The page may not ask Tauri for anything but events, zoom and our commands.
    let ask = "window.__TAURI__.core.invoke('plugin:window|close').then(() => window.told = 'closed', e => window.told = String(e))";
    window.execute(ask, vec![]).await.unwrap();
    let told =
        async |w: &Window| Ok(w.execute("return window.told", vec![]).await?.as_str().map(str::to_owned));
    assert!(window.wait_for("a refusal", PATIENCE, told).await.unwrap().contains("not allowed"));
    let pid = window.pid();
    window.close().await.unwrap();
    wattle_tests::processes::wait_for("the app's end", PATIENCE, async || {
        (!std::path::Path::new(&format!("/proc/{pid}")).exists()).then_some(())
    })
    .await
    .unwrap();
}
