//! TLS, with a certificate of the test's own.

use std::sync::Arc;

use tokio::net::TcpListener;
use wattle_protocol::ErrorCode;
use wattle_server::config::Config;
use wattle_server::db::connect;
use wattle_server::tls::{Tls, TlsError};
use wattle_server::{AppState, serve};

use crate::support::clock::TestClock;
use crate::support::desk::fault;
use crate::support::postgres;

#[tokio::test]
async fn a_client_that_knows_the_certificate_gets_through_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();

    let pool = connect::app_pool(&postgres::app_url(&postgres::database().await), 4, None).unwrap();
    let app = AppState::new(pool, Config::default(), Arc::new(TestClock::monday()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let tls = Tls::read(&certificate, &key).unwrap();
    let server = tokio::spawn(serve::serve_tls(listener, app, tls, async move {
        let _ = stopped.await;
    }));

    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().add_root_certificate(root).build().unwrap();
    let ready = client.get(format!("https://localhost:{port}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let refused = client
        .post(format!("https://localhost:{port}/v1/session"))
        .header("wattle-protocol", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(fault(refused).await.1, ErrorCode::SignInAgain);

    let stranger = reqwest::Client::new().get(format!("https://localhost:{port}/readyz")).send().await;
    assert!(stranger.is_err(), "nobody vouches for this certificate");
    let in_the_clear = reqwest::get(format!("http://localhost:{port}/readyz")).await;
    assert!(in_the_clear.is_err());
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn files_that_are_no_certificate_or_key_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let certificate = path("cert.pem", &made.cert.pem());
    let key = path("key.pem", &made.signing_key.serialize_pem());
    let other_key = path("other.pem", &other.signing_key.serialize_pem());
    let empty = path("empty.pem", "");
    assert!(Tls::read(&certificate, &key).is_ok());
    assert!(matches!(Tls::read(&empty, &key), Err(TlsError::Certificates(p)) if p == empty));
    assert!(matches!(Tls::read(&certificate, &empty), Err(TlsError::Key(p)) if p == empty));
    assert!(matches!(Tls::read(&certificate, &other_key), Err(TlsError::Mismatch(_))));
}
