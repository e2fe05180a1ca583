//! Live: one task for as long as the connection holds.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::context::{Context, wire_fault};
use super::work::Done;
use crate::machine::{Event, Fault};
use crate::transport::Heard;

/// Listens. What it hears goes through `events`; its own end is the answer.
pub(super) async fn live(context: Arc<Context>, events: mpsc::Sender<Event>) -> Result<Done, Fault> {
    let (token, feeds) = context.with_token(|store| Ok(store.identity().feeds())).await?;
    let opened = context.transport.live(&token, &feeds).await;
    let mut hints = opened.map_err(|error| wire_fault("live", &error))?;
    // The engine is gone when nobody receives; then this end means nothing either.
    let mut said = events.send(Event::LiveOpened).await;
    while said.is_ok() {
        said = match hints.next().await {
            Ok(Some(Heard::Hint(hint))) => events.send(Event::Hinted(hint)).await,
            Ok(Some(Heard::Delta(delta))) => events.send(Event::Delta(*delta)).await,
            Ok(Some(Heard::Beat)) => events.send(Event::Heard).await,
            Ok(None) => break,
            Err(error) => {
                wire_fault("live", &error);
                break;
            }
        };
    }
    Ok(Done::Event(Event::LiveClosed))
}
