//! What the hello's answer may ask for.

use wattle_domain::{FeedClass, FeedSeq, Role};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::session::WorkstationState;

use super::world::{Flight, World};
use crate::machine::{Event, Instruction, Tidy, Timer, Work};

#[test]
fn a_feed_that_is_not_granted_any_more_leaves_the_file_before_the_next_pull() {
    let mut world = World::online(1);
    world.revoke(FeedClass::Front);
    world.fire(Timer::Recheck);
    world.answer(Work::Session);
    assert_eq!(world.flights, [Flight::Tidy(Tidy::RemoveFeeds(vec![FeedClass::Front]))]);
    world.settle();
    assert!(!world.facts.cursors.contains_key(&FeedClass::Front));
    // And comes back whole when it is granted again.
    world.grant(FeedClass::Front);
    world.fire(Timer::Recheck);
    world.settle();
    assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(5));
}

#[test]
fn cursors_that_the_server_cannot_serve_are_forgotten() {
    for (head, horizon, want, why) in [
        (5, 0, false, "in step"),
        (9, 5, false, "at the horizon: nothing is missing yet"),
        (9, 6, true, "below the horizon: the log has holes"),
        (4, 0, false, "above the head: not fetched again but reconciled"),
    ] {
        let mut world = World::online(1);
        world.fire(Timer::Recheck);
        world.take(Work::Session);
        let mut welcome = world.welcome();
        for feed in welcome.feeds.iter_mut().filter(|f| f.feed == FeedClass::Front) {
            (feed.head, feed.horizon) = (FeedSeq(head), FeedSeq(horizon));
        }
        world.give(Event::SessionAnswered(welcome));
        let forgets = world.asked(|i| *i == Instruction::Tidy(Tidy::ForgetCursors(vec![FeedClass::Front])));
        assert_eq!(forgets == 1, want, "cursor 5, head {head}, horizon {horizon}: {why}");
    }
}

#[test]
fn a_cursor_that_moved_while_the_hello_was_out_is_not_ahead() {
    let mut world = World::online(1);
    world.fire(Timer::Recheck);
    let welcome = world.welcome(); // read at head 5 …
    world.commit(FeedClass::Front, true);
    world.answer(Work::Pull); // … and we are at 6 before it arrives
    world.take(Work::Session);
    world.give(Event::SessionAnswered(welcome));
    assert_eq!(world.asked(|i| matches!(i, Instruction::Tidy(_))), 0);
}

#[test]
fn a_resnapshot_says_hello_first_and_starts_over_if_that_does_not_help() {
    let mut world = World::online(1);
    world.commit(FeedClass::Front, true);
    world.code(Work::Pull, ErrorCode::Resnapshot);
    assert_eq!(world.flights, [Flight::Session], "the hello tells what is out of line");
    world.fire(Timer::Retry(Work::Pull));
    assert!(!world.has(Work::Pull), "no pull before it is answered");
    world.answer(Work::Session);
    assert!(world.has(Work::Pull), "nothing was out of line: once more");
    world.code(Work::Pull, ErrorCode::Resnapshot);
    assert!(world.has(Work::Tidy), "the server insists: everything whole");
    world.settle();
    assert_eq!(world.facts.cursors[&FeedClass::Front], FeedSeq(6));
}

#[test]
fn doors_that_are_closed_say_so_and_are_tried_again() {
    for (state, min, want, why) in [
        (WorkstationState::Suspended, "0.1.0", Connection::Suspended, "an admin stopped it"),
        (WorkstationState::Wipe, "0.1.0", Connection::Suspended, "to be wiped: no sync either"),
        (WorkstationState::Ok, "1.0.1", Connection::UpgradeRequired, "the app is too old"),
    ] {
        let mut world = World::online(1);
        world.state = state;
        world.min_app_version = min.into();
        world.fire(Timer::Recheck);
        world.answer(Work::Session);
        assert_eq!(world.machine.sync_state().connection, want, "{why}");
        world.commit(FeedClass::Front, true);
        assert!(!world.has(Work::Pull), "{why}: nothing is fetched");
        world.submit();
        assert_eq!(
            world.has(Work::Push),
            want == Connection::UpgradeRequired,
            "{why}: unsent work of an old app is still offered, of a stopped workstation not"
        );
        assert_eq!(world.close_asked, want == Connection::Suspended, "{why}");
        // The door opens again.
        world.state = WorkstationState::Ok;
        world.min_app_version = "1.0.0".into();
        assert!(world.timers.contains_key(&Timer::Probe));
        world.settle();
        assert_eq!(world.accepted_total, 1, "{why}");
    }
}

