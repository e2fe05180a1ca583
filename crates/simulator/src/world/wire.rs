//! The wire between desks and server: what is said, and what becomes of it on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use wattle_domain::{CommandId, FeedClass, Row};
use wattle_protocol::live::Delta;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::{Answer, Pushed, Signed};
use wattle_protocol::session::{Hello, Welcome};
use wattle_protocol::{ErrorCode, PROTOCOL};
use wattle_sync_engine::machine::{Event, Fault, FaultKind, Work};
use wattle_sync_rules::push::stands;

use super::{Happening, World};
use crate::canary;
use crate::server::apply::Crash;
use crate::server::database::Key;
use crate::server::history::Wrong;
use crate::server::live::Word;
use crate::server::{Caller, Refusal};

/// How long a desk waits for an answer.
const PATIENCE_MS: u64 = 30_000;

/// What a desk says.
#[derive(Clone, Debug)]
pub enum Request {
    /// Hello.
    Session(Hello),
    /// New tokens, please.
    Refresh,
    /// Commands.
    Push(Vec<Signed>, Vec<CommandId>),
    /// What is new?
    Pull(Pull),
    /// Tell me.
    Live(Option<Vec<FeedClass>>),
}

/// What becomes of it.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Nothing came.
    Unreachable,
    /// Something came that is not ours.
    Garbled,
    /// The server said no.
    Refused(Refusal),
    /// To a hello.
    Session(Welcome),
    /// New tokens.
    Refreshed,
    /// Verdicts, with what was sent.
    Pushed(Pushed, Vec<CommandId>),
    /// Frames.
    Pulled(Box<Pulled>),
    /// A stream.
    Listening(u64),
}

/// The answer to a pull.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The question.
    pub asked: Pull,
    /// What came.
    pub frames: Vec<Frame>,
    /// False when it was cut.
    pub whole: bool,
    /// The rows that the file must have afterwards, now and then.
    pub rows: Option<Rows>,
}

/// The rows of a clinic at some instant, and the feeds of them that somebody may see.
pub type Rows = (BTreeMap<Key, Arc<Row>>, Vec<FeedClass>);

impl Reply {
    fn refused(code: ErrorCode) -> Self {
        Self::Refused(Refusal::new(code))
    }
}

impl World {
    /// Sends a request.
    pub fn send(&mut self, desk: usize, work: Work, request: Request) {
        let flight = self.number();
        let weather = self.weather;
        let (now, up) = (self.now_ms, self.server_up);
        let here = &mut self.desks[desk];
        let life = here.life;
        let Some(open) = &mut here.open else { return };
        open.flights.insert(work, flight);
        let random = &mut here.random;
        let answer = |reply| Happening::Answer { desk, life, work, flight, reply };
        if here.cut_until_ms > now || !up {
            let after = random.between(20, 3_000);
            return self.later(after, answer(Reply::Unreachable));
        }
        if random.chance(weather.garbled) {
            let after = random.between(5, 300);
            return self.later(after, answer(Reply::Garbled));
        }
        let mut way = random.between(2, 40);
        if random.chance(weather.slow) {
            way += random.below(PATIENCE_MS * 2);
        }
        let lost = random.chance(weather.lost_request);
        let twice = random.chance(weather.twice).then(|| way + random.below(90_000));
        let request = Arc::new(request);
        let arrive =
            |again| Happening::Arrive { desk, life, work, flight, request: Arc::clone(&request), again };
        let first = arrive(false);
        let second = twice.map(|after| (after, arrive(true)));
        self.later(PATIENCE_MS, answer(Reply::Unreachable));
        if !lost {
            self.later(way, first);
        }
        if let Some((after, second)) = second {
            self.later(after, second);
        }
    }

    /// A request reaches the server.
    pub fn arrive(
        &mut self,
        desk: usize,
        life: u64,
        work: Work,
        flight: u64,
        request: &Request,
        again: bool,
    ) {
        if !self.server_up {
            return;
        }
        let reply = self.serve(desk, life, request, again);
        let Some(reply) = reply else { return };
        // Nobody waits for the answer to a copy that the network made.
        if again || self.desks[desk].life != life {
            return;
        }
        let weather = self.weather;
        let random = &mut self.desks[desk].random;
        if random.chance(weather.lost_answer) {
            return;
        }
        let mut way = random.between(2, 40);
        if random.chance(weather.slow) {
            way += random.below(PATIENCE_MS * 2);
        }
        let reply = match reply {
            Reply::Pulled(mut pulled) if random.chance(weather.cut) => {
                let keep = random.below(pulled.frames.len() as u64);
                pulled.frames.truncate(usize::try_from(keep).unwrap_or(0));
                pulled.whole = false;
                Reply::Pulled(pulled)
            }
            reply => reply,
        };
        self.later(way, Happening::Answer { desk, life, work, flight, reply });
    }

