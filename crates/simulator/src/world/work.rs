//! The driver's part: what the machine wants done, and what came of it.

use wattle_domain::TableName;
use wattle_local_store::{Error as StoreError, PullKind};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::pull::{Frame, Pull};
use wattle_sync_engine::machine::{Event, Fault, FaultKind, Instruction, PullWanted, Tidy, Work};

use super::files::{Within, Write};
use super::wire::{Pulled, Reply, Request, fault};
use super::{Happening, Job, World};
use crate::desk::{Coming, facts};
use crate::mutant::Mutant;
use crate::server::history::Wrong;

/// How long an access token is good.
pub const TOKEN_MS: u64 = 600_000;

fn store_fault(error: &StoreError) -> Fault {
    match error {
        StoreError::BadFrame { .. } | StoreError::Incomplete => Fault::new(FaultKind::Garbled),
        _ => Fault::new(FaultKind::Store),
    }
}

impl World {
    /// Gives an event to a machine and does what it says.
    pub fn tell(&mut self, desk: usize, event: Event) {
        let here = &mut self.desks[desk];
        let now = i64::try_from(self.now_ms).unwrap_or(0) + super::BEGINS_MS + here.clock_off_ms;
        here.clock.set(now);
        let Some(open) = &mut here.open else { return };
        self.trace.note(self.now_ms, format_args!("desk {desk}: {}", brief(&event)));
        let instructions = open.machine.handle(event, wattle_domain::UtcInstant(now));
        for instruction in instructions {
            self.carry_out(desk, instruction);
        }
    }

    /// Facts of the file; none when nothing is open.
    pub fn facts(&self, desk: usize) -> Option<wattle_sync_engine::machine::Facts> {
        let open = self.desks[desk].open.as_ref()?;
        open.store.sync_facts().ok().map(|f| facts(&open.store, f))
    }

    fn with_facts(
        &mut self,
        desk: usize,
        work: Work,
        event: impl FnOnce(wattle_sync_engine::machine::Facts) -> Event,
    ) {
        self.note_cursors(desk);
        let event = match self.facts(desk) {
            Some(facts) => event(facts),
            None => Event::Failed { work, fault: Fault::new(FaultKind::Store) },
        };
        self.tell(desk, event);
    }

    fn carry_out(&mut self, desk: usize, instruction: Instruction) {
        let life = self.desks[desk].life;
        let local = |world: &mut Self, job| {
            let after = world.desks[desk].random.between(1, 25);
            world.later(after, Happening::Local { desk, life, job });
        };
        match instruction {
            Instruction::OpenSession => {
                if let Some(hello) = self.hello(desk) {
                    self.send(desk, Work::Session, Request::Session(hello));
                }
            }
            Instruction::Refresh => self.send(desk, Work::Refresh, Request::Refresh),
            Instruction::Push { max_commands, max_bytes } => self.push(desk, max_commands, max_bytes),
            Instruction::RecordAnswers(answers) => local(self, Job::Record(answers)),
            Instruction::Pull { max_bytes, kind, .. } => self.pull(desk, max_bytes, kind),
            Instruction::TakeIn(delta) => local(self, Job::TakeIn(delta)),
            Instruction::OpenLive => {
                let old = self.desks[desk].old_app;
                let feeds = self.desks[desk].open.as_ref().map(|open| open.store.identity().feeds());
                self.send(desk, Work::Live, Request::Live(feeds.filter(|_| !old)));
            }
            Instruction::CloseLive => self.close_live(desk),
            Instruction::Tidy(tidy) => local(self, Job::Tidy(tidy)),
            Instruction::SetTimer { timer, after_ms } => {
                let setting = self.number();
                if let Some(open) = &mut self.desks[desk].open {
                    open.timers.insert(timer, setting);
                }
                self.later(after_ms, Happening::Timer { desk, life, timer, setting });
            }
            Instruction::ClearTimer(timer) => {
                if let Some(open) = &mut self.desks[desk].open {
                    open.timers.remove(&timer);
                }
            }
            Instruction::ProfileChanged => self.profile_changed(desk),
            Instruction::Report(state) => {
                let here = &mut self.desks[desk];
                let Some(open) = &mut here.open else { return };
                if state.connection == Connection::SignInAgain && !open.asked_to_sign_in {
                    open.asked_to_sign_in = true;
                    let after = here.random.between(3_000, 60_000);
                    self.later(after, Happening::SignedIn { desk, life });
                }
            }
        }
    }

