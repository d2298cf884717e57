-- Local accounts of officers: auth/staff*.
-- name: staff_insert
INSERT INTO staff (staff_name, display_name, role, password, disabled, created_ms, password_ms,
                   used_ms, epoch, factor_due, otp_secret, otp_step, otp_ms)
VALUES ($1, $2, $3, $4, 0, $5, $5, $5, 1, 0, NULL, 0, 0)
ON CONFLICT (staff_name) DO NOTHING;

-- name: staff_load
SELECT staff_name, display_name, role, password, disabled, created_ms, password_ms, used_ms, epoch,
       factor_due, otp_secret, otp_step, otp_ms,
       (SELECT count(*) FROM staff_recovery r WHERE r.staff_name = staff.staff_name AND r.used_ms = 0)
FROM staff WHERE staff_name = $1;

-- name: staff_list
SELECT staff_name, display_name, role, password, disabled, created_ms, password_ms, used_ms, epoch,
       factor_due, otp_secret, otp_step, otp_ms,
       (SELECT count(*) FROM staff_recovery r WHERE r.staff_name = staff.staff_name AND r.used_ms = 0)
FROM staff ORDER BY staff_name;

-- name: staff_set_password
UPDATE staff SET password = $2, password_ms = $3, epoch = epoch + 1 WHERE staff_name = $1;

-- name: staff_set_disabled
UPDATE staff SET disabled = $2, used_ms = $3, epoch = epoch + 1 WHERE staff_name = $1;

-- name: staff_set_role
UPDATE staff SET role = $2, epoch = epoch + 1 WHERE staff_name = $1;

-- name: staff_set_otp
UPDATE staff SET otp_secret = $2, otp_step = $3, otp_ms = $4, factor_due = 0, epoch = epoch + 1
 WHERE staff_name = $1;

-- The same, unless the account changed since the sign-in looked at it.
-- name: staff_enrol_otp
UPDATE staff SET otp_secret = $2, otp_step = $3, otp_ms = $4, factor_due = 0, epoch = epoch + 1
 WHERE staff_name = $1 AND epoch = $5;

-- name: staff_drop_factor
UPDATE staff SET otp_secret = NULL, otp_step = 0, otp_ms = 0, factor_due = 1, epoch = epoch + 1
 WHERE staff_name = $1;

-- name: staff_changed
UPDATE staff SET epoch = epoch + 1 WHERE staff_name = $1;

-- Only one of those who show the same code at once.
-- name: staff_take_step
UPDATE staff SET otp_step = $2 WHERE staff_name = $1 AND otp_step < $2 AND epoch = $3;

-- name: staff_used
UPDATE staff SET used_ms = $2 WHERE staff_name = $1 AND epoch = $3 AND disabled = 0;

-- name: staff_touch
UPDATE staff SET used_ms = $2 WHERE staff_name = $1;

-- name: staff_password_insert
INSERT INTO staff_password (staff_name, password, set_ms) VALUES ($1, $2, $3);

-- name: staff_password_list
SELECT password FROM staff_password WHERE staff_name = $1 ORDER BY set_ms DESC, password LIMIT $2;

-- name: staff_password_forget
DELETE FROM staff_password WHERE staff_name = $1 AND password NOT IN
    (SELECT kept.password FROM staff_password kept WHERE kept.staff_name = $1
      ORDER BY kept.set_ms DESC, kept.password LIMIT $2);

-- name: staff_recovery_insert
INSERT INTO staff_recovery (staff_name, digest, used_ms) VALUES ($1, $2, 0);

-- name: staff_recovery_drop
DELETE FROM staff_recovery WHERE staff_name = $1;

-- name: staff_recovery_take
UPDATE staff_recovery SET used_ms = $3 WHERE staff_name = $1 AND digest = $2 AND used_ms = 0;

-- name: staff_invitation_insert
INSERT INTO staff_invitation (digest, staff_name, made_by, expires_ms) VALUES ($1, $2, $3, $4);

-- name: staff_invitation_load
SELECT staff_name, expires_ms FROM staff_invitation WHERE digest = $1;

-- name: staff_invitation_take
DELETE FROM staff_invitation WHERE digest = $1 AND expires_ms > $2;

-- name: staff_invitation_drop
DELETE FROM staff_invitation WHERE staff_name = $1;

-- name: staff_invitation_purge
DELETE FROM staff_invitation WHERE digest IN
    (SELECT old.digest FROM staff_invitation old WHERE old.expires_ms <= $1 LIMIT 100);

-- name: staff_request_insert
INSERT INTO staff_request (request_id, staff_name, action, role, made_by, made_ms, expires_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: staff_request_list
SELECT request_id, staff_name, action, role, made_by, made_ms FROM staff_request
 WHERE expires_ms > $1 ORDER BY made_ms, request_id LIMIT 100;

-- name: staff_request_load
SELECT request_id, staff_name, action, role, made_by, made_ms FROM staff_request
 WHERE request_id = $1 AND expires_ms > $2;

-- name: staff_request_take
DELETE FROM staff_request WHERE request_id = $1 AND expires_ms > $2;

-- name: staff_request_purge
DELETE FROM staff_request WHERE request_id IN
    (SELECT old.request_id FROM staff_request old WHERE old.expires_ms <= $1 LIMIT 100);

-- name: staff_passkey_insert
INSERT INTO staff_passkey (credential_id, staff_name, label, public_key, alg, sign_count, created_ms, used_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
ON CONFLICT (credential_id) DO NOTHING;

-- name: staff_passkey_list
SELECT credential_id, staff_name, label, public_key, alg, sign_count, created_ms, used_ms
  FROM staff_passkey WHERE staff_name = $1 ORDER BY created_ms, credential_id LIMIT 20;

-- name: staff_passkey_load
SELECT credential_id, staff_name, label, public_key, alg, sign_count, created_ms, used_ms
  FROM staff_passkey WHERE credential_id = $1;

-- A counter only goes up; an authenticator that does not count says 0 for ever.
-- name: staff_passkey_use
UPDATE staff_passkey SET sign_count = $2, used_ms = $3
 WHERE credential_id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0));

-- name: staff_passkey_remove
DELETE FROM staff_passkey WHERE credential_id = $1 AND staff_name = $2;

-- name: staff_passkey_drop
DELETE FROM staff_passkey WHERE staff_name = $1;
