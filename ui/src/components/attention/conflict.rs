//! Two people changed one field: both values, who, where and when, and what each choice does.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::{Choice, ResolveConflict};
use wattle_protocol::ipc::attention::{ConflictItem, Side};

use super::card::{Head, Way, button, card};
use super::said::{Now, capital, place, value, who};
use crate::components::icon::Icon;
use crate::state::desk::Desk;
use crate::{ipc, words};

/// `Maria at reception-1 changed the mobile phone to … while you changed it to … Which is right?`
pub(crate) fn conflict_card(desk: Desk, item: ConflictItem) -> AnyView {
    let now = Now { zone: desk.zone.get_untracked(), at: desk.now.get_untracked() };
    let what = words::the_field(&item.field, item.row_kind.as_deref());
    let kind = item.row_kind.as_deref().filter(|_| item.field == "value");
    let (kept, other) = (value(&item.kept.value, kind), value(&item.other.value, kind));
    let sentence = sentence(&item, &what, &kept, &other, now);
    let busy = RwSignal::new(item.pending);
    let (conflict_id, table, row_id) = (item.id, item.table, item.row_id);
    let choose = move |choice: Choice| {
        busy.set(true);
        spawn_local(async move {
            let verb = ResolveConflict { conflict_id, table, row_id, choice };
            match ipc::attention::resolve_conflict(verb).await {
                Ok(_) => desk.toasts.done("Settled. Both values stay in the history.", Vec::new()),
                Err(error) => {
                    busy.try_set(false);
                    desk.toasts.fault(&error);
                }
            }
        });
    };
    let keep = Way::new(format!("Keep {kept}"), "The record stays as it is.", "attention-keep", move || {
        choose(Choice::Kept);
    });
    let take = Way::new(
        format!("Use {other}"),
        format!("The record changes back from {kept}."),
        "attention-other",
        move || choose(Choice::Other),
    );
    let take = (!item.moved_on).then_some(take);
    let head = Head {
        kind: "conflict",
        id: item.id.to_string(),
        of: item.field.clone(),
        icon: Icon::Compare,
        title: format!("Two values for the {what}"),
        patient: item.patient_id.zip(item.patient_name.clone()),
        nobody: None,
    };
    if item.shut {
        let body = view! {
            <p>"Two people changed this without seeing each other. The record is restricted: open it with a reason to see both values, or leave this to those who treat the patient."</p>
        };
        return card(desk, head, body.into_any());
    }
    let body = view! {
        <p>{sentence}</p>
        <div class="sides">
            {side("In the record now", &item.kept, kept, now, Some(keep), 1, busy)}
            {side("The other value", &item.other, other, now, take, 2, busy)}
        </div>
        {item.pending.then(|| view! { <p class="soft">{Icon::CloudUp.svg()}" Settled here, not yet on the server."</p> })}
    };
    card(desk, head, body.into_any())
}

fn side(
    title: &'static str,
    of: &Side,
    shown: String,
    now: Now,
    way: Option<Way>,
    number: usize,
    busy: RwSignal<bool>,
) -> AnyView {
    let by = format!("{}{}", capital(&who(of)), place(of));
    let at = of.at.map(|at| now.when(at)).unwrap_or_default();
    let does = way.as_ref().map_or_else(
        || "Too old to be chosen here. If it is right after all, type it into the record.".to_owned(),
        |way| way.does.clone(),
    );
    view! {
        <div class="side">
            <span class="soft">{title}</span>
            <b class="side-value tabular">{shown}</b>
            <span>{by}</span>
            <span class="soft tabular">{at}</span>
            {way.map(|way| button(way, number, busy))}
            <span class="small-print soft">{does}</span>
        </div>
    }
    .into_any()
}

fn sentence(item: &ConflictItem, what: &str, kept: &str, other: &str, now: Now) -> String {
    let when = |side: &Side| side.at.map(|at| format!(" ({})", now.when(at))).unwrap_or_default();
    let by = |side: &Side| format!("{}{}", who(side), place(side));
    if item.deleted {
        return format!(
            "{} changed the {what} to {kept}{}, but the entry had been taken out of the record by then and does not show there. If it belongs there, add it again.",
            capital(&by(&item.kept)),
            when(&item.kept),
        );
    }
    if item.moved_on {
        return format!(
            "{} changed the {what} to {kept}{}, after it had two values already. If {kept} is right, keep it and this is settled.",
            capital(&by(&item.kept)),
            when(&item.kept),
        );
    }
    format!(
        "{} changed the {what} to {kept}{}, while {} changed it to {other}{}. Neither saw the other. Which is right?",
        capital(&by(&item.kept)),
        when(&item.kept),
        by(&item.other),
        when(&item.other),
    )
}
