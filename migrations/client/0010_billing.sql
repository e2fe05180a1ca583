-- Schema 10: bills, what is on them, and what was paid.

-- Bills.
CREATE TABLE invoice (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    patient_id         TEXT NOT NULL,
    practitioner_id    TEXT,
    number             TEXT NOT NULL,
    issued_on          TEXT NOT NULL,
    payer              TEXT,
    payer_name         TEXT,
    note               TEXT,
    reverses           TEXT,
    extra              TEXT
) STRICT;
CREATE INDEX invoice_patient ON invoice (patient_id, issued_on);

-- What was billed.
CREATE TABLE invoice_item (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    invoice_id         TEXT NOT NULL,
    patient_id         TEXT NOT NULL,
    service_on         TEXT NOT NULL,
    mbs_item           TEXT,
    description        TEXT NOT NULL,
    quantity           INTEGER NOT NULL,
    fee_cents          INTEGER NOT NULL,
    gst_cents          INTEGER NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX invoice_item_patient ON invoice_item (patient_id);

-- What was paid.
CREATE TABLE payment (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    invoice_id         TEXT,
    patient_id         TEXT NOT NULL,
    received_on        TEXT NOT NULL,
    method             TEXT NOT NULL,
    amount_cents       INTEGER NOT NULL,
    reference          TEXT,
    reverses           TEXT,
    extra              TEXT
) STRICT;
CREATE INDEX payment_patient ON payment (patient_id, received_on);
