//! The codes of an authenticator app. See `wattle_protocol::second_factor`.

use qrcode::QrCode;
use qrcode::render::svg;
use wattle_protocol::ipc::{CommandError, FaultCode, Shown};
use wattle_protocol::second_factor::Step;

use super::{Answer, Desk};

/// Switches them on or off for whoever is signed in.
#[tauri::command]
pub(crate) async fn second_factor(desk: Desk<'_>, args: Step) -> Answer<Shown> {
    let answer = desk.second_factor(args).await?;
    let picture = answer.address.as_deref().map(picture).transpose()?;
    Ok(Shown { on: answer.on, secret: answer.secret, picture })
}

/// Black on white also in the dark: cameras want it so.
fn picture(address: &str) -> Result<String, CommandError> {
    let code = QrCode::new(address).map_err(|_| CommandError::new(FaultCode::Internal))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
}
