//! A real Secret Service: gnome-keyring in the workstation's own bus and folders.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use super::{Error, Workstation};
use crate::processes::{self, Process};

/// Starts the daemon and unlocks (the first time: makes) the login keyring with a fixed password; returns once
/// the bus knows it. The password must not be empty, or gnome-keyring stores secrets in the clear.
pub(super) async fn start(workstation: &Workstation) -> Result<Process, Error> {
    let mut command = workstation.command("gnome-keyring-daemon");
    command
        .args(["--foreground", "--unlock", "--components=secrets"])
        .arg(format!("--control-directory={}", workstation.runtime().join("keyring").display()))
        .stdin(Stdio::piped());
    let mut daemon = Process::start_with_stdin("gnome-keyring", &mut command, &workstation.logs())?;
    if let Some(mut stdin) = daemon.take_stdin() {
        // Dropped after this: the daemon reads to the end.
        stdin.write_all(b"login of a test").map_err(processes::io("unlock the keyring"))?;
    }
    let has_owner = |_: &Process| {
        let output = workstation
            .command("dbus-send")
            .arg(format!("--bus={}", workstation.bus_address()))
            .args(["--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
            .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
            .output()
            .ok()?;
        String::from_utf8_lossy(&output.stdout).contains("boolean true").then_some(())
    };
    daemon.wait_for("the name org.freedesktop.secrets", Duration::from_secs(30), has_owner).await?;
    Ok(daemon)
}
