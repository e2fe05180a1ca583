//! What happened and what to do about it.

use wattle_domain::letter::{TemplateBroken, TemplateFault};
use wattle_domain::{Rejection, RejectionCode};
use wattle_protocol::ipc::scans::Left;
use wattle_protocol::ipc::{CommandError, FaultCode};

use super::field;

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
