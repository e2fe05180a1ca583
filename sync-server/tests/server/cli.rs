//! The program as an administrator runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use wattle_domain::time::Clock as _;
use wattle_server::admin;
use wattle_server::clock::SystemClock;

use crate::support::desk::{new_key, patient, random_hex, send, sign_in_body};
use crate::support::{House, postgres};

struct Run {
    good: bool,
    said: Value,
    complained: String,
}

fn command(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattle-server"));
    command
        .args(arguments)
        .env("WATTLE_OWNER_DATABASE_URL", postgres::superuser_url(database))
        .env("DATABASE_URL", postgres::app_url(database))
        .env_remove("WATTLE_APP_PASSWORD")
        .env_remove("WATTLE_MIGRATOR_PASSWORD")
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(database: &str, arguments: &[&str], stdin: &str) -> Run {
    let mut child = command(database, arguments).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    Run {
        good: output.status.success(),
        said: serde_json::from_str(said.trim()).unwrap_or(Value::Null),
        complained: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Ends the server if a test fails before it does.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_database_to_a_served_clinic() {
    let database = format!("{}_cli", postgres::database().await);
    let name = database.clone();
    tokio::task::spawn_blocking(move || postgres::cluster().create_database(&name).unwrap()).await.unwrap();
    tokio::task::spawn_blocking(move || script(&database)).await.unwrap();
}

/// The key of a migration's map: the same each time, in a file that nobody else reads, and no file is written over.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_map_is_given_in_a_file_and_logged() {
    let house = House::new().await;
    let (database, clinic) = (house.database.clone(), house.clinic.to_string());
    tokio::task::spawn_blocking(move || map_key(&database, &clinic)).await.unwrap();
    let logged = "SELECT count(*) FROM clinic.access_event WHERE action = 'give_map_key' \
                  AND detail ->> 'from' = 'command_line'";
    assert_eq!(house.count(logged).await, 2, "each time it was given, and not when it was not");
    let whole = admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap();
    assert_eq!(whole, None);
}

fn map_key(database: &str, clinic: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (server_key, out) = (folder.path().join("server.key"), folder.path().join("map.key"));
    // As the house has it.
    std::fs::write(&server_key, "5a".repeat(32)).unwrap();
    let key_file = ["--server-key-file", server_key.to_str().unwrap()];
    let ask = |clinic: &str, out: &std::path::Path| {
        let out = ["--out", out.to_str().unwrap()];
        run(database, &[&["keys", "map", "--clinic", clinic], &key_file[..], &out[..]].concat(), "")
    };
    let keyless = ["keys", "map", "--clinic", clinic, "--out", out.to_str().unwrap()];
    assert!(!run(database, &keyless, "").good, "without the server's key");
    assert!(!out.exists(), "and nothing is left that stands in the way of the next try");
    let made = ask(clinic, &out);
    assert!(made.good, "{}", made.complained);
    let key = std::fs::read_to_string(&out).unwrap();
    assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(!made.said.to_string().contains(&key) && !made.complained.contains(&key), "said nowhere");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!ask(clinic, &out).good, "a file that is there is left alone");
    let rotated = run(database, &[&["keys", "rotate", "--clinic", clinic], &key_file[..]].concat(), "");
    assert!(rotated.good, "{}", rotated.complained);
    let again = folder.path().join("again.key");
    assert!(ask(clinic, &again).good);
    assert_eq!(std::fs::read_to_string(again).unwrap(), key, "it lasts over rotations");
    let nobody = folder.path().join("nobody.key");
    assert!(!ask("0190c11c-0000-7000-8000-00000000ffff", &nobody).good && !nobody.exists());
}

/// The log of a server that is told to say all it can, while names pass through every kind of refusal.
#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_word_about_a_patient() {
    let house = House::new().await;
    house
        .execute(
            "CREATE FUNCTION public.boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.title = 'boom' THEN RAISE EXCEPTION 'boom %', NEW.family_name USING ERRCODE = 'XX000'; END IF; \
             RETURN NEW; END $$; GRANT EXECUTE ON FUNCTION public.boom() TO PUBLIC; \
             CREATE TRIGGER z_boom BEFORE INSERT ON clinic.patient FOR EACH ROW EXECUTE FUNCTION public.boom()",
        )
        .await;
    let mut serve = command(&house.database, &["serve", "--listen", "127.0.0.1:0"]);
    let log = tempfile::NamedTempFile::new().unwrap();
    serve.env("RUST_LOG", "debug,wattle_server=trace,sqlx=trace").stderr(log.reopen().unwrap());
    let mut child = Serving(serve.spawn().unwrap());
    let first = BufReader::new(child.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address =
        serde_json::from_str::<Value>(&first).unwrap()["listening"].as_str().unwrap().parse().unwrap();

    // This server has the machine's clock; tokens of the test's own clock would be past their time.
    let (key, secret) = (new_key(), random_hex());
    let code = wattle_server::admin::enrolment_code(
        &house.owner,
        house.clinic,
        SystemClock.now().to_chrono().unwrap(),
    );
    let body = sign_in_body(Some((code.await.unwrap(), "reception-1")), "maria", &key, &secret);
    let mut desk = house.desk("reception-0", "maria").await;
    desk.signed_in = send(address, "/v1/sign-in", None, &body).await.json().await.unwrap();
    (desk.address, desk.key, desk.n) = (address, key, 0);

    let id = desk.register("CANARY-Nguyen").await;
    let mut again = patient("CANARY-Nguyen");
    again.patient_id = id;
    desk.do_it(again).await;
    desk.do_it(patient("CANARY\0Nguyen")).await;
    let mut boom = patient("CANARY-Nguyen");
    boom.details.title = Some("boom".to_owned());
    let boom = desk.command(boom);
    for _ in 0..3 {
        desk.post("/v1/push", &serde_json::json!({"commands": [boom]})).await;
    }
    desk.post("/v1/push", &serde_json::json!({"commands": [{"CANARY": "CANARY"}]})).await;
    desk.post("/v1/CANARY?CANARY=1", &()).await;
    let mut wrong = sign_in_body(None, "maria", &desk.key, &secret);
    (wrong.workstation, wrong.password) = (Some(desk.workstation()), "CANARY-password".to_owned());
    assert_eq!(send(address, "/v1/sign-in", None, &wrong).await.status(), 401);
    desk.pull().await;
    assert_eq!(desk.row("patient", id).unwrap()["family_name"], "CANARY-Nguyen");
    drop(child);
    let text = std::fs::read_to_string(log.path()).unwrap();
    assert!(text.contains("the server failed over a command") && text.contains("quarantined"), "{text}");
    for secret in ["CANARY", "1961", &desk.signed_in.access_token, &desk.signed_in.refresh_token] {
        let line = text.lines().find(|l| l.contains(secret));
        assert_eq!(line, None);
    }
}

#[tokio::test]
async fn a_version_that_no_app_could_read_is_refused_at_the_start() {
    let database = postgres::database().await;
    for odd in ["", "2", "1.4", "1.4.x", "v1.4.0"] {
        let refused = run(&database, &["serve", "--listen", "127.0.0.1:0", "--min-app-version", odd], "");
        assert!(
            !refused.good && refused.complained.contains("looks like 1.4.0"),
            "{odd}: {}",
            refused.complained
        );
    }
}

/// `ps` shows a command line to everybody on the machine.
#[tokio::test]
async fn secrets_come_from_the_environment_or_a_file_and_from_nowhere_else() {
    let database = postgres::database().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("url");
    std::fs::write(&file, format!("{}\n", postgres::app_url(&database))).unwrap();
    let compact = |set: &[(&str, &str)], arguments: &[&str]| {
        let mut command = command(&database, &[&["compact"], arguments].concat());
        command.env_remove("DATABASE_URL").envs(set.iter().copied());
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let (path, url) = (file.to_str().unwrap().to_owned(), postgres::app_url(&database));
    let (good, complained) = compact(&[("DATABASE_URL_FILE", &path)], &[]);
    assert!(good, "{complained}");
    for (why, set, arguments, word) in [
        ("nowhere", vec![], vec![], "DATABASE_URL_FILE"),
        ("twice", vec![("DATABASE_URL", url.as_str()), ("DATABASE_URL_FILE", &path)], vec![], "both"),
        ("no such file", vec![("DATABASE_URL_FILE", "/nowhere/at/all")], vec![], "cannot be read"),
        ("in sight", vec![], vec!["--database-url", &url], "--database-url"),
    ] {
        let (good, complained) = compact(&set, &arguments);
        assert!(!good && complained.contains(word), "{why}: {complained}");
        assert!(!complained.contains("postgres://"), "{why}: {complained}");
    }
    for flags in [
        &["migrate", "--app-password", "x"][..],
        &["migrate", "--owner-database-url", "x"],
        &["serve", "--redis-url", "x"],
        &["serve", "--server-key", "x"],
    ] {
        let refused = run(&database, flags, "");
        assert!(
            !refused.good && refused.complained.contains("unexpected argument"),
            "{}",
            refused.complained
        );
    }
}

fn script(database: &str) {
    let run = |arguments: &[&str], stdin: &str| run(database, arguments, stdin);
    let early = run(&["clinic", "create", "--name", "Too early"], "");
    assert!(!early.good && !early.complained.is_empty());
    let migrated = run(&["migrate"], "").said;
    let (applied, version) = (migrated["applied"].as_i64(), migrated["version"].as_i64());
    assert!(applied > Some(0) && applied <= version, "{migrated}");
    assert_eq!(run(&["migrate"], "").said["applied"], 0);
    let id = "0190c11c-0000-7000-8000-000000000001";
    let made =
        run(&["clinic", "create", "--name", "Wattle Street", "--id", id, "--zone", "Australia/Perth"], "");
    assert_eq!(made.said["clinic"], id);
    let open = ["clinic", "open", "--clinic", id];
    let refused = run(&open, "");
    assert!(!refused.good && refused.complained.contains("is not closed"), "{}", refused.complained);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let root = postgres::pool(&postgres::superuser_url(database)).await;
        let close = sqlx::query("INSERT INTO clinic.switchover (clinic_id) VALUES ($1::uuid)").bind(id);
        close.execute(&root).await.unwrap();
    });
    assert!(run(&open, "").said["closed_at"].is_string());
    assert!(!run(&open, "").good, "open is open");
    let wrong = run(&["clinic", "create", "--name", "X", "--zone", "Mars/Olympus"], "");
    assert!(!wrong.good && wrong.complained.contains("IANA zone"), "{}", wrong.complained);

    let add = |username: &str, role: &str, password: &str| {
        let arguments = [
            "user",
            "add",
            "--clinic",
            id,
            "--username",
            username,
            "--display-name",
            "Maria Costa",
            "--role",
            role,
        ];
        run(&arguments, password)
    };
    assert!(add("maria", "reception", "correct horse battery\n").said["user"].is_string());
    for (why, refused, word) in [
        ("taken", add("Maria", "reception", "correct horse battery"), "taken"),
        ("short", add("noor", "reception", "short"), "10 characters"),
        ("unknown role", add("noor", "janitor", "correct horse battery"), "practice_manager"),
    ] {
        assert!(!refused.good && refused.complained.contains(word), "{why}: {}", refused.complained);
        assert!(!refused.complained.contains("correct horse"), "a password is never said again");
    }
    let nowhere = run(&["workstation", "code", "--clinic", "0190c11c-0000-7000-8000-00000000ffff"], "");
    assert!(!nowhere.good && nowhere.complained.contains("clinic create"), "{}", nowhere.complained);
    let code = run(&["workstation", "code", "--clinic", id], "").said["code"].as_str().unwrap().to_owned();
    assert_eq!(code.len(), 14);
    assert_eq!(run(&["verify-audit", "--clinic", id], "").said["whole"], true);
    let compacted = run(&["compact"], "");
    assert_eq!(compacted.said["compacted"], true, "{}", compacted.complained);
    for times in 1..=2 {
        let epoch = run(&["restored"], "").said["epoch"].as_str().unwrap().to_owned();
        assert_eq!(epoch.split('.').nth(2), Some(times.to_string().as_str()), "{epoch}");
    }
    let provider = ["--issuer", "https://login.example.com/", "--client-id", "wattle", "--label", "Work"];
    assert!(run(&[&["openid", "set", "--clinic", id], &provider[..]].concat(), "").good);
    assert!(run(&["quarantine", "--clinic", id], "").good);
    // Each act is in the log of access, with the account that answers for it, and the log is whole.
    let logged: Vec<String> = runtime.block_on(async {
        let root = postgres::pool(&postgres::superuser_url(database)).await;
        let sql = "SELECT action FROM clinic.access_event WHERE user_id IS NULL AND detail ->> 'from' = 'command_line' \
                   AND detail ->> 'database_account' <> '' ORDER BY id";
        sqlx::query_scalar(sql).fetch_all(&root).await.unwrap()
    });
    let wanted = [
        "create_clinic",
        "open_clinic",
        "add_account",
        "make_code",
        "restored",
        "restored",
        "set_openid_provider",
        "read_quarantine",
    ];
    assert_eq!(logged, wanted, "refused ones left nothing");
    let verified = run(&["verify-audit", "--clinic", id], "").said;
    assert_eq!(verified["whole"], true);
    let log = &verified["logs"][0];
    let (name, entries, hash) =
        (&log["log"], log["entries"].as_i64().unwrap(), log["hash"].as_str().unwrap());
    assert_eq!((name.as_str(), entries > 2), (Some("access_event"), true), "{verified}");
    for (expected, is_whole) in [
        (format!("access_event:{entries}:{hash}"), true),
        (format!("access_event:{}:{hash}", entries + 1), false),
        (format!("access_event:{entries}:{}", "0".repeat(64)), false),
    ] {
        let again = run(&["verify-audit", "--clinic", id, "--expect", &expected], "");
        assert_eq!((again.good, again.said["whole"].as_bool()), (is_whole, Some(is_whole)), "{expected}");
    }
    let garbled = run(&["verify-audit", "--clinic", id, "--expect", "all is well"], "");
    assert!(
        !garbled.good && garbled.complained.contains("audit_event:ENTRIES:HASH"),
        "{}",
        garbled.complained
    );
    for act in [&["apply", id, "--clinic", id][..], &["set-aside", id, "--clinic", id, "--reason", "x"]] {
        let nothing = run(&[&["quarantine"], act].concat(), "");
        assert!(!nothing.good && nothing.complained.contains("not in quarantine"), "{}", nothing.complained);
    }
    assert!(!run(&["quarantine"], "").good, "whose is not said");

    let mut child = Serving(command(database, &["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let address = first["listening"].as_str().unwrap().to_owned();
    let ready =
        runtime.block_on(async { reqwest::get(format!("http://{address}/readyz")).await.unwrap().status() });
    assert_eq!(ready, 200);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.0.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    // One byte, not none: under none Linux still gives the dump to a program that was named for it.
    let allowed: Vec<u64> = core.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(allowed.len() == 2 && allowed.iter().all(|bytes| *bytes <= 1), "a crash leaves no dump: {core}");
    let shown = std::fs::read_to_string(format!("/proc/{}/cmdline", child.0.id())).unwrap();
    assert!(!shown.contains("postgres"), "no secret is where everybody's `ps` shows it");
    let asked = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert!(child.0.wait().unwrap().success(), "SIGTERM drains and ends in order");
    let mut log = String::new();
    child.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    for line in log.lines() {
        let _: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    }
    assert!(log.contains("\"route\":\"/readyz\""), "{log}");
}
