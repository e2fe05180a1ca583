//! What the next copy does: with files that are missing, mended, replaced, gone, taken away or in another store.

use sqlx::PgPool;
use uuid::Uuid;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::reason::Code;
use wattle_fm_migrate::wire::Route;

use super::{Target, insert, large, md5_in, md5_of, number_in, one_after_another, only_file, with_documents};
use crate::support::{House, word};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_mended_or_replaced_arrives_with_the_next_copy() {
    let Some(target) = Target::new("docs_mended").await else { return };
    let house = House::new(with_documents(40), Settings::default()).await;
    let folder = house.folder.path().join("containers/Documents");
    let first = target.copy(&house, Route::File).await.unwrap();
    house.import(&target.url, Route::File).await.unwrap();
    let before = target.opened().await;
    // Half a file of D000003 came out of FileMaker; the export is made again. Another one is replaced in FileMaker.
    let (half, replaced) = (only_file(&folder.join("D000003/File")), only_file(&folder.join("D000001/File")));
    let wanted: u64 = number_in(&house, "D000003", "FileSize");
    let mut bytes = std::fs::read(&half).unwrap();
    assert!((bytes.len() as u64) < wanted);
    bytes.resize(usize::try_from(wanted).unwrap(), b'x');
    std::fs::write(&half, &bytes).unwrap();
    house.edit_file("Documents.xml", &md5_in(&house, "D000003"), &md5_of(&bytes));
    let mut other = std::fs::read(&replaced).unwrap();
    let last = other.len() - 1;
    other[last] ^= 1;
    std::fs::write(&replaced, &other).unwrap();
    house.edit_file("Documents.xml", &md5_in(&house, "D000001"), &md5_of(&other));
    // A touched one that holds what it held; and a folder of nobody.
    let touched = only_file(&folder.join("D000002/File"));
    let same = std::fs::read(&touched).unwrap();
    std::fs::write(&touched, same).unwrap();
    std::fs::create_dir_all(folder.join("D999999/File")).unwrap();
    // And two that somebody put beside one: of no repetition, and of one that is there.
    std::fs::write(folder.join("D000002/File/notes.txt"), "no repetition").unwrap();
    std::fs::write(folder.join("D000002/File/1__zzz.txt"), "a second first").unwrap();

    let second = target.copy(&house, Route::File).await.unwrap();
    assert_eq!((second.stored, second.unclaimed), (2, first.unclaimed + 1), "{second:?}");
    assert_eq!((first.passed_over, second.passed_over), (0, 2), "none is left out in silence");
    let report = house.import(&target.url, Route::File).await.unwrap();
    let main = report.tables["documents"].main;
    assert_eq!((main.inserted, main.removed, main.updated), (2, 1, 0), "{main:?}");
    let after = target.opened().await;
    assert_eq!(after.len(), before.len() + 1);
    target.verified(&house).await;
    assert_eq!(target.copy(&house, Route::File).await.unwrap().stored, 0);
    assert_eq!(house.import(&target.url, Route::File).await.unwrap().written, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_missing_is_asked_for_twice_by_each_copy_and_taken_when_it_comes() {
    let Some(target) = Target::new("docs_missing").await else { return };
    let house = House::new(with_documents(2), Settings::default()).await;
    one_after_another(&house);
    insert(&house, "D000000", large(1 << 20));
    let bytes = |bytes: Option<Vec<u8>>| {
        house.standin.with(|d| {
            let records = &mut d.table_mut("Documents").unwrap().records;
            let record = records.iter_mut().find(|r| r.cells[0] == "D000000").unwrap();
            record.files.values_mut().for_each(|file| file.bytes = bytes.clone());
        });
    };
    bytes(None);
    house.extract(&target.url, Route::DataApi).await.unwrap();
    let mut asked = 0;
    let mut since = || {
        let all = house.standin.requests("container");
        all - std::mem::replace(&mut asked, all)
    };
    let first = target.copy(&house, Route::DataApi).await.unwrap();
    // The sample has others whose bytes are gone.
    let missing = first.rejected[&Code::ContainerMissing];
    assert_eq!(first.stored, 1);
    let asked_first = since();
    let second = target.copy(&house, Route::DataApi).await.unwrap();
    assert_eq!((second.stored, second.known, &second.rejected), (0, 1, &first.rejected));
    // What is there is not asked for again. What is not is asked twice each time: a server at its limit says the same, and
    // the copy may be the last one. Each question is two requests: the first fetches the cookie.
    assert_eq!((asked_first, since()), (2 * (2 * missing + 1), 2 * 2 * missing));
    // Somebody mends the server; nobody touches the record.
    bytes(Some(large(1 << 20)));
    let third = target.copy(&house, Route::DataApi).await.unwrap();
    assert_eq!((third.stored, third.known), (1, 1));
    assert_eq!(third.rejected.get(&Code::ContainerMissing).copied().unwrap_or(0), missing - 1);
}

/// What is known of a record's containers, by repetition.
async fn known(target: &Target, key: &str) -> Vec<(i32, String)> {
    let pool = PgPool::connect(&target.url).await.unwrap();
    let sql = "SELECT repetition, state FROM staging.container WHERE record_key = $1 ORDER BY repetition";
    let rows = sqlx::query_as(sql).bind(key).fetch_all(&pool).await.unwrap();
    pool.close().await;
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_that_is_gone_is_forgotten_and_an_empty_field_that_is_filled_is_not_empty() {
    let Some(target) = Target::new("docs_forgotten").await else { return };
    let house = House::new(with_documents(40), Settings::default()).await;
    let folder = house.folder.path().join("containers/Documents");
    let second = folder.join("D000002/File/2__second.txt");
    std::fs::write(&second, "a second page").unwrap();
    target.copy(&house, Route::File).await.unwrap();
    let stored = |n: i32| (n, "stored".to_owned());
    assert_eq!(known(&target, "D000002").await, [stored(1), stored(2)]);
    let empty = word(
        &target.url,
        "SELECT record_key FROM staging.container WHERE state = 'empty' ORDER BY 1 LIMIT 1",
    )
    .await;
    assert_eq!(known(&target, &empty).await, [(0, "empty".to_owned())]);

    std::fs::remove_file(&second).unwrap();
    std::fs::create_dir_all(folder.join(&empty).join("File")).unwrap();
    std::fs::write(folder.join(&empty).join("File/1__late.txt"), "it was scanned after all").unwrap();
    assert_eq!(target.copy(&house, Route::File).await.unwrap().stored, 1);
    assert_eq!(known(&target, "D000002").await, [stored(1)]);
    assert_eq!(known(&target, &empty).await, [stored(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_has_taken_away_is_not_called_stored_and_comes_once_more() {
    let Some(target) = Target::new("docs_taken").await else { return };
    let house = House::new(with_documents(40), Settings::default()).await;
    target.copy(&house, Route::File).await.unwrap();
    house.import(&target.url, Route::File).await.unwrap();
    let before = target.opened().await;
    // The server found a document's bytes wrong and has made another place for them, under a key that it has sealed.
    let pool = PgPool::connect(&target.url).await.unwrap();
    let taken = "UPDATE clinic.document_blob b SET stored_at = NULL, key = E'\\x01s1:AAAA', folder = left(folder, -4) || '0000'
         FROM staging.container c WHERE c.record_key = 'D000002' AND c.document_id = b.document_id";
    assert_eq!(sqlx::raw_sql(taken).execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;
    let again = target.copy(&house, Route::File).await.unwrap();
    assert_eq!((again.lost, again.stored), (1, 1));
    house.import(&target.url, Route::File).await.unwrap();
    assert_eq!(target.opened().await, before);
    target.verified(&house).await;
    let again = target.copy(&house, Route::File).await.unwrap();
    assert_eq!((again.lost, again.stored), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_went_into_another_store_come_into_the_right_one() {
    let Some(wrong) = Target::new("docs_astray").await else { return };
    let house = House::new(with_documents(40), Settings::default()).await;
    let first = wrong.copy(&house, Route::File).await.unwrap();
    house.import(&wrong.url, Route::File).await.unwrap();
    let there = wrong.opened().await;
    let right = Target { url: wrong.url.clone(), blobs: tempfile::tempdir().unwrap() };
    let second = right.copy(&house, Route::File).await.unwrap();
    assert_eq!((second.lost, second.stored, second.known), (first.stored, first.stored, first.same));
    house.import(&right.url, Route::File).await.unwrap();
    let files = |opened: &[(String, Uuid, String)]| {
        let mut files: Vec<_> =
            opened.iter().map(|(table, _, sha256)| (table.clone(), sha256.clone())).collect();
        files.sort();
        files
    };
    assert_eq!(files(&right.opened().await), files(&there));
    right.verified(&house).await;
    let third = right.copy(&house, Route::File).await.unwrap();
    assert_eq!((third.lost, third.stored), (0, 0));
}
