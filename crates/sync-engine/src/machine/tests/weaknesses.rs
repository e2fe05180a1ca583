//! Published weaknesses of other sync engines, each as it would show here.

use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Verdict};

use super::world::{Flight, World};
use crate::machine::{Event, FaultKind, Instruction, PullWanted, Tidy, Timer, Work};

fn tidied(world: &World, wanted: impl Fn(&Tidy) -> bool) -> usize {
    world.asked(|i| matches!(i, Instruction::Tidy(tidy) if wanted(tidy)))
}

#[test]
fn a_write_that_fails_for_ever_blocks_no_download() {
    for kind in [
        FaultKind::Code(ErrorCode::Internal),
        FaultKind::Code(ErrorCode::NotAllowed),
        FaultKind::Code(ErrorCode::Malformed),
        FaultKind::Unreachable,
        FaultKind::Garbled,
        FaultKind::Store,
    ] {
        let mut world = World::online(1);
        world.submit();
        for round in 0..50 {
            if world.has(Work::Push) {
                world.fail(Work::Push, kind);
            }
            if round % 2 == 0 {
                world.commit_rows(FeedClass::Front)
            } else {
                world.commit(FeedClass::Front, true)
            }
            while let Some(flight) = world.flights.iter().find(|f| f.work() != Work::Push) {
                world.answer(flight.work());
            }
            assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(6 + round), "{kind:?}, round {round}");
            if world.timers.contains_key(&Timer::Retry(Work::Push)) {
                world.fire(Timer::Retry(Work::Push));
            }
        }
    }
}

#[test]
fn a_download_that_fails_for_ever_blocks_no_upload() {
    for kind in
        [FaultKind::Code(ErrorCode::Internal), FaultKind::Code(ErrorCode::Resnapshot), FaultKind::Garbled]
    {
        let mut world = World::online(1);
        world.commit(FeedClass::Front, true);
        for round in 1..40 {
            if world.has(Work::Pull) {
                world.fail(Work::Pull, kind);
            }
            world.submit();
            while let Some(flight) = world.flights.iter().find(|f| f.work() != Work::Pull) {
                world.answer(flight.work());
            }
            assert_eq!((world.accepted_total, world.outbox.len()), (round, 0), "{kind:?}");
            if world.timers.contains_key(&Timer::Retry(Work::Pull)) {
                world.fire(Timer::Retry(Work::Pull));
            }
        }
    }
}

#[test]
fn after_a_partition_uploads_do_not_wait_for_the_next_edit() {
    let mut world = World::online(1);
    world.drop_live();
    world.submit();
    // Nothing gets through for hours; only timers fire.
    for _ in 0..200 {
        while let Some(flight) = world.flights.first() {
            world.fail(flight.work(), FaultKind::Unreachable);
        }
        let next = world.timers.iter().min_by_key(|(_, due)| **due).map(|(timer, _)| *timer).unwrap();
        world.fire(next);
    }
    let healed_at = world.now_ms;
    world.settle();
    assert_eq!(world.accepted_total, 1, "no edit, no person, no event of the network was needed");
    assert!(world.now_ms - healed_at < 60_000, "and it took {} ms", world.now_ms - healed_at);
}

#[test]
fn commands_that_wait_for_others_hold_up_no_newer_ones() {
    let mut world = World::online(1);
    world.submit();
    let stuck = world.outbox[0];
    let deferred = |id| Answer { command_id: id, verdict: Verdict::Deferred { on: stuck }, duplicate: false };
    for _ in 0..9 {
        // What it waits for never comes; the file leaves it in.
        world.take(Work::Push);
        world.give(Event::PushAnswered { sent: 1, answers: vec![deferred(stuck)], twin: false });
        world.take(Work::Push);
        world.give(Event::AnswersRecorded(world.facts()));
        assert!(!world.has(Work::Push), "not in a circle");
        assert_eq!(world.machine.sync_state().waiting, 1, "and it is not called sent");
        world.fire(Timer::Retry(Work::Push));
    }
    world.take(Work::Push);
    world.give(Event::PushAnswered { sent: 1, answers: vec![deferred(stuck)], twin: false });
    world.take(Work::Push);
    world.give(Event::AnswersRecorded(world.facts()));
    world.submit();
    assert!(world.has(Work::Push), "the newer one does not wait for the timer");
    let newer = world.outbox[1];
    world.take(Work::Push);
    let applied = Answer { command_id: newer, verdict: Verdict::Applied, duplicate: false };
    world.give(Event::PushAnswered { sent: 2, answers: vec![deferred(stuck), applied], twin: false });
    world.take(Work::Push);
    world.outbox.retain(|id| *id != newer);
    world.give(Event::AnswersRecorded(world.facts()));
    assert!(world.has(Work::Push), "something was answered: what waited may go now");
}

