//! Debian and its relatives: packages through apt-get, when we may.

use std::process::Command;

use anyhow::bail;

use crate::{run, say};

/// What building, running and testing need.
pub(crate) const NEEDED: &[&str] = &[
    // build: C for SQLCipher and ring; Tauri's libraries
    "build-essential",
    "pkg-config",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    // build: a twelfth less page
    "binaryen",
    // run: the demo's private cluster
    "postgresql",
    // test: real windows without a screen, a real keyring, pictures
    "xvfb",
    "webkit2gtk-driver",
    "dbus-x11",
    "dbus",
    "gnome-keyring",
    "libsecret-tools",
    "imagemagick",
    // test: what tells several nodes of each other
    "redis-server",
];

pub(crate) fn here() -> bool {
    std::path::Path::new("/etc/debian_version").exists() && run::has("apt-get") && run::has("dpkg-query")
}

/// Installs those of `packages` that are missing; an error with the exact command if we may not.
pub(crate) fn install(packages: &[&str]) -> anyhow::Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand =
        format!("apt-get update && apt-get install -y --no-install-recommends {}", missing.join(" "));
    let as_root = match run::ask("id", &["-u"]).as_deref() {
        Some("0") => Vec::new(),
        _ if run::ask("sudo", &["-n", "true"]).is_some() => vec!["sudo", "-n"],
        _ => bail!("missing packages; as root run:\n    {by_hand}"),
    };
    say::step(&format!("installing {}", missing.join(" ")));
    let apt = |arguments: &[&str]| {
        let words =
            [as_root.as_slice(), &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"], arguments];
        let words = words.concat();
        let mut command = Command::new(words.first().copied().unwrap_or("apt-get"));
        command.args(words.get(1..).unwrap_or_default()).stdin(std::process::Stdio::null());
        command
    };
    // A machine with stale lists may still hold what we want: only the installation's failure counts.
    let _ = apt(&["update"]).status();
    let mut install = apt(&["install", "-y", "--no-install-recommends"]);
    if run::run(install.args(&missing)).is_err() {
        bail!("apt-get could not install everything; as root run:\n    {by_hand}");
    }
    Ok(())
}

fn installed(package: &str) -> bool {
    run::ask("dpkg-query", &["-W", "-f=${Status}", package])
        .is_some_and(|status| status.ends_with("ok installed"))
}
