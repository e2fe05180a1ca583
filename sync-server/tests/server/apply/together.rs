//! Commands of one push, decided over one look at the rows.

use wattle_domain::commands::{EditPatient, FieldEdit, PatientParts, RecordArrival, StartConsultation};
use wattle_domain::{Command, RejectionCode, Rev, TableName};
use wattle_protocol::push::{Signed, Verdict};
use wattle_server::config::Config;

use super::push::code;
use crate::support::desk::patient;
use crate::support::{Book, Desk, House};

/// What was said of a command: applied, or why not.
type Said = Result<(), Option<RejectionCode>>;

async fn push(desk: &mut Desk, commands: Vec<Command>) -> Vec<Said> {
    let signed: Vec<Signed> = commands.into_iter().map(|command| desk.command(command)).collect();
    let verdict = |verdict: &Verdict| match verdict {
        Verdict::Applied => Ok(()),
        other => Err(code(other)),
    };
    desk.push(signed).await.iter().map(|answer| verdict(&answer.verdict)).collect()
}

/// A morning in which each command builds on those before it, and what must be said of it.
fn morning(house: &House) -> Vec<(Command, Said, &'static str)> {
    let register = patient("Nguyen");
    let patient_id = register.patient_id;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 };
    let first = book.command(house);
    let appointment_id = first.appointment_id;
    let mut on_purpose = book.command(house);
    on_purpose.double_booking = true;
    let edit = |was: &str, now: &str| EditPatient {
        patient_id,
        edits: vec![FieldEdit {
            table: TableName::Patient,
            row_id: patient_id.0,
            field: "family_name".into(),
            seen_rev: Rev(1),
            was: was.into(),
            now: now.into(),
        }],
        parts: PatientParts::default(),
    };
    let no = |code| Err(Some(code));
    vec![
        (register.into(), Ok(()), "new"),
        (first.into(), Ok(()), "of a patient that this push brings"),
        (book.command(house).into(), no(RejectionCode::SlotTaken), "by a booking of this push"),
        (on_purpose.into(), Ok(()), "on purpose"),
        (edit("Nguyen", "Tran").into(), Ok(()), "as this push left it"),
        (edit("Tran", "").into(), no(RejectionCode::Invalid), "a rule says no"),
        (RecordArrival { appointment_id }.into(), Ok(()), "booked in this push"),
        (StartConsultation { appointment_id }.into(), no(RejectionCode::NotAllowed), "not the desk's"),
        (patient("Okafor").into(), Ok(()), "the next number"),
    ]
}

async fn run(commands_per_transaction: usize) -> (i64, i64) {
    let house = House::with(Config { commands_per_transaction, ..Config::default() }).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let morning = morning(&house);
    let commands = morning.iter().map(|(command, ..)| command.clone()).collect();
    let said = push(&mut reception, commands).await;
    for (said, (command, wanted, why)) in said.iter().zip(&morning) {
        assert_eq!(said, wanted, "{}: {why}", command.name());
    }
    assert_eq!(said.len(), morning.len());
    assert_eq!(
        house.text("SELECT string_agg(status, ' ' ORDER BY status) FROM clinic.appointment").await,
        "arrived booked"
    );
    assert_eq!(
        house
            .text(
                "SELECT string_agg(family_name || ' ' || record_number, ', ' ORDER BY id) FROM clinic.patient"
            )
            .await,
        "Tran 1, Okafor 2"
    );
    assert_eq!(house.count("SELECT count(*) FROM clinic.audit_event").await, 9, "of each, also the refused");
    assert_eq!(
        house.count("SELECT count(*) FROM clinic.verify_chain((SELECT clinic_id FROM clinic.clinic), 'audit_event')").await,
        0
    );
    (
        house.count("SELECT max(seq) FROM sync.commit WHERE class = 'front'").await,
        house.count("SELECT max(rev) FROM clinic.patient").await,
    )
}

#[tokio::test]
async fn each_command_sees_what_those_before_it_did() {
    let (commits, rev) = run(32).await;
    assert_eq!((commits, rev), (1, 1), "one commit, and each row is written once");
}

#[tokio::test]
async fn verdicts_are_those_of_one_after_another() {
    let (commits, rev) = run(1).await;
    assert_eq!((commits, rev), (6, 2), "a commit for each that was applied");
}

#[tokio::test]
async fn what_does_not_fit_is_decided_one_by_one_and_leaves_no_hole() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let register = patient("Nguyen");
    let (again, next) = (register.clone(), patient("Okafor"));
    let said = push(&mut reception, vec![register.into(), again.into(), next.into()]).await;
    assert_eq!(said, [Ok(()), Err(Some(RejectionCode::AlreadyExists)), Ok(())]);
    assert_eq!(
        house.text("SELECT string_agg(record_number, ' ' ORDER BY id) FROM clinic.patient").await,
        "1 2",
        "the number that was drawn for the refused one went to the next"
    );
}

#[tokio::test]
async fn commands_of_two_people_are_attributed_to_each() {
    let house = House::new().await;
    let mut maria = house.desk("reception-1", "maria").await;
    let mut lee = maria.also("lee").await;
    let first = maria.command(patient("Nguyen"));
    lee.n = maria.n;
    let second = lee.command(patient("Okafor"));
    // Whoever is signed in delivers both.
    let answers = maria.push(vec![first, second]).await;
    assert!(answers.iter().all(|a| a.verdict == Verdict::Applied), "{answers:?}");
    let by = "SELECT string_agg(u.username, ' ' ORDER BY p.record_number) FROM clinic.patient p \
              JOIN clinic.user_account u ON u.clinic_id = p.clinic_id AND u.id = p.created_by";
    assert_eq!(house.text(by).await, "maria lee");
}
