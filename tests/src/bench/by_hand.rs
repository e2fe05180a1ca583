//! The SQL of a command sent by hand: what the server writes for one registration, by `pgbench`, with nothing of ours
//! between but the triggers of the schema.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::house::House;

/// One registration: the patient, a mobile, the log, the audit entry; the same rows that the server writes. The ids
/// that PostgreSQL draws stand for those that come with a command.
const COMMAND: &str = "
INSERT INTO clinic.patient (clinic_id, id, record_number, family_name, given_name, birth_date, birth_date_accuracy, sex)
  VALUES (:clinic, :patient, (clinic.next_record_numbers(1))[1], 'Byhand', 'Test', '1980-02-03', 'exact', 'female');
INSERT INTO clinic.patient_contact (clinic_id, id, patient_id, kind, value, preferred)
  VALUES (:clinic, gen_random_uuid(), :patient, 'mobile', '+61400000000', true);
INSERT INTO clinic.command_log (clinic_id, command_id, workstation_id, n, author_id, name, payload, payload_hash, signature, verdict)
  VALUES (:clinic, :command, :workstation, 1, :workstation, 'register_patient', repeat('x', 700), sha256('x'), repeat('s', 64)::bytea,
    '{\"verdict\": \"applied\"}');
";
const AUDIT: &str = "
INSERT INTO clinic.audit_event (clinic_id, id, at, user_id, role, workstation_id, action, command_id, patient_id, outcome, changes)
  VALUES (:clinic, gen_random_uuid(), date_trunc('milliseconds', clock_timestamp()), :workstation, 'reception', :workstation,
    'register_patient', gen_random_uuid(), :patient, 'applied', '[]');
";

/// Commands a second by hand, over some clinics, so many in a transaction, with so many clients at once.
///
/// # Errors
/// `pgbench` fails.
pub fn commands_per_s(
    house: &House,
    dir: &Path,
    clinics: &[String],
    batch: u32,
    clients: u32,
    time: Duration,
) -> anyhow::Result<f64> {
    let list = clinics.join(",");
    let mut script = format!(
        "SELECT (string_to_array('{list}', ','))[1 + floor(random() * {})::int] AS clinic, \
         gen_random_uuid() AS workstation \\gset\nBEGIN;\n\
         SELECT set_config('wattle.clinic', :clinic, true), set_config('wattle.workstation', :workstation, true);\n",
        clinics.len()
    );
    let draw = "SELECT gen_random_uuid() AS patient, gen_random_uuid() AS command \\gset\n";
    for _ in 0..batch {
        script.push_str(draw);
        script.push_str("SAVEPOINT one;");
        script.push_str(COMMAND);
        script.push_str("RELEASE one;\n");
    }
    // At the end, as the server does: from here on the clinic's chain is locked.
    for _ in 0..batch {
        script.push_str(AUDIT);
    }
    script.push_str("COMMIT;\n");
    let file = dir.join(format!("by-hand-{batch}.sql"));
    std::fs::write(&file, script)?;
    let output = house
        .client("pgbench")
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()])
        .args(["-T", &time.as_secs().max(1).to_string(), "-f"])
        .arg(&file)
        .output()
        .context("pgbench")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let tps =
        said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    let tps = tps.with_context(|| {
        format!("pgbench gave no figure: {said}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(tps * f64::from(batch))
}
