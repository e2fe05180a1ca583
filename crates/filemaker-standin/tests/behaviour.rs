//! What FileMaker Server does beside the shapes of its replies: sessions, paging, codes, containers, faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use wattle_filemaker_standin::database::{Act, Database, Field, Kind, Record, Stored, Table};
use wattle_filemaker_standin::{Fault, Settings, Standin, What};

fn file() -> Database {
    let mut photo = Field::new("Photo", Kind::Container);
    photo.max_repeat = 2;
    let mut phone = Field::new("Phone", Kind::Text);
    phone.max_repeat = 2;
    let hidden = Field { on_layout: false, ..Field::new("Hidden", Kind::Text) };
    let fields = vec![
        Field::new("No", Kind::Text),
        Field::new("Seen", Kind::TimeStamp),
        Field::new("Fee", Kind::Number),
        phone,
        photo,
        hidden,
    ];
    let record = |id: u64| {
        let cells = [&format!("P{id}"), "1/2/2026 9:05", "15 or so", "111\u{1D}222", "", "x"];
        Record { id, mod_id: 1, cells: cells.map(ToString::to_string).to_vec(), ..Record::default() }
    };
    let mut records: Vec<Record> = (1..=250).map(record).collect();
    records[0].files.insert((4, 2), Stored { name: "scan 1.pdf".into(), bytes: Some(b"%PDF".to_vec()) });
    records[1].files.insert((4, 1), Stored { name: "gone.pdf".into(), bytes: None });
    let table = Table {
        name: "Patients".into(),
        layout: "Patients API".into(),
        key: Some("No".into()),
        fields,
        records,
        ..Table::default()
    };
    Database { name: "Clinic".into(), tables: vec![table], ..Database::default() }
}

struct Client {
    standin: Standin,
    http: reqwest::Client,
}

impl Client {
    async fn new(settings: Settings) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { standin: Standin::start(file(), settings).await.unwrap(), http }
    }

    fn data(&self, path: &str) -> String {
        format!("{}/fmi/data/vLatest/databases/Clinic{path}", self.standin.url())
    }

    async fn sign_in(&self) -> Result<String, u64> {
        let sent =
            self.http.post(self.data("/sessions")).basic_auth("migrator", Some("read-only")).send().await;
        let body: Value = sent.unwrap().json().await.unwrap();
        match body["response"]["token"].as_str() {
            Some(token) => Ok(token.into()),
            None => Err(body["messages"][0]["code"].as_str().unwrap().parse().unwrap()),
        }
    }

    async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        let sent = self.http.get(self.data(path)).bearer_auth(token).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    async fn code(&self, token: &str, path: &str) -> String {
        self.get(token, path).await.1["messages"][0]["code"].as_str().unwrap().to_owned()
    }

    async fn odata(&self, path: &str) -> (u16, String) {
        let url = format!("{}/fmi/odata/v4/Clinic{path}", self.standin.url());
        let sent = self.http.get(url).basic_auth("migrator", Some("read-only")).send().await.unwrap();
        (sent.status().as_u16(), sent.text().await.unwrap())
    }
}

const RECORDS: &str = "/layouts/Patients%20API/records";

#[tokio::test]
async fn sessions_slide_expire_and_are_few() {
    let client = Client::new(Settings { most_sessions: 1, ..Settings::default() }).await;
    let token = client.sign_in().await.unwrap();
    assert_eq!(client.sign_in().await, Err(956));
    for _ in 0..3 {
        client.standin.pass(Duration::from_secs(14 * 60));
        assert_eq!(client.code(&token, RECORDS).await, "0", "use keeps it alive");
    }
    client.standin.pass(Duration::from_secs(16 * 60));
    assert_eq!(client.get(&token, RECORDS).await.0, 401);
    assert_eq!(client.code(&token, RECORDS).await, "952");
    assert!(client.sign_in().await.is_ok(), "the dead one makes room");
}

