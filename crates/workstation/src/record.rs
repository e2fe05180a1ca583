//! What this workstation is and who has signed in here: `workstation.json`. Holds no secret.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wattle_domain::{ClinicId, UserId, WorkstationId};
use wattle_local_store::keys::write_atomic;

use crate::error::Error;
use crate::server::Server;

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The server.
    pub(crate) server_url: String,
    /// The only authorities whose word counts for it, PEM; `None`: those that the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server_ca: Option<String>,
    /// `reception-1`.
    pub(crate) workstation_name: String,
    /// Until the first sign-in has spent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enrolment_code: Option<String>,
    /// This computer drew the code, and an admin approves it.
    #[serde(default)]
    pub(crate) own_code: bool,
    /// Since the first sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enrolled: Option<Enrolled>,
    /// Who has signed in here, latest first.
    #[serde(default)]
    pub(crate) people: Vec<Person>,
    /// The folder that this computer's scanner writes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scan_folder: Option<PathBuf>,
}

/// What the server made of this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enrolled {
    pub(crate) clinic: ClinicId,
    pub(crate) clinic_name: String,
    pub(crate) workstation: WorkstationId,
}

/// Somebody who has a slot here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) username: String,
    pub(crate) user: UserId,
    /// The profile of the file that their slot opens.
    pub(crate) profile: String,
    /// Their password is this computer's: the server does not know it and never hears it.
    #[serde(default)]
    pub(crate) by_provider: bool,
}

impl Record {
    /// The way to the server.
    pub(crate) fn server(&self) -> Server {
        Server { url: self.server_url.clone(), ca: self.server_ca.clone() }
    }

    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        match std::fs::read(path) {
            Ok(text) => {
                serde_json::from_slice(&text).map(Some).map_err(|_| Error::BadFile("workstation.json"))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::Io(error)),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| Error::BadFile("workstation.json"))?;
        Ok(write_atomic(path, &text)?)
    }

    /// Account names are compared as the server does: without regard to case.
    pub(crate) fn person(&self, username: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.username.eq_ignore_ascii_case(username))
    }

    /// Puts somebody first.
    pub(crate) fn remember(&mut self, person: Person) {
        self.people.retain(|p| p.user != person.user);
        self.people.insert(0, person);
    }
}
