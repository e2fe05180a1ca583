//! The stand-in's replies beside those that real servers gave, field by field, so that it cannot drift into fantasy.
//!
//! The recordings lie outside the project (`../shared/fixtures`); where they are absent this is skipped, visibly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};
use wattle_filemaker_standin::database::{Class, Database, Field, Kind, Portal, Record, Stored, Table};
use wattle_filemaker_standin::{Fault, Settings, Standin, What};

fn fixtures() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/filemaker");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED recorded FileMaker replies: there is no ../shared/fixtures/filemaker");
    None
}

fn recorded(name: &str) -> Option<Value> {
    let path = fixtures()?.join(name);
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// Keys and types of a value; what an array holds is the union of its elements.
fn shape(path: &str, value: &Value, out: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            items.iter().for_each(|item| shape(&format!("{path}[]"), item, out));
            "array"
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| shape(&format!("{path}.{name}"), value, out));
            "object"
        }
    };
    out.entry(path.to_owned()).or_default().insert(kind);
}

fn same_shape(what: &str, ours: &Value, theirs: &Value) {
    let (mut a, mut b) = (BTreeMap::new(), BTreeMap::new());
    shape("", ours, &mut a);
    shape("", theirs, &mut b);
    // The one who masked the recording wrote this as text; the interface gives a number.
    b.entry(".dataInfo.totalRecordCount".into()).and_modify(|kinds| *kinds = BTreeSet::from(["number"]));
    assert_eq!(a, b, "{what}");
}

fn heroes() -> Database {
    let mut fields: Vec<Field> = [
        "name",
        "image",
        "object",
        "array",
        "height",
        "id",
        "imageName",
        "creationAccountName",
        "creationTimestamp",
    ]
    .iter()
    .chain(&["modificationAccountName", "modificationTimestamp"])
    .map(|name| Field::new(name, Kind::Text))
    .collect();
    for field in &mut fields {
        match field.name.as_str() {
            "image" => field.kind = Kind::Container,
            "imageName" => field.class = Class::Calculation,
            "id" => field.auto_enter = true,
            name if name.ends_with("Timestamp") => (field.kind, field.auto_enter) = (Kind::TimeStamp, true),
            name if name.ends_with("AccountName") => field.auto_enter = true,
            _ => {}
        }
    }
    let cells = |name: &str, id: &str| {
        let stamp = "25/05/1977 6:00:00";
        [name, "", "", "", "", id, "", "obi-wan", stamp, "obi-wan", stamp].map(ToOwned::to_owned).to_vec()
    };
    let mut first =
        Record { id: 1138, mod_id: 327, cells: cells("George Lucas", "r2d2"), ..Record::default() };
    first.files.insert((1, 1), Stored { name: "IMG_0001.PNG".into(), bytes: Some(b"picture".to_vec()) });
    let second = Record { id: 1139, mod_id: 3, cells: cells("George Lucas", "c3po"), ..Record::default() };
    let portal = |name: &str, fields: &[&str]| Portal {
        name: name.into(),
        table: name.into(),
        on: ("id".into(), "owner".into()),
        fields: fields.iter().map(ToString::to_string).collect(),
    };
    let related = |name: &str, records: Vec<Record>| Table {
        name: name.into(),
        layout: name.into(),
        fields: ["name", "type", "owner"].map(|f| Field::new(f, Kind::Text)).to_vec(),
        records,
        ..Table::default()
    };
    let vehicle = Record {
        id: 7,
        mod_id: 1,
        cells: ["test", "", "r2d2"].map(Into::into).to_vec(),
        ..Record::default()
    };
    Database {
        name: "fms-api-app".into(),
        tables: vec![
            Table {
                name: "Heroes".into(),
                layout: "Heroes".into(),
                key: Some("id".into()),
                fields,
                related: vec![("Vehicles::name".into(), "Vehicles".into(), "name".into())],
                portals: vec![
                    portal("Planets", &["Planets::name"]),
                    portal("Vehicles", &["Vehicles::name", "Vehicles::type"]),
                ],
                records: vec![first, second],
            },
            related("Planets", vec![]),
            related("Vehicles", vec![vehicle]),
        ],
        folders: vec![("Base Tables".into(), vec!["Planets".into()])],
        scripts: vec!["Upon Open".into()],
        script_folders: vec![("Buttons".into(), vec!["New Clip Record".into()])],
        ..Database::default()
    }
}

struct Client {
    standin: Standin,
    http: reqwest::Client,
}

