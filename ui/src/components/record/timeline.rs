//! Everything in the order of time, with filters.

use leptos::prelude::*;
use wattle_domain::UtcInstant;
use wattle_domain::fields::{AllergyKind, EntryStatus, NoteKind};
use wattle_domain::measure;
use wattle_protocol::ipc::patients::PatientRecord;
use wattle_protocol::ipc::record::ClinicalRecord;

use crate::components::icon::Icon;
use crate::state::book::{Book, book};
use crate::state::record::record;
use crate::{show, words};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Note,
    Medicine,
    Value,
    Problem,
    Visit,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Note, Self::Medicine, Self::Value, Self::Problem, Self::Visit];

    fn label(self) -> &'static str {
        match self {
            Self::Note => "Notes",
            Self::Medicine => "Medicines",
            Self::Value => "Values",
            Self::Problem => "Problems and allergies",
            Self::Visit => "Appointments",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Note => Icon::Note,
            Self::Medicine => Icon::Pill,
            Self::Value => Icon::Activity,
            Self::Problem => Icon::Allergy,
            Self::Visit => Icon::DayBook,
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    at: UtcInstant,
    kind: Kind,
    title: String,
    more: String,
}

/// How many lines show at first, and how many more at a time.
const LINES: usize = 100;

/// The tab.
#[component]
pub(crate) fn Timeline(r: StoredValue<PatientRecord>) -> impl IntoView {
    let (record, book) = (record(), book());
    let desk = record.desk;
    let hidden = RwSignal::new(Vec::<Kind>::new());
    let words_typed = RwSignal::new(String::new());
    let most = RwSignal::new(LINES);
    let all = Memo::new(move |_| {
        let mut lines = record.with(of_record).unwrap_or_default();
        lines.extend(r.with_value(|r| of_visits(r, book)));
        lines.sort_by_key(|l| std::cmp::Reverse(l.at));
        lines
    });
    let found = Memo::new(move |_| {
        let wanted = words_typed.get().trim().to_lowercase();
        let hidden = hidden.get();
        all.with(|lines| {
            let fits = |l: &&Line| {
                !hidden.contains(&l.kind)
                    && (wanted.is_empty()
                        || l.title.to_lowercase().contains(&wanted)
                        || l.more.to_lowercase().contains(&wanted))
            };
            lines.iter().filter(fits).cloned().collect::<Vec<_>>()
        })
    });
    let chips = Kind::ALL.map(|kind| {
        let on = move || !hidden.with(|h| h.contains(&kind));
        let turn = move |_| {
            hidden.update(|h| if h.contains(&kind) { h.retain(|k| *k != kind) } else { h.push(kind) });
        };
        view! {
            <button type="button" class="button small" class:on=on aria-pressed=move || on().to_string() data-testid="timeline-filter" on:click=turn>{kind.icon().svg()}{kind.label()}</button>
        }
    });
    let lines = move || {
        let (zone, now) = (desk.zone.get_untracked(), desk.now.get_untracked());
        found.with(|lines| {
            lines
                .iter()
                .take(most.get())
                .map(|line| {
                    view! {
                        <li class="moment" data-testid="moment">
                            <span class="soft tabular">{show::when(zone, now, line.at)}</span>{line.kind.icon().svg()}
                            <span class="moment-text"><b>{line.title.clone()}</b><span class="soft">{line.more.clone()}</span></span>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    let left = move || found.with(Vec::len).saturating_sub(most.get());
    let older = move || record.with(|r| r.shown < r.total).unwrap_or(false);
    view! {
        <div class="row timeline-bar" role="group" aria-label="What shows">
            {chips.collect_view()}
            <div class="grow"></div>
            <input class="box" type="text" placeholder="Words in it" aria-label="Only lines with these words" autocomplete="off" spellcheck="false" data-testid="timeline-words"
                prop:value=move || words_typed.get() on:input=move |ev| words_typed.set(event_target_value(&ev)) />
        </div>
        <ol class="moments" data-testid="timeline">{lines}</ol>
        <Show when=move || found.with(Vec::is_empty)><p class="soft">"Nothing here. Turn a filter on, or take the words away."</p></Show>
        <Show when=move || { left() > 0 || older() }>
            <button type="button" class="button" data-testid="timeline-more" on:click=move |_| { record.all.set(true); most.update(|m| *m += LINES); }>
                {move || if left() > 0 { format!("Show {} older", left().min(LINES)) } else { "Show older".to_owned() }}
            </button>
        </Show>
    }
}

fn of_record(r: &ClinicalRecord) -> Vec<Line> {
    let made = |id| r.made.get(&id).map(|m| m.at).unwrap_or_default();
    let who = |user| r.names.get(&user).cloned().unwrap_or_else(|| "somebody".to_owned());
    let state = |status: EntryStatus| match status {
        EntryStatus::Active => "",
        EntryStatus::Inactive => "over",
        EntryStatus::EnteredInError => "entered in error",
    };
    let joined = |parts: [Option<String>; 3]| {
        parts.into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let mut lines = Vec::new();
    for n in &r.notes {
        let kind = if n.kind == NoteKind::Addendum { "Addendum" } else { "Note" };
        let head: String = n
            .body
            .split_whitespace()
            .filter(|w| *w != "#")
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(160)
            .collect();
        lines.push(Line {
            at: n.signed_at,
            kind: Kind::Note,
            title: format!("{kind} by {}", who(n.author_id)),
            more: head,
        });
    }
    for m in &r.medications {
        let more = joined([m.directions.clone(), m.reason.clone(), Some(state(m.status).to_owned())]);
        lines.push(Line { at: made(m.id.0), kind: Kind::Medicine, title: m.text.clone(), more });
    }
    for o in &r.observations {
        let Some(value) = o.value_milli else { continue };
        let title = format!(
            "{} {} {}",
            words::observation(o.code),
            measure::show(o.code, value, o.second_milli),
            o.code.measure().unit_text
        );
        lines.push(Line {
            at: o.effective_at,
            kind: Kind::Value,
            title,
            more: o.comment.clone().unwrap_or_default(),
        });
    }
    for c in &r.conditions {
        let more = joined([c.comment.clone(), Some(state(c.status).to_owned()), None]);
        lines.push(Line { at: made(c.id.0), kind: Kind::Problem, title: c.text.clone(), more });
    }
    for a in &r.allergies {
        let title = match a.kind {
            AllergyKind::NilKnown => "Allergies: nil known".to_owned(),
            _ => format!("{}: {}", words::allergy_kind(a.kind), a.substance.clone().unwrap_or_default()),
        };
        let more = joined([a.reaction.clone(), Some(state(a.status).to_owned()), None]);
        lines.push(Line { at: made(a.id.0), kind: Kind::Problem, title, more });
    }
    lines
}

fn of_visits(r: &PatientRecord, book: Book) -> Vec<Line> {
    let line = |card: &wattle_protocol::ipc::daybook::Card| {
        let kind =
            untrack(|| book.kind(card.type_id)).map(|k| k.name).unwrap_or_else(|| "Appointment".to_owned());
        let with = untrack(|| book.practitioner_name(card.practitioner_id));
        let more = [with, words::status(card.status).to_owned()]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join(" · ");
        Line { at: card.start_at, kind: Kind::Visit, title: kind, more }
    };
    r.appointments.iter().map(line).collect()
}
