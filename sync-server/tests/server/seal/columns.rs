//! What is declared as sealed rests sealed, and travels as it was.

use serde_json::json;
use uuid::Uuid;
use wattle_domain::commands::{
    CancelAppointment, EditPatient, FieldEdit, NewAlert, NewContact, NewIdentifier, PatientParts,
    RegisterPatient,
};
use wattle_domain::fields::{AlertPlace, AlertSeverity, ContactKind, IdentifierKind};
use wattle_domain::ids::{AlertId, ContactId, IdentifierId};
use wattle_domain::{Rejection, RejectionCode, Rev, TableName};
use wattle_protocol::push::Verdict;

use crate::support::desk::patient;
use crate::support::{Book, Ear, House};

/// Numbers that pass their checks.
pub const MEDICARE: &str = "2950197513";
pub const IHI: &str = "8003608166690503";

/// Somebody of whom everything that can be sealed is written down; `word` is in each text.
pub fn wordy(family_name: &str, word: &str) -> RegisterPatient {
    let identifier = |kind, value: &str| NewIdentifier {
        id: IdentifierId(Uuid::now_v7()),
        kind,
        value: value.to_owned(),
        reference: None,
        expires_on: None,
    };
    RegisterPatient {
        parts: PatientParts {
            contacts: vec![NewContact {
                id: ContactId(Uuid::now_v7()),
                kind: ContactKind::Mobile,
                value: "0491570156".to_owned(),
                name: None,
                note: Some(format!("note {word}")),
                preferred: true,
            }],
            identifiers: vec![
                identifier(IdentifierKind::Medicare, MEDICARE),
                identifier(IdentifierKind::Ihi, IHI),
                identifier(IdentifierKind::Legacy, &format!("legacy {word}")),
            ],
            addresses: Vec::new(),
            alerts: vec![NewAlert {
                id: AlertId(Uuid::now_v7()),
                severity: AlertSeverity::Critical,
                text: format!("alert {word} \"quoted\" \u{2602}"),
                place: AlertPlace::Opening,
                expires_on: None,
            }],
        },
        ..patient(family_name)
    }
}

/// Values that rest plain in any sealed column of the database.
pub async fn plain(house: &House) -> i64 {
    let columns: Vec<(String, String)> =
        sqlx::query_as("SELECT tbl, col FROM clinic.sealed_column").fetch_all(&house.root).await.unwrap();
    let mut plain = 0;
    for (table, column) in columns {
        let text = format!("SELECT count(*) FROM clinic.{table} WHERE clinic.is_plain({column})");
        plain +=
            sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).fetch_one(&house.root).await.unwrap();
    }
    plain
}

/// The database as `pg_dump` writes it.
pub async fn dump(house: &House) -> String {
    let database = house.database.clone();
    let dump = move || crate::support::postgres::cluster().client("pg_dump", &database).output().unwrap();
    let done = tokio::task::spawn_blocking(dump).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[tokio::test]
async fn what_is_sealed_rests_so_and_travels_as_it_was() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut other = house.desk("reception-2", "maria").await;
    other.pull().await;
    let mut ear = Ear::rows(&other, "front").await;
    let command = wordy("Nguyen", "quokka");
    let (id, alert) = (command.patient_id, command.parts.alerts[0].clone());
    let contact = command.parts.contacts[0].id;
    assert_eq!(reception.do_it(command).await, Verdict::Applied);
    let mut book = Book { practitioner: house.dr_lee, patient: id, minute: 0 }.command(&house);
    book.note = Some("booking quokka".to_owned());
    let booked = book.appointment_id;
    assert_eq!(reception.do_it(book).await, Verdict::Applied);
    let cancel = CancelAppointment { appointment_id: booked, reason: "reason quokka".to_owned() };
    assert_eq!(reception.do_it(cancel).await, Verdict::Applied);
    // Two who changed the same note without seeing each other's: both values stay, sealed too.
    let edit = |now: &str| EditPatient {
        patient_id: id,
        edits: vec![FieldEdit {
            table: TableName::PatientContact,
            row_id: contact.0,
            field: "note".to_owned(),
            seen_rev: Rev(1),
            was: json!("note quokka"),
            now: json!(now),
        }],
        parts: PatientParts::default(),
    };
    assert_eq!(reception.do_it(edit("mine quokka")).await, Verdict::Applied);
    let verdict = other.do_it(edit("theirs quokka")).await;
    assert!(matches!(verdict, Verdict::Conflict { .. }), "{verdict:?}");

    assert_eq!(plain(&house).await, 0);
    let dump = dump(&house).await;
    assert!(dump.contains("Nguyen"), "what is open is in the dump");
    for word in ["quokka", MEDICARE, IHI] {
        assert_eq!(dump.lines().find(|line| line.contains(word)), None);
    }

    reception.pull().await;
    assert_eq!(reception.row("alert", alert.id).unwrap()["text"], json!(alert.text));
    assert_eq!(reception.row("patient_contact", contact).unwrap()["note"], "theirs quokka");
    let row = reception.row("appointment", booked).unwrap();
    assert_eq!((&row["note"], &row["cancelled_reason"]), (&json!("booking quokka"), &json!("reason quokka")));
    let found = |table: &str, field: &str| -> Vec<String> {
        let rows = reception.rows.iter().filter(|((name, _), _)| name == table);
        let mut values: Vec<String> =
            rows.map(|(_, row)| row[field].as_str().unwrap_or("-").to_owned()).collect();
        values.sort();
        values
    };
    assert_eq!(found("patient_identifier", "value"), [MEDICARE, IHI, "legacy quokka"]);
    assert_eq!(found("appointment_event", "reason"), ["-", "reason quokka"]);
    assert_eq!(found("conflict", "kept_value"), ["theirs quokka"]);
    assert_eq!(found("conflict", "other_value"), ["mine quokka"]);
    // The same over the live stream.
    while !(ear.heard.contains("theirs quokka") && ear.heard.contains("reason quokka")) {
        ear.hear().await.expect("goes on");
    }
    assert!(ear.heard.contains(MEDICARE) && ear.heard.contains("alert quokka \\\"quoted\\\" \u{2602}"));
    assert!(!ear.heard.contains("\\u0001s"));
}

