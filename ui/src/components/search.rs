//! The search over everything: patients, pages, actions. `/` or Ctrl/Cmd K from anywhere.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;
use wattle_protocol::ipc::patients::{PatientHit, SearchPatients};

use crate::components::field::focus_once;
use crate::components::icon::Icon;
use crate::components::patients::hit::{HitLine, nearest};
use crate::ipc;
use crate::state::book::{Book, book};
use crate::state::desk::{Desk, Page, desk};
use crate::state::live::Live;
use crate::state::patients::{Pane, Patients};

const LINES: u32 = 8;

/// What a line does.
#[derive(Clone, PartialEq)]
enum Line {
    Patient(PatientHit),
    Act(Act),
}

/// A page or an action.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Act {
    text: &'static str,
    more: &'static str,
    icon: Icon,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Go(Page),
    Register,
    Today,
    Week,
    Lock,
    Colours,
}

const ACTS: [Act; 13] = [
    Act { text: "Day book", more: "F2", icon: Icon::DayBook, what: What::Go(Page::DayBook) },
    Act { text: "Waiting room", more: "F3", icon: Icon::Waiting, what: What::Go(Page::Waiting) },
    Act { text: "Patients", more: "F4", icon: Icon::Patients, what: What::Go(Page::Patients) },
    Act { text: "Scans", more: "", icon: Icon::Scan, what: What::Go(Page::Scans) },
    Act {
        text: "Address book and letter templates",
        more: "",
        icon: Icon::Book,
        what: What::Go(Page::Addresses),
    },
    Act { text: "Needs attention", more: "F6", icon: Icon::Attention, what: What::Go(Page::Attention) },
    Act { text: "Sync", more: "F7", icon: Icon::Sync, what: What::Go(Page::Sync) },
    Act { text: "Register a new patient", more: "", icon: Icon::PersonPlus, what: What::Register },
    Act { text: "Go to today", more: "T", icon: Icon::DayBook, what: What::Today },
    Act { text: "Show a week", more: "W", icon: Icon::DayBook, what: What::Week },
    Act { text: "Lock the screen", more: "Ctrl L", icon: Icon::Lock, what: What::Lock },
    Act { text: "Light or dark colours", more: "", icon: Icon::System, what: What::Colours },
    Act { text: "Keys and signs", more: "?", icon: Icon::Help, what: What::Go(Page::Help) },
];

/// Over everything while it is open.
#[component]
pub(crate) fn SearchDialog() -> impl IntoView {
    let desk = desk();
    view! { <Show when=move || desk.search.get()><Open /></Show> }
}

