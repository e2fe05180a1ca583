//! Commands that stand or fall together.

use uuid::Uuid;
use wattle_domain::{Command, Envelope, RejectionCode};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Push, Signed, Verdict};
use wattle_server::config::Config;

use super::fault::BREAK;
use super::push::code;
use crate::support::desk::{fault, patient};
use crate::support::{Book, Desk, House};

fn signed(desk: &Desk, envelopes: &[Envelope]) -> Vec<Signed> {
    envelopes.iter().map(|envelope| desk.sign(envelope)).collect()
}

/// A registration and a booking of the new patient.
fn visit(house: &House, family_name: &str, minute: i64) -> Vec<Command> {
    let register = patient(family_name);
    let book = Book { practitioner: house.dr_lee, patient: register.patient_id, minute }.command(house);
    vec![register.into(), book.into()]
}

async fn verdicts(desk: &Desk, commands: Vec<Signed>) -> Vec<Verdict> {
    desk.push(commands).await.into_iter().map(|answer| answer.verdict).collect()
}

#[tokio::test]
async fn a_group_is_applied_whole_in_one_transaction_however_long() {
    let house = House::with(Config { commands_per_transaction: 1, ..Config::default() }).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let commands = (0..3).flat_map(|i| visit(&house, &format!("Patient {i}"), i * 15)).collect();
    let group = reception.group(commands);
    let mut dependant = reception.envelope(patient("Later"));
    dependant.deps.push(group[5].id);
    let mut queue = signed(&reception, &group);
    // Twice in one push is no seventh place.
    queue.push(queue[2].clone());
    queue.push(reception.sign(&dependant));
    let answers = reception.push(queue.clone()).await;
    assert!(answers.iter().all(|a| a.verdict == Verdict::Applied), "{answers:?}");
    assert_eq!(answers.iter().filter(|a| a.duplicate).count(), 1);
    assert_eq!(house.count("SELECT max(seq) FROM sync.commit WHERE class = 'front'").await, 2);
    let again = reception.push(queue).await;
    assert!(again.iter().all(|a| a.verdict == Verdict::Applied && a.duplicate), "{again:?}");
    assert_eq!(house.count("SELECT count(*) FROM clinic.audit_event").await, 7);
}

#[tokio::test]
async fn one_refusal_refuses_all_and_leaves_nothing_behind() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let known = reception.register("Nguyen").await;
    reception.do_it(Book { practitioner: house.dr_lee, patient: known, minute: 0 }.command(&house)).await;
    let heads = house.count("SELECT sum(seq)::bigint FROM sync.feed WHERE class = 'front'").await;
    let mut commands = visit(&house, "Taken", 0);
    commands.push(patient("Never reached").into());
    let group = reception.group(commands);
    let after = reception.command(patient("After"));
    let mut queue = signed(&reception, &group);
    queue.push(after);
    let said = verdicts(&reception, queue.clone()).await;
    let codes: Vec<_> = said.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            Some(RejectionCode::GroupRefused),
            Some(RejectionCode::SlotTaken),
            Some(RejectionCode::GroupRefused),
            None
        ]
    );
    assert_eq!(said[3], Verdict::Applied, "what comes after is its own");
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient WHERE family_name <> 'After'").await, 1);
    assert_eq!(
        house.count("SELECT sum(seq)::bigint FROM sync.feed WHERE class = 'front'").await,
        heads + 1,
        "only what stands is a commit"
    );
    let outcomes = house
        .text("SELECT string_agg(outcome || changes::text, ';' ORDER BY id) FROM clinic.audit_event WHERE outcome LIKE 'rejected%'")
        .await;
    assert_eq!(outcomes, "rejected group_refused[];rejected slot_taken[];rejected group_refused[]");
    assert_eq!(verdicts(&reception, queue).await, said, "a retry hears the same");
}

