//! Whether a command is its author's: keys and roles from the database, the signature over the exact text.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use sqlx::postgres::PgConnection;
use wattle_domain::{Envelope, Role, UserId};

use crate::auth::Session;
use crate::db::account;

/// Authors of a batch, each looked up once.
#[derive(Default)]
pub(super) struct Authors(BTreeMap<UserId, Author>);

/// What the database knows of an author.
#[derive(Clone)]
pub(super) struct Author {
    pub roles: Vec<Role>,
    keys: Vec<Vec<u8>>,
}

impl Authors {
    /// The author of a command at the session's workstation; the author need not be the session's user, because any
    /// signed-in user delivers the outbox.
    pub async fn get(
        &mut self,
        connection: &mut PgConnection,
        session: &Session,
        user: UserId,
    ) -> Result<Author, sqlx::Error> {
        if let Some(author) = self.0.get(&user) {
            return Ok(author.clone());
        }
        let author = Author {
            roles: account::roles(connection, session.clinic, user).await?,
            keys: account::signing_keys(connection, session.clinic, user, session.workstation).await?,
        };
        self.0.insert(user, author.clone());
        Ok(author)
    }
}

impl Author {
    /// Whether the command is of this clinic and workstation and signed by one of the author's keys.
    pub fn signed(&self, session: &Session, envelope: &Envelope, payload: &str, signature: &[u8]) -> bool {
        envelope.clinic == session.clinic
            && envelope.workstation == session.workstation
            && self.keys.iter().any(|key| {
                UnparsedPublicKey::new(&ED25519, key).verify(payload.as_bytes(), signature).is_ok()
            })
    }
}

/// The bytes of a signature; empty, and so good for nothing, when it is not base64.
pub(super) fn signature_bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}