impl Client {
    async fn new(database: Database, settings: Settings) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { standin: Standin::start(database, settings).await.unwrap(), http }
    }

    async fn sign_in(&self) -> String {
        let url = format!("{}/fmi/data/vLatest/databases/fms-api-app/sessions", self.standin.url());
        let sent =
            self.http.post(url).basic_auth("migrator", Some("read-only")).body("{}").send().await.unwrap();
        let header = sent.headers()["x-fm-data-access-token"].to_str().unwrap().to_owned();
        let body: Value = sent.json().await.unwrap();
        assert_eq!(body["response"]["token"], header, "in the body and in the header");
        header
    }

    async fn data(&self, token: &str, path: &str) -> (u16, Value) {
        let url = format!("{}/fmi/data/vLatest{path}", self.standin.url());
        let sent = self.http.get(url).bearer_auth(token).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    async fn find(&self, token: &str, query: Value) -> Value {
        let url =
            format!("{}/fmi/data/vLatest/databases/fms-api-app/layouts/Heroes/_find", self.standin.url());
        let sent = self.http.post(url).bearer_auth(token).body(query.to_string()).send().await.unwrap();
        sent.json().await.unwrap()
    }

    async fn odata(&self, path: &str) -> (u16, String) {
        let url = format!("{}/fmi/odata/v4/fmdapi_test.fmp12{path}", self.standin.url());
        let sent = self.http.get(url).basic_auth("migrator", Some("read-only")).send().await.unwrap();
        (sent.status().as_u16(), sent.text().await.unwrap())
    }
}

#[tokio::test]
async fn the_data_api_answers_in_the_shapes_that_were_recorded() {
    if fixtures().is_none() {
        return;
    }
    let client = Client::new(heroes(), Settings::default()).await;
    let token = client.sign_in().await;
    let base = "/databases/fms-api-app";
    let read = |name: &str| recorded(&format!("dataapi-json/{name}.json")).unwrap();
    let (_, product) = client.data(&token, "/productInfo").await;
    same_shape("productInfo", &product["response"]["productInfo"], &read("product-info"));
    for (path, name) in [
        ("/databases".to_owned(), "databases-info"),
        (format!("{base}/layouts"), "layouts"),
        (format!("{base}/scripts"), "scripts"),
        (format!("{base}/layouts/Heroes/records?_limit=2"), "list-records"),
        (format!("{base}/layouts/Heroes/records/1139"), "get-record"),
    ] {
        let (status, reply) = client.data(&token, &path).await;
        assert_eq!((status, &reply["messages"][0]["code"]), (200, &json!("0")), "{path}");
        same_shape(&path, &reply["response"], &read(name));
    }
    let (_, reply) = client.data(&token, &format!("{base}/layouts/Heroes/records")).await;
    let first = &reply["response"]["data"][0];
    assert_eq!(first["recordId"], "1138", "ids are text");
    assert_eq!(first["fieldData"]["creationTimestamp"], "05/25/1977 06:00:00", "US unless asked otherwise");
    let theirs = read("list-records")["data"][0]["fieldData"]["image"].as_str().unwrap().to_owned();
    let ours = first["fieldData"]["image"].as_str().unwrap();
    let parts = |url: &str| {
        let url = url.split_once("://").unwrap().1.split_once('/').unwrap().1.to_owned();
        let (path, query) = url.split_once('?').unwrap();
        let (before, word) = path.rsplit_once('/').unwrap();
        let word = word.split('.').next().unwrap();
        assert!(word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()), "{word}");
        (before.to_owned(), query.to_owned())
    };
    assert_eq!(parts(ours), parts(&theirs), "a container is a URL of this form");
    let (status, ran) = client.data(&token, &format!("{base}/layouts/Heroes/script/Upon%20Open")).await;
    let theirs = read("script-trigger");
    assert_eq!((status, &ran["response"]["scriptError"]), (200, &theirs["scriptError"]), "a number as text");
    let words = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(words(&ran["response"]), words(&theirs));
    let found = client.find(&token, json!({ "query": [{ "id": "==c3po" }], "limit": 1 })).await;
    same_shape("_find", &found["response"], &read("find-records"));
}

#[tokio::test]
async fn a_layout_describes_each_field_as_recorded() {
    let Some(theirs) = recorded("dataapi-json/layout-details.json") else { return };
    let client = Client::new(heroes(), Settings::default()).await;
    let token = client.sign_in().await;
    let (_, reply) = client.data(&token, "/databases/fms-api-app/layouts/Heroes").await;
    let mut ours = reply["response"].clone();
    // The recording's Planets portal also shows a field of a third table.
    let species = theirs["portalMetaData"]["Planets"][1].clone();
    ours["portalMetaData"]["Planets"].as_array_mut().unwrap().push(species);
    assert_eq!(ours, theirs, "to the last value");
}

