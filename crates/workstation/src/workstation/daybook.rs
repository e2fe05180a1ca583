//! The day book: see `wattle_protocol::ipc::daybook`.

use wattle_domain::commands::{
    BookAppointment, CancelAppointment, FinishConsultation, MarkDidNotAttend, RecordArrival,
    RescheduleAppointment, StartConsultation,
};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::daybook::{DayBook, DayBookQuery};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// Some days of the book.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn day_book(&self, query: DayBookQuery) -> Result<DayBook, Error> {
        self.read(move |store| store.day_book(&query)).await
    }

    /// Books; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no; [`Error::Locked`]; when it could not be saved.
    pub async fn book_appointment(&self, mut args: BookAppointment) -> Result<Written, Error> {
        self.fill(&mut args.appointment_id.0);
        let id = args.appointment_id;
        self.write(args, id).await
    }

    /// Moves a booking.
    ///
    /// # Errors
    /// As [`Workstation::book_appointment`].
    pub async fn reschedule_appointment(&self, args: RescheduleAppointment) -> Result<Written, Error> {
        let id = args.appointment_id;
        self.write(args, id).await
    }

    /// Calls a booking off.
    ///
    /// # Errors
    /// As [`Workstation::book_appointment`].
    pub async fn cancel_appointment(&self, args: CancelAppointment) -> Result<Written, Error> {
        let id = args.appointment_id;
        self.write(args, id).await
    }

    /// The patient is here.
    ///
    /// # Errors
    /// As [`Workstation::book_appointment`].
    pub async fn record_arrival(&self, args: RecordArrival) -> Result<Written, Error> {
        let id = args.appointment_id;
        self.write(args, id).await
    }

    /// The patient is with the practitioner.
    ///
    /// # Errors
    /// As [`Workstation::book_appointment`].
    pub async fn start_consultation(&self, args: StartConsultation) -> Result<Written, Error> {
        let id = args.appointment_id;
        self.write(args, id).await
    }

    /// The consultation is over.
    ///
    /// # Errors
    /// As [`Workstation::book_appointment`].
    pub async fn finish_consultation(&self, args: FinishConsultation) -> Result<Written, Error> {
        let id = args.appointment_id;
        self.write(args, id).await
    }

    /// The patient did not come.
    ///
    /// # Errors
    /// As [`Workstation::book_appointment`].
    pub async fn mark_did_not_attend(&self, args: MarkDidNotAttend) -> Result<Written, Error> {
        let id = args.appointment_id;
        self.write(args, id).await
    }
}
