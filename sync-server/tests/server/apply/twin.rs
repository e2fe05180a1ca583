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

/// A workstation sends a hundred thousand commands in its life: none of them may be read again for the next one.
#[tokio::test]
async fn a_push_costs_the_same_however_much_was_pushed_before() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let replica = ReplicaId(Uuid::now_v7());
    reception.replica = Some(replica);
    let before = format!(
        "INSERT INTO clinic.command_log (clinic_id, command_id, workstation_id, replica_id, n, author_id, name, payload, \
           payload_hash, signature, verdict) \
         SELECT '{}', gen_random_uuid(), '{}', '{}', n, gen_random_uuid(), 'x', 'x', decode(repeat('00', 32), 'hex'), 'x', \
           '{{\"verdict\": \"applied\"}}' FROM generate_series(1001, 21000) n",
        house.clinic,
        reception.workstation(),
        replica.0
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(before)).execute(&house.root).await.unwrap();
    let commands: Vec<_> = (0..50).map(|_| reception.command(patient("Nguyen"))).collect();
    // The second time each number is there.
    for _ in 0..2 {
        reception.pushed(commands.clone()).await;
    }
    let sql = "SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes \
               WHERE indexrelname = 'command_log_number'";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let read = loop {
        // A connection tells what it has read with a later transaction.
        reception.hello().await;
        let read = house.count(sql).await;
        if read >= 50 {
            break read;
        }
        assert!(std::time::Instant::now() < deadline, "what was read is never told");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(read < 1_000, "{read} entries of the index were read for 50 commands");
}
