//! A person's roles have changed and they work with another file: what was refused of theirs follows them.

use wattle_domain::{Role, UserId};

use crate::error::Error;
use crate::store::Store;
use crate::tables::outbox;

impl Store {
    /// Puts a person's refused commands that nobody has dealt with into the file they work with now, and marks them here as
    /// dealt with by them. Only those that their present roles may still make: others say what this profile may not hold,
    /// and stay. Returns how many were carried. Doing it twice does no more than once.
    ///
    /// # Errors
    /// When a file cannot be read or written; what was carried by then is in both, and is not doubled the next time.
    pub fn carry_refused(&self, author: UserId, roles: &[Role], into: &Self) -> Result<usize, Error> {
        let found = self.read(|connection| outbox::carry::refused_of(connection, author))?;
        let fitting: Vec<_> = found
            .into_iter()
            .filter(|carried| roles.iter().any(|role| role.may(carried.envelope.command.grant())))
            .collect();
        if fitting.is_empty() {
            return Ok(0);
        }
        let ids: Vec<_> = fitting.iter().map(|carried| carried.envelope.id).collect();
        let (carried, _) = into.write(move |txn| {
            let mut carried = 0;
            for command in &fitting {
                carried += usize::from(outbox::carry::take_in(txn.connection(), command)?);
            }
            txn.tell();
            Ok::<_, Error>(carried)
        })?;
        for id in ids {
            self.set_aside(id, Some(author))?;
        }
        Ok(carried)
    }
}
