//! Bills and payments: the same money on both sides, week after week, though no payment is ever rewritten.

use sqlx::PgPool;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::{Verified, What, Why};

use super::support::{House, SEAL, by_hand, database, number, small, tamper};

/// Types into a record, by its key.
fn type_in(house: &House, table: &str, key: &str, typed: &[(&str, &str)]) {
    house.standin.with(|d| {
        let table = d.table_mut(table).unwrap();
        let id = table.records.iter().find(|r| r.cells[0] == key).unwrap().id;
        for (field, text) in typed {
            assert!(table.edit(id, field, text), "{field}");
        }
    });
}

/// What a record of payments has become: amount and day of each row, whether it takes another back, in the order of events.
async fn rows(url: &str, key: &str) -> Vec<(i64, String, bool)> {
    let pool = PgPool::connect(url).await.unwrap();
    let found = sqlx::query_as(
        "SELECT p.amount_cents, p.received_on::text, p.reverses IS NOT NULL FROM clinic.migration_map m
         JOIN clinic.payment p ON p.id = m.row_id WHERE m.source_table = 'payments' AND m.source_key = $1
         ORDER BY p.created_at, p.reverses IS NULL",
    )
    .bind(key)
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    found
}

async fn amounts(url: &str, key: &str) -> Vec<i64> {
    rows(url, key).await.into_iter().map(|(cents, ..)| cents).collect()
}

