//! From a template and its data to pages.

use serde::Serialize;
use typst_as_lib::TypstEngine;
use typst_layout::PagedDocument;

use crate::error::Error;

/// What every template may import.
const COMMON: &str = include_str!("templates/common.typ");

/// A typeset paper.
#[derive(Debug)]
pub struct Paper {
    document: PagedDocument,
    template: &'static str,
}

impl Paper {
    /// Typesets a template (name and source) with its data. The data reaches it as the file `data.json`.
    pub(crate) fn typeset(
        template: &'static str,
        source: &'static str,
        data: &impl Serialize,
    ) -> Result<Self, Error> {
        let data = serde_json::to_vec(data)?;
        let engine = TypstEngine::builder()
            .fonts(typst_assets::fonts())
            .with_static_source_file_resolver([("main.typ", source), ("common.typ", COMMON)])
            .with_static_file_resolver([("data.json", data)])
            .build();
        // The typesetter's own words may quote the text: they go no further.
        let document = engine.compile("main.typ").output.map_err(|_| Error::Typeset { template })?;
        Ok(Self { document, template })
    }

    /// The paper as PDF, with text that can be searched and read aloud.
    ///
    /// # Errors
    /// [`Error::Pdf`].
    pub fn pdf(&self) -> Result<Vec<u8>, Error> {
        let template = self.template;
        typst_pdf::pdf(&self.document, &typst_pdf::PdfOptions::default()).map_err(|_| Error::Pdf { template })
    }

    /// Each page as SVG: for the preview, and for the system's print dialog.
    #[must_use]
    pub fn pages(&self) -> Vec<String> {
        let options = typst_svg::SvgOptions::default();
        self.document.pages().iter().map(|page| typst_svg::svg(page, &options)).collect()
    }
}
