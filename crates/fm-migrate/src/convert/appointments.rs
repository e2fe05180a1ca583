//! Appointments and what happened to them.

use std::collections::HashSet;

use chrono::NaiveDate;
use uuid::Uuid;
use wattle_domain::entities::{Appointment, AppointmentEvent};
use wattle_domain::fields::{AppointmentEventKind as Event, AppointmentStatus as Status};
use wattle_domain::time::ClinicZone;
use wattle_domain::{
    AppointmentEventId, AppointmentId, AppointmentTypeId, LocationId, PatientId, PractitionerId, UtcInstant,
};

use super::overlap::Overlaps;
use super::setup::Setup;
use super::{Census, Keys, Notes, Outcome, TargetRow, Typed, key_of, reference};
use crate::error::Error;
use crate::ids::{Namespace, SourceTable, child};
use crate::mapping::{Bound, Cells, Mapping};
use crate::raw::{RawColumn, RawRow};
use crate::reason::{Code, Reason};
use crate::typing::{Century, DateForms, number, time};

const FIELDS: &[&str] = &[
    "key",
    "patient",
    "practitioner",
    "date",
    "time",
    "minutes",
    "type",
    "room",
    "status",
    "arrived_at",
    "started_at",
    "finished_at",
    "cancelled_reason",
    "note",
    "booked_at",
    "changed_at",
];
const REQUIRED: &[&str] = &["key", "patient", "practitioner", "date", "time", "minutes", "type", "status"];
const STAMPS: [&str; 5] = ["arrived_at", "started_at", "finished_at", "booked_at", "changed_at"];

/// Converts the records of one file.
#[derive(Debug)]
pub struct Appointments<'a> {
    bound: Bound,
    namespace: &'a Namespace,
    setup: &'a Setup,
    practitioners: &'a Keys,
    patients: &'a Keys,
    census: &'a Census,
    zone: ClinicZone,
    exported_on: NaiveDate,
    dates: DateForms,
    stamps: [DateForms; 5],
}

/// What a booking can be refused for; the rest is only noted.
struct Core {
    key: String,
    patient: Uuid,
    practitioner: Uuid,
    kind: Uuid,
    start: UtcInstant,
    end: UtcInstant,
    status: Status,
}

/// Ties the mapping to the file's columns.
///
/// # Errors
/// See [`Bound::new`].
pub fn bind(mapping: &Mapping, columns: &[RawColumn]) -> Result<Bound, Error> {
    Bound::new(mapping, &mapping.appointments, columns, FIELDS, REQUIRED)
}

impl<'a> Appointments<'a> {
    /// Ready for the first record.
    #[must_use]
    pub fn new(
        bound: Bound,
        mapping: &Mapping,
        namespace: &'a Namespace,
        setup: &'a Setup,
        (practitioners, patients): (&'a Keys, &'a Keys),
        census: &'a Census,
    ) -> Self {
        Self {
            dates: bound.forms("date"),
            stamps: STAMPS.map(|field| bound.forms(field)),
            bound,
            namespace,
            setup,
            practitioners,
            patients,
            census,
            zone: mapping.clinic.time_zone,
            exported_on: mapping.clinic.exported_on,
        }
    }

    /// First pass: takes down when the record occupies its practitioner, if it loads at all.
    pub fn survey(&self, row: &RawRow, overlaps: &mut Overlaps) {
        if let Ok(core) = self.core(row, &mut Notes::new(&self.bound))
            && core.status.occupies()
        {
            overlaps.add(core.practitioner, core.start, core.end, row.position);
        }
    }

    /// Second pass: the rows. `later_ones` are the positions that overlap an earlier booking.
    ///
    /// # Errors
    /// The reason why the record is rejected.
    pub fn convert(&self, row: &RawRow, later_ones: &HashSet<u64>) -> Outcome {
        let mut notes = Notes::new(&self.bound);
        let core = self.core(row, &mut notes)?;
        let cells = self.bound.cells(row);
        let double_booking = later_ones.contains(&row.position);
        if double_booking {
            notes.add(Code::DoubleBooked, "time");
        }
        let [arrived, started, finished, booked, changed] =
            [0, 1, 2, 3, 4].map(|i| self.stamp(cells, i, &mut notes));
        let room = cells.raw("room").map(|name| self.setup.rooms.get(name).ok_or(Code::Orphan));
        let here = matches!(core.status, Status::Arrived | Status::InConsult);
        let id = self.namespace.record(SourceTable::Appointments, &core.key);
        let appointment = Appointment {
            id: AppointmentId(id),
            practitioner_id: PractitionerId(core.practitioner),
            patient_id: PatientId(core.patient),
            type_id: AppointmentTypeId(core.kind),
            room_id: notes.optional("room", room).map(LocationId),
            start_at: core.start,
            end_at: core.end,
            status: core.status,
            double_booking,
            note: cells.text("note"),
            // Somebody who is here came at some time: the waiting room must be able to say since when.
            arrived_at: arrived.or_else(|| here.then(|| changed.unwrap_or(core.start))),
            started_at: started,
            finished_at: finished,
            cancelled_reason: cells.text("cancelled_reason").filter(|_| core.status == Status::Cancelled),
        };
        let mut rows = vec![TargetRow::new(id, &appointment)];
        events(&appointment, booked, changed, &mut rows);
        Ok(Typed { key: core.key, rows, notes: notes.list })
    }