#[test]
fn an_outbox_of_which_nothing_may_go_yet_is_asked_again_by_a_timer() {
    let mut world = World::online(1);
    world.submit();
    world.take(Work::Push);
    // All that the file has waits for another command.
    world.give(Event::PushAnswered { sent: 0, answers: vec![], twin: false });
    assert_eq!(world.flights, [Flight::Record(vec![])], "the file says what waits");
    world.take(Work::Push);
    world.give(Event::AnswersRecorded(world.facts()));
    assert!(!world.has(Work::Push) && world.timers.contains_key(&Timer::Retry(Work::Push)));
    assert_eq!(world.machine.sync_state().waiting, 1);
    world.settle();
    assert_eq!(world.accepted_total, 1);
}

#[test]
fn a_checksum_that_does_not_match_wipes_nothing() {
    let mut world = World::online(1);
    world.unnoticed = 500;
    world.submit();
    world.settle();
    world.fire(Timer::Digest);
    world.settle();
    assert_eq!(world.facts.repairs, 0, "it was mended");
    assert_eq!(tidied(&world, |_| true), 0, "in place: no cursor, feed or epoch was dropped");
}

#[test]
fn fetching_everything_again_loses_no_unsent_work() {
    // Below the horizon, and a server that insists: both fetch whole.
    for insists in [false, true] {
        let mut world = World::online(1);
        world.submit();
        world.fail(Work::Push, FaultKind::Unreachable);
        if insists {
            world.commit(FeedClass::Front, true);
            for _ in 0..2 {
                world.code(Work::Pull, ErrorCode::Resnapshot);
                while world.has(Work::Session) {
                    world.answer(Work::Session);
                }
                if world.timers.contains_key(&Timer::Retry(Work::Pull)) {
                    world.fire(Timer::Retry(Work::Pull));
                }
            }
        } else {
            world.take(Work::Session);
            let mut welcome = world.welcome();
            welcome.feeds.iter_mut().for_each(|f| (f.head, f.horizon) = (FeedSeq(90), FeedSeq(80)));
            world.heads.values_mut().for_each(|head| *head = 90);
            world.give(Event::SessionAnswered(welcome));
        }
        assert_eq!(tidied(&world, |t| matches!(t, Tidy::ForgetCursors(_))), 1);
        world.settle();
        assert_eq!(world.accepted_total, 1);
        assert!(world.outbox.is_empty());
    }
}

#[test]
fn revoked_rows_are_gone_at_the_next_contact_before_anything_else_is_fetched() {
    for offline in [false, true] {
        let mut world = World::online(1);
        if offline {
            world.drop_live();
        }
        world.revoke(FeedClass::Front);
        let timer = if offline { Timer::Retry(Work::Session) } else { Timer::Recheck };
        world.fire(timer);
        world.answer(Work::Session);
        let next: Vec<_> =
            world.flights.iter().filter(|f| matches!(f.work(), Work::Pull | Work::Tidy)).collect();
        assert_eq!(next, [&Flight::Tidy(Tidy::RemoveFeeds(vec![FeedClass::Front]))]);
        // Even when the file cannot be written at once.
        world.fail(Work::Tidy, FaultKind::Store);
        assert!(!world.has(Work::Pull));
        world.settle();
        assert!(!world.facts.cursors.contains_key(&FeedClass::Front));
    }
}

#[test]
fn a_restored_server_strands_nobody_even_when_it_will_not_reconcile() {
    let mut world = World::online(1);
    world.submit();
    world.settle();
    world.set_back(4, true);
    world.fire(Timer::Recheck);
    world.answer(Work::Session);
    let wanted = Flight::Pull(PullWanted::Reconcile { epoch: "2".into() });
    let mut tries = 0;
    while world.flights.contains(&wanted) {
        tries += 1;
        world.code(Work::Pull, ErrorCode::Internal);
        if world.timers.contains_key(&Timer::Retry(Work::Pull)) && !world.has(Work::Tidy) {
            world.fire(Timer::Retry(Work::Pull));
        }
    }
    assert_eq!(tries, 8, "then it fetches everything whole");
    world.settle();
    assert_eq!(tidied(&world, |t| matches!(t, Tidy::ForgetCursors(_))), 1);
    assert_eq!(world.facts.epoch, "2");
    assert_eq!(world.decided.len(), 1, "and what was acknowledged is there again");
}
