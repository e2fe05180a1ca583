//! What somebody did, as the logs and the lists of what waits say it.

use super::field;

/// A command's name, as something somebody did.
pub(crate) fn command(name: &str) -> &'static str {
    match name {
        "register_patient" => "Registering a patient",
        "edit_patient" => "Changing a patient's details",
        "book_appointment" => "Booking an appointment",
        "reschedule_appointment" => "Moving an appointment",
        "cancel_appointment" => "Cancelling an appointment",
        "record_arrival" => "Recording an arrival",
        "start_consultation" => "Starting a consultation",
        "finish_consultation" => "Finishing a consultation",
        "mark_did_not_attend" => "Marking that somebody did not attend",
        "resolve_conflict" => "Settling a difference",
        "note_access" => "Noting that a record was opened",
        "note_export" => "Noting that a list was saved",
        "note_search" => "Noting that patients were looked for",
        "record_allergy" => "Noting an allergy",
        "record_condition" => "Noting a problem",
        "record_medication" => "Entering a medicine",
        "edit_entry" => "Changing the record",
        "record_observations" => "Noting measured values",
        "sign_note" => "Signing a note",
        "record_recall" => "Making a recall",
        "edit_recall" => "Changing a recall",
        "note_day_sheet" => "Noting that the day was printed",
        "record_consent" => "Noting a consent",
        "record_provider" => "Adding to the address book",
        "edit_provider" => "Changing the address book",
        "write_letter" => "Filing a letter",
        "save_letter_template" => "Saving a letter to begin with",
        "record_result" => "Putting a result into the inbox",
        "action_result" => "Acting on a result",
        "add_document" => "Filing a document",
        "edit_document" => "Changing a document's entry",
        "restrict_patient" => "Restricting a record",
        "break_glass" => "Opening a restricted record",
        "see_glass" => "Looking at a notice",
        "record_practitioner" => "Adding somebody who sees patients",
        "edit_practitioner" => "Changing somebody who sees patients",
        _ => "A change",
    }
}

/// A word of the logs, as something somebody did.
pub(crate) fn act(word: &str) -> &'static str {
    match word {
        "open_record" => "Opened the record",
        "print_record" => "Printed from the record",
        "export_record" => "Saved from the record",
        "open_document" => "Opened a document",
        "export_audit" => "Saved the log",
        "search_patients" => "Looked for patients",
        "print_day_sheet" => "Printed the day",
        "restrict_patient" => "Restricted the record",
        "lift_restriction" => "Opened the record to all again",
        "break_glass" => "Opened a restricted record",
        "see_glass" => "Saw that a restricted record was opened",
        "record_practitioner" => "Added somebody who sees patients",
        "edit_practitioner" => "Changed somebody who sees patients",
        "close_practitioner" => "Closed the column of somebody who saw patients",
        "reopen_practitioner" => "Opened the column of somebody who sees patients again",
        "create_clinic" => "Made the clinic",
        "open_clinic" => "Opened the clinic, which an import had closed",
        "set_openid_provider" => "Named the provider of work accounts",
        "read_quarantine" => "Read changes that could not be decided",
        "release_quarantined" => "Had a change decided that was kept aside",
        "set_aside_quarantined" => "Set aside a change that could not be decided",
        "rotate_keys" => "Began a new key",
        "ask_for_pass" => "Had the database ask servers for a pass",
        "lift_pass" => "Had the database ask for no pass any more",
        "rewrap_keys" => "Wrapped the keys anew",
        "give_map_key" => "Gave out the key of the migration's map",
        "restored" => "Put a backup back",
        "sign_in" => "Signed in",
        "sign_in_refused" => "Sign-in refused",
        "enrol_workstation" => "Enrolled a computer",
        "reuse_token" => "A sign-in was used twice",
        "add_account" => "Added an account",
        "set_roles" => "Changed roles",
        "set_password" => "Set a password",
        "change_password" => "Chose another password",
        "set_login" => "Named a work account",
        "remove_login" => "Took a work account away",
        "close_account" => "Closed an account",
        "reopen_account" => "Opened an account again",
        "second_factor_on" => "Switched codes on",
        "second_factor_off" => "Switched codes off",
        "resume_workstation" => "Let a computer go on",
        "suspend_workstation" => "Stopped a computer",
        "revoke_workstation" => "Took a computer out of the clinic",
        "wipe_workstation" => "Had a computer wiped",
        "keep_unsent" => "Kept what a wiped computer had not sent",
        "make_code" => "Made a code",
        "cancel_code" => "Took a code back",
        "approve_computer" => "Approved a computer",
        "keep_data_key" => "Gave a file's key to keep",
        "give_data_key" => "Was given a file's key",
        "wiped" => "A computer was wiped",
        "former_created" => "Old system: made a record",
        "former_changed" => "Old system: changed",
        "former_deleted" => "Old system: deleted",
        "former_viewed" => "Old system: looked at",
        "former_printed" => "Old system: printed",
        "former_exported" => "Old system: saved to a file",
        "former_other" => "Old system: something else",
        other => command(other),
    }
}

/// A verdict that is not a plain yes.
pub(crate) fn outcome(word: &str) -> &'static str {
    match word.split(' ').next() {
        Some("rejected") => "refused",
        Some("conflict") => "a difference to settle",
        Some("gone") => "what it was about is gone",
        _ => "not applied",
    }
}

/// A changed field, or another word of an entry.
pub(crate) fn more(word: &str) -> String {
    match word.split_once('.') {
        _ if word.contains(": ") => word.replace('_', " "),
        // A field that no form shows goes by its own name.
        Some((_, name)) if field(name).eq_ignore_ascii_case("this field") => name.replace('_', " "),
        Some((_, name)) => field(name).to_lowercase(),
        None => word.replace('_', " "),
    }
}
