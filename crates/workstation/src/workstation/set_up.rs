//! From a computer to a workstation-to-be: server, name, code. The code is spent at the first sign-in.

use std::sync::PoisonError;

use wattle_protocol::ipc::session::SetUp;
use wattle_sync_engine::Transport;

use super::Workstation;
use crate::error::Error;
use crate::record::Record;

impl Workstation {
    /// Remembers server, name and code. May be called again until the first sign-in has succeeded.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::NotSetUp`] when name or code is empty, [`Error::SetUpAlready`].
    pub async fn set_up(&self, args: SetUp) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        self.remember_set_up(&args)?;
        self.tell().await;
        Ok(())
    }

    /// The same with what was given before anybody could be asked; does nothing once enrolled.
    pub(super) fn set_up_beforehand(
        &self,
        server_url: String,
        workstation_name: String,
        enrolment_code: String,
    ) -> Result<(), Error> {
        match self.remember_set_up(&SetUp { server_url, enrolment_code, workstation_name }) {
            Err(Error::SetUpAlready) => Ok(()),
            other => other,
        }
    }

    fn remember_set_up(&self, args: &SetUp) -> Result<(), Error> {
        let (name, code) = (args.workstation_name.trim(), args.enrolment_code.trim());
        // Passwords travel to this address: the transport takes https only, or plain http to this very computer.
        Transport::new(&args.server_url)?;
        if name.is_empty() || code.is_empty() {
            return Err(Error::NotSetUp);
        }
        let mut held = self.0.record.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|record| record.enrolled.is_some()) {
            return Err(Error::SetUpAlready);
        }
        let record = Record {
            server_url: args.server_url.trim().to_owned(),
            workstation_name: name.to_owned(),
            enrolment_code: Some(code.to_owned()),
            enrolled: None,
            people: Vec::new(),
        };
        record.write(&self.0.folder.record())?;
        *held = Some(record);
        Ok(())
    }
}
