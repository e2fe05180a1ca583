//! The day book. See `wattle_protocol::ipc::daybook`.

use wattle_domain::commands::{
    BookAppointment, CancelAppointment, FinishConsultation, MarkDidNotAttend, RecordArrival,
    RescheduleAppointment, StartConsultation,
};
use wattle_protocol::ipc::{
    Written,
    daybook::{DayBook, DayBookQuery},
};

use super::{Answer, Desk};

/// Some days of the book.
#[tauri::command]
pub(crate) async fn day_book(desk: Desk<'_>, args: DayBookQuery) -> Answer<DayBook> {
    Ok(desk.day_book(args).await?)
}

/// Books.
#[tauri::command]
pub(crate) async fn book_appointment(desk: Desk<'_>, args: BookAppointment) -> Answer<Written> {
    Ok(desk.book_appointment(args).await?)
}

/// Moves a booking.
#[tauri::command]
pub(crate) async fn reschedule_appointment(desk: Desk<'_>, args: RescheduleAppointment) -> Answer<Written> {
    Ok(desk.reschedule_appointment(args).await?)
}

/// Calls a booking off.
#[tauri::command]
pub(crate) async fn cancel_appointment(desk: Desk<'_>, args: CancelAppointment) -> Answer<Written> {
    Ok(desk.cancel_appointment(args).await?)
}

/// The patient is here.
#[tauri::command]
pub(crate) async fn record_arrival(desk: Desk<'_>, args: RecordArrival) -> Answer<Written> {
    Ok(desk.record_arrival(args).await?)
}

/// The patient is with the practitioner.
#[tauri::command]
pub(crate) async fn start_consultation(desk: Desk<'_>, args: StartConsultation) -> Answer<Written> {
    Ok(desk.start_consultation(args).await?)
}

/// The consultation is over.
#[tauri::command]
pub(crate) async fn finish_consultation(desk: Desk<'_>, args: FinishConsultation) -> Answer<Written> {
    Ok(desk.finish_consultation(args).await?)
}

/// The patient did not come.
#[tauri::command]
pub(crate) async fn mark_did_not_attend(desk: Desk<'_>, args: MarkDidNotAttend) -> Answer<Written> {
    Ok(desk.mark_did_not_attend(args).await?)
}
