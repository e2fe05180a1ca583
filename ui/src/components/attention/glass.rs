//! Somebody has opened a restricted record: who, when, why, and one tick.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::SeeGlass;
use wattle_protocol::ipc::attention::GlassItem;

use super::card::{Head, Way, card, row};
use super::said::Now;
use crate::components::icon::Icon;
use crate::ipc;
use crate::state::desk::Desk;

/// `Nina opened the restricted record of COSTA Maria …`
pub(crate) fn glass_card(desk: Desk, item: GlassItem) -> AnyView {
    let now = Now { zone: desk.zone.get_untracked(), at: desk.now.get_untracked() };
    let who = match (item.mine, &item.by) {
        (true, _) => "You".to_owned(),
        (false, Some(name)) => name.clone(),
        (false, None) => "Somebody".to_owned(),
    };
    let open = item.until > now.at;
    let until = if open { "It is open until" } else { "It shut by itself at" };
    let said = format!(
        "{who} opened this restricted record {}. {until} {}.",
        now.when(item.opened_at),
        now.zone.clock(item.until)
    );
    let busy = RwSignal::new(false);
    let glass_id = item.id;
    let seen = Way::new("Seen", "It leaves this list; the log keeps it.", "glass-seen", move || {
        busy.set(true);
        spawn_local(async move {
            match ipc::restricted::see_glass(SeeGlass { glass_id }).await {
                Ok(_) => desk.toasts.done("Noted that you have seen it.", Vec::new()),
                Err(error) => {
                    busy.try_set(false);
                    desk.toasts.fault(&error);
                }
            }
        });
    });
    let head = Head {
        kind: "glass",
        id: item.id.to_string(),
        of: "break_glass".to_owned(),
        icon: Icon::Lock,
        title: "A restricted record was opened".to_owned(),
        patient: item.patient_name.map(|name| (item.patient_id, name)),
        nobody: None,
    };
    let body = view! {
        <p>{said}</p>
        <blockquote class="quote" data-testid="glass-said">{item.reason}</blockquote>
        {row(vec![seen], 1, busy)}
    };
    card(desk, head, body.into_any())
}
