//! Bytes of an export as UTF-8, decoded in chunks, with the line kept for error messages.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, Encoding};

use super::encoding::Detected;
use crate::error::Error;

const CHUNK: usize = 1 << 16;

/// A file's text. Malformed bytes are an `InvalidData` error, never a replacement character.
pub struct Text {
    file: File,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_from: usize,
    raw_to: usize,
    out: Vec<u8>,
    out_from: usize,
    out_to: usize,
    ended: bool,
    damaged: bool,
    line: u64,
    after_cr: bool,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Text {
    /// Opens a file in a known encoding.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path, found: Detected) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::file(path))?;
        let mut mark = vec![0_u8; found.bom_bytes];
        file.read_exact(&mut mark).map_err(Error::file(path))?;
        Ok(Self {
            file,
            decoder: found.encoding.new_decoder_without_bom_handling(),
            raw: vec![0; CHUNK],
            raw_from: 0,
            raw_to: 0,
            out: vec![0; CHUNK * 3 + 64],
            out_from: 0,
            out_to: 0,
            ended: false,
            damaged: false,
            line: 1,
            after_cr: false,
        })
    }

    /// The line of the next byte, from 1; CR, LF and CRLF all end one.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What it is decoded from.
    #[must_use]
    pub fn encoding(&self) -> &'static Encoding {
        self.decoder.encoding()
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.out_from == self.out_to && !self.ended && !self.damaged {
            if self.raw_from == self.raw_to {
                self.raw_from = 0;
                self.raw_to = self.file.read(&mut self.raw)?;
            }
            let last = self.raw_to == 0;
            let input = self.raw.get(self.raw_from..self.raw_to).unwrap_or_default();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(input, &mut self.out, last);
            self.raw_from += read;
            (self.out_from, self.out_to) = (0, written);
            if let DecoderResult::Malformed(..) = result {
                // What was decoded before the damage is served first, so that the line in the message is right.
                self.damaged = true;
                break;
            }
            self.ended = last && result == DecoderResult::InputEmpty;
        }
        if self.damaged && self.out_from == self.out_to {
            return Err(malformed(self.encoding()));
        }
        Ok(())
    }
}

fn malformed(encoding: &'static Encoding) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!(
            "the bytes here are not {}. Name the right encoding in the mapping (encoding = \"windows-1252\", \"macintosh\", …) \
             or export again as UTF-8.",
            encoding.name()
        ),
    )
}

impl Read for Text {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Text {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.refill()?;
        Ok(self.out.get(self.out_from..self.out_to).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        let to = (self.out_from + amount).min(self.out_to);
        for &byte in self.out.get(self.out_from..to).unwrap_or_default() {
            if byte == b'\r' || (byte == b'\n' && !self.after_cr) {
                self.line += 1;
            }
            self.after_cr = byte == b'\r';
        }
        self.out_from = to;
    }
}
