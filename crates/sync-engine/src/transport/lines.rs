//! Lines out of pieces of a stream, none longer than a limit.

use super::Error;

/// Takes pieces, gives lines.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where no line end was found.
    scanned: usize,
    most: usize,
}

impl Lines {
    pub(super) fn new(most: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, scanned: 0, most }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(piece);
    }

    /// The next whole line, without its end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        let rest = self.buffer.get(self.scanned..).unwrap_or_default();
        let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.buffer.len();
            return if self.scanned - self.start > self.most { Err(too_long()) } else { Ok(None) };
        };
        let (from, to) = (self.start, self.scanned + at);
        self.start = to + 1;
        self.scanned = self.start;
        if to - from > self.most {
            return Err(too_long());
        }
        let line = self.buffer.get(from..to).unwrap_or_default();
        Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
    }

    /// Whether a line was begun and not ended.
    pub(super) fn has_rest(&self) -> bool {
        self.start < self.buffer.len()
    }
}

fn too_long() -> Error {
    Error::Garbled { what: "a line is too long" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]], most: usize) -> Result<Vec<String>, Error> {
        let mut lines = Lines::new(most);
        let mut out = Vec::new();
        for piece in pieces {
            lines.feed(piece);
            while let Some(line) = lines.next()? {
                out.push(String::from_utf8_lossy(line).into_owned());
            }
        }
        Ok(out)
    }

    #[test]
    fn however_the_pieces_are_cut_the_lines_are_the_same() {
        let text = b"one\ntwo\r\n\n\xc3\xa4hnlich\nlast without end";
        let want = ["one", "two", "", "\u{e4}hnlich"];
        for size in 1..text.len() {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            assert_eq!(all(&pieces, 100).unwrap(), want, "pieces of {size}");
        }
    }

    #[test]
    fn a_line_that_never_ends_is_refused_before_it_fills_the_memory() {
        assert_eq!(all(&[b"1234", b"5678"], 8).unwrap(), Vec::<String>::new());
        assert_eq!(all(&[b"1234", b"56789"], 8), Err(too_long()));
        assert_eq!(all(&[b"123456789\n"], 8), Err(too_long()), "nor one that ends in the same piece");
        assert_eq!(all(&[b"12345678\n"], 8).unwrap(), ["12345678"]);
    }
}
