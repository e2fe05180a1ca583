//! Who is at the desk, and how the sync stands.

use wattle_protocol::ipc::session::{AppState, Credentials, OpenIdSignIn, SetUp, SyncState, Unlock};

use super::{Answer, ask, ask_tagged, call};

/// `app_state`.
pub(crate) async fn app_state() -> Answer<AppState> {
    ask_tagged("app_state").await
}

/// `set_up`.
pub(crate) async fn set_up(args: SetUp) -> Answer<serde::de::IgnoredAny> {
    call("set_up", &args).await
}

/// `sign_in_openid`: answers when the browser has come back.
pub(crate) async fn sign_in_openid(args: OpenIdSignIn) -> Answer<serde::de::IgnoredAny> {
    call("sign_in_openid", &args).await
}

/// `sign_in`.
pub(crate) async fn sign_in(args: Credentials) -> Answer<serde::de::IgnoredAny> {
    call("sign_in", &args).await
}

/// `lock`.
pub(crate) async fn lock() -> Answer<serde::de::IgnoredAny> {
    ask("lock").await
}

/// `unlock`.
pub(crate) async fn unlock(args: Unlock) -> Answer<serde::de::IgnoredAny> {
    call("unlock", &args).await
}

/// `sign_out`.
pub(crate) async fn sign_out() -> Answer<serde::de::IgnoredAny> {
    ask("sign_out").await
}

/// `sync_state`.
pub(crate) async fn sync_state() -> Answer<SyncState> {
    ask("sync_state").await
}

/// `sync_now`.
pub(crate) async fn sync_now() -> Answer<serde::de::IgnoredAny> {
    ask("sync_now").await
}
