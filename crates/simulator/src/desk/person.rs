//! What people do, out of what they see on their screen.

use serde_json::{Value, json};
use wattle_domain::commands::{
    BookAppointment, CancelAppointment, Choice, EditPatient, FieldEdit, FinishConsultation, MarkDidNotAttend,
    NewAddress, NewContact, PatientDetails, PatientParts, RecordArrival, RegisterPatient,
    RescheduleAppointment, ResolveConflict, Slot, StartConsultation,
};
use wattle_domain::entities::{Appointment, Conflict};
use wattle_domain::fields::{AddressKind, BirthDateAccuracy, ContactKind, Sex};
use wattle_domain::{AppointmentId, Command, Entity, FeedClass, PatientId, Row, TableName, UtcInstant};

use super::look::Look;
use super::{clinician, inbox};
use crate::canary::word;
use crate::random::Random;
use crate::server::import::NINE;

/// Something that somebody does who looks at this file; `None` when there is nothing to do it with.
#[must_use]
pub fn command(look: &Look, clinic: usize, random: &mut Random) -> Option<Command> {
    if clinician::works_here(look) && random.chance(600) {
        return clinician::command(look, clinic, random).or_else(|| resolve(look, random));
    }
    let what = random.below(100);
    if what < 12 {
        return Some(register(clinic, random));
    }
    if what < 45 {
        return edit(look, clinic, random);
    }
    if what < 70 {
        return book(look, clinic, random);
    }
    if what < 74 {
        return inbox::at_the_desk(look, clinic, random).or_else(|| edit(look, clinic, random));
    }
    if what < 80 {
        return resolve(look, random).or_else(|| edit(look, clinic, random));
    }
    step(look, random).or_else(|| book(look, clinic, random))
}

/// Several that belong together: a new patient, an edit of them, a booking for them.
#[must_use]
pub fn group(look: &Look, clinic: usize, random: &mut Random) -> Option<Vec<Command>> {
    let Command::RegisterPatient(register) = register(clinic, random) else { return None };
    let patient = register.patient_id;
    let Command::BookAppointment(mut book) = book(look, clinic, random)? else { return None };
    book.patient_id = patient;
    let mut commands = vec![Command::from(register), Command::from(book)];
    if random.chance(400) {
        // One more, which may well be refused: then all are.
        commands.extend(edit(look, clinic, random));
    }
    Some(commands)
}

fn text(clinic: usize, random: &mut Random) -> String {
    // Mostly a word that nobody else writes; now and then one that others write too.
    let number = if random.chance(250) { random.below(4) } else { random.below(1 << 40) };
    word(clinic, FeedClass::Front, &format!("d{number}"))
}

fn contact(clinic: usize, random: &mut Random) -> NewContact {
    NewContact {
        id: random.id().into(),
        kind: ContactKind::Email,
        value: format!("{}@example.org", text(clinic, random)),
        name: None,
        note: None,
        preferred: random.chance(300),
    }
}

fn parts(clinic: usize, random: &mut Random) -> PatientParts {
    let mut parts = PatientParts::default();
    if random.chance(400) {
        parts.contacts.push(contact(clinic, random));
    }
    if random.chance(200) {
        parts.addresses.push(NewAddress {
            id: random.id().into(),
            kind: AddressKind::Home,
            line1: text(clinic, random),
            line2: None,
            suburb: Some("Newtown".into()),
            state: Some("NSW".into()),
            postcode: Some("2042".into()),
        });
    }
    parts
}

fn register(clinic: usize, random: &mut Random) -> Command {
    let details = PatientDetails {
        title: None,
        family_name: text(clinic, random),
        given_name: Some("Ada".into()),
        preferred_name: None,
        birth_date: None,
        birth_date_accuracy: BirthDateAccuracy::Unknown,
        sex: Sex::Unknown,
        gender: None,
        pronouns: None,
        indigenous_status: None,
        interpreter_language: None,
        usual_practitioner_id: None,
    };
    let patient_id = PatientId(random.id());
    RegisterPatient { patient_id, details, parts: parts(clinic, random) }.into()
}

