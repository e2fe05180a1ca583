//! Files to be filed: small, whole, and each of its kind.
//!
//! Called by: the tests of documents.

use std::fmt::Write as _;

/// A PDF with one line on each page, and `filler` bytes that nobody reads.
#[must_use]
pub fn pdf(lines: &[&str], filler: usize) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut kids = String::new();
    for line in lines {
        let content = format!("BT /F1 28 Tf 60 740 Td ({line}) Tj ET");
        let page = objects.len() + 1;
        let _ = write!(kids, "{page} 0 R ");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            page + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    if let Some(pages) = objects.get_mut(1) {
        *pages = format!("<< /Type /Pages /Kids [ {kids}] /Count {} >>", lines.len());
    }
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        let _ = write!(file, "{number} 0 obj\n{object}\nendobj\n");
    }
    let _ = writeln!(file, "%{}", "x".repeat(filler));
    let xref = file.len();
    let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(file, "{place:010} 00000 n ");
    }
    let size = objects.len() + 1;
    let _ = write!(file, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n");
    file.into_bytes()
}

/// A picture (BMP) of two colours that change from left to right.
#[must_use]
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let row = (width * 3).div_ceil(4) * 4;
    let size = 54 + row * height;
    let mut bytes = b"BM".to_vec();
    for number in [size, 0, 54, 40, width, height, 1 | (24 << 16), 0, row * height, 2_835, 2_835, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    for y in 0..height {
        let mut line = Vec::new();
        for x in 0..width {
            let shade = |n: u32, of: u32| u8::try_from(n * 255 / of.max(1)).unwrap_or(255);
            line.extend([shade(x, width), shade(y, height), 160]);
        }
        line.resize(usize::try_from(row).unwrap_or(0), 0);
        bytes.extend(line);
    }
    bytes
}

/// A JPEG, 160 wide and 80 high, as a phone writes it that was held upright: its field of orientation says that its right side
/// is to be up.
#[must_use]
pub fn photo_on_its_side() -> Vec<u8> {
    let segment = |mark: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap_or(0).to_be_bytes();
        [&[0xff, mark], length.as_slice(), body].concat()
    };
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    // One code in each table: every block is the one before, and nothing else.
    let codes = |class: u8| [&[class, 1], [0; 15].as_slice(), &[0]].concat();
    [
        vec![0xff, 0xd8],
        segment(0xe1, exif),
        segment(0xdb, &[[0].as_slice(), &[1; 64]].concat()),
        segment(0xc0, &[8, 0, 80, 0, 160, 1, 1, 0x11, 0]),
        segment(0xc4, &codes(0x00)),
        segment(0xc4, &codes(0x10)),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![0; 50],
        vec![0xff, 0xd9],
    ]
    .concat()
}

/// The beginning of a photo as newer phones write it.
#[must_use]
pub fn heic() -> Vec<u8> {
    [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &[0; 64]].concat()
}
