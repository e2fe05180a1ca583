//! Overlaps and free slots of one practitioner's book.

use crate::entities::Appointment;
use crate::ids::{AppointmentId, PractitionerId};
use crate::rejection::{FreeSlot, Rejection, RejectionCode};
use crate::table::TableName;
use crate::time::UtcInstant;
use crate::world::World;

/// How far around a booking the book is read: enough for a working day of alternatives.
pub const AROUND_MIN: i64 = 6 * 60;
/// The longest appointment, minutes.
pub const LONGEST_MIN: i64 = 24 * 60;
/// The grid on which alternatives are offered, minutes.
const GRID_MIN: i64 = 5;
/// How many alternatives are offered.
const OFFERED: usize = 3;

/// Whether two half-open spans overlap.
#[must_use]
pub fn overlap(a: (UtcInstant, UtcInstant), b: (UtcInstant, UtcInstant)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// Checks that a span is a possible appointment.
///
/// # Errors
/// `invalid(end_at)` when it ends before it starts or is longer than a day.
pub fn check_span(start: UtcInstant, end: UtcInstant) -> Result<(), Rejection> {
    let minutes = end.minutes_since(start);
    if end <= start || minutes > LONGEST_MIN { Err(Rejection::invalid("end_at")) } else { Ok(()) }
}

/// Checks that nothing else of the practitioner occupies a span.
///
/// # Errors
/// `slot_taken` with the nearest free slots.
pub fn check_free(
    world: &World,
    practitioner: PractitionerId,
    itself: AppointmentId,
    start: UtcInstant,
    end: UtcInstant,
) -> Result<(), Rejection> {
    let mut taken = Vec::new();
    for row in world.of(TableName::Appointment) {
        let other: Appointment = row.read()?;
        let counts = other.id != itself && other.practitioner_id == practitioner && other.status.occupies();
        if counts && row.attribution.deleted_at.is_none() {
            taken.push((other.start_at, other.end_at));
        }
    }
    if taken.iter().any(|&span| overlap(span, (start, end))) {
        let free = free_slots(&taken, practitioner, start, end);
        return Err(Rejection { code: RejectionCode::SlotTaken, free, field: None });
    }
    Ok(())
}

/// The free slots of the same length nearest to a span, nearest first, within what was read of the book.
fn free_slots(
    taken: &[(UtcInstant, UtcInstant)],
    practitioner_id: PractitionerId,
    start: UtcInstant,
    end: UtcInstant,
) -> Vec<FreeSlot> {
    let length_ms = end.0 - start.0;
    let steps = (AROUND_MIN - 1) / GRID_MIN;
    (1..=steps)
        .flat_map(|step| [start.plus_minutes(step * GRID_MIN), start.plus_minutes(-step * GRID_MIN)])
        .map(|from| (from, UtcInstant(from.0 + length_ms)))
        .filter(|&slot| !taken.iter().any(|&span| overlap(span, slot)))
        .take(OFFERED)
        .map(|(start_at, end_at)| FreeSlot { practitioner_id, start_at, end_at })
        .collect()
}
