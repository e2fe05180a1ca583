//! The curtain before the desk. Sync goes on behind it.

use std::sync::Arc;

use wattle_local_store::keys::{KeySlot, SlotError};
use wattle_protocol::ipc::session::Unlock;

use super::sign_in::Proof;
use super::{State, Workstation};
use crate::desk::Desk;
use crate::error::Error;

impl Workstation {
    /// Draws the curtain.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in.
    pub async fn lock(&self) -> Result<(), Error> {
        self.end_search().await;
        match &mut *self.state() {
            State::In { locked, .. } => *locked = true,
            State::Out(_) => return Err(Error::Locked),
        }
        self.tell().await;
        Ok(())
    }

    /// Opens the curtain for the person who is signed in.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], [`Error::RateLimited`], [`Error::LeaseOver`] when the server must be reached and cannot.
    pub async fn unlock(&self, args: Unlock) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let desk = self.desk_behind_the_curtain().ok_or(Error::Locked)?;
        let username = desk.keeper.facts().username;
        self.0.attempts.admit(&username, self.now())?;
        let tried = self.try_unlock(&desk, &username, &args.password).await;
        self.settle(&username, &tried)?;
        tried?;
        if let State::In { locked, .. } = &mut *self.state() {
            *locked = false;
        }
        self.tell().await;
        Ok(())
    }

    async fn try_unlock(&self, desk: &Arc<Desk>, username: &str, password: &str) -> Result<(), Error> {
        let file = desk.file();
        let by_provider = desk.keeper.facts().by_provider;
        match self.try_slot(&file.place, desk.user(), password, desk.secret()).await {
            Ok(_) if desk.keeper.lease_holds() => {
                if !desk.keeper.may_refresh() && !by_provider {
                    self.renew_in_background(desk, password);
                }
                Ok(())
            }
            Ok(_) if by_provider => Err(Error::ProviderNeeded),
            // The server has never heard this computer's password.
            Err(SlotError::WrongPassword) if by_provider => {
                self.0.attempts.wrong_here(username);
                self.refused_here(desk.user());
                Err(Error::WrongCredentials)
            }
            Ok(_) => {
                let asked = self
                    .ask_server(
                        username,
                        &Proof::password(password),
                        desk.secret(),
                        file.keys.signing_key.public_base64(),
                    )
                    .await;
                match asked {
                    Ok(signed_in) => self.renewed(desk, &signed_in),
                    Err(Error::Offline) => return Err(Error::LeaseOver),
                    Err(other) => return Err(other),
                }
                Ok(())
            }
            // Changed at the server since, or the slot is gone: the server knows, and the keys are still in memory.
            Err(no @ (SlotError::WrongPassword | SlotError::Missing | SlotError::Malformed)) => {
                if matches!(no, SlotError::WrongPassword) {
                    self.0.attempts.wrong_here(username);
                }
                let asked = self
                    .ask_server(
                        username,
                        &Proof::password(password),
                        desk.secret(),
                        file.keys.signing_key.public_base64(),
                    )
                    .await;
                let signed_in = match asked {
                    Ok(signed_in) if signed_in.user == desk.user() => signed_in,
                    Ok(_) | Err(Error::Offline | Error::Untrusted) => {
                        if matches!(no, SlotError::WrongPassword) {
                            self.refused_here(desk.user());
                        }
                        return Err(Error::WrongCredentials);
                    }
                    Err(other) => return Err(other),
                };
                let (owner, password) = (file.owner.clone(), zeroize::Zeroizing::new(password.to_owned()));
                let (keys, secret) = (file.keys.clone(), desk.secret().clone());
                let path = file.place.slot(desk.user());
                tokio::task::spawn_blocking(move || {
                    KeySlot::seal(owner, &password, &secret, &keys)?.write(&path)
                })
                .await?
                .map_err(Error::Slot)?;
                self.renewed(desk, &signed_in);
                Ok(())
            }
            Err(other) => Err(Error::Slot(other)),
        }
    }
}
