//! Export files of FileMaker: read to the end, or an error that names the place and no value.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;

use wattle_fm_migrate::raw::RawRow;
use wattle_fm_migrate::read::{Format, Layout, Source};

const EXAMPLES: &[&[u8]] = &[
    br#"<?xml version="1.0" encoding="UTF-8" ?><FMPXMLRESULT xmlns="http://www.filemaker.com/fmpxmlresult"><ERRORCODE>0</ERRORCODE><PRODUCT BUILD="1" NAME="FileMaker" VERSION="ProAdvanced 19"/><DATABASE DATEFORMAT="D/m/yyyy" LAYOUT="" NAME="Clinic.fmp12" RECORDS="2" TIMEFORMAT="h:mm:ss a"/><METADATA><FIELD EMPTYOK="YES" MAXREPEAT="1" NAME="ID" TYPE="NUMBER"/><FIELD EMPTYOK="YES" MAXREPEAT="2" NAME="Name" TYPE="TEXT"/></METADATA><RESULTSET FOUND="2"><ROW MODID="3" RECORDID="1"><COL><DATA>1</DATA></COL><COL><DATA>canary-Nguyen &amp; S&#233;</DATA><DATA>canary-two</DATA></COL></ROW><ROW MODID="1" RECORDID="2"><COL><DATA>2</DATA></COL><COL><DATA></DATA></COL></ROW></RESULTSET></FMPXMLRESULT>"#,
    b"ID,Name,Note\r\n1,\"canary-Nguyen\",\"a \"\"quote\"\"\"\r\n2,\"canary-two\",\"line\x0bend\"\r\n",
    b"ID;Name\r1;canary-Nguyen\r2;\xe9\xe8\r",
    b"1\tcanary-Nguyen\tx\n2\tcanary\t\n",
    b"\xff\xfeI\0D\0,\0N\0\r\0\n\x001\0,\0c\0\r\0\n\0",
];

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("export");
    wattle_fuzz::try_on(EXAMPLES, move |bytes| {
        std::fs::write(&path, bytes).unwrap();
        for format in [Format::Fmpxml, Format::Csv, Format::Mer, Format::Tab] {
            let layout = Layout {
                format: Some(format),
                columns: vec!["ID".into(), "Name".into(), "Note".into()],
                ..Layout::default()
            };
            let read = || {
                let mut source = Source::open(&path, &layout)?;
                let mut row = RawRow::default();
                let mut rows = 0;
                while source.next(&mut row)? {
                    rows += 1;
                    assert!(rows <= bytes.len() + 1, "rows out of nothing");
                }
                Ok::<_, wattle_fm_migrate::Error>(rows)
            };
            if let Err(error) = read() {
                let said = format!("{error} {error:?}");
                assert!(!said.contains("canary"), "an error that says what somebody wrote: {said}");
            }
        }
    });
}
