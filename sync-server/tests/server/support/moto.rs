//! AWS KMS as moto plays it: a server of the test's own. It checks no signature and lets disabled keys decrypt, so those
//! two are tested elsewhere.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wattle_blob_store::cloud::Aws;

pub const REGION: &str = "ap-southeast-2";

pub struct Moto {
    child: Child,
    pub endpoint: String,
}

impl Moto {
    /// `None`, with a word why, where moto is not installed.
    pub fn start() -> Option<Self> {
        let program = std::env::var_os("WATTLE_MOTO_BIN").unwrap_or_else(|| "moto_server".into());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let run = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match run {
            Ok(child) => child,
            Err(error) => {
                #[allow(clippy::print_stdout, reason = "a test that does not run says so")]
                {
                    println!("SKIPPED aws-kms: moto_server cannot be run ({})", error.kind());
                }
                return None;
            }
        };
        let moto = Self { child, endpoint: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "moto does not begin");
            std::thread::yield_now();
        }
        Some(moto)
    }

    /// Its interface, with keys that it does not look at.
    pub fn aws(&self) -> Aws {
        Aws::with_keys(("A", "S"), "kms", REGION, Some(&self.endpoint)).unwrap()
    }

    /// One operation.
    pub async fn ask(&self, operation: &str, body: Value) -> Value {
        let body = serde_json::to_vec(&body).unwrap();
        let answer = self.aws().post(&format!("TrentService.{operation}"), body).await.unwrap();
        assert_eq!(answer.status, 200, "{operation}: {:?}", answer.body);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// A new symmetric key; its id.
    pub async fn key(&self) -> String {
        let made = self.ask("CreateKey", json!({})).await;
        made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
