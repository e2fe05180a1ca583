//! Who the server thinks we are.

use wattle_protocol::ErrorCode;
use wattle_protocol::session::{SignedIn, Welcome};

/// Keeps the tokens of the person who is signed in. Called on blocking threads: may write to disk.
pub trait Tokens: Send + Sync + 'static {
    /// The access token, if there is one that may still be good.
    fn access(&self) -> Option<String>;

    /// The refresh token, if there is one.
    fn refresh(&self) -> Option<String>;

    /// The server gave a new pair. The old refresh token is used up: keep the new one before returning.
    fn renewed(&self, signed_in: &SignedIn);

    /// The server refused the refresh token: the person must sign in again, some time; with `AccountClosed` they may not, with
    /// `WorkstationRevoked` nobody may at this workstation.
    fn refused(&self, code: ErrorCode);

    /// The session was opened: roles, offline lease, whether this workstation is suspended or must be wiped.
    fn welcomed(&self, welcome: &Welcome);
}
