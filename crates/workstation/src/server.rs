//! The server as the workstation needs it: one sign-in, and the sync of an open desk.

use std::sync::Arc;

use tokio::runtime::Handle;
use wattle_domain::time::Clock;
use wattle_local_store::Store;
use wattle_local_store::keys::Owner;
use wattle_protocol::admin::{Act, Done, Overview};
use wattle_protocol::escrow::{Escrow, Escrowed};
use wattle_protocol::openid::{Begin, Begun};
use wattle_protocol::refused::Refusals;
use wattle_protocol::second_factor::{SecondFactor, Step};
use wattle_protocol::session::{NewPassword, SignIn, SignedIn, Wiping};
use wattle_sync_engine::driver::{FirstCopy, Tokens};
use wattle_sync_engine::machine::Config;
use wattle_sync_engine::transport::BadAddress;
use wattle_sync_engine::{Driver, Transport};

use crate::error::Error;

/// The version that the server is told.
pub(crate) const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the server is, and whose word counts for it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    /// PEM certificates of the only authorities; `None`: those that the system trusts.
    pub(crate) ca: Option<String>,
}

impl Server {
    pub(crate) fn transport(&self) -> Result<Transport, BadAddress> {
        match &self.ca {
            Some(ca) => Transport::pinned(&self.url, ca),
            None => Transport::new(&self.url),
        }
    }
}

/// Signs in; no token is needed for it.
pub(crate) async fn sign_in(server: &Server, request: &SignIn) -> Result<SignedIn, Error> {
    Ok(server.transport()?.sign_in(request).await?)
}

/// Begins a sign-in with the clinic's OpenID provider; no token is needed for it.
pub(crate) async fn begin_openid(server: &Server, begin: &Begin) -> Result<Begun, Error> {
    Ok(server.transport()?.begin_openid(begin).await?)
}

/// Gives a file's key to the server to keep, or asks for those that it keeps; `None` when it keeps none.
pub(crate) async fn escrow(
    server: &Server,
    access_token: &str,
    escrow: &Escrow,
) -> Result<Option<Escrowed>, Error> {
    Ok(server.transport()?.escrow(access_token, escrow).await?)
}

/// The clinic's people and computers.
pub(crate) async fn overview(server: &Server, access_token: &str) -> Result<Overview, Error> {
    Ok(server.transport()?.overview(access_token).await?)
}

/// Sees to one of them.
pub(crate) async fn act(server: &Server, access_token: &str, act: &Act) -> Result<Done, Error> {
    Ok(server.transport()?.act(access_token, act).await?)
}

/// Switches the codes of an authenticator app on or off.
pub(crate) async fn second_factor(
    server: &Server,
    access_token: &str,
    step: &Step,
) -> Result<SecondFactor, Error> {
    Ok(server.transport()?.second_factor(access_token, step).await?)
}

/// Sets another password.
pub(crate) async fn change_password(
    server: &Server,
    access_token: &str,
    asked: &NewPassword,
) -> Result<(), Error> {
    Ok(server.transport()?.change_password(access_token, asked).await?)
}

/// Tells sign-ins that were refused here.
pub(crate) async fn refused(server: &Server, access_token: &str, refusals: &Refusals) -> Result<(), Error> {
    Ok(server.transport()?.refused(access_token, refusals).await?)
}

/// Says how far a wipe is.
pub(crate) async fn wipe(server: &Server, access_token: &str, wiping: &Wiping) -> Result<(), Error> {
    Ok(server.transport()?.wipe(access_token, wiping).await?)
}

/// Starts the sync of an open file for the person whose tokens are kept.
pub(crate) fn start(
    server: &Server,
    store: &Store,
    tokens: Arc<dyn Tokens>,
    owner: &Owner,
    clock: Arc<dyn Clock>,
) -> Result<Driver, Error> {
    start_with_image(server, store, tokens, owner, clock, None)
}

/// The same; with `copy` an image is tried first.
pub(crate) fn start_with_image(
    server: &Server,
    store: &Store,
    tokens: Arc<dyn Tokens>,
    owner: &Owner,
    clock: Arc<dyn Clock>,
    copy: Option<FirstCopy>,
) -> Result<Driver, Error> {
    let transport = server.transport()?;
    // Workstations that lost the same server at the same moment must not all come back at the same moment.
    let seed = owner.workstation.0.as_u64_pair().1;
    let config = Config::new(APP_VERSION, seed);
    let (store, handle) = (store.clone(), Handle::current());
    Ok(Driver::start_with_image(store, transport, tokens, clock, config, copy, &handle))
}
