//! The codes of an authenticator app.

use wattle_protocol::ipc::Shown;
use wattle_protocol::second_factor::Step;

use super::{Answer, call};

/// `second_factor`.
pub(crate) async fn second_factor(args: Step) -> Answer<Shown> {
    call("second_factor", &args).await
}
