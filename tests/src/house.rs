//! A whole clinic in one folder: PostgreSQL, the server, the sample clinic imported through the migrator, its people.
//!
//! Owns: the cluster and the server process it starts. Must never: reach into a table; it uses the programs' own commands.
//! Called by: the demo, the scripted day, whole-system tests, the benchmarks.

mod programs;
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;
use wattle_private_postgres::{Cluster, Options};

pub use programs::Programs;
pub use server::Server;

/// The database all of it lives in.
const DATABASE: &str = "wattle";
/// Passwords of the two database roles that sign in. The cluster listens on this computer only and is thrown away.
const APP_PASSWORD: &str = "app-of-a-private-cluster";
const MIGRATOR_PASSWORD: &str = "migrator-of-a-private-cluster";

/// Somebody who signs in.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Name of the account.
    pub username: &'static str,
    /// Name on the screen.
    pub display_name: &'static str,
    /// Roles, by their wire names, with commas between.
    pub role: &'static str,
    /// Password, printed by the demo.
    pub password: &'static str,
    /// The practitioner they are: the number of the column in the sample's list.
    pub column: Option<usize>,
}

/// Who works in the sample clinic.
pub const PEOPLE: [Person; 3] = [
    Person {
        username: "maria",
        display_name: "Maria Costa",
        role: "reception",
        password: "wattle-blooms-in-august",
        column: None,
    },
    Person {
        username: "lee",
        display_name: "Dr Susan Lee",
        role: "practitioner",
        password: "banksia-after-the-fire",
        column: Some(0),
    },
    Person {
        username: "nadia",
        display_name: "Nadia Haddad",
        role: "practice_manager,admin",
        password: "lorikeets-at-half-past-five",
        column: None,
    },
];

/// How big the sample clinic is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Patients.
    pub patients: u32,
    /// Practitioners.
    pub practitioners: u32,
    /// Appointments.
    pub appointments: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { patients: 5_000, practitioners: 6, appointments: 60_000 }
    }
}

/// What the import counted.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Rows read from the export.
    pub read: u64,
    /// Rows loaded.
    pub loaded: u64,
    /// Rows in the reject table, each with its reason.
    pub rejected: u64,
    /// The migrator's whole report.
    pub report: Value,
}

/// A running clinic.
pub struct House {
    dir: PathBuf,
    programs: Programs,
    cluster: Cluster,
    clinic: String,
    server: Option<Server>,
    port: u16,
    serve_with: Vec<String>,
    serve_env: Vec<(String, String)>,
    has_key: bool,
}

impl House {
    /// A cluster in `dir` with the schema, an empty clinic and its roles; no server yet.
    ///
    /// # Errors
    /// A program is missing or fails; its own words are in the error.
    pub fn found(dir: &Path, durable: bool) -> anyhow::Result<Self> {
        Self::found_on(dir, if durable { Options::default() } else { Options::quick() })
    }

