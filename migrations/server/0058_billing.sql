-- Bills, what is on them, and what was paid (feed billing); columns as in wattle_domain::entities. Money is whole cents, days
-- are dates. Nothing in Wattle writes them but the import: the app's role reads them. Whatever bills one day brings its own
-- grants.

CREATE TABLE clinic.invoice (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    origin_workstation uuid,
    deleted_at timestamptz,
    deleted_reason text,
    patient_id uuid NOT NULL,
    practitioner_id uuid,
    number text NOT NULL,
    issued_on date NOT NULL,
    payer text CHECK (payer IN ('private', 'medicare', 'dva', 'workcover')),
    payer_name text,
    note text,
    -- Named, not looked up: what it takes back may not have come along.
    reverses uuid,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT invoice_number CHECK (number <> ''),
    CONSTRAINT invoice_not_itself CHECK (reverses <> id),
    CONSTRAINT invoice_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT invoice_practitioner FOREIGN KEY (clinic_id, practitioner_id) REFERENCES clinic.practitioner (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX invoice_of ON clinic.invoice (clinic_id, patient_id);

CREATE TABLE clinic.invoice_item (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    origin_workstation uuid,
    deleted_at timestamptz,
    deleted_reason text,
    invoice_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    service_on date NOT NULL,
    mbs_item text,
    description text NOT NULL,
    quantity bigint NOT NULL,
    fee_cents bigint NOT NULL,
    gst_cents bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT invoice_item_quantity CHECK (quantity > 0),
    -- GST is a part of the fee: the same sign, and no more.
    CONSTRAINT invoice_item_gst CHECK (gst_cents BETWEEN least(fee_cents, 0) AND greatest(fee_cents, 0)),
    CONSTRAINT invoice_item_invoice FOREIGN KEY (clinic_id, invoice_id) REFERENCES clinic.invoice (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT invoice_item_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX invoice_item_of ON clinic.invoice_item (clinic_id, invoice_id);

CREATE TABLE clinic.payment (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    origin_workstation uuid,
    deleted_at timestamptz,
    deleted_reason text,
    invoice_id uuid,
    patient_id uuid NOT NULL,
    received_on date NOT NULL,
    method text NOT NULL
        CHECK (method IN ('cash', 'card', 'cheque', 'direct_deposit', 'medicare', 'dva', 'health_fund', 'other')),
    amount_cents bigint NOT NULL,
    reference text,
    reverses uuid,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT payment_not_itself CHECK (reverses <> id),
    CONSTRAINT payment_invoice FOREIGN KEY (clinic_id, invoice_id) REFERENCES clinic.invoice (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT payment_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT payment_reverses FOREIGN KEY (clinic_id, reverses) REFERENCES clinic.payment (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX payment_of ON clinic.payment (clinic_id, patient_id);
-- The takings of a day.
CREATE INDEX payment_received ON clinic.payment (clinic_id, received_on);
-- What was taken back once is not taken back again.
CREATE UNIQUE INDEX payment_reversed_once ON clinic.payment (clinic_id, reverses) WHERE reverses IS NOT NULL;

SELECT clinic.enlist('invoice', 'billing', 'reference');
SELECT clinic.enlist('invoice_item', 'billing', 'reference');
SELECT clinic.enlist('payment', 'billing', 'append_only');
-- Nobody of the app adds payments yet.
REVOKE INSERT ON clinic.payment FROM wattle_app;
DROP POLICY app_insert ON clinic.payment;

SELECT clinic.seal_columns('invoice', '{payer_name, note}');
SELECT clinic.seal_columns('invoice_item', '{description}');
SELECT clinic.seal_columns('payment', '{reference}');

-- What migrations/models makes of them: what came in on each day of the clinic, by way.
CREATE TABLE read_model.day_takings (
    clinic_id uuid NOT NULL,
    day date NOT NULL,
    method text NOT NULL,
    received_cents bigint NOT NULL,
    refunded_cents bigint NOT NULL,
    payments bigint NOT NULL,
    refunds bigint NOT NULL,
    PRIMARY KEY (clinic_id, day, method)
);
ALTER TABLE read_model.day_takings ENABLE ROW LEVEL SECURITY;
ALTER TABLE read_model.day_takings FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_here ON read_model.day_takings TO wattle_owner
    USING (clinic_id = (SELECT sync.current_clinic()));
CREATE POLICY migrator_here ON read_model.day_takings TO wattle_migrator
    USING (clinic_id = (SELECT sync.current_clinic()));
GRANT SELECT, INSERT, UPDATE, DELETE ON read_model.day_takings TO wattle_migrator;
