//! The operating system's secret store: Secret Service, Keychain, Credential Manager.

use std::path::Path;
use std::time::Duration;

use keyring::Entry;
use ring::digest::{SHA256, digest};
use wattle_local_store::keys::WorkstationSecret;

const SERVICE: &str = "wattle";
/// A locked keyring asks its owner for the password; so long the person has.
const PATIENCE: Duration = Duration::from_secs(90);

/// Why the keyring gave no secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no secret service, or no session bus to reach it by.
    #[error(
        "no secret service answers: start the desktop's keyring (on Linux: gnome-keyring or KWallet) and open Wattle again"
    )]
    NoService,
    /// It is locked, and nobody unlocked it.
    #[error("the keyring is locked: unlock it and try again")]
    Locked,
    /// It answers, but does not hold this workstation's secret any more.
    #[error("the keyring does not hold this workstation's secret any more")]
    Missing,
    /// It failed in another way.
    #[error("the keyring failed: {0}")]
    Failed(String),
}

/// This workstation's entry in the keyring.
#[derive(Clone, Debug)]
pub struct Keyring {
    account: String,
}

impl Keyring {
    /// The entry of a data folder. Two folders are two workstations, also on one computer.
    #[must_use]
    pub fn of_folder(data_dir: &Path) -> Self {
        let hash = digest(&SHA256, data_dir.as_os_str().as_encoded_bytes());
        let folder: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { account: format!("{folder}/workstation-secret") }
    }

    /// The secret that was put here before.
    ///
    /// # Errors
    /// [`KeyringError::Missing`] when it is gone; the others when the keyring cannot be asked.
    pub async fn secret(&self) -> Result<WorkstationSecret, KeyringError> {
        let account = self.account.clone();
        off_the_runtime(move || read(&account)).await
    }

    /// The secret, made now if there is none. Only for a workstation that has sealed nothing yet.
    ///
    /// # Errors
    /// When the keyring cannot be asked, or did not keep what it was given.
    pub async fn secret_or_new(&self) -> Result<WorkstationSecret, KeyringError> {
        let account = self.account.clone();
        off_the_runtime(move || match read(&account) {
            Err(KeyringError::Missing) => {
                let made = WorkstationSecret::generate().map_err(|e| KeyringError::Failed(e.to_string()))?;
                entry(&account)?.set_secret(made.bytes()).map_err(|e| told(&e))?;
                // What seals a file must really be there.
                let kept = read(&account)?;
                if kept.bytes() == made.bytes() {
                    Ok(kept)
                } else {
                    Err(KeyringError::Failed("it did not keep what it was given".into()))
                }
            }
            other => other,
        })
        .await
    }
}

impl Keyring {
    /// Destroys the secret: nothing that was sealed with it opens any more.
    ///
    /// # Errors
    /// When the keyring cannot be asked.
    pub async fn forget(&self) -> Result<(), KeyringError> {
        let account = self.account.clone();
        off_the_runtime(move || match entry(&account)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(told(&error)),
        })
        .await
    }
}

/// The keyring's calls block, and may wait for a person.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    match tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(KeyringError::Failed("its client broke".into())),
        Err(_) => Err(KeyringError::Locked),
    }
}

fn entry(account: &str) -> Result<Entry, KeyringError> {
    Entry::new(SERVICE, account).map_err(|e| told(&e))
}

fn read(account: &str) -> Result<WorkstationSecret, KeyringError> {
    let bytes = zeroize::Zeroizing::new(entry(account)?.get_secret().map_err(|e| told(&e))?);
    WorkstationSecret::from_slice(&bytes).map_err(|_| KeyringError::Failed("not a secret of ours".into()))
}

/// Carries the kind of failure on; a secret is never part of it.
fn told(error: &keyring::Error) -> KeyringError {
    match error {
        keyring::Error::NoDefaultStore => KeyringError::NoService,
        keyring::Error::NoStorageAccess(_) => KeyringError::Locked,
        keyring::Error::NoEntry => KeyringError::Missing,
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            KeyringError::Failed("it gave back something else".into())
        }
        keyring::Error::Ambiguous(_) => KeyringError::Failed("it holds two secrets for this folder".into()),
        other => KeyringError::Failed(other.to_string()),
    }
}
