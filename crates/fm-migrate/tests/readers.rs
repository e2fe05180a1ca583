//! The readers against what FileMaker writes and what happens to files on their way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wattle_fm_migrate::Error;
use wattle_fm_migrate::raw::RawRow;
use wattle_fm_migrate::read::{Layout, Source};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn read(path: &Path, layout: &Layout) -> Result<(Vec<String>, Vec<RawRow>), Error> {
    let mut source = Source::open(path, layout)?;
    let names = source.columns().iter().map(|c| c.name.clone()).collect();
    let (mut rows, mut row) = (Vec::new(), RawRow::default());
    while source.next(&mut row)? {
        rows.push(row.clone());
    }
    Ok((names, rows))
}

fn columns(names: &[&str]) -> Layout {
    Layout { columns: names.iter().map(ToString::to_string).collect(), ..Layout::default() }
}

fn cells(row: &RawRow) -> Vec<Option<&str>> {
    row.cells.iter().map(Option::as_deref).collect()
}

/// Line, record and words of a refusal.
fn refusal(result: Result<(Vec<String>, Vec<RawRow>), Error>) -> (u64, u64, String) {
    match result {
        Err(Error::Unreadable { line, record, reason, .. }) => (line, record, reason),
        other => panic!("should be refused, got {other:?}"),
    }
}

#[test]
fn csv_with_cr_records_vt_returns_and_gs_repetitions() {
    let folder = Folder::new();
    let path =
        folder.file("a.csv", "\"1\",\"say \"\"hi\"\"\",\"one\u{0B}two\"\r\"2\",bare 5,\"a\u{1D}\u{1D}c\"\r");
    let (_, rows) = read(&path, &columns(&["Id", "Note", "Lines"])).unwrap();
    assert_eq!(cells(&rows[0]), [Some("1"), Some("say \"hi\""), Some("one\u{0B}two")]);
    assert_eq!(cells(&rows[1]), [Some("2"), Some("bare 5"), Some("a\u{1D}\u{1D}c")]);
    assert_eq!(rows[1].repetition(2, 3), Some("c"));
    assert_eq!(rows[1].repetition(2, 2), Some(""));
    assert_eq!((rows[1].position, rows[1].line), (2, 2));
}

#[test]
fn merge_files_bring_their_header_delimiter_and_encoding() {
    let folder = Folder::new();
    let text = "Name;Notiz\rD\u{2019}Souza;\"a;b\"\rZoë;c\r";
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let windows = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let mac = text.replace('\u{2019}', "\u{1}").replace('ë', "\u{2}");
    let mac: Vec<u8> = mac
        .bytes()
        .map(|b| {
            if b == 1 {
                0xD5
            } else if b == 2 {
                0x91
            } else {
                b
            }
        })
        .collect();
    let mac = [mac, b"Caf\x8E;\x8E\r".to_vec()].concat();
    for (name, bytes) in [
        ("utf8.mer", text.as_bytes().to_vec()),
        ("bom.mer", ["\u{FEFF}", text].concat().into_bytes()),
        ("utf16.mer", utf16),
        ("windows.mer", windows),
        ("mac.mer", mac),
        ("crlf.mer", text.replace('\r', "\r\n").into_bytes()),
        ("lf.mer", text.replace('\r', "\n").into_bytes()),
        ("no-last-return.mer", text.trim_end().as_bytes().to_vec()),
    ] {
        let (names, rows) = read(&folder.file(name, bytes), &Layout::default()).unwrap();
        assert_eq!(names, ["Name", "Notiz"], "{name}");
        assert_eq!(cells(&rows[0]), [Some("D\u{2019}Souza"), Some("a;b")], "{name}");
        assert_eq!(cells(&rows[1]), [Some("Zoë"), Some("c")], "{name}");
    }
}

#[test]
fn tab_files_have_no_quotes() {
    let folder = Folder::new();
    let (_, rows) = read(&folder.file("a.tab", "6\" pipe\tx\r\"q\"\ty\r"), &columns(&["A", "B"])).unwrap();
    assert_eq!(cells(&rows[0]), [Some("6\" pipe"), Some("x")]);
    assert_eq!(cells(&rows[1]), [Some("\"q\""), Some("y")]);
}

