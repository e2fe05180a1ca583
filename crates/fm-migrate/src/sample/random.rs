//! Chance from a seed: SplitMix64, written out so that no crate's next version changes the sample.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A stream of its own for each purpose, so that one file's dirt does not move another file's people.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut this = Self(seed ^ purpose.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        this.next();
        this
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to `n` - 1; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        // The high half of a 32 x 32 bit product: even enough for names and times.
        let high = (self.next() >> 32) * u64::from(n);
        (high >> 32) as u32
    }

    /// `from` to `to`, both included.
    pub(super) fn between(&mut self, from: i32, to: i32) -> i32 {
        from + i32::try_from(self.below(u32::try_from(to - from + 1).unwrap_or(1))).unwrap_or(0)
    }

    /// True so many times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// One of a list; the type's default of an empty one.
    pub(super) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let index = self.below(u32::try_from(list.len()).unwrap_or(0));
        list.get(index as usize).copied().unwrap_or_default()
    }

    /// One of a list of (weight, thing).
    pub(super) fn weighted<T: Copy + Default>(&mut self, list: &[(u32, T)]) -> T {
        let mut left = self.below(list.iter().map(|(w, _)| w).sum());
        for (weight, thing) in list {
            if left < *weight {
                return *thing;
            }
            left -= weight;
        }
        T::default()
    }
}
