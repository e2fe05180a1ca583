//! Whatever is done to a chunk, it opens as it was sealed or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use proptest::prelude::*;
use uuid::Uuid;
use wattle_page_image::{
    Error, Flaw, Opener, PAGE_BYTES, Plan, RESERVED_BYTES, Sealed, Sealer, Shape, sha256,
};
use wattle_protocol::image::{ChunkOffer, ImageOffer};

const PAGE: usize = PAGE_BYTES as usize;

/// A file's pages: the first as SQLite begins one, the others with some text and some noise.
fn pages(count: u32, seed: u64) -> Vec<Vec<u8>> {
    let mut state = seed | 1;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..count)
        .map(|n| {
            let mut page: Vec<u8> =
                (0..PAGE).map(|at| if at % 7 == 0 { noise() } else { b"acacia "[at % 7] }).collect();
            if n == 0 {
                page[..16].copy_from_slice(b"SQLite format 3\0");
                page[16..18].copy_from_slice(&4096_u16.to_be_bytes());
                page[20] = 80;
                page[28..32].copy_from_slice(&count.to_be_bytes());
            }
            page
        })
        .collect()
}

struct Image {
    offer: ImageOffer,
    stored: Vec<Vec<u8>>,
}

fn seal(image: Uuid, pages: &[Vec<u8>], chunk_pages: u32) -> Image {
    let shape = Shape::new(image, u32::try_from(pages.len()).unwrap());
    let mut sealer = Sealer::with_chunk_bytes(shape, chunk_pages * PAGE_BYTES).unwrap();
    let mut sealed: Vec<Sealed> = Vec::new();
    for page in pages {
        sealed.extend(sealer.page(page).unwrap());
    }
    sealed.extend(sealer.finish().unwrap());
    let chunks = sealed
        .iter()
        .map(|chunk| ChunkOffer {
            first_page: chunk.first_page,
            pages: chunk.pages,
            bytes: u64::try_from(chunk.bytes.len()).unwrap(),
            sha256: chunk.sha256.clone(),
            url: format!("/v1/blob/{}", chunk.number),
        })
        .collect();
    let offer = ImageOffer {
        id: image,
        schema: 2,
        feeds: Vec::new(),
        epoch: "e".into(),
        cursors: Default::default(),
        key: sealer.key().to_base64(),
        page_bytes: shape.page_bytes,
        pages: shape.pages,
        rows: 0,
        chunks,
    };
    Image { offer, stored: sealed.into_iter().map(|chunk| chunk.bytes).collect() }
}

fn opened(offer: &ImageOffer, stored: &[Vec<u8>]) -> Result<Vec<(u32, Vec<u8>)>, Error> {
    let mut opener = Opener::new(&Plan::of(offer)?)?;
    let mut all = Vec::new();
    for (number, bytes) in (0..).zip(stored) {
        all.extend(opener.open(number, bytes.clone())?.iter().map(|(n, page)| (n, page.to_vec())));
    }
    Ok(all)
}

fn flaw(result: Result<impl std::fmt::Debug, Error>) -> Flaw {
    match result {
        Err(Error::Chunk { flaw, .. }) => flaw,
        other => panic!("not a refused chunk: {other:?}"),
    }
}

/// As if whoever altered the chunk could alter the offer too.
fn announce(image: &mut Image, number: usize) {
    image.offer.chunks[number].sha256 = sha256(&image.stored[number]);
    image.offer.chunks[number].bytes = u64::try_from(image.stored[number].len()).unwrap();
}

#[test]
fn pages_come_back_in_order_with_their_reserved_bytes_as_zeros() {
    let pages = pages(23, 5);
    let image = seal(Uuid::new_v4(), &pages, 5);
    assert_eq!(image.stored.len(), 5);
    let back = opened(&image.offer, &image.stored).unwrap();
    assert_eq!(back.len(), 23);
    for ((number, page), (want, original)) in back.iter().zip((1..).zip(&pages)) {
        assert_eq!(*number, want);
        let used = PAGE - RESERVED_BYTES as usize;
        assert_eq!(page[..used], original[..used]);
        assert!(page[used..].iter().all(|byte| *byte == 0), "another file's IV and HMAC do not travel");
    }
}

#[test]
fn the_sealer_takes_just_the_pages_it_was_told_of() {
    let pages = pages(3, 1);
    let mut sealer = Sealer::new(Shape::new(Uuid::new_v4(), 2)).unwrap();
    assert!(matches!(sealer.page(&pages[0][1..]), Err(Error::Page { page: 1, .. })), "a short page");
    sealer.page(&pages[0]).unwrap();
    assert!(matches!(sealer.finish(), Err(Error::Page { page: 2, .. })), "one is missing");
    sealer.page(&pages[1]).unwrap();
    assert!(matches!(sealer.page(&pages[2]), Err(Error::Page { page: 3, .. })), "one too many");
    assert!(sealer.finish().unwrap().is_some());
}

