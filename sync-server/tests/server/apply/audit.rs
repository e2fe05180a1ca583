//! The audit log: what it says, what it never says, and that it cannot be mended unseen.

use serde_json::{Value, json};
use wattle_domain::commands::Access;
use wattle_protocol::push::Verdict;
use wattle_server::admin;

use crate::support::desk::patient;
use crate::support::{Book, House};

#[tokio::test]
async fn every_verdict_is_logged_with_fields_and_without_values() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen-Canary").await;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 };
    reception.do_it(book.command(&house)).await;
    assert!(matches!(reception.do_it(book.command(&house)).await, Verdict::Rejected { .. }));

    let entries: Vec<(String, String, Option<uuid::Uuid>, Value)> =
        sqlx::query_as("SELECT action, outcome, patient_id, changes FROM clinic.audit_event ORDER BY id")
            .fetch_all(&house.root)
            .await
            .unwrap();
    let words: Vec<_> = entries.iter().map(|e| (e.0.as_str(), e.1.as_str())).collect();
    assert_eq!(
        words,
        [
            ("register_patient", "applied"),
            ("book_appointment", "applied"),
            ("book_appointment", "rejected slot_taken")
        ]
    );
    assert!(entries.iter().all(|e| e.2 == Some(patient_id.0)));
    assert_eq!(entries[2].3, json!([]), "a rejection changes nothing");
    let changes = entries[0].3.to_string();
    assert!(changes.contains("\"family_name\"") && changes.contains("\"birth_date\""), "{changes}");
    assert!(!changes.contains("Canary") && !changes.contains("1961"), "{changes}");
    assert!(!changes.contains("\"title\""), "an empty field is no change");
}

#[tokio::test]
async fn the_manager_s_desk_gets_the_log_and_reception_s_does_not() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut manager = house.desk("office", "noor").await;
    reception.register("Nguyen").await;
    manager.pull().await;
    reception.pull().await;
    let has = |desk: &crate::support::Desk| desk.rows.keys().any(|(table, _)| table == "audit_event");
    assert!(has(&manager));
    assert!(!has(&reception));
}

#[tokio::test]
async fn a_chain_that_was_meddled_with_names_its_first_broken_link() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    for name in ["Nguyen", "Okafor", "Silva"] {
        reception.do_it(patient(name)).await;
    }
    let verify = || admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic);
    assert!(verify().await.unwrap().is_none());
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM clinic.audit_event ORDER BY id")
        .fetch_all(&house.root)
        .await
        .unwrap();

    // Only somebody who may turn triggers off gets this far.
    house
        .execute(
            "ALTER TABLE clinic.audit_event DISABLE TRIGGER ALL; \
             UPDATE clinic.audit_event SET role = 'admin' WHERE id = (SELECT id FROM clinic.audit_event ORDER BY id OFFSET 1 LIMIT 1)",
        )
        .await;
    assert_eq!(verify().await.unwrap(), broken(Some(ids[1]), "was altered"));
    house
        .execute("DELETE FROM clinic.audit_event WHERE id = (SELECT id FROM clinic.audit_event ORDER BY id OFFSET 1 LIMIT 1)")
        .await;
    assert_eq!(verify().await.unwrap(), broken(Some(ids[0]), "what follows is missing"));
    house.execute("DELETE FROM clinic.audit_event").await;
    assert_eq!(verify().await.unwrap(), broken(None, "the first entry is missing"));
}

async fn run(house: &House, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&house.root).await.unwrap();
}

fn broken(entry: Option<uuid::Uuid>, why: &str) -> Option<admin::Broken> {
    Some(admin::Broken { log: "audit_event", entry, why: why.to_owned() })
}