#[tokio::test]
async fn a_group_of_which_commands_are_missing_is_kept_whole() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let group = reception.group(visit(&house, "Nguyen", 0));
    let mut dependant = reception.envelope(patient("Dependant"));
    dependant.deps.push(group[0].id);
    let queue = vec![reception.sign(&group[0]), reception.sign(&dependant)];
    let wait = Verdict::Deferred { on: group[0].id };
    assert_eq!(verdicts(&reception, queue).await, [Verdict::Quarantined, wait]);
    let rest = verdicts(&reception, signed(&reception, &group)).await;
    assert_eq!(rest, [Verdict::Quarantined, Verdict::Quarantined], "too late to decide it together");
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 0);
    let reasons = house.text("SELECT string_agg(DISTINCT reason, ',') FROM clinic.quarantine").await;
    assert_eq!(reasons, "incomplete_group,group_refused".split(',').rev().collect::<Vec<_>>().join(","));
}

#[tokio::test]
async fn a_member_that_nobody_signed_refuses_all_and_is_not_remembered() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let group = reception.group(visit(&house, "Nguyen", 0));
    let mut queue = signed(&reception, &group);
    queue[1].signature = queue[0].signature.clone();
    let said = verdicts(&reception, queue).await;
    assert_eq!(
        said.iter().map(code).collect::<Vec<_>>(),
        [Some(RejectionCode::GroupRefused), Some(RejectionCode::NotAllowed)]
    );
    assert_eq!(house.count("SELECT count(*) FROM clinic.command_log").await, 1);
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 0);
}

#[tokio::test]
async fn a_wait_is_a_wait_for_all() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let first = reception.envelope(patient("First"));
    let mut group = reception.group(visit(&house, "Nguyen", 0));
    let before = group[0].id;
    group[1].deps.extend([before, first.id]);
    let wait = Verdict::Deferred { on: first.id };
    assert_eq!(verdicts(&reception, signed(&reception, &group)).await, [wait.clone(), wait]);
    let mut queue = vec![reception.sign(&first)];
    queue.extend(signed(&reception, &group));
    assert_eq!(verdicts(&reception, queue).await, [Verdict::Applied, Verdict::Applied, Verdict::Applied]);
}

#[tokio::test]
async fn a_failure_over_one_counts_for_all_and_the_rest_goes_on() {
    let house = House::new().await;
    house.execute(BREAK).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut commands = visit(&house, "Fine", 0);
    commands.push(patient("Boom").into());
    let group = reception.group(commands);
    let mut queue = signed(&reception, &group);
    queue.push(reception.command(patient("After")));
    for _ in 0..2 {
        let response = reception.post("/v1/push", &Push { commands: queue.clone() }).await;
        assert_eq!(fault(response).await.1, ErrorCode::Internal);
    }
    let said = verdicts(&reception, queue).await;
    assert_eq!(said[..3], [Verdict::Quarantined, Verdict::Quarantined, Verdict::Quarantined]);
    assert_eq!(said[3], Verdict::Applied);
    assert_eq!(house.text("SELECT string_agg(family_name, ',') FROM clinic.patient").await, "After");
    assert_eq!(
        house.count("SELECT count(*) FROM clinic.quarantine WHERE reason LIKE 'sqlstate XX000%'").await,
        3
    );
    assert_eq!(house.count("SELECT count(*) FROM clinic.command_fault WHERE faults = 3").await, 3);
}

#[tokio::test]
async fn an_id_that_is_taken_refuses_the_group() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let taken = reception.envelope(patient("Nguyen"));
    assert_eq!(verdicts(&reception, vec![reception.sign(&taken)]).await, [Verdict::Applied]);
    let mut group = reception.group(visit(&house, "Other", 0));
    group[1].id = taken.id;
    let said = verdicts(&reception, signed(&reception, &group)).await;
    assert_eq!(
        said.iter().map(code).collect::<Vec<_>>(),
        [Some(RejectionCode::GroupRefused), Some(RejectionCode::AlreadyExists)]
    );
    let first = verdicts(&reception, vec![reception.sign(&taken)]).await;
    assert_eq!(first, [Verdict::Applied], "the first under that id keeps its answer");
    assert_ne!(group[0].id.0, Uuid::nil());
}
