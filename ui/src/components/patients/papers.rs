//! What the desk prints about one patient.

use leptos::prelude::*;
use wattle_domain::PatientId;
use wattle_protocol::ipc::papers::PaperQuery;

use crate::components::icon::Icon;
use crate::state::desk::desk;
use crate::state::print::About;

/// Labels of one sheet.
const SHEET: u32 = 24;

/// Two buttons above the appointments.
#[component]
pub(crate) fn Papers(patient_id: PatientId) -> impl IntoView {
    let desk = desk();
    let print = move |query: PaperQuery| desk.print.paper(desk, query, About::Patient(patient_id));
    view! {
        <div class="row papers">
            <button type="button" class="button small" data-testid="print-card" on:click=move |_| print(PaperQuery::AppointmentCard { patient_id })>{Icon::Printer.svg()}"Appointment card"</button>
            <button type="button" class="button small" data-testid="print-labels" on:click=move |_| print(PaperQuery::Labels { patient_id, count: SHEET })>{Icon::Printer.svg()}"Sheet of labels"</button>
        </div>
    }
}
