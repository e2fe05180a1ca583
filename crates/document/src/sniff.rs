//! What bytes are, by what they begin with, and whether that fits the name they came under.

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// Such as `application/pdf`; `text/plain` for what reads as text; `application/octet-stream` for what nobody knows.
    pub mime: &'static str,
}

/// Why bytes are no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There are none.
    #[error("the file is empty")]
    Empty,
    /// Their beginning is that of another type than their name says.
    #[error("the file's content does not fit its name")]
    Name,
    /// A program.
    #[error("the file is a program")]
    Program,
}

/// What text may hold beside printable characters.
const SPACES: &str = "\t\n\r\u{c}\u{feff}";
/// Word's and Excel's files are archives inside: their names may promise more than their first bytes can say.
const OFFICE: [&str; 6] = ["docx", "xlsx", "pptx", "odt", "ods", "odp"];

/// What bytes are, by their beginning (and all of them, for text).
#[must_use]
pub fn mime_of(bytes: &[u8]) -> &'static str {
    let found = infer::get(bytes);
    // "BMI 24" begins as a bitmap does: what reads as text is text, unless its format is made of text.
    let of_text =
        |mime: &str| mime.starts_with("text/") || matches!(mime, "application/pdf" | "application/rtf");
    match found {
        Some(found) if found.mime_type() == "text/x-shellscript" => "application/x-executable",
        Some(found) if !of_text(found.mime_type()) && is_text(bytes) => "text/plain",
        Some(found)
            if found.matcher_type() == infer::MatcherType::App && found.mime_type() != "application/wasm" =>
        {
            "application/x-executable"
        }
        Some(found) => found.mime_type(),
        None if is_text(bytes) => "text/plain",
        None => "application/octet-stream",
    }
}

/// Looks at the bytes of a file and at its name.
///
/// # Errors
/// See [`Unfit`].
pub fn sniff(name: &str, bytes: &[u8]) -> Result<Sniffed, Unfit> {
    if bytes.is_empty() {
        return Err(Unfit::Empty);
    }
    let mime = mime_of(bytes);
    sniff_type(name, mime).map(|()| Sniffed { mime })
}

/// The same of bytes whose type is known.
///
/// # Errors
/// See [`Unfit`].
pub fn sniff_type(name: &str, mime: &str) -> Result<(), Unfit> {
    if mime == "application/x-executable" {
        return Err(Unfit::Program);
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    if fits(&extension, mime) { Ok(()) } else { Err(Unfit::Name) }
}

/// Whether a name with this ending may hold bytes of this type. Endings that promise nothing we know fit anything.
fn fits(extension: &str, mime: &str) -> bool {
    match extension {
        "pdf" => mime == "application/pdf",
        "png" => mime == "image/png",
        "jpg" | "jpeg" | "jpe" => mime == "image/jpeg",
        "gif" => mime == "image/gif",
        "webp" => mime == "image/webp",
        "bmp" => mime == "image/bmp",
        "tif" | "tiff" => mime == "image/tiff",
        "heic" | "heif" => mime == "image/heif" || mime == "image/heic",
        "rtf" => mime == "application/rtf" || mime == "text/rtf",
        "txt" | "csv" | "log" => mime.starts_with("text/"),
        office if OFFICE.contains(&office) => mime.starts_with("application/"),
        _ => true,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| !c.is_control() || SPACES.contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn names_and_bytes() {
        type Case = (&'static str, &'static [u8], Result<&'static str, Unfit>, &'static str);
        let cases: &[Case] = &[
            ("letter.pdf", b"%PDF-1.7\n", Ok("application/pdf"), "as it says"),
            ("letter", b"%PDF-1.7\n", Ok("application/pdf"), "no ending promises nothing"),
            ("LETTER.PDF", b"%PDF-1.7\n", Ok("application/pdf"), "capitals"),
            ("letter.pdf", PNG, Err(Unfit::Name), "a picture under the name of a PDF"),
            ("photo.jpg", b"%PDF-1.7\n", Err(Unfit::Name), "the other way round"),
            ("photo.png", PNG, Ok("image/png"), "as it says"),
            ("notes.txt", "Größe 1,70 m\n".as_bytes(), Ok("text/plain"), "text beyond ASCII"),
            ("notes.txt", b"a\0b", Err(Unfit::Name), "zero bytes are no text"),
            ("notes.txt", b"BMI 24, well\n", Ok("text/plain"), "begins as a bitmap does"),
            ("scan.dat", b"\x01\x02\x03\xff", Ok("application/octet-stream"), "nobody knows"),
            ("empty.pdf", b"", Err(Unfit::Empty), "nothing"),
            ("photo.jpg", b"MZ\x90\0\x03\0\0\0", Err(Unfit::Program), "a program in disguise"),
            ("run.txt", b"#!/bin/sh\nrm x\n", Err(Unfit::Program), "a script"),
            ("page.txt", b"<!DOCTYPE html><script>1</script>", Ok("text/html"), "shown as text, never run"),
        ];
        for (name, bytes, wanted, why) in cases {
            assert_eq!(sniff(name, bytes).map(|s| s.mime), *wanted, "{name}: {why}");
        }
    }
}
