//! How long it waits.

use wattle_protocol::ErrorCode;

use super::world::World;
use crate::machine::{Fault, FaultKind, Timer, Work};

/// The waits after failures in a row of one lane.
fn waits(seed: u64, work: Work, fault: Fault, times: usize) -> Vec<i64> {
    let mut world = World::online(seed);
    world.submit();
    (0..times)
        .map(|_| {
            world.fail_with(work, fault);
            let wait = world.timers[&Timer::Retry(work)] - world.now_ms;
            world.fire(Timer::Retry(work));
            wait
        })
        .collect()
}

#[test]
fn waits_double_up_to_a_cap_with_full_jitter() {
    let fault = Fault::new(FaultKind::Code(ErrorCode::Internal));
    let runs: Vec<_> = (0..200).map(|seed| waits(seed, Work::Push, fault, 10)).collect();
    for (nth, most) in
        [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000].iter().enumerate()
    {
        let nth_waits: Vec<i64> = runs.iter().map(|run| run[nth]).collect();
        let (least, longest) = (nth_waits.iter().min().unwrap(), nth_waits.iter().max().unwrap());
        assert!(longest <= most, "failure {nth}: {longest} above {most}");
        assert!(
            longest > &(most * 8 / 10) && least < &(most * 2 / 10),
            "failure {nth}: the whole span is used"
        );
    }
}

#[test]
fn the_same_seed_waits_the_same() {
    let fault = Fault::new(FaultKind::Unreachable);
    assert_eq!(waits(7, Work::Push, fault, 5), waits(7, Work::Push, fault, 5));
    assert_ne!(waits(7, Work::Push, fault, 5), waits(8, Work::Push, fault, 5));
}

#[test]
fn the_servers_word_is_the_least() {
    let kind = FaultKind::Code(ErrorCode::Unavailable);
    let told = |ms| Fault { kind, retry_after_ms: Some(ms) };
    for seed in 0..50 {
        let wait = waits(seed, Work::Push, told(20_000), 1)[0];
        assert!((20_000..=20_500).contains(&wait), "seed {seed}: {wait}");
    }
    let wait = waits(1, Work::Push, told(u64::MAX), 1)[0];
    assert!(wait <= 3_600_500, "but a year is not believed: {wait}");
}

#[test]
fn nothing_cuts_the_servers_word_short() {
    let mut world = World::online(1);
    world.submit();
    let kind = FaultKind::Code(ErrorCode::RateLimited);
    world.fail_with(Work::Push, Fault { kind, retry_after_ms: Some(60_000) });
    world.give(crate::machine::Event::Wake);
    world.drop_live();
    world.submit();
    assert!(!world.has(Work::Push), "not by a person, a reconnect or another edit");
    world.fire(Timer::Retry(Work::Push));
    assert!(world.has(Work::Push));
}

#[test]
fn a_person_who_asks_cuts_a_back_off_short() {
    let mut world = World::online(1);
    world.submit();
    for _ in 0..9 {
        world.fail(Work::Push, FaultKind::Unreachable);
        if world.has(Work::Session) {
            world.answer(Work::Session);
        }
        world.fire(Timer::Retry(Work::Push));
    }
    world.fail(Work::Push, FaultKind::Unreachable);
    world.give(crate::machine::Event::Wake);
    assert!(world.has(Work::Push));
}