/// One of the first few, so that several people meet over the same.
pub(super) fn few<'a>(rows: &'a [Row], random: &mut Random) -> Option<&'a Row> {
    let few = if random.chance(700) { rows.get(..rows.len().min(4))? } else { rows };
    random.pick(few)
}

fn edit(look: &Look, clinic: usize, random: &mut Random) -> Option<Command> {
    let patients = look.rows(TableName::Patient);
    let patient = few(&patients, random)?;
    let mut edits = Vec::new();
    for field in ["given_name", "preferred_name", "family_name", "pronouns"] {
        if random.chance(400) {
            edits.push(FieldEdit {
                table: TableName::Patient,
                row_id: patient.id,
                field: field.into(),
                seen_rev: patient.rev,
                was: patient.field(field).clone(),
                now: json!(text(clinic, random)),
            });
        }
    }
    if random.chance(400) {
        let contacts = look.select(
            TableName::PatientContact,
            &format!("WHERE patient_id = '{}' AND deleted_at IS NULL ORDER BY id", patient.id),
        );
        if let Some(contact) = random.pick(&contacts) {
            edits.push(FieldEdit {
                table: TableName::PatientContact,
                row_id: contact.id,
                field: "note".into(),
                seen_rev: contact.rev,
                was: contact.field("note").clone(),
                now: json!(text(clinic, random)),
            });
        }
    }
    let parts = if random.chance(200) { parts(clinic, random) } else { PatientParts::default() };
    Some(EditPatient { patient_id: patient.id.into(), edits, parts }.into())
}

fn slot(random: &mut Random) -> (UtcInstant, UtcInstant) {
    // A short day, so that people meet.
    let start = NINE.plus_minutes(i64::try_from(15 * random.below(16)).unwrap_or(0));
    (start, start.plus_minutes(if random.chance(200) { 30 } else { 15 }))
}

fn book(look: &Look, clinic: usize, random: &mut Random) -> Option<Command> {
    let practitioners = look.rows(TableName::Practitioner);
    let patients = look.rows(TableName::Patient);
    let kinds = look.rows(TableName::AppointmentType);
    let (start_at, end_at) = slot(random);
    let book = BookAppointment {
        appointment_id: AppointmentId(random.id()),
        practitioner_id: random.pick(&practitioners)?.id.into(),
        patient_id: random.pick(&patients)?.id.into(),
        type_id: random.pick(&kinds)?.id.into(),
        room_id: None,
        start_at,
        end_at,
        double_booking: random.chance(100),
        note: Some(text(clinic, random)),
    };
    Some(book.into())
}

fn step(look: &Look, random: &mut Random) -> Option<Command> {
    let rows = look.rows(TableName::Appointment);
    let row = random.pick(&rows)?;
    let appointment = Appointment::from_row(row).ok()?;
    let appointment_id = appointment.id;
    Some(match random.below(8) {
        0 | 1 => RecordArrival { appointment_id }.into(),
        2 => StartConsultation { appointment_id }.into(),
        3 => FinishConsultation { appointment_id }.into(),
        4 => MarkDidNotAttend { appointment_id }.into(),
        5 => CancelAppointment { appointment_id, reason: "asked".into() }.into(),
        _ => {
            let was = Slot::of(&appointment);
            let (start_at, end_at) = slot(random);
            let to = Slot { start_at, end_at, ..was };
            RescheduleAppointment { appointment_id, was, to, double_booking: false }.into()
        }
    })
}

fn resolve(look: &Look, random: &mut Random) -> Option<Command> {
    let mut rows = look.select(TableName::Conflict, "WHERE status = 'open' ORDER BY id");
    rows.extend(look.select(TableName::RecordConflict, "WHERE status = 'open' ORDER BY id"));
    let conflict = Conflict::from_row(random.pick(&rows)?).ok()?;
    let table = conflict.table_name.parse().ok()?;
    let choice = if random.chance(500) { Choice::Kept } else { Choice::Other };
    Some(ResolveConflict { conflict_id: conflict.id, table, row_id: conflict.row_id, choice }.into())
}

/// The bytes of a command, to look for marks in.
#[must_use]
pub fn bytes(command: &Command) -> Vec<u8> {
    serde_json::to_vec(command).unwrap_or_else(|_| Value::Null.to_string().into_bytes())
}
