//! What a computer keeps beside its file: what the desktop app has in the keyring and in key slots.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wattle_local_store::{Author, DataKey, Identity, SigningKey};
use wattle_protocol::session::{Enrolment, SignIn, SignedIn};
use wattle_sync_engine::Transport;

/// A workstation and the one person who works there. Holds secrets of a clinic that is thrown away.
#[derive(Clone, Serialize, Deserialize)]
pub struct Seat {
    /// The last answer to a sign-in or refresh.
    pub signed_in: SignedIn,
    username: String,
    password: String,
    secret: String,
    data_key: [u8; 32],
    signing_key: Vec<u8>,
}

impl Seat {
    /// Makes a computer a workstation of a clinic, with somebody signed in.
    ///
    /// # Errors
    /// The server says no.
    pub async fn enrol(
        server_url: &str,
        code: &str,
        name: &str,
        username: &str,
        password: &str,
    ) -> anyhow::Result<Self> {
        let (key, private) = SigningKey::generate()?;
        let secret = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let ask = SignIn {
            username: username.into(),
            password: password.into(),
            second_factor: None,
            openid: None,
            workstation: None,
            workstation_secret: secret.clone(),
            enrolment: Some(Enrolment { code: code.into(), name: name.into() }),
            signing_key: key.public_base64(),
            app_version: env!("CARGO_PKG_VERSION").into(),
        };
        let signed_in = Transport::new(server_url)?.sign_in(&ask).await?;
        Ok(Self {
            signed_in,
            username: username.into(),
            password: password.into(),
            secret,
            data_key: *DataKey::generate()?.bytes(),
            signing_key: private.to_vec(),
        })
    }

    /// The person gives the password again.
    ///
    /// # Errors
    /// The server cannot be reached, or says no.
    pub async fn sign_in(&self, server_url: &str) -> anyhow::Result<SignedIn> {
        let ask = SignIn {
            username: self.username.clone(),
            password: self.password.clone(),
            second_factor: None,
            openid: None,
            workstation: Some(self.signed_in.workstation),
            workstation_secret: self.secret.clone(),
            enrolment: None,
            signing_key: SigningKey::from_pkcs8(&self.signing_key)?.public_base64(),
            app_version: env!("CARGO_PKG_VERSION").into(),
        };
        Ok(Transport::new(server_url)?.sign_in(&ask).await?)
    }

    /// Reads one that was kept.
    ///
    /// # Errors
    /// There is none, or it is no seat.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        Ok(super::keeper::write(self, path)?)
    }

    /// The key of its file.
    #[must_use]
    pub fn data_key(&self) -> DataKey {
        DataKey::from_bytes(self.data_key)
    }

    /// Whose file it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let SignedIn { clinic, workstation, roles, .. } = &self.signed_in;
        let profile = wattle_domain::role::profile(roles);
        Identity { clinic: *clinic, workstation: *workstation, profile }
    }

    /// Who sits there.
    ///
    /// # Errors
    /// The key is none.
    pub fn author(&self) -> anyhow::Result<Author> {
        let signing_key = SigningKey::from_pkcs8(&self.signing_key)?;
        Ok(Author { user: self.signed_in.user, roles: self.signed_in.roles.clone(), signing_key })
    }
}