/// An entry may be whole and its chain too, and still nobody have done what it says.
#[tokio::test]
async fn an_entry_without_its_author_s_signature_is_named() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let first = reception.command(patient("Nguyen"));
    reception.push(vec![first.clone()]).await;
    let okafor = reception.command(patient("Okafor"));
    reception.push(vec![okafor.clone()]).await;
    let verify = || admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic);
    assert_eq!(verify().await.unwrap(), None);
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM clinic.audit_event ORDER BY id")
        .fetch_all(&house.root)
        .await
        .unwrap();
    let last = "(SELECT command_id FROM clinic.audit_event ORDER BY id DESC LIMIT 1)";

    // Who cannot seal may still write plain.
    let plain = |payload: String| format!("payload = '{payload}'");
    let cases = [
        ("signature = decode(repeat('00', 64), 'hex')".to_owned(), "is not signed by its author"),
        (plain(okafor.payload.replace("Okafor", "Oxafor")), "is not signed by its author"),
        (plain(okafor.payload.replace("\"author\":\"", "\"author\":\"0")), "its command cannot be read"),
        (plain(first.payload.clone()), "its command is another's"),
        (
            "payload = (SELECT payload FROM clinic.command_log ORDER BY n LIMIT 1)".to_owned(),
            "its command does not open",
        ),
        ("payload = overlay(payload placing 'AAAA' from 20)".to_owned(), "its command does not open"),
    ];
    house.execute("CREATE TABLE kept AS SELECT * FROM clinic.command_log").await;
    for (set, why) in cases {
        run(&house, format!("UPDATE clinic.command_log SET {set} WHERE command_id = {last}")).await;
        assert_eq!(verify().await.unwrap(), broken(Some(ids[1]), why), "{set}");
        house
            .execute(
                "UPDATE clinic.command_log l SET payload = k.payload, signature = k.signature FROM kept k \
                 WHERE k.command_id = l.command_id",
            )
            .await;
    }
    assert_eq!(verify().await.unwrap(), None, "as it was");
    house.execute("UPDATE clinic.signing_key SET revoked_at = '2000-01-01'").await;
    assert_eq!(verify().await.unwrap(), broken(Some(ids[0]), "is not signed by its author"), "a revoked key");
    house.execute("UPDATE clinic.signing_key SET revoked_at = NULL").await;

    run(&house, format!("DELETE FROM clinic.command_log WHERE command_id = {last}")).await;
    assert_eq!(verify().await.unwrap(), broken(Some(ids[1]), "its command is missing"));
    house
        .execute(
            "INSERT INTO clinic.command_log SELECT * FROM kept ON CONFLICT DO NOTHING; \
             INSERT INTO clinic.command_log SELECT (json_populate_record(k, '{\"command_id\":\"00000000-0000-0000-0000-000000000001\"}')).* \
             FROM kept k ORDER BY n LIMIT 1",
        )
        .await;
    let unlogged = verify().await.unwrap().unwrap();
    assert_eq!((unlogged.log, unlogged.entry), ("command_log", Some(uuid::Uuid::from_u128(1))));
}

#[tokio::test]
async fn looking_at_a_record_is_logged_as_what_it_was_and_when() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;
    reception.do_it(wattle_domain::commands::NoteAccess { patient_id, access: Access::Opened }).await;
    reception.do_it(wattle_domain::commands::NoteAccess { patient_id, access: Access::Printed }).await;
    let entries: Vec<(String, String, Option<uuid::Uuid>, bool)> = sqlx::query_as(
        "SELECT action, outcome, patient_id, issued_at IS NOT NULL FROM clinic.audit_event ORDER BY id OFFSET 1",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    let logged = |action: &str| (action.to_owned(), "applied".to_owned(), Some(patient_id.0), true);
    assert_eq!(entries, [logged("open_record"), logged("print_record")]);
    assert_eq!(admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap(), None);
}

/// Makes the log's chain anew over what now stands in it, as somebody who owns the database can.
const CHAIN_ANEW: &str = "DO $$ DECLARE e clinic.audit_event; last text := ''; n bigint := 0; BEGIN \
     DROP INDEX IF EXISTS clinic.audit_event_chain; \
     FOR e IN SELECT * FROM clinic.audit_event ORDER BY id LOOP \
         e.prev_hash := last; last := clinic.audit_hash(e); n := n + 1; \
         UPDATE clinic.audit_event SET prev_hash = e.prev_hash, hash = last WHERE id = e.id; \
     END LOOP; \
     UPDATE clinic.audit_head SET hash = last, entries = n WHERE log = 'audit_event'; END $$";

