-- What came in on each day of the clinic, by way, and what went back. A payment that was taken back on its own day, by the same way,
-- was a slip of the pen: neither of the two rows counts.
-- inputs: clinic.payment
-- output: read_model.day_takings
-- key: clinic_id, day, method
-- tests:
--   not_null: received_cents, refunded_cents, payments, refunds
--   accepted_values: method = cash, card, cheque, direct_deposit, medicare, dva, health_fund, other
--   holds: received_cents >= 0 AND refunded_cents >= 0
--   holds: payments + refunds > 0 AND (payments > 0 OR received_cents = 0) AND (refunds > 0) = (refunded_cents > 0)
SELECT
    p.clinic_id,
    p.received_on AS day,
    p.method,
    coalesce(sum(p.amount_cents) FILTER (WHERE p.amount_cents > 0), 0)::bigint AS received_cents,
    coalesce(-sum(p.amount_cents) FILTER (WHERE p.amount_cents < 0), 0)::bigint AS refunded_cents,
    count(*) FILTER (WHERE p.amount_cents >= 0) AS payments,
    count(*) FILTER (WHERE p.amount_cents < 0) AS refunds
FROM clinic.payment p
LEFT JOIN clinic.payment o ON o.clinic_id = p.clinic_id AND o.id = p.reverses
    AND o.received_on = p.received_on AND o.method = p.method
LEFT JOIN clinic.payment r ON r.clinic_id = p.clinic_id AND r.reverses = p.id
    AND r.received_on = p.received_on AND r.method = p.method
WHERE p.deleted_at IS NULL AND o.id IS NULL AND r.id IS NULL
GROUP BY p.clinic_id, p.received_on, p.method
