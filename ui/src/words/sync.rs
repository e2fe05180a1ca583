//! How a workstation stands with its server.

use wattle_protocol::ipc::session::Connection;
use wattle_protocol::ipc::sync::Standing;

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
