//! Comparing, mending, reconciling.

use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::ErrorCode;

use super::world::{Flight, World};
use crate::machine::{Event, FaultKind, Instruction, PullWanted, Tidy, Timer, Work};

fn pulls_of(world: &World, wanted: &PullWanted) -> usize {
    world.asked(|i| matches!(i, Instruction::Pull { kind, .. } if kind == wanted))
}

fn tidied(world: &World) -> Vec<Tidy> {
    let tidy = |i: &Instruction| if let Instruction::Tidy(tidy) = i { Some(tidy.clone()) } else { None };
    world.log.iter().filter_map(tidy).collect()
}

fn reconcile(epoch: &str) -> PullWanted {
    PullWanted::Reconcile { epoch: epoch.into() }
}

#[test]
fn a_comparison_goes_out_by_its_timer_when_nothing_else_does() {
    let mut world = World::online(1);
    world.fire(Timer::Digest);
    assert_eq!(world.flights, [Flight::Pull(PullWanted::Digest)]);
    world.answer(Work::Pull);
    assert!(world.flights.is_empty(), "all is as it should be");
    assert!(world.timers.contains_key(&Timer::Digest), "until the next");
    let waits: Vec<i64> = (0..50).map(World::online).map(|w| w.timers[&Timer::Digest] - w.now_ms).collect();
    let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(most > &(least * 13 / 10), "a thousand workstations do not ask at once: {least} to {most}");
}

#[test]
fn a_comparison_waits_for_what_is_more_urgent() {
    let mut world = World::online(1);
    world.submit();
    world.fire(Timer::Digest);
    assert_eq!(pulls_of(&world, &PullWanted::Digest), 0, "a push is out");
    world.settle();
    assert_eq!(pulls_of(&world, &PullWanted::Digest), 1);

    let mut world = World::online(1);
    world.commit(FeedClass::Front, true);
    world.fire(Timer::Digest);
    world.answer(Work::Pull);
    assert_eq!(world.flights, [Flight::Pull(PullWanted::Digest)], "what is new came first");

    let mut world = World::online(1);
    world.drop_live();
    world.fire(Timer::Retry(Work::Session));
    world.fail(Work::Session, FaultKind::Unreachable);
    world.fire(Timer::Digest);
    assert_eq!(pulls_of(&world, &PullWanted::Digest), 0, "nobody is there to compare with");
    world.settle();
    assert_eq!(pulls_of(&world, &PullWanted::Digest), 1);
}

#[test]
fn a_comparison_that_fails_holds_up_nothing() {
    for kind in
        [FaultKind::Unreachable, FaultKind::Garbled, FaultKind::Code(ErrorCode::Internal), FaultKind::Store]
    {
        let mut world = World::online(1);
        world.fire(Timer::Digest);
        world.fail(Work::Pull, kind);
        world.fire(Timer::Retry(Work::Pull));
        assert_eq!(
            world.flights.last(),
            Some(&Flight::Pull(PullWanted::Usual)),
            "{kind:?}: the next is without it"
        );
        world.settle();
        assert_eq!(pulls_of(&world, &PullWanted::Digest), 1, "{kind:?}: until its next turn");
    }
    let mut world = World::online(1);
    world.token_good = false;
    world.fire(Timer::Digest);
    world.settle();
    assert_eq!(pulls_of(&world, &PullWanted::Digest), 2, "but for a token that was old, at once");
}

#[test]
fn a_person_who_asks_has_everything_compared_one_after_the_other() {
    let mut world = World::online(1);
    world.facts.feeds = vec![FeedClass::Ref, FeedClass::Front];
    world.give(Event::OutboxChanged(world.facts()));
    world.give(Event::CheckNow);
    world.settle();
    let tables =
        wattle_domain::TableName::ALL.iter().filter(|t| world.facts.feeds.contains(&t.table().class));
    assert_eq!(pulls_of(&world, &PullWanted::Digest), tables.count() * 2);
}

#[test]
fn what_differs_is_mended_until_nothing_does() {
    let mut world = World::online(1);
    world.unnoticed = 40;
    world.fire(Timer::Digest);
    world.settle();
    assert_eq!(pulls_of(&world, &PullWanted::Repair), 3, "sixteen buckets at a time");
    assert_eq!(world.facts.repairs, 0);
}

#[test]
fn a_repair_that_fails_or_mends_nothing_lets_the_rest_through_and_waits_longer_each_time() {
    for mends_nothing in [false, true] {
        let mut world = World::online(1);
        world.facts.repairs = 5;
        world.give(Event::OutboxChanged(world.facts()));
        let mut waits = Vec::new();
        for round in 0..12 {
            assert_eq!(world.flights, [Flight::Pull(PullWanted::Repair)], "round {round}");
            if mends_nothing {
                world.take(Work::Pull);
                world.give(Event::PullFinished { complete: true, facts: world.facts() });
            } else {
                world.code(Work::Pull, ErrorCode::Internal);
                world.fire(Timer::Retry(Work::Pull));
                assert_eq!(world.flights, [Flight::Pull(PullWanted::Usual)], "what is new comes without it");
                world.answer(Work::Pull);
            }
            world.commit_rows(FeedClass::Front);
            assert!(matches!(world.flights.as_slice(), [Flight::TakeIn(_)]), "and so do rows");
            world.answer(Work::Pull);
            waits.push(world.timers[&Timer::Repair] - world.now_ms);
            world.fire(Timer::Repair);
        }
        assert!(waits[0] <= 1_000 && waits[11] >= 150_000 && waits[11] <= 300_000, "{waits:?}");
        // The server is mended, too.
        world.settle();
        assert_eq!(world.facts.repairs, 0);
        assert!(!world.timers.contains_key(&Timer::Repair));
    }
}