    pub(super) fn caller(&self, desk: usize) -> Option<Caller> {
        let here = &self.desks[desk];
        let person = here.open.as_ref()?.person;
        Some(Caller {
            clinic: here.clinic,
            user: self.plan.people[person].user,
            workstation: here.workstation,
        })
    }

    /// The server's answer; `None`: it never goes out.
    fn serve(&mut self, desk: usize, life: u64, request: &Request, again: bool) -> Option<Reply> {
        let caller = self.caller(desk)?;
        let now = self.now_ms;
        let open = self.desks[desk].open.as_mut()?;
        if !matches!(request, Request::Refresh) && open.token_until_ms < now {
            return Some(Reply::refused(ErrorCode::SignInAgain));
        }
        match request {
            Request::Session(hello) => Some(match self.server.session(caller, hello) {
                Ok(welcome) => Reply::Session(welcome),
                Err(refusal) => Reply::Refused(refusal),
            }),
            Request::Refresh => {
                if open.token_spent {
                    return Some(Reply::refused(ErrorCode::SignInAgain));
                }
                // Good once: when the answer does not come back, there is no second.
                open.token_spent = true;
                Some(Reply::Refreshed)
            }
            Request::Push(commands, ids) => {
                let weather = self.weather;
                let behaviour = &self.server.behaviour;
                let (poison, hiccups) = (behaviour.poison, behaviour.hiccups);
                for id in ids {
                    let draw = u64::from_be_bytes(id.0.as_bytes()[8..].try_into().unwrap_or_default());
                    if draw % 1000 < poison && !self.healing {
                        self.server.poisoned.insert(*id);
                    }
                }
                let random = &mut self.server.random;
                if random.chance(hiccups) {
                    return Some(Reply::refused(ErrorCode::Unavailable));
                }
                let crash = random
                    .chance(weather.crash)
                    .then(|| if random.chance(500) { Crash::BeforeCommit } else { Crash::AfterCommit });
                self.trace.note(
                    now,
                    format_args!(
                        "server: push of {} from desk {desk}{}{}",
                        ids.len(),
                        if again { " again" } else { "" },
                        match crash {
                            None => "",
                            Some(Crash::BeforeCommit) => ", falls before commit",
                            Some(_) => ", falls after commit",
                        }
                    ),
                );
                let (result, told) = self.server.push(caller, commands.clone(), crash);
                self.server.check();
                self.moved();
                if let (Ok(pushed), true) = (&result, told) {
                    self.check_committed(caller, &pushed.answers);
                }
                let reply = match result {
                    Ok(pushed) => {
                        for answer in &pushed.answers {
                            self.trace
                                .note(now, format_args!("  {} {:?}", answer.command_id, answer.verdict));
                        }
                        Reply::Pushed(pushed, ids.clone())
                    }
                    Err(refusal) => Reply::Refused(refusal),
                };
                told.then_some(reply)
            }
            Request::Pull(asked) => Some(match self.server.pull(caller, asked) {
                Ok(frames) => {
                    let frames = self.over_the_wire(caller, frames);
                    let rows = self.server.random.chance(40).then(|| {
                        let data = self.server.database.clinic(caller.clinic);
                        (data.rows.clone(), self.server.granted(caller.clinic, caller.user))
                    });
                    Reply::Pulled(Box::new(Pulled { asked: asked.clone(), frames, whole: true, rows }))
                }
                Err(refusal) => Reply::Refused(refusal),
            }),
            Request::Live(rows) => {
                if again {
                    return None;
                }
                let stream = self.number();
                self.server.listen(stream, caller, rows.clone());
                self.streams.insert(stream, (desk, life, now));
                Some(Reply::Listening(stream))
            }
        }
    }

    /// What the server acknowledges is committed: a workstation takes its word for it.
    fn check_committed(&mut self, caller: Caller, answers: &[Answer]) {
        let log = &self.server.database.clinic(caller.clinic).log;
        let early =
            answers.iter().find(|answer| stands(&answer.verdict) && !log.contains_key(&answer.command_id));
        if let Some(answer) = early {
            let what = format!("{} is {:?} and not in the log", answer.command_id, answer.verdict);
            self.fail(Wrong::new("nothing is acknowledged before it is committed", what));
        }
    }

