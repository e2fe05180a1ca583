//! A clinic for tests inside this crate: ids that read well, a clock that stands still, a server made of plain maps.

pub(crate) mod model;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;
use wattle_domain::time::Clock;
use wattle_domain::{ClinicId, Role, UserId, UtcInstant, WorkstationId};

use crate::{Author, DataKey, Identity, SigningKey, Store};

/// A clock that moves when told.
#[derive(Debug)]
pub(crate) struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> UtcInstant {
        // Each look is a millisecond later, so that ids differ in time too.
        UtcInstant(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Monday 23 November 2026, 9 am in Sydney.
pub(crate) const NINE: UtcInstant = UtcInstant(1_795_384_800_000);

pub(crate) fn clock() -> Arc<HandClock> {
    Arc::new(HandClock(AtomicI64::new(NINE.0)))
}

pub(crate) fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128((kind << 64) | n)
}

pub(crate) const CLINIC: ClinicId = ClinicId(Uuid::from_u128(0xc));
pub(crate) const RECEPTION_1: WorkstationId = WorkstationId(Uuid::from_u128(0xa1));
pub(crate) const DR_LEE: WorkstationId = WorkstationId(Uuid::from_u128(0xa2));
pub(crate) const MARIA: UserId = UserId(Uuid::from_u128(0xb1));
pub(crate) const LEE: UserId = UserId(Uuid::from_u128(0xb2));

pub(crate) fn key() -> DataKey {
    DataKey::from_bytes([7; 32])
}

pub(crate) fn identity() -> Identity {
    Identity { clinic: CLINIC, workstation: RECEPTION_1, profile: "ref-front".into() }
}

pub(crate) fn maria() -> Author {
    let (signing_key, _) = SigningKey::generate().unwrap();
    Author { user: MARIA, roles: vec![Role::Reception, Role::Practitioner], signing_key }
}

pub(crate) fn open(folder: &Path, clock: Arc<HandClock>) -> Store {
    Store::open(&folder.join("clinic.db"), &key(), identity(), clock).unwrap()
}
