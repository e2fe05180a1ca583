//! What rests of an image in the object store says nothing: neither who is in it nor what is written about them.

use super::corner::{clinic, data, image_of};

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_patient_is_in_a_chunk() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    image_of(&house, "ref-front-clinical").await;
    let names = house
        .text("select string_agg(distinct lower(family_name), ',') from clinic.patient where length(family_name) > 7")
        .unwrap();
    let mut folders = vec![data(dir.path()).join("blobs")];
    let (mut chunks, mut bytes) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let content = std::fs::read(&path).unwrap().to_ascii_lowercase();
            chunks += 1;
            bytes += content.len();
            // The words of every page of SQLite and of zstd, too: a chunk that was only packed would have them.
            let words = names.split(',').chain(["sqlite format", "create table", "patient_fts"]);
            for word in words {
                let has = content.windows(word.len()).any(|window| window == word.as_bytes());
                assert!(!has, "{word} is in {}", path.display());
            }
            assert_ne!(content.get(..4), Some(&[0x28, 0xb5, 0x2f, 0xfd][..]), "not even packed in the clear");
        }
    }
    assert!(chunks >= 2 && bytes > 100_000 && names.len() > 50, "{chunks} chunks, {bytes} bytes, {names}");
}
