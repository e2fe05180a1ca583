//! Files that people drop on a record: what they are taken for, pictures and pages of them, and parts as they rest. Whatever
//! the bytes are, there is an answer, within bounds; the libraries' own panics are caught as the workstation catches them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use uuid::Uuid;
use wattle_document::{DocumentKey, Parts, sniff};
use wattle_document_view::{Error, find, page, pages, picture};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02\x08\x02\0\0\0\xfd\xd4\x9as\0\0\0\x12IDATx\x9cc\xf8\xcf\xc0\xc0\xc0\x00\xc1\xff\xff\x03\x00\x17\xed\x03\xfe\xb3\xb2\x5f\xfc\0\0\0\0IEND\xaeB`\x82";
const GIF: &[u8] = b"GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x02\0\x02\0\0\x02\x03\x84\x7f\x05\0;";
const BMP: &[u8] = b"BM:\0\0\0\0\0\0\x006\0\0\0(\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x20\x30\0";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xdb\0\x43\0\x08\x06\x06\x07\x06\x05\x08\x07\x07\x07\x09\x09\x08\x0a\x0c\x14\x0d\x0c\x0b\x0b\x0c\x19\x12\x13\x0f\x14\x1d\x1a\x1f\x1e\x1d\x1a\x1c\x1c\x20\x24\x2e\x27\x20\x22\x2c\x23\x1c\x1c\x28\x37\x29\x2c\x30\x31\x34\x34\x34\x1f\x27\x39\x3d\x38\x32\x3c\x2e\x33\x34\x32\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0\xd2\xcf\x20\xff\xd9";
const TIFF: &[u8] = b"II*\0\x08\0\0\0\x03\0\0\x01\x03\0\x01\0\0\0\xff\xff\0\0\x01\x01\x03\0\x01\0\0\0\xff\xff\0\0\x11\x01\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0";
const WEBP: &[u8] = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n\
    4 0 obj<</Length 38>>stream\nBT /F1 18 Tf 10 50 Td (Referral) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
const TEXT: &[u8] = "Größe 1,70 m\r\nBMI 24\n".as_bytes();
const EXAMPLES: &[&[u8]] =
    &[PNG, GIF, BMP, JPEG, TIFF, WEBP, PDF, TEXT, b"#!/bin/sh\n", b"MZ\x90\0\x03\0\0\0"];

/// As the workstation asks for it: on a thread of its own, whose end is "broken".
fn drawn<T>(draw: impl FnOnce() -> Result<T, Error>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(draw)).unwrap_or(Err(Error::Broken)).ok()
}

#[test]
fn examples_are_what_they_seem() {
    assert!(picture(GIF, 64).is_ok() && picture(BMP, 64).is_ok(), "pictures, before they are spoiled");
    assert_eq!(pages(PDF), Ok(1));
    assert_eq!(find(PDF, "referral"), Ok(vec![0]));
    assert!(page(PDF, 0, 64).is_ok());
    assert!(picture(TIFF, 64).is_err(), "more pixels than it has bytes");
}

#[test]
fn document() {
    // What a broken file makes a library say goes nowhere: thousands of these would hide the one that matters.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name().is_none_or(|name| name != "decoders") {
            loud(info);
        }
    }));
    let key = DocumentKey::generate().unwrap();
    let id = Uuid::from_u128(1);
    wattle_fuzz::try_on(EXAMPLES, move |bytes| {
        for name in ["scan.pdf", "photo.jpg", "photo.png", "notes.txt", "x"] {
            if let Ok(what) = sniff(name, bytes) {
                assert_ne!(what.mime, "application/x-executable", "a program is no document");
            }
        }
        // A thread for the decoders, as the workstation has one; a stack that is used up would end all of the process.
        let own = bytes.to_vec();
        let thread = std::thread::Builder::new().name("decoders".into()).spawn(move || {
            if let Some(picture) = drawn(|| picture(&own, 48)) {
                assert!(picture.width_px.max(picture.height_px) <= 48, "no larger than asked");
            }
            if drawn(|| pages(&own)).is_some_and(|count| count > 0) {
                drop(drawn(|| page(&own, 0, 48)));
                drop(drawn(|| find(&own, "referral")));
            }
        });
        thread.unwrap().join().unwrap();
        let size = u64::try_from(bytes.len()).unwrap();
        if let Ok(parts) = Parts::new(id, size, &key) {
            let sealed = parts.seal(0, bytes).unwrap();
            assert_eq!(parts.open(0, sealed.clone()).unwrap(), bytes);
            // Spoiled bytes as if they were a part that rests: never opened.
            assert!(
                Parts::new(id, size.saturating_sub(28).max(1), &key)
                    .unwrap()
                    .open(0, bytes.to_vec())
                    .is_err()
            );
            assert!(parts.open(1, sealed).is_err(), "nor in another place");
        }
    });
}