    /// Frames as text and back, with nothing in them that their reader may not see.
    pub(super) fn over_the_wire(&mut self, caller: Caller, frames: Vec<Frame>) -> Vec<Frame> {
        let granted = self.server.granted(caller.clinic, caller.user);
        let mut out = Vec::with_capacity(frames.len());
        for frame in frames {
            canary::scan_frame(&frame, |mark, word| {
                if mark.0 != caller.clinic || !granted.contains(&mark.1) {
                    let what = format!("{mark:?}: {word}");
                    self.server.wrong.push(Wrong::new("no frame has a byte that was not granted", what));
                }
            });
            let text = serde_json::to_vec(&frame).unwrap_or_default();
            if let Ok(frame) = serde_json::from_slice(&text) {
                out.push(frame);
            }
        }
        out
    }

    /// Somebody may have committed: those who listen are told a little later, once.
    pub fn moved(&mut self) {
        if !self.publishing {
            self.publishing = true;
            self.later(15, Happening::Publish);
        }
    }

    /// Tells everybody who listens.
    pub fn publish(&mut self) {
        self.publishing = false;
        if !self.server_up {
            return;
        }
        for (stream, words) in self.server.publish() {
            let Some(&(desk, life, last)) = self.streams.get(&stream) else { continue };
            if self.desks[desk].life != life {
                self.streams.remove(&stream);
                self.server.listeners.retain(|l| l.stream != stream);
                continue;
            }
            if self.desks[desk].cut_until_ms > self.now_ms {
                // The words are lost, and the desk notices after a while that nothing comes.
                self.cut_stream(stream, 15_000);
                continue;
            }
            let weather = self.weather;
            let random = &mut self.desks[desk].random;
            let mut at = last.max(self.now_ms) + random.between(1, 30);
            if random.chance(weather.slow) {
                at += random.below(20_000);
            }
            if random.chance(weather.live_cut) {
                self.cut_stream(stream, 100);
                continue;
            }
            self.streams.insert(stream, (desk, life, at));
            for word in words {
                let word = match word {
                    Word::Hint(hint) => Some(Box::new(Event::Hinted(hint))),
                    Word::Delta(delta) => {
                        let caller = self.caller(desk);
                        let frames = match caller {
                            Some(caller) => self.over_the_wire(caller, delta.frames),
                            None => delta.frames,
                        };
                        Some(Box::new(Event::Delta(Delta { frames, ..delta })))
                    }
                    Word::End => None,
                };
                let after = at - self.now_ms;
                self.later(after, Happening::Live { desk, life, stream, word });
            }
        }
    }

    /// A stream breaks; the desk notices after a while.
    pub fn cut_stream(&mut self, stream: u64, after_ms: u64) {
        self.server.listeners.retain(|l| l.stream != stream);
        if let Some((desk, life, last)) = self.streams.remove(&stream) {
            let after = last.max(self.now_ms) - self.now_ms + after_ms;
            self.later(after, Happening::Live { desk, life, stream, word: None });
        }
    }

    /// Every stream breaks.
    pub fn cut_all_streams(&mut self) {
        let streams: Vec<u64> = self.streams.keys().copied().collect();
        for stream in streams {
            self.cut_stream(stream, 200);
        }
    }

    /// A word of live, or its end.
    pub fn heard(&mut self, desk: usize, stream: u64, word: Option<Event>) {
        let Some(open) = &mut self.desks[desk].open else { return };
        if open.stream != Some(stream) {
            return;
        }
        match word {
            Some(event) => self.tell(desk, event),
            None => {
                open.stream = None;
                self.server.listeners.retain(|l| l.stream != stream);
                self.streams.remove(&stream);
                self.tell(desk, Event::LiveClosed);
            }
        }
    }

    /// A stream that nobody wants any more.
    pub fn forget_stream(&mut self, stream: u64) {
        self.streams.remove(&stream);
        self.server.listeners.retain(|l| l.stream != stream);
    }

    /// What a hello says.
    pub fn hello(&self, desk: usize) -> Option<Hello> {
        let here = &self.desks[desk];
        let open = here.open.as_ref()?;
        let facts = open.store.sync_facts().ok()?;
        Some(Hello {
            app_version: version(here.old_app).to_owned(),
            protocol: if here.old_app { 1 } else { PROTOCOL },
            epoch: facts.epoch,
            cursors: facts.cursors,
            outbox_len: facts.outbox_len,
            outbox_oldest_s: None,
            last_n: facts.last_n,
            replica: (!here.old_app).then_some(facts.replica),
            feeds: (!here.old_app).then(|| open.store.identity().feeds()),
        })
    }
}

/// The version of an app.
#[must_use]
pub fn version(old: bool) -> &'static str {
    if old { "0.1.0" } else { "0.2.0" }
}

/// A refusal as the machine hears it.
#[must_use]
pub fn fault(refusal: Refusal) -> Fault {
    Fault { kind: FaultKind::Code(refusal.code), retry_after_ms: refusal.retry_after_ms }
}
