//! One's own password. See `wattle_protocol::session::NewPassword`.

use wattle_protocol::session::NewPassword;

use super::{Answer, Desk};

/// Sets it for whoever is signed in.
#[tauri::command]
pub(crate) async fn change_password(desk: Desk<'_>, args: NewPassword) -> Answer<()> {
    Ok(desk.change_password(args).await?)
}