#[tokio::test]
async fn pages_default_to_a_hundred_and_end_with_an_error() {
    let client = Client::new(Settings::default()).await;
    let token = client.sign_in().await.unwrap();
    let (_, page) = client.get(&token, RECORDS).await;
    let info = &page["response"]["dataInfo"];
    assert_eq!((&info["returnedCount"], &info["foundCount"]), (&json!(100), &json!(250)));
    let (_, page) = client.get(&token, &format!("{RECORDS}?_offset=201&_limit=100")).await;
    assert_eq!(page["response"]["data"].as_array().unwrap().len(), 50);
    assert_eq!(client.code(&token, &format!("{RECORDS}?_offset=251")).await, "101");
    assert_eq!(client.code(&token, &format!("{RECORDS}?_offset=0")).await, "960");
    assert_eq!(client.code(&token, "/layouts/Nothing/records").await, "105");
    assert_eq!(client.code("wrong", RECORDS).await, "952");
    client.standin.with(|d| d.tables[0].records.clear());
    assert_eq!(client.code(&token, RECORDS).await, "401", "an empty table is an error too");
}

#[tokio::test]
async fn dates_come_as_asked_from_19_6_1_and_american_before() {
    let client = Client::new(Settings::default()).await;
    let token = client.sign_in().await.unwrap();
    let seen = async |query: &str| {
        let (_, page) = client.get(&token, &format!("{RECORDS}?_limit=1{query}")).await;
        page["response"]["data"][0]["fieldData"]["Seen"].as_str().unwrap().to_owned()
    };
    assert_eq!(seen("").await, "02/01/2026 09:05:00");
    assert_eq!(seen("&dateformats=1").await, "01/02/2026 09:05:00");
    assert_eq!(seen("&dateformats=2").await, "2026-02-01T09:05:00");
    client.standin.set(|s| s.dateformats = false);
    assert_eq!(seen("&dateformats=2").await, "02/01/2026 09:05:00", "an older server does not know the word");
}

#[tokio::test]
async fn repetitions_and_text_in_numbers() {
    let client = Client::new(Settings::default()).await;
    let token = client.sign_in().await.unwrap();
    let (_, page) = client.get(&token, &format!("{RECORDS}?_limit=1")).await;
    let fields = &page["response"]["data"][0]["fieldData"];
    assert_eq!((&fields["Phone(1)"], &fields["Phone(2)"]), (&json!("111"), &json!("222")));
    assert_eq!(fields["Fee"], "15 or so");
    assert!(fields.get("Hidden").is_none(), "what the layout lacks is not there");
    let (_, body) = client.odata("/Patients?$select=ROWID,Fee,%22Phone[2]%22&$top=1").await;
    assert!(body.contains("\"ROWID\":1,\"Fee\":?,\"Phone[2]\":\"222\""), "{body}");
    client.standin.set(|s| s.odata_repetitions = false);
    assert_eq!(client.odata("/Patients?$select=%22Phone[2]%22").await.0, 400);
}

#[tokio::test]
async fn odata_pages_end_with_a_link_in_both_styles() {
    let client = Client::new(Settings { page_rows: 100, ..Settings::default() }).await;
    for (prefix, old) in [("@", false), ("@odata.", true)] {
        client.standin.set(|s| s.odata_prefix = old);
        let mut path = "/Patients?$select=ROWID,ROWMODID,No".to_owned();
        let mut seen = Vec::new();
        loop {
            let (_, body) = client.odata(&path).await;
            let page: Value = serde_json::from_str(&body).unwrap();
            seen.extend(page["value"].as_array().unwrap().iter().map(|r| r["ROWID"].as_u64().unwrap()));
            let Some(next) = page.get(format!("{prefix}nextLink")) else { break };
            path = next.as_str().unwrap().split_once("/v4/Clinic").unwrap().1.to_owned();
        }
        assert_eq!(seen, (1..=250).collect::<Vec<u64>>());
    }
    assert_eq!(client.odata("/Patients/$count").await, (200, "250".into()));
    let (_, body) = client.odata("/Patients(ROWID=7)?$select=No").await;
    assert!(body.contains("\"No\":\"P7\""), "{body}");
    assert_eq!(client.odata("/Patients(ROWID=999)").await.0, 404);
}

