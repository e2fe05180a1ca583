//! Which encoding an export is in: byte order mark first, then what the bytes themselves allow.
//!
//! FileMaker offers UTF-8, UTF-16, Windows (ANSI) and Macintosh; its files do not say which was chosen.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Position;
use crate::error::Error;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The encoding.
    pub encoding: &'static Encoding,
    /// Length of the byte order mark, to be skipped.
    pub bom_bytes: usize,
}

impl Detected {
    /// What somebody has said of the file goes before what was found.
    ///
    /// # Errors
    /// When no encoding is called so.
    pub fn or_as_said(self, path: &Path, said: Option<&str>) -> Result<Self, Error> {
        let Some(label) = said else { return Ok(self) };
        let at = Position { path: path.to_path_buf(), record: 0 };
        let encoding = Encoding::for_label(label.as_bytes())
            .ok_or_else(|| at.error(1, format!("no encoding is called \"{label}\".")))?;
        let bom_bytes = if encoding == self.encoding { self.bom_bytes } else { 0 };
        Ok(Self { encoding, bom_bytes })
    }
}

/// Looks through the whole file, in chunks.
///
/// A file with some well-formed UTF-8 beyond ASCII is taken for UTF-8 even when it also has damage, so that the damage is
/// reported with its line instead of being read as another alphabet.
///
/// # Errors
/// When the file cannot be read.
pub fn detect(path: &Path) -> Result<Detected, Error> {
    let mut file = File::open(path).map_err(Error::file(path))?;
    let mut chunk = vec![0_u8; 1 << 16];
    let mut evidence = Evidence::default();
    let mut first = true;
    loop {
        let n = file.read(&mut chunk).map_err(Error::file(path))?;
        let bytes = chunk.get(..n).unwrap_or_default();
        if n == 0 {
            return Ok(Detected { encoding: evidence.verdict(), bom_bytes: 0 });
        }
        if std::mem::take(&mut first)
            && let Some(found) = by_first_bytes(bytes)
        {
            return Ok(found);
        }
        evidence.look(bytes);
    }
}

fn by_first_bytes(bytes: &[u8]) -> Option<Detected> {
    if let Some((encoding, bom_bytes)) = Encoding::for_bom(bytes) {
        return Some(Detected { encoding, bom_bytes });
    }
    // UTF-16 without a mark: mostly ASCII text has a zero in every second byte.
    let pairs = bytes.chunks_exact(2).take(512);
    let (mut total, mut low_zero, mut high_zero) = (0_usize, 0_usize, 0_usize);
    for pair in pairs {
        total += 1;
        low_zero += usize::from(pair.first() == Some(&0));
        high_zero += usize::from(pair.last() == Some(&0));
    }
    let most = |zeros: usize| total > 4 && zeros * 3 > total * 2;
    match (most(high_zero), most(low_zero)) {
        (true, false) => Some(Detected { encoding: UTF_16LE, bom_bytes: 0 }),
        (false, true) => Some(Detected { encoding: UTF_16BE, bom_bytes: 0 }),
        _ => None,
    }
}

/// Counts over a file without mark.
#[derive(Default)]
struct Evidence {
    /// Continuation bytes still due of a UTF-8 sequence.
    due: u8,
    utf8_good: u64,
    utf8_bad: u64,
    mac: u64,
    windows: u64,
}

impl Evidence {
    fn look(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte < 0x80 {
                self.utf8_bad += u64::from(std::mem::take(&mut self.due) > 0);
                continue;
            }
            match (self.due, byte) {
                (0, 0xC2..=0xDF) => self.due = 1,
                (0, 0xE0..=0xEF) => self.due = 2,
                (0, 0xF0..=0xF4) => self.due = 3,
                (1, 0x80..=0xBF) => {
                    self.due = 0;
                    self.utf8_good += 1;
                }
                (_, 0x80..=0xBF) if self.due > 1 => self.due -= 1,
                _ => {
                    self.utf8_bad += 1;
                    self.due = 0;
                }
            }
            match byte {
                // Unassigned or very rare in Windows-1252, accented letters on the Mac.
                0x80..=0x84 | 0x86..=0x90 | 0x98..=0x9F => self.mac += 1,
                // Mac quotes and no-break space between English words; capital letters with accents in Windows-1252.
                0xD0..=0xD5 | 0xCA => self.mac += 1,
                // Windows quotes, dashes, ellipsis; and its accented small letters.
                0x85 | 0x91..=0x97 | 0xA0 | 0xE0..=0xEF | 0xF1..=0xFD => self.windows += 1,
                _ => {}
            }
        }
    }

    fn verdict(&self) -> &'static Encoding {
        // Well-formed sequences hardly ever come about by chance.
        if self.utf8_bad == 0 || (self.utf8_good > 0 && self.utf8_good * 4 >= self.utf8_bad) {
            UTF_8
        } else if self.mac > self.windows {
            MACINTOSH
        } else {
            WINDOWS_1252
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(bytes: &[u8]) -> &'static Encoding {
        by_first_bytes(bytes).map_or_else(
            || {
                let mut evidence = Evidence::default();
                evidence.look(bytes);
                evidence.verdict()
            },
            |found| found.encoding,
        )
    }

    #[test]
    fn each_encoding_that_filemaker_offers_is_told_apart() {
        let text = "Zoë D\u{2019}Souza, Café, Núñez \u{201C}quoted\u{201D}";
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        assert_eq!(verdict(b"plain ascii"), UTF_8, "ASCII is UTF-8");
        assert_eq!(verdict(text.as_bytes()), UTF_8, "no mark needed");
        assert_eq!(verdict(&[b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat()), UTF_8, "mark");
        assert_eq!(verdict(&utf16(false)), UTF_16LE, "zeros in the high bytes");
        assert_eq!(verdict(&utf16(true)), UTF_16BE, "zeros in the low bytes");
        assert_eq!(verdict(&WINDOWS_1252.encode(text).0), WINDOWS_1252, "Windows quotes and letters");
        assert_eq!(
            verdict(b"Zo\x91 D\xD5Souza, Caf\x8E, N\x9C\x96ez \xD2quoted\xD3"),
            MACINTOSH,
            "Mac quotes"
        );
    }

    #[test]
    fn a_damaged_utf8_file_stays_utf8_so_that_the_damage_is_reported() {
        assert_eq!(verdict("Zoë Zoë Zoë \u{FF}".as_bytes()), UTF_8);
        assert_eq!(verdict(&["Zoë, Café, Núñez ".as_bytes(), b"\xFF"].concat()), UTF_8);
    }
}
