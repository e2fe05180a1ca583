//! A letter to begin with: its text, the fields that there are, and a sample as it would be printed. A broken one says on
//! which line, and is not saved.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wattle_domain::Rev;
use wattle_domain::commands::SaveLetterTemplate;
use wattle_domain::letter::{FIELDS, check_template};
use wattle_protocol::ipc::letters::TemplateEntry;
use wattle_protocol::ipc::papers::PaperQuery;

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::state::desk::desk;
use crate::state::print::address;
use crate::{ipc, words};

/// The form; `saved` gets the template's id.
#[component]
pub(crate) fn TemplateForm(
    /// Which; a new one if none.
    entry: Option<TemplateEntry>,
    /// Called when it is saved.
    saved: Callback<Uuid>,
) -> impl IntoView {
    let desk = desk();
    let before = entry.as_ref().map(|entry| entry.template.clone());
    let text = |text: Option<&String>| RwSignal::new(text.cloned().unwrap_or_default());
    let name = text(before.as_ref().map(|t| &t.name));
    let subject = text(before.as_ref().map(|t| &t.subject));
    let body = text(before.as_ref().map(|t| &t.body));
    let (pages, busy) = (RwSignal::new(Vec::<String>::new()), RwSignal::new(false));
    let fault = Memo::new(move |_| {
        let fault = subject.with(|subject| body.with(|body| check_template(subject, body).err()));
        fault.map(|fault| words::template_fault(&fault))
    });
    let ready = move || {
        let filled = |text: RwSignal<String>| text.with(|text| !text.trim().is_empty());
        filled(name) && filled(subject) && filled(body) && fault.with(Option::is_none) && !busy.get()
    };
    let (id, seen_rev) = entry.as_ref().map_or((Uuid::nil(), Rev::default()), |e| (e.template.id.0, e.rev));
    let active = before.as_ref().is_none_or(|t| t.active);
    let is_known = before.is_some();
    let save = move |active: bool| {
        if !untrack(ready) {
            return;
        }
        busy.set(true);
        let template = SaveLetterTemplate {
            template_id: id.into(),
            seen_rev,
            name: name.get_untracked(),
            subject: subject.get_untracked(),
            body: body.get_untracked(),
            active,
        };
        spawn_local(async move {
            match ipc::letters::save_letter_template(template).await {
                Ok(written) => {
                    desk.toasts.done("Saved here. It is offered with the next letter.", Vec::new());
                    saved.run(written.id);
                }
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    };
    let sample = move |_| {
        if !untrack(move || fault.with(Option::is_none)) {
            return;
        }
        busy.set(true);
        let query = PaperQuery::Sample { subject: subject.get_untracked(), body: body.get_untracked() };
        spawn_local(async move {
            match ipc::papers::paper(query).await {
                Ok(paper) => drop(pages.try_set(paper.pages.iter().map(|page| address(page)).collect())),
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    };
    let chips = FIELDS.iter().map(|(field, stands_for)| {
        let put = move |_| body.update(|body| body.push_str(&format!("{{{{{field}}}}}")));
        view! { <button type="button" class="button small" data-testid="template-field" data-tip=format!("Such as {stands_for}") on:click=put>{*field}</button> }
    });
    view! {
        <form class="template-form" aria-label="A letter to begin with" data-testid="template-form" on:submit=move |ev: SubmitEvent| { ev.prevent_default(); save(active); }>
            <div class="letter-text">
                <Field label="Name" value=name test_id="template-name" hint="As it is offered: Referral to physiotherapy" first=true />
                <Field label="About" value=subject test_id="template-subject" hint="Referral" />
                <div class="field">
                    <label for="template-body">"The letter"</label>
                    <textarea id="template-body" class="box note-box letter-box" rows="16" data-testid="template-body" spellcheck="true"
                        prop:value=move || body.get() on:input=move |ev| body.set(event_target_value(&ev))></textarea>
                    <div class="below">{move || match fault.get() {
                        Some(said) => view! { <span class="odd" role="alert" data-testid="template-fault">{said}</span> }.into_any(),
                        None => view! { <span class="soft">"A line that begins with # is a heading, one with - a line of a list. A field is put at the end:"</span> }.into_any(),
                    }}</div>
                </div>
                <div class="template-fields" role="group" aria-label="Fields">{chips.collect_view()}</div>
                <div class="row end">
                    {is_known.then(|| view! {
                        <button type="button" class="button" data-testid="template-close" disabled=move || !ready() on:click=move |_| save(!active)
                            data-tip="A closed one is offered no more; letters that were written stay">{if active { "Close it" } else { "Offer it again" }}</button>
                    })}
                    <div class="grow"></div>
                    <button type="button" class="button" data-testid="template-sample" disabled=move || fault.with(Option::is_some) || busy.get() on:click=sample>{Icon::Eye.svg()}"Sample"</button>
                    <button type="submit" class="button primary" data-testid="template-save" disabled=move || !ready()>"Save"</button>
                </div>
            </div>
            <div class="letter-pages" aria-label="A sample" role="region">
                {move || {
                    let pages = pages.get();
                    if pages.is_empty() {
                        view! { <p class="soft centred">"Sample shows the page with names that are nobody's."</p> }.into_any()
                    } else {
                        pages.into_iter().enumerate().map(|(n, page)| view! {
                            <img class="sheet-page" src=page alt=format!("Page {} of the sample", n + 1) data-testid="template-page" />
                        }).collect_view().into_any()
                    }
                }}
            </div>
        </form>
    }
}