/// Both sides of the money columns: the field, there without what is on the list, here.
fn money(verified: &Verified) -> Vec<(&'static str, i64, i64)> {
    let cents = verified.sums.iter().filter(|s| s.what == "cents");
    cents.map(|s| (s.field, s.there - s.listed, s.here)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_and_payments_come_to_the_same_money() {
    let Some(url) = database("accounts").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let report = house.week(&url).await;
    for (table, sql) in [
        ("invoices", "SELECT count(*) FROM clinic.invoice"),
        ("invoice_items", "SELECT count(*) FROM clinic.invoice_item"),
        ("payments", "SELECT count(*) FROM clinic.payment"),
    ] {
        let loaded = report.tables[table].loaded;
        assert_eq!(u64::try_from(number(&url, sql).await).unwrap(), loaded, "{table}");
        assert!(loaded > 20 && report.tables[table].rejected > 5, "{table}: {loaded}");
    }
    let verified = house.verified(&url).await;
    assert_eq!(verified.differences, []);
    let sums = money(&verified);
    assert_eq!(sums.iter().map(|(field, ..)| *field).collect::<Vec<_>>(), ["fee", "gst", "amount"]);
    assert!(sums.iter().all(|(_, there, here)| there == here && *here > 0), "{sums:?}");
    // FileMaker's own report has what is on the list too; what is no number is in no sum.
    let fee = verified.sums.iter().find(|s| s.field == "fee").unwrap();
    assert!(fee.listed > 0 && fee.unreadable > 0, "{fee:?}");
    // Counted a third way, by the amounts that were written.
    let billed = number(&url, "SELECT sum(fee_cents)::bigint FROM clinic.invoice_item").await;
    assert_eq!(sums[0].2, billed);
    let page = std::fs::read_to_string(house.folder.path().join("verified/report.html")).unwrap();
    let dollars = format!(".{:02}", billed % 100);
    for part in [">billed", ">GST", ">received", dollars.as_str(), "$"] {
        assert!(page.contains(part), "{part}");
    }
    let spot = std::fs::read_to_string(house.folder.path().join("verified/spot.html")).unwrap();
    for part in
        ["<th>AmountPaid<td>", "<th>amount_cents<td>", "<th>Fee<td>", "<th>number<td>", "<th>mbs_item<td>"]
    {
        assert!(spot.contains(part), "{part}");
    }
    let count = async |sql: &'static str| number(&url, sql).await;
    assert!(
        count("SELECT count(*) FROM clinic.payment WHERE amount_cents < 0").await > 0,
        "refunds stay refunds"
    );
    assert!(
        count("SELECT count(*) FROM clinic.payment WHERE invoice_id IS NULL").await > 0,
        "deposits are for no bill"
    );
    assert_eq!(
        count("SELECT count(*) FROM clinic.payment WHERE amount_cents = 50").await.signum(),
        1,
        ".5 is half a dollar"
    );
    let taken_back = "SELECT count(*) FROM clinic.invoice r JOIN clinic.invoice i ON i.id = r.reverses AND i.patient_id = r.patient_id
        WHERE (SELECT sum(fee_cents) FROM clinic.invoice_item WHERE invoice_id = r.id) < 0";
    assert!(count(taken_back).await > 0, "a bill that takes another back names it");
    let theirs = "SELECT count(*) FROM clinic.payment p JOIN clinic.invoice i ON i.id = p.invoice_id WHERE i.patient_id <> p.patient_id";
    assert_eq!(count(theirs).await, 0, "a payment is its bill's patient's");
    let told = "SELECT count(*) FROM sync.change WHERE tbl IN ('invoice', 'invoice_item', 'payment') AND class <> 'billing'";
    assert_eq!(count(told).await, 0, "nobody without the accounts hears of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_changes_is_taken_back_and_comes_again() {
    let Some(url) = database("accounts_changed").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.week(&url).await;
    let before = rows(&url, "P000004").await;
    let (first, day) = (before[0].0, before[0].1.clone());
    type_in(&house, "Payments", "P000004", &[("AmountPaid", "12.34")]);
    let main = house.week(&url).await.tables["payments"].main;
    assert_eq!((main.inserted, main.updated, main.kept, main.removed), (1, 0, 0, 0), "{main:?}");
    assert_eq!(amounts(&url, "P000004").await, [first, -first, 1_234], "what stood in the books stays there");
    assert_eq!(rows(&url, "P000004").await[1], (-first, day, true), "taken back on its own day");
    let verified = house.verified(&url).await;
    let named: Vec<_> = verified.differences.iter().map(|d| (d.table, d.what, d.why)).collect();
    assert_eq!(named.len(), 3, "{named:?}");
    assert!(named.iter().all(|(table, _, why)| (*table, *why) == ("payment", Why::History)), "{named:?}");
    assert!(named.iter().any(|(_, what, _)| *what == What::Differs));
    let sums = money(&verified);
    assert!(sums.iter().all(|(_, there, here)| there == here), "{sums:?}");
    let page = std::fs::read_to_string(house.folder.path().join("verified/spot.html")).unwrap();
    let section = page.split("<section>").find(|s| s.contains("P000004")).unwrap();
    assert!(section.contains("<th>amount_cents<td>1234"), "a person is shown what is valid now: {section}");

    // Another day; then back to what it was at first, which is news too.
    type_in(&house, "Payments", "P000004", &[("DatePaid", "3/2/2026")]);
    house.week(&url).await;
    type_in(&house, "Payments", "P000004", &[("AmountPaid", "99")]);
    house.week(&url).await;
    type_in(&house, "Payments", "P000004", &[("AmountPaid", "12.34")]);
    house.week(&url).await;
    assert_eq!(
        amounts(&url, "P000004").await,
        [first, -first, 1_234, -1_234, 1_234, -1_234, 9_900, -9_900, 1_234]
    );
    house.verified(&url).await;
    // What cannot be read any more is not taken back in silence: the sums part, and a person looks.
    type_in(&house, "Payments", "P000004", &[("AmountPaid", "twelve")]);
    house.week(&url).await;
    assert_eq!(amounts(&url, "P000004").await.len(), 9);
    let verified = house.verify(&url).await;
    assert!(!verified.good && verified.differences.iter().all(|d| d.why == Why::History));
    assert_eq!(money(&verified).iter().filter(|(_, there, here)| there != here).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_goes_is_taken_back_and_may_come_back() {
    let Some(url) = database("accounts_gone").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.week(&url).await;
    let first = amounts(&url, "P000004").await[0];
    let gone = house.standin.with(|d| {
        let payments = d.table_mut("Payments").unwrap();
        let record = payments.records.iter().find(|r| r.cells[0] == "P000004").unwrap().clone();
        payments.delete(record.id);
        record
    });
    let main = house.week(&url).await.tables["payments"].main;
    assert_eq!((main.inserted, main.kept, main.removed), (0, 0, 1), "{main:?}");
    assert_eq!(amounts(&url, "P000004").await, [first, -first]);
    house.verified(&url).await;
    house.standin.with(|d| {
        let payments = d.table_mut("Payments").unwrap();
        payments.records.push(gone);
        payments.records.sort_by_key(|r| r.id);
    });
    assert_eq!(house.week(&url).await.tables["payments"].main.inserted, 1);
    assert_eq!(amounts(&url, "P000004").await, [first, -first, first]);
    house.verified(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_took_back_in_wattle_stays_so() {
    let Some(url) = database("accounts_theirs").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.week(&url).await;
    let id = "(SELECT row_id FROM clinic.migration_map WHERE source_table = 'payments' AND source_key = 'P000004')";
    by_hand(
        &url,
        &format!(
            "INSERT INTO clinic.payment (clinic_id, id, patient_id, received_on, method, amount_cents, reverses)
             SELECT clinic_id, gen_random_uuid(), patient_id, '2026-11-22', method, -amount_cents, id FROM clinic.payment
             WHERE id = {id}"
        ),
    )
    .await;
    type_in(&house, "Payments", "P000004", &[("AmountPaid", "1")]);
    let main = house.week(&url).await.tables["payments"].main;
    assert_eq!((main.inserted, main.kept, main.removed), (0, 1, 0), "{main:?}");
    assert_eq!(amounts(&url, "P000004").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_follow_filemaker() {
    let Some(url) = database("accounts_bills").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.week(&url).await;
    type_in(&house, "Invoices", "V000001", &[("BillTo", "DVA"), ("PayerName", "Example & Co")]);
    type_in(&house, "InvoiceItems", "1a", &[("Fee", "100.10"), ("GST", "9.1"), ("Qty", "3")]);
    house.standin.with(|d| {
        let items = d.table_mut("InvoiceItems").unwrap();
        let id = items.records.iter().find(|r| r.cells[0] == "0b").unwrap().id;
        items.delete(id);
    });
    let report = house.week(&url).await;
    let (bills, items) = (report.tables["invoices"].main, report.tables["invoice_items"].main);
    assert_eq!((bills.updated, items.updated, items.removed), (1, 1, 1), "{bills:?} {items:?}");
    let line = "SELECT count(*) FROM clinic.invoice i JOIN clinic.invoice_item t ON t.invoice_id = i.id
        WHERE i.payer = 'dva' AND i.payer_name = 'Example & Co' AND (t.fee_cents, t.gst_cents, t.quantity) = (10010, 910, 3)";
    assert_eq!(number(&url, line).await, 1);
    assert_eq!(house.verified(&url).await.differences, []);
}

/// What is said beside the money rests sealed; a seal opens in its own row only, so what takes a row back does not repeat it.
#[tokio::test(flavor = "multi_thread")]
async fn sealed_accounts_are_as_they_were_loaded() {
    let Some(url) = database("accounts_sealed").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.week(&url).await;
    let pool = PgPool::connect(&url).await.unwrap();
    sqlx::raw_sql("ALTER TABLE clinic.payment DISABLE TRIGGER ALL").execute(&pool).await.unwrap();
    let with_words: String = sqlx::query_scalar(
        "SELECT min(m.source_key) FROM clinic.migration_map m JOIN clinic.payment p ON p.id = m.row_id
         WHERE p.reference IS NOT NULL AND m.source_table = 'payments'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let sealed = |table: &str, columns: &[&str]| {
        let set = columns.iter().map(|c| format!("{c} = CASE WHEN {c} IS NOT NULL THEN {SEAL} END"));
        format!("UPDATE clinic.{table} SET {}", set.collect::<Vec<_>>().join(", "))
    };
    for (table, columns) in [
        ("invoice", &["payer_name", "note"][..]),
        ("invoice_item", &["description"]),
        ("payment", &["reference"]),
    ] {
        assert!(tamper(&url, &sealed(table, columns)).await > 0);
    }
    sqlx::raw_sql("ALTER TABLE clinic.payment ENABLE ALWAYS TRIGGER refuse_change")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert_eq!(house.week(&url).await.written, 0);
    assert_eq!(house.verified(&url).await.differences, []);
    type_in(&house, "Payments", &with_words, &[("AmountPaid", "7.70")]);
    house.week(&url).await;
    assert_eq!(amounts(&url, &with_words).await.last(), Some(&770));
    assert_eq!(
        number(
            &url,
            "SELECT count(*) FROM clinic.payment WHERE reverses IS NOT NULL AND reference IS NOT NULL"
        )
        .await,
        0
    );
    house.verified(&url).await;
    let moved = "UPDATE clinic.invoice_item SET fee_cents = fee_cents + 1 WHERE id = (
        SELECT min(id::text)::uuid FROM clinic.invoice_item WHERE fee_cents > 100)";
    assert_eq!(tamper(&url, moved).await, 1);
    let found = house.verify(&url).await;
    let odd: Vec<_> = found.differences.iter().filter(|d| d.why == Why::Unexplained).collect();
    assert_eq!(odd.len(), 1, "{odd:?}");
    assert_eq!((odd[0].table, odd[0].columns.as_slice()), ("invoice_item", &["fee_cents"][..]));
    assert!(
        money(&found).iter().any(|(field, there, here)| *field == "fee" && here - there == 1),
        "and the sum says so"
    );
}
