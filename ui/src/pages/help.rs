//! Every key on one page.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::words;
use wattle_domain::fields::AppointmentStatus;

/// Groups of keys.
const KEYS: [(&str, &[(&str, &str)]); 7] = [
    (
        "Anywhere",
        &[
            ("/", "Find a patient, a page or an action"),
            ("Ctrl K", "The same, also while typing"),
            ("F2", "Day book"),
            ("F3", "Waiting room"),
            ("F4", "Patients"),
            ("F6", "Needs attention"),
            ("F7", "Sync"),
            ("Ctrl Z", "Undo the last booking or move"),
            ("Ctrl L", "Lock the screen; the sync goes on"),
            ("Esc", "Close, or put back what is in the air"),
            ("?", "This page"),
        ],
    ),
    (
        "Day book",
        &[
            ("← ↑ ↓ →", "Walk the grid, 15 minutes at a time"),
            ("Shift ↑ ↓", "5 minutes at a time"),
            ("Enter", "Open the appointment, or book a free slot"),
            ("B", "Book here"),
            ("M", "Pick up, put down"),
            ("A", "Arrived"),
            ("D", "Did not attend"),
            ("T", "Today"),
            ("[  ]", "A day back, a day forth"),
            ("W", "Week of this practitioner, and back"),
        ],
    ),
    (
        "A patient's record",
        &[
            ("1 … 7", "The tabs, in their order"),
            ("N", "To the note"),
            ("A  P", "An allergy, a problem"),
            ("M", "A medicine"),
            ("O", "Measured values"),
            ("R", "A recall"),
            ("Ctrl Enter", "Sign the note"),
            ("Esc", "Close the form"),
        ],
    ),
    (
        "Results",
        &[
            ("J  K", "The next result, the one before; also ↓ ↑"),
            ("N  B", "To the word about it, to asking them back"),
            ("O", "Open the patient's record"),
            ("PgDn PgUp", "Pages of the document; + and − zoom, R turns it"),
        ],
    ),
    (
        "Needs attention",
        &[
            ("J  K", "The next thing, the one before; also ↓ ↑"),
            ("1  2 …", "Choose: the number stands on the button"),
            ("Enter", "Into a thing; ← → between its buttons"),
            ("O", "Open the patient's record"),
        ],
    ),
    (
        "Booking",
        &[
            ("name", "Part of a name, a phone, a birth date, a card number"),
            ("↓ ↑", "Through what was found"),
            ("Enter", "Take it; once more books"),
            ("Esc", "Leave the slot free"),
        ],
    ),
    (
        "With the pointer",
        &[
            ("click", "A free slot books, a card opens"),
            ("drag", "A card moves; its lower edge makes it longer or shorter"),
            ("Esc", "While dragging: leave it where it was"),
        ],
    ),
];

/// Keys, and what the signs on a card mean.
#[component]
pub(crate) fn HelpPage() -> impl IntoView {
    let groups = KEYS.iter().map(|(title, keys)| {
        let rows = keys.iter().map(|(key, what)| view! { <dt><kbd>{*key}</kbd></dt><dd>{*what}</dd> });
        view! { <section class="keys-group"><h2>{*title}</h2><dl class="keys">{rows.collect_view()}</dl></section> }
    });
    let states = AppointmentStatus::ALL.iter().filter(|s| **s != AppointmentStatus::Cancelled).map(|s| {
        view! { <dt><span class="state" data-status=s.as_str()>{words::status_icon(*s).svg()}</span></dt><dd>{words::status(*s)}</dd> }
    });
    view! {
        <div class="toolbar"><h1 class="day-title">"Keys and signs"</h1></div>
        <div class="scroll">
            <div class="help" data-testid="help-page">
                {groups.collect_view()}
                <section class="keys-group">
                    <h2>"Signs on a card"</h2>
                    <dl class="keys">
                        {states.collect_view()}
                        <dt><span class="mark alert">{Icon::Attention.svg()}</span></dt><dd>"Has an alert; open the card to read it"</dd>
                        <dt><span class="mark new">{Icon::New.svg()}</span></dt><dd>"First appointment at this clinic"</dd>
                        <dt><span class="mark double">{Icon::Double.svg()}</span></dt><dd>"Booked over another on purpose"</dd>
                        <dt><span class="mark pending">{Icon::CloudUp.svg()}</span></dt><dd>"Saved here, not yet on the server"</dd>
                    </dl>
                    <p class="soft small-print">"On a Mac, Ctrl is the Command key. Icons: Lucide (ISC)."</p>
                </section>
            </div>
        </div>
    }
}