    /// Somebody typed their password, if the server can be reached.
    pub fn signed_in(&mut self, desk: usize) {
        let (now, up) = (self.now_ms, self.server_up);
        let here = &mut self.desks[desk];
        let life = here.life;
        if !up || here.cut_until_ms > now {
            let after = here.random.between(5_000, 30_000);
            return self.later(after, Happening::SignedIn { desk, life });
        }
        let Some(open) = &mut here.open else { return };
        open.asked_to_sign_in = false;
        open.token_spent = false;
        open.token_until_ms = now + TOKEN_MS;
        let user = self.plan.people[open.person].user;
        open.roles = self.server.roles(here.clinic, user);
        self.tell(desk, Event::SignedIn);
    }

    fn close_live(&mut self, desk: usize) {
        let life = self.desks[desk].life;
        let Some(open) = &mut self.desks[desk].open else { return };
        let event = if open.flights.remove(&Work::Live).is_some() {
            Event::Failed { work: Work::Live, fault: Fault::new(FaultKind::Unreachable) }
        } else {
            let Some(stream) = open.stream.take() else { return };
            self.forget_stream(stream);
            Event::LiveClosed
        };
        self.later(1, Happening::Tell { desk, life, event: Box::new(event) });
    }

    fn push(&mut self, desk: usize, max_commands: usize, max_bytes: usize) {
        let life = self.desks[desk].life;
        let Some(open) = &self.desks[desk].open else { return };
        let event = match open.store.outbox_batch(max_commands, max_bytes) {
            Ok(commands) if commands.is_empty() => {
                Event::PushAnswered { sent: 0, answers: Vec::new(), twin: false }
            }
            Ok(commands) => {
                let ids = commands.iter().filter_map(|c| id_of(&c.payload)).collect();
                return self.send(desk, Work::Push, Request::Push(commands, ids));
            }
            Err(error) => Event::Failed { work: Work::Push, fault: store_fault(&error) },
        };
        self.later(1, Happening::Tell { desk, life, event: Box::new(event) });
    }

    fn pull(&mut self, desk: usize, max_bytes: u64, kind: PullWanted) {
        let life = self.desks[desk].life;
        match self.question(desk, max_bytes, kind) {
            Ok(Some(asked)) => self.send(desk, Work::Pull, Request::Pull(asked)),
            Ok(None) => {}
            Err(error) => {
                let event = Event::Failed { work: Work::Pull, fault: store_fault(&error) };
                self.later(1, Happening::Tell { desk, life, event: Box::new(event) });
            }
        }
    }

    fn question(
        &mut self,
        desk: usize,
        max_bytes: u64,
        kind: PullWanted,
    ) -> Result<Option<Pull>, StoreError> {
        let old = self.desks[desk].old_app;
        let kind = match kind {
            PullWanted::Usual | PullWanted::Repair => PullKind::Usual,
            PullWanted::Digest if old => PullKind::Usual,
            PullWanted::Digest => self.digest_kind(desk),
            PullWanted::Reconcile { epoch } if old => {
                // The app before this one forgot all cursors and fetched everything again.
                let done = self.write(desk, Write::Tidy, |store| store.adopt_epoch(&epoch));
                let Some(done) = done else { return Ok(None) };
                done?;
                PullKind::Usual
            }
            PullWanted::Reconcile { epoch } => PullKind::Reconcile { epoch },
        };
        let Some(open) = &self.desks[desk].open else { return Ok(None) };
        let mut asked = open.store.pull_request(kind, max_bytes)?;
        if old {
            asked = Pull { feeds: None, digest: None, repair: Vec::new(), reconcile: false, ..asked };
        }
        Ok(Some(asked))
    }

    /// Which comparison comes next: any table, now and then the content of a bucket. At the end, everything.
    fn digest_kind(&mut self, desk: usize) -> PullKind {
        let healing = self.healing;
        let here = &mut self.desks[desk];
        let Some(open) = &here.open else { return PullKind::Usual };
        let file = here.files.get(&open.profile);
        if healing {
            let content_of = if here.random.chance(500) {
                file.and_then(|f| f.damaged.iter().map(|(_, bucket)| *bucket).next())
            } else {
                None
            };
            return PullKind::Digest { tables: Vec::new(), content_of };
        }
        let feeds = open.store.identity().feeds();
        let tables: Vec<TableName> =
            TableName::ALL.iter().copied().filter(|t| feeds.contains(&t.table().class)).collect();
        let table = here.random.pick(&tables).map(|t| t.as_str().to_owned());
        let content_of = here.random.chance(300).then(|| u8::try_from(here.random.below(256)).unwrap_or(0));
        PullKind::Digest { tables: table.into_iter().collect(), content_of }
    }

