//! From keys to an open desk, and what is watched while it stands.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use wattle_domain::{TableName, role};
use wattle_local_store::keys::WorkstationSecret;
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::event::{Changed, Event};
use wattle_protocol::session::SignedIn;

use super::close::watch_for_closing;
use super::documents::carry_documents;
use super::first_copy::watch_for_copy;
use super::leftovers::{lend_tokens, watch_the_roles};
use super::refused::watch_for_telling;
use super::scans::watch_scans;
use super::sign_in::Proof;
use super::wipe::watch_for_wipe;
use super::{Shared, State, Workstation};
use crate::desk::Desk;
use crate::error::Error;
use crate::facts::Facts;
use crate::file::ProfileFile;
use crate::server;
use crate::tokens::Keeper;

/// A first sync tells how far it is so often.
const PROGRESS: Duration = Duration::from_millis(100);
/// The lease is looked at so often while nobody asks for anything.
const LEASE: Duration = Duration::from_secs(30);

impl Workstation {
    /// Opens the file, starts its sync and puts the person at the desk, in place of whoever was there.
    ///
    /// A damaged file is replaced and told ([`Error::Damaged`]); the next sign-in finds the new one.
    pub(super) async fn open(
        &self,
        file: ProfileFile,
        facts: Facts,
        signed_in: Option<&SignedIn>,
        secret: WorkstationSecret,
    ) -> Result<Arc<Desk>, Error> {
        let before = self.desk_behind_the_curtain().is_some();
        self.shut(None).await;
        self.close_leftover_at(&file.place).await;
        let opened = self.try_open(file, facts, signed_in, secret).await;
        if let Err(error) = &opened {
            if let Error::Damaged = error {
                *self.state() = State::Out(Some(FaultCode::Damaged));
            }
            if before || matches!(error, Error::Damaged) {
                self.tell().await;
            }
        }
        let desk = opened?;
        *self.state() = State::In { desk: Arc::clone(&desk), locked: false };
        desk.watch(self.watchers(&desk));
        self.tell().await;
        Ok(desk)
    }

    async fn try_open(
        &self,
        file: ProfileFile,
        facts: Facts,
        signed_in: Option<&SignedIn>,
        secret: WorkstationSecret,
    ) -> Result<Arc<Desk>, Error> {
        let record = self.record().ok_or(Error::NotSetUp)?;
        let clock = Arc::clone(&self.0.clock);
        let store = match file.open(Arc::clone(&clock)).await {
            Err(Error::Damaged) => {
                file.replace_damaged(clock).await?;
                return Err(Error::Damaged);
            }
            other => other?,
        };
        let user = file.owner.user;
        let keeper = Arc::new(Keeper::new(
            file.place.facts(user),
            user,
            file.keys.data_key.clone(),
            Arc::clone(&clock),
            facts,
        ));
        if let Some(signed_in) = signed_in {
            keeper.accept(signed_in);
        }
        let tokens = Arc::clone(&keeper);
        let copy = self.first_copy(&file, &store).await?;
        let driver = server::start_with_image(&record.server(), &store, tokens, &file.owner, clock, copy)?;
        Ok(Arc::new(Desk::new(store, driver, keeper, file, secret)))
    }

