//! What a failure needs: acts and weather are left out for as long as it stays the same failure.

use std::time::{Duration, Instant};

use crate::mutant::Mutant;
use crate::plan::{Plan, Weather};
use crate::run::{Mask, Outcome, run};

/// Leaves out what a failure does not need, for so long at most. Returns the mask and the shrunk run.
#[must_use]
pub fn shrink(seed: u64, mutant: Option<Mutant>, check: &str, limit: Duration) -> (Mask, Outcome) {
    let until = Instant::now() + limit;
    let plan = Plan::of(seed, mutant);
    let mut mask = Mask::default();
    let same = |mask: &Mask| run(seed, mutant, mask, false).wrong.is_some_and(|wrong| wrong.check == check);

    // The weather, one kind after another; all at once first.
    let mut weather = plan.weather;
    for calm in calmer(weather) {
        if Instant::now() > until {
            break;
        }
        let tried = Mask { weather: Some(calm(weather)), ..mask.clone() };
        if same(&tried) {
            weather = calm(weather);
            mask = tried;
        }
    }

    // Acts, in ever smaller pieces.
    let mut piece = plan.acts.len().div_ceil(2).max(1);
    while Instant::now() < until {
        let left: Vec<usize> = (0..plan.acts.len()).filter(|at| !mask.acts.contains(at)).collect();
        let mut less = false;
        for some in left.chunks(piece) {
            if Instant::now() > until {
                break;
            }
            let mut tried = mask.clone();
            tried.acts.extend(some);
            if same(&tried) {
                mask = tried;
                less = true;
            }
        }
        if piece == 1 && !less {
            break;
        }
        piece = piece.div_ceil(2).max(1);
    }
    let outcome = run(seed, mutant, &mask, true);
    (mask, outcome)
}

fn calmer(_: Weather) -> [fn(Weather) -> Weather; 10] {
    [
        |_| Weather::default(),
        |w| Weather { lost_request: 0, ..w },
        |w| Weather { lost_answer: 0, ..w },
        |w| Weather { twice: 0, ..w },
        |w| Weather { slow: 0, ..w },
        |w| Weather { cut: 0, ..w },
        |w| Weather { live_cut: 0, ..w },
        |w| Weather { crash: 0, ..w },
        |w| Weather { garbled: 0, ..w },
        |w| Weather { power: 0, ..w },
    ]
}
