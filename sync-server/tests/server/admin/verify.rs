//! Both logs of a clinic, and everything that can be done to a log.

use sqlx::AssertSqlSafe;
use wattle_server::admin::{self, Broken, Head};

use crate::support::House;
use crate::support::desk::patient;

const LOGS: [&str; 2] = ["audit_event", "access_event"];

/// A house with four entries or more in each log, and the ids of those, in their order.
async fn house() -> House {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    for name in ["Nguyen", "Okafor", "Silva", "Costa"] {
        reception.do_it(patient(name)).await;
        house.clock.forward_s(1);
    }
    for log in LOGS {
        // Only somebody who may turn triggers off gets this far; and two entries cannot be swapped one after the other.
        run(&house, format!("ALTER TABLE clinic.{log} DISABLE TRIGGER ALL; DROP INDEX clinic.{log}_chain"))
            .await;
        run(&house, format!("CREATE TABLE kept_{log} AS SELECT * FROM clinic.{log}")).await;
    }
    house.execute("CREATE TABLE kept_head AS SELECT * FROM clinic.audit_head").await;
    house
}

async fn run(house: &House, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&house.root).await.expect(&sql);
}

async fn verify(house: &House) -> Option<Broken> {
    admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap()
}

/// The log in the order of its chain.
async fn ids(house: &House, log: &str) -> Vec<uuid::Uuid> {
    let sql = format!(
        "WITH RECURSIVE walk AS (SELECT id, hash, 1 AS n FROM clinic.{log} WHERE clinic_id = '{clinic}' AND prev_hash = '' \
         UNION ALL SELECT e.id, e.hash, n + 1 FROM clinic.{log} e JOIN walk w ON e.prev_hash = w.hash \
         WHERE e.clinic_id = '{clinic}') SELECT id FROM walk ORDER BY n",
        clinic = house.clinic
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&house.root).await.unwrap()
}

#[tokio::test]
async fn a_log_that_was_meddled_with_is_broken_where_that_was() {
    let house = house().await;
    assert_eq!(verify(&house).await, None);
    for log in LOGS {
        let ids = ids(&house, log).await;
        assert!(ids.len() >= 4, "{log}: {ids:?}");
        let (first, second, third, last) = (ids[0], ids[1], ids[2], ids[ids.len() - 1]);
        // What stands between two entries, given to the other of the two: as if the later had been written before.
        let swap = |what: &str| {
            let other = |column: &str| {
                format!(
                    "{column} = (SELECT o.{column} FROM kept_{log} o WHERE o.id = CASE e.id WHEN '{second}'::uuid THEN '{third}'::uuid ELSE '{second}'::uuid END)"
                )
            };
            let set: Vec<String> = what.split(' ').map(other).collect();
            format!("UPDATE clinic.{log} e SET {} WHERE id IN ('{second}', '{third}')", set.join(", "))
        };
        let cases = [
            (
                "altered",
                format!("UPDATE clinic.{log} SET action = 'x' WHERE id = '{second}'"),
                Some(second),
                "was altered",
            ),
            (
                "removed",
                format!("DELETE FROM clinic.{log} WHERE id = '{second}'"),
                Some(first),
                "what follows is missing",
            ),
            ("two swapped, with their links", swap("prev_hash hash"), Some(third), "was altered"),
            ("two swapped, by their times", swap("at"), Some(second), "was altered"),
            (
                "two swapped, by their ids",
                format!(
                    "UPDATE clinic.{log} SET id = '00000000-0000-0000-0000-000000000001' WHERE id = '{second}'; \
                 UPDATE clinic.{log} SET id = '{second}' WHERE id = '{third}'; \
                 UPDATE clinic.{log} SET id = '{third}' WHERE id = '00000000-0000-0000-0000-000000000001'"
                ),
                Some(third),
                "was altered",
            ),
            (
                "the end cut off",
                format!("DELETE FROM clinic.{log} WHERE id = '{last}'"),
                Some(ids[ids.len() - 2]),
                "what follows is missing",
            ),
            ("all of it", format!("DELETE FROM clinic.{log}"), None, "the first entry is missing"),
        ];
        for (what, sql, entry, why) in cases {
            run(&house, sql).await;
            let wanted = Broken { log, entry, why: why.to_owned() };
            assert_eq!(verify(&house).await, Some(wanted), "{log}: {what}");
            run(
                &house,
                format!("DELETE FROM clinic.{log}; INSERT INTO clinic.{log} SELECT * FROM kept_{log}"),
            )
            .await;
            assert_eq!(verify(&house).await, None, "{log}: as it was");
        }
    }
}

/// Whoever cuts the end and the head alike leaves a chain that is whole; only somebody who has seen more can tell.
#[tokio::test]
async fn an_end_that_was_cut_with_its_head_is_found_by_what_was_seen_before() {
    let house = house().await;
    let (seen, none) = admin::log_heads(&house.owner, house.clinic, &[]).await.unwrap();
    assert_eq!(none, None);
    assert_eq!(
        seen.iter().map(|head| head.log.as_str()).collect::<Vec<_>>(),
        ["access_event", "audit_event"]
    );
    let again = admin::log_heads(&house.owner, house.clinic, &seen).await.unwrap();
    assert_eq!(again, (seen.clone(), None));
    for log in LOGS {
        let ids = ids(&house, log).await;
        assert_eq!(
            seen.iter().find(|head| head.log == log).unwrap().entries,
            i64::try_from(ids.len()).unwrap()
        );
        let (last, before) = (ids[ids.len() - 1], ids[ids.len() - 2]);
        let cut = format!(
            "UPDATE clinic.audit_head SET entries = entries - 1, hash = (SELECT hash FROM clinic.{log} WHERE id = '{before}') \
             WHERE log = '{log}'; DELETE FROM clinic.{log} WHERE id = '{last}'"
        );
        run(&house, cut).await;
        if log == "access_event" {
            assert_eq!(verify(&house).await, None, "the chain alone does not tell");
        }
        let (now, broken) = admin::log_heads(&house.owner, house.clinic, &seen).await.unwrap();
        let broken = broken.unwrap();
        assert_eq!((broken.log, broken.why.contains("cut")), (log, true));
        // As long as before, and with another end.
        let head = now.into_iter().find(|head| head.log == log).unwrap();
        let other = Head { hash: "0".repeat(64), ..head.clone() };
        assert!(admin::log_heads(&house.owner, house.clinic, &[other]).await.unwrap().1.is_some());
        assert_eq!(admin::log_heads(&house.owner, house.clinic, &[head]).await.unwrap().1, None);
        run(
            &house,
            format!(
                "DELETE FROM clinic.{log}; INSERT INTO clinic.{log} SELECT * FROM kept_{log}; \
                 DELETE FROM clinic.audit_head; INSERT INTO clinic.audit_head SELECT * FROM kept_head"
            ),
        )
        .await;
    }
    assert_eq!(admin::log_heads(&house.owner, house.clinic, &seen).await.unwrap(), (seen, None));
}
