//! Rows out of PostgreSQL as JSON text, without a value tree in between: binary COPY in, JSON bytes out.
//!
//! A first sync is all rows of a clinic, so this is the hot path of a pull. COPY also streams: at no time is more than
//! one chunk in memory, and a slow reader slows PostgreSQL down.

use chrono::NaiveDate;
use wattle_domain::{Column, ColumnKind, Rest, Table};

use crate::seal::{SealError, Sealer};

/// The kinds of the common columns, in the order of [`wattle_protocol::pull::COMMON_COLUMNS`].
const COMMON: [ColumnKind; 9] = [
    ColumnKind::Uuid,
    ColumnKind::Int,
    ColumnKind::Instant,
    ColumnKind::Uuid,
    ColumnKind::Instant,
    ColumnKind::Uuid,
    ColumnKind::Uuid,
    ColumnKind::Instant,
    ColumnKind::Text,
];

/// 2000-01-01, where PostgreSQL counts from, in milliseconds since 1970.
const EPOCH_MS: i64 = 946_684_800_000;
/// The same in days of the proleptic Gregorian calendar.
const EPOCH_DAYS_CE: i32 = 730_120;
/// `PGCOPY\n\xff\r\n\0`, flags, length of the header's extension (always 0).
pub(super) const HEADER_BYTES: usize = 19;

/// Why a stream gives no rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadCopy {
    /// It is not binary COPY of the columns we asked for.
    #[error("a COPY stream of another shape")]
    Shape,
    /// A sealed value in it does not open.
    #[error("{0}")]
    Sealed(#[from] SealError),
}

/// Takes COPY chunks and gives rows.
pub(crate) struct CopyReader {
    table: &'static Table,
    sealer: Sealer,
    kinds: Vec<(ColumnKind, Option<&'static Column>)>,
    pending: Vec<u8>,
    header_read: bool,
}

/// What the next bytes of a stream are.
enum Tuple<'a> {
    Whole { id: uuid::Uuid, rest: &'a [u8] },
    End,
    NotYet,
}

impl CopyReader {
    /// A reader of rows of a table, which opens what rests sealed.
    pub fn new(table: &'static Table, sealer: &Sealer) -> Self {
        let own = table.columns.iter().map(|c| (c.kind, (c.rest != Rest::Open).then_some(c)));
        let kinds = COMMON.into_iter().map(|kind| (kind, None)).chain(own).collect();
        Self { table, sealer: sealer.clone(), kinds, pending: Vec::new(), header_read: false }
    }

    /// Takes a chunk and appends every row that is now whole to `out`, each a JSON array followed by a comma.
    /// Calls `row` with its id and the length of `out` after each.
    pub fn take(
        &mut self,
        chunk: &[u8],
        out: &mut Vec<u8>,
        mut row: impl FnMut(uuid::Uuid, usize),
    ) -> Result<(), BadCopy> {
        // PostgreSQL sends a row a message, so there is hardly ever anything pending and the chunk is read in place.
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
        loop {
            let start = out.len();
            match self.tuple(rest, out)? {
                Tuple::Whole { id, rest: after } => {
                    rest = after;
                    row(id, out.len());
                }
                Tuple::End => break,
                Tuple::NotYet => {
                    out.truncate(start);
                    self.pending = rest.to_vec();
                    break;
                }
            }
        }
        Ok(())
    }

    fn tuple<'a>(&self, bytes: &'a [u8], out: &mut Vec<u8>) -> Result<Tuple<'a>, BadCopy> {
        let Some((count, mut rest)) = bytes.split_first_chunk::<2>() else { return Ok(Tuple::NotYet) };
        let count = i16::from_be_bytes(*count);
        if count == -1 {
            return Ok(Tuple::End);
        }
        if usize::try_from(count) != Ok(self.kinds.len()) {
            return Err(BadCopy::Shape);
        }
        let mut id = uuid::Uuid::nil();
        out.push(b'[');
        for (index, (kind, sealed)) in self.kinds.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let Some((length, after)) = rest.split_first_chunk::<4>() else { return Ok(Tuple::NotYet) };
            let length = i32::from_be_bytes(*length);
            if length == -1 {
                out.extend_from_slice(b"null");
                rest = after;
                continue;
            }
            let length = usize::try_from(length).map_err(|_| BadCopy::Shape)?;
            let Some((value, after)) = after.split_at_checked(length) else { return Ok(Tuple::NotYet) };
            rest = after;
            if index == 0 {
                id = uuid::Uuid::from_slice(value).map_err(|_| BadCopy::Shape)?;
            }
            let opened = match sealed {
                Some(column) => self.sealer.open_copied(self.table, column, id, value, out)?,
                None => false,
            };
            if !opened {
                write_value(*kind, value, out)?;
            }
        }
        out.extend_from_slice(b"],");
        Ok(Tuple::Whole { id, rest })
    }
}