#[component]
fn Open() -> impl IntoView {
    let (desk, book, patients) = (desk(), book(), expect_context::<Patients>());
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let input = NodeRef::<Input>::new();
    focus_once(input);
    let hits = Live::new(
        move || {
            let query = typed.get().trim().to_owned();
            (!query.is_empty()).then_some(query)
        },
        |query| ipc::patients::search_patients(SearchPatients { query, limit: LINES }),
    );
    let lines = Memo::new(move |_| lines(&typed.get(), hits.value.get().unwrap_or_default()));
    Effect::new(move |_| {
        typed.track();
        at.set(0);
    });
    let run = move |index: usize| {
        let Some(line) = lines.with_untracked(|l| l.get(index).cloned()) else { return };
        desk.search.set(false);
        act(desk, book, patients, &line, &typed.get_untracked());
    };
    let on_key = move |ev: KeyboardEvent| {
        let last = lines.with_untracked(|l| l.len().saturating_sub(1));
        match ev.key().as_str() {
            "ArrowDown" => at.update(|a| *a = (*a + 1).min(last)),
            "ArrowUp" => at.update(|a| *a = a.saturating_sub(1)),
            "Enter" => run(at.get_untracked()),
            "Escape" => desk.search.set(false),
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    };
    view! {
        <div class="veil high" on:click=move |_| desk.search.set(false)>
            <div class="dialog search-dialog" role="dialog" aria-modal="true" aria-label="Find" data-testid="search-dialog" on:click=|ev| ev.stop_propagation()>
                <div class="search-box large">
                    {Icon::Search.svg()}
                    <input class="box" node_ref=input type="text" autocomplete="off" spellcheck="false" placeholder="Name, phone, birth date, card number, page …"
                        aria-label="Find a patient, a page or an action" role="combobox" aria-expanded="true" aria-controls="search-lines" data-testid="search-input"
                        prop:value=move || typed.get() on:input=move |ev| typed.set(event_target_value(&ev)) on:keydown=on_key />
                    <kbd>"Esc"</kbd>
                </div>
                <div class="hits" role="listbox" aria-label="Found" id="search-lines">
                    {move || lines.get().into_iter().enumerate().map(|(index, line)| {
                        let on = Signal::derive(move || at.get() == index);
                        match line {
                            Line::Patient(hit) => view! {
                                <HitLine hit=hit on=on test_id="search-hit" chosen=Callback::new(move |()| run(index)) over=Callback::new(move |()| at.set(index)) />
                            }.into_any(),
                            Line::Act(a) => view! { <ActLine a=a on=on index=index at=at run=Callback::new(run) /> }.into_any(),
                        }
                    }).collect_view()}
                </div>
                <Show when=move || lines.with(Vec::is_empty)>
                    <p class="soft pad">"Nothing found. Try fewer letters, or the phone number."</p>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn ActLine(
    a: Act,
    on: Signal<bool>,
    index: usize,
    at: RwSignal<usize>,
    run: Callback<usize>,
) -> impl IntoView {
    let line = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if on.get()
            && let Some(line) = line.get()
        {
            nearest(&line);
        }
    });
    view! {
        <div class="hit act" role="option" node_ref=line aria-selected=move || on.get().to_string() class:on=on data-testid="search-act"
            on:click=move |_| run.run(index) on:pointermove=move |_| at.set(index)>
            {a.icon.svg()}<span>{a.text}</span><div class="grow"></div>{(!a.more.is_empty()).then(|| view! { <kbd>{a.more}</kbd> })}
        </div>
    }
}

/// Patients first; pages and actions whose words begin with what is typed. Registering is always offered last.
fn lines(typed: &str, hits: Vec<PatientHit>) -> Vec<Line> {
    let typed = typed.trim().to_lowercase();
    let mut lines: Vec<Line> = hits.into_iter().map(Line::Patient).collect();
    let fits = |a: &&Act| {
        let words = a.text.to_lowercase();
        typed.is_empty() || words.starts_with(&typed) || words.split(' ').any(|w| w.starts_with(&typed))
    };
    lines.extend(ACTS.iter().filter(fits).copied().map(Line::Act));
    let offered = lines.iter().any(|l| matches!(l, Line::Act(a) if a.what == What::Register));
    if !typed.is_empty() && !offered {
        lines.extend(ACTS.iter().find(|a| a.what == What::Register).copied().map(Line::Act));
    }
    lines
}

fn act(desk: Desk, book: Book, patients: Patients, line: &Line, typed: &str) {
    let what = match line {
        Line::Patient(hit) => {
            desk.open_patient(patients, hit.id);
            return;
        }
        Line::Act(a) => a.what,
    };
    match what {
        What::Go(page) => desk.page.set(page),
        What::Register => {
            patients.pane.set(Pane::Register { typed: typed.to_owned(), slot: None });
            desk.page.set(Page::Patients);
        }
        What::Today => {
            desk.page.set(Page::DayBook);
            book.go_to(desk.today.get_untracked());
        }
        What::Week => {
            desk.page.set(Page::DayBook);
            book.toggle_week();
        }
        What::Lock => desk.lock(),
        What::Colours => desk.theme.update(|t| *t = t.next()),
    }
}
