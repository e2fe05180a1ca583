//! Every text about a code, a state or a field: what happened and what to do about it.
//!
//! Must never: carry a patient's datum. Called by: every page.

use wattle_domain::fields::{
    AllergyKind, AllergySeverity, AppointmentStatus, ContactKind, DocumentKind, IdentifierKind,
    ObservationCode, Payer, PaymentMethod, ResultAction, Sex,
};
use wattle_domain::identifiers::Odd;
use wattle_domain::letter::{TemplateBroken, TemplateFault};
use wattle_domain::{Rejection, RejectionCode, Role};
use wattle_protocol::ipc::documents::Bytes;
use wattle_protocol::ipc::scans::Left;
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::ipc::sync::Standing;
use wattle_protocol::ipc::{CommandError, FaultCode};

use crate::components::icon::Icon;

/// What happened, and the way out.
pub(crate) fn fault(error: &CommandError) -> String {
    if let Some(rejection) = &error.rejection {
        return rejected(rejection);
    }
    match error.code {
        FaultCode::RateLimited => match error.retry_after_s {
            Some(s) if s >= 120 => {
                format!("Too many tries. Wait {} minutes, then try again.", s.div_ceil(60))
            }
            Some(s) => format!("Too many tries. Wait {s} seconds, then try again."),
            None => "Too many tries. Wait a minute, then try again.".into(),
        },
        code => of_fault(code).to_owned(),
    }
}

