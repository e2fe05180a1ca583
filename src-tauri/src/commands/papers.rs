//! Papers, typeset here. See `wattle_protocol::ipc::papers`.

use wattle_domain::commands::NoteDaySheet;
use wattle_papers::Paper;
use wattle_protocol::ipc::papers::{Pages, PaperQuery, PaperText};
use wattle_protocol::ipc::{CommandError, FaultCode, Written};

use super::{Answer, Desk};

/// The pages of a paper, for a preview and for the print dialog.
#[tauri::command]
pub(crate) async fn paper(desk: Desk<'_>, args: PaperQuery) -> Answer<Pages> {
    let text = desk.paper(args).await?;
    Ok(Pages { pages: typeset(text, |paper| Ok(paper.pages())).await? })
}

/// The book of a day was printed.
#[tauri::command]
pub(crate) async fn note_day_sheet(desk: Desk<'_>, args: NoteDaySheet) -> Answer<Written> {
    Ok(desk.note_day_sheet(args).await?)
}

/// Typesets on a thread of its own: it takes a part of a second.
pub(super) async fn typeset<T: Send + 'static>(
    text: PaperText,
    then: impl FnOnce(&Paper) -> Result<T, wattle_papers::Error> + Send + 'static,
) -> Answer<T> {
    let set = move || wattle_papers::typeset(&text).and_then(|paper| then(&paper));
    let done = tokio::task::spawn_blocking(set).await;
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no paper");
            Err(CommandError::new(FaultCode::Internal))
        }
        Err(_) => Err(CommandError::new(FaultCode::Internal)),
    }
}
