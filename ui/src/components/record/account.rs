//! A patient's account: bills with what is on them, payments, what is owing. Read only.

use leptos::prelude::*;
use wattle_domain::entities::{InvoiceItem, Payment};
use wattle_domain::money::dollars;
use wattle_protocol::ipc::billing::{Bill, Paid, PatientAccount};

use crate::components::icon::Icon;
use crate::state::billing::Billing;
use crate::words;

/// A tab of the record; a part of the page of whoever runs the practice.
#[component]
pub(crate) fn Account() -> impl IntoView {
    let billing = expect_context::<Billing>();
    view! {
        <div class="account" data-testid="account">
            <p class="soft">"These accounts came from the system that the clinic had before. Wattle shows them, and does not bill yet."</p>
            {move || billing.fault().map(|error| view! {
                <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
            })}
            {move || billing.get().map(|account| view! { <Bills account=account /> })}
        </div>
    }
}

#[component]
fn Bills(account: PatientAccount) -> impl IntoView {
    let owing = account.owing_cents();
    let none = account.bills.is_empty() && account.deposits.is_empty();
    if none {
        return view! { <p class="soft" data-testid="account-empty">"No bill and no payment came along."</p> }
            .into_any();
    }
    let deposits = account.deposits;
    view! {
        <dl class="account-sums tabular">
            <div><dt>"Billed"</dt><dd data-testid="account-billed" data-cents=account.billed_cents.to_string()>{dollars(account.billed_cents)}</dd></div>
            <div><dt>"Paid"</dt><dd data-testid="account-paid" data-cents=account.paid_cents.to_string()>{dollars(account.paid_cents)}</dd></div>
            <div><dt>{balance(owing)}</dt><dd data-testid="account-owing" data-cents=owing.to_string()>{dollars(owing.abs())}</dd></div>
        </dl>
        {account.bills.into_iter().map(|bill| view! { <OneBill bill=bill /> }).collect_view()}
        {(!deposits.is_empty()).then(|| view! {
            <h3>"Payments for no bill"</h3>
            <Payments payments=deposits label="Payments for no bill" />
        })}
    }
    .into_any()
}

/// What the difference is called.
fn balance(owing_cents: i64) -> &'static str {
    if owing_cents < 0 { "In credit" } else { "Owing" }
}

#[component]
fn OneBill(bill: Bill) -> impl IntoView {
    let Bill { invoice, items, payments, .. } = bill;
    let owing = bill.billed_cents - bill.paid_cents;
    let to = invoice.payer.map(words::payer);
    let to = [to.map(str::to_owned), invoice.payer_name].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let takes_back = match (invoice.reverses.is_some(), bill.takes_back) {
        (true, Some(number)) => Some(format!("Takes back invoice {number}")),
        (true, None) => Some("Takes back another invoice".to_owned()),
        (false, _) => None,
    };
    let taken_back = bill.taken_back_by.map(|number| format!("Taken back by invoice {number}"));
    let gst = (bill.gst_cents != 0).then(|| format!("with GST of {}", dollars(bill.gst_cents)));
    let named = format!("Invoice {}", invoice.number);
    let title = named.clone();
    let label = format!("Items of invoice {}", invoice.number);
    let paid_label = format!("Payments for invoice {}", invoice.number);
    view! {
        <article class="note-card bill" data-testid="invoice" data-id=invoice.id.0.to_string() data-owing=owing.to_string()
            aria-label=named>
            <header class="note-head">
                <b data-testid="invoice-number">{title}</b>
                <span class="tabular">{invoice.issued_on.long()}</span>
                {bill.practitioner_name.map(|name| view! { <span>{name}</span> })}
                {(!to.is_empty()).then(|| view! { <span class="soft">"to "{to}</span> })}
                {takes_back.map(|said| view! { <span class="tag">{said}</span> })}
                {taken_back.map(|said| view! { <span class="tag">{said}</span> })}
                <div class="grow"></div>
                <span class="tabular">{dollars(bill.billed_cents)}" "<span class="soft">{gst}</span></span>
                {(owing != 0).then(|| view! { <span class="tag out tabular">{balance(owing)}" "{dollars(owing.abs())}</span> })}
            </header>
            {invoice.note.map(|note| view! { <p class="soft">{note}</p> })}
            <Items items=items label=label />
            {(!payments.is_empty()).then(|| view! { <Payments payments=payments label=paid_label /> })}
        </article>
    }
}

#[component]
fn Items(items: Vec<InvoiceItem>, label: String) -> impl IntoView {
    let lines = items.into_iter().map(|item| {
        view! {
            <tr data-testid="invoice-item" data-id=item.id.0.to_string()>
                <td class="tabular">{item.service_on.long()}</td>
                <td class="tabular">{item.mbs_item}</td>
                <td>{item.description}</td>
                <td class="amount tabular">{item.quantity}</td>
                <td class="amount tabular">{dollars(item.gst_cents)}</td>
                <td class="amount tabular">{dollars(item.fee_cents)}</td>
            </tr>
        }
    });
    view! {
        <table class="plain account-table" aria-label=label>
            <thead><tr>
                <th scope="col">"Day"</th><th scope="col" class="code">"MBS item"</th><th scope="col">"What"</th>
                <th scope="col" class="amount">"Number"</th><th scope="col" class="amount">"GST"</th><th scope="col" class="amount">"Fee"</th>
            </tr></thead>
            <tbody>{lines.collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Payments(payments: Vec<Paid>, #[prop(into)] label: String) -> impl IntoView {
    let lines = payments.into_iter().map(|Paid { payment, taken_back }| {
        let undone = taken_back || payment.reverses.is_some();
        view! {
            <tr data-testid="payment" data-id=payment.id.0.to_string() data-taken-back=undone.to_string()>
                <td class="tabular">{payment.received_on.long()}</td>
                <td>{kind(&payment, taken_back)}</td>
                <td>{words::payment_method(payment.method)}</td>
                <td class="soft">{payment.reference}</td>
                <td class="amount tabular" class:struck=undone>{dollars(payment.amount_cents)}</td>
            </tr>
        }
    });
    view! {
        <table class="plain account-table" aria-label=label>
            <thead><tr>
                <th scope="col">"Day"</th><th scope="col" class="word">"Payment"</th><th scope="col" class="word">"How"</th><th scope="col">"Reference"</th>
                <th scope="col" class="amount">"Amount"</th>
            </tr></thead>
            <tbody>{lines.collect_view()}</tbody>
        </table>
    }
}

/// What a payment is, in a word.
fn kind(payment: &Payment, taken_back: bool) -> &'static str {
    match () {
        () if payment.reverses.is_some() => "Takes the payment back",
        () if taken_back => "Payment, taken back",
        () if payment.amount_cents < 0 => "Refund",
        () => "Payment",
    }
}
