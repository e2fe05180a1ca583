//! A push put into the order of its numbers and cut into transactions, none of which cuts a group.

use std::collections::{BTreeMap, BTreeSet};

use wattle_domain::CommandId;
use wattle_protocol::push::Answer;
use wattle_sync_rules::push::{Unit, units};

use super::incoming::Incoming;

/// What is to be done, in order.
pub(super) struct Plan {
    /// In the order of numbers, each payload once.
    pub commands: Vec<Incoming>,
    units: Vec<Unit>,
    /// What was sent, in the order of sending.
    sent: Vec<(CommandId, Vec<u8>)>,
}

impl Plan {
    pub fn of(mut commands: Vec<Incoming>) -> Self {
        let sent = commands.iter().map(|command| (command.id, command.payload_hash.clone())).collect();
        commands.sort_by_key(|command| command.n);
        // A command that came twice is no second place of its group.
        let mut seen = BTreeSet::new();
        commands.retain(|command| seen.insert((command.id, command.payload_hash.clone())));
        let groups: Vec<_> =
            commands.iter().map(|command| command.envelope.as_ref().and_then(|e| e.group)).collect();
        Self { units: units(&groups), commands, sent }
    }

    /// Units of about so many commands together; a group is never cut, however long.
    pub fn transactions(&self, commands: usize) -> impl Iterator<Item = &[Unit]> {
        let mut rest = self.units.as_slice();
        std::iter::from_fn(move || {
            let mut length = 0;
            let mut taken = 0;
            for unit in rest {
                length += unit.range.len();
                if taken > 0 && length > commands {
                    break;
                }
                taken += 1;
            }
            let (now, later) = rest.split_at_checked(taken)?;
            rest = later;
            (!now.is_empty()).then_some(now)
        })
    }

    /// Answers, given in the order of numbers from the first on, in the order of sending.
    pub fn as_sent(&self, answers: Vec<Answer>) -> Vec<Answer> {
        let keys = self.commands.iter().map(|command| (command.id, command.payload_hash.as_slice()));
        let mut found: BTreeMap<(CommandId, &[u8]), Answer> = keys.zip(answers).collect();
        let mut given = Vec::with_capacity(self.sent.len());
        for (id, hash) in &self.sent {
            if let Some(answer) = found.get_mut(&(*id, hash.as_slice())) {
                given.push(answer.clone());
                // The next time it is one that was seen before.
                answer.duplicate = true;
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use wattle_protocol::push::{Signed, Verdict};

    /// A command by its number, and its place in the group of that id, as far as a server must read it.
    fn command(n: u64, group: Option<(u128, u32, u32)>) -> Signed {
        let group = group
            .map(|(id, at, of)| format!(r#","group":{{"id":"{}","at":{at},"of":{of}}}"#, Uuid::from_u128(id)))
            .unwrap_or_default();
        let zero = Uuid::nil();
        let payload = format!(
            r#"{{"id":"{}","wire":2,"clinic":"{zero}","workstation":"{zero}","n":{n},"author":"{zero}",
                "issued_at":0{group},"name":"record_arrival","args":{{"appointment_id":"{zero}"}}}}"#,
            Uuid::from_u128(n.into())
        );
        Signed { payload, signature: String::new() }
    }

    fn plan(commands: Vec<Signed>) -> Plan {
        Plan::of(commands.into_iter().map(|c| Incoming::read(c).ok().unwrap()).collect())
    }

    fn cut(plan: &Plan, commands: usize) -> Vec<Vec<i64>> {
        let numbers = |unit: &Unit| plan.commands[unit.range.clone()].iter().map(|c| c.n).collect::<Vec<_>>();
        plan.transactions(commands).map(|units| units.iter().flat_map(numbers).collect()).collect()
    }

    #[test]
    fn no_transaction_cuts_a_group() {
        let group = |at| Some((9, at, 3));
        let all = plan(vec![
            command(5, None),
            command(4, group(3)),
            command(3, group(2)),
            command(2, group(1)),
            command(1, None),
            command(3, group(2)),
        ]);
        assert!(all.commands.iter().all(|c| c.envelope.is_some()));
        for (commands, wanted) in [
            (0, vec![vec![1], vec![2, 3, 4], vec![5]]),
            (2, vec![vec![1], vec![2, 3, 4], vec![5]]),
            (4, vec![vec![1, 2, 3, 4], vec![5]]),
            (32, vec![vec![1, 2, 3, 4, 5]]),
        ] {
            assert_eq!(cut(&all, commands), wanted, "{commands}");
        }
        assert!(all.units.iter().all(|unit| unit.group.is_none_or(|group| group.whole)));
    }

    #[test]
    fn answers_go_back_as_the_commands_came() {
        let all = plan(vec![command(2, None), command(1, None), command(2, None), command(3, None)]);
        let decided = [1, 2].map(|n: u128| Answer {
            command_id: CommandId(Uuid::from_u128(n)),
            verdict: Verdict::Applied,
            duplicate: false,
        });
        let answers: Vec<_> =
            all.as_sent(decided.to_vec()).iter().map(|a| (a.command_id.0.as_u128(), a.duplicate)).collect();
        assert_eq!(answers, [(2, false), (1, false), (2, true)], "the third was not reached");
    }
}
