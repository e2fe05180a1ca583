//! The folder, which is the default.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::time::Duration;

use futures::TryStreamExt as _;
use wattle_blob_store::{Blobs, Error};

async fn all(blobs: &Blobs, name: &str, from: u64) -> Result<(u64, Vec<u8>), Error> {
    let read = blobs.read(name, from).await?;
    let parts: Vec<_> = read.bytes.try_collect().await?;
    Ok((read.size, parts.concat()))
}

#[tokio::test]
async fn a_blob_comes_back_whole_or_from_any_byte() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path().join("blobs").to_str().unwrap()).unwrap();
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    blobs.put("images/a/0", bytes.clone()).await.unwrap();
    for from in [0, 1, 8191, 8192, 99_999] {
        let (size, got) = all(&blobs, "images/a/0", from).await.unwrap();
        assert_eq!(size, 100_000, "the whole blob's size, whatever is read of it");
        assert!(got == bytes[usize::try_from(from).unwrap()..], "from {from}");
    }
    for from in [100_000, u64::MAX] {
        assert!(matches!(all(&blobs, "images/a/0", from).await, Err(Error::BadRange)), "from {from}");
    }
    assert!(
        blobs.url("images/a/0", Duration::from_secs(1)).await.unwrap().is_none(),
        "a folder signs nothing"
    );
}

#[tokio::test]
async fn a_blob_of_many_pieces_comes_back_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path().to_str().unwrap()).unwrap();
    // No piece is like another: 64 KiB hold each of these numbers once.
    let bytes: Vec<u8> = (0..150_000_u32).flat_map(u32::to_le_bytes).collect();
    blobs.put("long", bytes.clone()).await.unwrap();
    for from in [0, 1, 65_535, 65_536, 65_537, 131_072, 599_999] {
        let (size, got) = all(&blobs, "long", from).await.unwrap();
        assert_eq!(size, 600_000);
        assert!(got == bytes[usize::try_from(from).unwrap()..], "from {from}");
    }
}

#[tokio::test]
async fn a_blob_that_is_cut_off_while_it_is_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path().to_str().unwrap()).unwrap();
    blobs.put("long", vec![7; 600_000]).await.unwrap();
    let mut read = blobs.read("long", 0).await.unwrap();
    assert_eq!(read.bytes.try_next().await.unwrap().unwrap().len(), 65_536);
    std::fs::File::options().write(true).open(dir.path().join("long")).unwrap().set_len(300_000).unwrap();
    let rest: Result<Vec<_>, _> = read.bytes.try_collect().await;
    assert!(matches!(rest, Err(Error::Io(_))), "{rest:?}");
}

#[tokio::test]
async fn a_folder_is_removed_with_all_that_is_in_it_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path().to_str().unwrap()).unwrap();
    for name in ["images/a/0", "images/a/1", "images/ab/0"] {
        blobs.put(name, vec![1]).await.unwrap();
    }
    assert_eq!(blobs.remove_folder("images/a").await.unwrap(), 2);
    assert_eq!(blobs.remove_folder("images/a").await.unwrap(), 0, "again is fine");
    assert!(matches!(all(&blobs, "images/a/0", 0).await, Err(Error::NotFound)));
    all(&blobs, "images/ab/0", 0).await.unwrap();
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "s").unwrap();
    let blobs = Blobs::open(dir.path().join("blobs").to_str().unwrap()).unwrap();
    for name in ["../secret", "a/../../secret", "/etc/passwd", "a//b", "", "a/", "a%2e", "a\\b", "a.b", "ä"]
    {
        assert!(matches!(all(&blobs, name, 0).await, Err(Error::BadName)), "{name:?}");
        assert!(matches!(blobs.put(name, vec![]).await, Err(Error::BadName)), "{name:?}");
    }
}

#[test]
fn only_places_for_blobs_are_opened() {
    for place in ["", "ftp://host/x", "s3:///prefix", "https://host/bucket"] {
        assert!(matches!(Blobs::open(place), Err(Error::BadPlace(_))), "{place:?}");
    }
}
