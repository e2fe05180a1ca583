//! `push`: commands per second through one node, of one clinic and of 50.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wattle_domain::time::Clock;
use wattle_domain::{Command, CommandId, Envelope, ReplicaId, WIRE};
use wattle_local_store::{SystemClock, new_id};
use wattle_protocol::push::{Push, Signed, Verdict};
use wattle_sync_engine::Transport;

use super::crowd::{self, Crowd, Member};
use super::figures::Figures;
use super::scale::Scale;
use super::{by_hand, machine, place};
use crate::house::{House, PEOPLE};
use crate::work::registration;

const CLINICS: u32 = 50;
const COMMANDS: u32 = 12_000;
/// As the engine sends them.
const BATCH: usize = 200;
/// Workstations that push at once, over all clinics.
const DESKS: u32 = 8;

/// Pushes signed registrations from several workstations at once, then sends the same SQL by hand.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let commands = scale.of(COMMANDS, 400);
    let clinics = scale.of(CLINICS, 3);
    let mut figures = Figures::new(
        "push",
        format!(
            "{commands} registrations of {DESKS} workstations at once in pushes of {BATCH}, one clinic and {clinics}{}",
            scale.note()
        ),
        "at least 0.4 of the same SQL by hand, for one clinic and for 50",
        "pgbench with the same rows, 32 commands a transaction as the server has them, 8 clients; beside it one command a transaction",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    let mut all = vec![house.clinic().to_owned()];
    for n in 1..clinics {
        let clinic = house.add_clinic(&format!("Clinic {n}"))?;
        house.add_person_to(&clinic, &PEOPLE[0], None)?;
        all.push(clinic);
    }
    house.start_server().await?;
    let mut met = true;
    for (word, clinics) in [("one", all.get(..1).unwrap_or_default()), ("many", all.as_slice())] {
        let batches = prepare(&house, clinics, commands)?;
        let watch = LockWatch::start(&house)?;
        let cpu = machine::cpu(house.server_pid());
        let start = Instant::now();
        let latencies = send(&house, batches).await?;
        let seconds = start.elapsed().as_secs_f64();
        let ours = f64::from(commands) / seconds;
        let cpu = machine::cpu(house.server_pid()).saturating_sub(cpu);
        figures.put(&format!("{word}_commit_lock_share"), watch.share()?);
        figures.spread(&format!("{word}_push"), latencies);
        figures.put(
            &format!("{word}_server_cpu_ms_per_command"),
            cpu.as_secs_f64() * 1000.0 / f64::from(commands),
        );
        let time = Duration::from_secs(u64::from(scale.of(10, 2)));
        let floor = by_hand::commands_per_s(&house, dir.path(), clinics, 32, DESKS, time)?;
        let single = by_hand::commands_per_s(&house, dir.path(), clinics, 1, DESKS, time)?;
        figures.put(&format!("{word}_per_s"), ours);
        figures.put(&format!("{word}_floor"), floor);
        figures.put(&format!("{word}_floor_ratio"), ours / floor);
        figures.put(&format!("{word}_floor_one_a_transaction"), single);
        met &= ours >= floor * 0.4;
    }
    figures.memory(house.server_pid());
    figures.met = Some(met);
    Ok(figures)
}

/// A workstation's pushes.
struct Desk {
    token: String,
    pushes: VecDeque<Push>,
}

fn prepare(house: &House, clinics: &[String], commands: u32) -> anyhow::Result<Vec<Desk>> {
    let per_clinic = commands.div_ceil(u32::try_from(clinics.len())?);
    let desks = if clinics.len() == 1 { DESKS } else { 1 };
    let mut all = Vec::new();
    let mut left = commands;
    for clinic in clinics {
        let crowd = crowd::enrol(house, clinic, PEOPLE[0].username, desks)?;
        for member in &crowd.members {
            let mine = per_clinic.div_ceil(desks).min(left);
            left -= mine;
            let signed =
                (1..=mine).map(|n| sign(&crowd, member, clinic, n)).collect::<anyhow::Result<Vec<_>>>()?;
            let pushes = signed.chunks(BATCH).map(|commands| Push { commands: commands.to_vec() }).collect();
            all.push(Desk { token: member.token.clone(), pushes });
        }
    }
    Ok(all)
}

/// A registration as a desk would have signed it.
pub(super) fn sign(crowd: &Crowd, member: &Member, clinic: &str, n: u32) -> anyhow::Result<Signed> {
    let command: Command =
        registration("Benchmark", "0400 000 000").ok_or_else(|| anyhow::anyhow!("no such command"))?.into();
    let envelope = Envelope {
        id: CommandId(new_id(&SystemClock)),
        wire: WIRE,
        clinic: clinic.parse()?,
        workstation: member.workstation,
        replica: Some(ReplicaId(member.workstation.0)),
        n: n.into(),
        author: crowd.user,
        issued_at: SystemClock.now(),
        deps: Vec::new(),
        group: None,
        command,
    };
    let payload = serde_json::to_string(&envelope)?;
    let signature = crowd.signing_key.sign_base64(&payload);
    Ok(Signed { payload, signature })
}

/// [`DESKS`] at once, each with its next push when the last is answered; gives how long the pushes took.
async fn send(house: &House, desks: Vec<Desk>) -> anyhow::Result<Vec<Duration>> {
    let places = Arc::new(tokio::sync::Semaphore::new(usize::try_from(DESKS)?));
    let url = house.server_url();
    let mut tasks = tokio::task::JoinSet::new();
    for desk in desks {
        let (places, url) = (Arc::clone(&places), url.clone());
        tasks.spawn(async move {
            let _place = places.acquire().await?;
            let transport = Transport::new(&url)?;
            let mut took = Vec::new();
            let Desk { token, mut pushes } = desk;
            while let Some(push) = pushes.pop_front() {
                let start = Instant::now();
                let answers = transport.push(&token, &push).await?.answers;
                took.push(start.elapsed());
                let good = answers.iter().all(|a| a.verdict == Verdict::Applied);
                anyhow::ensure!(good, "a registration was not applied: {:?}", answers.first());
                if answers.len() < push.commands.len() {
                    // The server stopped early: the rest again.
                    let rest = push.commands.get(answers.len()..).unwrap_or_default().to_vec();
                    pushes.push_front(Push { commands: rest });
                }
            }
            Ok::<_, anyhow::Error>(took)
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done??);
    }
    Ok(all)
}

/// Looks at PostgreSQL ten times a second: of the server's connections that work, how many wait for a lock (the feed's
/// row at commit, the audit chain).
struct LockWatch(std::process::Child);

impl LockWatch {
    fn start(house: &House) -> anyhow::Result<Self> {
        use std::io::Write;
        let mut psql = house.client("psql");
        psql.args(["-X", "-q", "-A", "-t"]);
        psql.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = psql.spawn()?;
        if let Some(stdin) = &mut child.stdin {
            writeln!(
                stdin,
                "SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity \
                 WHERE usename = 'wattle_app' AND state <> 'idle' \\watch 0.1"
            )?;
        }
        Ok(Self(child))
    }

    fn share(mut self) -> anyhow::Result<f64> {
        self.0.kill()?;
        let said = self.0.wait_with_output()?.stdout;
        let (mut waiting, mut working) = (0_u32, 0_u32);
        for line in String::from_utf8_lossy(&said).lines() {
            if let Some((waits, works)) = line.trim().split_once('|') {
                waiting += waits.parse::<u32>().unwrap_or(0);
                working += works.parse::<u32>().unwrap_or(0);
            }
        }
        Ok(f64::from(waiting) / f64::from(working.max(1)))
    }
}
