//! What was measured: pictures over time, and everything as a table.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::{NewObservation, RecordObservations};
use wattle_domain::entities::Observation;
use wattle_domain::fields::ObservationCode;
use wattle_domain::measure;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::icon::Icon;
use crate::components::record::chart::{Chart, Point};
use crate::components::record::entry::made_by;
use crate::components::record::summary::Head;
use crate::ipc;
use crate::state::record::{Form, record};
use crate::{show, words};

/// Lines of the table before more are asked for.
const LINES: usize = 60;

/// The tab.
#[component]
pub(crate) fn Observations(r: StoredValue<PatientRecord>) -> impl IntoView {
    let record = record();
    let zone = record.desk.zone.get_untracked();
    let birth = r.with_value(|r| r.patient.birth_date);
    let charts = move || {
        let observations = record.with(|r| r.observations.clone()).unwrap_or_default();
        let grown = birth.is_none_or(|b| b.age_on(record.desk.today.get_untracked()) >= 18);
        let of = |code| points(&observations, code);
        let mut pictures: Vec<(String, &'static str, u32, Vec<Point>, String)> = ObservationCode::ALL
            .iter()
            .map(|code| {
                let said = match code {
                    ObservationCode::Height if !grown => "Growth: height".to_owned(),
                    ObservationCode::Weight if !grown => "Growth: weight".to_owned(),
                    code => words::observation(*code).to_owned(),
                };
                let measure = code.measure();
                (said, measure.unit_text, measure.decimals, of(*code), format!("chart-{}", code.as_str()))
            })
            .collect();
        let bmi = bmi(&of(ObservationCode::Weight), &of(ObservationCode::Height));
        pictures.insert(1, ("Body mass index".to_owned(), "kg/m²", 1, bmi, "chart-bmi".to_owned()));
        pictures
            .into_iter()
            .filter(|(.., points, _)| points.len() > 1)
            .map(|(said, unit, decimals, points, id)| {
                view! { <Chart said=said unit=unit decimals=decimals points=points zone=zone test_id=id /> }
            })
            .collect_view()
    };
    let table = move || {
        record.get().map(|r| {
            let more = r.shown < r.total;
            let lines = r.observations.iter().take(if record.all.get() { usize::MAX } else { LINES });
            let rows = lines.cloned().map(|o| view! { <Row o=o /> }).collect_view();
            let none = r.observations.is_empty();
            view! {
                <table class="plain values-table" data-testid="observations">
                    <thead><tr><th>"When"</th><th>"What"</th><th>"Value"</th><th>"By"</th><th><span class="gone">"Put right"</span></th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {none.then(|| view! { <p class="soft">"Nothing has been measured yet."</p> })}
                {(more || r.observations.len() > LINES && !record.all.get()).then(|| view! {
                    <button type="button" class="button" on:click=move |_| record.all.set(true)>"Show everything"</button>
                })}
            }
        })
    };
    view! {
        <Head title="Measured" form=Form::Values key_name="O" test_id="add-values" />
        <div class="charts">{charts}</div>
        {table}
    }
}

#[component]
fn Row(o: Observation) -> impl IntoView {
    let record = record();
    let busy = RwSignal::new(false);
    let (zone, now) = (record.desk.zone.get_untracked(), record.desk.now.get_untracked());
    let pending = record.with(|r| r.pending.contains(&o.id.0)).unwrap_or(false);
    let writes = record.desk.may((Noun::ClinicalRecord, Action::Write));
    let code = o.code;
    let value = o.value_milli.map(|v| measure::show(code, v, o.second_milli)).unwrap_or_default();
    let (id, patient_id, effective_at) = (o.id, o.patient_id, o.effective_at);
    // Taken back without another value; the right one is then noted as usual.
    let take_back = move |_| {
        let nothing = NewObservation {
            id: Uuid::nil().into(),
            code,
            value_milli: None,
            second_milli: None,
            unit: code.measure().unit.to_owned(),
            comment: None,
            supersedes: Some(id),
        };
        let args = RecordObservations {
            patient_id,
            appointment_id: None,
            effective_at,
            observations: vec![nothing],
        };
        record.write(
            busy,
            "Taken back. It stays in the history, and shows nowhere else.",
            ipc::record::record_observations(args),
        );
    };
    view! {
        <tr data-testid="observation" data-code=code.as_str() data-pending=pending.to_string()>
            <td class="tabular">{show::when(zone, now, o.effective_at)}</td>
            <td>{words::observation(code)}</td>
            <td class="tabular"><b>{value}</b>" "<span class="soft">{code.measure().unit_text}</span>
                {pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server" role="img" aria-label="not yet on the server">{Icon::CloudUp.svg()}</span> })}</td>
            <td class="soft">{made_by(record, o.id.0)}</td>
            <td class="acts">{writes.then(|| view! {
                <button type="button" class="button bare small" aria-label=format!("Taken back: {}", words::observation(code)) disabled=move || busy.get() on:click=take_back>"Wrong"</button>
            })}</td>
        </tr>
    }
}

/// The newest of each kind.
#[component]
pub(crate) fn Latest() -> impl IntoView {
    let record = record();
    let (zone, now) = (record.desk.zone.get_untracked(), record.desk.now);
    move || {
        let observations = record.with(|r| r.observations.clone()).unwrap_or_default();
        let newest =
            ObservationCode::ALL.iter().filter_map(|code| observations.iter().find(|o| o.code == *code));
        let mut lines: Vec<(String, String, String)> = newest
            .filter_map(|o| {
                let value = measure::show(o.code, o.value_milli?, o.second_milli);
                let unit = o.code.measure().unit_text;
                let when = show::when(zone, now.get_untracked(), o.effective_at);
                Some((words::observation(o.code).to_owned(), format!("{value} {unit}"), when))
            })
            .collect();
        let body = bmi(
            &points(&observations, ObservationCode::Weight),
            &points(&observations, ObservationCode::Height),
        );
        if let Some(last) = body.last() {
            let when = show::when(zone, now.get_untracked(), last.at);
            lines.push((
                "Body mass index".to_owned(),
                format!("{} kg/m²", measure::decimal(last.milli, 1)),
                when,
            ));
        }
        let none = lines.is_empty();
        view! {
            <dl class="values latest" data-testid="latest-values">
                {lines.into_iter().map(|(what, value, when)| view! { <dt>{what}</dt><dd class="tabular"><b>{value}</b><span class="soft">{when}</span></dd> }).collect_view()}
            </dl>
            {none.then(|| view! { <p class="soft">"Nothing has been measured yet."</p> })}
        }
    }
}

/// The values of one kind, oldest first.
fn points(observations: &[Observation], code: ObservationCode) -> Vec<Point> {
    let mut points: Vec<Point> = observations
        .iter()
        .filter(|o| o.code == code)
        .filter_map(|o| Some(Point { at: o.effective_at, milli: o.value_milli?, second: o.second_milli }))
        .collect();
    points.sort_by_key(|p| p.at);
    points
}

/// Each weight with the height that was known then, else the first.
fn bmi(weights: &[Point], heights: &[Point]) -> Vec<Point> {
    let height = |at| heights.iter().rev().find(|h| h.at <= at).or_else(|| heights.first());
    let one = |w: &Point| {
        let milli = measure::bmi_milli(w.milli, height(w.at)?.milli)?;
        Some(Point { at: w.at, milli, second: None })
    };
    weights.iter().filter_map(one).collect()
}
