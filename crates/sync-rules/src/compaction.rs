//! How far the commit log of a feed may be forgotten.

use wattle_domain::FeedSeq;

/// The horizon that a feed may rise to: nothing at or below it need be remembered.
///
/// `old_enough` is the last commit older than the time that tombstones are kept; `slowest` the lowest cursor of a file that
/// may still come back, `None` when there is none; `now` the present horizon, below which it never falls.
#[must_use]
pub fn horizon(old_enough: FeedSeq, slowest: Option<FeedSeq>, now: FeedSeq) -> FeedSeq {
    old_enough.min(slowest.unwrap_or(old_enough)).max(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_waits_for_the_slowest_and_never_falls() {
        let seq = |n| FeedSeq(n);
        for (old, slowest, now, want, why) in [
            (9, Some(4), 2, 4, "the slowest file can still come by changes"),
            (9, Some(20), 2, 9, "what is young stays, whoever has it"),
            (9, None, 2, 9, "nobody holds the feed"),
            (1, Some(0), 5, 5, "it never falls"),
        ] {
            assert_eq!(horizon(seq(old), slowest.map(seq), seq(now)), seq(want), "{why}");
        }
    }
}