/// The same for a code alone.
pub(crate) fn of_fault(code: FaultCode) -> &'static str {
    match code {
        FaultCode::Rejected => "That is not possible.",
        FaultCode::Locked => "The screen is locked. Enter your password to go on.",
        FaultCode::WrongCredentials => {
            "The name or the password is not right. Nothing was changed; try again."
        }
        FaultCode::SecondFactor => {
            "The password is good. Wattle also needs the six digits that your authenticator app shows now; each code is good once."
        }
        FaultCode::RateLimited => "Too many tries. Wait a minute, then try again.",
        FaultCode::FirstSignInNeedsServer => {
            "You have not signed in at this computer before, so the first time needs the server, and it cannot be reached. \
             Somebody who has signed in here before can work now."
        }
        FaultCode::LeaseOver => {
            "You have worked without the server for as long as the clinic allows. Your unsent work is safe here. \
             Connect this computer to the network, then sign in."
        }
        FaultCode::ProviderNeeded => {
            "You have worked without the server for as long as the clinic allows. Your unsent work is safe here. \
             Connect this computer to the network, sign out, then sign in with your work account."
        }
        FaultCode::ProviderRefused => {
            "Your work account did not sign you in, or is not known at this clinic. Nothing was changed. \
             Try again, or ask whoever sees to accounts to add it to yours."
        }
        FaultCode::NoProvider => {
            "This clinic does not use work accounts. Sign in with your name and password."
        }
        FaultCode::AccountClosed => {
            "Your account at this clinic was closed, so you were signed out. What you had saved here is safe: your colleagues find it in Needs attention. \
             If this is a mistake, ask whoever sees to accounts to open it again."
        }
        FaultCode::WorkstationRevoked => {
            "An administrator has taken this computer out of the clinic, so nobody works at it now. What you had saved here is safe, locked: \
             ask them to let the computer in again, or go to another one."
        }
        FaultCode::SignInAgain => {
            "The server wants you to sign in again before it does that. Nothing was changed; sign out and in, then try once more."
        }
        FaultCode::Wiped => {
            "An administrator has had this computer wiped: nothing of the clinic is on it any more. Ask them for a code to set it up again."
        }
        FaultCode::NoSuchCode => {
            "That is not a code that a new computer shows, or it has been used. Type the eight letters and digits that it shows now; \
             0, 1, O and I are never among them. Nothing was changed."
        }
        FaultCode::NoBrowser => {
            "The browser of this computer could not be opened. Open it by hand once, then try again."
        }
        FaultCode::NoKeyring => {
            "This computer's keyring is locked or cannot be reached. Unlock it (or sign in to the computer again), then try again."
        }
        FaultCode::NotEnrolled => {
            "That code is wrong, used or too old. Ask whoever runs the system for a new one; a code is good for a day and for one computer."
        }
        FaultCode::NotApproved => {
            "Nobody has approved this computer yet, or longer than a quarter of an hour ago. Read the code on this screen out to whoever runs the system; \
             they type it on the page People. Then sign in again."
        }
        FaultCode::Untrusted => {
            "What answers at this address cannot show that it is your clinic's server. Nothing was sent to it. Check the address; if the clinic has a certificate \
             of its own, its file must be the right one. If this was fine yesterday, call whoever runs the system."
        }
        FaultCode::NoAuthority => {
            "That is not a certificate. Copy all of the file, from BEGIN CERTIFICATE to END CERTIFICATE, with both lines."
        }
        FaultCode::Offline => {
            "The server cannot be reached. Check the address and this computer's network, then try again."
        }
        FaultCode::Damaged => {
            "The copy of the clinic on this computer was damaged. It has been put aside, not deleted, and a new copy is fetched when you sign in."
        }
        FaultCode::FileSealed => {
            "The copy of the clinic on this computer is locked with a colleague's key, or with your older password. \
             Sign in while a colleague's screen is only locked, or with your older password. Nothing was changed."
        }
        FaultCode::AlreadyOpen => {
            "Wattle is open on this computer already. Use that window, or close it first."
        }
        FaultCode::RolesChanged => {
            "Your role at the clinic has changed, so you were signed out. Sign in again: you then see what your new role shows. \
             Changes that were not yet sent are safe and are sent by themselves."
        }
        FaultCode::UpgradeRequired => {
            "The server needs a newer Wattle. You can go on working here; changes are sent once it is updated."
        }
        FaultCode::NotAllowed => "Your role does not allow this. Nothing was changed.",
        FaultCode::WeakPassword => "A password needs 10 characters or more. Nothing was changed.",
        FaultCode::NameTaken => {
            "There is an account of this name already. Choose another; nothing was changed."
        }
        FaultCode::LastAdmin => {
            "Nobody would be left who may see to accounts. Make somebody else an administrator first."
        }
        FaultCode::Restricted => "This record is restricted. Open it with a reason first.",
        FaultCode::NotFound => "It is not here any more. Somebody may have removed it.",
        FaultCode::FileEmpty => "That file is empty. Nothing was kept of it.",
        FaultCode::FileTooLarge => {
            "That file is larger than 100 MB. Scan it with fewer dots per inch, or split it; nothing was kept of it."
        }
        FaultCode::FileMismatch => {
            "What is in that file does not fit its name: it may be broken, or renamed. Open it once to see what it is; nothing was kept of it."
        }
        FaultCode::FileIsProgram => "That file is a program, not a document. Nothing was kept of it.",
        FaultCode::BadFolder => {
            "That folder cannot be watched: it is not there, or it is one of Wattle's own. Choose the folder that the scanner writes to."
        }
        FaultCode::NotHere => {
            "The file is not on this computer, and cannot be fetched now. Its entry is safe; try again when the server can be reached."
        }
        FaultCode::CannotShow => {
            "The file is here, but it cannot be shown: it is broken, under a password, or far too large a picture. It is kept as it came."
        }
        FaultCode::NotSaved => {
            "Not saved: the disk of this computer is full or cannot be written. Free some space and do it again."
        }
        FaultCode::Internal => {
            "Something went wrong in Wattle. Try again; if it happens again, tell support the time."
        }
    }
}

/// What was done about a result.
pub(crate) fn result_action(action: ResultAction) -> &'static str {
    match action {
        ResultAction::NoAction => "Nothing to do",
        ResultAction::Told => "The patient knows",
        ResultAction::Tell => "The desk tells the patient",
        ResultAction::Repeat => "Repeat the test",
        ResultAction::Recall => "Asked back",
    }
}