/// Equality is asked by a keyed hash: PostgreSQL still refuses a second patient with the same IHI.
#[tokio::test]
async fn an_ihi_is_one_patients_though_no_two_sealed_ones_are_alike() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    assert_eq!(reception.do_it(wordy("Nguyen", "x")).await, Verdict::Applied);
    let taken = reception.do_it(wordy("Okafor", "y")).await;
    let rejection = Rejection::new(RejectionCode::IdentifierTaken);
    assert_eq!(taken, Verdict::Rejected { rejection });
    let mut third = wordy("Silva", "z");
    third.parts.identifiers.retain(|identifier| identifier.kind != IdentifierKind::Ihi);
    assert_eq!(reception.do_it(third).await, Verdict::Applied, "a Medicare number may be a family's");
    let same = "SELECT count(*) FROM (SELECT value_mark FROM clinic.patient_identifier WHERE kind = 'medicare' \
        GROUP BY value_mark HAVING count(*) = 2 AND count(DISTINCT value) = 2) t";
    assert_eq!(house.count(same).await, 1, "equal by their hash, and not by what rests");
}

/// A row that somebody moves into another's place opens nothing; the rest of the clinic is served.
#[tokio::test]
async fn a_value_in_another_row_does_not_open_and_is_never_sent() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    for name in ["Nguyen", "Okafor"] {
        let mut command = wordy(name, name);
        command.parts.identifiers.clear();
        reception.do_it(command).await;
    }
    house
        .execute(
            "UPDATE clinic.alert SET text = (SELECT text FROM clinic.alert ORDER BY id LIMIT 1) \
             WHERE id = (SELECT id FROM clinic.alert ORDER BY id DESC LIMIT 1)",
        )
        .await;
    let pull = wattle_protocol::pull::Pull {
        epoch: reception.epoch.clone(),
        max_bytes: u64::MAX,
        ..Default::default()
    };
    let answer = reception.post("/v1/pull", &pull).await.text().await;
    assert!(answer.is_err(), "it breaks off before a checkpoint: a file that takes it stays as it was");
}

/// The app's role may seal what is plain, and nothing else: not a signed row, not a sealed value, not another column.
#[tokio::test]
async fn the_apps_role_cannot_reseal_and_resealing_changes_nothing_else() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.do_it(wordy("Nguyen", "x")).await;
    let app = crate::support::postgres::pool(&crate::support::postgres::app_url(&house.database)).await;
    let set = format!("SELECT set_config('wattle.clinic', '{}', false)", house.clinic);
    let refused = async |sql: String| {
        let mut connection = app.acquire().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(set.clone())).execute(&mut *connection).await.unwrap();
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut *connection).await;
        connection.close_on_drop();
        let error = done.expect_err(&sql);
        error.as_database_error().unwrap().code().unwrap().into_owned()
    };
    let id = house.text("SELECT id::text FROM clinic.alert").await;
    let value = house.text("SELECT text FROM clinic.alert").await;
    let values = json!([{"id": id, "col": "text", "was": value, "now": "\u{1}s1:AAAA"}]);
    let literal = values.to_string().replace('\'', "''");
    assert_eq!(refused(format!("SELECT clinic.reseal('alert', '{literal}', false)")).await, "42501");
    assert_eq!(
        refused("SELECT clinic.plain_values('alert', 1), clinic.seal_columns('alert', '{place}')".into())
            .await,
        "42501"
    );
    let plainly = literal.replace("\\u0001s1:AAAA", "bare");
    assert_eq!(refused(format!("SELECT clinic.seal_plain('alert', '{plainly}')")).await, "23514");
    // A sealed value is not plain: nothing is done.
    let done: i64 = {
        let mut connection = app.acquire().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(set.clone())).execute(&mut *connection).await.unwrap();
        let query =
            sqlx::query_scalar("SELECT clinic.seal_plain('alert', $1)").bind(sqlx::types::Json(&values));
        query.fetch_one(&mut *connection).await.unwrap()
    };
    assert_eq!(done, 0);
    assert_eq!(house.text("SELECT text FROM clinic.alert").await, value);

    // The owner's own hand may reseal, and cannot do anything else under that name.
    let resealing = "SET ROLE wattle_owner; SELECT set_config('wattle.resealing', 'on', false);";
    for statement in [
        "UPDATE clinic.alert SET severity = 'info'",
        "UPDATE clinic.appointment_event SET kind = 'done'",
        "DELETE FROM clinic.appointment_event",
        "UPDATE clinic.patient_identifier SET value = NULL",
    ] {
        let mut book =
            Book { practitioner: house.dr_lee, patient: patient("x").patient_id, minute: 0 }.command(&house);
        book.patient_id = reception.register("Silva").await;
        reception.do_it(book).await;
        let mut connection = house.root.acquire().await.unwrap();
        let text = format!("{set}; {resealing} {statement}");
        let error =
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *connection).await.expect_err(statement);
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "2F002", "{statement}: {error}");
        connection.close_on_drop();
    }
}
