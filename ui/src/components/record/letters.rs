//! Letters: the one that is being written, those that were filed; and the record out of the house.

use leptos::prelude::*;
use wattle_domain::entities;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::papers::PaperQuery;
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::icon::Icon;
use crate::components::record::letter_form::LetterForm;
use crate::components::record::notes::NoteBody;
use crate::components::record::share::Share;
use crate::show;
use crate::state::print::About;
use crate::state::record::record;

/// The tab.
#[component]
pub(crate) fn Letters(r: StoredValue<PatientRecord>) -> impl IntoView {
    let record = record();
    let writes = record.desk.may((Noun::ClinicalRecord, Action::Write));
    let writing =
        move || record.patient.get().and_then(|id| record.letters.with(|all| all.get(&id).copied()));
    let filed = move || {
        record.with(|r| {
            let none = r.letters.is_empty();
            let cards =
                r.letters.iter().cloned().map(|letter| view! { <LetterCard letter=letter /> }).collect_view();
            view! { {cards}{none.then(|| view! { <p class="soft">"No letter has been written yet."</p> })} }
        })
    };
    view! {
        <div class="letters">
            {move || match writing() {
                Some(letter) => view! { <LetterForm letter=letter /> }.into_any(),
                None if writes => view! {
                    <div class="row"><button type="button" class="button primary" data-testid="letter-new" on:click=move |_| record.write_letter()>{Icon::Pencil.svg()}"Write a letter"</button></div>
                }.into_any(),
                None => ().into_any(),
            }}
            <div class="part-head"><h2>"Filed"</h2></div>
            {filed}
            <Share r=r />
        </div>
    }
}

/// A letter as it was filed.
#[component]
fn LetterCard(letter: entities::Letter) -> impl IntoView {
    let record = record();
    let (zone, now) = (record.desk.zone.get_untracked(), record.desk.now.get_untracked());
    let (id, patient) = (letter.id, letter.patient_id);
    let (by, pending) = untrack(|| {
        record
            .with(|r| (r.names.get(&letter.author_id).cloned(), r.pending.contains(&id.0)))
            .unwrap_or_default()
    });
    let to = letter.recipient.lines().next().unwrap_or_default().to_owned();
    let print = move |_| {
        let query = PaperQuery::Letter { letter_id: id };
        record.desk.print.paper(record.desk, query, About::Patient(patient));
    };
    view! {
        <article class="note-card" data-testid="letter" data-id=id.0.to_string() data-pending=pending.to_string()>
            <header class="note-head">
                {Icon::Note.svg()}<b>{letter.subject}</b><span>"to "{to}</span>
                <span class="soft tabular">{show::when(zone, now, letter.written_at)}", "{by.unwrap_or_else(|| "somebody".to_owned())}</span>
                {pending.then(|| view! { <span class="worded mark pending">{Icon::CloudUp.svg()}"not yet on the server"</span> })}
                <div class="grow"></div>
                <button type="button" class="button bare small" data-testid="letter-print" on:click=print>{Icon::Printer.svg()}"Print"</button>
            </header>
            <details class="past"><summary>"Read"</summary><NoteBody text=letter.body /></details>
        </article>
    }
}
