\set turn :turn + 1
\set id :turn * :width + :client_id + 1
\set agency random(1, 1000)
SELECT capture(:id, :agency::int, 'REF' || lpad(:id::text, 12, '0'));
