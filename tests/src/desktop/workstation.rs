//! A workstation: folders, a display, a session bus and a keyring, shared with no other.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::driver::Driver;
use super::{Error, Window, keyring};
use crate::processes::{self, Process};

const PATIENCE: Duration = Duration::from_secs(30);

/// What secret store the workstation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// A real Secret Service, unlocked, as after somebody's login.
    Unlocked,
    /// A session bus on which nobody offers secrets.
    Absent,
    /// Not even a session bus.
    NoBus,
}

/// The program that a window shows.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) binary: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) env: Vec<(OsString, OsString)>,
}

impl App {
    /// The app without arguments, in the workstation's environment.
    #[must_use]
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self { binary: binary.into(), arguments: Vec::new(), env: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }
}

/// One workstation without a screen; dropping it ends its processes and leaves its folder.
#[derive(Debug)]
pub struct Workstation {
    name: String,
    dir: PathBuf,
    display: String,
    // Fields drop in order: the keyring before its bus, both before the display.
    _keyring: Option<Process>,
    bus: Option<Process>,
    _display: Process,
}

impl Workstation {
    /// Starts a workstation whose files are all below `dir` (made if missing, used again if not).
    ///
    /// Keep `dir` short: the bus's socket lies in it, and its path must have fewer than 108 bytes.
    ///
    /// # Errors
    /// One of the programs is missing or does not start.
    pub async fn start(name: &str, dir: impl AsRef<Path>, keyring: Keyring) -> Result<Self, Error> {
        let dir =
            std::path::absolute(dir.as_ref()).map_err(processes::io("find the workstation's folder"))?;
        for folder in ["home", "data/wattle", "config", "cache", "runtime", "logs"] {
            let path = dir.join(folder);
            std::fs::create_dir_all(&path).map_err(processes::io(format!("make {}", path.display())))?;
        }
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(dir.join("runtime"), private)
            .map_err(processes::io("close the runtime folder"))?;

        let (display, number) = start_display(&dir).await?;
        let mut workstation = Self {
            name: name.to_owned(),
            dir,
            display: number,
            _keyring: None,
            bus: None,
            _display: display,
        };
        if keyring != Keyring::NoBus {
            workstation.bus = Some(start_bus(&workstation).await?);
        }
        if keyring == Keyring::Unlocked {
            workstation._keyring = Some(keyring::start(&workstation).await?);
        }
        Ok(workstation)
    }

    /// Opens the app; after a crash ([`Window::kill`]) the same call opens it again on the same folders.
    ///
    /// # Errors
    /// WebKitWebDriver or the app does not start.
    pub async fn open(&self, app: &App) -> Result<Window, Error> {
        let mut command = self.command("WebKitWebDriver");
        // Tauri allows automation only when asked to; WebKit's GPU buffers do not exist without a GPU.
        command
            .envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")])
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .envs(app.env.iter().map(|(name, value)| (name, value)));
        let driver = Driver::start(&mut command, &self.logs(), app).await?;
        Ok(Window::new(&self.name, &self.display, driver))
    }

    /// A command in this workstation's environment: its display, bus and folders, and nobody else's.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11")
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus_address())
            .env("HOME", self.dir.join("home"))
            .env("XDG_DATA_HOME", self.dir.join("data"))
            .env("XDG_CONFIG_HOME", self.dir.join("config"))
            .env("XDG_CACHE_HOME", self.dir.join("cache"))
            .env("XDG_RUNTIME_DIR", self.dir.join("runtime"))
            .env("WATTLE_DATA_DIR", self.data_dir())
            // No accessibility bus, no settings daemon, no virtual file systems: nobody started them here.
            .envs([
                ("NO_AT_BRIDGE", "1"),
                ("GTK_A11Y", "none"),
                ("GSETTINGS_BACKEND", "memory"),
                ("GIO_USE_VFS", "local"),
            ])
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Its name, from the cast of workstations.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the app keeps its files (`WATTLE_DATA_DIR`).
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data/wattle")
    }

    /// Where the output of its processes is.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    pub(super) fn runtime(&self) -> PathBuf {
        self.dir.join("runtime")
    }

    fn socket(&self) -> PathBuf {
        self.runtime().join("bus")
    }

    pub(super) fn bus_address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }
}

/// Starts Xvfb on whatever display is free; returns it with `:NUMBER`.
async fn start_display(dir: &Path) -> Result<(Process, String), Error> {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]);
    let mut xvfb = Process::start("xvfb", &mut command, &dir.join("logs"))?;
    let number = xvfb
        .wait_for("a free display", PATIENCE, |xvfb| {
            let said = xvfb.stdout();
            // Only a whole line is a whole number.
            said.ends_with('\n').then(|| said.trim().to_owned())
        })
        .await?;
    Ok((xvfb, format!(":{number}")))
}

/// Starts a session bus that starts nothing by itself: what is absent stays absent, and nothing is left behind.
async fn start_bus(workstation: &Workstation) -> Result<Process, Error> {
    let socket = workstation.socket();
    // Left by a bus that was killed; a bus refuses to listen there.
    let _ = std::fs::remove_file(&socket);
    let config = workstation.runtime().join("bus.conf");
    let text = format!(
        "<busconfig><type>session</type><listen>{}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
         <allow own=\"*\"/></policy></busconfig>",
        workstation.bus_address()
    );
    std::fs::write(&config, text).map_err(processes::io(format!("write {}", config.display())))?;
    let mut command = workstation.command("dbus-daemon");
    command.arg("--nofork").arg(format!("--config-file={}", config.display()));
    let mut bus = Process::start("dbus", &mut command, &workstation.logs())?;
    bus.wait_for("its socket", PATIENCE, |_| UnixStream::connect(&socket).ok()).await?;
    Ok(bus)
}
