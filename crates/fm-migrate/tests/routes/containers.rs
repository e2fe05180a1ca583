//! Documents' bytes: by both ways the same, killed and gone on with, damaged and mended.

mod again;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use wattle_document::{DocumentKey, Hasher, Parts, part_name};
use wattle_filemaker_standin::database::Stored;
use wattle_filemaker_standin::{Fault, Settings, What};
use wattle_fm_migrate::Error;
use wattle_fm_migrate::containers::{self, Copied};
use wattle_fm_migrate::sample::Plan;
use wattle_fm_migrate::verify::{Request as Verify, Why, checksums, verify};
use wattle_fm_migrate::wire::{Account, Route};

use super::resume::start;
use super::support::{CLINIC, House, database, number, small};

fn with_documents(documents: u32) -> Plan {
    Plan { notes: 0, documents, ..small() }
}

/// A database and a store of its own.
struct Target {
    url: String,
    blobs: tempfile::TempDir,
}

impl Target {
    async fn new(name: &str) -> Option<Self> {
        Some(Self { url: database(name).await?, blobs: tempfile::tempdir().unwrap() })
    }

    async fn copy(&self, house: &House, route: Route) -> Result<Copied, Error> {
        let request = containers::Request {
            mapping: house.mapping(),
            database_url: self.url.clone(),
            clinic: CLINIC,
            route: Some(route),
            account: Some(Account { user: "migrator".into(), password: "read-only".into() }),
            blobs: self.blobs.path().to_str().unwrap().into(),
        };
        containers::copy(&request, &|_, _, _, _| {}).await
    }

