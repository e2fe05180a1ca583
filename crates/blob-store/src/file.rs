//! A file of the folder store as a stream.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use crate::error::Error;

/// Bytes of one read. Each is a hop to another thread and back: with the 8 KiB that object_store takes, half a megabyte
/// was 64 of them. Much larger ones would rest in the memory of a server
/// whose readers are slow.
const PIECE: u64 = 64 * 1024;

/// The bytes of a range, read by tokio's threads for blocking work. A file that ends before its range does is an error, not
/// a short blob.
pub(crate) fn stream(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, Error>> {
    stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || piece(file, range));
        read.await.map_err(std::io::Error::other)?.map(Some)
    })
    .boxed()
}

/// The next piece, and what is left.
fn piece(mut file: File, range: Range<u64>) -> Result<(Bytes, (File, Range<u64>)), Error> {
    let wanted = PIECE.min(range.end - range.start);
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    file.seek(SeekFrom::Start(range.start))?;
    let read = (&mut file).take(wanted).read_to_end(&mut bytes)? as u64;
    if read < wanted {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok((bytes.into(), (file, range.start + read..range.end)))
}