/// Who looked, when, and how many were shown; what was typed never comes this far.
#[tokio::test]
async fn a_search_that_opened_nobody_is_logged_with_its_number_of_hits() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let verdict = reception.do_it(wattle_domain::commands::NoteSearch { hits: 3 }).await;
    assert_eq!(verdict, Verdict::Applied);
    let entries: Vec<(String, Option<uuid::Uuid>, Value)> =
        sqlx::query_as("SELECT action, patient_id, changes FROM clinic.audit_event")
            .fetch_all(&house.root)
            .await
            .unwrap();
    assert_eq!(entries, [("search_patients".to_owned(), None, json!([{"hits": 3}]))]);
    let verify = || admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic);
    assert_eq!(verify().await.unwrap(), None);
    house
        .execute(
            "ALTER TABLE clinic.audit_event DISABLE TRIGGER ALL; \
             UPDATE clinic.audit_event SET changes = '[{\"hits\": 0}]'",
        )
        .await;
    house.execute(CHAIN_ANEW).await;
    assert_eq!(verify().await.unwrap().unwrap().why, "says something else than its command");
}

/// A read leaves no row behind but its entry: what the entry says must be what was signed, whatever the chain says.
#[tokio::test]
async fn a_read_that_was_meddled_with_is_named_even_in_a_chain_that_was_made_anew() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;
    let other = reception.register("Okafor").await;
    for access in [Access::Opened, Access::Printed] {
        reception.do_it(wattle_domain::commands::NoteAccess { patient_id, access }).await;
        house.clock.forward_s(1);
    }
    let verify = || admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic);
    assert_eq!(verify().await.unwrap(), None);
    let read = "(SELECT id FROM clinic.audit_event WHERE action = 'open_record')";
    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM clinic.audit_event WHERE action = 'open_record'")
        .fetch_one(&house.root)
        .await
        .unwrap();
    house
        .execute("ALTER TABLE clinic.audit_event DISABLE TRIGGER ALL; CREATE TABLE kept AS SELECT * FROM clinic.audit_event")
        .await;
    let set = |what: String| format!("UPDATE clinic.audit_event SET {what} WHERE id = {read}");
    let differs = "says something else than its command";
    let unlogged = "a command that was decided has no entry in the audit log";
    for (what, sql, log, why) in [
        ("of another", set(format!("patient_id = '{}'", other.0)), "audit_event", differs),
        ("of nobody", set("patient_id = NULL".to_owned()), "audit_event", differs),
        ("something else", set("action = 'print_record'".to_owned()), "audit_event", differs),
        (
            "at another time",
            set("issued_at = issued_at - interval '1 day'".to_owned()),
            "audit_event",
            differs,
        ),
        (
            "by another",
            set(format!("user_id = '{}'", house.noor.0)),
            "audit_event",
            "its command is another's",
        ),
        ("never", format!("DELETE FROM clinic.audit_event WHERE id = {read}"), "command_log", unlogged),
    ] {
        run(&house, sql).await;
        assert!(verify().await.unwrap().is_some(), "{what}: the chain shows it");
        house.execute(CHAIN_ANEW).await;
        let found = verify().await.unwrap().unwrap_or_else(|| panic!("{what}"));
        assert_eq!((found.log, found.why.as_str()), (log, why), "{what}");
        if log == "audit_event" {
            assert_eq!(found.entry, Some(id), "{what}");
        }
        house
            .execute("DELETE FROM clinic.audit_event; INSERT INTO clinic.audit_event SELECT * FROM kept")
            .await;
        house.execute(CHAIN_ANEW).await;
        assert_eq!(verify().await.unwrap(), None, "as it was");
    }
    house
        .execute(
            "UPDATE clinic.command_log SET signature = decode(repeat('00', 64), 'hex') WHERE command_id = \
             (SELECT command_id FROM clinic.audit_event WHERE action = 'open_record')",
        )
        .await;
    assert_eq!(verify().await.unwrap(), broken(Some(id), "is not signed by its author"));
}
