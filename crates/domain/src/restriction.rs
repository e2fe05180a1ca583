//! Restricted patients, and the glass before their records: who sees one, for how long, and why.
//!
//! Owns: the one rule that both stores and every screen ask. Must never: widen what a profile's file may hold; a glass opens
//! a door inside a feed that is granted, never another feed.
//! Called by: `decide`, and whoever shows a record.

use uuid::Uuid;

use crate::entities::{BrokenGlass, Restriction};
use crate::ids::{PatientId, UserId};
use crate::table::TableName;
use crate::time::UtcInstant;
use crate::world::{Read, World};

/// For so long a broken glass stays open, minutes.
pub const GLASS_MIN: i64 = 60;

/// How a patient's record stands before somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Not restricted, or not for them.
    Open,
    /// Restricted, and they have broken the glass.
    Glass {
        /// It shuts by itself then.
        until: UtcInstant,
    },
    /// Restricted.
    Shut,
}

/// The row that restricts a patient: one a patient, whoever makes it.
#[must_use]
pub fn id_of(patient: PatientId) -> Uuid {
    Uuid::new_v5(&patient.0, b"restriction")
}

/// What [`door`] looks at.
#[must_use]
pub fn reads(patient: PatientId) -> [Read; 2] {
    [Read::Row(TableName::Restriction, id_of(patient)), Read::OfPatient(TableName::BrokenGlass, patient)]
}

/// How a patient's record stands before somebody at a time, on the clock that stamps their commands.
///
/// A row that does not fit its description restricts: better a reason too many.
#[must_use]
pub fn door(world: &World, patient: PatientId, user: UserId, at: UtcInstant) -> Door {
    let Some(row) = world.row(TableName::Restriction, id_of(patient)) else { return Door::Open };
    if row.attribution.deleted_at.is_some() {
        return Door::Open;
    }
    if let Ok(restriction) = row.read::<Restriction>()
        && (!restriction.active || restriction.opens_to(user))
    {
        return Door::Open;
    }
    let until = world
        .of(TableName::BrokenGlass)
        .filter(|row| row.attribution.created_by == Some(user))
        .filter_map(|row| row.read::<BrokenGlass>().ok())
        .filter(|glass| glass.patient_id == patient && glass.opened_at <= at && at < glass.until())
        .map(|glass| glass.until())
        .max();
    until.map_or(Door::Shut, |until| Door::Glass { until })
}

impl BrokenGlass {
    /// When it shuts by itself.
    #[must_use]
    pub fn until(&self) -> UtcInstant {
        self.opened_at.plus_minutes(GLASS_MIN)
    }
}

impl Restriction {
    /// Whether somebody is one of those who open the record without a word.
    #[must_use]
    pub fn opens_to(&self, user: UserId) -> bool {
        self.people().any(|named| named == user)
    }

    /// Who they are.
    pub fn people(&self) -> impl Iterator<Item = UserId> + '_ {
        self.open_to.as_array().into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok())
    }
}