/// Why a rule said no.
pub(crate) fn rejected(rejection: &Rejection) -> String {
    match rejection.code {
        RejectionCode::NotAllowed => {
            "Your role does not allow this. Ask somebody at the desk or the practice manager.".into()
        }
        RejectionCode::NotFound => "It is not here any more. Somebody may have removed it.".into(),
        RejectionCode::AlreadyExists => "This was saved already.".into(),
        RejectionCode::SlotTaken => "That time is taken.".into(),
        RejectionCode::Moved => {
            "Somebody has moved it meanwhile. Look where it is now, then do it again if it is still needed."
                .into()
        }
        RejectionCode::WrongState => "Somebody has taken this appointment a step further meanwhile.".into(),
        RejectionCode::AlreadyResolved => "Somebody has settled this already.".into(),
        RejectionCode::IdentifierTaken => "Another patient of this clinic has this number.".into(),
        RejectionCode::AllergiesStand => {
            "Allergies are on this record, so nil known cannot be noted. Look through them, and end those that are over.".into()
        }
        RejectionCode::NotTheAuthor => {
            "Only who signed a note replaces it. Add an addendum instead; it stands beside the note.".into()
        }
        RejectionCode::Restricted => {
            "This record is restricted. Open it with a reason, then do it again.".into()
        }
        RejectionCode::ChangedSince => {
            "Somebody else has changed this meanwhile. Look at it again, then change it if it is still needed.".into()
        }
        RejectionCode::GroupRefused => "It belonged together with another change that was refused.".into(),
        RejectionCode::Invalid => match &rejection.field {
            Some(name) => format!("{} cannot be saved like this.", field(name)),
            None => "This cannot be saved like this.".into(),
        },
        RejectionCode::Other => "The server said no, for a reason this version does not know yet.".into(),
    }
}

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

/// A field's label.
pub(crate) fn field(name: &str) -> &'static str {
    match name {
        "family_name" => "Family name",
        "given_name" => "Given names",
        "preferred_name" => "Preferred name",
        "title" => "Title",
        "birth_date" => "Birth date",
        "birth_date_accuracy" => "Certainty of the birth date",
        "sex" => "Sex",
        "gender" => "Gender",
        "pronouns" => "Pronouns",
        "indigenous_status" => "Indigenous status",
        "interpreter_language" => "Interpreter",
        "usual_practitioner_id" => "Usual practitioner",
        "line1" => "Street",
        "line2" => "Second line",
        "suburb" => "Suburb",
        "state" => "State",
        "postcode" => "Postcode",
        "value" => "The number",
        "name" => "Name",
        "note" => "Note",
        "reference" => "Reference",
        "expires_on" => "Expiry",
        "preferred" => "First to try",
        "end_at" => "The length",
        "status" => "Status",
        "substance" => "Substance",
        "code" => "The entry of the list",
        "reaction" => "Reaction",
        "severity" => "Severity",
        "onset_on" => "Since",
        "started_on" => "Start",
        "ended_on" => "End",
        "text" => "The name",
        "directions" => "Directions",
        "quantity" => "Quantity",
        "repeats" => "Repeats",
        "reason" => "Reason",
        "comment" => "Comment",
        "allergy_override" => "Why in spite of the allergy",
        "due_on" => "Due date",
        "practitioner_id" => "Practitioner",
        "body" => "The text",
        "recipient" => "The recipient",
        "subject" => "What the letter is about",
        "profession" => "Profession",
        "organisation" => "Organisation",
        "phone" => "Phone",
        "fax" => "Fax",
        "email" => "Email",
        "provider_number" => "Provider number",
        "usual_duration_min" => "The usual length",
        "usual_room_id" => "The room",
        "user_id" => "The account",
        "sort" => "The place in the book",
        "active" => "Still offered",
        "consent" => "Without the patient's consent, the record",
        "effective_at" => "The time",
        "blood_pressure" => "Blood pressure",
        "heart_rate" => "Heart rate",
        "respiratory_rate" => "Respiratory rate",
        "temperature" => "Temperature",
        "oxygen_saturation" => "Oxygen saturation",
        "weight" => "Weight",
        "height" => "Height",
        "waist" => "Waist",
        "head_circumference" => "Head circumference",
        "blood_glucose" => "Blood glucose",
        "pain" => "Pain",
        _ => "This field",
    }
}

