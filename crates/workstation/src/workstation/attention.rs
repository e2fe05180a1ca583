//! *Needs attention*: see `wattle_protocol::ipc::attention`.

use std::collections::BTreeMap;

use wattle_domain::commands::{BookAppointment, ResolveConflict, Slot};
use wattle_domain::rejection::FreeSlot;
use wattle_domain::{Command, Envelope, WorkstationId};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::attention::{AttentionItem, SetAside, Side, TryAgain};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// What somebody must look at.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn attention(&self) -> Result<Vec<AttentionItem>, Error> {
        let desk = self.desk()?;
        let viewer = desk.user();
        let mut items = self.read(move |store| store.attention(viewer)).await?;
        name_workstations(&mut items, &desk.keeper.facts().workstation_names);
        Ok(items)
    }

    /// Chooses one of two values.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no; [`Error::Locked`]; when it could not be saved.
    pub async fn resolve_conflict(&self, args: ResolveConflict) -> Result<Written, Error> {
        let id = args.row_id;
        self.write(args, id).await
    }

    /// The person at the desk has dealt with a rejected command, or puts it back on the list; it is kept.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Locked`], or when the file cannot be written.
    pub async fn set_aside(&self, args: SetAside) -> Result<(), Error> {
        let desk = self.desk()?;
        let by = (!args.back).then(|| desk.user());
        let known = self.read(move |store| store.set_aside(args.command_id, by)).await?;
        desk.nudge();
        if known { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Does again what rejected commands meant, as new commands of the person at the desk; several stand or fall together.
    /// The old ones are set aside once the new ones are saved.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule still says no (then nothing has changed), [`Error::NotFound`], [`Error::Locked`]; when
    /// it could not be saved.
    pub async fn try_again(&self, args: TryAgain) -> Result<(), Error> {
        let desk = self.desk()?;
        let ids = args.command_ids;
        let asked = ids.clone();
        let found: Vec<Option<Envelope>> =
            self.read(move |store| asked.iter().map(|id| store.rejected_command(*id)).collect()).await?;
        let mut envelopes = found.into_iter().collect::<Option<Vec<_>>>().ok_or(Error::NotFound)?;
        envelopes.sort_by_key(|envelope| envelope.n);
        let slot = args.slot;
        let commands = envelopes.into_iter().map(|envelope| at(envelope.command, slot)).collect();
        let answer = desk.submit_together(commands).await;
        self.note_damage(&desk, answer)?;
        let by = desk.user();
        // A crash before this leaves them on the list: tried once more they are refused as done, and nothing is doubled.
        self.read(move |store| ids.iter().try_for_each(|id| store.set_aside(*id, Some(by)).map(drop)))
            .await?;
        desk.nudge();
        Ok(())
    }
}

/// The same at another time, where there is one.
fn at(command: Command, slot: Option<FreeSlot>) -> Command {
    let Some(slot) = slot else { return command };
    let FreeSlot { practitioner_id, start_at, end_at } = slot;
    match command {
        Command::BookAppointment(book) => {
            BookAppointment { practitioner_id, start_at, end_at, ..book }.into()
        }
        Command::RescheduleAppointment(mut moved) => {
            moved.to = Slot { practitioner_id, start_at, end_at, ..moved.to };
            moved.into()
        }
        other => other,
    }
}

fn name_workstations(items: &mut [AttentionItem], names: &BTreeMap<WorkstationId, String>) {
    let name = |side: &mut Side| {
        side.workstation_name = side.workstation.and_then(|id| names.get(&id).cloned());
    };
    for item in items {
        if let AttentionItem::Conflict(conflict) = item {
            name(&mut conflict.kept);
            name(&mut conflict.other);
        }
    }
}