#[test]
fn damaged_delimited_files_are_refused_with_line_record_and_reason() {
    let folder = Folder::new();
    let two = columns(&["A", "B"]);
    for (name, bytes, layout, line, record, words) in [
        (
            "open.csv",
            b"\"1\",\"x\"\r\"2\",\"y\r\"3\",\"z\"\r".as_slice(),
            &two,
            3,
            2,
            "behind a closing quote",
        ),
        ("cut.csv", b"\"1\",\"x\"\r\"2\",\"y", &two, 2, 2, "never closes"),
        ("half.csv", b"\"1\",\"x\"\r\"2\"", &two, 2, 2, "in the middle"),
        ("after.csv", b"\"1\"x,\"2\"\r", &two, 1, 1, "behind a closing quote"),
        ("empty.mer", b"", &Layout::default(), 1, 0, "not even a header"),
        ("noheader.csv", b"1,2\r", &Layout::default(), 1, 0, "name its columns"),
        (
            "bytes.csv",
            b"\"Zo\xC3\xAB\",\"x\"\r\"Zo\xC3\xAB\",\"y\"\r\"\xFF\xFE\",\"z\"\r",
            &two,
            3,
            3,
            "not UTF-8",
        ),
        ("a.xlsx", b"PK", &Layout::default(), 1, 0, "Excel"),
    ] {
        let (at, in_record, reason) = refusal(read(&folder.file(name, bytes), layout));
        assert!(reason.contains(words), "{name}: {reason}");
        assert_eq!(at, line, "{name}: line");
        if record > 0 {
            assert_eq!(in_record, record, "{name}: record");
        }
    }
}

#[test]
fn a_row_of_another_length_is_left_to_the_reject_table() {
    let folder = Folder::new();
    let (_, rows) = read(&folder.file("a.csv", "1,2\r1\r1,2,3\r1,2\r"), &columns(&["A", "B"])).unwrap();
    assert_eq!(rows.iter().map(|r| r.cells.len()).collect::<Vec<_>>(), [2, 1, 3, 2]);
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?><FMPXMLRESULT xmlns=\"http://www.filemaker.com/fmpxmlresult\">\
    <ERRORCODE>0</ERRORCODE><DATABASE DATEFORMAT=\"D/m/yyyy\" LAYOUT=\"L &amp; M\" NAME=\"C.fmp12\" RECORDS=\"2\" TIMEFORMAT=\"k:mm:ss \"/>\
    <METADATA><FIELD EMPTYOK=\"YES\" MAXREPEAT=\"1\" NAME=\"Name\" TYPE=\"TEXT\"/>\
    <FIELD EMPTYOK=\"YES\" MAXREPEAT=\"3\" NAME=\"Phone\" TYPE=\"TEXT\"/></METADATA>";

fn xml(found: u32, rows: &str) -> String {
    format!("{HEAD}\n<RESULTSET FOUND=\"{found}\">\n{rows}\n</RESULTSET>\n</FMPXMLRESULT>\n")
}

#[test]
fn fmpxmlresult_tells_absent_from_empty_and_keeps_repetitions() {
    let folder = Folder::new();
    let rows = "<ROW MODID=\"4\" RECORDID=\"17\"><COL><DATA>A &amp; B &lt;c&gt; &#233; &#x2019;</DATA></COL><COL><DATA>1</DATA><DATA/><DATA>3</DATA></COL></ROW>\
                <ROW MODID=\"1\" RECORDID=\"18\"><COL><DATA/></COL><COL/></ROW>";
    let path = folder.file("a.xml", xml(2, rows));
    let (names, rows) = read(&path, &Layout::default()).unwrap();
    assert_eq!(names, ["Name", "Phone"]);
    assert_eq!(cells(&rows[0]), [Some("A & B <c> é \u{2019}"), Some("1\u{1D}\u{1D}3")]);
    assert_eq!(cells(&rows[1]), [Some(""), None], "empty is not the same as no related record");
    assert_eq!((rows[0].record_id.as_deref(), rows[0].mod_id.as_deref()), (Some("17"), Some("4")));
    let Source::FmpXml(source) = Source::open(&path, &Layout::default()).unwrap() else { panic!("XML") };
    let head = source.head();
    assert_eq!(
        (head.date_format.as_str(), head.time_format.as_str()),
        ("D/m/yyyy", "k:mm:ss"),
        "trailing space cut"
    );
    assert_eq!(head.layout, "L & M");
    assert_eq!(source.columns()[1].max_repeat, Some(3));
}

#[test]
fn control_characters_that_no_xml_may_hold_are_left_out_and_counted() {
    let folder = Folder::new();
    let rows = "<ROW><COL><DATA>a&#2;b&#0;c\u{1F}d&#11;e\u{0C}</DATA></COL><COL><DATA><![CDATA[x<y\u{1}]]></DATA></COL></ROW>";
    let mut source = Source::open(&folder.file("a.xml", xml(1, rows)), &Layout::default()).unwrap();
    let mut row = RawRow::default();
    assert!(source.next(&mut row).unwrap());
    assert_eq!(cells(&row), [Some("abcd\u{0B}e"), Some("x<y")], "a vertical tab stays: it is a return");
    assert!(!source.next(&mut row).unwrap());
    assert_eq!(source.stripped(), 5);
}

#[test]
fn damaged_xml_is_refused_with_line_record_and_reason() {
    let folder = Folder::new();
    let row = "<ROW><COL><DATA>x</DATA></COL><COL/></ROW>\n";
    let whole = xml(2, &row.repeat(2));
    for (name, text, line, record, words) in [
        ("cut.xml", whole.replace("</RESULTSET>\n</FMPXMLRESULT>\n", ""), 6, 2, "cut short"),
        ("half.xml", whole.split_at(whole.len() - 60).0.to_string(), 4, 2, "cut short"),
        ("fewer.xml", xml(3, &row.repeat(2)), 7, 2, "promises 3 records and 2 are here"),
        ("tags.xml", whole.replacen("</DATA></COL>", "</COL>", 1), 3, 1, "damaged"),
        ("entity.xml", whole.replacen("x<", "&nbsp;<", 1), 3, 1, "entity"),
        ("error.xml", whole.replace("<ERRORCODE>0<", "<ERRORCODE>802<"), 1, 0, "error 802"),
        ("dso.xml", "<?xml version=\"1.0\"?><FMPDSORESULT/>".into(), 1, 0, "FMPXMLRESULT"),
        ("html.xml", "<html><body>Not found</body></html>".into(), 1, 0, "root is <html>"),
        ("empty.xml", String::new(), 1, 0, "no XML"),
        ("text.xml", "hello".into(), 1, 0, "no XML"),
    ] {
        let (at, in_record, reason) = refusal(read(&folder.file(name, text), &Layout::default()));
        assert!(reason.contains(words), "{name}: {reason}");
        assert_eq!((at, in_record), (line, record), "{name}: {reason}");
    }
}

#[test]
fn xml_in_another_encoding_follows_its_declaration() {
    let folder = Folder::new();
    let text = xml(1, "<ROW><COL><DATA>Zoë</DATA></COL><COL/></ROW>").replace("UTF-8", "windows-1252");
    let bytes = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    let (_, rows) = read(&folder.file("a.xml", bytes), &Layout::default()).unwrap();
    assert_eq!(cells(&rows[0])[0], Some("Zoë"));
    let utf16: Vec<u8> =
        [0xFE, 0xFF].into_iter().chain(xml(0, "").encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(read(&folder.file("b.xml", utf16), &Layout::default()).unwrap().1.len(), 0);
}

#[test]
fn a_web_publishing_reply_that_somebody_saved_is_refused_by_name() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/fixtures/filemaker/xml-cwp/portal.fmresultset.xml");
    if !path.exists() {
        eprintln!("SKIPPED fixture portal.fmresultset.xml: the fixtures folder is not here");
        return;
    }
    let (_, record, reason) = refusal(read(&path, &Layout::default()));
    assert_eq!(record, 0);
    assert!(reason.contains("<fmresultset>") && reason.contains("FMPXMLRESULT"), "{reason}");
}

#[test]
fn a_real_csv_of_people_is_read_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/febrl/dataset1.csv");
    if !path.exists() {
        eprintln!("SKIPPED fixture febrl/dataset1.csv: the fixtures folder is not here");
        return;
    }
    let (names, rows) = read(&path, &Layout { header: Some(true), ..Layout::default() }).unwrap();
    assert_eq!((names.len(), rows.len()), (11, 1_000));
    assert!(rows.iter().all(|row| row.cells.len() == 11));
}

