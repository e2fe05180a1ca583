//! The small bodies: sign-in, OpenID, codes, refresh, session, pull, image, document, wipe, escrow, people.
#![allow(missing_docs)]

use serde::de::DeserializeOwned;
use wattle_protocol::admin::Act;
use wattle_protocol::document::DocumentAsk;
use wattle_protocol::escrow::Escrow;
use wattle_protocol::image::ImageAsk;
use wattle_protocol::openid::{Begin, Returned};
use wattle_protocol::pull::Pull;
use wattle_protocol::second_factor::Step;
use wattle_protocol::session::{Hello, Refresh, SignIn, Wiping};

const EXAMPLES: &[&[u8]] = &[
    include_bytes!("../../protocol/tests/recorded/v1/sign_in.json"),
    include_bytes!("../../protocol/tests/recorded/v2/enrol.json"),
    include_bytes!("../../protocol/tests/recorded/v2/refresh.json"),
    include_bytes!("../../protocol/tests/recorded/v2/session.json"),
    include_bytes!("../../protocol/tests/recorded/v2/pull.json"),
    include_bytes!("../../protocol/tests/recorded/v2/image_ask.json"),
    br#"{"unsent":[{"payload":"{}","signature":"AA=="}],"done":true}"#,
    br#"{"profile":"ref-front","keep":"AAAA"}"#,
    br#"{"act":"add_person","username":"n","display_name":"N","password":"a long password","roles":["nurse"]}"#,
    br#"{"act":"set_computer","workstation":"0196f3a0-0000-7000-8000-0000000000d1","state":"wipe"}"#,
    br#"{"act":"approve_computer","code":"ABCD-EFGH"}"#,
    br#"{"workstation":null,"workstation_secret":"00ff","enrolment":{"code":"ABCD-EFGH-JKLM","name":"desk"},"redirect_uri":"http://127.0.0.1:4000/","code_challenge":"abc","state":"s"}"#,
    br#"{"attempt":"0196f3a0-0000-7000-8000-0000000000d1","code":"c","verifier":"v","redirect_uri":"http://127.0.0.1:4000/"}"#,
    br#"{"step":"confirm","code":"123456"}"#,
    br#"{"document_id":"0196f3a0-0000-7000-8000-0000000000d1","table":"desk_document","step":"up"}"#,
];

fn read<T: DeserializeOwned + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        // What goes into a log must not fail either.
        let _ = format!("{read:?}");
    }
}

#[test]
fn session() {
    wattle_fuzz::try_on(EXAMPLES, |bytes| {
        read::<SignIn>(bytes);
        read::<Refresh>(bytes);
        read::<Hello>(bytes);
        read::<Pull>(bytes);
        read::<ImageAsk>(bytes);
        read::<Wiping>(bytes);
        read::<Escrow>(bytes);
        read::<Act>(bytes);
        read::<Begin>(bytes);
        read::<Returned>(bytes);
        read::<Step>(bytes);
        read::<DocumentAsk>(bytes);
    });
}
