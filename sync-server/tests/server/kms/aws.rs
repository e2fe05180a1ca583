//! AWS KMS: against moto where it answers as AWS does, and against recorded answers where it does not.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use wattle_blob_store::cloud::Aws;
use wattle_server::kms::{AwsKms, KeyRing, Kms as _, KmsError, ServerKey};

use crate::support::moto::{Moto, REGION};

const SECRET: [u8; 64] = [7; 64];

#[tokio::test]
async fn what_aws_wrapped_opens_in_its_context_under_its_own_key() {
    let Some(moto) = Moto::start() else { return };
    let (old, new) = (moto.key().await, moto.key().await);
    let (ours, later) = (AwsKms::new(&old, moto.aws()), AwsKms::new(&new, moto.aws()));
    let wrapped = ours.wrap(b"here", &SECRET).await.unwrap();
    assert!(!wrapped.windows(8).any(|part| part == &SECRET[..8]));
    let name = ours.key_name();
    assert_eq!(ours.unwrap(&name, b"here", &wrapped).await.unwrap().as_slice(), SECRET);
    assert_eq!(
        ours.unwrap(&name, b"there", &wrapped).await.unwrap_err(),
        KmsError::Wrong(name.clone()),
        "another row's context"
    );
    // After the key was replaced, what it wrapped is still opened by its own name.
    let ring = KeyRing::new(Arc::new(later), Vec::new());
    assert_eq!(ring.unwrap(&name, b"here", &wrapped).await.unwrap().as_slice(), SECRET);
    assert!(ring.unwrap("file:0011223344556677", b"here", &wrapped).await.is_err());
    let file = ServerKey::from_hex(&"5a".repeat(32)).unwrap();
    let ring = KeyRing::new(Arc::new(file), Vec::new());
    assert_eq!(ring.unwrap(&name, b"here", &wrapped).await.unwrap_err(), KmsError::Unknown(name));
}

#[tokio::test]
async fn a_key_that_is_not_there_and_a_kms_that_does_not_answer_say_so() {
    let Some(moto) = Moto::start() else { return };
    let missing = AwsKms::new("alias/nobody", moto.aws());
    let error = missing.wrap(b"", &SECRET).await.unwrap_err();
    assert!(matches!(&error, KmsError::NotFound { .. }), "{error}");
    assert!(error.to_string().contains("alias/nobody"), "{error}");
    let aws = moto.aws();
    drop(moto);
    let error = AwsKms::new("k", aws).wrap(b"", &SECRET).await.unwrap_err();
    assert_eq!(error, KmsError::Unreachable("aws:k".to_owned()));
}

/// AWS's own words for a disabled key and for a wrong secret, recorded; moto does not say them. What was sent is signed.
#[tokio::test]
async fn a_disabled_key_and_a_refused_signature_say_what_to_do() {
    let answer = async |headers: HeaderMap| {
        let signed = headers["authorization"].to_str().unwrap();
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=A/"), "{signed}");
        assert!(signed.contains(&format!("/{REGION}/kms/aws4_request")), "{signed}");
        assert!(signed.contains("x-amz-target"), "{signed}");
        let body = match headers["x-amz-target"].to_str().unwrap() {
            "TrentService.Decrypt" => {
                r#"{"__type":"DisabledException","message":"arn:aws:kms:ap-southeast-2:111122223333:key/k is disabled."}"#
            }
            _ => {
                r#"{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match"}"#
            }
        };
        let status = if body.contains("Disabled") { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
        (status, body)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = axum::Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let kms = AwsKms::new("k", Aws::with_keys(("A", "S"), "kms", REGION, Some(&endpoint)).unwrap());
    let error = kms.unwrap("aws:k", b"here", b"x").await.unwrap_err();
    let code = "DisabledException".to_owned();
    assert_eq!(error, KmsError::Disabled { key: "aws:k".to_owned(), code });
    let error = kms.wrap(b"here", &SECRET).await.unwrap_err();
    assert!(matches!(error, KmsError::NotAllowed { .. }), "{error}");
}
