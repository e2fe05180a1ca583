//! A command that had no effect: what it was, about what, why, and who has dealt with it.

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::entities::{Appointment, AppointmentType, Practitioner};
use wattle_domain::{AppointmentId, AppointmentTypeId, Command, PatientId, PractitionerId, TableName};
use wattle_protocol::ipc::attention::{About, Aside, RejectedItem};
use wattle_protocol::push::Verdict;

use super::{Viewer, card, clinic};
use crate::error::Error;
use crate::screens::waiting_room::practitioner_name;
use crate::tables::{outbox, synced};

/// As the page shows it.
pub(super) fn item(
    connection: &Connection,
    rejected: outbox::Rejected,
    viewer: &Viewer<'_>,
) -> Result<RejectedItem, Error> {
    let outbox::Rejected { envelope, verdict, aside } = rejected;
    let patient_id = patient(connection, &envelope.command)?;
    let args = serde_json::to_value(&envelope.command)
        .ok()
        .and_then(|mut command| command.get_mut("args").map(Value::take))
        .unwrap_or_default();
    let stored_name = patient_id.map(|p| patient_name(connection, p)).transpose()?.flatten();
    let patient_name = stored_name.or_else(|| match &envelope.command {
        // A registration that was refused has left nobody behind.
        Command::RegisterPatient(new) => Some(card::name(
            Some(&new.details.family_name),
            new.details.given_name.as_deref(),
            new.details.preferred_name.as_deref(),
        )),
        _ => None,
    });
    Ok(RejectedItem {
        command_id: envelope.id,
        name: envelope.command.name().to_owned(),
        args,
        issued_at: envelope.issued_at,
        by: viewer.names.get(&envelope.author).cloned(),
        mine: envelope.author == viewer.user,
        patient_name,
        patient_id,
        quarantined: matches!(verdict, Some(Verdict::Quarantined)),
        rejection: match verdict {
            Some(Verdict::Rejected { rejection }) => Some(rejection),
            _ => None,
        },
        n: envelope.n,
        group: envelope.group,
        about: about(connection, &envelope.command)?,
        aside: aside.map(|(by, at)| Aside {
            by,
            by_name: by.and_then(|by| viewer.names.get(&by).cloned()),
            at,
        }),
    })
}

/// The patient that a command is about, as far as the local rows tell.
fn patient(connection: &Connection, command: &Command) -> Result<Option<PatientId>, Error> {
    let world = crate::world::load(connection, &command.reads())?;
    Ok(command.patient(&world))
}

/// The appointment that a command is about.
fn about(connection: &Connection, command: &Command) -> Result<Option<About>, Error> {
    let of = |id: AppointmentId| -> Result<Option<Appointment>, Error> {
        let row = synced::get(connection, TableName::Appointment, id.0)?;
        row.map(|row| row.read().map_err(clinic::bad)).transpose()
    };
    let (appointment, practitioner, kind) = match command {
        Command::BookAppointment(a) => (None, Some(a.practitioner_id), Some(a.type_id)),
        Command::RescheduleAppointment(a) => {
            let found = of(a.appointment_id)?;
            let kind = found.as_ref().map(|f| f.type_id);
            (found, Some(a.to.practitioner_id), kind)
        }
        Command::CancelAppointment(a) => found(of(a.appointment_id)?),
        Command::RecordArrival(a) => found(of(a.appointment_id)?),
        Command::StartConsultation(a) => found(of(a.appointment_id)?),
        Command::FinishConsultation(a) => found(of(a.appointment_id)?),
        Command::MarkDidNotAttend(a) => found(of(a.appointment_id)?),
        Command::RegisterPatient(_)
        | Command::EditPatient(_)
        | Command::ResolveConflict(_)
        | Command::NoteAccess(_)
        | Command::NoteExport(_)
        | Command::NoteSearch(_)
        | Command::RecordAllergy(_)
        | Command::RecordCondition(_)
        | Command::RecordMedication(_)
        | Command::EditEntry(_)
        | Command::RecordObservations(_)
        | Command::SignNote(_)
        | Command::RecordRecall(_)
        | Command::EditRecall(_)
        | Command::NoteDaySheet(_)
        | Command::RecordConsent(_)
        | Command::RecordProvider(_)
        | Command::EditProvider(_)
        | Command::WriteLetter(_)
        | Command::SaveLetterTemplate(_)
        | Command::RecordResult(_)
        | Command::ActionResult(_)
        | Command::AddDocument(_)
        | Command::EditDocument(_) => return Ok(None),
        Command::RecordPractitioner(_) | Command::EditPractitioner(_) => return Ok(None),
        Command::RestrictPatient(_) | Command::BreakGlass(_) | Command::SeeGlass(_) => return Ok(None),
    };
    Ok(Some(About {
        practitioner_name: practitioner.map(|id| of_practitioner(connection, id)).transpose()?.flatten(),
        start_at: appointment.map(|a| a.start_at),
        type_name: kind.map(|id| of_type(connection, id)).transpose()?.flatten(),
    }))
}

type Found = (Option<Appointment>, Option<PractitionerId>, Option<AppointmentTypeId>);

fn found(appointment: Option<Appointment>) -> Found {
    let (practitioner, kind) = appointment.as_ref().map(|a| (a.practitioner_id, a.type_id)).unzip();
    (appointment, practitioner, kind)
}

fn of_practitioner(connection: &Connection, id: PractitionerId) -> Result<Option<String>, Error> {
    let row = synced::get(connection, TableName::Practitioner, id.0)?;
    row.map(|row| row.read::<Practitioner>().map(|p| practitioner_name(&p)).map_err(clinic::bad)).transpose()
}

fn of_type(connection: &Connection, id: AppointmentTypeId) -> Result<Option<String>, Error> {
    let row = synced::get(connection, TableName::AppointmentType, id.0)?;
    row.map(|row| row.read::<AppointmentType>().map(|t| t.name).map_err(clinic::bad)).transpose()
}

/// `COSTA Maria`; `None` when they are not here.
pub(super) fn patient_name(connection: &Connection, patient: PatientId) -> Result<Option<String>, Error> {
    let sql = "SELECT family_name, given_name FROM patient_card WHERE patient_id = ?";
    let name = connection
        .prepare_cached(sql)?
        .query_row([Uuid::from(patient).to_string()], |row| {
            let (family, given): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok(card::name(Some(&family), given.as_deref(), None))
        })
        .optional()?;
    Ok(name)
}
