//! A command as it came in, read as far as it can be.

use serde::Deserialize;
use wattle_domain::{CommandId, Envelope, WIRE};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::Signed;

use crate::error::ApiError;
use crate::secret;

/// A command that at least has an id and a number.
pub(super) struct Incoming {
    pub id: CommandId,
    pub n: i64,
    pub payload: String,
    pub payload_hash: Vec<u8>,
    /// As sent, base64.
    pub signature: String,
    /// `None` when this server cannot read it: another wire version, an unknown verb or argument.
    pub envelope: Option<Envelope>,
}

/// What every version of an envelope has.
#[derive(Deserialize)]
struct Named {
    id: CommandId,
    n: u64,
}

impl Incoming {
    /// # Errors
    /// `malformed` for a payload without an id and a number: nothing could ever be answered to it.
    pub fn read(signed: Signed) -> Result<Self, ApiError> {
        let malformed = || ApiError::because(ErrorCode::Malformed, "a command without id and number");
        if signed.payload.contains('\0') || signed.signature.len() > 200 {
            return Err(malformed());
        }
        let named: Named = serde_json::from_str(&signed.payload).map_err(|_| malformed())?;
        let n = i64::try_from(named.n).map_err(|_| malformed())?;
        let envelope = serde_json::from_str::<Envelope>(&signed.payload).ok().filter(|e| e.wire <= WIRE);
        Ok(Self {
            id: named.id,
            n,
            payload_hash: secret::sha256(signed.payload.as_bytes()),
            payload: signed.payload,
            signature: signed.signature,
            envelope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &str) -> Result<Incoming, ApiError> {
        Incoming::read(Signed { payload: payload.to_owned(), signature: String::new() })
    }

    #[test]
    fn only_a_command_that_cannot_be_named_is_malformed() {
        for payload in
            ["", "{}", "[1]", r#"{"id":"x","n":1}"#, r#"{"id":"00000000-0000-0000-0000-000000000001"}"#]
        {
            assert_eq!(read(payload).err().map(|e| e.code), Some(ErrorCode::Malformed), "{payload}");
        }
        let newer = read(r#"{"id":"00000000-0000-0000-0000-000000000001","n":1,"name":"teleport"}"#).unwrap();
        assert!(newer.envelope.is_none(), "kept, to be quarantined");
    }
}
