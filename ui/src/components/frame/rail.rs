//! The rail: one button per page, with what waits behind it.

use leptos::prelude::*;
use wattle_domain::role::{Action, Noun};

use crate::components::icon::Icon;
use crate::state::attention::Attention;
use crate::state::desk::{Page, desk};
use crate::state::record::MAY_READ;
use crate::state::results::Results;
use crate::state::scans::{MAY_FILE, Scanned};
use crate::state::waiting::Waiting;

/// On the left of everything.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let desk = desk();
    let waiting = expect_context::<Waiting>();
    let attention = expect_context::<Attention>();
    let results = expect_context::<Results>();
    let scans = expect_context::<Scanned>();
    let none = Signal::derive(|| 0);
    view! {
        <nav class="rail" aria-label="Pages">
            <RailButton page=Page::DayBook icon=Icon::DayBook label="Day book" test_id="nav-daybook" count=none />
            <RailButton page=Page::Waiting icon=Icon::Waiting label="Waiting" test_id="nav-waiting" count=Signal::derive(move || waiting.count()) />
            <RailButton page=Page::Patients icon=Icon::Patients label="Patients" test_id="nav-patients" count=none />
            <Show when=move || desk.may(MAY_READ)>
                <RailButton page=Page::Results icon=Icon::Inbox label="Results" test_id="nav-results" count=Signal::derive(move || results.count()) />
            </Show>
            <Show when=move || desk.may(MAY_FILE)>
                <RailButton page=Page::Scans icon=Icon::Scan label="Scans" test_id="nav-scans" count=Signal::derive(move || scans.count()) />
            </Show>
            <RailButton page=Page::Addresses icon=Icon::Book label="Addresses" test_id="nav-addresses" count=none />
            <RailButton page=Page::Attention icon=Icon::Attention label="Attention" test_id="nav-attention" loud=true
                count=Signal::derive(move || attention.count()) />
            <RailButton page=Page::Sync icon=Icon::Sync label="Sync" test_id="nav-sync" count=none />
            <Show when=move || desk.may((Noun::Account, Action::Read)) || desk.may((Noun::Practitioner, Action::Write))>
                <RailButton page=Page::People icon=Icon::Confirmed label="People" test_id="nav-people" count=none />
            </Show>
            <Show when=move || desk.may((Noun::Audit, Action::Read))>
                <RailButton page=Page::Audit icon=Icon::History label="Log" test_id="nav-audit" count=none />
            </Show>
            <div class="grow"></div>
            <RailButton page=Page::Help icon=Icon::Help label="Keys" test_id="nav-help" count=none />
        </nav>
    }
}

#[component]
fn RailButton(
    page: Page,
    icon: Icon,
    label: &'static str,
    test_id: &'static str,
    count: Signal<usize>,
    #[prop(optional)] loud: bool,
) -> impl IntoView {
    let desk = desk();
    let here = move || desk.page.get() == page;
    let name = move || match count.get() {
        0 => label.to_owned(),
        n => format!("{label}, {n}"),
    };
    view! {
        <button type="button" class="rail-button" class:here=here aria-label=name aria-current=move || here().then_some("page")
            data-testid=test_id on:click=move |_| desk.page.set(page)>
            <span class="rail-icon">
                {icon.svg()}
                <Show when=move || { count.get() > 0 }>
                    <span class="badge" class:loud=loud>{move || count.get()}</span>
                </Show>
            </span>
            <span class="rail-label">{label}</span>
        </button>
    }
}