/// A field inside a sentence; for a contact or identifier what the row is.
pub(crate) fn the_field(name: &str, row_kind: Option<&str>) -> String {
    let of_kind = row_kind.and_then(|kind| match kind {
        "mobile" => Some("mobile phone"),
        "home" => Some("home phone"),
        "work" => Some("work phone"),
        "email" => Some("email address"),
        "next_of_kin" => Some("next of kin"),
        "guardian" => Some("guardian"),
        "medicare" => Some("Medicare number"),
        "ihi" => Some("IHI"),
        "dva" => Some("DVA number"),
        "pension" => Some("pension card number"),
        "hcc" => Some("health care card number"),
        "private" => Some("health fund number"),
        _ => None,
    });
    match (name, of_kind) {
        ("value", Some(kind)) => kind.to_owned(),
        (name, Some(kind)) => format!("{} of the {kind}", field(name).to_lowercase()),
        (name, None) => field(name).to_lowercase(),
    }
}

/// A contact's label.
pub(crate) fn contact(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Mobile => "Mobile",
        ContactKind::Home => "Home phone",
        ContactKind::Work => "Work phone",
        ContactKind::Email => "Email",
        ContactKind::NextOfKin => "Next of kin",
        ContactKind::Guardian => "Guardian",
    }
}

/// Who is to pay.
pub(crate) fn payer(payer: Payer) -> &'static str {
    match payer {
        Payer::Private => "Private",
        Payer::Medicare => "Medicare (bulk bill)",
        Payer::Dva => "DVA",
        Payer::WorkCover => "WorkCover",
    }
}

/// How money came.
pub(crate) fn payment_method(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Cash => "Cash",
        PaymentMethod::Card => "Card or EFTPOS",
        PaymentMethod::Cheque => "Cheque",
        PaymentMethod::DirectDeposit => "Direct deposit",
        PaymentMethod::Medicare => "Medicare benefit",
        PaymentMethod::Dva => "DVA",
        PaymentMethod::HealthFund => "Health fund",
        PaymentMethod::Other => "Other",
    }
}

/// What a line of the allergies says.
pub(crate) fn allergy_kind(kind: AllergyKind) -> &'static str {
    match kind {
        AllergyKind::Allergy => "Allergy",
        AllergyKind::Intolerance => "Intolerance",
        AllergyKind::NilKnown => "Nil known",
    }
}

/// How bad a reaction was.
pub(crate) fn severity(severity: AllergySeverity) -> &'static str {
    match severity {
        AllergySeverity::Mild => "Mild",
        AllergySeverity::Moderate => "Moderate",
        AllergySeverity::Severe => "Severe",
    }
}

/// What was measured.
pub(crate) fn observation(code: ObservationCode) -> &'static str {
    field(code.as_str())
}

/// An identifier's label on a crowded line.
pub(crate) fn identifier_short(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Medicare => "Medicare",
        IdentifierKind::Dva => "DVA",
        IdentifierKind::Pension => "Pension",
        IdentifierKind::Hcc => "HCC",
        other => identifier(other),
    }
}

/// An identifier's label.
pub(crate) fn identifier(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Medicare => "Medicare card",
        IdentifierKind::Ihi => "IHI",
        IdentifierKind::Dva => "DVA file number",
        IdentifierKind::Pension => "Pension card",
        IdentifierKind::Hcc => "Health care card",
        IdentifierKind::Private => "Health fund",
        IdentifierKind::Legacy => "Old system",
    }
}

