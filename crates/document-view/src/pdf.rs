//! Pages of PDF, as pixels; and the words on them.

use hayro::hayro_interpret::font::Glyph;
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::util::TransformExt as _;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings, Paint,
    PathDrawMode, SoftMask, interpret_page,
};
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::kurbo::{Affine, BezPath, Rect};
use hayro::{RenderCache, RenderSettings, render};
use image::{DynamicImage, RgbaImage};

use crate::picture::drawn;
use crate::{Drawn, Error};

/// The longest edge that is drawn, pixels: A4 at 400 dpi. Beyond it nothing is to be read that is not below it.
const MOST_EDGE_PX: u32 = 4_800;

fn open(bytes: &[u8]) -> Result<Pdf, Error> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Error::Locked,
        LoadPdfError::Invalid => Error::Broken,
    })?;
    if pdf.pages().is_empty() { Err(Error::Broken) } else { Ok(pdf) }
}

/// How many pages it has.
///
/// # Errors
/// [`Error::Broken`], [`Error::Locked`].
pub fn pages(bytes: &[u8]) -> Result<u32, Error> {
    Ok(u32::try_from(open(bytes)?.pages().len()).unwrap_or(u32::MAX))
}

/// A page, from 0, on white, `edge_px` on its longer side.
///
/// # Errors
/// As [`pages`]; [`Error::NoPage`].
pub fn page(bytes: &[u8], number: u32, edge_px: u32) -> Result<Drawn, Error> {
    let pdf = open(bytes)?;
    let page = usize::try_from(number).ok().and_then(|n| pdf.pages().get(n)).ok_or(Error::NoPage)?;
    let (width, height) = page.render_dimensions();
    let longest = width.max(height);
    if !longest.is_finite() || longest < 1.0 {
        return Err(Error::Broken);
    }
    #[allow(clippy::cast_precision_loss)]
    let scale = edge_px.clamp(16, MOST_EDGE_PX) as f32 / longest;
    let settings = RenderSettings { x_scale: scale, y_scale: scale, bg_color: WHITE, ..Default::default() };
    let pixels = render(page, &RenderCache::new(), &InterpreterSettings::default(), &settings);
    let (width, height) = (u32::from(pixels.width()), u32::from(pixels.height()));
    let image =
        RgbaImage::from_raw(width, height, pixels.data_as_u8_slice().to_vec()).ok_or(Error::Broken)?;
    // On white nothing shines through: what is premultiplied is as it is.
    drawn(DynamicImage::from(image).into_rgb8().into(), edge_px)
}

/// The pages, from 0, that have these words: capitals and the spaces between letters count for nothing, because PDF places
/// letters and knows no words.
///
/// # Errors
/// As [`pages`].
pub fn find(bytes: &[u8], words: &str) -> Result<Vec<u32>, Error> {
    let wanted = folded(words);
    let pdf = open(bytes)?;
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let cache = InterpreterCache::new();
    let mut found = Vec::new();
    for (number, page) in (0_u32..).zip(pdf.pages().iter()) {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let transform = page.initial_transform(true).to_kurbo();
        let mut context =
            Context::new(transform, bounds, &cache, page.xref(), InterpreterSettings::default());
        let mut letters = Letters(String::new());
        interpret_page(page, &mut context, &mut letters);
        if folded(&letters.0).contains(&wanted) {
            found.push(number);
        }
    }
    Ok(found)
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Takes the letters of a page in the order in which they are drawn.
struct Letters(String);

impl<'a> Device<'a> for Letters {
    fn set_soft_mask(&mut self, _: Option<SoftMask<'a>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'a>, _: &PathDrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph(&mut self, glyph: &Glyph<'a>, _: Affine, _: Affine, _: &Paint<'a>, _: &GlyphDrawMode) {
        match glyph.as_unicode() {
            Some(BfString::Char(letter)) => self.0.push(letter),
            Some(BfString::String(letters)) => self.0.push_str(&letters),
            None => {}
        }
    }
    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {}
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
