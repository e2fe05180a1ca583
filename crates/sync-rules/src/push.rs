//! What follows from a command's past, before and after it is decided.

use wattle_domain::{CommandId, Envelope, Group, GroupId, Rejection, RejectionCode};
use wattle_protocol::push::{Answer, Verdict};

/// A command that has its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// SHA-256 of the payload that was decided.
    pub payload_hash: Vec<u8>,
    /// What was said of it.
    pub verdict: Verdict,
}

/// The answer to a command that has been seen before: the first verdict again, or a no to another payload under the same
/// id. `None`: it is new.
#[must_use]
pub fn first_answer(command_id: CommandId, payload_hash: &[u8], logged: Option<&Logged>) -> Option<Answer> {
    let logged = logged?;
    Some(if logged.payload_hash == payload_hash {
        Answer { command_id, verdict: logged.verdict.clone(), duplicate: true }
    } else {
        let rejection = Rejection::new(RejectionCode::AlreadyExists);
        Answer { command_id, verdict: Verdict::Rejected { rejection }, duplicate: false }
    })
}

/// The command that this one must wait for: one that it builds on and that has no verdict, or is in quarantine. What the
/// same group has decided before it counts as settled.
#[must_use]
pub fn deferred_on<'a>(
    envelope: &Envelope,
    mut verdict_of: impl FnMut(CommandId) -> Option<&'a Verdict>,
) -> Option<CommandId> {
    let settled = |verdict: &Verdict| !matches!(verdict, Verdict::Quarantined | Verdict::Deferred { .. });
    envelope.deps.iter().copied().find(|dep| !verdict_of(*dep).is_some_and(settled))
}

/// Whether a number that the server has under another command says that two copies of one file are at work.
#[must_use]
pub fn is_twin(command_id: CommandId, logged_under_same_number: Option<CommandId>) -> bool {
    logged_under_same_number.is_some_and(|other| other != command_id)
}

/// What to do after the server failed over a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFault {
    /// Answer what came before it; it is to be pushed again.
    TryAgain,
    /// Keep it whole for somebody to look at, and go on with the rest.
    Quarantine,
}

/// How often the server may fail over a command before it is put into quarantine.
pub const FAULTS_BEFORE_QUARANTINE: u32 = 3;

/// What to do after the server has failed over a command so many times.
#[must_use]
pub fn after_fault(faults: u32, before_quarantine: u32) -> AfterFault {
    if faults < before_quarantine { AfterFault::TryAgain } else { AfterFault::Quarantine }
}

/// Commands that are decided in one savepoint: a command alone, or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Places in the batch.
    pub range: std::ops::Range<usize>,
    /// Its group. `whole` is false when commands of it are missing: it cannot be decided.
    pub group: Option<GroupUnit>,
}

/// A group within a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupUnit {
    /// Which.
    pub id: GroupId,
    /// All its commands are there, in their order.
    pub whole: bool,
}

/// Cuts a batch, which is in the order of numbers, into units.
#[must_use]
pub fn units(groups: &[Option<Group>]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut at = 0;
    while let Some(group) = groups.get(at) {
        let length = match group {
            None => 1,
            Some(group) => {
                groups.iter().skip(at).take_while(|next| next.is_some_and(|next| next.id == group.id)).count()
            }
        };
        let range = at..at + length;
        let group = group.map(|group| {
            let places = groups.iter().skip(at).take(length).flatten();
            let in_order = places.zip(1_u32..).all(|(next, place)| next.at == place && next.of == group.of);
            GroupUnit { id: group.id, whole: in_order && usize::try_from(group.of) == Ok(length) }
        });
        units.push(Unit { range, group });
        at += length;
    }
    units
}

/// The verdicts of a group from what was said of its commands one by one, up to the first that was not applied: all stand
/// or none does. `refused` is the place of that first one within the group.
#[must_use]
pub fn refused_together(length: usize, refused: usize, verdict: &Verdict) -> Vec<Verdict> {
    let other = || match verdict {
        Verdict::Deferred { on } => Verdict::Deferred { on: *on },
        Verdict::Quarantined => Verdict::Quarantined,
        _ => Verdict::Rejected { rejection: Rejection::new(RejectionCode::GroupRefused) },
    };
    (0..length).map(|place| if place == refused { verdict.clone() } else { other() }).collect()
}

/// Whether a verdict lets the rest of its group go on.
#[must_use]
pub fn stands(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Applied | Verdict::Merged | Verdict::Conflict { .. })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn command(n: u128) -> CommandId {
        CommandId(Uuid::from_u128(n))
    }

    fn place(id: u128, at: u32, of: u32) -> Option<Group> {
        Some(Group { id: GroupId(Uuid::from_u128(id)), at, of })
    }

    #[test]
    fn a_retry_gets_its_first_answer_and_another_payload_a_no() {
        let logged = Logged { payload_hash: vec![1], verdict: Verdict::Merged };
        assert_eq!(first_answer(command(1), &[1], None), None);
        let again = first_answer(command(1), &[1], Some(&logged)).unwrap();
        assert_eq!((again.verdict, again.duplicate), (Verdict::Merged, true));
        let other = first_answer(command(1), &[2], Some(&logged)).unwrap();
        assert!(matches!(other.verdict, Verdict::Rejected { .. }) && !other.duplicate);
    }

    #[test]
    fn the_third_fault_is_the_last() {
        let after = (1..=3).map(|faults| after_fault(faults, FAULTS_BEFORE_QUARANTINE));
        assert_eq!(
            after.collect::<Vec<_>>(),
            [AfterFault::TryAgain, AfterFault::TryAgain, AfterFault::Quarantine]
        );
    }

    #[test]
    fn a_batch_is_cut_into_commands_and_whole_groups() {
        let cases = [
            (vec![None, None], vec![(0..1, None), (1..2, None)], "alone"),
            (
                vec![None, place(7, 1, 2), place(7, 2, 2), None],
                vec![(0..1, None), (1..3, Some(true)), (3..4, None)],
                "a group",
            ),
            (vec![place(7, 1, 2)], vec![(0..1, Some(false))], "its end is missing"),
            (vec![place(7, 2, 2)], vec![(0..1, Some(false))], "its beginning is missing"),
            (
                vec![place(7, 1, 1), place(8, 1, 1)],
                vec![(0..1, Some(true)), (1..2, Some(true))],
                "two groups of one",
            ),
            (vec![place(7, 2, 2), place(7, 1, 2)], vec![(0..2, Some(false))], "out of order"),
        ];
        for (groups, want, why) in cases {
            let cut: Vec<_> =
                units(&groups).into_iter().map(|unit| (unit.range, unit.group.map(|g| g.whole))).collect();
            assert_eq!(cut, want, "{why}");
        }
    }

    #[test]
    fn one_no_is_a_no_to_all_and_a_wait_a_wait_for_all() {
        let no = Verdict::Rejected { rejection: Rejection::new(RejectionCode::SlotTaken) };
        let all = refused_together(3, 1, &no);
        assert_eq!(all.get(1), Some(&no));
        let group = Verdict::Rejected { rejection: Rejection::new(RejectionCode::GroupRefused) };
        assert_eq!((all.first(), all.get(2)), (Some(&group), Some(&group)));
        let wait = Verdict::Deferred { on: command(9) };
        assert!(refused_together(2, 0, &wait).iter().all(|verdict| *verdict == wait));
    }
}
