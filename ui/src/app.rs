//! The whole page: one stage at a time.

use leptos::prelude::*;

use crate::components::toasts::ToastShelf;
use crate::ipc;
use crate::pages::desk::DeskPage;
use crate::pages::first_sync::FirstSyncPage;
use crate::pages::set_up::SetUpPage;
use crate::pages::sign_in::SignInPage;
use crate::state::desk::{Desk, Stage};

/// Mounted on the body.
#[component]
pub(crate) fn App() -> impl IntoView {
    if !ipc::inside_shell() {
        return view! { <p class="outside">"This page belongs inside the Wattle window. Open the Wattle app."</p> }
            .into_any();
    }
    let desk = Desk::start();
    provide_context(desk);
    view! {
        {move || match desk.stage.get() {
            Stage::Starting => view! { <div class="starting" role="status">"Opening Wattle …"</div> }.into_any(),
            Stage::SetUp => view! { <SetUpPage /> }.into_any(),
            Stage::SignIn => view! { <SignInPage /> }.into_any(),
            Stage::FirstSync => view! { <FirstSyncPage /> }.into_any(),
            Stage::Desk(_) => view! { <DeskPage /> }.into_any(),
        }}
        <ToastShelf />
    }
    .into_any()
}