    /// An answer came.
    pub fn answered(&mut self, desk: usize, work: Work, flight: u64, reply: Reply) {
        let Some(open) = &mut self.desks[desk].open else { return };
        if open.flights.get(&work) != Some(&flight) {
            return;
        }
        open.flights.remove(&work);
        let failed = |fault| Event::Failed { work, fault };
        let event = match reply {
            Reply::Unreachable => failed(Fault::new(FaultKind::Unreachable)),
            Reply::Garbled => failed(Fault::new(FaultKind::Garbled)),
            Reply::Refused(refusal) => {
                if work == Work::Refresh && refusal.code == ErrorCode::SignInAgain {
                    open.token_spent = true;
                }
                failed(fault(refusal))
            }
            Reply::Session(welcome) => {
                open.roles.clone_from(&welcome.roles);
                let granted = welcome.feeds.iter().map(|f| f.feed).collect();
                let profile = open.profile.clone();
                if let Some(file) = self.desks[desk].files.get_mut(&profile) {
                    file.granted = granted;
                }
                Event::SessionAnswered(welcome)
            }
            Reply::Refreshed => {
                open.token_spent = false;
                open.token_until_ms = self.now_ms + TOKEN_MS;
                Event::Refreshed
            }
            Reply::Pushed(pushed, sent) => {
                let fits = pushed.answers.len() <= sent.len()
                    && pushed.answers.iter().zip(&sent).all(|(answer, id)| answer.command_id == *id);
                if fits {
                    Event::PushAnswered { sent: sent.len(), answers: pushed.answers, twin: pushed.twin }
                } else {
                    failed(Fault::new(FaultKind::Garbled))
                }
            }
            Reply::Pulled(pulled) => return self.take_pull(desk, *pulled),
            Reply::Listening(stream) => {
                open.stream = Some(stream);
                Event::LiveOpened
            }
        };
        self.tell(desk, event);
    }

    /// Frames come, at once or in two parts, between which people go on working.
    fn take_pull(&mut self, desk: usize, pulled: Pulled) {
        let life = self.desks[desk].life;
        let Pulled { asked, mut frames, whole, rows } = pulled;
        if self.server.is(Mutant::AdoptDigest) {
            self.adopt_digests(desk, &asked, &mut frames);
        }
        if asked.reconcile && whole {
            self.drop_outbox(desk);
        }
        let here = &mut self.desks[desk];
        // A first sync holds the file's writer, and nobody works yet.
        let first = frames.iter().any(|frame| matches!(frame, Frame::Whole { .. }));
        let parts = !first && here.random.chance(300);
        let Some(open) = &mut here.open else { return };
        let mut pull = match open.store.begin_pull_of(&asked) {
            Ok(pull) => pull,
            Err(error) => return self.pull_refused(desk, &error),
        };
        let later = if parts { frames.split_off(frames.len() / 2) } else { Vec::new() };
        for frame in frames {
            if let Err(error) = pull.frame(frame) {
                drop(pull);
                return self.pull_refused(desk, &error);
            }
        }
        open.coming = Some(Coming { asked, pull, frames: later, whole, rows });
        if parts {
            let after = here.random.between(1, 4_000);
            self.later(after, Happening::PullEnds { desk, life });
        } else {
            self.pull_ends(desk);
        }
    }

    fn pull_refused(&mut self, desk: usize, error: &StoreError) {
        self.trace.note(self.now_ms, format_args!("desk {desk}: a pull was refused: {error}"));
        let old = self.desks[desk].old_app;
        // The app before this one is sent every feed that is granted, and its file takes its profile only.
        if !old && matches!(error, StoreError::BadFrame { .. } | StoreError::BadRow { .. }) {
            self.fail(Wrong::new("every frame fits", format!("desk {desk}: {error}")));
        }
        self.tell(desk, Event::Failed { work: Work::Pull, fault: store_fault(error) });
    }

