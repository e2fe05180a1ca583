//! One's own password.

use wattle_protocol::session::NewPassword;

use super::{Answer, call};

/// `change_password`.
pub(crate) async fn change_password(args: NewPassword) -> Answer<()> {
    call("change_password", &args).await
}
