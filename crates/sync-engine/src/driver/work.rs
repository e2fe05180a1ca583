//! The pieces of work that are one question and one answer.

use std::sync::Arc;

use serde::Deserialize;
use wattle_domain::{CommandId, ReplicaId, UtcInstant};
use wattle_local_store::Store;
use wattle_protocol::push::{Answer, Push, Pushed, Signed};
use wattle_protocol::session::{Hello, Refresh};
use wattle_protocol::{ErrorCode, PROTOCOL};

use super::context::{Context, Look, wire_fault};
use crate::machine::{Event, Fault, FaultKind, Tidy};
use crate::transport::Error;

/// What became of a piece of work.
pub(super) enum Done {
    Event(Event),
    /// It may have changed the file, which is like this now (or was a moment ago: the engine knows whether it has seen later).
    After(After, Look),
}

/// What it was that may have changed the file.
pub(super) enum After {
    Recorded,
    Pulled {
        complete: bool,
    },
    Tidied,
    /// Somebody else; it was only looked at.
    Changed,
}

pub(super) async fn session(context: Arc<Context>) -> Result<Done, Fault> {
    let (token, facts) = context.with_token(Store::sync_facts).await?;
    // For the server's figures; it orders nothing.
    let now = context.clock.now();
    let age_s = |at: UtcInstant| u64::try_from(now.0.saturating_sub(at.0) / 1000).unwrap_or_default();
    let hello = Hello {
        app_version: context.app_version.clone(),
        protocol: PROTOCOL,
        epoch: facts.epoch,
        cursors: facts.cursors,
        outbox_len: facts.outbox_len,
        outbox_oldest_s: facts.oldest_waiting_at.map(age_s),
        last_n: facts.last_n,
        replica: Some(facts.replica),
        feeds: Some(context.store.identity().feeds()),
    };
    let answer = context.transport.session(&token, &hello).await;
    let welcome = answer.map_err(|error| wire_fault("session", &error))?;
    let told = welcome.clone();
    context.blocking(move |context| context.tokens.welcomed(&told)).await?;
    Ok(Done::Event(Event::SessionAnswered(welcome)))
}

pub(super) async fn refresh(context: Arc<Context>) -> Result<Done, Fault> {
    let token = context.blocking(|context| context.tokens.refresh()).await?;
    let Some(refresh_token) = token else {
        return Err(Fault::new(FaultKind::Code(ErrorCode::SignInAgain)));
    };
    let workstation = context.store.identity().workstation;
    match context.transport.refresh(&Refresh { refresh_token, workstation }).await {
        Ok(signed_in) => {
            context.blocking(move |context| context.tokens.renewed(&signed_in)).await?;
            Ok(Done::Event(Event::Refreshed))
        }
        Err(error) => {
            if let Error::Refused {
                code:
                    code @ (ErrorCode::SignInAgain | ErrorCode::AccountClosed | ErrorCode::WorkstationRevoked),
                ..
            } = error
            {
                context.blocking(move |context| context.tokens.refused(code)).await?;
            }
            Err(wire_fault("refresh", &error))
        }
    }
}

pub(super) async fn push(
    context: Arc<Context>,
    max_commands: usize,
    max_bytes: usize,
) -> Result<Done, Fault> {
    let (token, commands) =
        context.with_token(move |store| store.outbox_batch(max_commands, max_bytes)).await?;
    let sent = commands.len();
    if sent == 0 {
        return Ok(Done::Event(Event::PushAnswered { sent, answers: Vec::new(), twin: false }));
    }
    let heads: Vec<Head> =
        commands.iter().map(head).collect::<Option<_>>().ok_or(Fault::new(FaultKind::Store))?;
    let answer = context.transport.push(&token, &Push { commands }).await;
    let Pushed { answers, twin } = answer.map_err(|error| wire_fault("push", &error))?;
    if answers.len() > sent || answers.iter().zip(&heads).any(|(answer, head)| answer.command_id != head.id) {
        let what = "answers to other commands than were sent";
        return Err(wire_fault("push", &Error::Garbled { what }));
    }
    // Commands that were made before the file drew its present id will go on being told so.
    let twin = twin && {
        let facts = context.blocking(|context| context.of_store(Store::sync_facts)).await??;
        heads.iter().any(|head| head.replica == Some(facts.replica))
    };
    if twin {
        tracing::warn!("another copy of this file is at work; it will number under a new id");
    }
    Ok(Done::Event(Event::PushAnswered { sent, answers, twin }))
}

/// What is read of an envelope to tell whether an answer is about it.
#[derive(Deserialize)]
struct Head {
    id: CommandId,
    #[serde(default)]
    replica: Option<ReplicaId>,
}

fn head(signed: &Signed) -> Option<Head> {
    serde_json::from_str(&signed.payload).ok()
}

pub(super) async fn record(context: Arc<Context>, answers: Vec<Answer>) -> Result<Done, Fault> {
    let look = context.change(move |store| match answers.as_slice() {
        [] => Ok(()),
        answers => store.record_answers(answers).map(drop),
    });
    Ok(Done::After(After::Recorded, look.await?))
}

pub(super) async fn tidy(context: Arc<Context>, tidy: Tidy) -> Result<Done, Fault> {
    let look = context
        .change(move |store| match tidy {
            Tidy::RemoveFeeds(feeds) => store.remove_feeds(&feeds).map(drop),
            Tidy::ForgetCursors(feeds) => store.forget_cursors(&feeds),
            Tidy::AdoptEpoch(epoch) => store.adopt_epoch(&epoch).map(drop),
            Tidy::SkipToNumber(last_n) => store.skip_to_number(last_n),
            Tidy::RenewReplica => store.renew_replica(),
        })
        .await?;
    Ok(Done::After(After::Tidied, look))
}