fn value() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just('"'),
            Just(','),
            Just('\u{0B}'),
            Just('\u{1D}'),
            Just('ë'),
            Just('\u{2019}'),
            Just(' '),
            proptest::char::range('a', 'z')
        ],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_filemaker_would_write_is_read_back(
        table in proptest::collection::vec(proptest::collection::vec(value(), 3), 1..20),
        ending in prop_oneof![Just("\r"), Just("\n"), Just("\r\n")],
    ) {
        let folder = Folder::new();
        let text: String = table.iter().map(|row| {
            let quoted: Vec<String> = row.iter().map(|v| format!("\"{}\"", v.replace('"', "\"\""))).collect();
            quoted.join(",") + ending
        }).collect();
        let (_, rows) = read(&folder.file("a.csv", text), &columns(&["A", "B", "C"])).unwrap();
        let back: Vec<Vec<String>> = rows.into_iter().map(|r| r.cells.into_iter().map(Option::unwrap).collect()).collect();
        prop_assert_eq!(back, table);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), xml: bool) {
        let folder = Folder::new();
        let name = if xml { "a.xml" } else { "a.mer" };
        let bytes = if xml { [HEAD.as_bytes(), b"<RESULTSET FOUND=\"1\"><ROW><COL><DATA>", &bytes].concat() } else { bytes };
        let _ = read(&folder.file(name, bytes), &Layout::default());
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_or_has_only_whole_records(cut in 0_usize..1_000) {
        let folder = Folder::new();
        let whole = xml(9, &"<ROW><COL><DATA>x</DATA></COL><COL/></ROW>\n".repeat(9));
        let at = cut * (whole.trim_end().len() - 1) / 1_000;
        prop_assert!(read(&folder.file("a.xml", &whole.as_bytes()[..at]), &Layout::default()).is_err());
    }
}
