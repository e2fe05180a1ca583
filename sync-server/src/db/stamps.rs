//! Stamps of rows out of a binary COPY of `id, rev, updated_at`: a million of them make a digest, so no text in between.

use uuid::Uuid;
use wattle_domain::{Rev, UtcInstant};
use wattle_protocol::digest::Stamp;

use super::copy::{BadCopy, HEADER_BYTES, instant};

/// Bytes of one tuple: the count of its columns, then each with its length.
const TUPLE_BYTES: usize = 2 + (4 + 16) + (4 + 8) + (4 + 8);

/// Takes COPY chunks and gives stamps.
#[derive(Default)]
pub(crate) struct StampReader {
    pending: Vec<u8>,
    header_read: bool,
}

impl StampReader {
    /// Takes a chunk and gives every stamp that is now whole.
    pub fn take(&mut self, chunk: &[u8], mut each: impl FnMut(Stamp)) -> Result<(), BadCopy> {
        let joined;
        let mut rest: &[u8] = if self.pending.is_empty() {
            chunk
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(chunk);
            joined = pending;
            &joined
        };
        if !self.header_read {
            match rest.split_at_checked(HEADER_BYTES) {
                Some((_, after)) => (rest, self.header_read) = (after, true),
                None => {
                    self.pending = rest.to_vec();
                    return Ok(());
                }
            }
        }
        while let Some((tuple, after)) = rest.split_first_chunk::<TUPLE_BYTES>() {
            each(stamp(tuple)?);
            rest = after;
        }
        // At the end is a count of -1 alone.
        if rest != [0xff, 0xff] {
            self.pending = rest.to_vec();
        }
        Ok(())
    }
}

fn stamp(tuple: &[u8; TUPLE_BYTES]) -> Result<Stamp, BadCopy> {
    let [_, 3, 0, 0, 0, 16, rest @ ..] = tuple else { return Err(BadCopy::Shape) };
    let (id, rest) = rest.split_first_chunk::<16>().ok_or(BadCopy::Shape)?;
    let [0, 0, 0, 8, rest @ ..] = rest else { return Err(BadCopy::Shape) };
    let (rev, rest) = rest.split_first_chunk::<8>().ok_or(BadCopy::Shape)?;
    let [0, 0, 0, 8, rest @ ..] = rest else { return Err(BadCopy::Shape) };
    let at = rest.try_into().map_err(|_| BadCopy::Shape)?;
    Ok(Stamp {
        id: Uuid::from_bytes(*id),
        rev: Rev(i64::from_be_bytes(*rev)),
        updated_at: UtcInstant(instant(i64::from_be_bytes(at))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_come_out_alike_however_the_stream_is_cut() {
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        for n in 1..=3_i64 {
            bytes.extend(3_i16.to_be_bytes());
            bytes.extend(16_i32.to_be_bytes());
            bytes.extend(Uuid::from_u128(n.unsigned_abs().into()).as_bytes());
            for value in [n, n * 1000] {
                bytes.extend(8_i32.to_be_bytes());
                bytes.extend(value.to_be_bytes());
            }
        }
        bytes.extend((-1_i16).to_be_bytes());
        for cut in 1..=bytes.len() {
            let mut reader = StampReader::default();
            let mut found = Vec::new();
            for part in bytes.chunks(cut) {
                reader
                    .take(part, |stamp| found.push((stamp.id.as_u128(), stamp.rev.0, stamp.updated_at.0)))
                    .unwrap();
            }
            let wanted: Vec<_> =
                (1..=3).map(|n: i64| (u128::try_from(n).unwrap(), n, 946_684_800_000 + n)).collect();
            assert_eq!(found, wanted, "cut every {cut} bytes");
        }
        let mut wrong = bytes.clone();
        wrong[20] = 4;
        assert_eq!(StampReader::default().take(&wrong, |_| {}), Err(BadCopy::Shape));
    }
}
