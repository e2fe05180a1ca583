//! A server with the certificate of a clinic's own authority: a workstation that was given the authority trusts it and
//! nobody else, and says so in a word of its own when something else answers.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use wattle_protocol::ipc::session::SetUp;
use wattle_sync_engine::transport::BadAddress;
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, register, sign_in, start, until_delivered, until_offline, until_ready,
    until_sync,
};
use crate::inside::inside;

/// An authority's certificate, PEM, and the files of a server that it vouches for.
fn authority(folder: &Path, name: &str) -> (String, [String; 2]) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &issuer).unwrap();
    let file = |kind: &str, text: String| {
        let path = folder.join(format!("{name}-{kind}.pem"));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    (root, [file("cert", server.pem()), file("key", server_key.serialize_pem())])
}

#[tokio::test]
async fn a_workstation_trusts_the_authority_it_was_given_and_nobody_else() {
    if !inside("own_ca::a_workstation_trusts_the_authority_it_was_given_and_nobody_else", Keyring::Unlocked)
        .await
    {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let folder = tempfile::tempdir().unwrap();
    let (ours, [cert, key]) = authority(folder.path(), "ours");
    let (theirs, [other_cert, other_key]) = authority(folder.path(), "theirs");
    let serve = async |clinic: &mut Clinic, cert: &str, key: &str| {
        clinic.house.kill_server();
        clinic.house.serve_with(&["--tls-cert", cert, "--tls-key", key]);
        clinic.house.start_server().await.unwrap();
    };
    serve(&mut clinic, &cert, &key).await;
    let server_url = clinic.house.server_url().replace("http://127.0.0.1", "https://localhost");
    let code = clinic.house.enrolment_code().unwrap();
    let set_up = |server_ca: Option<&str>| SetUp {
        server_url: server_url.clone(),
        enrolment_code: code.clone(),
        workstation_name: "reception-1".into(),
        server_ca: server_ca.map(str::to_owned),
    };
    let desk = start(&clinic.data_dir("reception-1"), &clock);
    assert!(
        matches!(desk.set_up(set_up(None)).await, Err(Error::Untrusted)),
        "the system knows nobody of ours"
    );
    assert!(matches!(desk.set_up(set_up(Some(&theirs))).await, Err(Error::Untrusted)), "another authority");
    for garbage in ["ours", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let no = desk.set_up(set_up(Some(garbage))).await;
        assert!(matches!(no, Err(Error::BadAddress(BadAddress::NoAuthority))), "{garbage}: {no:?}");
    }
    desk.set_up(set_up(Some(&ours))).await.unwrap();
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;

    // Somebody else answers at the address, with a certificate that is good by another's word.
    serve(&mut clinic, &other_cert, &other_key).await;
    until_offline(&desk).await;
    register(&desk, "Papadopoulos").await.unwrap();
    desk.sync_now().await.unwrap();
    assert_eq!(until_sync(&desk, |s| s.waiting == 1).await.waiting, 1);
    desk.lock().await.unwrap();
    assert!(matches!(sign_in(&desk, &TOM).await, Err(Error::Untrusted)), "no password goes there");
    let typed =
        "select count(*) from clinic.sign_in_attempt where name_mark = clinic.attempt_mark(clinic_id, 'tom')";
    assert_eq!(clinic.house.count(typed).unwrap(), 0);
    sign_in(&desk, &MARIA).await.unwrap();
    desk.sign_out().await.unwrap();
    sign_in(&desk, &MARIA).await.expect("who has been here works on");

    serve(&mut clinic, &cert, &key).await;
    desk.sync_now().await.unwrap();
    until_delivered(&desk).await;
    let arrived = "select count(*) from clinic.patient where family_name = 'Papadopoulos'";
    assert_eq!(clinic.house.count(arrived).unwrap(), 1);
}
