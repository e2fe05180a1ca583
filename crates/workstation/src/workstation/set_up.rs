//! From a computer to a workstation-to-be: server, name, code. The code is spent at the first sign-in.

use std::sync::PoisonError;

use wattle_protocol::ipc::session::SetUp;
use wattle_sync_engine::transport::{self, Why};

use super::Workstation;
use crate::error::Error;
use crate::own_code;
use crate::record::Record;
use crate::server::Server;

impl Workstation {
    /// Remembers server, name and code; without a code this computer draws one. May be called again until the first sign-in
    /// has succeeded.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::Untrusted`], [`Error::NotSetUp`] when the name is empty, [`Error::SetUpAlready`].
    pub async fn set_up(&self, args: SetUp) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let server_ca = args.server_ca.filter(|text| !text.trim().is_empty());
        let args = SetUp { server_ca, ..args };
        let server = Server { url: args.server_url.trim().to_owned(), ca: args.server_ca.clone() };
        // Said at once, and before any password has a chance to travel. A server that is away is no reason to wait.
        if let Err(transport::Error::Unreachable(Why::Untrusted)) = server.transport()?.knock().await {
            return Err(Error::Untrusted);
        }
        self.remember_set_up(&args)?;
        self.tell().await;
        Ok(())
    }

    /// The same with what was given before anybody could be asked; does nothing once enrolled.
    pub(super) fn set_up_beforehand(&self, args: SetUp) -> Result<(), Error> {
        match self.remember_set_up(&args) {
            Err(Error::SetUpAlready) => Ok(()),
            other => other,
        }
    }

    fn remember_set_up(&self, args: &SetUp) -> Result<(), Error> {
        let (name, code) = (args.workstation_name.trim(), args.enrolment_code.trim());
        let server = Server { url: args.server_url.trim().to_owned(), ca: args.server_ca.clone() };
        // Passwords travel to this address: the transport takes https only, or plain http to this very computer.
        server.transport()?;
        if name.is_empty() {
            return Err(Error::NotSetUp);
        }
        let own_code = code.is_empty();
        let code = if own_code { own_code::draw()? } else { code.to_owned() };
        let mut held = self.0.record.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|record| record.enrolled.is_some()) {
            return Err(Error::SetUpAlready);
        }
        let record = Record {
            server_url: server.url,
            server_ca: server.ca,
            workstation_name: name.to_owned(),
            enrolment_code: Some(code),
            own_code,
            enrolled: None,
            people: Vec::new(),
            scan_folder: None,
        };
        record.write(&self.0.folder.record())?;
        *held = Some(record);
        Ok(())
    }
}