    /// The same with the PostgreSQL that is asked for.
    ///
    /// # Errors
    /// As [`Self::found`].
    pub fn found_on(dir: &Path, options: Options) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let programs = Programs::find()?;
        let cluster = Cluster::start_temporary_with(options)?;
        cluster.create_database(DATABASE)?;
        let port = crate::processes::free_port()?;
        let mut house = Self {
            dir: dir.to_owned(),
            programs,
            cluster,
            clinic: String::new(),
            server: None,
            port,
            serve_with: Vec::new(),
            serve_env: Vec::new(),
            has_key: true,
        };
        // Under it rest the keys of everything that is sealed.
        let key = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        std::fs::write(dir.join("server.key"), key)?;
        house.admin(&["migrate"], None)?;
        let zone =
            ["clinic", "create", "--name", "Acacia Street Medical Centre", "--zone", "Australia/Sydney"];
        let answer = house.admin(&zone, None)?;
        house.clinic = text(&answer, "clinic")?;
        // As a clinic should have it: the role's password alone opens nothing.
        house.admin(&["keys", "pass"], None)?;
        Ok(house)
    }

    /// Makes the sample export and imports it.
    ///
    /// # Errors
    /// The migrator fails, or its counts do not add up.
    pub fn import_sample(&self, size: Size, seed: u64) -> anyhow::Result<Imported> {
        self.import_sample_at(size, seed, "11:00")
    }

    /// As [`House::import_sample`], with the clinic's clock at the export: who is done, in consult and waiting.
    ///
    /// # Errors
    /// As [`House::import_sample`].
    pub fn import_sample_at(&self, size: Size, seed: u64, now: &str) -> anyhow::Result<Imported> {
        self.import_sample_into(&self.clinic, size, seed, now)
    }

    /// As [`House::import_sample_at`], for any clinic of the database.
    ///
    /// # Errors
    /// As [`House::import_sample`].
    pub fn import_sample_into(
        &self,
        clinic: &str,
        size: Size,
        seed: u64,
        now: &str,
    ) -> anyhow::Result<Imported> {
        let export = self.dir.join(format!("export-{clinic}"));
        let mut sample = Command::new(&self.programs.fm_migrate);
        sample.arg("sample").arg("--out").arg(&export);
        for (flag, n) in [
            ("--seed", seed),
            ("--patients", size.patients.into()),
            ("--practitioners", size.practitioners.into()),
            ("--appointments", size.appointments.into()),
        ] {
            sample.args([flag, &n.to_string()]);
        }
        sample.args(["--today", &today()?, "--now", now]);
        run(&mut sample, None)?;
        self.import_into(clinic, &export)
    }

    /// Imports an export folder; doing it again changes nothing.
    ///
    /// # Errors
    /// The migrator fails, or its counts do not add up.
    pub fn import(&self, export: &Path) -> anyhow::Result<Imported> {
        self.import_into(&self.clinic, export)
    }

    fn import_into(&self, clinic: &str, export: &Path) -> anyhow::Result<Imported> {
        let mut import = Command::new(&self.programs.fm_migrate);
        import.arg("import").arg("--mapping").arg(export.join("clinic.toml"));
        import.args(["--clinic", clinic]).env("DATABASE_URL", self.migrator_url());
        let report = run(&mut import, None)?;
        let count = |name: &str| {
            report.get(name).and_then(Value::as_u64).with_context(|| format!("the import gave no {name:?}"))
        };
        let imported = Imported {
            read: count("read")?,
            loaded: count("loaded")?,
            rejected: count("rejected")?,
            report: report.clone(),
        };
        if imported.read != imported.loaded + imported.rejected {
            bail!(
                "read {} is not loaded {} + rejected {}",
                imported.read,
                imported.loaded,
                imported.rejected
            );
        }
        Ok(imported)
    }

    /// Adds a person; `practitioner` is the family name of the column that is theirs.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn add_person(&self, person: &Person, practitioner: Option<&str>) -> anyhow::Result<()> {
        self.add_person_to(&self.clinic, person, practitioner)
    }

    /// As [`House::add_person`], for any clinic of the database.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn add_person_to(
        &self,
        clinic: &str,
        person: &Person,
        practitioner: Option<&str>,
    ) -> anyhow::Result<()> {
        let mut words = vec!["user", "add", "--clinic", clinic, "--username", person.username];
        words.extend(["--display-name", person.display_name]);
        words.extend(person.role.split(',').flat_map(|role| ["--role", role]));
        if let Some(name) = practitioner {
            words.extend(["--practitioner", name]);
        }
        self.admin(&words, Some(person.password)).map(drop)
    }

    /// A one-time code that makes a computer a workstation.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn enrolment_code(&self) -> anyhow::Result<String> {
        self.enrolment_code_of(&self.clinic)
    }

    /// As [`House::enrolment_code`], of any clinic of the database.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn enrolment_code_of(&self, clinic: &str) -> anyhow::Result<String> {
        text(&self.admin(&["workstation", "code", "--clinic", clinic], None)?, "code")
    }

    /// Names the OpenID provider that the clinic's people may sign in with.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn set_openid_provider(&self, issuer: &str) -> anyhow::Result<()> {
        let words = [
            "openid",
            "set",
            "--clinic",
            &self.clinic,
            "--issuer",
            issuer,
            "--client-id",
            "wattle",
            "--label",
            "Work",
        ];
        self.admin(&words, None)?;
        Ok(())
    }

    /// Copies the database as it is, under another name, in the same cluster: the same clinic twice. Gives its address, as the
    /// migrator comes to it.
    ///
    /// # Errors
    /// The name is taken, or somebody is in the database.
    pub fn twin(&self, name: &str) -> anyhow::Result<String> {
        self.cluster.copy_database(DATABASE, name)?;
        Ok(format!("postgres://wattle_migrator:{MIGRATOR_PASSWORD}@127.0.0.1:{}/{name}", self.cluster.port()))
    }

    /// Makes one more clinic in the same database; gives its id.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn add_clinic(&self, name: &str) -> anyhow::Result<String> {
        let words = ["clinic", "create", "--name", name, "--zone", "Australia/Sydney"];
        text(&self.admin(&words, None)?, "clinic")
    }

    /// Walks a clinic's audit chain.
    ///
    /// # Errors
    /// A link is broken.
    pub fn verify_audit(&self, clinic: &str) -> anyhow::Result<()> {
        self.admin(&["verify-audit", "--clinic", clinic], None).map(drop)
    }

    /// Seals what an import or a script left plain, so that the serving process has not to.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn seal(&self, clinic: &str) -> anyhow::Result<()> {
        self.admin(&["keys", "seal", "--clinic", clinic], None).map(drop)
    }

    /// Reads every document of the clinic out of the store in the server's data folder; what was found, also when something
    /// is missing.
    ///
    /// # Errors
    /// The server's command does not run.
    pub fn audit_documents(&self, data_dir: &str) -> anyhow::Result<Value> {
        let mut command = self.server_command();
        command.args(["documents", "audit", "--clinic", &self.clinic, "--data-dir", data_dir]);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let line = said
            .lines()
            .next()
            .ok_or_else(|| anyhow::anyhow!("no report: {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok(serde_json::from_str(line)?)
    }

    /// Does the server's own work that is due; a line for each job, and one with their number.
    ///
    /// # Errors
    /// The command fails; the error says what it said.
    pub fn run_jobs(&self, data_dir: &str) -> anyhow::Result<Vec<Value>> {
        let mut command = self.server_command();
        command.args(["jobs", "run", "--data-dir", data_dir]);
        let output = command.output()?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// The clinic's commands that could not be decided, as whoever must look sees them: JSON.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn quarantined(&self) -> anyhow::Result<String> {
        Ok(self.admin(&["quarantine", "--clinic", &self.clinic], None)?.to_string())
    }

    /// Starts the server, always on the same port.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start_server(&mut self) -> anyhow::Result<()> {
        let mut command = self.server_command();
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.args(&self.serve_with);
        self.server = Some(Server::start("server", command, &self.dir.join("logs")).await?);
        Ok(())
    }

    /// From now on its server is run without a key, like one that was never given any; it then has no pass either.
    ///
    /// # Errors
    /// The server's command fails.
    pub fn without_key(&mut self) -> anyhow::Result<()> {
        self.admin(&["keys", "pass", "--off"], None)?;
        self.has_key = false;
        Ok(())
    }

    /// Further environment of every program of the server, for example of object storage.
    pub fn serve_env(&mut self, variables: &[(&str, &str)]) {
        self.serve_env = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    }

    /// Further arguments of `serve`, from the next start of a server on.
    pub fn serve_with(&mut self, arguments: &[&str]) {
        self.serve_with = arguments.iter().map(|&a| a.to_owned()).collect();
    }

    /// Starts one more node on the same database. `name` is that of its logs, which are begun anew.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start_node(&self, name: &str, port: u16) -> anyhow::Result<Server> {
        let mut command = self.server_command();
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).args(&self.serve_with);
        Ok(Server::start(name, command, &self.dir.join("logs")).await?)
    }

    /// Puts another cluster in the place of the present one, which is given back: after a failover. Servers that are
    /// started from now on use it.
    pub fn fail_over_to(&mut self, cluster: Cluster) -> Cluster {
        std::mem::replace(&mut self.cluster, cluster)
    }

    /// The server's pid while it runs.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        self.server.as_ref().map(Server::pid)
    }

    /// Ends the server with SIGKILL.
    pub fn kill_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// Where workstations reach the server.
    #[must_use]
    pub fn server_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The cluster, to crash or question it.
    pub fn cluster(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// One number from the database, asked as its superuser: what a test compares a screen with.
    ///
    /// # Errors
    /// The question is not SQL, or its answer no number.
    pub fn count(&self, sql: &str) -> anyhow::Result<u64> {
        let said = self.cluster.execute(DATABASE, sql)?;
        said.trim().parse().with_context(|| format!("{sql}: {said}"))
    }

    /// One text from the database, asked as its superuser.
    ///
    /// # Errors
    /// The question is not SQL.
    pub fn text(&self, sql: &str) -> anyhow::Result<String> {
        Ok(self.cluster.execute(DATABASE, sql)?.trim().to_owned())
    }

    /// Runs many statements as the database's superuser, each in a transaction of its own.
    ///
    /// # Errors
    /// One of them is refused.
    pub fn script(&self, sql: &str) -> anyhow::Result<()> {
        Ok(self.cluster.script(DATABASE, sql).map(drop)?)
    }

    /// Tells a computer of the clinic to destroy its keys, as an admin's page does. It hears so when it next comes.
    ///
    /// # Errors
    /// There is no such computer.
    pub fn tell_to_wipe(&self, workstation: &str) -> anyhow::Result<()> {
        let told = self.count(&format!(
            "with w as (update clinic.workstation set state = 'wipe' where name = '{workstation}' returning 1) \
             select count(*) from w"
        ))?;
        anyhow::ensure!(told == 1, "{told} computers are called {workstation}");
        Ok(())
    }

    /// A client program of PostgreSQL (`psql`, `pgbench`) on the database, as its superuser.
    #[must_use]
    pub fn client(&self, program: &str) -> Command {
        self.cluster.client(program, DATABASE)
    }

    /// The clinic's id.
    #[must_use]
    pub fn clinic(&self) -> &str {
        &self.clinic
    }

    /// The programs it runs.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the server has logged so far.
    #[must_use]
    pub fn server_log(&self) -> String {
        self.server.as_ref().map(Server::log).unwrap_or_default()
    }

    /// The database, as the migrator comes to it.
    #[must_use]
    pub fn migrator_url(&self) -> String {
        self.url("wattle_migrator", MIGRATOR_PASSWORD)
    }

    fn url(&self, role: &str, password: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{DATABASE}", self.cluster.port())
    }

    fn server_command(&self) -> Command {
        let mut command = Command::new(&self.programs.server);
        command
            // A workstation's, where a test runs inside one.
            .env_remove("WATTLE_DATA_DIR")
            .env_remove("WATTLE_SERVER_KEY")
            .env_remove("WATTLE_SERVER_KEY_FILE")
            .env("DATABASE_URL", self.url("wattle_app", APP_PASSWORD))
            .env("WATTLE_OWNER_DATABASE_URL", self.cluster.url(DATABASE))
            .env("WATTLE_APP_PASSWORD", APP_PASSWORD)
            .env("WATTLE_MIGRATOR_PASSWORD", MIGRATOR_PASSWORD)
            .envs(self.serve_env.iter().map(|(name, value)| (name, value)));
        if self.has_key {
            command.env("WATTLE_SERVER_KEY_FILE", self.dir.join("server.key"));
        }
        command
    }

    fn admin(&self, words: &[&str], stdin: Option<&str>) -> anyhow::Result<Value> {
        run(self.server_command().args(words), stdin)
    }
}

