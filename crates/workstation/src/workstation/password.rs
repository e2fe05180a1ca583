//! Somebody chooses another password: the server takes it first, then the slot here is sealed under it.

use std::sync::Arc;

use wattle_local_store::keys::{KeySlot, SlotError};
use wattle_protocol::session::{NewPassword, SHORTEST_PASSWORD};
use zeroize::Zeroizing;

use super::Workstation;
use crate::desk::Desk;
use crate::error::Error;
use crate::server;

impl Workstation {
    /// Changes the password of whoever is signed in, who shows the old one. Of somebody with a work account it is this
    /// computer's password, and the server hears neither.
    ///
    /// Should the slot not be sealed in the end, the old password goes on opening it here, and the new one opens it with the
    /// server's help at the next sign-in.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], [`Error::WrongCredentials`], [`Error::RateLimited`], [`Error::Offline`], [`Error::Locked`],
    /// [`Error::Slot`].
    pub async fn change_password(&self, args: NewPassword) -> Result<(), Error> {
        let desk = self.desk()?;
        if args.new.chars().count() < SHORTEST_PASSWORD {
            return Err(Error::WeakPassword);
        }
        let new = Zeroizing::new(args.new.clone());
        if desk.keeper.facts().by_provider {
            let username = desk.keeper.facts().username;
            self.0.attempts.admit(&username, self.now())?;
            let tried = self.shows_password(&desk, &username, &args.old).await;
            self.settle(&username, &tried)?;
            tried?;
        } else {
            let args = &args;
            self.ask(|url, token| async move { server::change_password(&url, &token, args).await }).await?;
        }
        self.seal_anew(&desk, new).await?;
        desk.keeper.chose_password();
        self.tell().await;
        Ok(())
    }

    async fn shows_password(&self, desk: &Arc<Desk>, username: &str, old: &str) -> Result<(), Error> {
        match self.try_slot(&desk.file().place, desk.user(), old, desk.secret()).await {
            Ok(_) => Ok(()),
            Err(SlotError::WrongPassword) => {
                self.0.attempts.wrong_here(username);
                self.refused_here(desk.user());
                Err(Error::WrongCredentials)
            }
            Err(other) => Err(Error::Slot(other)),
        }
    }

    /// Seals the slot of the person at a desk under a password; dear on purpose, so off the runtime's threads.
    async fn seal_anew(&self, desk: &Arc<Desk>, password: Zeroizing<String>) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let (file, secret) = (desk.file().clone(), desk.secret().clone());
        tokio::task::spawn_blocking(move || {
            let path = file.place.slot(file.owner.user);
            KeySlot::seal(file.owner, &password, &secret, &file.keys).and_then(|slot| slot.write(&path))
        })
        .await?
        .map_err(Error::Slot)
    }
}
