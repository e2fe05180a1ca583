//! The driver against WebKitGTK's own small browser, so that a fault of the driver is not taken for one of the app.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::*;

/// Debian's MiniBrowser; a missing one is said and counted.
fn browser() -> Option<App> {
    let path: Option<PathBuf> = std::fs::read_dir("/usr/lib")
        .unwrap()
        .flatten()
        .map(|folder| folder.path().join("webkit2gtk-4.1/MiniBrowser"))
        .find(|path| path.is_file());
    if path.is_none() {
        println!("SKIPPED desktop driver: WebKitGTK's MiniBrowser is not installed");
    }
    path.map(|path| App::new(path).arg("--automation"))
}

fn page() -> String {
    format!("file://{}/src/desktop/trial.html", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn a_window_is_clicked_typed_into_dragged_and_pictured() {
    let Some(browser) = browser() else { return };
    let dir = tempfile::tempdir().unwrap();
    let desk = Workstation::start("reception-1", dir.path(), Keyring::NoBus).await.unwrap();
    let window = desk.open(&browser).await.unwrap();
    window.goto(&page()).await.unwrap();

    for _ in 0..2 {
        window.click(&testid("more")).await.unwrap();
    }
    assert_eq!(
        window.text(&testid("count")).await.unwrap(),
        "2",
        "only trusted events are counted by the page"
    );

    window.type_into(&testid("name"), "O'Brien-Nguyễn").await.unwrap();
    assert_eq!(window.property(&testid("name"), "value").await.unwrap(), "O'Brien-Nguyễn");
    window.fill(&testid("name"), "Lee").await.unwrap();
    assert_eq!(window.property(&testid("name"), "value").await.unwrap(), "Lee");

    window.press(&["Control", "k"]).await.unwrap();
    window.press(&["F2"]).await.unwrap();
    assert_eq!(window.text(&testid("keys")).await.unwrap(), "k F2");
    assert!(window.press(&["Hyper"]).await.is_err());

    window.drag(&testid("from"), &testid("to")).await.unwrap();
    assert_eq!(window.text(&testid("drags")).await.unwrap(), "down true moved up");

    assert_eq!(window.wait_for_text(&testid("late"), "late").await.unwrap(), "late");
    let never = window.wait_for("nothing", Duration::from_millis(100), async |_| Ok(None::<()>)).await;
    assert!(matches!(never, Err(Error::TooSlow { .. })), "{never:?}");
    let thrown = window.execute("throw new Error('no')", vec![]).await;
    assert!(matches!(thrown, Err(Error::Refused { .. })), "{thrown:?}");

    let picture = dir.path().join("pictures/trial.png");
    window.screenshot(&picture).await.unwrap();
    let bytes = std::fs::read(&picture).unwrap();
    assert_eq!(bytes[16..24], [0, 0, 5, 0, 0, 0, 3, 32], "a PNG of 1280 by 800");
    let colours =
        std::process::Command::new("identify").args(["-format", "%k"]).arg(&picture).output().unwrap();
    let colours: u32 = String::from_utf8_lossy(&colours.stdout).trim().parse().unwrap();
    assert!(colours > 2, "something is painted: {colours} colours");
}

#[tokio::test]
async fn a_killed_window_is_gone_and_opens_again() {
    let Some(browser) = browser() else { return };
    let dir = tempfile::tempdir().unwrap();
    let desk = Workstation::start("reception-1", dir.path(), Keyring::NoBus).await.unwrap();
    let first = desk.open(&browser).await.unwrap();
    let pid = first.pid();
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    assert_eq!(name.trim(), "MiniBrowser", "the pid is the app's, not the driver's");
    first.kill().await.unwrap();
    assert!(!runs(pid), "killed means gone");

    let again = desk.open(&browser).await.unwrap();
    again.goto(&page()).await.unwrap();
    assert_eq!(again.text(&testid("count")).await.unwrap(), "0");
    let pid = again.pid();
    drop(again);
    crate::processes::wait_for("the app's end", Duration::from_secs(10), async || (!runs(pid)).then_some(()))
        .await
        .expect("no window outlives its test");
}

#[tokio::test]
async fn workstations_share_no_display_and_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let one = Workstation::start("reception-1", dir.path().join("1"), Keyring::Unlocked).await.unwrap();
    let two = Workstation::start("dr-lee", dir.path().join("2"), Keyring::Unlocked).await.unwrap();
    let display = |desk: &Workstation| {
        let command = desk.command("true");
        command.get_envs().find(|(name, _)| *name == "DISPLAY").unwrap().1.unwrap().to_owned()
    };
    assert_ne!(display(&one), display(&two));

    if one.command("secret-tool").arg("--version").output().is_err() {
        println!("SKIPPED keyring of a workstation: secret-tool is not installed");
        return;
    }
    assert!(store(&one, "only here"), "an unlocked keyring takes a secret without asking anybody");
    assert_eq!(look_up(&one), "only here");
    assert_eq!(look_up(&two), "", "each workstation has its own");
}

#[tokio::test]
async fn an_absent_keyring_is_really_absent() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Workstation::start("reception-1", dir.path(), Keyring::Absent).await.unwrap();
    let asked = desk
        .command("dbus-send")
        .args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/",
            "org.freedesktop.DBus.Peer.Ping",
        ])
        .output()
        .unwrap();
    assert!(!asked.status.success(), "the bus starts no service by itself");
}

fn store(desk: &Workstation, secret: &str) -> bool {
    use std::io::Write;
    let mut child = desk
        .command("secret-tool")
        .args(["store", "--label=trial", "kind", "trial"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

fn look_up(desk: &Workstation) -> String {
    let output = desk.command("secret-tool").args(["lookup", "kind", "trial"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with('Z'))
}
