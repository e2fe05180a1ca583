//! The system's clock; the only file that reads it.

use wattle_domain::UtcInstant;
use wattle_domain::time::Clock;

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the injected clock")]
    fn now(&self) -> UtcInstant {
        chrono::Utc::now().into()
    }
}
