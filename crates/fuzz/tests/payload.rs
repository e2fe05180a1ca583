//! The text that an author signs, without the push around it: the edits all land in the command.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::LazyLock;

use wattle_domain::{Context, Envelope, Place, Role, World, decide};
use wattle_protocol::push::Push;

static EXAMPLES: LazyLock<Vec<&'static [u8]>> = LazyLock::new(|| {
    let push = include_bytes!("../../protocol/tests/recorded/v2/push.json");
    let push: Push = serde_json::from_slice(push).unwrap();
    push.commands.into_iter().map(|signed| &*signed.payload.into_bytes().leak()).collect()
});

#[test]
fn payload() {
    wattle_fuzz::try_on(&EXAMPLES, |bytes| {
        let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) else { return };
        let context = Context::of(&envelope, &Role::ALL, Place::Server);
        let mut world = World::default();
        world.next_record_number = Some("1".into());
        let decided = decide(&envelope.command, &context, &world);
        assert_eq!(decided, decide(&envelope.command, &context, &world));
        let again: Envelope = serde_json::from_str(&serde_json::to_string(&envelope).unwrap()).unwrap();
        assert_eq!(again, envelope);
    });
}
