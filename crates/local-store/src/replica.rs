//! The file as far as command numbers go.

use crate::error::Error;
use crate::store::{Store, new_replica};
use crate::tables::meta;

impl Store {
    /// Draws a new replica id, because a copy of this file is at work elsewhere. Numbers go on; commands that are signed
    /// already keep the old one.
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn renew_replica(&self) -> Result<(), Error> {
        let replica = new_replica(self.shared().ids.as_ref());
        let ((), _) = self.write(move |txn| {
            meta::set(txn.connection(), meta::REPLICA, &replica.to_string())?;
            Ok::<_, Error>(())
        })?;
        tracing::warn!("a copy of this file is at work elsewhere; it numbers as a new one from now on");
        Ok(())
    }
}
