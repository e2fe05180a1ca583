//! A clinic with images, and the corner of a new computer where a file is to be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;
use wattle_domain::FeedClass;
use wattle_local_store::{DataKey, Store, SystemClock};
use wattle_protocol::image::{ImageAsk, ImageOffer};
use wattle_protocol::ipc::session::Progress;
use wattle_sync_engine::image::{NoCopy, Patience, Ready, Target, arrive};
use wattle_sync_engine::{Tokens, Transport};
use wattle_tests::bench::floor::connect;
use wattle_tests::desk::{Keeper, Seat};
use wattle_tests::house::{self, House, PEOPLE, Person, Size};
use wattle_tests::processes::wait_for;

/// Longest wait for anything that should come by itself.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody of the cast.
pub fn person(username: &str) -> Person {
    PEOPLE.into_iter().find(|p| p.username == username).unwrap()
}

/// A clinic whose server builds images of small chunks, with the image of *reception* already there.
pub async fn clinic(dir: &Path, arguments: &[&str]) -> House {
    clinic_with(dir, arguments, &[]).await
}

/// The same with more environment.
pub async fn clinic_with(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> House {
    let mut house = House::found(dir, false).unwrap();
    house.serve_env(environment);
    house.import_sample(Size { patients: 1_500, practitioners: 3, appointments: 4_000 }, 7).unwrap();
    house::add_people(&house).unwrap();
    let data = data(dir);
    let mut all = vec!["--data-dir", data.to_str().unwrap(), "--image-rows", "100", "--image-look-s", "1"];
    if !arguments.contains(&"--image-chunk-kib") {
        all.extend(["--image-chunk-kib", "256"]);
    }
    all.extend(arguments);
    house.serve_with(&all);
    house.start_server().await.unwrap();
    image_of(&house, "ref-front").await;
    house
}

/// The server's own folder.
pub fn data(dir: &Path) -> PathBuf {
    dir.join("server")
}

/// Waits for the present image of a profile; its id.
pub async fn image_of(house: &House, profile: &str) -> String {
    let sql = format!(
        "select coalesce((select id::text from clinic.image where replaced_at is null \
         and array_to_string(feeds, '-') = '{profile}'), '')"
    );
    let found = wait_for("an image is built", PATIENCE, async || {
        Some(house.text(&sql).unwrap()).filter(|id| !id.is_empty())
    });
    match found.await {
        Ok(id) => id,
        Err(error) => panic!("{error}\n{}", house.server_log()),
    }
}

/// A new computer, enrolled and signed in, with no file yet.
pub struct Corner {
    pub keeper: Arc<Keeper>,
    pub target: Target,
    _dir: TempDir,
}

impl Corner {
    pub async fn new(house: &House, name: &str, who: &Person) -> Self {
        let code = house.enrolment_code().unwrap();
        let seat = Seat::enrol(&house.server_url(), &code, name, who.username, who.password).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let target = Target {
            file: dir.path().join("clinic.db"),
            key: seat.data_key(),
            identity: seat.identity(),
            clock: Arc::new(SystemClock),
        };
        Self { keeper: Arc::new(Keeper::new(seat, None)), target, _dir: dir }
    }

    pub async fn offer(
        &self,
        house: &House,
        feeds: &[FeedClass],
    ) -> Result<Option<ImageOffer>, wattle_sync_engine::Error> {
        let schema = wattle_local_store::schema::known_version();
        let ask = ImageAsk { schema, feeds: feeds.to_vec(), resume: None };
        Transport::new(&house.server_url()).unwrap().image(&self.keeper.access().unwrap(), &ask).await
    }

    /// One try, through `url`.
    pub async fn arrive(&self, url: &str) -> Result<Ready, NoCopy> {
        self.arrive_with(url, quick()).await.0
    }

    /// One try, with the progress that was told last.
    pub async fn arrive_with(
        &self,
        url: &str,
        patience: Patience,
    ) -> (Result<Ready, NoCopy>, Option<Progress>) {
        let tokens: Arc<dyn Tokens> = Arc::<Keeper>::clone(&self.keeper);
        let transport = Transport::new(url).unwrap();
        let (progress, told) = watch::channel(None);
        let done = arrive(&transport, &tokens, &self.target, patience, &progress).await;
        let last = *told.borrow();
        (done, last)
    }

    pub fn open(&self) -> Store {
        let Target { file, key, identity, clock } = self.target.clone();
        Store::open(&file, &key, identity, clock).unwrap()
    }

    pub fn chunk(&self, number: u32) -> PathBuf {
        self.beside(".image").join(format!("{number:04}"))
    }

    pub fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.target.file.clone().into_os_string();
        name.push(suffix);
        name.into()
    }
}

/// Gives up soon: a test cuts the wire on purpose.
pub fn quick() -> Patience {
    Patience {
        first_wait: Duration::from_millis(20),
        longest_wait: Duration::from_millis(100),
        without_progress: Duration::from_millis(500),
        ..Patience::default()
    }
}

/// All rows of all tables but what is a file's own, as text, and what the search finds.
pub fn contents(path: &Path, key: &DataKey) -> BTreeMap<String, Vec<String>> {
    let connection = connect(path, key).unwrap();
    let mut names = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name NOT LIKE '%_fts%' AND name <> 'meta'",
        )
        .unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut all = BTreeMap::new();
    for name in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let width = statement.column_count();
        let rows = statement
            .query_map([], |row| {
                (0..width).map(|i| row.get::<_, rusqlite::types::Value>(i)).collect::<Result<Vec<_>, _>>()
            })
            .unwrap();
        let mut rows: Vec<String> = rows.map(|row| format!("{:?}", row.unwrap())).collect();
        rows.sort();
        all.insert(name, rows);
    }
    for word in ["a*", "mar*", "12", "o'*"] {
        let sql = "SELECT count(*) FROM patient_fts WHERE patient_fts MATCH ?1";
        let found: i64 = connection.query_row(sql, [format!("\"{}\"", word)], |row| row.get(0)).unwrap();
        all.insert(format!("search {word}"), vec![found.to_string()]);
    }
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    all
}