/// Makes the two of the scripted day, and the manager, and gives each clinician a column of the sample's book.
///
/// # Errors
/// The server's commands fail.
pub fn add_people(house: &House) -> anyhow::Result<()> {
    add_people_to(house, &house.clinic)
}

/// As [`add_people`], for any clinic of the database.
///
/// # Errors
/// The server's commands fail.
pub fn add_people_to(house: &House, clinic: &str) -> anyhow::Result<()> {
    let names = house.cluster.execute(
        DATABASE,
        &format!(
            "select family_name from clinic.practitioner where active and user_id is null \
             and clinic_id = '{clinic}' order by sort, id"
        ),
    )?;
    let columns: Vec<&str> = names.lines().map(str::trim).filter(|n| !n.is_empty()).collect();
    for person in &PEOPLE {
        let practitioner = person.column.and_then(|column| columns.get(column).copied());
        house.add_person_to(clinic, person, practitioner)?;
    }
    Ok(())
}

/// Today's date in the clinic's zone, from the system's clock.
///
/// # Errors
/// The clock is before 1970.
pub fn today() -> anyhow::Result<String> {
    Ok(wattle_domain::ClinicZone::default().date(now()?).to_string())
}

/// The clinic's wall clock while it is open, else 11 in the morning: a demo at midnight still shows a working day.
///
/// # Errors
/// The clock is before 1970.
pub fn opening_time() -> anyhow::Result<String> {
    const OPEN: std::ops::RangeInclusive<u32> = 9 * 60..=16 * 60;
    let minute = wattle_domain::ClinicZone::default().minute_of_day(now()?);
    let minute = if OPEN.contains(&minute) { minute } else { 11 * 60 };
    Ok(format!("{:02}:{:02}", minute / 60, minute % 60))
}

