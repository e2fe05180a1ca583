//! `sign-in`: somebody signs in while another address guesses passwords, two hundred times a second.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use wattle_protocol::session::{Enrolment, SignIn, SignedIn};
use wattle_protocol::{PROTOCOL, PROTOCOL_HEADER};

use super::figures::Figures;
use super::place;
use super::scale::Scale;
use crate::house::{PEOPLE, Person};

/// Sign-ins that are timed, with and without the guessing.
const TIMED: u32 = 60;
/// Guesses a second.
const GUESSES: u32 = 200;
/// Where they come from.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Times good sign-ins beside guesses at the same account's neighbours.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let timed = scale.of(TIMED, 10);
    let mut figures = Figures::new(
        "sign-in",
        format!(
            "{timed} sign-ins, one after another, while another address guesses {GUESSES} passwords a second at the same clinic{}",
            scale.note()
        ),
        "p99 under 1 s",
        "the same sign-ins with nobody guessing: one Argon2id and its transactions",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    house.start_server().await?;
    let url = format!("{}/v1/sign-in", house.server_url());
    let here = reqwest::Client::new();
    let secret = "5a".repeat(32);
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let body = |person: &Person, password: &str| SignIn {
        username: person.username.into(),
        password: password.into(),
        second_factor: None,
        openid: None,
        workstation: None,
        workstation_secret: secret.clone(),
        enrolment: None,
        signing_key: key.into(),
        app_version: env!("CARGO_PKG_VERSION").into(),
    };
    let mut enrol = body(&PEOPLE[0], PEOPLE[0].password);
    enrol.enrolment = Some(Enrolment { code: house.enrolment_code()?, name: "reception-1".into() });
    let enrolled: SignedIn = ask(&here, &url, &enrol).await?.json().await?;
    let at = |mut body: SignIn| {
        body.workstation = Some(enrolled.workstation);
        body
    };
    let good = at(body(&PEOPLE[0], PEOPLE[0].password));
    let guess = at(body(&PEOPLE[1], "a guess that is wrong"));

    let alone = times(&here, &url, &good, timed).await?;
    let (stop, made, refused) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let guessing = {
        let (stop, made, refused, url) = (stop.clone(), made.clone(), refused.clone(), url.clone());
        let elsewhere = reqwest::Client::builder().local_address(ELSEWHERE).build()?;
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_secs(1) / GUESSES);
            while !stop.load(Ordering::Relaxed) {
                tick.tick().await;
                made.fetch_add(1, Ordering::Relaxed);
                let (elsewhere, url, guess, refused) =
                    (elsewhere.clone(), url.clone(), guess.clone(), refused.clone());
                tokio::spawn(async move {
                    if ask(&elsewhere, &url, &guess).await.is_ok_and(|answer| !answer.status().is_success()) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = (Instant::now(), made.load(Ordering::Relaxed));
    let beside = times(&here, &url, &good, timed).await?;
    let rate = f64::from(made.load(Ordering::Relaxed) - began.1) / began.0.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    guessing.await?;
    ensure!(refused.load(Ordering::Relaxed) > 0, "the guesses reached the server");

    let (_, floor) = figures.spread("floor", alone);
    let (_, p99) = figures.spread("beside", beside);
    figures.put("floor_ratio_p99", p99 / floor);
    figures.put("guesses_per_s", rate);
    figures.memory(house.server_pid());
    figures.met = Some(p99 < 1000.0);
    Ok(figures)
}

async fn times(
    client: &reqwest::Client,
    url: &str,
    body: &SignIn,
    count: u32,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..count {
        let start = Instant::now();
        let answer = ask(client, url, body).await?;
        times.push(start.elapsed());
        ensure!(answer.status().is_success(), "a good sign-in was refused: {}", answer.status());
    }
    Ok(times)
}

async fn ask(client: &reqwest::Client, url: &str, body: &SignIn) -> anyhow::Result<reqwest::Response> {
    let asked = client.post(url).header(PROTOCOL_HEADER, PROTOCOL).json(body).send();
    asked.await.context("the server does not answer")
}
