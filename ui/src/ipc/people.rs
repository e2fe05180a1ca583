//! People and computers.

use wattle_protocol::admin::{Act, Done, Overview};

use super::{Answer, ask, call};

/// `people`.
pub(crate) async fn people() -> Answer<Overview> {
    ask("people").await
}

/// `see_to`.
pub(crate) async fn see_to(act: Act) -> Answer<Done> {
    call("see_to", &act).await
}