fn now() -> anyhow::Result<wattle_domain::UtcInstant> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(wattle_domain::UtcInstant(i64::try_from(now.as_millis())?))
}

/// Runs one of our programs to its end; its last line on stdout is JSON, or nothing.
fn run(command: &mut Command, stdin: Option<&str>) -> anyhow::Result<Value> {
    use std::io::Write;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    if let Some(mut pipe) = child.stdin.take()
        && let Some(words) = stdin
    {
        writeln!(pipe, "{words}")?;
    }
    let output = child.wait_with_output()?;
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        let tail: Vec<&str> = wrong.lines().rev().take(12).collect();
        bail!(
            "{program} failed ({}):\n{}\n{}",
            output.status,
            said.trim(),
            tail.into_iter().rev().collect::<Vec<_>>().join("\n")
        );
    }
    Ok(said.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or(Value::Null))
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let found = answer.get(name).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("no {name:?} in {answer}"))
}

/// Gives a new computer the server's address, a name and a code, as an admin's roll-out would.
///
/// # Errors
/// The folder cannot be written, or the server gives no code.
pub fn bootstrap(data_dir: &Path, house: &House, name: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    let told = serde_json::json!({
        "server_url": house.server_url(),
        "workstation_name": name,
        "enrolment_code": house.enrolment_code()?,
    });
    std::fs::write(data_dir.join("bootstrap.json"), told.to_string())?;
    Ok(())
}
