//! The *Sync* page.

use wattle_protocol::ipc::sync::{Bundle, SyncPage, WriteBundle};

use super::{Answer, ask, call};

/// `sync_page`.
pub(crate) async fn sync_page() -> Answer<SyncPage> {
    ask("sync_page").await
}

/// `check_now`.
pub(crate) async fn check_now() -> Answer<serde::de::IgnoredAny> {
    ask("check_now").await
}

/// `write_support_bundle`; `None` when the person was asked where and thought better of it.
pub(crate) async fn write_support_bundle(ask: bool) -> Answer<Option<Bundle>> {
    call("write_support_bundle", &WriteBundle { ask }).await
}