    /// What is in the store: names and sizes.
    fn parts(&self) -> BTreeMap<PathBuf, u64> {
        fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, u64>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let entry = entry.unwrap();
                match entry.metadata().unwrap() {
                    facts if facts.is_dir() => walk(&entry.path(), found),
                    facts => drop(found.insert(entry.path(), facts.len())),
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(self.blobs.path(), &mut found);
        found
    }

    /// Every document: its table, size and hash, opened with its key as a workstation opens it.
    async fn opened(&self) -> Vec<(String, Uuid, String)> {
        let pool = PgPool::connect(&self.url).await.unwrap();
        let rows: Vec<(String, Uuid, i64, String, String, String, String)> = sqlx::query_as(
            "SELECT 'document', d.id, d.size_bytes, d.sha256, b.folder, b.key, b.feed FROM clinic.document d
                 JOIN clinic.document_blob b ON b.document_id = d.id WHERE d.deleted_at IS NULL AND b.stored_at IS NOT NULL
             UNION ALL
             SELECT 'desk_document', d.id, d.size_bytes, d.sha256, b.folder, b.key, b.feed FROM clinic.desk_document d
                 JOIN clinic.document_blob b ON b.document_id = d.id WHERE d.deleted_at IS NULL AND b.stored_at IS NOT NULL
             ORDER BY 2",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        pool.close().await;
        let mut all = Vec::new();
        for (table, id, size, sha256, folder, key, feed) in rows {
            assert_eq!(feed, if table == "document" { "clinical" } else { "front" }, "{table}");
            let size = u64::try_from(size).unwrap();
            let key = DocumentKey::from_base64(&key).unwrap();
            let parts = Parts::new(id, size, &key).unwrap();
            let mut hasher = Hasher::default();
            for number in 0..Parts::count(size) {
                let path = self.blobs.path().join(&folder).join(part_name(number));
                hasher.update(&parts.open(number, std::fs::read(path).unwrap()).unwrap());
            }
            assert_eq!(hasher.finish(), sha256, "{id}");
            all.push((table, id, sha256));
        }
        all
    }

    async fn verified(&self, house: &House) {
        let request = Verify {
            mapping: house.mapping(),
            database_url: self.url.clone(),
            clinic: CLINIC,
            out: house.folder.path().join("verified"),
            spot: Some(3),
            ticked: None,
            map_key: None,
            typesetter: None,
        };
        let verified = verify(&request).await.unwrap();
        let odd: Vec<_> = verified.differences.iter().filter(|d| d.why == Why::Unexplained).collect();
        assert!(odd.is_empty() && verified.good, "{odd:?} {:?}", verified.counts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_the_data_api_give_the_same_documents() {
    let Some(files) = Target::new("docs_file").await else { return };
    let house = House::new(with_documents(160), Settings::default()).await;
    let truth: wattle_fm_migrate::sample::Truth =
        serde_json::from_slice(&std::fs::read(house.folder.path().join("truth.json")).unwrap()).unwrap();
    let planted = |list: &[wattle_fm_migrate::sample::Planted]| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        list.iter().for_each(|p| *counts.entry(p.code.clone()).or_default() += 1);
        counts
    };
    let mut wanted = None;
    for route in [Route::File, Route::DataApi, Route::Odata] {
        let target = match route {
            Route::File => Target { url: files.url.clone(), blobs: tempfile::tempdir().unwrap() },
            _ => Target::new(&format!("docs_{}", route.as_str())).await.unwrap(),
        };
        if route != Route::File {
            house.extract(&target.url, route).await.unwrap();
        }
        // Not fetched yet: said so, and nothing is guessed.
        let early = house.import(&target.url, route).await.unwrap();
        let early = &early.tables["documents"];
        assert_eq!((early.loaded, early.read), (0, early.rejected), "{route:?}");
        assert!(early.rejects.iter().any(|(code, n)| code.as_str() == "CONTAINER_NOT_COPIED" && *n > 100));

        let copied = target.copy(&house, route).await.unwrap();
        let report = house.import(&target.url, route).await.unwrap();
        let table = &report.tables["documents"];
        assert_eq!(table.read, table.loaded + table.rejected, "{route:?}");
        assert_eq!(table.loaded, truth.documents.loaded, "{route:?}");
        let mut rejects = planted(&truth.documents.rejects);
        if route != Route::File {
            rejects.remove("COLUMN_COUNT");
        }
        let codes = |list: &BTreeMap<wattle_fm_migrate::reason::Code, u64>| -> BTreeMap<String, u64> {
            list.iter().map(|(code, n)| (code.as_str().to_owned(), *n)).collect()
        };
        assert_eq!(codes(&table.rejects), rejects, "{route:?}");
        assert_eq!(codes(&table.notes), planted(&truth.documents.notes), "{route:?}");
        assert!(rejects.len() >= 10, "every kind of damage is in the sample: {rejects:?}");
        assert_eq!(
            number(
                &target.url,
                "SELECT count(*) FROM staging.reject WHERE path IS NOT NULL AND source_table = 'documents'
                AND run_id = (SELECT max(run_id::text)::uuid FROM staging.reject)"
            )
            .await,
            i64::try_from(
                [
                    "CONTAINER_MISSING",
                    "CONTAINER_REFERENCE",
                    "CONTAINER_SIZE",
                    "CONTAINER_MD5",
                    "CONTAINER_PROGRAM"
                ]
                .iter()
                .map(|code| rejects[*code])
                .sum::<u64>()
            )
            .unwrap(),
            "whoever looks for a file is told where it should be"
        );

        let opened = target.opened().await;
        assert_eq!(opened.len() as u64, copied.stored - strangers(&target).await, "{route:?}");
        assert!(
            opened.iter().any(|(table, ..)| table == "desk_document"),
            "what the desk needs is in its feed"
        );
        let parts = target.parts();
        let held = number(&target.url, "SELECT count(*) FROM clinic.document_blob").await;
        assert_eq!(parts.len() as i64, held, "one part each, and nothing that belongs to nobody");
        target.verified(&house).await;

        let sums = checksums(&target.url, CLINIC).await.unwrap();
        assert_eq!(*wanted.get_or_insert_with(|| sums.clone()), sums, "{route:?}");

        let again = target.copy(&house, route).await.unwrap();
        assert_eq!(
            (again.stored, again.bytes, again.known),
            (0, 0, copied.stored + copied.same),
            "{route:?}"
        );
        assert_eq!(house.import(&target.url, route).await.unwrap().written, 0, "{route:?}");
        assert_eq!(target.parts(), parts, "{route:?}: nothing is put twice");
    }
}

/// Files that were stored, though their records are rejected for other reasons.
async fn strangers(target: &Target) -> u64 {
    let n = number(
        &target.url,
        "SELECT count(*) FROM clinic.document_blob b WHERE NOT EXISTS (SELECT FROM clinic.document d WHERE d.id = b.document_id)
             AND NOT EXISTS (SELECT FROM clinic.desk_document d WHERE d.id = b.document_id)",
    );
    u64::try_from(n.await).unwrap()
}

/// A file of so many bytes, no two pieces of which are alike.
fn large(bytes: usize) -> Vec<u8> {
    let mut all = b"%PDF-1.4\n".to_vec();
    all.extend((0_u64..).flat_map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()).take(bytes - 9));
    all
}

/// Puts a file into a record's container, and what FileMaker calculates of it.
fn insert(house: &House, key: &str, bytes: Vec<u8>) -> u64 {
    house.standin.with(|d| {
        let table = d.table_mut("Documents").unwrap();
        let field = table.field("File").unwrap();
        let id = table.records.iter().find(|r| r.cells[0] == key).unwrap().id;
        for (name, value) in [
            ("FileMD5", String::new()),
            ("FileSize", bytes.len().to_string()),
            ("FileName", "large.pdf".into()),
            ("Storage", "Embedded".into()),
        ] {
            table.edit(id, name, &value);
        }
        let record = table.records.iter_mut().find(|r| r.id == id).unwrap();
        record.files = [((field, 1), Stored { name: "large.pdf".into(), bytes: Some(bytes) })].into();
        id
    })
}

/// So that a fault meets the request that it was planted for.
fn one_after_another(house: &House) {
    house.edit_mapping("container = \"File\"", "container = \"File\"\nat_once = 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_in_the_middle_of_a_file_goes_on_with_its_next_part() {
    let Some(target) = Target::new("docs_killed").await else { return };
    let house = House::new(with_documents(2), Settings::default()).await;
    one_after_another(&house);
    let bytes = large(9 << 20);
    insert(&house, "D000000", bytes);
    house.extract(&target.url, Route::DataApi).await.unwrap();
    // The connection is cut behind the first part; then the server takes its time, and the process is killed.
    house.standin.plant(Fault::next("/Streaming_SSL/", What::Cut(5 << 20)).after(1));
    house.standin.plant(Fault::next("/Streaming_SSL/", What::Slow(Duration::from_secs(600))).after(2));
    let mut child = start(
        &house,
        &target.url,
        "containers",
        Route::DataApi,
        &[("WATTLE_BLOBS", target.blobs.path().to_str().unwrap())],
    );
    let asked = || house.standin.requests("container") >= 3;
    for _ in 0..3_000 {
        if asked() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(asked(), "it tries again after the cut");
    child.kill().unwrap();
    child.wait().unwrap();
    let before = target.parts();
    assert_eq!(before.len(), 1, "the first part of three: {before:?}");
    let (path, _) = before.first_key_value().unwrap();
    let put_at = std::fs::metadata(path).unwrap().modified().unwrap();
    assert_eq!(
        number(&target.url, "SELECT count(*) FROM clinic.document_blob WHERE stored_at IS NOT NULL").await,
        0
    );
    assert_eq!(number(&target.url, "SELECT count(*) FROM staging.container").await, 0);

    // PostgreSQL lets go of the lock of the killed one when it notices.
    let copied = target.copy(&house, Route::DataApi).await.unwrap();
    assert_eq!(copied.stored, 2);
    assert_eq!(
        std::fs::metadata(path).unwrap().modified().unwrap(),
        put_at,
        "a part that is there is not put again"
    );
    house.import(&target.url, Route::DataApi).await.unwrap();
    assert_eq!(target.opened().await.len(), 2);
    assert_eq!(target.parts().len(), 4, "three parts and one: {:?}", target.parts());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_another_file_is_not_mixed_in() {
    let Some(target) = Target::new("docs_mixed").await else { return };
    let house = House::new(with_documents(2), Settings::default()).await;
    one_after_another(&house);
    insert(&house, "D000000", large(9 << 20));
    house.extract(&target.url, Route::DataApi).await.unwrap();
    house.standin.plant(Fault::next("/Streaming_SSL/", What::Cut(5 << 20)).after(1).times(100));
    house.edit_mapping("first_wait_ms = 1", "first_wait_ms = 0");
    let error = target.copy(&house, Route::DataApi).await.unwrap_err().to_string();
    assert!(error.contains("fetching a container") && error.contains("no answer"), "{error}");
    assert_eq!(target.parts().len(), 1);
    // Meanwhile somebody puts another file of the same length into the record.
    let mut other = large(9 << 20);
    other.iter_mut().skip(100).for_each(|b| *b = b.wrapping_add(1));
    insert(&house, "D000000", other.clone());
    let house = unfaulted(house, other).await;
    house.extract(&target.url, Route::DataApi).await.unwrap();
    assert_eq!(target.copy(&house, Route::DataApi).await.unwrap().stored, 2);
    house.import(&target.url, Route::DataApi).await.unwrap();
    assert_eq!(target.opened().await.len(), 2);
    assert_eq!(target.parts().len(), 4, "what did not fit is gone from the store");

    // A key that the server has sealed meanwhile opens for nobody here: the file goes to another place.
    insert(&house, "D000000", large(5 << 20));
    house.extract(&target.url, Route::DataApi).await.unwrap();
    house.standin.plant(Fault::next("/Streaming_SSL/", What::Cut(4_500_000)).after(3).times(100));
    assert!(target.copy(&house, Route::DataApi).await.is_err());
    let pool = PgPool::connect(&target.url).await.unwrap();
    sqlx::raw_sql("UPDATE clinic.document_blob SET key = E'\\x01s1:AAAA' WHERE stored_at IS NULL")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let house = unfaulted(house, large(5 << 20)).await;
    house.extract(&target.url, Route::DataApi).await.unwrap();
    assert_eq!(target.copy(&house, Route::DataApi).await.unwrap().stored, 1);
    house.import(&target.url, Route::DataApi).await.unwrap();
    assert_eq!(target.opened().await.len(), 2, "the new file; the one before is marked as gone");
    assert_eq!(target.parts().len(), 6);
}

/// The same clinic on a server that does nothing wrong.
async fn unfaulted(house: House, bytes: Vec<u8>) -> House {
    let before = house.standin.url();
    let database = house.standin.with(|d| d.clone());
    let standin = wattle_filemaker_standin::Standin::start(database, Settings::default()).await.unwrap();
    let house = House { standin, ..house };
    house.edit_mapping(&before, &house.standin.url());
    insert(&house, "D000000", bytes);
    house
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files.remove(0)
}

fn cell_in(house: &House, key: &str, field: &str) -> String {
    house.standin.with(|d| {
        let table = d.table("Documents").unwrap();
        let index = table.field(field).unwrap();
        let record = table.records.iter().find(|r| r.cells[0] == key).unwrap();
        record.cells[index].split('\u{1D}').next().unwrap().to_owned()
    })
}

fn number_in(house: &House, key: &str, field: &str) -> u64 {
    cell_in(house, key, field).parse().unwrap()
}

fn md5_in(house: &House, key: &str) -> String {
    cell_in(house, key, "FileMD5")
}

fn md5_of(bytes: &[u8]) -> String {
    use md5::Digest as _;
    md5::Md5::digest(bytes).iter().map(|b| format!("{b:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_said_with_what_to_do() {
    let Some(target) = Target::new("docs_wrong").await else { return };
    let house = House::new(with_documents(3), Settings::default()).await;
    let said =
        async |target: &Target, route: Route| target.copy(&house, route).await.unwrap_err().to_string();
    assert!(said(&target, Route::DataApi).await.contains("Run extract first"));
    house.extract(&target.url, Route::DataApi).await.unwrap();
    // A year's allowance stops the run; a spent session is opened again.
    house.standin.plant(Fault::next("/records/", What::Code(953)));
    assert!(said(&target, Route::DataApi).await.contains("953"));
    house.standin.plant(Fault::next("/records/", What::Code(952)));
    // What another lane had in hand when one had to stop may be stored.
    let copied = target.copy(&house, Route::DataApi).await.unwrap();
    assert_eq!(copied.stored + copied.known, 3, "{copied:?}");
    house.edit_mapping("container = \"File\"", "container = \"Fiel\"");
    let other = Target::new("docs_field").await.unwrap();
    house.extract(&other.url, Route::DataApi).await.unwrap();
    assert!(said(&other, Route::DataApi).await.contains("Put it on the layout"));
    house.edit_mapping("container = \"Fiel\"\n", "");
    assert!(said(&other, Route::DataApi).await.contains("needs container"));
    house.edit_mapping("folder = \"containers\"", "container = \"File\"\nfolder = \"elsewhere\"");
    assert!(said(&other, Route::File).await.contains("elsewhere"));
}

/// The sample's files, as FileMaker's open storage has them: each record says where under one folder its files are.
fn keep_open(house: &House) {
    house.edit_mapping("folder = \"containers\"", "folder = \"containers/Documents\"\nstorage = \"open\"");
    house.standin.with(|d| {
        let table = d.table_mut("Documents").unwrap();
        let (names, storage) = (table.field("FileName").unwrap(), table.field("Storage").unwrap());
        let said: Vec<(u64, String)> = table
            .records
            .iter()
            .filter(|r| !r.cells[storage].contains("File Reference"))
            .map(|r| {
                let key = r.cells[0].trim();
                let path = |(n, name): (usize, &str)| match name {
                    "" => String::new(),
                    name => format!("remote:{key}/File/{n}__{name}\rsize:12,34"),
                };
                let paths: Vec<String> = (1..).zip(r.cells[names].split('\u{1D}')).map(path).collect();
                (r.id, paths.join("\u{1D}"))
            })
            .collect();
        for (id, paths) in said {
            table.edit(id, "FilePath", &paths);
        }
    });
}

/// What a record's reference says.
fn point(house: &House, key: &str, reference: &str) {
    house.standin.with(|d| {
        let table = d.table_mut("Documents").unwrap();
        let id = table.records.iter().find(|r| r.cells[0] == key).unwrap().id;
        table.edit(id, "FilePath", reference);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn open_storage_is_read_from_disk_and_gives_the_same_documents() {
    let Some(by_folder) = Target::new("docs_closed").await else { return };
    let house = House::new(with_documents(160), Settings::default()).await;
    by_folder.copy(&house, Route::File).await.unwrap();
    house.import(&by_folder.url, Route::File).await.unwrap();
    let open = Target::new("docs_open").await.unwrap();
    keep_open(&house);
    house.extract(&open.url, Route::DataApi).await.unwrap();
    let copied = open.copy(&house, Route::DataApi).await.unwrap();
    assert_eq!(house.standin.requests("container"), 0, "no file is asked of FileMaker");
    let report = house.import(&open.url, Route::DataApi).await.unwrap();
    let table = &report.tables["documents"];
    assert_eq!(table.read, table.loaded + table.rejected);
    assert!(
        table.rejects.iter().any(|(code, _)| code.as_str() == "CONTAINER_REFERENCE"),
        "{:?}",
        table.rejects
    );
    assert_eq!(open.opened().await, by_folder.opened().await);
    open.verified(&house).await;
    let again = open.copy(&house, Route::DataApi).await.unwrap();
    assert_eq!((again.stored, again.known), (0, copied.stored + copied.same));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_record_leads_out_of_the_storage() {
    let Some(target) = Target::new("docs_outside").await else { return };
    let house = House::new(Plan { documents: 8, ..with_documents(8) }, Settings::default()).await;
    let root = house.folder.path().join("containers/Documents");
    std::fs::write(house.folder.path().join("secret.pdf"), b"%PDF-1.4 not of the clinic's").unwrap();
    keep_open(&house);
    let secret = house.folder.path().join("secret.pdf");
    let mut outside = vec![
        ("D000000", "remote:../../secret.pdf".to_owned()),
        ("D000007", format!("remote:{}", secret.display())),
        ("D000002", "filewin:/C:/secret.pdf".to_owned()),
        ("D000004", "D000004\\..\\..\\..\\secret.pdf".to_owned()),
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(house.folder.path(), root.join("link")).unwrap();
        outside.push(("D000005", "remote:link/secret.pdf".to_owned()));
    }
    for (key, reference) in &outside {
        point(&house, key, reference);
    }
    point(&house, "D000006", "remote:Moved/scan.pdf");
    // Nothing that FileMaker says of the files may be what keeps the wrong ones out.
    house.standin.with(|d| {
        let table = d.table_mut("Documents").unwrap();
        let ids: Vec<u64> = table.records.iter().map(|r| r.id).collect();
        for (id, field) in ids.iter().flat_map(|id| [(id, "FileMD5"), (id, "FileSize"), (id, "FileName")]) {
            table.edit(*id, field, "");
        }
    });
    house.extract(&target.url, Route::DataApi).await.unwrap();
    let copied = target.copy(&house, Route::DataApi).await.unwrap();
    let rejected =
        |code: &str| copied.rejected.iter().find(|(c, _)| c.as_str() == code).map_or(0, |(_, n)| *n);
    assert_eq!(rejected("CONTAINER_OUTSIDE"), outside.len() as u64, "{:?}", copied.rejected);
    assert!(rejected("CONTAINER_MISSING") >= 1, "{:?}", copied.rejected);
    house.import(&target.url, Route::DataApi).await.unwrap();
    let pool = PgPool::connect(&target.url).await.unwrap();
    let path: String = sqlx::query_scalar("SELECT path FROM staging.container WHERE record_key = 'D000006'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(path, "remote:Moved/scan.pdf", "whoever looks for it is told where it should be");
    let unknown = target.opened().await.len() as u64;
    assert_eq!(unknown, copied.stored);
    // Where the folder itself is not there, nothing is called missing.
    house.edit_mapping("containers/Documents", "elsewhere");
    let error = target.copy(&house, Route::DataApi).await.unwrap_err().to_string();
    assert!(error.contains("elsewhere"), "{error}");
    // And without the field that says where files are, nothing is begun.
    house.edit_mapping("elsewhere", "containers/Documents");
    house.edit_mapping("reference = \"FilePath\"", "");
    let error = target.copy(&house, Route::DataApi).await.unwrap_err().to_string();
    assert!(error.contains("GetAsText"), "{error}");
}
