-- Letters to begin with, of the clinic's own (feed ref; columns as in wattle_domain::entities). They say nothing of a patient.

CREATE TABLE clinic.letter_template (
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
    name text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    active boolean NOT NULL,
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT letter_template_name CHECK (name <> '')
);

SELECT clinic.enlist('letter_template', 'ref', 'record');

-- Every role holds the feed; the table of grants says who writes them.
CREATE POLICY granted_insert ON clinic.letter_template AS RESTRICTIVE FOR INSERT TO wattle_app
    WITH CHECK ((SELECT sync.acting_may('letter_template', 'write')));
CREATE POLICY granted_update ON clinic.letter_template AS RESTRICTIVE FOR UPDATE TO wattle_app
    USING ((SELECT sync.acting_may('letter_template', 'write')));
