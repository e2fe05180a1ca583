//! A person's roles have changed: another file holds what they may see now. What is unsent in the one they leave is sent
//! from there, by an engine of its own, with the ids, numbers and signatures it has.
//!
//! Carrying it into the new file's outbox instead would give each command a second number or a second id: one that the
//! server has had already, without this workstation hearing so, would be decided twice. Sent from where it is, a retry is
//! the same command, whatever is cut in between. Until it is all there the old file is opened at every sign-in of its
//! person; what a rule refused follows them into *Needs attention* of the new one.

use std::sync::{Arc, PoisonError, Weak};

use wattle_domain::{UserId, role};
use wattle_local_store::Store;
use wattle_local_store::keys::Owner;
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::session::{SignedIn, Welcome};
use wattle_sync_engine::driver::Tokens;
use zeroize::Zeroizing;

use super::{Shared, State, Workstation};
use crate::desk::Desk;
use crate::error::Error;
use crate::file::ProfileFile;
use crate::folder::Place;
use crate::server;
use crate::tokens::Keeper;

impl Workstation {
    /// Signs the person at a desk out, with a word why, when their roles name another profile. Its engine goes on until
    /// everything is sent.
    pub(super) fn leave_profile(&self, desk: &Arc<Desk>) {
        let (workstation, desk) = (self.clone(), Arc::clone(desk));
        tokio::spawn(async move {
            let _turn = workstation.0.turn.lock().await;
            let (user, profile) = (desk.user(), role::profile(&desk.keeper.roles()));
            let current = workstation.desk_behind_the_curtain();
            if profile == desk.file().owner.profile || !current.is_some_and(|open| Arc::ptr_eq(&open, &desk))
            {
                return;
            }
            tracing::warn!("the roles of the person at the desk name another profile; signing out");
            let moved = workstation.change_record(|record| {
                for person in record.people.iter_mut().filter(|person| person.user == user) {
                    person.profile.clone_from(&profile);
                }
            });
            if let Err(error) = moved {
                tracing::error!(error = &error as &dyn std::error::Error, "the new profile was not kept");
            }
            desk.unwatch();
            *workstation.state() = State::Out(Some(FaultCode::RolesChanged));
            workstation.tell().await;
            workstation.keep_sending(desk);
        });
    }

    /// Looks for files of other profiles that this person's password opens, and sends what is left in them.
    pub(super) fn send_leftovers(&self, desk: &Arc<Desk>, password: &str) {
        let owner = desk.file().owner.clone();
        let places: Vec<(String, Place)> = (self.0.folder.profiles(owner.clinic).into_iter())
            .filter(|(profile, place)| {
                *profile != owner.profile && !place.is_emptied() && place.slot(owner.user).exists()
            })
            .collect();
        if places.is_empty() {
            return;
        }
        // Not the desk itself: it may be opened anew meanwhile, on a file that an image became.
        let (workstation, password) = (self.clone(), Zeroizing::new(password.to_owned()));
        tokio::spawn(async move {
            for (profile, place) in places {
                let file = Owner { profile, ..owner.clone() };
                if let Err(error) = workstation.send_leftover(file, place, &password).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a file of an earlier role could not be sent; the next sign-in tries again"
                    );
                }
            }
        });
    }

    async fn send_leftover(&self, owner: Owner, place: Place, password: &str) -> Result<(), Error> {
        let turn = self.0.turn.lock().await;
        // Somebody else may have sat down meanwhile, and a file is open once.
        let Some(desk) = self.desk_of(owner.user).filter(|desk| desk.file().place != place) else {
            return Ok(());
        };
        let running = self.leftovers().into_iter().find(|left| left.file().place == place);
        let left = match running {
            Some(left) => left,
            None => {
                let keys = self.try_slot(&place, owner.user, password, desk.secret()).await;
                let file = ProfileFile { place, owner, keys: keys.map_err(Error::Slot)? };
                let clock = Arc::clone(&self.0.clock);
                let store = file.open(Arc::clone(&clock)).await?;
                let record = self.record().ok_or(Error::NotSetUp)?;
                let tokens = Arc::new(Borrowed(Arc::clone(&desk.keeper)));
                let driver = server::start(&record.server(), &store, tokens, &file.owner, clock)?;
                Arc::new(Desk::new(store, driver, Arc::clone(&desk.keeper), file, desk.secret().clone()))
            }
        };
        drop(turn);
        self.keep_sending(left);
        Ok(())
    }

    /// The desk, if this person is at it.
    fn desk_of(&self, user: UserId) -> Option<Arc<Desk>> {
        self.desk_behind_the_curtain().filter(|desk| desk.user() == user)
    }

    /// Commands that wait in files of earlier roles.
    pub(super) async fn left_waiting(&self) -> u64 {
        let mut waiting = 0;
        for left in self.leftovers() {
            waiting += left.with_store(Store::sync_facts).await.map_or(0, |facts| facts.outbox_len);
        }
        waiting
    }

    /// Tells engines that wait for tokens that there are new ones.
    pub(super) fn wake_leftovers(&self) {
        for left in self.leftovers() {
            left.driver.signed_in();
        }
    }

    /// Ends them; what is left is sent after the next sign-in.
    pub(super) async fn close_leftovers(&self) {
        let all = std::mem::take(&mut *self.0.leftovers.lock().unwrap_or_else(PoisonError::into_inner));
        for left in all {
            left.close().await;
        }
    }

    /// Ends those that live on the tokens of a desk which is about to close.
    pub(super) async fn close_borrowers(&self, desk: &Arc<Desk>) {
        let borrows = |left: &Arc<Desk>| Arc::ptr_eq(&left.keeper, &desk.keeper) && !Arc::ptr_eq(left, desk);
        self.close_some(borrows).await;
    }

    /// Ends the one of a file that somebody sits down to again.
    pub(super) async fn close_leftover_at(&self, place: &Place) {
        self.close_some(|left| left.file().place == *place).await;
    }

    async fn close_some(&self, these: impl Fn(&Arc<Desk>) -> bool) {
        for left in self.leftovers().into_iter().filter(|left| these(left)) {
            self.forget_leftover(&left);
            left.close().await;
        }
    }

    fn forget_leftover(&self, left: &Arc<Desk>) {
        let mut all = self.0.leftovers.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| !Arc::ptr_eq(one, left));
    }

    pub(super) fn leftovers(&self) -> Vec<Arc<Desk>> {
        self.0.leftovers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Watches over a file until it has nothing more to send.
    fn keep_sending(&self, left: Arc<Desk>) {
        {
            let mut all = self.0.leftovers.lock().unwrap_or_else(PoisonError::into_inner);
            if !all.iter().any(|one| Arc::ptr_eq(one, &left)) {
                all.push(Arc::clone(&left));
            }
        }
        let shared = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            if until_sent(&left).await
                && let Some(workstation) = shared.upgrade().map(Workstation)
            {
                workstation.end_leftover(&left).await;
            }
        });
    }

    /// It is all sent: what was refused follows its person, and the file rests.
    async fn end_leftover(&self, left: &Arc<Desk>) {
        let _turn = self.0.turn.lock().await;
        let ours = self.leftovers().iter().any(|one| Arc::ptr_eq(one, left));
        if !ours {
            return;
        }
        if let Some(desk) = self.desk_of(left.user()) {
            match follow(left, &desk).await {
                Ok(_) => desk.nudge(),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "refused commands of an earlier role stay in its file for now"
                ),
            }
        }
        self.forget_leftover(left);
        let emptied = left.with_store(Store::sync_details).await.is_ok_and(|file| {
            // An acknowledged command is offered again when the server loses its tail: this file must be asked as long.
            let counts = file.counts;
            counts.waiting + counts.answered + counts.rejected + counts.quarantined + counts.acknowledged == 0
        });
        left.close().await;
        if emptied && let Err(error) = left.file().place.mark_emptied() {
            tracing::warn!(error = &error as &dyn std::error::Error, "a file was not marked as emptied");
        }
        self.tell_sync().await;
    }
}

