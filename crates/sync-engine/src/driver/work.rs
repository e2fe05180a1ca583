//! The pieces of work that are one question and one answer.

use std::sync::Arc;

use serde::Deserialize;
use wattle_domain::CommandId;
use wattle_protocol::push::{Answer, Push, Signed};
use wattle_protocol::session::{Hello, Refresh};
use wattle_protocol::{ErrorCode, PROTOCOL};

use super::context::{Context, wire_fault};
use crate::machine::{Event, Fault, FaultKind, Tidy};
use crate::transport::Error;

/// What became of a piece of work. The machine wants the file's facts with some of it; the engine reads them when it hands
/// the event over, so that no older facts arrive after newer ones.
pub(super) enum Done {
    Event(Event),
    Recorded,
    Pulled { complete: bool },
    Tidied,
}

pub(super) async fn session(context: Arc<Context>) -> Result<Done, Fault> {
    let token = context.access_token().await?;
    let facts = context.facts().await?;
    let hello = Hello {
        app_version: context.app_version.clone(),
        protocol: PROTOCOL,
        epoch: facts.epoch,
        cursors: facts.cursors,
        outbox_len: facts.outbox_len,
        last_n: facts.last_n,
        replica: None,
        feeds: None,
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
            let spent = ErrorCode::SignInAgain;
            if matches!(&error, Error::Refused { code, .. } if *code == spent) {
                context.blocking(|context| context.tokens.refused()).await?;
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
    let token = context.access_token().await?;
    let commands = context.store(move |store| store.outbox_batch(max_commands, max_bytes)).await?;
    let sent = commands.len();
    if sent == 0 {
        return Ok(Done::Event(Event::PushAnswered { sent, answers: Vec::new() }));
    }
    let ids: Vec<CommandId> =
        commands.iter().map(command_id).collect::<Option<_>>().ok_or(Fault::new(FaultKind::Store))?;
    let answer = context.transport.push(&token, &Push { commands }).await;
    let answers = answer.map_err(|error| wire_fault("push", &error))?.answers;
    if answers.len() > sent || answers.iter().zip(&ids).any(|(answer, id)| answer.command_id != *id) {
        let what = "answers to other commands than were sent";
        return Err(wire_fault("push", &Error::Garbled { what }));
    }
    Ok(Done::Event(Event::PushAnswered { sent, answers }))
}

fn command_id(signed: &Signed) -> Option<CommandId> {
    #[derive(Deserialize)]
    struct Id {
        id: CommandId,
    }
    serde_json::from_str::<Id>(&signed.payload).ok().map(|envelope| envelope.id)
}

pub(super) async fn record(context: Arc<Context>, answers: Vec<Answer>) -> Result<Done, Fault> {
    context.store(move |store| store.record_answers(&answers)).await?;
    Ok(Done::Recorded)
}

pub(super) async fn tidy(context: Arc<Context>, tidy: Tidy) -> Result<Done, Fault> {
    context
        .store(move |store| match tidy {
            Tidy::RemoveFeeds(feeds) => store.remove_feeds(&feeds).map(drop),
            Tidy::ForgetCursors(feeds) => store.forget_cursors(&feeds),
            Tidy::AdoptEpoch(epoch) => store.adopt_epoch(&epoch).map(drop),
            Tidy::SkipToNumber(last_n) => store.skip_to_number(last_n),
        })
        .await?;
    Ok(Done::Tidied)
}
