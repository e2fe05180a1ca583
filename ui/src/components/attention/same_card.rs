//! Two patients have one Medicare card: which record is wrong, or are they one person?

use leptos::prelude::*;
use wattle_protocol::ipc::attention::SameCardItem;

use super::card::{Head, Way, card, row};
use crate::components::icon::Icon;
use crate::show;
use crate::state::desk::Desk;
use crate::state::patients::Patients;

/// One button for each record.
pub(crate) fn same_card(desk: Desk, item: SameCardItem) -> AnyView {
    let patients = expect_context::<Patients>();
    let number = format!("{} / {}", show::identifier("medicare", &item.number), item.reference);
    let names: Vec<String> = item
        .patients
        .iter()
        .map(|one| one.name.clone().unwrap_or_else(|| "somebody whose record is not here".to_owned()))
        .collect();
    let said = format!(
        "{} have the Medicare card {number}, the same line of it. Each line of a card is one person's: look at the card, and put the wrong one right. \
         If they are one person with two records, keep one, and leave the card off the other.",
        names.join(" and ")
    );
    let ways = item.patients.iter().zip(&names).map(|(one, name)| {
        let id = one.patient_id;
        Way::new(format!("Open {name}"), "", "same-card-open", move || desk.open_patient(patients, id))
    });
    let head = Head {
        kind: "same_card",
        id: item.patients.first().map(|one| one.patient_id.to_string()).unwrap_or_default(),
        of: "same_card".to_owned(),
        icon: Icon::Double,
        title: "Two patients with one Medicare card".to_owned(),
        patient: None,
        nobody: None,
    };
    let body = view! {
        <p>{said}</p>
        {row(ways.collect(), 1, RwSignal::new(false))}
    };
    card(desk, head, body.into_any())
}
