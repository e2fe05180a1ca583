//! One document of the list.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::fields::DocumentStatus;
use wattle_protocol::ipc::documents::{Bytes, ShownDocument};

use crate::components::icon::Icon;
use crate::ipc;
use crate::state::documents::{papers, reference};
use crate::{show, words};

/// Thumbnail, title, where its bytes are.
#[component]
pub(crate) fn Line(shown: ShownDocument) -> impl IntoView {
    let papers = papers();
    let d = &shown.document;
    let picture = RwSignal::new(None::<String>);
    let here = matches!(shown.bytes, Bytes::Here | Bytes::Sending | Bytes::Refused);
    let drawn = d.mime == "application/pdf" || d.mime.starts_with("image/");
    if here && drawn {
        let document = reference(&shown);
        spawn_local(async move {
            // One that cannot be drawn has an icon.
            if let Ok(thumbnail) = ipc::documents::document_thumbnail(document).await {
                picture.try_set(Some(thumbnail.src));
            }
        });
    }
    let (zone, now) = (papers.desk.zone.get_untracked(), papers.desk.now.get_untracked());
    let size = show::bytes(u64::try_from(d.size_bytes).unwrap_or(0));
    let about = format!(
        "{} · {} · {}, {}",
        words::document_kind(d.kind),
        size,
        papers.by(&shown),
        show::when(zone, now, d.captured_at)
    );
    let said = words::bytes_are(shown.bytes, shown.waits_on.as_deref());
    let wrong = matches!(shown.bytes, Bytes::Refused | Bytes::Lost | Bytes::Missing);
    let state = state_word(shown.bytes);
    let label = format!("Open {}", d.title);
    let (open, withdraw) = (shown.clone(), shown.clone());
    let is_current = d.status == DocumentStatus::Current;
    view! {
        <li class="document" data-testid="document" data-id=d.id.to_string() data-bytes=state data-pending=shown.pending.to_string() data-mime=d.mime.clone()>
            <button type="button" class="document-open" data-testid="document-open" aria-label=label on:click=move |_| papers.viewed.set(Some(open.clone()))>
                <span class="thumbnail">{move || match picture.get() {
                    Some(src) => view! { <img src=src alt="" data-testid="document-thumbnail" /> }.into_any(),
                    None => Icon::Note.svg().into_any(),
                }}</span>
                <span class="document-text">
                    <b>{d.title.clone()}</b>
                    <span class="soft tabular">{about}</span>
                    {(!said.is_empty()).then(|| view! {
                        <span class="bytes-are" class:odd=wrong data-testid="document-state">{if wrong { Icon::Attention.svg().into_any() } else { Icon::CloudUp.svg().into_any() }}{said.clone()}</span>
                    })}
                </span>
            </button>
            <button type="button" class="button bare small" data-testid="document-withdraw"
                data-tip="A withdrawn document stays, and counts nowhere" on:click=move |_| papers.withdraw(&withdraw)>
                {if is_current { "Withdraw" } else { "Take back" }}
            </button>
        </li>
    }
}

/// For scripts.
fn state_word(bytes: Bytes) -> &'static str {
    match bytes {
        Bytes::Sending => "sending",
        Bytes::Refused => "refused",
        Bytes::Here => "here",
        Bytes::Server => "server",
        Bytes::Elsewhere => "elsewhere",
        Bytes::Lost => "lost",
        Bytes::Missing => "missing",
    }
}
