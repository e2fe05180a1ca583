//! Papers.

use wattle_domain::commands::NoteDaySheet;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::papers::{Pages, PaperQuery};

use super::{Answer, call};

/// `paper`.
pub(crate) async fn paper(args: PaperQuery) -> Answer<Pages> {
    call("paper", &args).await
}

/// `note_day_sheet`.
pub(crate) async fn note_day_sheet(args: NoteDaySheet) -> Answer<Written> {
    call("note_day_sheet", &args).await
}
