//! How a workstation is started.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use wattle_domain::time::Clock;
use wattle_local_store::SystemClock;

use crate::error::Error;

/// All that a workstation is told from outside.
#[derive(Clone)]
pub struct Config {
    /// Where everything of this workstation rests; two folders are two workstations.
    pub data_dir: PathBuf,
    /// The server's address, if it was given beforehand.
    pub server_url: Option<String>,
    /// A proposed name.
    pub workstation_name: Option<String>,
    /// The code of an admin, if it was given beforehand. With all three there is nothing to ask: the first screen is
    /// sign-in.
    pub enrolment_code: Option<String>,
    /// PEM certificates of the clinic's own authority, if its server's certificate is one of theirs.
    pub server_ca: Option<String>,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
}

/// `bootstrap.json` in the data folder: what an installer or a demo knows beforehand.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Bootstrap {
    server_url: Option<String>,
    workstation_name: Option<String>,
    enrolment_code: Option<String>,
    server_ca: Option<String>,
}

impl Config {
    /// The system's clock, and what `bootstrap.json` in the folder says, if it is there.
    ///
    /// # Errors
    /// When `bootstrap.json` is there but not readable JSON of that shape.
    pub fn of_folder(data_dir: &Path) -> Result<Self, Error> {
        let path = data_dir.join("bootstrap.json");
        let bootstrap: Bootstrap = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| Error::BadFile("bootstrap.json"))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Bootstrap::default(),
            Err(error) => return Err(Error::Io(error)),
        };
        Ok(Self {
            data_dir: data_dir.to_owned(),
            server_url: bootstrap.server_url,
            workstation_name: bootstrap.workstation_name,
            enrolment_code: bootstrap.enrolment_code,
            server_ca: bootstrap.server_ca,
            clock: Arc::new(SystemClock),
        })
    }
}
