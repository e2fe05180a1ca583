//! The one function that decides, run by the workstation at once and by the server for good.

use serde::{Deserialize, Serialize};

use crate::command::{Command, Envelope};
use crate::ids::{ClinicId, CommandId, UserId, WorkstationId};
use crate::rejection::{Rejection, RejectionCode};
use crate::restriction::{Door, door};
use crate::role::Role;
use crate::row::RowChange;
use crate::time::UtcInstant;
use crate::world::World;

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A workstation, on its local rows: a preview that the author sees at once.
    Workstation,
    /// The server, on PostgreSQL's rows: final.
    Server,
}

/// All that a decision may depend on beside the command and its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The clinic.
    pub clinic: ClinicId,
    /// The command's id: new rows get ids derived from it.
    pub command_id: CommandId,
    /// Who.
    pub author: UserId,
    /// As what.
    pub roles: Vec<Role>,
    /// Where.
    pub workstation: WorkstationId,
    /// When, on the author's clock.
    pub issued_at: UtcInstant,
    /// Who decides.
    pub place: Place,
}

impl Context {
    /// The context of an envelope whose author has these roles.
    #[must_use]
    pub fn of(envelope: &Envelope, roles: &[Role], place: Place) -> Self {
        Self {
            clinic: envelope.clinic,
            command_id: envelope.id,
            author: envelope.author,
            roles: roles.to_vec(),
            workstation: envelope.workstation,
            issued_at: envelope.issued_at,
            place,
        }
    }
}

/// How a command that a rule allowed met the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As the author saw it.
    Applied,
    /// Other fields had moved on; both kept.
    Merged,
    /// The same field had moved on; a `conflict` row keeps both values.
    Conflict,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// How it met the rows.
    pub outcome: Outcome,
    /// What it writes, in order; empty when there is nothing left to do.
    pub changes: Vec<RowChange>,
}

impl Decision {
    /// Applied as seen.
    #[must_use]
    pub fn applied(changes: Vec<RowChange>) -> Self {
        Self { outcome: Outcome::Applied, changes }
    }
}

/// Decides what a command does. Pure: the same arguments give the same answer, here and there.
///
/// # Errors
/// When a rule, or the lack of a grant, says no.
pub fn decide(command: &Command, context: &Context, world: &World) -> Result<Decision, Rejection> {
    if !context.roles.iter().any(|role| role.may(command.grant())) {
        return Err(Rejection::new(RejectionCode::NotAllowed));
    }
    crate::length::check(command)?;
    if let Some(patient) = command.record()
        && door(world, patient, context.author, context.issued_at) == Door::Shut
    {
        return Err(Rejection::new(RejectionCode::Restricted));
    }
    command.decide(context, world)
}
