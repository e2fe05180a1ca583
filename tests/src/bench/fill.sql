SET wattle.clinic = 'CLINIC';
ALTER TABLE clinic.patient DISABLE TRIGGER ALL;
ALTER TABLE clinic.patient_contact DISABLE TRIGGER ALL;
ALTER TABLE clinic.address DISABLE TRIGGER ALL;
ALTER TABLE clinic.appointment DISABLE TRIGGER ALL;

CREATE FUNCTION pg_temp.row_id(kind integer, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(i + 1), 12, '0') || '7' || substr(md5(i || '/' || kind), 1, 3) || '8' || lpad(to_hex(kind), 3, '0') || substr(md5(kind || '/' || i), 1, 12))::uuid
$$;
CREATE FUNCTION pg_temp.pick(words text[], i bigint, salt integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT words[1 + abs(hashint8(i * 31 + salt)) % cardinality(words)]
$$;

INSERT INTO clinic.patient (clinic_id, id, record_number, title, family_name, given_name, preferred_name, birth_date,
    birth_date_accuracy, sex, indigenous_status, usual_practitioner_id, created_at, updated_at)
SELECT 'CLINIC', pg_temp.row_id(4, i), 'B' || i, pg_temp.pick('{Mr,Mrs,Ms,Dr}', i, 1),
    pg_temp.pick('{Smith,Nguyen,Jones,Williams,Brown,Wilson,Taylor,Singh,White,Martin,Tran,Walker,Harris,Lee,Ryan,Kelly,King,Patel,Wang,Costa,Haddad,Rossi,Kowalski,Murphy,Chen,Khan,Kaur,Russo,Abbott,Pham}', i, 2)
        || pg_temp.pick('{"","",son,field,wood,ton,ley,ham,worth,berg,ides,well}', i, 3),
    pg_temp.pick('{Oliver,Charlotte,Noah,Amelia,Jack,Isla,William,Olivia,Leo,Mia,Lucas,Ava,Thomas,Grace,Henry,Chloe,Maria,Wei,Linh,Priya,Arjun,Fatima,Yusuf,Giulia,Sofia,Mei,Hannah,Ethan,Zoe,Ruby}', i, 4),
    NULL, date '1930-01-01' + (abs(hashint8(i)) % 34000), 'exact', pg_temp.pick('{female,male}', i, 5), '4',
    (SELECT id FROM clinic.practitioner WHERE clinic_id = 'CLINIC' ORDER BY sort, id LIMIT 1),
    timestamptz '2024-01-01', timestamptz '2025-06-01'
FROM generate_series(1, PATIENTS) i;

INSERT INTO clinic.patient_contact (clinic_id, id, patient_id, kind, value, note, preferred, created_at, updated_at)
SELECT 'CLINIC', pg_temp.row_id(5, i), pg_temp.row_id(4, i), 'mobile', '+614' || lpad((abs(hashint8(i * 7)) % 100000000)::text, 8, '0'),
    'after hours ' || substr(md5('c' || i), 1, 12), true, timestamptz '2024-01-01', timestamptz '2025-06-01'
FROM generate_series(1, PATIENTS) i;

INSERT INTO clinic.address (clinic_id, id, patient_id, kind, line1, suburb, state, postcode, created_at, updated_at)
SELECT 'CLINIC', pg_temp.row_id(6, i), pg_temp.row_id(4, i), 'home',
    (abs(hashint8(i * 11)) % 300 + 1) || ' ' || pg_temp.pick('{Acacia,Station,Church,Victoria,King,Bridge,Park,Railway}', i, 6) || ' Street',
    pg_temp.pick('{Marrickville,Newtown,Ashfield,Parramatta,Hurstville,Cabramatta,Manly,Lakemba,Bankstown,Glebe,Penrith}', i, 7), 'NSW',
    (2000 + abs(hashint8(i * 13)) % 800)::text, timestamptz '2024-01-01', timestamptz '2025-06-01'
FROM generate_series(1, PATIENTS) i;

-- 15 minutes each, 30 a day and column, half of them before today; none overlaps another or one of the import.
INSERT INTO clinic.appointment (clinic_id, id, practitioner_id, patient_id, type_id, start_at, end_at, status, double_booking, note,
    created_at, updated_at)
SELECT 'CLINIC', pg_temp.row_id(7, i), columns.id, pg_temp.row_id(4, 1 + abs(hashint8(i * 17)) % PATIENTS), types.id, at, at + interval '15 minutes',
    CASE WHEN i < PATIENTS THEN 'done' ELSE 'booked' END, true, 'review of results, letter ' || substr(md5('n' || i), 1, 20),
    timestamptz '2024-01-01', timestamptz '2025-06-01'
FROM generate_series(0, 2 * PATIENTS - 1) i
CROSS JOIN LATERAL (SELECT timestamptz '2031-01-01 22:00+00' + (i / 30 / 12) * interval '1 day' + (i / 12 % 30) * interval '15 minutes' AS at) slot
JOIN (SELECT id, row_number() OVER (ORDER BY sort, id) - 1 AS n FROM clinic.practitioner WHERE clinic_id = 'CLINIC') columns ON columns.n = i % 12
CROSS JOIN (SELECT id FROM clinic.appointment_type WHERE clinic_id = 'CLINIC' ORDER BY sort, id LIMIT 1) types;

ALTER TABLE clinic.patient ENABLE TRIGGER ALL;
ALTER TABLE clinic.patient_contact ENABLE TRIGGER ALL;
ALTER TABLE clinic.address ENABLE TRIGGER ALL;
ALTER TABLE clinic.appointment ENABLE TRIGGER ALL;