    /// The rest of a pull is there, or will never be.
    pub fn pull_ends(&mut self, desk: usize) {
        let Some(coming) = self.desks[desk].open.as_mut().and_then(|open| open.coming.take()) else { return };
        let Coming { asked, mut pull, frames, whole, rows } = coming;
        let done = self.write(desk, Write::Pull, |_| {
            for frame in frames {
                pull.frame(frame)?;
            }
            if whole { pull.finish().map(Some) } else { Ok(None) }
        });
        let Some(done) = done else { return };
        match done {
            Ok(Some(done)) => {
                self.note_digest(desk, &asked, done.wrong_buckets);
                let complete = done.complete;
                if complete {
                    self.check_orphans(desk, Within::File);
                    if let Some(rows) = rows.filter(|_| !asked.reconcile) {
                        self.check_mirror(desk, &rows);
                    }
                }
                self.with_facts(desk, Work::Pull, |facts| Event::PullFinished { complete, facts });
            }
            Ok(None) => {
                let fault = Fault::new(FaultKind::Unreachable);
                self.tell(desk, Event::Failed { work: Work::Pull, fault });
            }
            Err(error) => self.pull_refused(desk, &error),
        }
    }

    /// Work in the file itself.
    pub fn job(&mut self, desk: usize, job: Job) {
        match job {
            Job::Record(answers) => {
                let done = self.write(desk, Write::Record, |store| store.record_answers(&answers));
                match done {
                    None => {}
                    Some(Ok(_)) => self.with_facts(desk, Work::Push, Event::AnswersRecorded),
                    Some(Err(error)) => {
                        self.tell(desk, Event::Failed { work: Work::Push, fault: store_fault(&error) });
                    }
                }
            }
            Job::Tidy(tidy) => {
                if matches!(tidy, Tidy::ForgetCursors(_) | Tidy::AdoptEpoch(_) | Tidy::RemoveFeeds(_)) {
                    self.drop_outbox(desk);
                }
                let removed = matches!(tidy, Tidy::RemoveFeeds(_));
                let done = self.write(desk, Write::Tidy, |store| match &tidy {
                    Tidy::RemoveFeeds(feeds) => store.remove_feeds(feeds).map(drop),
                    Tidy::ForgetCursors(feeds) => store.forget_cursors(feeds),
                    Tidy::AdoptEpoch(epoch) => store.adopt_epoch(epoch).map(drop),
                    Tidy::SkipToNumber(last_n) => store.skip_to_number(*last_n),
                    Tidy::RenewReplica => store.renew_replica(),
                });
                match done {
                    None => {}
                    Some(Ok(())) => {
                        if removed {
                            self.check_removed(desk);
                        }
                        self.with_facts(desk, Work::Tidy, Event::Tidied);
                    }
                    Some(Err(error)) => {
                        self.tell(desk, Event::Failed { work: Work::Tidy, fault: store_fault(&error) });
                    }
                }
            }
            Job::TakeIn(delta) => match self.write(desk, Write::Pull, |store| store.take_in(delta)) {
                None => {}
                Some(Ok(Some(_))) => {
                    // Not every time: it looks through the whole file. Of another feed a parent may come in the next step.
                    if self.trace.events().is_multiple_of(4) {
                        self.check_orphans(desk, Within::Feeds);
                    }
                    self.with_facts(desk, Work::Pull, |facts| Event::PullFinished { complete: true, facts });
                }
                Some(Ok(None)) => self.tell(desk, Event::DeltaMissed),
                Some(Err(error)) => {
                    self.tell(desk, Event::Failed { work: Work::Pull, fault: store_fault(&error) });
                }
            },
        }
    }
}

fn id_of(payload: &str) -> Option<wattle_domain::CommandId> {
    let named: serde_json::Value = serde_json::from_str(payload).ok()?;
    named.get("id")?.as_str()?.parse().ok()
}

/// An event in a few words: never the rows.
fn brief(event: &Event) -> String {
    match event {
        Event::Started(_) => "started".into(),
        Event::OutboxChanged(f) => format!("outbox has {}", f.outbox_len),
        Event::SessionAnswered(w) => format!("welcome, {} roles {:?}", w.epoch, w.roles),
        Event::PushAnswered { sent, answers, twin } => {
            format!("push answered {}/{sent} twin {twin}", answers.len())
        }
        Event::AnswersRecorded(f) => format!("recorded, {} wait, {} await", f.outbox_len, f.awaiting.len()),
        Event::PullFinished { complete, facts } => {
            format!("pulled complete {complete} cursors {:?} repairs {}", facts.cursors, facts.repairs)
        }
        Event::Tidied(f) => format!("tidied, cursors {:?}", f.cursors),
        Event::Delta(d) => format!("delta {:?} {} to {}", d.feed, d.from.0, d.to.0),
        other => format!("{other:?}"),
    }
}
