//! Google Cloud KMS, as far as it can be tested without Google: a local server that takes the requests and gives the answers
//! that Google documents, and that checks the access token's signature. Nothing here has met the real service.

use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wattle_server::kms::{GcpKms, Kms as _, KmsError};

const NAME: &str = "projects/p/locations/australia-southeast1/keyRings/r/cryptoKeys/k";

/// What was wrapped, with its context; the "ciphertext" is its number.
#[derive(Default)]
struct Google {
    kept: Mutex<Vec<(String, String)>>,
    public_key: Vec<u8>,
}

fn refused(status: StatusCode, word: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"error": {"code": status.as_u16(), "message": "…", "status": word}})))
}

/// `Authorization: Bearer header.claims.signature`, signed with the service account's key.
fn is_signed(google: &Google, headers: &HeaderMap) -> bool {
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &google.public_key);
    key.verify(signed.as_bytes(), &signature).is_ok()
}

async fn answer(
    State(google): State<Arc<Google>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    if !is_signed(&google, &headers) {
        return refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    }
    let (name, verb) = path.rsplit_once(':').unwrap();
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    let context = text("additionalAuthenticatedData");
    let mut kept = google.kept.lock().unwrap();
    match (name, verb) {
        (NAME, "encrypt") => {
            kept.push((context, text("plaintext")));
            let ciphertext = STANDARD.encode([u8::try_from(kept.len() - 1).unwrap()]);
            (
                StatusCode::OK,
                Json(json!({"name": format!("{NAME}/cryptoKeyVersions/1"), "ciphertext": ciphertext})),
            )
        }
        (NAME, "decrypt") => {
            let number = usize::from(STANDARD.decode(text("ciphertext")).unwrap()[0]);
            match kept.get(number) {
                Some((bound, plaintext)) if *bound == context => {
                    (StatusCode::OK, Json(json!({"plaintext": plaintext})))
                }
                _ => refused(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
            }
        }
        (name, _) if name.ends_with("/disabled") => refused(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION"),
        _ => refused(StatusCode::NOT_FOUND, "NOT_FOUND"),
    }
}

fn openssl(arguments: &[&str]) -> Option<Vec<u8>> {
    let done = Command::new("openssl").args(arguments).output().ok()?;
    done.status.success().then_some(done.stdout)
}

#[tokio::test]
async fn what_google_wrapped_opens_in_its_context() {
    let dir = tempfile::tempdir().unwrap();
    let (key, account) = (dir.path().join("key.pem"), dir.path().join("account.json"));
    let Some(pem) = openssl(&["genrsa", "2048"]) else {
        #[allow(clippy::print_stdout, reason = "a test that does not run says so")]
        {
            println!("SKIPPED gcp-kms: openssl is not installed, which makes the service account's key");
        }
        return;
    };
    std::fs::write(&key, &pem).unwrap();
    let public_key =
        openssl(&["rsa", "-in", key.to_str().unwrap(), "-RSAPublicKey_out", "-outform", "DER"]).unwrap();
    let file = json!({"private_key": String::from_utf8(pem).unwrap(), "private_key_id": "1",
        "client_email": "wattle@p.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token"});
    std::fs::write(&account, file.to_string()).unwrap();

    let google = Arc::new(Google { public_key, ..Google::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/v1/{*path}", post(answer)).with_state(google);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let kms = |name: &str| GcpKms::with_key_file(name, account.to_str().unwrap(), Some(&endpoint)).unwrap();

    let ours = kms(NAME);
    let name = ours.key_name();
    let wrapped = ours.wrap(b"here", &[7; 64]).await.unwrap();
    assert_eq!(ours.unwrap(&name, b"here", &wrapped).await.unwrap().as_slice(), [7; 64]);
    assert_eq!(ours.unwrap(&name, b"there", &wrapped).await.unwrap_err(), KmsError::Wrong(name.clone()));
    let disabled = kms(&NAME.replace("cryptoKeys/k", "cryptoKeys/disabled"));
    assert!(matches!(disabled.wrap(b"", &[1]).await.unwrap_err(), KmsError::Disabled { .. }));
    let missing = kms(&NAME.replace("cryptoKeys/k", "cryptoKeys/other"));
    assert!(matches!(missing.wrap(b"", &[1]).await.unwrap_err(), KmsError::NotFound { .. }));
    let nobody = GcpKms::with_key_file(NAME, account.to_str().unwrap(), Some("http://127.0.0.1:1")).unwrap();
    assert_eq!(nobody.wrap(b"", &[1]).await.unwrap_err(), KmsError::Unreachable(name));
}
