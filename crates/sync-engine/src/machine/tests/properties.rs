//! Whatever goes wrong, in whatever order: it never does two things at once, never gets stuck, and heals.
//!
//! That nothing is started twice and that something is always in flight or set is checked by [`World::give`] after
//! every event.

use proptest::prelude::*;
use wattle_domain::FeedClass;
use wattle_protocol::ErrorCode;
use wattle_protocol::session::WorkstationState;

use super::world::World;
use crate::machine::{Event, Fault, FaultKind};

#[derive(Clone, Debug)]
enum Step {
    Answer(usize),
    Fail(usize, FaultKind, Option<u64>),
    Fire(usize),
    Submit,
    Commit(FeedClass, bool),
    Rows(FeedClass),
    /// Rows that come late, twice or out of their order.
    StrayRows(FeedClass, u64, u64),
    Damage(u64),
    CheckNow,
    DropLive,
    /// The server is restored and has lost so many commits.
    Restore(u64),
    Grant(FeedClass, bool),
    State(WorkstationState),
    MinVersion(bool),
    Tokens(bool, bool),
    SignedIn,
    Wake,
    /// The app is killed and starts again on the same file.
    Restart,
}

fn kinds() -> impl Strategy<Value = FaultKind> {
    use ErrorCode::*;
    let codes = prop::sample::select(vec![
        Malformed,
        WrongCredentials,
        SignInAgain,
        NotAllowed,
        NotEnrolled,
        NotFound,
        Resnapshot,
        TooLarge,
        UpgradeRequired,
        RateLimited,
        Internal,
        Unavailable,
        Other,
    ]);
    prop_oneof![
        3 => Just(FaultKind::Unreachable),
        1 => Just(FaultKind::Garbled),
        1 => Just(FaultKind::Store),
        4 => codes.prop_map(FaultKind::Code),
    ]
}

fn feeds() -> impl Strategy<Value = FeedClass> {
    prop::sample::select(vec![FeedClass::Ref, FeedClass::Front, FeedClass::Clinical])
}

fn steps() -> impl Strategy<Value = Step> {
    let states = prop::sample::select(vec![
        WorkstationState::Ok,
        WorkstationState::Ok,
        WorkstationState::Suspended,
        WorkstationState::Wipe,
    ]);
    prop_oneof![
        12 => any::<prop::sample::Index>().prop_map(|i| Step::Answer(i.index(16))),
        8 => (any::<prop::sample::Index>(), kinds(), prop::option::weighted(0.3, 0_u64..100_000))
            .prop_map(|(i, kind, after)| Step::Fail(i.index(16), kind, after)),
        6 => any::<prop::sample::Index>().prop_map(|i| Step::Fire(i.index(16))),
        4 => Just(Step::Submit),
        4 => (feeds(), any::<bool>()).prop_map(|(feed, heard)| Step::Commit(feed, heard)),
        2 => Just(Step::DropLive),
        1 => (0_u64..5).prop_map(Step::Restore),
        5 => feeds().prop_map(Step::Rows),
        2 => (feeds(), 0_u64..12, 1_u64..4).prop_map(|(feed, from, n)| Step::StrayRows(feed, from, from + n)),
        1 => (1_u64..40).prop_map(Step::Damage),
        1 => Just(Step::CheckNow),
        1 => (feeds(), any::<bool>()).prop_map(|(feed, granted)| Step::Grant(feed, granted)),
        1 => states.prop_map(Step::State),
        1 => any::<bool>().prop_map(Step::MinVersion),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(a, r)| Step::Tokens(a, r)),
        1 => Just(Step::SignedIn),
        1 => Just(Step::Wake),
        1 => Just(Step::Restart),
    ]
}

fn play(world: &mut World, step: Step) {
    match step {
        Step::Answer(i) if !world.flights.is_empty() => {
            let work = world.flights[i % world.flights.len()].work();
            world.answer(work);
        }
        Step::Fail(i, kind, retry_after_ms) if !world.flights.is_empty() => {
            let work = world.flights[i % world.flights.len()].work();
            world.fail_with(work, Fault { kind, retry_after_ms });
        }
        Step::Fire(i) if !world.timers.is_empty() => {
            let timer = *world.timers.keys().nth(i % world.timers.len()).unwrap();
            world.fire(timer);
        }
        Step::Answer(_) | Step::Fail(..) | Step::Fire(_) => {}
        Step::Submit => world.submit(),
        Step::Commit(feed, heard) => world.commit(feed, heard),
        Step::DropLive => world.drop_live(),
        Step::Restore(lost) => world.set_back(lost, true),
        Step::Rows(feed) => world.commit_rows(feed),
        Step::StrayRows(feed, from, to) => {
            let head = world.heads.get(&feed).copied().unwrap_or_default();
            if world.live && to <= head {
                world.give(Event::Delta(world.rows(feed, from, to)));
            }
        }
        Step::Damage(buckets) => world.unnoticed += buckets,
        Step::CheckNow => world.give(Event::CheckNow),
        Step::Grant(feed, true) => world.grant(feed),
        Step::Grant(feed, false) => world.revoke(feed),
        Step::State(state) => world.state = state,
        Step::MinVersion(ours) => world.min_app_version = if ours { "1.0.0" } else { "1.1.0" }.into(),
        Step::Tokens(access, refresh) => (world.token_good, world.refresh_good) = (access, refresh),
        Step::SignedIn => {
            (world.token_good, world.refresh_good) = (true, true);
            world.give(Event::SignedIn);
        }
        Step::Wake => world.give(Event::Wake),
        Step::Restart => world.restart(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_faults_it_heals(seed in any::<u64>(), steps in prop::collection::vec(steps(), 0..120)) {
        let mut world = World::new(seed);
        world.start();
        let mut submitted = 0;
        for step in steps {
            submitted += usize::from(matches!(step, Step::Submit));
            play(&mut world, step);
        }
        // Everything is well again; the person signs in where that was asked for, and live's next poll tells every head.
        (world.token_good, world.refresh_good) = (true, true);
        world.state = WorkstationState::Ok;
        world.min_app_version = "1.0.0".into();
        world.give(Event::SignedIn);
        world.settle();
        world.hint_all();
        world.settle();
        prop_assert!(world.outbox.is_empty());
        let mut decided = world.decided.clone();
        decided.sort();
        decided.dedup();
        prop_assert_eq!(decided.len(), world.decided.len(), "each command once since the server lost anything");
        prop_assert_eq!(decided.len(), submitted, "none lost, though servers lost some");
        prop_assert_eq!(world.facts.repairs, 0, "what was found different is mended");
        prop_assert_eq!(world.facts.epoch.clone(), world.epoch.to_string());
        // A grant that changed while all was well is noticed at the next check.
        if world.timers.contains_key(&crate::machine::Timer::Recheck) {
            world.fire(crate::machine::Timer::Recheck);
            world.settle();
        }
        let cursors: Vec<_> = world.facts.cursors.iter().map(|(f, seq)| (*f, seq.0)).collect();
        let heads: Vec<_> = world.heads.iter().map(|(f, head)| (*f, *head)).collect();
        prop_assert_eq!(cursors, heads, "in step with every feed, and with no other");
    }

    #[test]
    fn the_same_seed_and_events_give_the_same_instructions(
        seed in any::<u64>(), steps in prop::collection::vec(steps(), 0..60),
    ) {
        let run = || {
            let mut world = World::new(seed);
            world.start();
            for step in steps.clone() {
                play(&mut world, step);
            }
            world.log
        };
        prop_assert_eq!(run(), run());
    }
}
