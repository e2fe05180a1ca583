//! Bodies that go packed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wattle_protocol::ErrorCode;

use super::Error;

/// Smaller bodies fit a packet or two as they are.
const PACK_FROM: usize = 1 << 10;
/// Commands repeat their field names a lot: the quickest level takes most of it.
const LEVEL: i32 = 1;

/// Whether the server unpacks what we pack. Shared by clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Packing {
    refused: Arc<AtomicBool>,
}

impl Packing {
    /// The body as zstd, if that is worth it and the server takes it.
    pub(super) fn pack(&self, body: &[u8]) -> Option<Vec<u8>> {
        if body.len() <= PACK_FROM || self.refused.load(Ordering::Relaxed) {
            return None;
        }
        zstd::bulk::compress(body, LEVEL).ok()
    }

    /// Whether an answer may mean that the server did not understand the packing: an older one, or a proxy before it.
    pub(super) fn is_suspect(error: &Error) -> bool {
        matches!(error, Error::Garbled { .. } | Error::Refused { code: ErrorCode::Malformed, .. })
    }

    /// The same body was refused packed and taken plain.
    pub(super) fn give_up(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }
}
