use std::fs;
use std::path::PathBuf;

use wattle_sync_engine::image::NoCopy;

use super::corner::{Corner, clinic, contents, data, person};

/// Chunks that lie in the folder and are not what they were: each is noticed, fetched again, and nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn forged_cut_exchanged_and_outdated_chunks_are_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &["--image-chunk-kib", "128"]).await;
    let maria = person("maria");
    let other = Corner::new(&house, "reception-1", &maria).await;
    drop(other.arrive(&house.server_url()).await.unwrap());

    let corner = Corner::new(&house, "reception-2", &maria).await;
    drop(corner.arrive(&house.server_url()).await.unwrap());
    let chunks = fs::read_dir(corner.beside(".image")).unwrap().count();
    assert!(chunks > 8, "{chunks} files are too few for this test");
    let mut forged = fs::read(corner.chunk(0)).unwrap();
    let middle = forged.len() / 2;
    forged[middle] ^= 1;
    fs::write(corner.chunk(0), forged).unwrap();
    let cut = fs::read(corner.chunk(1)).unwrap();
    fs::write(corner.chunk(1), &cut[..cut.len() - 1]).unwrap();
    let (third, fourth) = (fs::read(corner.chunk(2)).unwrap(), fs::read(corner.chunk(3)).unwrap());
    fs::write(corner.chunk(2), fourth).unwrap();
    fs::write(corner.chunk(3), third).unwrap();
    fs::write(corner.chunk(4), "a chunk of an image long ago").unwrap();
    fs::write(corner.chunk(5), "").unwrap();
    let kept = fs::metadata(corner.chunk(6)).unwrap().modified().unwrap();

    let ready = corner.arrive(&house.server_url()).await.unwrap();
    assert_eq!(
        fs::metadata(corner.chunk(6)).unwrap().modified().unwrap(),
        kept,
        "a good one is not fetched again"
    );
    ready.put_in_place().unwrap();
    other.arrive(&house.server_url()).await.unwrap().put_in_place().unwrap();
    let want = contents(&other.target.file, &other.target.key);
    assert!(contents(&corner.target.file, &corner.target.key) == want);
}

/// A chunk that is bad where it is kept: refused each time it comes, and the file that was there is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_stays_bad_is_given_up_and_nothing_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    drop(corner.open());
    let before = fs::read(&corner.target.file).unwrap();
    let stored = stored_chunks(&data(dir.path()));
    for (what, alter) in [
        ("forged", (|bytes| *bytes.last_mut().unwrap() ^= 0x80) as fn(&mut Vec<u8>)),
        ("cut", |bytes| bytes.truncate(bytes.len() - 100)),
        ("longer", |bytes| bytes.extend([0; 100])),
        ("empty", Vec::clear),
    ] {
        let path = stored.iter().find(|path| path.ends_with("0002")).unwrap();
        let good = fs::read(path).unwrap();
        let mut bad = good.clone();
        alter(&mut bad);
        fs::write(path, &bad).unwrap();
        let refused = corner.arrive(&house.server_url()).await;
        assert!(
            matches!(refused, Err(NoCopy::Bad(_) | NoCopy::Unreachable(_))),
            "{what}: {:?}",
            refused.err().map(|e| e.to_string())
        );
        assert!(fs::read(&corner.target.file).unwrap() == before, "{what}: the file is as it was");
        fs::write(path, &good).unwrap();
    }
    corner.arrive(&house.server_url()).await.unwrap().put_in_place().unwrap();
    assert!(corner.open().clinic().unwrap().is_some(), "and when it is good again, it comes");
}

fn stored_chunks(data: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![data.join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.retain(|path| path.extension().is_none());
    found
}
