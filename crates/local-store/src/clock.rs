//! The system's clock and new ids: the only source of time and chance on a workstation.

use ring::rand::{SecureRandom, SystemRandom};
use uuid::{Builder, Uuid};
use wattle_domain::UtcInstant;
use wattle_domain::time::Clock;

/// The computer's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one file that may ask the system")]
    fn now(&self) -> UtcInstant {
        chrono::Utc::now().into()
    }
}

/// Where the store draws its chance from: ids, replica, digest keys.
pub trait Ids: Send + Sync {
    /// 16 random bytes.
    fn random(&self) -> [u8; 16];
}

/// The system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn random(&self) -> [u8; 16] {
        let mut random = [0_u8; 16];
        // The system's generator fails only where nothing else works either; v7 still differs by the millisecond.
        let _ = SystemRandom::new().fill(&mut random);
        random
    }
}

/// A new id: UUID version 7 of the clock's millisecond and 74 random bits.
#[must_use]
pub fn new_id(clock: &dyn Clock) -> Uuid {
    id_from(clock, &SystemIds)
}

/// As [`new_id`], with chance from somewhere else.
pub(crate) fn id_from(clock: &dyn Clock, ids: &dyn Ids) -> Uuid {
    let [random @ .., _, _, _, _, _, _] = ids.random();
    let ms = u64::try_from(clock.now().0).unwrap_or(0);
    Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_differ() {
        let (a, b) = (new_id(&SystemClock), new_id(&SystemClock));
        assert_eq!(a.get_version_num(), 7);
        assert_ne!(a, b);
    }
}