/// Waits until the server has everything; false when the engine was stopped before.
async fn until_sent(left: &Desk) -> bool {
    let mut states = left.driver.sync_state();
    loop {
        let connection = states.borrow_and_update().connection;
        let facts = left.with_store(Store::sync_facts).await;
        match facts {
            // Online: the server's epoch has been heard, so that nothing more will be offered again.
            Ok(facts)
                if facts.outbox_len == 0 && facts.awaiting.is_empty() && connection == Connection::Online =>
            {
                return true;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a file of an earlier role cannot be read"
                );
                return false;
            }
        }
        if states.changed().await.is_err() {
            return false;
        }
    }
}

async fn follow(left: &Arc<Desk>, desk: &Arc<Desk>) -> Result<usize, Error> {
    let (user, roles, into) = (desk.user(), desk.keeper.roles(), desk.store.clone());
    left.with_store(move |store| store.carry_refused(user, &roles, &into)).await
}

/// The tokens of the person at the desk, for a second engine: a refresh token is good once, so only the desk's own engine
/// may spend it.
struct Borrowed(Arc<Keeper>);

impl Tokens for Borrowed {
    fn access(&self) -> Option<String> {
        self.0.access()
    }

    fn refresh(&self) -> Option<String> {
        None
    }

    fn renewed(&self, _: &SignedIn) {}

    fn refused(&self, _: ErrorCode) {}

    fn welcomed(&self, _: &Welcome) {}
}

/// Wakes the engines of earlier roles whenever the desk's own has been in contact: it may have renewed the tokens.
pub(super) async fn lend_tokens(
    shared: Weak<Shared>,
    mut states: tokio::sync::watch::Receiver<wattle_protocol::ipc::session::SyncState>,
) {
    let mut contact = None;
    while states.changed().await.is_ok() {
        let latest = states.borrow_and_update().last_contact_at;
        let Some(workstation) = shared.upgrade().map(Workstation) else { return };
        if latest != contact {
            contact = latest;
            workstation.wake_leftovers();
        }
    }
}

/// Signs out when the sync hears that the person's roles name another profile.
pub(super) async fn watch_the_roles(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut changed: tokio::sync::watch::Receiver<bool>,
) {
    if changed.wait_for(|changed| *changed).await.is_err() {
        return;
    }
    if let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) {
        Workstation(shared).leave_profile(&desk);
    }
}
