//! Away from the desk: sign-out, the end of the app, a damaged file.

use std::sync::{Arc, Weak};
use std::time::Duration;

use wattle_protocol::ipc::FaultCode;

use super::{Shared, State, Workstation};
use crate::desk::Desk;
use crate::error::Error;

/// So long a server that is just being asked for tokens may take to answer when somebody signs out.
const LAST_WORD: Duration = Duration::from_secs(5);

impl Workstation {
    /// Ends the sync and closes the file. What is unsent stays in it and goes out when somebody of the same profile signs
    /// in.
    ///
    /// # Errors
    /// None today; signing out twice is fine.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        if self.renews() {
            // The answer may say that a code is wanted from now on. It is waited for behind the curtain.
            let _ = self.lock().await;
            self.end_renewal(LAST_WORD).await;
        }
        self.close_leftovers().await;
        self.shut(None).await;
        self.tell().await;
        Ok(())
    }

    /// The same at the end of the app, without telling anybody.
    pub async fn close(&self) {
        let _turn = self.0.turn.lock().await;
        self.close_leftovers().await;
        self.shut(None).await;
    }

    /// Leaves nobody at the desk.
    pub(super) async fn shut(&self, notice: Option<FaultCode>) {
        match notice {
            // Nothing is done in the name of a closed account, and a damaged file takes nothing more.
            Some(FaultCode::AccountClosed | FaultCode::Damaged) => self.forget_search(),
            _ => self.end_search().await,
        }
        self.end_renewal(Duration::ZERO).await;
        let before = std::mem::replace(&mut *self.state(), State::Out(notice));
        if let State::In { desk, .. } = before {
            self.close_borrowers(&desk).await;
            desk.close().await;
        }
    }

    /// Looks whether an answer says that the file is damaged, and if so starts to put a new one in its place.
    pub(super) fn note_damage<T>(&self, desk: &Arc<Desk>, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Store(wattle_local_store::Error::Damaged(_))) = &answer {
            let (workstation, desk) = (self.clone(), Arc::clone(desk));
            tokio::spawn(async move { workstation.replace_damaged_desk(desk).await });
        }
        answer
    }

    /// Puts a new file in the place of the damaged one of a desk that still stands, and signs its person out to tell them.
    pub(super) async fn replace_damaged_desk(&self, damaged: Arc<Desk>) {
        let _turn = self.0.turn.lock().await;
        let current = self.desk_behind_the_curtain();
        if !current.is_some_and(|desk| Arc::ptr_eq(&desk, &damaged)) {
            return;
        }
        let file = damaged.file().clone();
        self.shut(Some(FaultCode::Damaged)).await;
        drop(damaged);
        if let Err(error) = file.replace_damaged(Arc::clone(&self.0.clock)).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no new file in place of the damaged one"
            );
        }
        self.tell().await;
    }

    /// The account of the person at a desk was closed: they leave it with a word, and nothing here opens for them any more.
    /// What they had not sent stays in the file, and colleagues find it in Needs attention.
    async fn leave_account(&self, desk: Arc<Desk>) {
        let _turn = self.0.turn.lock().await;
        let current = self.desk_behind_the_curtain();
        if !current.is_some_and(|open| Arc::ptr_eq(&open, &desk)) {
            return;
        }
        tracing::warn!("the account of the person at the desk was closed; signing out");
        let (user, clinic) = (desk.user(), desk.file().owner.clinic);
        self.close_leftovers().await;
        self.shut(Some(FaultCode::AccountClosed)).await;
        drop(desk);
        for (_, place) in self.0.folder.profiles(clinic) {
            // A file that nobody else can open keeps their slot: the account may be opened again, and what is unsent is only there.
            let whole = place.opens_for_others(user) || place.is_emptied();
            if let Err(error) = place.forget(user, whole) {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a closed account keeps its slot here"
                );
            }
        }
        let forgotten = self.change_record(|record| record.people.retain(|person| person.user != user));
        if let Err(error) = forgotten {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a closed account stays on the list of names"
            );
        }
        self.tell().await;
    }
}

/// Signs somebody out when the server says that their account is closed.
pub(super) async fn watch_for_closing(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut closed: tokio::sync::watch::Receiver<bool>,
) {
    if closed.wait_for(|closed| *closed).await.is_ok()
        && let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade())
    {
        // Apart from this task, which ends with the desk.
        tokio::spawn(async move { Workstation(shared).leave_account(desk).await });
    }
}
