//! Commands of one author decided together: what they look at is loaded once, each sees what those before it have decided,
//! and all of it is written at the end. The same verdicts as one after another, in a few statements.
//!
//! Whatever does not fit (a constraint that says no, a fault, several authors) is a reason to undo all of it and to decide
//! one after another ([`super::one`]).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlx::postgres::PgConnection;
use wattle_domain::attribution::Stamp;
use wattle_domain::{Context, Envelope, Place, Read, Role, RowChange, TableName, World, decide};

use super::load;
use super::one::Decided;
use crate::db::{rows, write};
use crate::seal::Sealer;

/// Why commands cannot be decided together; for the log.
#[derive(Debug)]
pub(super) struct Apart(pub String);

/// The rows as they were loaded, with what was decided so far over them.
pub(super) struct Together {
    stamp: Stamp,
    world: World,
    record_numbers: VecDeque<String>,
    changes: Vec<RowChange>,
}

/// Where a group began: if it is refused, all is as it was here.
pub(super) struct Mark {
    world: World,
    record_numbers: VecDeque<String>,
    changes: usize,
}

impl Together {
    /// Loads all that the commands will look at. The transaction works for their author.
    pub async fn load(
        connection: &mut PgConnection,
        sealer: &Sealer,
        stamp: Stamp,
        reads: &[Read],
    ) -> Result<Self, sqlx::Error> {
        let world = load::world(connection, sealer, reads).await?;
        let numbers = reads.iter().filter(|read| **read == Read::NextRecordNumber).count();
        let record_numbers = match i32::try_from(numbers) {
            Ok(count @ 1..) => rows::next_record_numbers(connection, count).await?.into(),
            _ => VecDeque::new(),
        };
        Ok(Self { stamp, world, record_numbers, changes: Vec::new() })
    }

    /// Decides a command over the rows as those before it left them.
    pub fn decide(&mut self, envelope: &Envelope, roles: &[Role]) -> Result<Decided, Apart> {
        let command = &envelope.command;
        let allowed = roles.iter().any(|role| role.may(command.grant()));
        let reads = if allowed { command.reads() } else { Vec::new() };
        let mut world = self.world.select(&reads);
        let numbered = reads.contains(&Read::NextRecordNumber);
        if numbered {
            let number = self.record_numbers.front().cloned();
            world.next_record_number = Some(number.ok_or_else(|| Apart("no record number".into()))?);
        }
        let patient = command.patient(&world);
        let context = Context::of(envelope, roles, Place::Server);
        let decided = catch_unwind(AssertUnwindSafe(|| decide(command, &context, &world)));
        let decision = match decided {
            Err(_) => return Err(Apart("decide panicked".into())),
            Ok(Err(rejection)) => return Ok(Decided::rejected(rejection, patient)),
            Ok(Ok(decision)) => decision,
        };
        for change in &decision.changes {
            if change.table == TableName::AuditEvent {
                return Err(Apart("a verb writes the audit log".into()));
            }
            self.world.write(change, self.stamp).map_err(|why| Apart(why.to_string()))?;
        }
        if numbered {
            self.record_numbers.pop_front();
        }
        self.changes.extend(decision.changes.iter().cloned());
        Ok(Decided::written(decision, patient))
    }

    pub fn mark(&self) -> Mark {
        let (world, record_numbers) = (self.world.clone(), self.record_numbers.clone());
        Mark { world, record_numbers, changes: self.changes.len() }
    }

    pub fn back_to(&mut self, mark: Mark) {
        (self.world, self.record_numbers) = (mark.world, mark.record_numbers);
        self.changes.truncate(mark.changes);
    }

    /// Writes what was decided. `None`: a record number that was drawn went to nobody, and would be a hole in the numbers.
    pub async fn write(
        self,
        connection: &mut PgConnection,
        sealer: &Sealer,
    ) -> Result<Option<()>, sqlx::Error> {
        if !self.record_numbers.is_empty() {
            return Ok(None);
        }
        write::write(connection, sealer, &self.changes).await?;
        Ok(Some(()))
    }
}
