//! Needs attention.

use wattle_domain::commands::ResolveConflict;
use wattle_protocol::ipc::attention::{AttentionItem, SetAside, TryAgain};

use super::{Answer, ask_tagged, call};

/// `attention`.
pub(crate) async fn attention() -> Answer<Vec<AttentionItem>> {
    ask_tagged("attention").await
}

/// `resolve_conflict`.
pub(crate) async fn resolve_conflict(args: ResolveConflict) -> Answer<serde::de::IgnoredAny> {
    call("resolve_conflict", &args).await
}

/// `set_aside`.
pub(crate) async fn set_aside(args: SetAside) -> Answer<serde::de::IgnoredAny> {
    call("set_aside", &args).await
}

/// `try_again`.
pub(crate) async fn try_again(args: TryAgain) -> Answer<serde::de::IgnoredAny> {
    call("try_again", &args).await
}
