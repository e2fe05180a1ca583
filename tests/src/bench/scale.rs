//! How big a benchmark is: 1 is what the README speaks of, less is for trying it out.

/// A share of the full size.
#[derive(Clone, Copy, Debug)]
pub struct Scale(pub f64);

impl Scale {
    /// This share of `full`, but not less than `least`.
    #[must_use]
    pub fn of(self, full: u32, least: u32) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32 is one")]
        let share = (f64::from(full) * self.0.clamp(0.0, 1.0)) as u32;
        share.max(least).min(full)
    }

    /// How it is said beside the figures; nothing at full size.
    #[must_use]
    pub fn note(self) -> String {
        if self.0 < 1.0 { format!(" (SCALE {}: not the aim's size)", self.0) } else { String::new() }
    }
}
