//! Somebody signs in with the account of the clinic's OpenID provider, in the system's own browser.
//!
//! The slot needs a password all the same: it opens the file in an outage, and the curtain. They choose one for this
//! computer; the server never hears it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use wattle_domain::role;
use wattle_local_store::keys::{SlotError, SlotKeys};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::OpenIdSignIn;
use wattle_protocol::openid::{Begin, Returned};
use wattle_protocol::session::{SHORTEST_PASSWORD, SignIn};
use zeroize::Zeroizing;

use super::Workstation;
use super::sign_in::{enrolment_of, new_data_key};
use crate::error::Error;
use crate::loopback::{Brought, Loopback};
use crate::server;

/// How long somebody may take in their browser.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

impl Workstation {
    /// Signs somebody in with the clinic's provider; `browse` opens an address in the system's browser. The password given is
    /// the one of this computer: theirs if they have one here, else a new one.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], [`Error::NoProvider`], [`Error::ProviderRefused`], [`Error::Offline`], and those of
    /// [`Workstation::sign_in`].
    pub async fn sign_in_openid(
        &self,
        args: OpenIdSignIn,
        browse: impl FnOnce(String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let password = Zeroizing::new(args.password);
        if password.chars().count() < SHORTEST_PASSWORD {
            return Err(Error::WeakPassword);
        }
        let record = self.record().ok_or(Error::NotSetUp)?;
        let secret = match &record.enrolled {
            Some(_) => self.0.keyring.secret().await?,
            None => self.0.keyring.secret_or_new().await?,
        };
        let workstation = record.enrolled.as_ref().map(|e| e.workstation);
        let (verifier, state) = (random()?, random()?);
        let here = Loopback::open().await?;
        let redirect_uri = here.address();
        let begin = Begin {
            workstation,
            workstation_secret: secret.proof(),
            enrolment: enrolment_of(&record),
            redirect_uri: redirect_uri.clone(),
            code_challenge: URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())),
            state: state.clone(),
        };
        let begun = match server::begin_openid(&record.server(), &begin).await {
            Err(Error::Refused { code: ErrorCode::NotFound, .. }) => return Err(Error::NoProvider),
            other => other?,
        };
        browse(begun.address)?;
        let Brought::Code(code) = here.wait(&state, PATIENCE).await? else {
            return Err(Error::ProviderRefused);
        };

        let _turn = self.0.turn.lock().await;
        let keys = SlotKeys::new(new_data_key()?)?;
        let request = SignIn {
            username: String::new(),
            password: String::new(),
            second_factor: None,
            openid: Some(Returned { attempt: begun.attempt, code, verifier, redirect_uri }),
            workstation,
            workstation_secret: secret.proof(),
            enrolment: enrolment_of(&record),
            signing_key: keys.signing_key.public_base64(),
            app_version: server::APP_VERSION.to_owned(),
        };
        let signed_in = match server::sign_in(&record.server(), &request).await {
            // Not known at the clinic: no password of ours was wrong.
            Err(Error::WrongCredentials) => return Err(Error::ProviderRefused),
            Err(Error::Refused { code: ErrorCode::Wipe, .. }) => return Err(self.wipe_at_the_door().await),
            other => other?,
        };
        let place = self.0.folder.profile(signed_in.clinic, &role::profile(&signed_in.roles));
        let keys = match self.try_slot(&place, signed_in.user, &password, &secret).await {
            Ok(theirs) => theirs,
            // They are who they say, by the provider's word: a slot under another password is sealed anew, with the file's
            // key from where there is one.
            Err(SlotError::WrongPassword | SlotError::Missing | SlotError::Malformed) => keys,
            Err(other) => return Err(Error::Slot(other)),
        };
        let username = signed_in.username.clone();
        self.admit(&signed_in, &username, &password, secret, keys, true).await
    }
}

/// 32 random bytes as text for addresses.
fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Broken)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
