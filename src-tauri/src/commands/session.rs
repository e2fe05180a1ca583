//! Who is at the desk. See `wattle_protocol::ipc::session`.

use wattle_protocol::ipc::session::{AppState, Credentials, OpenIdSignIn, SetUp, SyncState, Unlock};
use wattle_workstation::Error;

use super::{Answer, Desk};

/// What the page shows.
#[tauri::command]
pub(crate) async fn app_state(desk: Desk<'_>) -> Answer<AppState> {
    Ok(desk.app_state().await?)
}

/// Makes this computer ready to be enrolled.
#[tauri::command]
pub(crate) async fn set_up(desk: Desk<'_>, args: SetUp) -> Answer<()> {
    Ok(desk.set_up(args).await?)
}

/// Somebody says who they are.
#[tauri::command]
pub(crate) async fn sign_in(desk: Desk<'_>, args: Credentials) -> Answer<()> {
    Ok(desk.sign_in(args).await?)
}

/// Somebody signs in with the clinic's OpenID provider, in the system's browser.
#[tauri::command]
pub(crate) async fn sign_in_openid(desk: Desk<'_>, args: OpenIdSignIn) -> Answer<()> {
    let browse = |address: String| open::that_detached(address).map_err(|_| Error::NoBrowser);
    Ok(desk.sign_in_openid(args, browse).await?)
}

/// Draws the curtain; the sync goes on.
#[tauri::command]
pub(crate) async fn lock(desk: Desk<'_>) -> Answer<()> {
    Ok(desk.lock().await?)
}

/// Opens the curtain.
#[tauri::command]
pub(crate) async fn unlock(desk: Desk<'_>, args: Unlock) -> Answer<()> {
    Ok(desk.unlock(args).await?)
}

/// Closes the file; what is unsent stays in it.
#[tauri::command]
pub(crate) async fn sign_out(desk: Desk<'_>) -> Answer<()> {
    Ok(desk.sign_out().await?)
}

/// How it stands with the server.
#[tauri::command]
pub(crate) async fn sync_state(desk: Desk<'_>) -> Answer<SyncState> {
    Ok(desk.sync_state().await?)
}

/// Tries the server now.
#[tauri::command]
pub(crate) async fn sync_now(desk: Desk<'_>) -> Answer<()> {
    Ok(desk.sync_now().await?)
}
