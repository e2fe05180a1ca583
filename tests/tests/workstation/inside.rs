//! A test that needs a keyring runs itself once more in an environment that has one: a process cannot change the session
//! bus it was started with.

use std::process::Command;

use wattle_tests::desktop::{Keyring, Workstation};

const INSIDE: &str = "WATTLE_TEST_INSIDE";

/// True inside the environment. Outside: makes it, runs the test of this name in it, passes its end on, and is false.
pub async fn inside(test: &str, keyring: Keyring) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    for program in ["Xvfb", "dbus-daemon", "gnome-keyring-daemon"] {
        if Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .unwrap()
            .stdout
            .is_empty()
        {
            println!("SKIPPED {test}: {program} is not installed");
            return false;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let around = Workstation::start("reception-1", folder.path(), keyring).await.unwrap();
    let mut command = around.command(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "inside:\n{said}\n{wrong}");
    assert!(said.contains("1 passed"), "no test of the name {test} ran:\n{said}");
    false
}
