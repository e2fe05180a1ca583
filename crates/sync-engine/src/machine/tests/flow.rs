//! The ordinary course of things.

use wattle_domain::{FeedClass, FeedSeq, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::live::Hint;
use wattle_protocol::push::{Answer, Verdict};

use super::world::{Flight, World};
use crate::machine::{Event, FaultKind, Instruction, PullWanted, Timer, Work};

fn pulls(world: &World) -> usize {
    world.asked(|i| matches!(i, Instruction::Pull { .. }))
}

#[test]
fn the_first_contact_adopts_the_epoch_then_fetches_sends_and_listens() {
    let mut world = World::new(1);
    world.start();
    assert_eq!(world.machine.sync_state().connection, Connection::Connecting);
    assert_eq!(world.flights, [Flight::Session], "nothing goes out before the hello is answered");
    world.answer(Work::Session);
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
    assert!(world.has(Work::Tidy) && world.has(Work::Live), "live does not wait for the file");
    assert!(!world.has(Work::Pull), "a pull needs the epoch in the file");
    world.answer(Work::Tidy);
    assert!(world.has(Work::Pull));
    world.settle();
    assert_eq!(world.facts.cursors.get(&FeedClass::Front), Some(&FeedSeq(5)));
    assert_eq!(world.facts.epoch, "1");
}

#[test]
fn a_new_command_goes_out_at_once_and_is_covered_by_a_checkpoint() {
    let mut world = World::online(1);
    world.submit();
    assert_eq!(world.flights, [Flight::Push(200)]);
    assert_eq!(world.machine.sync_state().waiting, 1);
    world.answer(Work::Push);
    assert!(matches!(world.flights.as_slice(), [Flight::Record(_)]), "first the answer goes into the file");
    world.answer(Work::Push);
    assert_eq!(world.flights, [], "what live brings goes first");
    world.fire(Timer::Cover);
    assert_eq!(world.flights, [Flight::Pull(PullWanted::Usual)], "and then a pull covers it, without a hint");
    world.settle();
    assert_eq!(world.facts.awaiting, []);
}

#[test]
fn one_cover_serves_several_pushes_and_nothing_puts_it_off() {
    let mut world = World::online(1);
    for _ in 0..3 {
        world.submit();
        world.answer(Work::Push);
        world.answer(Work::Push);
        assert_eq!(world.flights, [], "the first timer goes on");
    }
    let due = world.timers[&Timer::Cover];
    world.give(Event::Heard);
    assert_eq!(world.timers.get(&Timer::Cover), Some(&due));
    world.fire(Timer::Cover);
    assert_eq!(world.flights, [Flight::Pull(PullWanted::Usual)]);
    world.settle();
    assert_eq!((world.facts.awaiting.len(), world.timers.contains_key(&Timer::Cover)), (0, false));
}

#[test]
fn commands_made_while_a_push_is_out_go_with_the_next() {
    let mut world = World::online(1);
    world.submit();
    world.submit();
    world.submit();
    assert_eq!(world.flights.len(), 1, "never two pushes at once");
    world.settle();
    assert_eq!(world.accepted_total, 3);
}

#[test]
fn hints_pull_only_above_the_cursor() {
    for (head, want, why) in [
        (4, 0, "below the cursor: we have it"),
        (5, 0, "at the cursor: we have it"),
        (6, 1, "above it: something moved"),
        (99, 1, "far above: one pull fetches all"),
    ] {
        let mut world = World::online(1);
        world.give(Event::Hinted(Hint { feed: FeedClass::Front, head: FeedSeq(head) }));
        assert_eq!(pulls(&world), want, "hint {head} at cursor 5: {why}");
    }
    let mut world = World::online(1);
    world.give(Event::Hinted(Hint { feed: FeedClass::Clinical, head: FeedSeq(9) }));
    assert_eq!(pulls(&world), 0, "a feed that this role does not hold is none of our business");
}

#[test]
fn many_hints_during_a_pull_are_one_more_pull() {
    let mut world = World::online(1);
    for _ in 0..5 {
        world.commit(FeedClass::Front, true);
    }
    assert_eq!(pulls(&world), 1);
    // The pull that is out was read after all five.
    world.answer(Work::Pull);
    assert_eq!(pulls(&world), 1, "it brought what they told of");

    world.commit(FeedClass::Front, true);
    let before = world.facts.clone();
    world.commit(FeedClass::Front, true);
    world.commit(FeedClass::Ref, true);
    // This one's snapshot was taken before the last two.
    world.take(Work::Pull);
    let mut facts = before;
    facts.cursors.insert(FeedClass::Front, FeedSeq(11));
    world.facts = facts.clone();
    world.give(Event::PullFinished { complete: true, facts });
    assert_eq!(pulls(&world), 3, "one more for both");
    world.settle();
    assert_eq!(pulls(&world), 3);
}

#[test]
fn a_pull_with_more_to_come_goes_on_and_never_spins() {
    let mut world = World::online(1);
    world.commit(FeedClass::Front, true);
    world.take(Work::Pull);
    let mut facts = world.facts();
    facts.cursors.insert(FeedClass::Front, FeedSeq(6));
    world.give(Event::PullFinished { complete: false, facts: facts.clone() });
    assert!(world.has(Work::Pull), "it moved: on with it");
    world.take(Work::Pull);
    world.give(Event::PullFinished { complete: false, facts });
    assert!(!world.has(Work::Pull), "it did not move: not at once");
    assert!(world.timers.contains_key(&Timer::Retry(Work::Pull)));
}

#[test]
fn only_a_pull_before_the_file_was_in_step_is_a_first_sync() {
    let firsts = |world: &World| world.asked(|i| matches!(i, Instruction::Pull { first: true, .. }));
    let mut world = World::new(1);
    world.start();
    world.answer(Work::Session);
    world.answer(Work::Tidy);
    world.fail(Work::Pull, FaultKind::Unreachable);
    world.fire(Timer::Retry(Work::Pull));
    assert_eq!(
        (firsts(&world), pulls(&world)),
        (2, 2),
        "the first brought nothing: the second is the first sync"
    );
    world.settle();
    let before = pulls(&world);
    assert_eq!(firsts(&world), 2, "it has everything now");

    world.grant(FeedClass::Clinical);
    world.fire(Timer::Recheck);
    world.settle();
    assert!(pulls(&world) > before, "a feed that comes whole");
    assert_eq!(firsts(&world), 2, "and nobody is sent away for it");

    world.commit(FeedClass::Front, false);
    world.restart();
    world.settle();
    assert_eq!(firsts(&world), 3, "opened again, and behind");
}

#[test]
fn uploads_and_downloads_do_not_wait_for_each_other() {
    let mut world = World::online(1);
    world.submit();
    world.fail(Work::Push, FaultKind::Code(ErrorCode::Internal));
    world.commit(FeedClass::Front, true);
    assert!(world.has(Work::Pull), "a failed push does not stop pulls");
    world.fail(Work::Pull, FaultKind::Code(ErrorCode::Internal));
    world.fire(Timer::Retry(Work::Push));
    assert!(world.has(Work::Push), "a failed pull does not stop pushes");
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
}

#[test]
fn a_failed_push_is_tried_again_without_another_edit() {
    for kind in
        [FaultKind::Unreachable, FaultKind::Garbled, FaultKind::Store, FaultKind::Code(ErrorCode::Internal)]
    {
        let mut world = World::online(1);
        world.submit();
        world.fail(Work::Push, kind);
        assert!(!world.has(Work::Push), "{kind:?}: not at once");
        world.fire(Timer::Retry(Work::Push));
        assert!(world.has(Work::Push), "{kind:?}: by the timer");
        world.settle();
        assert_eq!(world.accepted_total, 1, "{kind:?}");
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_and_decided_once() {
    let mut world = World::online(1);
    world.submit();
    // The server decided, the answer was cut.
    let id = world.outbox[0];
    world.decided.push(id);
    world.fail(Work::Push, FaultKind::Unreachable);
    world.settle();
    assert_eq!(world.accepted_total, 0, "not a second time");
    assert!(world.outbox.is_empty());
}

#[test]
fn deferred_commands_wait_without_spinning() {
    let mut world = World::online(1);
    world.submit();
    let id = world.outbox[0];
    world.take(Work::Push);
    let verdict = Verdict::Deferred { on: id };
    let answers = vec![Answer { command_id: id, verdict, duplicate: false }];
    world.give(Event::PushAnswered { sent: 1, answers, twin: false });
    world.take(Work::Push);
    world.give(Event::AnswersRecorded(world.facts()));
    assert!(!world.has(Work::Push));
    assert!(world.timers.contains_key(&Timer::Retry(Work::Push)));
}

#[test]
fn without_live_it_polls_slower_and_slower() {
    let mut world = World::online(1);
    world.drop_live();
    world.timers.retain(|timer, _| *timer == Timer::Poll);
    world.flights.clear();
    let mut waits = Vec::new();
    for _ in 0..8 {
        waits.push(world.timers[&Timer::Poll] - world.now_ms);
        world.fire(Timer::Poll);
        world.answer(Work::Pull);
    }
    assert!(waits[0] <= 1_250, "quick at first: {waits:?}");
    assert!(waits.windows(2).all(|w| w[1] > w[0] || w[1] >= 30_000), "then slower: {waits:?}");
    assert!(waits[7] >= 30_000 && waits[7] <= 37_500, "but never slower than that: {waits:?}");
    // Something came: quick again.
    world.fire(Timer::Poll);
    world.commit(FeedClass::Front, false);
    world.answer(Work::Pull);
    assert!(world.timers[&Timer::Poll] - world.now_ms <= 1_250);
}

#[test]
fn the_state_says_offline_since_when_and_online_again() {
    let mut world = World::online(1);
    world.submit();
    world.fail(Work::Push, FaultKind::Unreachable);
    assert_eq!(world.machine.sync_state().connection, Connection::Online, "perhaps only this one was cut");
    world.now_ms += 5;
    world.fail(Work::Session, FaultKind::Unreachable);
    assert_eq!(
        world.machine.sync_state().connection,
        Connection::Online,
        "live is still open, so it is there"
    );
    world.drop_live();
    world.fire(Timer::Retry(Work::Session));
    let since = UtcInstant(world.now_ms);
    world.fail(Work::Session, FaultKind::Unreachable);
    assert_eq!(world.machine.sync_state().connection, Connection::Offline { since });
    world.fire(Timer::Retry(Work::Session));
    world.fail(Work::Session, FaultKind::Unreachable);
    assert_eq!(world.machine.sync_state().connection, Connection::Offline { since }, "since the first");
    world.settle();
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
}

#[test]
fn whoever_gets_through_first_brings_the_others_back() {
    let mut world = World::online(1);
    world.submit();
    world.fail(Work::Push, FaultKind::Unreachable);
    world.drop_live();
    for _ in 0..8 {
        world.fail(Work::Session, FaultKind::Unreachable);
        if world.timers.contains_key(&Timer::Retry(Work::Session)) {
            world.fire(Timer::Retry(Work::Session));
        }
    }
    world.fail(Work::Session, FaultKind::Unreachable);
    world.fire(Timer::Retry(Work::Push));
    assert!(!world.has(Work::Session));
    world.answer(Work::Push);
    assert!(world.has(Work::Session), "a push got through: say hello now, not in half a minute");
}

#[test]
fn after_an_outage_nothing_is_fetched_before_the_hello() {
    let mut world = World::online(1);
    world.submit();
    world.fail(Work::Push, FaultKind::Unreachable);
    world.drop_live();
    world.fail(Work::Session, FaultKind::Unreachable);
    // The server comes back as one that wants a newer app, and hears the push first.
    world.min_app_version = "99.0.0".into();
    world.fire(Timer::Retry(Work::Push));
    world.answer(Work::Push);
    assert!(!world.has(Work::Pull), "who knows what it has become");
    world.answer(Work::Session);
    assert_eq!(world.machine.sync_state().connection, Connection::UpgradeRequired);
    assert!(!world.has(Work::Pull), "and it would not be understood");
    world.min_app_version = "1.0.0".into();
    world.settle();
    assert_eq!(world.accepted_total, 1);
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
}

#[test]
fn nothing_is_said_after_the_end() {
    let mut world = World::online(1);
    world.submit();
    let out = world.machine.handle(Event::Stop, UtcInstant(0));
    assert!(out.contains(&Instruction::CloseLive));
    assert_eq!(world.machine.handle(Event::Wake, UtcInstant(0)), []);
}

#[test]
fn what_moved_between_the_hello_and_live_is_fetched_when_live_opens() {
    let mut world = World::new(1);
    world.start();
    world.answer(Work::Session);
    world.answer(Work::Tidy);
    world.answer(Work::Pull);
    world.commit(FeedClass::Front, false);
    world.answer(Work::Live);
    assert!(world.has(Work::Pull), "no hint will ever tell of it");
}
