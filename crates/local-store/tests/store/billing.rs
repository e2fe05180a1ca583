//! A patient's account on a workstation: bills with what is on them, payments, what is owing; nothing in a file of the desk.

use uuid::Uuid;
use wattle_domain::entities::{Invoice, InvoiceItem, Payment};
use wattle_domain::fields::{Payer, PaymentMethod};
use wattle_domain::{FeedClass, FeedSeq, InvoiceId, PatientId, PaymentId};
use wattle_local_store::{Identity, Store};
use wattle_protocol::ipc::billing::{AccountQuery, PatientAccount};
use wattle_protocol::pull::Frame;

use super::cast::*;

const MIA: PatientId = PatientId(Uuid::from_u128((3 << 64) | 1));
const TOM: PatientId = PatientId(Uuid::from_u128((3 << 64) | 2));

fn bill(n: u128, day: &str, reverses: Option<u128>) -> Invoice {
    Invoice {
        id: InvoiceId(id(30, n)),
        patient_id: MIA,
        practitioner_id: Some(id(1, 1).into()),
        number: format!("20{n}"),
        issued_on: day.parse().unwrap(),
        payer: Some(Payer::Private),
        payer_name: None,
        note: None,
        reverses: reverses.map(|n| InvoiceId(id(30, n))),
    }
}

fn item(n: u128, bill: u128, fee_cents: i64, gst_cents: i64) -> InvoiceItem {
    InvoiceItem {
        id: id(31, n).into(),
        invoice_id: InvoiceId(id(30, bill)),
        patient_id: MIA,
        service_on: "2026-03-02".parse().unwrap(),
        mbs_item: Some("23".into()),
        description: "Consultation".into(),
        quantity: 1,
        fee_cents,
        gst_cents,
    }
}

fn paid(n: u128, bill: Option<u128>, amount_cents: i64, reverses: Option<u128>) -> Payment {
    Payment {
        id: PaymentId(id(32, n)),
        invoice_id: bill.map(|n| InvoiceId(id(30, n))),
        patient_id: MIA,
        received_on: "2026-03-03".parse().unwrap(),
        method: PaymentMethod::Card,
        amount_cents,
        reference: None,
        reverses: reverses.map(|n| PaymentId(id(32, n))),
    }
}

/// The file of whoever runs the practice, with these rows.
fn manager(
    folder: &std::path::Path,
    bills: &[Invoice],
    items: &[InvoiceItem],
    payments: &[Payment],
) -> Store {
    let store = open_as(folder, Identity { profile: "ref-front-billing-admin".into(), ..identity() });
    let mut frames =
        clinic_frames(&[patient(1, "Mia", "Costa", "1963-02-01"), patient(2, "Tom", "Costa", "1961-02-01")]);
    let rows = bills.len() + items.len() + payments.len();
    frames.push(Frame::Whole { feed: FeedClass::Billing, rows: rows as u64 });
    frames.extend([frame(bills), frame(items), frame(payments)]);
    let cursors = [FeedClass::Ref, FeedClass::Front, FeedClass::Billing].map(|feed| (feed, FeedSeq(1)));
    frames.push(Frame::Checkpoint {
        cursors: cursors.into(),
        answers: vec![],
        complete: true,
        digests: vec![],
    });
    pull(&store, frames);
    store
}

fn account(store: &Store, patient_id: PatientId) -> PatientAccount {
    store.patient_account(AccountQuery { patient_id }).unwrap()
}

#[test]
fn an_account_is_its_bills_with_what_is_on_them_and_what_was_paid() {
    let folder = tempfile::tempdir().unwrap();
    let store = manager(
        folder.path(),
        &[bill(1, "2026-03-02", None), bill(2, "2026-04-02", None), bill(3, "2026-04-02", Some(2))],
        &[item(1, 1, 8_290, 0), item(2, 1, 1_650, 150), item(3, 2, 4_285, 0), item(4, 3, -4_285, 0)],
        &[
            paid(1, Some(1), 8_000, None),
            paid(2, Some(1), -8_000, Some(1)),
            paid(3, Some(1), 9_000, None),
            paid(4, None, 500, None),
        ],
    );
    let mia = account(&store, MIA);
    let numbers: Vec<_> = mia.bills.iter().map(|b| b.invoice.number.as_str()).collect();
    assert_eq!(numbers, ["203", "202", "201"], "newest first");
    assert_eq!((mia.billed_cents, mia.paid_cents, mia.owing_cents()), (9_940, 9_500, 440));
    let [taker, taken, plain] = mia.bills.as_slice() else { panic!("three bills") };
    assert_eq!((taker.takes_back.as_deref(), taken.taken_back_by.as_deref()), (Some("202"), Some("203")));
    assert_eq!((plain.billed_cents, plain.gst_cents, plain.paid_cents), (9_940, 150, 9_000));
    assert_eq!(plain.practitioner_name.as_deref(), taken.practitioner_name.as_deref());
    assert!(plain.practitioner_name.as_deref().is_some_and(|name| name.contains("Lee")));
    let rows: Vec<_> = plain.payments.iter().map(|p| (p.payment.amount_cents, p.taken_back)).collect();
    assert_eq!(rows, [(8_000, true), (-8_000, false), (9_000, false)]);
    assert_eq!(mia.deposits.iter().map(|p| p.payment.amount_cents).collect::<Vec<_>>(), [500]);
    assert_eq!(account(&store, TOM).bills, [], "another patient's account is empty");
}

#[test]
fn a_payment_for_a_bill_that_is_not_here_still_counts() {
    let folder = tempfile::tempdir().unwrap();
    let store = manager(
        folder.path(),
        &[bill(1, "2026-03-02", Some(9))],
        &[item(1, 1, -100, 0)],
        &[paid(1, Some(8), 100, None)],
    );
    let mia = account(&store, MIA);
    assert_eq!((mia.bills[0].takes_back.as_deref(), mia.bills[0].payments.len()), (None, 0));
    assert_eq!((mia.deposits.len(), mia.owing_cents()), (1, -200));
}

#[test]
fn a_file_of_the_desk_holds_no_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut frames = clinic_frames(&[patient(1, "Mia", "Costa", "1963-02-01")]);
    frames.push(checkpoint(1, vec![]));
    pull(&store, frames);
    let mia = account(&store, MIA);
    assert_eq!((mia.bills.len(), mia.deposits.len(), mia.owing_cents()), (0, 0, 0));
    // Whatever a server says, such a feed is not taken into this file.
    let mut refused = store.begin_pull().unwrap();
    let told = refused
        .frame(Frame::Whole { feed: FeedClass::Billing, rows: 1 })
        .and_then(|()| refused.frame(frame(&[bill(1, "2026-03-02", None)])));
    assert!(told.is_err() || refused.finish().is_err());
    assert_eq!(account(&store, MIA).bills.len(), 0);
}
