//! A change that a rule stopped, or that the server keeps undecided: what it was, why, and what can be done instead. Changes
//! that stand or fall together are one card.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::rejection::FreeSlot;
use wattle_domain::{CommandId, RejectionCode};
use wattle_protocol::ipc::attention::{RejectedItem, SetAside, TryAgain};

use super::card::{Head, Way, card, row};
use super::said::{Now, capital, meant};
use crate::components::icon::Icon;
use crate::state::desk::Desk;
use crate::state::toasts::WayOut;
use crate::{ipc, show, words};

/// The ways out are filled in where there are any. `items` are one command, or all of a group.
pub(crate) fn rejected_card(desk: Desk, items: Vec<RejectedItem>) -> AnyView {
    let now = Now { zone: desk.zone.get_untracked(), at: desk.now.get_untracked() };
    // The one that a rule stopped speaks for the group.
    let refused = |item: &&RejectedItem| {
        item.rejection.as_ref().is_some_and(|r| r.code != RejectionCode::GroupRefused) || item.quarantined
    };
    let Some(first) = items.iter().find(refused).or_else(|| items.first()).cloned() else {
        return ().into_any();
    };
    let ids: Vec<CommandId> = items.iter().map(|item| item.command_id).collect();
    let group = items.len() > 1;
    let title = match (group, first.quarantined) {
        (true, true) => format!("{} changes that belong together could not be decided", items.len()),
        (true, false) => format!("{} changes that belong together were not accepted", items.len()),
        (false, true) => format!("{} could not be decided", words::command(&first.name)),
        (false, false) => format!("{} was not accepted", words::command(&first.name)),
    };
    let named = items.iter().find(|item| item.patient_name.is_some()).unwrap_or(&first);
    let here = named.patient_id.filter(|_| named.name != "register_patient");
    let head = Head {
        kind: if first.quarantined { "quarantine" } else { "rejected" },
        id: first.command_id.to_string(),
        of: first.name.clone(),
        icon: if first.quarantined { Icon::Lock } else { Icon::Attention },
        title,
        patient: here.zip(named.patient_name.clone()),
        nobody: named.patient_name.clone().filter(|_| here.is_none()),
    };
    let lines: Vec<AnyView> = items.iter().flat_map(|item| what(item, group, now)).collect();
    let by =
        if first.mine { "you".to_owned() } else { first.by.clone().unwrap_or_else(|| "somebody".into()) };
    let made = format!("{}, at this workstation, {}", capital(&by), now.when(first.issued_at));
    let busy = RwSignal::new(false);
    let free = free(desk, &first, &ids, busy, now);
    let taken = free.len();
    let with = first.about.as_ref().and_then(|about| about.practitioner_name.clone());
    let free = (taken > 0).then(|| {
        let with = with.map_or_else(String::new, |name| format!(" with {name}"));
        view! { <div class="row"><span class="soft">{format!("Free instead{with}")}</span>{row(free, 1, busy)}</div> }.into_any()
    });
    let ways = row(ways(desk, &first, &ids, busy), taken + 1, busy);
    let number = first.quarantined.then(|| {
        let read_out = format!("{} · number {}", first.command_id, first.n);
        view! { <p class="soft">"To read out to support: "<span class="id tabular">{read_out}</span></p> }
    });
    let body = view! {
        <dl class="told">
            <dt>"Meant"</dt><dd>{lines}</dd>
            <dt>"By"</dt><dd class="tabular">{made}</dd>
            <dt>"Why not"</dt><dd>{why(&first, group)}</dd>
        </dl>
        {number}
        {free}
        {ways}
    };
    card(desk, head, body.into_any())
}

/// A command's lines; within a group each says what kind of change it is.
fn what(item: &RejectedItem, group: bool, now: Now) -> Vec<AnyView> {
    let mut lines = meant(item, now);
    if group || lines.is_empty() {
        let name = words::command(&item.name);
        lines =
            vec![if lines.is_empty() { name.to_owned() } else { format!("{name}: {}", lines.join("; ")) }];
    }
    lines.into_iter().map(|line| view! { <div>{line}</div> }.into_any()).collect()
}