#[tokio::test]
async fn a_container_opens_with_token_redirect_and_cookie_and_dies_with_its_session() {
    let client = Client::new(Settings::default()).await;
    let token = client.sign_in().await.unwrap();
    let (_, page) = client.get(&token, &format!("{RECORDS}?_limit=2")).await;
    let urls: Vec<String> = [(0, "Photo(2)"), (1, "Photo(1)")]
        .iter()
        .map(|(i, f)| page["response"]["data"][*i]["fieldData"][f].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(client.http.get(&urls[0]).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let first = client.http.get(&urls[0]).bearer_auth(&token).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::FOUND);
    let cookie = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("X-FMS-Session-Key="));
    let location = format!("{}{}", client.standin.url(), first.headers()["location"].to_str().unwrap());
    let second = client.http.get(&location).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(second.headers()["content-type"], "application/pdf");
    assert!(second.headers()["content-disposition"].to_str().unwrap().contains("scan 1.pdf"));
    assert_eq!(second.bytes().await.unwrap().as_ref(), b"%PDF");
    let gone = client.http.get(&urls[1]).bearer_auth(&token).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND, "a reference to a file that FileMaker does not hold");
    client.standin.pass(Duration::from_secs(16 * 60));
    let late = client.http.get(&location).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_goes_wrong_goes_wrong_when_planted() {
    let client = Client::new(Settings::default()).await;
    let token = client.sign_in().await.unwrap();
    for code in [301, 812, 952, 953, 956] {
        client.standin.plant(Fault::next("_limit=2", What::Code(code)));
        assert_eq!(client.code(&token, &format!("{RECORDS}?_limit=2")).await, code.to_string());
        assert_eq!(client.code(&token, &format!("{RECORDS}?_limit=2")).await, "0", "once");
    }
    client.standin.plant(Fault::next("records", What::BadGateway).after(1).times(2));
    for wanted in [200, 502, 502, 200] {
        let sent = client.http.get(client.data(RECORDS)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), wanted);
    }
    client.standin.plant(Fault::next("records", What::Cut(300)));
    let cut = client.http.get(client.data(RECORDS)).bearer_auth(&token).send().await.unwrap().bytes().await;
    assert!(cut.is_err(), "the body ends before its length");
    client.standin.plant(Fault::next("records", What::Change(Box::new(|d| d.tables[0].delete(1)))));
    let (_, page) = client.get(&token, RECORDS).await;
    assert_eq!(page["response"]["dataInfo"]["foundCount"], 249, "somebody worked in between");
    client.standin.set(|s| s.allowance_bytes = Some(10));
    assert_eq!(client.code(&token, RECORDS).await, "953");
    assert!(client.odata("/Patients").await.1.contains("\"953\""), "the allowance is shared");
}

#[tokio::test]
async fn scripts_run_on_a_layout_and_their_errors_are_in_good_answers() {
    let client = Client::new(Settings::default()).await;
    let token = client.sign_in().await.unwrap();
    client.standin.with(|d| {
        d.scripts = vec!["Freeze all".into(), "Broken".into()];
        d.acts = [("Freeze all".into(), Act::Freeze), ("Broken".into(), Act::Fail(9))].into();
    });
    let (status, reply) = client.get(&token, "/layouts/Patients%20API/script/Freeze%20all").await;
    assert_eq!((status, &reply["response"]["scriptError"]), (200, &json!("0")));
    assert!(client.standin.with(|d| d.frozen));
    let (status, reply) = client.get(&token, "/layouts/Patients%20API/script/Broken").await;
    assert_eq!((status, &reply["messages"][0]["code"]), (200, &json!("0")), "FileMaker did what was asked");
    assert_eq!(reply["response"]["scriptError"], "9");
    for (path, code) in
        [("/layouts/Patients%20API/script/Missing", "104"), ("/layouts/Missing/script/Broken", "105")]
    {
        assert_eq!(client.get(&token, path).await.1["messages"][0]["code"], code, "{path}");
    }
    assert_eq!(client.standin.with(|d| d.ran.clone()), ["Freeze all", "Broken"]);
}
