//! What each refusal means.

use wattle_domain::FeedClass;
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Connection;

use super::world::{Flight, World};
use crate::machine::{Event, FaultKind, Instruction, Timer, Work};

fn refreshes(world: &World) -> usize {
    world.asked(|i| *i == Instruction::Refresh)
}

#[test]
fn an_old_access_token_is_refreshed_once_for_everybody() {
    let mut world = World::online(1);
    world.submit();
    world.commit(FeedClass::Front, true);
    world.token_good = false;
    world.answer(Work::Push);
    assert_eq!(refreshes(&world), 1);
    world.answer(Work::Pull);
    assert_eq!(refreshes(&world), 1, "one refresh serves both");
    world.settle();
    assert_eq!(world.accepted_total, 1);
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
}

#[test]
fn work_that_went_out_with_the_old_token_is_not_held_against_the_new_one() {
    let mut world = World::online(1);
    world.submit();
    world.commit(FeedClass::Front, true);
    world.code(Work::Push, ErrorCode::SignInAgain);
    world.answer(Work::Refresh);
    world.code(Work::Pull, ErrorCode::SignInAgain);
    assert_eq!(refreshes(&world), 1);
    assert!(world.has(Work::Pull), "goes again with the new token");
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
}

#[test]
fn a_new_token_that_is_refused_at_once_means_sign_in_again() {
    let mut world = World::online(1);
    world.submit();
    world.code(Work::Push, ErrorCode::SignInAgain);
    world.answer(Work::Refresh);
    world.code(Work::Push, ErrorCode::SignInAgain);
    assert_eq!(world.machine.sync_state().connection, Connection::SignInAgain);
    assert_eq!(refreshes(&world), 1, "no loop of refreshes");
    assert!(world.flights.is_empty());
    world.give(Event::SignedIn);
    world.settle();
    assert_eq!(world.accepted_total, 1, "what waited goes out");
}

#[test]
fn tokens_that_have_worked_may_be_refreshed_again() {
    let mut world = World::online(1);
    for round in 1..4 {
        world.token_good = false;
        world.submit();
        world.settle();
        assert_eq!(refreshes(&world), round, "every ten minutes, for as long as the person works");
    }
}

#[test]
fn a_refused_refresh_asks_the_person_and_a_lost_one_tries_again() {
    for (kind, want, why) in [
        (
            FaultKind::Code(ErrorCode::SignInAgain),
            Connection::SignInAgain,
            "the refresh token is used or over",
        ),
        (FaultKind::Code(ErrorCode::AccountClosed), Connection::SignInAgain, "the account is closed"),
        (FaultKind::Code(ErrorCode::WorkstationRevoked), Connection::SignInAgain, "the computer is out"),
        (FaultKind::Code(ErrorCode::NotAllowed), Connection::SignInAgain, "an older server's word for it"),
        (FaultKind::Code(ErrorCode::NotEnrolled), Connection::Suspended, "the workstation is not known"),
        (FaultKind::Code(ErrorCode::Unavailable), Connection::Online, "live is open: only this failed"),
        (FaultKind::Unreachable, Connection::Online, "live is open: only this failed"),
    ] {
        let mut world = World::online(1);
        world.token_good = false;
        world.submit();
        world.answer(Work::Push);
        world.fail(Work::Refresh, kind);
        assert_eq!(world.machine.sync_state().connection, want, "{why}");
        let retries = world.timers.contains_key(&Timer::Retry(Work::Refresh));
        assert_eq!(retries, want == Connection::Online, "{why}");
        world.settle();
        assert_eq!(world.accepted_total, 1, "{why}: later it goes out");
    }
}

#[test]
fn codes_that_close_the_door() {
    for (work, code, want) in [
        (Work::Session, ErrorCode::NotEnrolled, Connection::Suspended),
        (Work::Session, ErrorCode::NotAllowed, Connection::Suspended),
        (Work::Session, ErrorCode::UpgradeRequired, Connection::UpgradeRequired),
        (Work::Pull, ErrorCode::UpgradeRequired, Connection::UpgradeRequired),
        (Work::Push, ErrorCode::UpgradeRequired, Connection::UpgradeRequired),
        (Work::Push, ErrorCode::NotEnrolled, Connection::Suspended),
        (Work::Push, ErrorCode::NotAllowed, Connection::Online),
        (Work::Push, ErrorCode::BeforeSwitch, Connection::Online),
        (Work::Pull, ErrorCode::RateLimited, Connection::Online),
        (Work::Pull, ErrorCode::Other, Connection::Online),
    ] {
        let mut world = World::online(1);
        world.submit();
        world.commit(FeedClass::Front, true);
        world.fire(Timer::Recheck);
        world.code(work, code);
        assert_eq!(world.machine.sync_state().connection, want, "{work:?} {code:?}");
        world.settle();
        assert_eq!(world.accepted_total, 1, "{work:?} {code:?}: in the end it goes out");
    }
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    for code in [ErrorCode::TooLarge, ErrorCode::Malformed] {
        let mut world = World::online(1);
        world.submit();
        let mut limits = Vec::new();
        while let Some(Flight::Push(limit)) = world.flights.first() {
            limits.push(*limit);
            world.code(Work::Push, code);
        }
        assert_eq!(limits, [200, 100, 50, 25, 12, 6, 3, 1], "{code:?}");
        assert!(world.timers.contains_key(&Timer::Retry(Work::Push)), "then by the timer, not in a circle");
        world.settle();
        world.submit();
        assert_eq!(world.flights, [Flight::Push(2)], "and it grows again with what goes through");
    }
}

#[test]
fn answers_that_cannot_be_written_are_asked_for_again() {
    let mut world = World::online(1);
    world.submit();
    world.answer(Work::Push);
    world.fail(Work::Push, FaultKind::Store); // the disk is full
    assert_eq!(world.machine.sync_state().connection, Connection::Online);
    world.settle();
    assert!(world.outbox.is_empty());
    assert_eq!(world.accepted_total, 1, "the server knew it");
}