fn why(item: &RejectedItem, group: bool) -> String {
    let undone =
        if group { " None of them is in effect." } else { " It is not in effect; nothing else was changed." };
    match &item.rejection {
        Some(rejection) => format!("{}{undone}", words::rejected(rejection)),
        None if item.quarantined => "The server failed over it several times and has put it aside there, whole and signed, so that the \
            rest could go on. It is not lost, and not in effect. Call support and read out the number below."
            .to_owned(),
        None => format!("It was found in an older copy of this computer's file and was never sent.{undone}"),
    }
}

/// The nearest free times, in their order.
fn free(desk: Desk, item: &RejectedItem, ids: &[CommandId], busy: RwSignal<bool>, now: Now) -> Vec<Way> {
    if ids.len() > 1 || !matches!(item.name.as_str(), "book_appointment" | "reschedule_appointment") {
        return Vec::new();
    }
    let mut free = item.rejection.as_ref().map(|r| r.free.clone()).unwrap_or_default();
    free.truncate(4);
    free.sort_by_key(|slot| slot.start_at);
    let way = |slot: FreeSlot| {
        let ids = ids.to_vec();
        let run = move || again(desk, ids.clone(), Some(slot), busy);
        Way::new(now.when(slot.start_at), "", "attention-free", run)
    };
    free.into_iter().map(way).collect()
}

fn ways(desk: Desk, item: &RejectedItem, ids: &[CommandId], busy: RwSignal<bool>) -> Vec<Way> {
    let mut ways = Vec::new();
    // What the server still keeps would be done twice when support releases it.
    if !item.quarantined {
        let ids = ids.to_vec();
        let label = if ids.len() > 1 { "Try all again" } else { "Try again" };
        ways.push(Way::new(label, "As a new change of yours", "attention-again", move || {
            again(desk, ids.clone(), None, busy);
        }));
    }
    let ids = ids.to_vec();
    ways.push(Way::new("Set aside", "Dealt with otherwise; it is kept", "attention-set-aside", move || {
        set_aside(desk, ids.clone(), false);
    }));
    ways
}

/// Takes commands off the list, or puts them back.
fn set_aside(desk: Desk, ids: Vec<CommandId>, back: bool) {
    spawn_local(async move {
        for command_id in &ids {
            if let Err(error) = ipc::attention::set_aside(SetAside { command_id: *command_id, back }).await {
                desk.toasts.fault(&error);
                return;
            }
        }
        if !back {
            let undo = WayOut::new("Put back", move || set_aside(desk, ids.clone(), true));
            desk.toasts.done("Set aside. It stays below for a week.", vec![undo]);
        }
    });
}

fn again(desk: Desk, command_ids: Vec<CommandId>, slot: Option<FreeSlot>, busy: RwSignal<bool>) {
    busy.set(true);
    spawn_local(async move {
        match ipc::attention::try_again(TryAgain { command_ids, slot }).await {
            Ok(_) => desk.toasts.done("Done again as a new change, saved here.", Vec::new()),
            Err(error) => {
                busy.try_set(false);
                desk.toasts.fault(&error);
            }
        }
    });
}

/// A line for what somebody has dealt with, with the way back.
pub(crate) fn aside_line(desk: Desk, item: RejectedItem) -> AnyView {
    let (zone, now) = (desk.zone.get_untracked(), desk.now.get_untracked());
    let Some(aside) = item.aside else { return ().into_any() };
    let by = aside.by_name.unwrap_or_else(|| "somebody".to_owned());
    let about = item.patient_name.map(|name| format!(", {name}")).unwrap_or_default();
    let told = format!("Set aside by {by}, {}", show::when(zone, now, aside.at));
    let id = item.command_id;
    view! {
        <div class="aside-line" data-testid="attention-aside" data-id=id.to_string()>
            <span class="cut">{words::command(&item.name)}{about}</span>
            <span class="soft tabular cut">{told}</span>
            <button type="button" class="button small" data-testid="attention-put-back" on:click=move |_| set_aside(desk, vec![id], true)>"Put back"</button>
        </div>
    }
    .into_any()
}