/// contacts as the recordings show them, in the order of the server.
fn contacts(recordings: &Value) -> (Database, Vec<Value>) {
    let mut rows: Vec<Value> = Vec::new();
    let mut add = |row: &Value| {
        if row.get("hobby").is_some() && !rows.iter().any(|r| r["PrimaryKey"] == row["PrimaryKey"]) {
            let mut row = row.clone();
            row.as_object_mut()
                .unwrap()
                .retain(|name, _| !name.starts_with('@') && name != "users" && name != "error");
            rows.push(row);
        }
    };
    add(&recordings["single-record"]["response"]);
    recordings["list with nested expand"]["response"]["value"].as_array().unwrap().iter().for_each(&mut add);
    recordings["list-with-pagination"]["response"]["value"].as_array().unwrap().iter().for_each(&mut add);
    recordings["list-with-orderby"]["response"]["value"].as_array().unwrap().iter().for_each(&mut add);
    let names = [
        ("PrimaryKey", Kind::Text),
        ("CreationTimestamp", Kind::TimeStamp),
        ("CreatedBy", Kind::Text),
        ("ModificationTimestamp", Kind::TimeStamp),
        ("ModifiedBy", Kind::Text),
        ("name", Kind::Text),
        ("hobby", Kind::Text),
        ("id_user", Kind::Text),
        ("my_calc", Kind::Text),
    ];
    let typed = |name: &str, row: &Value| {
        let text = row[name].as_str().unwrap_or_default().to_owned();
        if !name.ends_with("Timestamp") {
            return text;
        }
        let (day, clock) = text.trim_end_matches('Z').split_once('T').unwrap();
        let parts: Vec<&str> = day.split('-').collect();
        format!("{}/{}/{} {clock}", parts[2], parts[1], parts[0])
    };
    let records = (1..)
        .zip(&rows)
        .map(|(id, row)| Record {
            id,
            mod_id: 1,
            cells: names.iter().map(|(name, _)| typed(name, row)).collect(),
            ..Record::default()
        })
        .collect();
    let table = Table {
        name: "contacts".into(),
        layout: "contacts".into(),
        key: Some("PrimaryKey".into()),
        fields: names.map(|(name, kind)| Field::new(name, kind)).to_vec(),
        records,
        ..Table::default()
    };
    (Database { name: "fmdapi_test".into(), tables: vec![table], ..Database::default() }, rows)
}

#[tokio::test]
async fn odata_answers_to_the_letter_as_recorded() {
    let Some(recordings) = recorded("odata/recorded-responses.json") else { return };
    let client = Client::new(contacts(&recordings).0, Settings::default()).await;
    let here = client.standin.url();
    for name in [
        "list-basic",
        "list-with-orderby",
        "list-with-pagination",
        "single-record",
        "error-invalid-field-select",
        "error-invalid-field-orderby",
        "error-invalid-record-id",
        "single-field",
    ] {
        let exchange = &recordings[name];
        let path = exchange["url"].as_str().unwrap().split_once(".fmp12").unwrap().1;
        let (status, body) = client.odata(path).await;
        let theirs = exchange["response"].to_string().replace("https://api.example.com", &here);
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        let ours: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((u64::from(status), ours), (exchange["status"].as_u64().unwrap(), theirs), "{name}");
    }
    // Selected: the same fields in the same order.
    let theirs = &recordings["list-with-select"]["response"];
    let (_, body) = client.odata("/contacts?$select=name,PrimaryKey&$top=2").await;
    let ours: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        ours["@context"].as_str().unwrap().split_once('#').unwrap().1,
        theirs["@context"].as_str().unwrap().split_once('#').unwrap().1
    );
    same_shape("a selected row", &ours["value"][0], &theirs["value"][0]);
    // An error inside a row of a good reply.
    client.standin.plant(Fault::next("contacts", What::ErrorInRow));
    let (status, body) = client.odata("/contacts?$top=1").await;
    let ours: Value = serde_json::from_str(&body).unwrap();
    let theirs = &recordings["list with invalid expand"]["response"]["value"][0]["error"];
    assert_eq!((status, &ours["value"][0]["error"]), (200, theirs));
}

#[tokio::test]
async fn metadata_uses_the_words_of_the_real_one() {
    let Some(folder) = fixtures() else { return };
    let real = std::fs::read_to_string(folder.join("odata/metadata-WebData-engine22.0.2.xml")).unwrap();
    let (database, _) = contacts(&recorded("odata/recorded-responses.json").unwrap());
    let client = Client::new(database, Settings::default()).await;
    let (_, ours) = client.odata("/$metadata").await;
    let words = |text: &str| -> BTreeSet<String> {
        let tags = text.split('<').skip(1).filter(|t| !t.starts_with(['/', '?', '!']));
        tags.flat_map(|tag| {
            let element = tag.split([' ', '>', '/', '\n']).next().unwrap_or_default().to_owned();
            let term = tag.split("Term=\"").nth(1).and_then(|t| t.split('"').next()).map(|t| format!("@{t}"));
            let kind = tag
                .split(" Type=\"Edm.")
                .nth(1)
                .and_then(|t| t.split('"').next())
                .map(|t| format!("Edm.{t}"));
            [Some(element), term, kind].into_iter().flatten().collect::<Vec<_>>()
        })
        .collect()
    };
    let odd: Vec<String> = words(&ours).difference(&words(&real)).cloned().collect();
    assert_eq!(odd, Vec::<String>::new(), "no word that a real server does not use");
    for must in [
        "EntityType",
        "PropertyRef",
        "EntitySet",
        "@com.filemaker.odata.BestRowID",
        "@com.filemaker.odata.FieldID",
    ] {
        assert!(words(&ours).contains(must), "{must}");
    }
}
