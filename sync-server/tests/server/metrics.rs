//! The figures, as a scraper and as a collector reads them.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use prost::Message as _;
use tokio::sync::mpsc;
use wattle_domain::FeedClass;
use wattle_server::config::Config;

use crate::support::{Ear, House};

#[tokio::test]
async fn figures_move_when_things_happen() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = house.desk("dr-lee", "lee").await;
    lee.pull().await;
    reception.pull().await;
    let at_lee = lee.workstation().to_string();
    let lag = |figures: &crate::support::figures::Figures| {
        figures.value("wattle_workstation_lag", &[("workstation", &at_lee)])
    };
    let before = house.figures().await;
    assert_eq!(lag(&before), 0.0);
    assert_eq!(before.value("wattle_live_connections", &[]), 0.0);
    assert_eq!(before.value("wattle_push_verdicts_total", &[("verdict", "applied")]), 0.0);

    reception.register("Nguyen").await;
    reception.register("Nguyen").await;
    let pushed = house.figures().await;
    assert_eq!(lag(&pushed), 2.0, "two commits that the desk does not have");
    assert_eq!(pushed.value("wattle_push_verdicts_total", &[("verdict", "applied")]), 2.0);
    assert_eq!(pushed.value("wattle_push_commit_time_seconds_count", &[]), 2.0);
    assert!(pushed.value("wattle_push_commit_time_seconds_sum", &[]) > 0.0);
    assert_eq!(pushed.value("wattle_push_place_wait_seconds_count", &[]), 2.0);

    lee.pull().await;
    let mut ear = Ear::rows(&lee, "front").await;
    ear.hear_until(FeedClass::Front, 2).await;
    reception.register("Nguyen").await;
    ear.hear_until(FeedClass::Front, 3).await;
    let live = house.figures().await;
    assert_eq!(live.value("wattle_live_connections", &[]), 1.0);
    assert!(live.value("wattle_live_steps_total", &[]) >= 1.0);
    assert_eq!(lag(&live), 0.0, "the step that was sent counts");
    drop(ear);

    let mut transaction = house.root.begin().await.unwrap();
    sqlx::query("UPDATE clinic.location SET name = name").execute(&mut *transaction).await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()").execute(&mut *transaction).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while house.figures().await.value("wattle_database_oldest_write_seconds", &[]) < 0.05 {
        assert!(Instant::now() < deadline, "the open write is seen");
    }
    transaction.rollback().await.unwrap();
    assert_eq!(house.figures().await.value("wattle_database_oldest_write_seconds", &[]), 0.0);

    let text = house.figures().await.text;
    for word in ["maria", "Maria", "Nguyen", "reception-1", "Wattle Street"] {
        assert!(!text.contains(word), "{word} in the figures");
    }
}

#[tokio::test]
async fn what_a_hello_says_of_its_outbox_is_told() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.outbox = (7, Some(3600));
    desk.hello().await;
    let here = desk.workstation().to_string();
    let of = |figures: &crate::support::figures::Figures, name: &str| {
        figures.value(name, &[("workstation", &here)])
    };
    let told = house.figures().await;
    assert_eq!(of(&told, "wattle_workstation_outbox_length"), 7.0);
    assert_eq!(of(&told, "wattle_workstation_outbox_age_seconds"), 3600.0);
    for _ in 0..7 {
        desk.register("Nguyen").await;
    }
    let sent = house.figures().await;
    assert_eq!(of(&sent, "wattle_workstation_outbox_length"), 0.0);
    assert_eq!(of(&sent, "wattle_workstation_outbox_age_seconds"), 0.0);
}

/// A collector of our own that takes whatever is posted to it.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_figures_go_over_otlp() {
    let (out, mut received) = mpsc::unbounded_channel();
    let collector = axum::Router::new().route(
        "/v1/metrics",
        axum::routing::post(move |body: Bytes| {
            let out = out.clone();
            async move {
                let _ = out.send(ExportMetricsServiceRequest::decode(body).expect("protobuf"));
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, collector).await });
    let config = Config {
        otlp_endpoint: Some(format!("http://{address}")),
        otlp_interval: Duration::from_millis(100),
        ..Config::default()
    };
    let house = House::with(config).await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let sent = tokio::time::timeout_at(deadline, received.recv()).await.expect("in time").unwrap();
        let metrics = sent.resource_metrics.iter().flat_map(|r| &r.scope_metrics).flat_map(|s| &s.metrics);
        let applied: i64 = metrics
            .filter(|metric| metric.name == "wattle.push.verdicts")
            .filter_map(|metric| match &metric.data {
                Some(Data::Sum(sum)) => Some(&sum.data_points),
                _ => None,
            })
            .flatten()
            .map(|point| match point.value {
                Some(Value::AsInt(n)) => n,
                _ => 0,
            })
            .sum();
        if applied == 1 {
            return;
        }
    }
}
