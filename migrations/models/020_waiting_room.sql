-- Who is here today and waits, or is being seen.
-- inputs: clinic.clinic, read_model.todays_appointments
-- output: read_model.waiting_room
-- key: clinic_id, appointment_id
-- tests:
--   not_null: status, patient_id, practitioner_id
--   relationships: appointment_id -> read_model.todays_appointments.appointment_id
--   accepted_values: status = arrived, in_consult
SELECT
    t.clinic_id,
    t.appointment_id,
    t.status,
    t.start_at,
    t.arrived_at,
    t.started_at,
    t.practitioner_id,
    t.practitioner,
    t.patient_id,
    t.record_number,
    t.family_name,
    t.given_name,
    t.preferred_name,
    t.restricted,
    t.room
FROM read_model.todays_appointments t
JOIN clinic.clinic c ON c.clinic_id = t.clinic_id
WHERE t.status IN ('arrived', 'in_consult')
  AND t.day = (now() AT TIME ZONE c.time_zone)::date
