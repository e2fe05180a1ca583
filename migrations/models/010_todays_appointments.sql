-- Who comes when, on the clinic's own days: from yesterday to a week ahead, so that the list of a day is there before its
-- midnight. Ask for one day.
-- inputs: clinic.appointment, clinic.appointment_type, clinic.clinic, clinic.location, clinic.patient, clinic.practitioner,
--   clinic.restriction
-- output: read_model.todays_appointments
-- key: clinic_id, appointment_id
-- tests:
--   not_null: day, start_at, end_at, status, patient_id, practitioner_id, type
--   relationships: appointment_id -> clinic.appointment.id
--   relationships: patient_id -> clinic.patient.id
--   relationships: practitioner_id -> clinic.practitioner.id
--   accepted_values: status = booked, confirmed, arrived, in_consult, done, did_not_attend
--   holds: start_at < end_at
SELECT
    a.clinic_id,
    a.id AS appointment_id,
    (a.start_at AT TIME ZONE c.time_zone)::date AS day,
    a.start_at,
    a.end_at,
    a.status,
    a.double_booking,
    a.practitioner_id,
    concat_ws(' ', d.title, d.given_name, d.family_name) AS practitioner,
    a.patient_id,
    p.record_number,
    p.family_name,
    p.given_name,
    p.preferred_name,
    p.birth_date,
    coalesce(r.active, false) AS restricted,
    t.name AS type,
    l.name AS room,
    a.arrived_at,
    a.started_at
FROM clinic.appointment a
JOIN clinic.clinic c ON c.clinic_id = a.clinic_id
JOIN clinic.practitioner d ON d.clinic_id = a.clinic_id AND d.id = a.practitioner_id
JOIN clinic.patient p ON p.clinic_id = a.clinic_id AND p.id = a.patient_id
JOIN clinic.appointment_type t ON t.clinic_id = a.clinic_id AND t.id = a.type_id
LEFT JOIN clinic.location l ON l.clinic_id = a.clinic_id AND l.id = a.room_id
LEFT JOIN clinic.restriction r ON r.clinic_id = a.clinic_id AND r.patient_id = a.patient_id AND r.deleted_at IS NULL
WHERE a.deleted_at IS NULL
  AND a.status <> 'cancelled'
  AND a.start_at >= ((now() AT TIME ZONE c.time_zone)::date - 1)::timestamp AT TIME ZONE c.time_zone
  AND a.start_at < ((now() AT TIME ZONE c.time_zone)::date + 8)::timestamp AT TIME ZONE c.time_zone