#[test]
fn another_history_is_reconciled_and_nothing_is_thrown_away() {
    let mut world = World::online(1);
    world.submit();
    world.settle();
    world.log.clear();
    world.drop_live();
    world.submit(); // made while the server was away
    world.set_back(3, true);
    world.fire(Timer::Retry(Work::Session));
    world.settle();
    assert_eq!(pulls_of(&world, &reconcile("2")), 1);
    assert_eq!(tidied(&world), [], "no row, cursor or command was forgotten for it");
    assert_eq!(world.facts.epoch, "2");
    assert_eq!(world.decided.len(), 2, "what was acknowledged is there again, and what was not");
    assert_eq!(world.facts.cursors[&FeedClass::Front].0, world.heads[&FeedClass::Front]);
}

#[test]
fn the_same_server_without_its_last_commits_is_reconciled_too() {
    let mut world = World::online(1);
    world.submit();
    world.settle();
    world.log.clear();
    world.set_back(2, false);
    world.fire(Timer::Recheck);
    world.settle();
    assert_eq!(pulls_of(&world, &reconcile("1")), 1, "our cursor is above its head");
    assert_eq!(tidied(&world), []);
    assert_eq!(world.decided.len(), 1, "what was acknowledged is there again");
}

#[test]
fn an_empty_file_only_takes_the_new_history_over() {
    let mut world = World::online(1);
    for seq in world.facts.cursors.values_mut() {
        *seq = FeedSeq(0);
    }
    world.epoch = 2;
    world.give(Event::OutboxChanged(world.facts()));
    world.fire(Timer::Recheck);
    world.settle();
    assert_eq!(tidied(&world), [Tidy::AdoptEpoch("2".into())]);
    assert_eq!(pulls_of(&world, &reconcile("2")), 0);
}

#[test]
fn a_reconciliation_that_fails_is_tried_again_and_pushes_go_on() {
    let mut world = World::online(1);
    world.epoch = 2;
    world.fire(Timer::Recheck);
    world.answer(Work::Session);
    assert_eq!(world.flights, [Flight::Pull(reconcile("2"))]);
    for _ in 0..30 {
        world.fail(Work::Pull, FaultKind::Unreachable);
        if world.has(Work::Session) {
            world.answer(Work::Session);
        }
        world.submit();
        world.answer(Work::Push);
        world.answer(Work::Push);
        world.fire(Timer::Retry(Work::Pull));
        assert_eq!(world.flights, [Flight::Pull(reconcile("2"))], "never a usual one against these cursors");
    }
    assert_eq!(tidied(&world), [], "a bad line is no reason to fetch everything");
    world.settle();
    assert_eq!(world.decided.len(), 30);
}

#[test]
fn answers_of_the_history_before_are_in_the_file_before_it_is_left() {
    let mut world = World::online(1);
    world.submit();
    world.answer(Work::Push); // decided, and the answer is on its way into the file
    world.set_back(1, true);
    world.give(Event::SignedIn);
    world.answer(Work::Session);
    assert!(!world.has(Work::Pull), "else it would be recorded as decided by a server that lost it");
    world.answer(Work::Push);
    assert_eq!(world.flights, [Flight::Pull(reconcile("2"))]);
    // Pushes of the new history do not hold it up.
    world.code(Work::Pull, ErrorCode::Internal);
    world.submit();
    world.fire(Timer::Retry(Work::Pull));
    assert!(world.has(Work::Push) && world.has(Work::Pull));
    world.settle();
    assert_eq!(world.decided.len(), 2);
}

#[test]
fn a_late_answer_to_an_old_hello_does_not_take_the_new_cursors_for_lost_ones() {
    let mut world = World::online(1);
    world.heads.insert(FeedClass::Front, 9);
    world.hint_all();
    world.settle();
    world.log.clear();
    world.set_back(4, true);
    world.fire(Timer::Recheck);
    world.answer(Work::Session); // reconcile goes out
    world.give(Event::SignedIn); // and another hello, with the cursors of before
    assert!(world.has(Work::Session) && world.has(Work::Pull));
    world.answer(Work::Pull);
    world.answer(Work::Session);
    world.settle();
    assert_eq!(pulls_of(&world, &reconcile("2")), 1);
}

#[test]
fn a_twin_is_given_other_numbers_once() {
    let mut world = World::online(1);
    world.submit();
    let id = world.outbox[0];
    world.take(Work::Push);
    let verdict = wattle_protocol::push::Verdict::Applied;
    let answers = vec![wattle_protocol::push::Answer { command_id: id, verdict, duplicate: false }];
    world.decided.push(id);
    world.give(Event::PushAnswered { sent: 1, answers, twin: true });
    world.settle();
    assert_eq!(tidied(&world), [Tidy::RenewReplica]);
    assert_eq!(world.replicas, 1);
}
