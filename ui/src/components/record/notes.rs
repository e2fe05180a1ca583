//! Notes: the one that is being written, then the signed ones.

use leptos::prelude::*;
use wattle_domain::entities::ClinicalNote;
use wattle_domain::fields::NoteKind;
use wattle_domain::role::{Action, Noun};

use crate::components::icon::Icon;
use crate::components::record::editor::NoteEditor;
use crate::show;
use crate::state::record::{Begin, record};

/// The tab.
#[component]
pub(crate) fn Notes() -> impl IntoView {
    let record = record();
    let writes = record.desk.may((Noun::ClinicalRecord, Action::Write));
    let others = move || {
        let here = record.editor.get().map(|e| e.note_id.get());
        let drafts = record.with(|r| r.drafts.clone()).unwrap_or_default();
        let others: Vec<_> = drafts
            .into_iter()
            .filter(|d| d.letter.is_none() && Some(d.note_id) != here && !d.body.trim().is_empty())
            .collect();
        others
            .into_iter()
            .map(|draft| {
                let head: String = draft.body.trim().chars().take(60).collect();
                view! {
                    <div class="strip slim" data-testid="other-draft">{Icon::Pencil.svg()}<span class="cut">"Another draft: "{head}</span>
                        <button type="button" class="button small" on:click=move |_| record.open_draft(draft.clone())>"Go on with it"</button></div>
                }
            })
            .collect_view()
    };
    let notes = move || {
        record.get().map(|r| {
            let none = r.notes.is_empty();
            let more = r.shown < r.total;
            // Addenda stand under their note, what was replaced under what replaces it.
            let heads = r.notes.iter().filter(|n| {
                let under = n.amends.is_some_and(|id| r.notes.iter().any(|o| o.id == id));
                !under && !r.notes.iter().any(|later| later.supersedes == Some(n.id))
            });
            let heads: Vec<ClinicalNote> = heads.cloned().collect();
            view! {
                {heads.into_iter().map(|note| view! { <NoteCard note=note /> }).collect_view()}
                {none.then(|| view! { <p class="soft">"No note has been signed yet."</p> })}
                {more.then(|| view! {
                    <button type="button" class="button" data-testid="show-all" on:click=move |_| record.all.set(true)>{format!("Show everything ({} entries)", r.total)}</button>
                })}
            }
        })
    };
    view! {
        <div class="notes">
            {writes.then(|| view! { <NoteEditor /> })}
            {others}
            {notes}
        </div>
    }
}

/// A signed note with its addenda, and what can follow it.
#[component]
pub(crate) fn NoteCard(
    note: ClinicalNote,
    /// The beginning only, without buttons.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let record = record();
    let (zone, now) = (record.desk.zone.get_untracked(), record.desk.now.get_untracked());
    let id = note.id;
    let (addenda, before, by, pending) = untrack(|| {
        record.with(|r| {
            let addenda: Vec<_> = r.notes.iter().filter(|n| n.amends == Some(id)).rev().cloned().collect();
            let before = note.supersedes.and_then(|old| r.notes.iter().find(|n| n.id == old).cloned());
            let by = r.names.get(&note.author_id).cloned();
            (addenda, before, by, r.pending.contains(&id.0))
        })
    })
    .unwrap_or_default();
    let me = record.desk.session.with_untracked(|s| s.as_ref().map(|s| s.user));
    let mine = me == Some(note.author_id);
    let writes = !short && record.desk.may((Noun::ClinicalRecord, Action::Write));
    let by = by.unwrap_or_else(|| "somebody".to_owned());
    let body = note.body.clone();
    let addendum = note.kind == NoteKind::Addendum;
    view! {
        <article class="note-card" class:short=short data-testid="note" data-id=id.0.to_string() data-pending=pending.to_string()>
            <header class="note-head">
                {Icon::Note.svg()}<b>{by}</b><span class="soft tabular">{show::when(zone, now, note.signed_at)}</span>
                {addendum.then(|| view! { <span class="tag">"addendum"</span> })}
                {before.is_some().then(|| view! { <span class="tag">"replaces an earlier note"</span> })}
                {pending.then(|| view! { <span class="worded mark pending">{Icon::CloudUp.svg()}"not yet on the server"</span> })}
                <div class="grow"></div>
                {writes.then(|| view! {
                    <button type="button" class="button bare small" data-testid="note-addendum" on:click=move |_| record.begin(Begin::Addendum(id))>"Addendum"</button>
                })}
                {(writes && mine && !addendum).then(|| view! {
                    <button type="button" class="button bare small" data-testid="note-replace" on:click=move |_| record.begin(Begin::Instead(id, body.clone()))>"Replace"</button>
                })}
            </header>
            <NoteBody text=note.body />
            {(!short).then(|| addenda.into_iter().map(|a| view! { <div class="addendum"><NoteCard note=a /></div> }.into_any()).collect::<Vec<_>>())}
            {before.filter(|_| !short).map(|old| view! {
                <details class="past"><summary>"As it was before"</summary><NoteBody text=old.body /></details>
            })}
        </article>
    }
}

/// The text: headings, lists, lines.
#[component]
pub(crate) fn NoteBody(text: String) -> impl IntoView {
    let lines = text
        .lines()
        .map(|line| match line {
            _ if line.starts_with('#') => {
                view! { <h3>{line.trim_start_matches(['#', ' ']).to_owned()}</h3> }.into_any()
            }
            _ if line.starts_with("- ") => {
                view! { <p class="item-line">{line.get(2..).unwrap_or_default().to_owned()}</p> }.into_any()
            }
            _ if line.trim().is_empty() => view! { <p class="gap"></p> }.into_any(),
            _ => view! { <p>{line.to_owned()}</p> }.into_any(),
        })
        .collect::<Vec<_>>();
    view! { <div class="note-body" data-testid="note-body">{lines}</div> }
}
