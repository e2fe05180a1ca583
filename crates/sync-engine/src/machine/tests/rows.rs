//! Rows that live brings.

use wattle_domain::{FeedClass, FeedSeq, UtcInstant};

use super::world::{Flight, World};
use crate::machine::{Event, FaultKind, Instruction, PullWanted, Timer, Work};

fn pulls(world: &World) -> usize {
    world.asked(|i| matches!(i, Instruction::Pull { .. }))
}

fn taken(world: &World) -> usize {
    world.asked(|i| matches!(i, Instruction::TakeIn(_)))
}

#[test]
fn rows_go_into_the_file_only_where_they_fit() {
    for (from, to, takes, asks, why) in [
        (5, 6, 1, 0, "exactly where the file is: no question to the server"),
        (5, 9, 1, 0, "several commits at once"),
        (4, 5, 0, 0, "the file has them"),
        (2, 4, 0, 0, "the file has them and more"),
        (4, 6, 0, 1, "half of them are here: a pull fetches the other half"),
        (6, 7, 0, 1, "there is a gap before them: a pull fills it"),
        (0, 6, 0, 1, "a feed sent whole is a pull's"),
    ] {
        let mut world = World::online(1);
        world.give(Event::Delta(world.rows(FeedClass::Front, from, to)));
        assert_eq!((taken(&world), pulls(&world)), (takes, asks), "{from} to {to} at cursor 5: {why}");
    }
    for (feed, epoch, takes, asks, why) in [
        (FeedClass::Clinical, "1", 0, 0, "a feed that this role does not hold is none of our business"),
        (FeedClass::Front, "2", 0, 1, "of another history: the pull is told which"),
    ] {
        let mut world = World::online(1);
        let mut delta = world.rows(feed, 5, 6);
        delta.epoch = epoch.into();
        world.give(Event::Delta(delta));
        assert_eq!((taken(&world), pulls(&world)), (takes, asks), "{why}");
    }
}

#[test]
fn a_feed_that_is_not_here_yet_never_begins_with_its_latest_rows() {
    let mut world = World::online(1);
    world.facts.cursors.insert(FeedClass::Front, FeedSeq(0));
    world.give(Event::OutboxChanged(world.facts()));
    world.give(Event::Delta(world.rows(FeedClass::Front, 0, 1)));
    assert_eq!((taken(&world), pulls(&world)), (0, 1));
}

#[test]
fn a_burst_is_taken_in_one_after_the_other_without_a_pull() {
    let mut world = World::online(1);
    for n in 0..20 {
        world.commit_rows(if n % 3 == 0 { FeedClass::Ref } else { FeedClass::Front });
    }
    assert_eq!(taken(&world), 1, "one at a time");
    world.settle();
    assert_eq!((taken(&world), pulls(&world)), (20, 0));
    assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(18));
}

#[test]
fn more_than_the_file_keeps_up_with_becomes_one_pull() {
    let mut world = World::online(1);
    for _ in 0..200 {
        world.commit_rows(FeedClass::Front);
    }
    world.settle();
    assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(205));
    assert!(taken(&world) < 50 && pulls(&world) == 1, "{} and {}", taken(&world), pulls(&world));
}

#[test]
fn while_an_outbox_is_drained_rows_come_by_pulls() {
    for (waiting, takes, asks, why) in [
        (32, 1, 0, "a busy desk's outbox: its rows need no question"),
        (33, 0, 1, "an outage's outbox: its rows come many at once, with their answers"),
    ] {
        let mut world = World::online(1);
        for _ in 0..waiting {
            world.outbox.push(wattle_domain::CommandId(uuid::Uuid::from_u128(1)));
        }
        world.give(Event::OutboxChanged(world.facts()));
        world.give(Event::Delta(world.rows(FeedClass::Front, 5, 6)));
        assert_eq!((taken(&world), pulls(&world)), (takes, asks), "{waiting} wait: {why}");
    }
}

#[test]
fn rows_that_come_while_a_pull_is_out_wait_and_need_no_second_pull() {
    let mut world = World::online(1);
    world.commit(FeedClass::Front, true);
    assert!(world.has(Work::Pull));
    let seen = world.heads.clone();
    world.commit_rows(FeedClass::Front);
    world.commit_rows(FeedClass::Ref);
    assert_eq!(taken(&world), 0, "never while a pull is out");
    // The pull was read before them.
    let heads = std::mem::replace(&mut world.heads, seen);
    world.answer(Work::Pull);
    world.heads = heads;
    world.settle();
    assert_eq!((taken(&world), pulls(&world)), (2, 1));

    world.log.clear();
    world.commit(FeedClass::Front, true);
    world.commit_rows(FeedClass::Front);
    world.settle();
    assert_eq!((taken(&world), pulls(&world)), (0, 1), "this one brought them");
}

#[test]
fn what_must_be_done_to_the_file_first_goes_before_rows() {
    let mut world = World::online(1);
    world.revoke(FeedClass::Ref);
    world.fire(Timer::Recheck);
    world.answer(Work::Session);
    assert!(world.has(Work::Tidy));
    world.commit_rows(FeedClass::Front);
    assert_eq!(taken(&world), 0, "not while a feed is being removed");
    world.settle();
    assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(6));

    let mut world = World::online(1);
    world.facts.repairs = 3;
    world.give(Event::OutboxChanged(world.facts()));
    assert_eq!(world.flights, [Flight::Pull(PullWanted::Repair)]);
    world.commit_rows(FeedClass::Front);
    assert_eq!(taken(&world), 0, "not while it is being mended");
    world.settle();
}

#[test]
fn rows_that_the_file_would_not_take_are_pulled() {
    for missed in [true, false] {
        let mut world = World::online(1);
        world.commit_rows(FeedClass::Front);
        world.commit_rows(FeedClass::Front);
        if missed {
            world.take(Work::Pull);
            world.give(Event::DeltaMissed);
            assert_eq!(world.flights, [Flight::Pull(PullWanted::Usual)], "at once, and for all that waited");
        } else {
            world.fail(Work::Pull, FaultKind::Store); // the disk is full
            assert!(world.timers.contains_key(&Timer::Retry(Work::Pull)));
        }
        world.settle();
        assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(7));
        assert_eq!(taken(&world), 1);
    }
}

#[test]
fn rows_prove_nothing_about_tokens_and_count_as_contact() {
    let mut world = World::online(1);
    world.now_ms += 7;
    world.give(Event::Delta(world.rows(FeedClass::Front, 5, 6)));
    assert_eq!(world.machine.sync_state().last_contact_at, Some(UtcInstant(world.now_ms)));
}

#[test]
fn rows_come_in_while_pushes_fail_and_while_tokens_are_renewed_in_vain() {
    let mut world = World::online(1);
    world.submit();
    world.token_good = false;
    world.answer(Work::Push);
    world.fail(Work::Refresh, FaultKind::Unreachable);
    world.commit_rows(FeedClass::Front);
    assert_eq!(taken(&world), 1, "rows need no token");
    world.answer(Work::Pull);
    assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(6));
}
