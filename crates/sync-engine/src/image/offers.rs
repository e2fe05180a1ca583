//! Asking the server for an image, as somebody who is signed in.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use wattle_local_store::{Identity, schema};
use wattle_protocol::ErrorCode;
use wattle_protocol::image::{ImageAsk, ImageOffer};
use wattle_protocol::session::Refresh;

use super::error::NoCopy;
use crate::driver::Tokens;
use crate::transport::{Error, Transport};

/// Who asks, and for what.
pub(super) struct Offers {
    pub(super) transport: Transport,
    pub(super) tokens: Arc<dyn Tokens>,
    pub(super) identity: Identity,
}

impl Offers {
    /// An offer; with `resume` preferably of that image. The outer error is final, the inner one may pass.
    pub(super) async fn ask(&self, resume: Option<&str>) -> Result<Result<ImageOffer, Error>, NoCopy> {
        let resume = resume.and_then(|id| id.parse().ok());
        let ask = ImageAsk { schema: schema::known_version(), feeds: self.identity.feeds(), resume };
        let mut renewed = false;
        loop {
            let tokens = Arc::clone(&self.tokens);
            let token = spawn_blocking(move || tokens.access()).await?;
            let answer = match &token {
                Some(token) => self.transport.image(token, &ask).await,
                None => Err(Error::refused(ErrorCode::SignInAgain)),
            };
            match answer {
                Ok(None) => return Err(NoCopy::NoImage),
                Ok(Some(offer)) if offer.schema != ask.schema || offer.feeds != ask.feeds => {
                    return Err(NoCopy::OtherFile("it is for another kind of file"));
                }
                Ok(Some(offer)) => return Ok(Ok(offer)),
                Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) if !renewed => {
                    renewed = true;
                    if let Err(error) = self.refresh().await? {
                        return Ok(Err(error));
                    }
                }
                Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) => return Err(NoCopy::SignInAgain),
                Err(Error::Refused {
                    code: ErrorCode::NotAllowed | ErrorCode::Malformed | ErrorCode::UpgradeRequired,
                    ..
                }) => return Err(NoCopy::NoImage),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    async fn refresh(&self) -> Result<Result<(), Error>, NoCopy> {
        let tokens = Arc::clone(&self.tokens);
        let held = spawn_blocking(move || tokens.refresh()).await?;
        let refresh_token = held.ok_or(NoCopy::SignInAgain)?;
        let refresh = Refresh { refresh_token, workstation: self.identity.workstation };
        match self.transport.refresh(&refresh).await {
            Ok(signed_in) => {
                let tokens = Arc::clone(&self.tokens);
                // The old token is used up: the new one is kept before anything else.
                spawn_blocking(move || tokens.renewed(&signed_in)).await?;
                Ok(Ok(()))
            }
            // The engine will hear the same, and says so to whom it must.
            Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) => Err(NoCopy::SignInAgain),
            Err(error) => Ok(Err(error)),
        }
    }
}
