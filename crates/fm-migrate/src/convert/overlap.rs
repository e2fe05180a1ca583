//! Bookings of one practitioner that overlap: FileMaker allowed them, so the later one becomes a deliberate double booking.

use std::collections::HashSet;

use uuid::Uuid;
use wattle_domain::UtcInstant;

/// Every booking that takes up time, collected before any is written.
#[derive(Clone, Debug, Default)]
pub struct Overlaps {
    spans: Vec<(Uuid, UtcInstant, UtcInstant, u64)>,
}

impl Overlaps {
    /// Remembers a booking.
    pub fn add(&mut self, practitioner: Uuid, start: UtcInstant, end: UtcInstant, position: u64) {
        self.spans.push((practitioner, start, end, position));
    }

    /// The positions of those that begin while an earlier one of the practitioner still runs. Without them no two overlap.
    #[must_use]
    pub fn later_ones(mut self) -> HashSet<u64> {
        self.spans
            .sort_unstable_by_key(|(practitioner, start, _, position)| (*practitioner, *start, *position));
        let mut later = HashSet::new();
        let mut runs: Option<(Uuid, UtcInstant)> = None;
        for (practitioner, start, end, position) in self.spans {
            match runs {
                Some((who, until)) if who == practitioner && start < until => {
                    later.insert(position);
                }
                _ => runs = Some((practitioner, end)),
            }
        }
        later
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn those_that_are_left_never_overlap(spans in proptest::collection::vec((0_u128..3, 0_i64..200, 1_i64..30), 0..80)) {
            let mut overlaps = Overlaps::default();
            for (i, (who, start, length)) in spans.iter().enumerate() {
                overlaps.add(Uuid::from_u128(*who), UtcInstant(*start), UtcInstant(start + length), i as u64);
            }
            let later = overlaps.later_ones();
            let kept: Vec<_> = spans.iter().enumerate().filter(|(i, _)| !later.contains(&(*i as u64))).map(|(_, s)| s).collect();
            for (i, a) in kept.iter().enumerate() {
                for b in kept.iter().skip(i + 1) {
                    prop_assert!(a.0 != b.0 || a.1 + a.2 <= b.1 || b.1 + b.2 <= a.1, "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn back_to_back_is_no_overlap_and_the_later_start_gives_way() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut overlaps = Overlaps::default();
        for (who, start, end, position) in
            [(a, 0, 15, 9), (a, 15, 30, 2), (a, 10, 12, 1), (b, 0, 99, 3), (a, 15, 20, 4)]
        {
            overlaps.add(who, UtcInstant(start), UtcInstant(end), position);
        }
        assert_eq!(overlaps.later_ones(), HashSet::from([1, 4]), "start decides, then the place in the file");
    }
}
