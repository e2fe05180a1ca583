//! Two copies of one file: a disk image that was put back, or copied to a second computer.

use uuid::Uuid;
use wattle_domain::ReplicaId;
use wattle_protocol::push::Verdict;

use crate::support::House;
use crate::support::desk::patient;

#[tokio::test]
async fn a_number_under_another_command_tells_of_a_twin_and_loses_nothing() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.replica = Some(ReplicaId(Uuid::now_v7()));
    let first = reception.command(patient("Nguyen"));
    let pushed = reception.pushed(vec![first.clone()]).await;
    assert!(!pushed.twin);

    // The copy numbers from where the image was taken.
    reception.n = 0;
    let copy = reception.command(patient("Okafor"));
    let pushed = reception.pushed(vec![copy.clone()]).await;
    assert!(pushed.twin);
    assert_eq!(pushed.answers[0].verdict, Verdict::Applied, "decided all the same");
    for known in [first, copy] {
        let again = reception.pushed(vec![known]).await;
        assert!(!again.twin && again.answers[0].duplicate, "a retry is no twin");
    }
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 2);

    reception.replica = Some(ReplicaId(Uuid::now_v7()));
    assert_eq!(reception.hello().await.last_n, 0, "a file that has drawn another id begins afresh");
    let renewed = reception.command(patient("Silva"));
    assert!(!reception.pushed(vec![renewed]).await.twin);
    assert_eq!(reception.hello().await.last_n, 2);
}

#[tokio::test]
async fn two_commands_of_one_number_in_one_push_are_twins_and_files_of_wire_1_have_none() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let one = reception.command(patient("Nguyen"));
    reception.n = 0;
    let other = reception.command(patient("Okafor"));
    assert!(!reception.pushed(vec![one, other]).await.twin, "they could do nothing about it");
    assert_eq!(reception.hello().await.last_n, 1);

    reception.replica = Some(ReplicaId(Uuid::now_v7()));
    let one = reception.command(patient("Silva"));
    reception.n -= 1;
    let other = reception.command(patient("Costa"));
    let pushed = reception.pushed(vec![one, other]).await;
    assert!(pushed.twin);
    assert!(pushed.answers.iter().all(|answer| answer.verdict == Verdict::Applied));
}