/// What is odd about a number, and what to do.
pub(crate) fn odd(kind: IdentifierKind, odd: Odd) -> String {
    let number = match kind {
        IdentifierKind::Medicare => "Medicare number",
        IdentifierKind::Ihi => "IHI",
        IdentifierKind::Dva => "DVA number",
        _ => "number",
    };
    let should = match (kind, odd) {
        (IdentifierKind::Medicare, Odd::Length) => " It has 10 digits, or 11 with the person's own number.",
        (IdentifierKind::Medicare, Odd::Prefix) => " It begins with 2 to 6.",
        (IdentifierKind::Ihi, Odd::Length) => " It has 16 digits.",
        (IdentifierKind::Ihi, Odd::Prefix) => " It begins with 8003 60.",
        (IdentifierKind::Dva, Odd::Prefix) => " It begins with the letter of a state: N, V, Q, W, S or T.",
        _ => "",
    };
    format!("This {number} {odd}.{should} Check the card, or keep it as it is.")
}

/// A sex.
pub(crate) fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "Female",
        Sex::Male => "Male",
        Sex::Other => "Another term",
        Sex::Unknown => "Not stated",
    }
}

/// A sex where no label stands before it.
pub(crate) fn sex_alone(of: Sex) -> &'static str {
    match of {
        Sex::Unknown => "Sex not stated",
        stated => sex(stated),
    }
}

/// METeOR 602543.
pub(crate) const INDIGENOUS: [(&str, &str); 5] = [
    ("1", "Aboriginal"),
    ("2", "Torres Strait Islander"),
    ("3", "Aboriginal and Torres Strait Islander"),
    ("4", "Neither"),
    ("9", "Not stated"),
];

/// Why a file stays in the scanner's folder.
pub(crate) fn left(why: Left) -> &'static str {
    match why {
        Left::Empty => "It is empty. Scan the page again.",
        Left::TooLarge => "It is larger than 100 MB. Scan it with fewer dots per inch, or split it.",
        Left::Mismatch => "What is in it does not fit its name: it may be broken, or renamed.",
        Left::Program => "It is a program, not a scan.",
        Left::NotAScan => {
            "It is neither a PDF nor a picture. File it on the patient's page if it belongs there."
        }
        Left::Unfinished => {
            "It breaks off in the middle. The scanner may have been switched off; scan it again."
        }
        Left::Unreadable => "It cannot be opened: another program has it, or this computer may not read it.",
        Left::NotMoved => {
            "It is in the list here, and could not be moved out of the folder. Move it by hand."
        }
    }
}

/// What is wrong with a template, and where.
pub(crate) fn template_fault(fault: &TemplateFault) -> String {
    let part = if fault.part == "subject" { "About" } else { "The letter" };
    let what = match &fault.what {
        TemplateBroken::Unknown(name) if name.is_empty() => "a field without a name".to_owned(),
        TemplateBroken::Unknown(name) => format!("there is no field \u{201c}{name}\u{201d}"),
        TemplateBroken::Unclosed => "a field begins with {{ and does not end with }}".to_owned(),
        TemplateBroken::Stray => "}} ends a field that was not begun with {{".to_owned(),
    };
    format!("{part}, line {}: {what}.", fault.line)
}

/// A kind of document.
pub(crate) fn document_kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Referral => "Referral",
        DocumentKind::Consent => "Consent",
        DocumentKind::Identity => "Card or ID",
        DocumentKind::Form => "Form",
        DocumentKind::Letter => "Letter to us",
        DocumentKind::Result => "Result",
        DocumentKind::ClinicalImage => "Clinical picture",
        DocumentKind::OwnLetter => "Letter from us",
        DocumentKind::Other => "Other",
    }
}

/// Where a document's bytes are; empty when there is nothing to say.
pub(crate) fn bytes_are(bytes: Bytes, waits_on: Option<&str>) -> String {
    match bytes {
        Bytes::Sending => "saved here, on its way to the server".into(),
        Bytes::Refused => "kept here: what arrived at the server was not what was filed. Tell support".into(),
        Bytes::Here => String::new(),
        Bytes::Server => "on the server, fetched when you open it".into(),
        Bytes::Elsewhere => format!("still on {}", waits_on.unwrap_or("another computer")),
        Bytes::Lost => "the server has lost this file; its entry stays. Tell support".into(),
        Bytes::Missing => "the file on this computer is gone or damaged. Tell support".into(),
    }
}

