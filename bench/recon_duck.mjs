// recon_duck.mjs FOLDER OUT THREADS VARIANT: the same comparison by DuckDB, as an analyst would have it do it.
//   A  the lines grouped by reference, then a full join
//   C  a full join of the rows as they are; what is there twice by a second look at the lines
//   D  both tables one under the other, grouped once
// Rows that do not fit the columns are left out, as ours does (and tells). Prints "class count" lines.
import { DuckDBInstance } from '@duckdb/node-api';

const [folder, out, threads, variant] = process.argv.slice(2);
const numbers = new Set(['id', 'amount', 'fee']);

function table(file, names) {
  const columns = names.split(' ').map((n) => `'${n}': '${numbers.has(n) ? 'BIGINT' : 'VARCHAR'}'`).join(', ');
  const options = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true`;
  return `(SELECT portal_ref AS ref, amount, fee, status, left(paid_at, 10) AS day
           FROM read_csv('${folder}/${file}', columns = {${columns}}, ${options}))`;
}
const ours = table('ours.csv', 'id portal_ref agency amount fee status paid_at');
const theirs = table('settle.csv', 'portal_ref merchant_ref agency amount fee status paid_at bank_ref');

// In the order in which they win; n tells how many lines there are.
const difference = (n, noOurs, noTheirs, o, t) => `CASE WHEN ${n} > 1 THEN 'twice' WHEN ${noOurs} THEN 'absent here'
  WHEN ${noTheirs} THEN 'absent there' WHEN ${o('amount')} <> ${t('amount')} OR ${o('fee')} <> ${t('fee')} THEN 'amount'
  WHEN ${o('status')} <> ${t('status')} THEN 'status' WHEN ${o('day')} <> ${t('day')} THEN 'day' END AS class`;
const of = (alias) => (column) => `${alias}.${column}`;
const both = `coalesce(o.ref, t.ref) AS ref, o.amount AS ours, t.amount AS theirs, o.status AS ours_status,
  t.status AS theirs_status, o.day AS ours_day, t.day AS theirs_day`;
const any = (column, side) => `any_value(${column}) FILTER (side = ${side}) AS ${side === 0 ? 'o' : 't'}_${column}`;
const fields = ['amount', 'fee', 'status', 'day'];

const queries = {
  A: `SELECT * FROM (SELECT ${difference('t.n', 'o.ref IS NULL', 't.ref IS NULL', of('o'), of('t'))}, ${both}
      FROM ${ours} o FULL JOIN (SELECT ref, count(*) AS n, ${fields.map((f) => `any_value(${f}) AS ${f}`).join(', ')}
        FROM ${theirs} GROUP BY ref) t USING (ref)) WHERE class IS NOT NULL`,
  C: `WITH more AS (SELECT ref FROM ${theirs} GROUP BY ref HAVING count(*) > 1),
      joined AS (SELECT ${difference('0', 'o.ref IS NULL', 't.ref IS NULL', of('o'), of('t'))}, ${both}
        FROM ${ours} o FULL JOIN ${theirs} t USING (ref))
      SELECT * FROM joined WHERE class IS NOT NULL UNION ALL
      SELECT DISTINCT ON (ref) 'twice', ${both} FROM more JOIN ${ours} o USING (ref) JOIN ${theirs} t USING (ref)`,
  D: `SELECT * FROM (SELECT ${difference('t_n', 'o_n = 0', 't_n = 0', (c) => `o_${c}`, (c) => `t_${c}`)}, ref,
        o_amount, t_amount, o_status, t_status, o_day, t_day
      FROM (SELECT ref, count(*) FILTER (side = 0) AS o_n, count(*) FILTER (side = 1) AS t_n,
          ${fields.flatMap((f) => [any(f, 0), any(f, 1)]).join(', ')}
        FROM (SELECT 0 AS side, * FROM ${ours} UNION ALL SELECT 1 AS side, * FROM ${theirs}) GROUP BY ref))
      WHERE class IS NOT NULL`,
};

const connection = await (await DuckDBInstance.create(':memory:', { threads })).connect();
await connection.run('SET preserve_insertion_order = false');
await connection.run(`COPY (${queries[variant]}) TO '${out}' (HEADER false)`);
process.exit(0); // the process ends as soon as the file is there: taking down the library is not measured
