//! The instruments: name, unit and meaning of each, once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider as _};
use opentelemetry_otlp::{MetricExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream};
use prometheus::Registry;

use super::sample::{DESKS, Sample};
use crate::config::Config;

/// Seconds: a commit takes milliseconds, a wait that matters a second.
const TIMES: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0];

pub(super) struct Instruments {
    pub verdicts: Counter<u64>,
    pub push_wait: Histogram<f64>,
    pub commit_time: Histogram<f64>,
    pub repair_bytes: Counter<u64>,
    pub deltas: Counter<u64>,
    pub overflows: Counter<u64>,
    pub refused: Counter<u64>,
}

impl Instruments {
    pub fn new(provider: &SdkMeterProvider, sample: &Arc<Sample>) -> Self {
        let meter = provider.meter("wattle-server");
        gauges(&meter, sample);
        let counter = |name: &'static str, unit: &'static str, what: &'static str| {
            meter.u64_counter(name).with_unit(unit).with_description(what).build()
        };
        let time = |name: &'static str, what: &'static str| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(what)
                .with_boundaries(TIMES.to_vec())
                .build()
        };
        Self {
            verdicts: counter("wattle.push.verdicts", "{command}", "Commands answered, by verdict."),
            push_wait: time("wattle.push.place.wait", "How long a push waited for its place."),
            commit_time: time(
                "wattle.push.commit.time",
                "From a push's last statement until its commit was visible: the feed's lock and the disk.",
            ),
            repair_bytes: counter("wattle.repair.sent", "By", "Bytes of rows sent to mend buckets."),
            deltas: counter("wattle.live.steps", "{step}", "Steps of feeds read for groups of listeners."),
            overflows: counter(
                "wattle.live.overflows",
                "{queue}",
                "Times that a listener's queue was full and became hints.",
            ),
            refused: counter(
                "wattle.admission.refused",
                "{request}",
                "Requests told to come again later: no place in time, or the database is away.",
            ),
        }
    }
}

/// What is computed when it is read.
fn gauges(meter: &Meter, sample: &Arc<Sample>) {
    let of = sample.clone();
    meter
        .i64_observable_gauge("wattle.live.connections")
        .with_unit("{connection}")
        .with_description("Live streams open now.")
        .with_callback(move |gauge| gauge.observe(of.live.load(Ordering::Relaxed), &[]))
        .build();
    let of = sample.clone();
    meter
        .u64_observable_gauge("wattle.workstation.lag")
        .with_unit("{commit}")
        .with_description("Commits that a workstation's file does not have, over all its feeds.")
        .with_callback(move |gauge| {
            of.each_desk(|id, _, lag| gauge.observe(lag, &[KeyValue::new("workstation", id.to_string())]));
        })
        .build();
    let of = sample.clone();
    meter
        .u64_observable_gauge("wattle.workstation.outbox.length")
        .with_unit("{command}")
        .with_description("Commands without a final verdict, as the workstation last told.")
        .with_callback(move |gauge| {
            of.each_desk(|id, desk, _| {
                gauge.observe(desk.outbox().0, &[KeyValue::new("workstation", id.to_string())]);
            });
        })
        .build();
    let of = sample.clone();
    meter
        .u64_observable_gauge("wattle.workstation.outbox.age")
        .with_unit("s")
        .with_description("Age of the oldest of them when the workstation last told.")
        .with_callback(move |gauge| {
            of.each_desk(|id, desk, _| {
                gauge.observe(desk.outbox().1, &[KeyValue::new("workstation", id.to_string())]);
            });
        })
        .build();
    let of = sample.clone();
    meter
        .u64_observable_gauge("wattle.image.age")
        .with_unit("s")
        .with_description("Since a clinic's image was built, by profile.")
        .with_callback(move |gauge| {
            of.each_image(|clinic, profile, age| {
                let labels = [
                    KeyValue::new("clinic", clinic.to_string()),
                    KeyValue::new("profile", profile.to_owned()),
                ];
                gauge.observe(age, &labels);
            });
        })
        .build();
    let of = sample.clone();
    meter
        .f64_observable_gauge("wattle.database.oldest.write")
        .with_unit("s")
        .with_description("For how long the oldest transaction that has written something is open.")
        .with_callback(move |gauge| gauge.observe(of.oldest_write_s(), &[]))
        .build();
}

/// What collects: always a registry for Prometheus, and OTLP where there is an endpoint for it.
pub(super) fn provider(registry: &Registry, config: &Config) -> SdkMeterProvider {
    let mut builder = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_service_name("wattle-server").build())
        // A label per workstation is more than the usual limit, but bounded all the same.
        .with_view(|instrument: &Instrument| {
            let per_desk = instrument.kind() == InstrumentKind::ObservableGauge;
            per_desk.then(|| Stream::builder().with_cardinality_limit(DESKS).build().ok()).flatten()
        });
    match opentelemetry_prometheus::exporter().with_registry(registry.clone()).without_target_info().build() {
        Ok(exporter) => builder = builder.with_reader(exporter),
        Err(error) => tracing::error!(%error, "no figures for Prometheus"),
    }
    if let Some(endpoint) = &config.otlp_endpoint {
        let exporter = MetricExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/metrics", endpoint.trim_end_matches('/')))
            .build();
        match exporter {
            Ok(exporter) => {
                let reader = PeriodicReader::builder(exporter).with_interval(config.otlp_interval).build();
                builder = builder.with_reader(reader);
            }
            Err(error) => tracing::error!(%error, "no figures over OTLP"),
        }
    }
    builder.build()
}
