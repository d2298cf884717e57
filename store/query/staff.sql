-- Local accounts of officers: auth/staff.
-- name: staff_insert
INSERT INTO staff (staff_name, display_name, role, password, disabled, created_ms, password_ms)
VALUES ($1, $2, $3, $4, 0, $5, $5)
ON CONFLICT (staff_name) DO NOTHING;

-- name: staff_load
SELECT staff_name, display_name, role, password, disabled, created_ms, password_ms
FROM staff WHERE staff_name = $1;

-- name: staff_list
SELECT staff_name, display_name, role, password, disabled, created_ms, password_ms
FROM staff ORDER BY staff_name;

-- name: staff_set_password
UPDATE staff SET password = $2, password_ms = $3 WHERE staff_name = $1;

-- name: staff_set_disabled
UPDATE staff SET disabled = $2 WHERE staff_name = $1;
