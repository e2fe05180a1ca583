//! Whether a file has come to its end, as far as its type can say: a scanner that was switched off leaves a beginning.

/// How far from the end a mark of the end may stand, bytes: some writers put a few more behind it.
const TAIL_BYTES: usize = 2_048;

/// False when bytes of this type say themselves that there should be more. Of types that cannot say it, true.
#[must_use]
pub fn is_whole(mime: &str, bytes: &[u8]) -> bool {
    match mime {
        "application/pdf" => ends_with(bytes, b"%%EOF"),
        "image/jpeg" => ends_with(bytes, b"\xff\xd9"),
        "image/png" => ends_with(bytes, b"IEND"),
        "image/gif" => ends_with(bytes, b"\x3b"),
        "image/tiff" => first_directory_is_there(bytes),
        _ => true,
    }
}

fn ends_with(bytes: &[u8], mark: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(TAIL_BYTES)..).unwrap_or_default();
    tail.windows(mark.len()).any(|at| at == mark)
}

/// A TIFF says at its beginning where its first directory is, and most writers put that last.
fn first_directory_is_there(bytes: &[u8]) -> bool {
    let (Some(order), Some(Ok(at))) = (bytes.get(..2), bytes.get(4..8).map(<[u8; 4]>::try_from)) else {
        return false;
    };
    let at = if order == b"II" { u32::from_le_bytes(at) } else { u32::from_be_bytes(at) };
    usize::try_from(at).is_ok_and(|at| at >= 8 && at < bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_and_whole_files() {
        let long = [b"%PDF-1.7\n%%EOF\n".as_slice(), &[b'x'; 3_000]].concat();
        let cases: &[(&str, &[u8], bool, &str)] = &[
            ("application/pdf", b"%PDF-1.7\n1 0 obj\n%%EOF\n", true, "as written"),
            ("application/pdf", b"%PDF-1.7\n1 0 obj\n", false, "cut off"),
            ("application/pdf", &long, false, "an end of an earlier version, and much behind it"),
            ("image/jpeg", b"\xff\xd8\xff\xe0 picture \xff\xd9", true, "as written"),
            ("image/jpeg", b"\xff\xd8\xff\xe0 pict", false, "cut off"),
            ("image/jpeg", b"\xff\xd8\xff\xe0 picture \xff\xd9\0\0\0\0", true, "padded"),
            ("image/png", b"\x89PNG\r\n\x1a\n IHDR IDAT", false, "cut off"),
            ("image/png", b"\x89PNG\r\n\x1a\n IHDR IDAT IEND\xae\x42\x60\x82", true, "as written"),
            ("image/tiff", b"II*\0\x08\0\0\0\0\0", true, "its directory comes first"),
            ("image/tiff", b"II*\0\x00\x10\0\0\0\0", false, "its directory is to come at 4096"),
            ("image/tiff", b"MM\0*\0\0\x10\0\0\0", false, "the same, the other way round"),
            ("text/plain", b"anything", true, "text has no end of its own"),
        ];
        for (mime, bytes, wanted, why) in cases {
            assert_eq!(is_whole(mime, bytes), *wanted, "{mime}: {why}");
        }
    }
}