#[test]
fn an_offer_that_cannot_be_is_refused_before_anything_is_fetched() {
    let good = seal(Uuid::new_v4(), &pages(10, 2), 4).offer;
    Plan::of(&good).unwrap();
    type Alter = fn(&mut ImageOffer);
    let cases: &[(&str, Alter)] = &[
        ("two chunks exchanged", |o| o.chunks.swap(0, 1)),
        ("a chunk missing at the end", |o| drop(o.chunks.pop())),
        ("a chunk missing in the middle", |o| drop(o.chunks.remove(1))),
        ("a chunk twice", |o| o.chunks.insert(1, o.chunks[0].clone())),
        ("more pages than chunks", |o| o.pages += 1),
        ("no pages", |o| (o.pages, o.chunks) = (0, Vec::new())),
        ("pages of another size", |o| o.page_bytes = 8192),
        ("a chunk that would fill the memory", |o| (o.chunks[2].pages, o.pages) = (1 << 20, 8 + (1 << 20))),
        ("a chunk longer than its pages", |o| o.chunks[0].bytes = 1 << 40),
        ("an empty chunk", |o| o.chunks[0].bytes = 0),
        ("page numbers that overflow", |o| o.chunks[2].pages = u32::MAX),
        ("a hash that is none", |o| o.chunks[0].sha256 = "sha".into()),
        ("a key that is none", |o| o.key = "key".into()),
    ];
    for (what, alter) in cases {
        let mut offer = good.clone();
        alter(&mut offer);
        assert!(Plan::of(&offer).is_err(), "{what}");
    }
}

#[test]
fn a_chunk_opens_at_its_own_place_only() {
    let pages = pages(12, 3);
    let mut image = seal(Uuid::new_v4(), &pages, 4);
    image.stored.swap(1, 2);
    assert!(matches!(flaw(opened(&image.offer, &image.stored)), Flaw::Length | Flaw::Hash));
    announce(&mut image, 1);
    announce(&mut image, 2);
    assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Seal, "even with hashes to match");
}

#[test]
fn a_chunk_of_another_image_does_not_open() {
    let pages = pages(12, 3);
    let other = seal(Uuid::new_v4(), &pages, 4);
    let mut image = seal(Uuid::new_v4(), &pages, 4);
    image.stored[1] = other.stored[1].clone();
    announce(&mut image, 1);
    assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Seal, "an older image of the same file");
    let mut renamed = other.offer.clone();
    renamed.id = image.offer.id;
    assert_eq!(flaw(opened(&renamed, &other.stored)), Flaw::Seal, "nor under another image's name");
    let mut longer = other.offer.clone();
    longer.pages -= 4;
    longer.chunks.pop();
    assert_eq!(flaw(opened(&longer, &other.stored)), Flaw::Seal, "nor as part of a shorter file");
}

#[test]
fn what_does_not_begin_as_a_file_of_this_size_is_refused() {
    for at in [0, 15, 16, 20, 31] {
        let mut pages = pages(4, 9);
        pages[0][at] ^= 1;
        let image = seal(Uuid::new_v4(), &pages, 2);
        assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Content, "byte {at} of the header");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_flipped_bit_is_noticed(seed in any::<u64>(), chunk in 0_usize..3, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut image = seal(Uuid::new_v4(), &pages(9, seed), 3);
        let at = at.index(image.stored[chunk].len());
        image.stored[chunk][at] ^= 1 << bit;
        prop_assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Hash);
        announce(&mut image, chunk);
        prop_assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Seal);
    }

    #[test]
    fn any_cut_is_noticed(seed in any::<u64>(), chunk in 0_usize..3, keep in any::<prop::sample::Index>()) {
        let mut image = seal(Uuid::new_v4(), &pages(9, seed), 3);
        let keep = keep.index(image.stored[chunk].len()).max(1);
        image.stored[chunk].truncate(keep);
        prop_assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Length);
        announce(&mut image, chunk);
        prop_assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Seal);
    }

    #[test]
    fn whatever_comes_instead_of_a_chunk_is_refused(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let mut image = seal(Uuid::new_v4(), &pages(3, 1), 3);
        image.stored[0] = bytes;
        announce(&mut image, 0);
        prop_assert_eq!(flaw(opened(&image.offer, &image.stored)), Flaw::Seal);
    }

    #[test]
    fn whatever_the_size_the_pages_come_back(count in 1_u32..40, chunk_pages in 1_u32..12, seed in any::<u64>()) {
        let image = seal(Uuid::new_v4(), &pages(count, seed), chunk_pages);
        let back = opened(&image.offer, &image.stored).unwrap();
        prop_assert_eq!(back.len(), usize::try_from(count).unwrap());
    }
}
