//! The body of a push, down to the decision: whatever is signed may be sent.
#![allow(clippy::unwrap_used, missing_docs)]

use wattle_domain::{Context, Envelope, Place, Role, World, decide};
use wattle_protocol::push::Push;

const EXAMPLES: &[&[u8]] = &[
    include_bytes!("../../protocol/tests/recorded/v1/push.json"),
    include_bytes!("../../protocol/tests/recorded/v2/push.json"),
];

#[test]
fn push_body() {
    wattle_fuzz::try_on(EXAMPLES, |bytes| {
        let Ok(push) = serde_json::from_slice::<Push>(bytes) else { return };
        for signed in &push.commands {
            let Ok(envelope) = serde_json::from_str::<Envelope>(&signed.payload) else { continue };
            for place in [Place::Workstation, Place::Server] {
                let context = Context::of(&envelope, &Role::ALL, place);
                let first = decide(&envelope.command, &context, &World::default());
                // Pure: the same arguments, the same answer.
                assert_eq!(first, decide(&envelope.command, &context, &World::default()));
            }
            // What is read can be written, and means the same.
            let again: Envelope = serde_json::from_str(&serde_json::to_string(&envelope).unwrap()).unwrap();
            assert_eq!(again, envelope);
        }
    });
}
