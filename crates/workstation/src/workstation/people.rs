//! The clinic's people and computers: see `wattle_protocol::admin`. The server has the last word, and the first.

use std::time::Duration;

use wattle_protocol::ErrorCode;
use wattle_protocol::admin::{Act, Done, Overview};
use wattle_protocol::second_factor::{SecondFactor, Step};
use wattle_sync_engine::driver::Tokens as _;

use super::Workstation;
use crate::error::Error;
use crate::server::{self, Server};

/// For so long new tokens are waited for when the old ones are over.
const PATIENCE: Duration = Duration::from_secs(5);

impl Workstation {
    /// Everybody, and every computer.
    ///
    /// # Errors
    /// [`Error::Offline`]; [`Error::Refused`] with the server's word; [`Error::Locked`].
    pub async fn people(&self) -> Result<Overview, Error> {
        self.ask(|url, token| async move { server::overview(&url, &token).await }).await
    }

    /// Sees to one of them.
    ///
    /// # Errors
    /// As [`Workstation::people`]; [`Error::NoSuchCode`].
    pub async fn see_to(&self, act: Act) -> Result<Done, Error> {
        let act = &act;
        let done = self.ask(|url, token| async move { server::act(&url, &token, act).await }).await;
        match (act, done) {
            (
                Act::ApproveComputer { .. },
                Err(Error::Refused { code: ErrorCode::Malformed | ErrorCode::NotFound, .. }),
            ) => Err(Error::NoSuchCode),
            (_, done) => done,
        }
    }

    /// Switches the codes of an authenticator app on or off for whoever is signed in.
    ///
    /// # Errors
    /// As [`Workstation::people`].
    pub async fn second_factor(&self, step: Step) -> Result<SecondFactor, Error> {
        let step = &step;
        self.ask(|url, token| async move { server::second_factor(&url, &token, step).await }).await
    }

    /// Asks the server with the token at hand, and once more with a newer one when that is over: it was refused before
    /// anything was done.
    pub(super) async fn ask<T, F>(&self, ask: impl Fn(Server, String) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (url, token) = self.server_and_token()?;
        match ask(url.clone(), token.clone()).await {
            Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) => {
                ask(url, self.newer_token(&token).await?).await
            }
            other => other,
        }
    }

    fn server_and_token(&self) -> Result<(Server, String), Error> {
        let desk = self.desk()?;
        let record = self.record().ok_or(Error::NotSetUp)?;
        Ok((record.server(), desk.keeper.access().ok_or(Error::Offline)?))
    }

    /// The sync spends the refresh token, and nobody else: it is good once.
    async fn newer_token(&self, old: &str) -> Result<String, Error> {
        let desk = self.desk()?;
        let mut states = desk.driver.sync_state();
        desk.sync_now();
        let newer = async {
            loop {
                match desk.keeper.access() {
                    Some(token) if token != old => return Ok(token),
                    // The server has refused the refresh token too.
                    None if !desk.keeper.may_refresh() => return Err(Error::SignInAgain),
                    _ => states.changed().await.map_err(|_| Error::Offline)?,
                }
            }
        };
        tokio::time::timeout(PATIENCE, newer).await.unwrap_or(Err(Error::Offline))
    }
}