fn write_value(kind: ColumnKind, value: &[u8], out: &mut Vec<u8>) -> Result<(), BadCopy> {
    match kind {
        ColumnKind::Text => {
            let text = std::str::from_utf8(value).map_err(|_| BadCopy::Shape)?;
            serde_json::to_writer(out, text).map_err(|_| BadCopy::Shape)
        }
        // jsonb as text: JSON already.
        ColumnKind::Json => {
            out.extend_from_slice(value);
            Ok(())
        }
        ColumnKind::Bool => {
            let word: &[u8] = if value == [1] { b"true" } else { b"false" };
            out.extend_from_slice(word);
            Ok(())
        }
        ColumnKind::Int => number(out, i64::from_be_bytes(fixed(value)?)),
        ColumnKind::Instant => number(out, instant(i64::from_be_bytes(fixed(value)?))),
        ColumnKind::Date => {
            let days = i32::from_be_bytes(fixed(value)?);
            let date = NaiveDate::from_num_days_from_ce_opt(days.saturating_add(EPOCH_DAYS_CE))
                .ok_or(BadCopy::Shape)?;
            serde_json::to_writer(out, &date).map_err(|_| BadCopy::Shape)
        }
        ColumnKind::Uuid => {
            let id = uuid::Uuid::from_slice(value).map_err(|_| BadCopy::Shape)?;
            let mut buffer = [0_u8; uuid::fmt::Hyphenated::LENGTH];
            out.push(b'"');
            out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
            out.push(b'"');
            Ok(())
        }
    }
}

/// Milliseconds since 1970 from microseconds since 2000.
pub(super) fn instant(micros: i64) -> i64 {
    micros.saturating_add(500).div_euclid(1000).saturating_add(EPOCH_MS)
}

fn number(out: &mut Vec<u8>, value: i64) -> Result<(), BadCopy> {
    serde_json::to_writer(out, &value).map_err(|_| BadCopy::Shape)
}

fn fixed<const N: usize>(value: &[u8]) -> Result<[u8; N], BadCopy> {
    value.try_into().map_err(|_| BadCopy::Shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_domain::TableName;

    fn nobody() -> Sealer {
        Sealer::new(wattle_domain::ClinicId(uuid::Uuid::nil()), None)
    }

    fn stream() -> Vec<u8> {
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        let table = TableName::UserName.table();
        let put = |value: Option<&[u8]>, bytes: &mut Vec<u8>| match value {
            None => bytes.extend((-1_i32).to_be_bytes()),
            Some(value) => {
                bytes.extend((value.len() as i32).to_be_bytes());
                bytes.extend(value);
            }
        };
        for _ in 0..2 {
            bytes.extend(((9 + table.columns.len()) as i16).to_be_bytes());
            put(Some(uuid::Uuid::from_u128(7).as_bytes()), &mut bytes);
            put(Some(&3_i64.to_be_bytes()), &mut bytes);
            put(Some(&(-1_500_i64).to_be_bytes()), &mut bytes);
            put(None, &mut bytes);
            put(Some(&0_i64.to_be_bytes()), &mut bytes);
            for _ in 0..4 {
                put(None, &mut bytes);
            }
            put(Some("O\"Brien\n\u{1}".as_bytes()), &mut bytes);
            put(Some(&[1]), &mut bytes);
        }
        bytes.extend((-1_i16).to_be_bytes());
        bytes
    }

    #[test]
    fn rows_come_out_alike_however_the_stream_is_cut() {
        let bytes = stream();
        let mut whole = Vec::new();
        CopyReader::new(TableName::UserName.table(), &nobody()).take(&bytes, &mut whole, |_, _| {}).unwrap();
        let text = String::from_utf8(whole.clone()).unwrap();
        let rows: serde_json::Value =
            serde_json::from_str(&format!("[{}]", text.trim_end_matches(','))).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 2);
        assert_eq!(rows[0][0], "00000000-0000-0000-0000-000000000007");
        assert_eq!(rows[0][2], 946_684_799_999_i64, "before 2000 rounds as after it");
        assert_eq!(rows[0][9], "O\"Brien\n\u{1}");
        assert_eq!(rows[0][10], true);
        for cut in 1..bytes.len() {
            let mut reader = CopyReader::new(TableName::UserName.table(), &nobody());
            let mut out = Vec::new();
            for part in bytes.chunks(cut) {
                reader.take(part, &mut out, |_, _| {}).unwrap();
            }
            assert_eq!(out, whole, "cut every {cut} bytes");
        }
    }

    #[test]
    fn another_number_of_columns_is_refused() {
        let mut reader = CopyReader::new(TableName::Clinic.table(), &nobody());
        assert_eq!(reader.take(&stream(), &mut Vec::new(), |_, _| {}), Err(BadCopy::Shape));
    }
}
