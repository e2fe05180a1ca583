//! Where a note is written.

use leptos::ev::KeyboardEvent;
use leptos::html::Textarea;
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::shortcuts::{SHORTCUTS, expand};
use crate::show;
use crate::state::record::editor::Editor;
use crate::state::record::record;

/// Templates that a button puts in.
const TEMPLATES: [(&str, &str); 3] = [
    ("SOAP", "# Subjective\n\n# Objective\n\n# Assessment\n\n# Plan\n"),
    ("History and examination", "# History\n\n# Examination\n\n# Impression\n\n# Plan\n"),
    ("Phone call", "# Phone call\nSpoke with \n\n# Advice\n"),
];

/// Above the signed notes.
#[component]
pub(crate) fn NoteEditor() -> impl IntoView {
    let record = record();
    view! { {move || record.editor.get().map(|editor| view! { <One editor=editor /> })} }
}

#[component]
fn One(editor: Editor) -> impl IntoView {
    let record = record();
    let desk = record.desk;
    let area = NodeRef::<Textarea>::new();
    let sizes = move |lines: usize| lines.clamp(6, 24);
    let rows = move || sizes(editor.body.with(|b| b.lines().count()) + 2);
    let input = move |ev: leptos::ev::Event| {
        let typed = event_target_value(&ev);
        let cursor = area.get_untracked().and_then(|a| a.selection_start().ok().flatten());
        let longer = cursor.and_then(|at| expand(&typed, usize::try_from(at).unwrap_or(0)));
        match (longer, area.get_untracked()) {
            (Some((text, at)), Some(area)) => {
                area.set_value(&text);
                let at = u32::try_from(at).ok();
                drop(area.set_selection_start(at));
                drop(area.set_selection_end(at));
                editor.typed(text);
            }
            _ => editor.typed(typed),
        }
    };
    let on_key = move |ev: KeyboardEvent| {
        if ev.key() == "Enter" && (ev.ctrl_key() || ev.meta_key()) {
            editor.sign();
            ev.prevent_default();
            ev.stop_propagation();
        }
    };
    let title = match (editor.amends, editor.supersedes) {
        (Some(_), _) => "Addendum",
        (_, Some(_)) => "Instead of an earlier note",
        _ => "New note",
    };
    let of =
        move || editor.appointment_id.get().map(|_| view! { <span class="tag">"this consultation"</span> });
    let state = move || {
        if editor.unsaved.get() {
            ("danger", "Not saved: copy it somewhere, and free some space".to_owned())
        } else if editor.is_empty() {
            ("soft", "Saved here on every pause".to_owned())
        } else if editor.is_saved() {
            let at = editor.saved_at.get().map(|at| show::ago(desk.now.get(), at)).unwrap_or_default();
            ("ok", format!("Draft saved here {at}"))
        } else {
            ("soft", "Typing …".to_owned())
        }
    };
    let saved = move || editor.is_saved() && !editor.is_empty();
    let put = move |template: &'static str| {
        let mut text = editor.body.get_untracked();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(template);
        editor.typed(text);
        if let Some(area) = area.get_untracked() {
            drop(area.focus());
        }
    };
    let helps = RwSignal::new(false);
    view! {
        <section class="note-editor" aria-label=title data-testid="note-editor" data-saved=move || saved().to_string()>
            <div class="part-head">
                <h2>{title}</h2>{of}
                <div class="grow"></div>
                {TEMPLATES.map(|(name, text)| view! { <button type="button" class="button bare small" data-testid="note-template" on:click=move |_| put(text)>{name}</button> }).into_iter().collect_view()}
                <button type="button" class="button bare small icon-only" aria-label="Short words" aria-expanded=move || helps.get().to_string() data-tip="Short words" on:click=move |_| helps.update(|h| *h = !*h)>{Icon::Help.svg()}</button>
            </div>
            <Show when=move || helps.get()>
                <dl class="keys short-words">
                    {SHORTCUTS.iter().map(|(short, long)| view! { <dt><kbd>{*short}</kbd></dt><dd class="cut">{long.replace('\n', " ")}</dd> }).collect_view()}
                </dl>
            </Show>
            <textarea class="box note-box" node_ref=area aria-label=title data-testid="note-body-input" spellcheck="true" rows=move || rows().to_string()
                placeholder="# begins a heading, - a list. Short words such as .soap and a blank become long ones."
                prop:value=move || editor.body.get() on:input=input on:keydown=on_key on:blur=move |_| editor.save()></textarea>
            <div class="row">
                <span class="small-print" role="status" data-testid="draft-state" class:soft=move || state().0 == "soft" class:odd=move || state().0 == "danger">{move || state().1}</span>
                <div class="grow"></div>
                <Show when=move || !editor.is_empty()>
                    <button type="button" class="button" data-testid="note-discard" on:click=move |_| editor.discard()>"Throw away"</button>
                </Show>
                <button type="button" class="button primary" data-testid="note-sign" disabled=move || editor.is_empty() on:click=move |_| editor.sign()>{Icon::Check.svg()}"Sign"<kbd>"Ctrl Enter"</kbd></button>
            </div>
        </section>
    }
}