#[test]
fn a_stopped_workstation_keeps_its_file() {
    let mut world = World::online(1);
    world.fire(Timer::Recheck);
    world.take(Work::Session);
    let mut welcome = world.welcome();
    welcome.workstation = WorkstationState::Suspended;
    welcome.feeds.clear();
    world.give(Event::SessionAnswered(welcome));
    assert_eq!(world.asked(|i| matches!(i, Instruction::Tidy(_))), 0);
}

#[test]
fn a_file_that_cannot_be_tidied_is_tried_again_before_any_pull() {
    let mut world = World::online(1);
    world.revoke(FeedClass::Front);
    world.fire(Timer::Recheck);
    world.answer(Work::Session);
    world.fail(Work::Tidy, crate::machine::FaultKind::Store);
    world.commit(FeedClass::Ref, true);
    assert!(!world.has(Work::Pull));
    world.fire(Timer::Retry(Work::Tidy));
    assert!(world.has(Work::Tidy));
    world.settle();
}

#[test]
fn numbers_go_on_above_those_the_server_has_seen() {
    let mut world = World::new(1);
    world.last_n = 7; // the old file was damaged and set aside
    world.start();
    world.settle();
    assert_eq!(world.facts.last_n, 7);
    assert_eq!(world.asked(|i| *i == Instruction::Tidy(Tidy::SkipToNumber(7))), 1);
}

#[test]
fn other_roles_than_the_files_are_told_once_and_only_of_a_file_in_use() {
    use Role::{Nurse, PracticeManager, Practitioner, Reception};
    for (roles, state, want, why) in [
        (vec![Reception], WorkstationState::Ok, 0, "the same"),
        (vec![], WorkstationState::Ok, 0, "an answer that names none says nothing"),
        (vec![Nurse], WorkstationState::Ok, 1, "more than the file may hold"),
        (vec![Practitioner, Reception], WorkstationState::Ok, 1, "the union counts"),
        (vec![PracticeManager], WorkstationState::Ok, 1, "others"),
        (vec![Nurse], WorkstationState::Suspended, 0, "a stopped workstation keeps its file and its person"),
    ] {
        let mut world = World::new(1);
        world.facts.feeds = vec![FeedClass::Ref, FeedClass::Front];
        world.roles = roles;
        world.start();
        world.state = state;
        for _ in 0..3 {
            world.give(Event::Wake);
            if world.has(Work::Session) {
                world.answer(Work::Session);
            }
            world.drop_live();
        }
        assert_eq!(world.asked(|i| *i == Instruction::ProfileChanged), want, "{why}");
    }
}

#[test]
fn a_feed_that_is_granted_but_not_for_this_file_is_not_waited_for() {
    let mut world = World::new(1);
    world.facts.feeds = vec![FeedClass::Ref, FeedClass::Front];
    world.grant(FeedClass::Clinical);
    world.start();
    world.settle();
    let held: Vec<FeedClass> = world.facts.cursors.keys().copied().collect();
    assert_eq!(held, [FeedClass::Ref, FeedClass::Front]);
    world.commit(FeedClass::Clinical, true);
    assert!(world.flights.is_empty(), "nor pulled for");
    world.commit_rows(FeedClass::Clinical);
    assert!(world.flights.is_empty(), "nor its rows taken in");
}
