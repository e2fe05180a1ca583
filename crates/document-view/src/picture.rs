//! Pictures.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use crate::{Drawn, Error};

/// The longest edge that is decoded, pixels: a scan of A3 at 1200 dpi has 20,000.
const MOST_EDGE_PX: u32 = 24_000;
/// The most memory that decoding may take, bytes. A picture says its size before its pixels come.
const MOST_BYTES: u64 = 512 << 20;

/// A picture, upright as its camera meant it, no larger than `edge_px` on its longer side.
///
/// # Errors
/// [`Error::Broken`], [`Error::TooLarge`].
pub fn picture(bytes: &[u8], edge_px: u32) -> Result<Drawn, Error> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_EDGE_PX);
    limits.max_image_height = Some(MOST_EDGE_PX);
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Error::Broken)?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| said(&error))?;
    let (width, height) = decoder.dimensions();
    if width > MOST_EDGE_PX || height > MOST_EDGE_PX || decoder.total_bytes() > MOST_BYTES {
        return Err(Error::TooLarge);
    }
    // A camera says which way is up in a field of its own; without one it is as it is.
    let upright = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| said(&error))?;
    if let Some(upright) = upright {
        image.apply_orientation(upright);
    }
    drawn(image, edge_px)
}

pub(crate) fn drawn(image: DynamicImage, edge_px: u32) -> Result<Drawn, Error> {
    let edge = edge_px.clamp(1, MOST_EDGE_PX);
    let image = if image.width().max(image.height()) > edge { image.thumbnail(edge, edge) } else { image };
    // PNG holds all but floating point: what is shown has eight bits a colour.
    let image = if image.color().has_alpha() {
        image.into_rgba8().into()
    } else {
        DynamicImage::from(image.into_rgb8())
    };
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(|error| said(&error))?;
    Ok(Drawn { png: png.into_inner(), width_px: image.width(), height_px: image.height() })
}

fn said(error: &ImageError) -> Error {
    match error {
        ImageError::Limits(_) => Error::TooLarge,
        _ => Error::Broken,
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{Rgb, RgbImage};

    use super::*;

    /// A photo, 40 wide and 20 high, red on its left and blue on its right, with a field of orientation.
    fn photo(orientation: u8) -> Vec<u8> {
        let pixels =
            RgbImage::from_fn(40, 20, |x, _| if x < 20 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) });
        let mut plain = Vec::new();
        JpegEncoder::new_with_quality(&mut plain, 100).encode_image(&pixels).unwrap();
        let mut exif = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        [&plain[..2], &exif, &plain[2..]].concat()
    }

    /// As cameras write it: which side of the photo is to be up, and where the red of its left is then.
    #[test]
    fn a_photo_is_shown_upright_and_its_bytes_stay() {
        let cases = [
            (1, (40, 20), (2, 10), "as it lies"),
            (3, (40, 20), (37, 10), "held upside down"),
            (6, (20, 40), (10, 2), "turned to the right"),
            (8, (20, 40), (10, 37), "turned to the left"),
            (0, (40, 20), (2, 10), "no such orientation"),
        ];
        for (orientation, size, (x, y), why) in cases {
            let bytes = photo(orientation);
            let drawn = picture(&bytes, 1_000).unwrap();
            assert_eq!((drawn.width_px, drawn.height_px), size, "{why}");
            let shown = image::load_from_memory(&drawn.png).unwrap().into_rgb8();
            let [red, _, blue] = shown.get_pixel(x, y).0;
            assert!(red > 200 && blue < 60, "{why}: red is at {x}, {y}");
            assert_eq!(bytes, photo(orientation), "{why}: the original is as it was");
        }
    }

    #[test]
    fn a_photo_that_breaks_off_or_is_of_no_known_format_is_told() {
        let bytes = photo(6);
        assert_eq!(picture(&bytes[..20], 100), Err(Error::Broken));
        assert_eq!(picture(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", 100), Err(Error::Broken));
    }
}
