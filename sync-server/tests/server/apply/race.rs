//! Desks that act at the same moment. Each test races many times: one round proves little.

use uuid::Uuid;
use wattle_domain::RejectionCode;
use wattle_domain::commands::{NewIdentifier, RegisterPatient};
use wattle_domain::fields::IdentifierKind;
use wattle_domain::ids::IdentifierId;
use wattle_protocol::push::Verdict;

use crate::support::desk::patient;
use crate::support::{Book, House};

const ROUNDS: i64 = 12;

fn is(verdict: &Verdict, code: RejectionCode) -> bool {
    matches!(verdict, Verdict::Rejected { rejection } if rejection.code == code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_bookings_one_wins_and_the_others_get_a_verdict() {
    let house = House::new().await;
    let mut desks = Vec::new();
    for name in ["reception-1", "reception-2", "reception-3"] {
        desks.push(house.desk(name, "maria").await);
    }
    let known = desks[0].register("Nguyen").await;
    for round in 0..ROUNDS {
        // Different patients, overlapping slots: nothing but the exclusion constraint stands between them.
        let mut pushes = tokio::task::JoinSet::new();
        for (index, mut desk) in desks.drain(..).enumerate() {
            let who = if index == 0 { known } else { desk.register("Okafor").await };
            let minute = round * 60 + i64::try_from(index).unwrap() * 5;
            let book = Book { practitioner: house.dr_lee, patient: who, minute }.command(&house);
            pushes.spawn(async move {
                let verdict = desk.do_it(book).await;
                (desk, verdict)
            });
        }
        let mut verdicts = Vec::new();
        while let Some(done) = pushes.join_next().await {
            let (desk, verdict) = done.unwrap();
            desks.push(desk);
            verdicts.push(verdict);
        }
        let won = verdicts.iter().filter(|v| **v == Verdict::Applied).count();
        let lost = verdicts.iter().filter(|v| is(v, RejectionCode::SlotTaken)).count();
        assert_eq!((won, lost), (1, 2), "round {round}: {verdicts:?}");
    }
    let overlaps = house
        .count(
            "SELECT count(*) FROM clinic.appointment a JOIN clinic.appointment b ON a.id < b.id \
             AND a.practitioner_id = b.practitioner_id \
             AND tstzrange(a.start_at, a.end_at) && tstzrange(b.start_at, b.end_at)",
        )
        .await;
    assert_eq!(overlaps, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_registrations_one_gets_the_ihi_and_each_its_own_number() {
    let house = House::new().await;
    let mut desks = vec![house.desk("reception-1", "maria").await, house.desk("reception-2", "maria").await];
    for round in 0..ROUNDS {
        let with_ihi = || -> RegisterPatient {
            let mut register = patient("Nguyen");
            register.parts.identifiers.push(NewIdentifier {
                id: IdentifierId(Uuid::now_v7()),
                kind: IdentifierKind::Ihi,
                value: format!("80036088333{round:05}"),
                reference: None,
                expires_on: None,
            });
            register
        };
        let (second, first) = (desks.pop().unwrap(), desks.pop().unwrap());
        let run = |mut desk: crate::support::Desk, command: RegisterPatient| {
            tokio::spawn(async move {
                let verdict = desk.do_it(command).await;
                (desk, verdict)
            })
        };
        let (a, b) = tokio::join!(run(first, with_ihi()), run(second, with_ihi()));
        let ((first, a), (second, b)) = (a.unwrap(), b.unwrap());
        desks = vec![first, second];
        let won = [&a, &b].iter().filter(|v| ***v == Verdict::Applied).count();
        let lost = [&a, &b].iter().filter(|v| is(v, RejectionCode::IdentifierTaken)).count();
        assert_eq!((won, lost), (1, 1), "round {round}: {a:?} {b:?}");
    }
    let numbers = house.count("SELECT count(DISTINCT record_number) FROM clinic.patient").await;
    assert_eq!(numbers, ROUNDS);
    assert_eq!(
        house.count("SELECT max(record_number::bigint) FROM clinic.patient").await,
        ROUNDS,
        "no number lost"
    );
}

/// Queues that touch the same rows in opposite orders would deadlock; PostgreSQL ends one and it runs again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn queues_over_the_same_rows_in_opposite_orders_both_get_through() {
    use serde_json::json;
    use wattle_domain::TableName;
    use wattle_domain::commands::{EditPatient, FieldEdit, PatientParts};
    use wattle_domain::ids::Rev;

    let house = House::new().await;
    let mut one = house.desk("reception-1", "maria").await;
    let mut two = house.desk("reception-2", "maria").await;
    let (x, y) = (one.register("Nguyen").await, one.register("Okafor").await);
    let edit = |patient_id: wattle_domain::PatientId, field: &str, now: String| EditPatient {
        patient_id,
        edits: vec![FieldEdit {
            table: TableName::Patient,
            row_id: patient_id.0,
            field: field.to_owned(),
            seen_rev: Rev(1),
            was: serde_json::Value::Null,
            now: json!(now),
        }],
        parts: PatientParts::default(),
    };
    for round in 0..ROUNDS {
        let forth = vec![
            one.command(edit(x, "title", format!("A{round}"))),
            one.command(edit(y, "title", format!("A{round}"))),
        ];
        let back = vec![
            two.command(edit(y, "gender", format!("B{round}"))),
            two.command(edit(x, "gender", format!("B{round}"))),
        ];
        let (a, b) = tokio::join!(one.push(forth), two.push(back));
        for answer in a.iter().chain(&b) {
            let fine =
                matches!(answer.verdict, Verdict::Applied | Verdict::Merged | Verdict::Conflict { .. });
            assert!(fine, "round {round}: {answer:?}");
        }
        assert_eq!((a.len(), b.len()), (2, 2), "round {round}");
    }
}
