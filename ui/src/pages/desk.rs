//! The desk of somebody who is signed in: rail, top bar, page, drawer; and the curtain before it.

use leptos::prelude::*;

use crate::components::daybook::over::OverDialog;
use crate::components::drawer::Drawer;
use crate::components::frame::rail::Rail;
use crate::components::frame::top::TopBar;
use crate::components::print::PrintLayer;
use crate::components::search::SearchDialog;
use crate::keys;
use crate::pages::addresses::AddressesPage;
use crate::pages::attention::AttentionPage;
use crate::pages::audit::AuditPage;
use crate::pages::codes::CodesPage;
use crate::pages::daybook::DayBookPage;
use crate::pages::help::HelpPage;
use crate::pages::locked::LockedPage;
use crate::pages::patients::PatientsPage;
use crate::pages::people::PeoplePage;
use crate::pages::results::ResultsPage;
use crate::pages::scans::ScansPage;
use crate::pages::sync::SyncPage;
use crate::pages::waiting::WaitingPage;
use crate::state::attention::Attention;
use crate::state::billing::Billing;
use crate::state::book::Book;
use crate::state::desk::{Page, desk};
use crate::state::patients::Patients;
use crate::state::record::Record;
use crate::state::results::Results;
use crate::state::scans::Scanned;
use crate::state::waiting::Waiting;

/// Lives from sign-in to sign-out; locking does not unmount it, so that nothing typed is lost.
#[component]
pub(crate) fn DeskPage() -> impl IntoView {
    let desk = desk();
    desk.page.set(Page::DayBook);
    desk.search.set(false);
    let waiting = Waiting::new(desk);
    let book = Book::new(desk, waiting);
    let patients = Patients::new(desk);
    let attention = Attention::new(desk);
    provide_context(waiting);
    provide_context(book);
    provide_context(patients);
    let record = Record::new(desk, patients);
    provide_context(record);
    let papers = crate::state::documents::Papers::new(desk, patients);
    provide_context(papers);
    provide_context(Billing::new(desk, patients));
    provide_context(attention);
    provide_context(Results::new(desk));
    provide_context(Scanned::new(desk));
    // A message about somebody's work does not outlast their sign-out.
    on_cleanup(move || {
        desk.toasts.shown.set(Vec::new());
        desk.undo.forget();
    });
    keys::listen(desk, book, record);
    keys::lock_when_idle(desk);
    // While the curtain is drawn nothing behind it can be seen, reached or read out.
    let hidden = move || desk.locked.get();
    view! {
        <div class="desk" class:behind=hidden inert=hidden aria-hidden=move || hidden().then_some("true") data-testid="desk">
            <Rail />
            <TopBar />
            <div class="stage">
                <div class="page">
                    {move || match desk.page.get() {
                        Page::DayBook => view! { <DayBookPage /> }.into_any(),
                        Page::Waiting => view! { <WaitingPage /> }.into_any(),
                        Page::Patients => view! { <PatientsPage /> }.into_any(),
                        Page::Results => view! { <ResultsPage /> }.into_any(),
                        Page::Scans => view! { <ScansPage /> }.into_any(),
                        Page::Addresses => view! { <AddressesPage /> }.into_any(),
                        Page::Attention => view! { <AttentionPage /> }.into_any(),
                        Page::People => view! { <PeoplePage /> }.into_any(),
                        Page::Audit => view! { <AuditPage /> }.into_any(),
                        Page::Codes => view! { <CodesPage /> }.into_any(),
                        Page::Sync => view! { <SyncPage /> }.into_any(),
                        Page::Help => view! { <HelpPage /> }.into_any(),
                    }}
                </div>
                <Drawer />
            </div>
            <SearchDialog />
            <OverDialog />
        </div>
        <PrintLayer />
        <Show when=move || desk.locked.get()>
            <LockedPage />
        </Show>
    }
}