/// A state of an appointment.
pub(crate) fn status(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Booked => "Booked",
        AppointmentStatus::Confirmed => "Confirmed",
        AppointmentStatus::Arrived => "Arrived",
        AppointmentStatus::InConsult => "In consult",
        AppointmentStatus::Done => "Done",
        AppointmentStatus::DidNotAttend => "Did not attend",
        AppointmentStatus::Cancelled => "Cancelled",
    }
}

/// Its icon.
pub(crate) fn status_icon(status: AppointmentStatus) -> Icon {
    match status {
        AppointmentStatus::Booked => Icon::Booked,
        AppointmentStatus::Confirmed => Icon::Confirmed,
        AppointmentStatus::Arrived => Icon::Arrived,
        AppointmentStatus::InConsult => Icon::Stethoscope,
        AppointmentStatus::Done => Icon::Done,
        AppointmentStatus::DidNotAttend => Icon::Absent,
        AppointmentStatus::Cancelled => Icon::CalendarX,
    }
}

/// A role.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Reception => "Reception",
        Role::Nurse => "Nurse",
        Role::Practitioner => "Practitioner",
        Role::PracticeManager => "Practice manager",
        Role::Admin => "Administrator",
    }
}

/// What agrees between two people.
pub(crate) fn agrees(what: &str) -> &'static str {
    match what {
        "given_name" => "given name",
        "family_name" => "family name",
        "birth_date" => "birth date",
        "identifier" => "card number",
        "street" => "street",
        "phone" => "phone",
        _ => "more",
    }
}

/// How it stands with the server, in a word or two (a name for scripts and styles).
pub(crate) fn connection(connection: Connection) -> &'static str {
    match connection {
        Connection::Connecting => "connecting",
        Connection::Online => "online",
        Connection::Offline { .. } => "offline",
        Connection::UpgradeRequired => "upgrade_required",
        Connection::SignInAgain => "sign_in_again",
        Connection::Suspended => "suspended",
    }
}

/// A feed.
pub(crate) fn feed(feed: &str) -> &str {
    match feed {
        "ref" => "Practitioners, rooms, types",
        "front" => "Patients and appointments",
        "clinical" => "Clinical",
        "billing" => "Billing",
        "admin" => "Administration",
        other => other,
    }
}

/// Where a command stands.
pub(crate) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting => "To be sent",
        Standing::Deferred => "At the server, waits for another change",
        Standing::Answered => "Accepted, its rows are on the way",
        Standing::Rejected => "Not accepted; see Needs attention",
        Standing::Quarantined => "Kept whole at the server; see Needs attention",
    }
}

/// A kind of work of the sync.
pub(crate) fn work(work: &str) -> &str {
    match work {
        "session" => "Reaching the server",
        "refresh" => "Renewing the sign-in",
        "push" => "Sending changes",
        "pull" => "Fetching changes",
        "live" => "Hearing of changes at once",
        "tidy" => "Work on the file here",
        other => other,
    }
}

/// Why it failed.
pub(crate) fn work_fault(code: &str) -> &str {
    match code {
        "unreachable" => "No answer",
        "garbled" => "What answered was not the server, or the answer was cut",
        "store" => "The file here could not be read or written",
        "before_switch" => {
            "This clinic has not been switched over from FileMaker yet: what you enter here is kept on this computer and sent after the switch."
        }
        "unavailable" => "The server is busy or being restarted",
        "rate_limited" => "The server asks to wait",
        "sign_in_again" => "The server wants a new sign-in",
        "upgrade_required" => "The server wants a newer Wattle",
        "not_enrolled" => "The server does not know this workstation",
        "not_allowed" => "The server says this role may not",
        "resnapshot" => "Too far behind: everything is fetched anew",
        "internal" => "The server failed",
        other => other,
    }
}