    fn core(&self, row: &RawRow, notes: &mut Notes<'_>) -> Result<Core, Reason> {
        let key = key_of(&self.bound, self.census, row)?;
        let cells = self.bound.cells(row);
        let refuse = |field: &'static str| move |code: Code| Reason::new(code, self.bound.column(field));
        let must = |field: &'static str| cells.raw(field).ok_or_else(|| refuse(field)(Code::RequiredEmpty));
        let mut parent = |field: &'static str, keys: &Keys| -> Result<Uuid, Reason> {
            let found = reference(cells, field, keys, notes).map_err(refuse(field))?;
            found.ok_or_else(|| refuse(field)(Code::RequiredEmpty))
        };
        let patient = parent("patient", self.patients)?;
        let practitioner = parent("practitioner", self.practitioners)?;
        let date = self.dates.read(must("date")?, self.exported_on, Century::Near).map_err(refuse("date"))?;
        let clock = time::time_of_day(must("time")?).map_err(refuse("time"))?;
        let minutes = number::integer(must("minutes")?).map_err(refuse("minutes"))?;
        if !(1..=1440).contains(&minutes) {
            return Err(refuse("minutes")(Code::DurationRange));
        }
        let theirs = must("type")?;
        let ours = self.bound.word("type", theirs).unwrap_or(theirs);
        let kind = self.setup.types.get(ours).ok_or_else(|| refuse("type")(Code::ValueUnknown))?;
        let status = self.bound.word("status", must("status")?).and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| refuse("status")(Code::ValueUnknown))?;
        let (start, mark) = time::instant(self.zone, date.and_time(clock));
        if let Some(code) = mark {
            notes.add(code, "time");
        }
        Ok(Core { key, patient, practitioner, kind, start, end: start.plus_minutes(minutes), status })
    }

    /// The `i`th of [`STAMPS`].
    fn stamp(&self, cells: Cells<'_>, i: usize, notes: &mut Notes<'_>) -> Option<UtcInstant> {
        let (field, forms) = (*STAMPS.get(i)?, self.stamps.get(i)?);
        let local = cells.raw(field).map(|text| time::timestamp(text, forms, self.exported_on));
        let (at, mark) = time::instant(self.zone, notes.optional(field, local)?);
        if let Some(code) = mark {
            notes.add(code, field);
        }
        Some(at)
    }
}

/// What happened, as far as FileMaker knew; where it had no timestamp, the nearest one it had.
fn events(
    it: &Appointment,
    booked: Option<UtcInstant>,
    changed: Option<UtcInstant>,
    rows: &mut Vec<TargetRow>,
) {
    let booked = booked.unwrap_or(it.start_at);
    let changed = changed.unwrap_or(booked);
    let mut add = |kind: Event, at: UtcInstant, reason: Option<String>| {
        let id = child(it.id.0, &format!("event/{}", kind.as_str()));
        let event = AppointmentEvent { id: AppointmentEventId(id), appointment_id: it.id, kind, at, reason };
        rows.push(TargetRow::new(id, &event));
    };
    add(Event::Booked, booked, None);
    match it.status {
        Status::Confirmed => add(Event::Confirmed, changed, None),
        Status::DidNotAttend => add(Event::DidNotAttend, changed, None),
        Status::Cancelled => add(Event::Cancelled, changed, it.cancelled_reason.clone()),
        _ => {}
    }
    if let Some(at) = it.arrived_at {
        add(Event::Arrived, at, None);
    }
    if let Some(at) = it.started_at {
        add(Event::InConsult, at, None);
    }
    if it.status == Status::Done {
        add(Event::Done, it.finished_at.unwrap_or(it.end_at), None);
    }
}
