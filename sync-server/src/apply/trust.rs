//! Whether a command is its author's: the signature over the exact text, by a key from the database.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use wattle_domain::Envelope;

use crate::auth::Session;
use crate::db::push::Author;

/// Whether a command is of the session's clinic and workstation and signed by one of its author's keys. The author need not
/// be the session's user, because any signed-in user delivers the outbox.
pub(super) fn signed(
    author: &Author,
    session: &Session,
    envelope: &Envelope,
    payload: &str,
    signature: &[u8],
) -> bool {
    envelope.clinic == session.clinic
        && envelope.workstation == session.workstation
        && author
            .keys
            .iter()
            .any(|key| UnparsedPublicKey::new(&ED25519, key).verify(payload.as_bytes(), signature).is_ok())
}

/// The bytes of a signature; empty, and so good for nothing, when it is not base64.
pub(super) fn signature_bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}
