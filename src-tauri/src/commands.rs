//! What the page may ask: one thin command for each, named as in `wattle_protocol::ipc`. The only translator of errors
//! is `From<wattle_workstation::Error> for CommandError`.

mod attention;
mod audit;
mod billing;
mod clinical;
mod daybook;
mod documents;
mod letters;
mod papers;
mod password;
mod patients;
mod people;
mod practitioners;
mod restricted;
mod results;
mod scans;
mod second_factor;
mod session;
mod sync;
mod waiting;
mod where_to;

use tauri::ipc::Invoke;
use wattle_protocol::ipc::CommandError;
use wattle_workstation::Workstation;

/// The workstation, as every command gets it.
type Desk<'a> = tauri::State<'a, Workstation>;
/// What every command answers.
type Answer<T> = Result<T, CommandError>;

/// All of them.
pub(crate) fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        session::app_state,
        session::set_up,
        session::sign_in,
        session::sign_in_openid,
        session::lock,
        session::unlock,
        session::sign_out,
        session::sync_state,
        session::sync_now,
        daybook::day_book,
        daybook::book_appointment,
        daybook::reschedule_appointment,
        daybook::cancel_appointment,
        daybook::record_arrival,
        daybook::start_consultation,
        daybook::finish_consultation,
        daybook::mark_did_not_attend,
        waiting::waiting_room,
        patients::search_patients,
        patients::patient,
        patients::note_access,
        patients::possible_duplicates,
        patients::register_patient,
        patients::edit_patient,
        attention::attention,
        attention::resolve_conflict,
        attention::set_aside,
        attention::try_again,
        clinical::clinical_record,
        clinical::save_draft,
        clinical::discard_draft,
        clinical::sign_note,
        clinical::record_allergy,
        clinical::record_condition,
        clinical::record_medication,
        clinical::edit_entry,
        clinical::record_observations,
        clinical::record_recall,
        clinical::edit_recall,
        billing::patient_account,
        letters::address_book,
        letters::record_provider,
        letters::edit_provider,
        letters::letter_templates,
        letters::save_letter_template,
        letters::letter_fields,
        letters::file_letter,
        letters::record_consent,
        letters::export_fhir,
        papers::paper,
        papers::note_day_sheet,
        results::results,
        results::record_result,
        results::action_result,
        documents::documents,
        documents::file_document,
        documents::edit_document,
        documents::document_thumbnail,
        documents::document_view,
        documents::find_in_document,
        documents::open_document_outside,
        scans::scans,
        scans::scan_view,
        scans::file_scan,
        scans::put_scan_aside,
        scans::set_scan_folder,
        restricted::restriction,
        restricted::restrict_patient,
        restricted::break_glass,
        restricted::see_glass,
        people::people,
        people::see_to,
        practitioners::practitioners,
        practitioners::record_practitioner,
        practitioners::edit_practitioner,
        password::change_password,
        second_factor::second_factor,
        audit::audit,
        audit::export_audit,
        sync::sync_page,
        sync::check_now,
        sync::write_support_bundle,
    ]
}
