//! The day book and what is done in it.

use wattle_domain::commands::{
    BookAppointment, CancelAppointment, FinishConsultation, MarkDidNotAttend, RecordArrival,
    RescheduleAppointment, StartConsultation,
};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::daybook::{DayBook, DayBookQuery};

use super::{Answer, call};

/// `day_book`.
pub(crate) async fn day_book(args: DayBookQuery) -> Answer<DayBook> {
    call("day_book", &args).await
}

/// `book_appointment`.
pub(crate) async fn book_appointment(args: BookAppointment) -> Answer<Written> {
    call("book_appointment", &args).await
}

/// `reschedule_appointment`.
pub(crate) async fn reschedule_appointment(args: RescheduleAppointment) -> Answer<Written> {
    call("reschedule_appointment", &args).await
}

/// `cancel_appointment`.
pub(crate) async fn cancel_appointment(args: CancelAppointment) -> Answer<Written> {
    call("cancel_appointment", &args).await
}

/// `record_arrival`.
pub(crate) async fn record_arrival(args: RecordArrival) -> Answer<Written> {
    call("record_arrival", &args).await
}

/// `start_consultation`.
pub(crate) async fn start_consultation(args: StartConsultation) -> Answer<Written> {
    call("start_consultation", &args).await
}

/// `finish_consultation`.
pub(crate) async fn finish_consultation(args: FinishConsultation) -> Answer<Written> {
    call("finish_consultation", &args).await
}

/// `mark_did_not_attend`.
pub(crate) async fn mark_did_not_attend(args: MarkDidNotAttend) -> Answer<Written> {
    call("mark_did_not_attend", &args).await
}
