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
