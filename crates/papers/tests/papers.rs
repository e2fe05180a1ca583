//! Each paper, typeset and read back: by a PDF reader that is not the typesetter's own, and as pictures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use serde_json::{Value, json};
use wattle_papers::{Paper, report, typeset};
use wattle_protocol::ipc::papers::{
    AppointmentCard, DaySheet, Labels, LetterText, PaperText, SheetColumn, SheetLine,
};

/// Pages of a PDF, as an independent reader counts them, and the size of the first in points.
fn pages(pdf: &[u8]) -> (usize, (f32, f32)) {
    let pdf = hayro::hayro_syntax::Pdf::new(pdf.to_vec()).expect("a PDF that a reader opens");
    let first = pdf.pages()[0].render_dimensions();
    (pdf.pages().len(), first)
}

fn letter(body: &str) -> LetterText {
    LetterText {
        clinic: "Wattle Street Clinic".into(),
        clinic_lines: vec!["ABN 51 824 753 556".into()],
        date: "Thu 26 Nov 2026".into(),
        recipient: vec!["Dr Priya Raman".into(), "1 High St".into(), "Newtown NSW 2042".into()],
        regarding: "Maria Costa, born 03 Feb 1961".into(),
        subject: "Referral".into(),
        body: body.into(),
        signature: vec!["Dr Wei Lee".into(), "General practitioner".into()],
    }
}

fn set(letter: LetterText) -> Paper {
    typeset(&PaperText::Letter(letter)).unwrap()
}

/// No page of a paper is empty.
fn drawn(paper: &Paper) {
    for page in paper.pages() {
        assert!(page.contains("<use") || page.contains("<path"), "a page without a letter on it");
    }
}

#[test]
fn a_letter_is_a_pdf_on_a4() {
    let paper = set(letter("Dear Priya,\n\n# History\n- hypertension\n\nThank you."));
    let (count, (width, height)) = pages(&paper.pdf().unwrap());
    assert_eq!(count, 1);
    assert!(
        (width - 595.3).abs() < 1.0 && (height - 841.9).abs() < 1.0,
        "A4 is 595 by 842 points: {width} by {height}"
    );
    assert_eq!(paper.pages().len(), 1);
    drawn(&paper);
}

#[test]
fn a_long_letter_goes_on_to_further_pages() {
    let paper = set(letter(&"A line of a long history.\n\n".repeat(120)));
    let (count, _) = pages(&paper.pdf().unwrap());
    assert!(count >= 3, "120 paragraphs need more than {count} pages");
    assert_eq!(paper.pages().len(), count);
    drawn(&paper);
}

/// What is typed is set as it is, whatever it means to the typesetter: it reaches the page, and nothing is obeyed.
#[test]
fn typed_text_is_data() {
    for body in [
        "#panic()",
        "#read(\"/etc/passwd\")",
        "$ x $ [ ] * _ ` @ref <label> \\ // /* \"quotes\"",
        "#import \"common.typ\"",
        "\u{202e}right to left\u{0}",
    ] {
        let mut it = letter(body);
        it.recipient = vec![body.into()];
        it.regarding = body.into();
        it.subject = body.into();
        let paper = typeset(&PaperText::Letter(it)).unwrap_or_else(|error| panic!("{body:?}: {error}"));
        assert_eq!(pages(&paper.pdf().unwrap()).0, 1, "{body:?}");
    }
}

#[test]
fn the_same_letter_is_the_same_paper() {
    let once = set(letter("Same.")).pages();
    assert_eq!(once, set(letter("Same.")).pages());
    assert_ne!(once, set(letter("Other.")).pages(), "and another letter is another paper");
}

#[test]
fn labels_fill_sheets_of_24() {
    for (count, sheets) in [(1, 1), (24, 1), (25, 2)] {
        let lines = vec!["03 Feb 1961".into(), "1042".into()];
        let paper = typeset(&PaperText::Labels(Labels { name: "COSTA Maria".into(), lines, count })).unwrap();
        assert_eq!(pages(&paper.pdf().unwrap()).0, sheets, "{count} labels");
    }
}

#[test]
fn a_day_sheet_lies_across_and_says_when_nobody_is_booked() {
    let line = SheetLine {
        time: "9:05 am".into(),
        name: "COSTA Maria".into(),
        born: "03 Feb 1961".into(),
        phone: "0412 345 678".into(),
        kind: "Standard".into(),
        note: "bring results".into(),
    };
    let day = |lines| {
        PaperText::DaySheet(DaySheet {
            clinic: "Wattle Street Clinic".into(),
            date: "Thu 26 Nov 2026".into(),
            printed: "Printed 8:02 am".into(),
            columns: vec![SheetColumn { practitioner: "Dr Lee".into(), lines }],
        })
    };
    let (count, (width, height)) = pages(&typeset(&day(vec![line.clone()])).unwrap().pdf().unwrap());
    assert_eq!(count, 1);
    assert!(width > height, "across: {width} by {height}");
    let (count, _) = pages(&typeset(&day(vec![line; 200])).unwrap().pdf().unwrap());
    assert!(count > 4, "200 bookings need more than {count} pages");
    let empty =
        typeset(&PaperText::DaySheet(DaySheet { date: "Sun 29 Nov 2026".into(), ..DaySheet::default() }))
            .unwrap();
    drawn(&empty);
}

#[test]
fn an_appointment_card_is_one_small_page() {
    let card = PaperText::AppointmentCard(AppointmentCard {
        clinic: "Wattle Street Clinic".into(),
        clinic_lines: vec!["(02) 9550 0000".into()],
        name: "Maria Costa".into(),
        bookings: vec!["Thu 26 Nov 2026, 9:05 am, Dr Lee".into()],
    });
    let (count, (width, _)) = pages(&typeset(&card).unwrap().pdf().unwrap());
    assert_eq!(count, 1);
    assert!((width - 419.5).abs() < 1.5, "A6 across is 420 points wide: {width}");
}

#[test]
fn a_report_goes_on_to_further_pages_and_sets_what_it_is_given_as_text() {
    let head = json!([{ "text": "Row", "number": false, "wide": true }, { "text": "Records", "number": true, "wide": false }]);
    let cell = |text: &str, tone: &str, code: bool| json!({ "text": text, "tone": tone, "code": code });
    let rows: Vec<Value> = (0..120)
        .map(|n| {
            let id = "0195f3a2-7c1e-7d4b-9a41-3f2b8c9d0e1f";
            json!([
                cell(id, "plain", true),
                cell(&n.to_string(), if n == 7 { "bad" } else { "plain" }, false)
            ])
        })
        .collect();
    let data = json!({
        // Nothing of a clinic's own is obeyed as the typesetter's language.
        "title": "#panic(1) $ * _ [Wattle Street Clinic]",
        "foot": "Import 7; verified in 1.0 s",
        "parts": [
            { "kind": "heading", "text": "Records" },
            { "kind": "words", "tone": "good", "text": "Every record is accounted for." },
            { "kind": "table", "head": head, "rows": rows },
        ],
    });
    let paper = report(&data).unwrap();
    let (count, (width, height)) = pages(&paper.pdf().unwrap());
    assert!((3..=5).contains(&count), "120 rows on {count} pages");
    assert!((width - 595.3).abs() < 1.0 && (height - 841.9).abs() < 1.0, "{width} by {height}");
    drawn(&paper);
    assert!(report(&json!({ "title": "nothing else" })).is_err());
}
