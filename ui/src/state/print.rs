//! What is being printed: pages on a layer of their own, which only paper shows.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::{Access, NoteAccess, NoteDaySheet};
use wattle_domain::{ClinicDate, PatientId};
use wattle_protocol::ipc::papers::PaperQuery;

use crate::ipc;
use crate::state::desk::Desk;

/// What the log says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Something of a patient's record.
    Patient(PatientId),
    /// The book of a day.
    Day(ClinicDate),
}

/// A paper on its way to the printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Printing {
    /// Its pages, as addresses of pictures.
    pub(crate) pages: Vec<String>,
    /// The size of a page, as CSS says it.
    pub(crate) size: &'static str,
}

/// The layer.
#[derive(Clone, Copy)]
pub(crate) struct Print {
    /// What is on it.
    pub(crate) now: RwSignal<Option<Printing>>,
}

impl Print {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { now: RwSignal::new(None) }
    }

    /// Typesets a paper, notes in the log that it is printed, and opens the system's dialog. Noted first: a paper that nobody
    /// took out of the printer is in the log, and none that somebody did is missing.
    pub(crate) fn paper(self, desk: Desk, query: PaperQuery, about: About) {
        let size = match &query {
            PaperQuery::DaySheet { .. } => "A4 landscape",
            PaperQuery::AppointmentCard { .. } => "A6 landscape",
            PaperQuery::Draft(_)
            | PaperQuery::Sample { .. }
            | PaperQuery::Letter { .. }
            | PaperQuery::Labels { .. } => "A4 portrait",
        };
        spawn_local(async move {
            let pages = match ipc::papers::paper(query).await {
                Ok(pages) => pages.pages.iter().map(|page| address(page)).collect(),
                Err(error) => return desk.toasts.fault(&error),
            };
            let noted = match about {
                About::Patient(patient_id) => {
                    ipc::patients::note_access(NoteAccess { patient_id, access: Access::Printed }).await
                }
                About::Day(date) => ipc::papers::note_day_sheet(NoteDaySheet { date }).await,
            };
            match noted {
                Ok(_) => self.now.set(Some(Printing { pages, size })),
                Err(error) => desk.toasts.fault(&error),
            }
        });
    }
}

/// A picture's address that holds the picture: nothing of it can run, and nothing is fetched.
pub(crate) fn address(svg: &str) -> String {
    format!("data:image/svg+xml;charset=utf-8,{}", String::from(js_sys::encode_uri_component(svg)))
}