    /// Asks the server for new tokens while the desk is already there; until somebody else is at it, see
    /// [`end_renewal`](Self::end_renewal).
    pub(super) fn renew_in_background(&self, desk: &Arc<Desk>, password: &str) {
        let (workstation, proof) = (self.clone(), Proof::password(password));
        let (keeper, secret) = (Arc::clone(&desk.keeper), desk.secret().clone());
        let public_key = desk.file().keys.signing_key.public_base64();
        // Weakly: the desk may be closed meanwhile, to be opened again on a file that an image became.
        let desk = Arc::downgrade(desk);
        let renewal = tokio::spawn(async move {
            let username = keeper.facts().username;
            let answer = workstation.ask_server(&username, &proof, &secret, public_key).await;
            match answer {
                Ok(signed_in) => match desk.upgrade() {
                    Some(desk) => workstation.renewed(&desk, &signed_in),
                    None => keeper.accept(&signed_in),
                },
                // The password has been changed there: this desk goes on with the old one, but gets no longer lease by it.
                // Or a code is wanted now: they are asked for it at the next sign-in.
                Err(
                    error @ (Error::WrongCredentials | Error::Refused { code: ErrorCode::SecondFactor, .. }),
                ) => {
                    if matches!(error, Error::Refused { .. }) {
                        keeper.wants_code();
                    }
                    keeper.forget();
                    if let Some(desk) = desk.upgrade() {
                        desk.driver.online_again();
                    }
                }
                Err(Error::Refused { code: ErrorCode::WorkstationRevoked, .. }) => {
                    keeper.end_lease();
                    if workstation.lock_if_lease_over() {
                        workstation.tell().await;
                    }
                }
                Err(error) => {
                    tracing::info!(error = &error as &dyn std::error::Error, "no new tokens yet");
                }
            }
        });
        let before = self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner).replace(renewal);
        if let Some(before) = before {
            before.abort();
        }
    }

    /// Whether the server is being asked behind the desk.
    pub(super) fn renews(&self) -> bool {
        let renewal = self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        renewal.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Waits so long for the server's answer, then for none: one that came after the person has gone would be written over
    /// what the next sign-in brought.
    pub(super) async fn end_renewal(&self, patience: Duration) {
        let renewal = self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut renewal) = renewal else { return };
        if tokio::time::timeout(patience, &mut renewal).await.is_err() {
            renewal.abort();
            // Over one way or the other; only then is nothing written any more.
            let _ = renewal.await;
        }
    }

    /// New tokens have come for an open desk.
    pub(super) fn renewed(&self, desk: &Arc<Desk>, signed_in: &SignedIn) {
        desk.keeper.accept(signed_in);
        self.give_key(desk, signed_in);
        desk.driver.signed_in();
        self.wake_leftovers();
        // Rows of feeds that this file may not hold must not get into it: the other profile's file is for them.
        if role::profile(&signed_in.roles) != desk.file().owner.profile {
            self.leave_profile(desk);
        }
    }

    /// The tasks that hand on what store and driver say. They hold the workstation weakly: it can go while they wait.
    pub(super) fn watchers(&self, desk: &Arc<Desk>) -> [JoinHandle<()>; 13] {
        let weak = || Arc::downgrade(&self.0);
        [
            tokio::spawn(hand_on_changes(weak(), desk.store.subscribe())),
            tokio::spawn(hand_on_sync(weak(), desk.driver.sync_state())),
            tokio::spawn(hand_on_progress(weak(), desk.driver.first_sync())),
            tokio::spawn(watch_the_lease(weak())),
            tokio::spawn(watch_for_copy(weak(), Arc::downgrade(desk), desk.driver.copied())),
            tokio::spawn(lend_tokens(weak(), desk.driver.sync_state())),
            tokio::spawn(watch_the_roles(weak(), Arc::downgrade(desk), desk.driver.profile_changed())),
            tokio::spawn(watch_for_wipe(weak(), Arc::downgrade(desk), desk.keeper.told_to_wipe())),
            tokio::spawn(watch_for_closing(weak(), Arc::downgrade(desk), desk.keeper.account_closed())),
            tokio::spawn(watch_for_damage(weak(), Arc::downgrade(desk), desk.driver.damaged())),
            tokio::spawn(watch_for_telling(weak(), Arc::downgrade(desk), desk.driver.sync_state())),
            tokio::spawn(carry_documents(weak(), Arc::downgrade(desk), desk.store.subscribe())),
            tokio::spawn(watch_scans(weak(), Arc::downgrade(desk))),
        ]
    }

    /// Draws the curtain when the lease is over. True when it did.
    pub(super) fn lock_if_lease_over(&self) -> bool {
        match &mut *self.state() {
            State::In { desk, locked } if !*locked && !desk.keeper.lease_holds() => {
                *locked = true;
                true
            }
            State::In { .. } | State::Out(_) => false,
        }
    }
}

async fn hand_on_changes(shared: Weak<Shared>, mut changes: broadcast::Receiver<Changed>) {
    loop {
        let changed = match changes.recv().await {
            Ok(changed) => changed,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                Changed { rows: TableName::ALL.iter().map(|table| (*table, Vec::new())).collect() }
            }
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let Some(workstation) = shared.upgrade().map(Workstation) else { return };
        // The session shown in the frame has the clinic's zone and the person's column.
        let frame = changed.touches(TableName::Clinic) || changed.touches(TableName::Practitioner);
        let _ = workstation.0.events.send(Event::Changed(changed));
        if frame {
            workstation.tell().await;
        }
    }
}

async fn hand_on_sync(
    shared: Weak<Shared>,
    mut states: tokio::sync::watch::Receiver<wattle_protocol::ipc::session::SyncState>,
) {
    loop {
        let mut state = states.borrow_and_update().clone();
        let Some(workstation) = shared.upgrade().map(Workstation) else { return };
        state.waiting += workstation.left_waiting().await;
        let _ = workstation.0.events.send(Event::Sync(state));
        drop(workstation);
        if states.changed().await.is_err() {
            return;
        }
    }
}

async fn hand_on_progress(
    shared: Weak<Shared>,
    mut progress: tokio::sync::watch::Receiver<Option<wattle_protocol::ipc::session::Progress>>,
) {
    while progress.changed().await.is_ok() {
        let Some(workstation) = shared.upgrade().map(Workstation) else { return };
        workstation.tell().await;
        drop(workstation);
        tokio::time::sleep(PROGRESS).await;
    }
}

async fn watch_the_lease(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(LEASE).await;
        let Some(workstation) = shared.upgrade().map(Workstation) else { return };
        if let Some(desk) = workstation.desk_behind_the_curtain() {
            let keeper = Arc::clone(&desk.keeper);
            let _ = tokio::task::spawn_blocking(move || keeper.saw_the_clock()).await;
        }
        if workstation.lock_if_lease_over() {
            workstation.tell().await;
        }
    }
}

/// The sync reads and writes more of the file than any screen: it is the first to find a bad page.
async fn watch_for_damage(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut damaged: tokio::sync::watch::Receiver<bool>,
) {
    if damaged.wait_for(|damaged| *damaged).await.is_err() {
        return;
    }
    if let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) {
        // Apart from this task, which ends with the desk.
        tokio::spawn(async move { Workstation(shared).replace_damaged_desk(desk).await });
    }
}
