// Every page and action of the workplace by every role: the table of routes says who may call it, and
// exactly those are let through the door. Personal data: one field, one record, a reason, minutes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { hire, signInOfficer } from "./desk.mjs";
import { THU, count, order } from "../fault/stage.mjs";

const stack = process.env.STACK;
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, args, { encoding: "utf8" });
const ladder = ["viewer", "auditor", "officer", "treasurer", "approver", "administrator"];
const visits = { officer: await signInOfficer() };
for (const role of ladder) visits[role] ??= await hire(`vai.${role}`, role);
const may = (role, who) => who === "AUDITOR" ? role === "auditor" || role === "administrator"
    : ladder.indexOf(role) >= { VIEWER: 0, OFFICER: 2, ADMIN: 5 }[who];

// What the table says of each route of the workplace.
const routes = motcua("routes").split("\n").map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => /^(GET|POST) `\/finance/.test(cells[1] ?? ""))
    .map(([, route, , who, csrf]) => ({ method: route.split(" ")[0], path: route.match(/`(.*)`/)[1], who, csrf }));
assert.ok(routes.length >= 30, `${routes.length} routes`);
const o = await order(THU), tokens = {};
for (const role of ladder) tokens[role] = (await visits[role]("/finance/orders")).csrf;
const filled = (path) => path.replace("{date}", "2026-11-23").replace("{account}", "1110").replace(/\{[a-z]+\}/g, "none");
let refused = 0;
for (const route of routes) {
    for (const role of ladder) {
        const path = filled(route.path);
        // A form with its token and nothing else: who is let through the door is told what is missing.
        const empty = route.csrf === "PART" ? new FormData() : { csrf: tokens[role] };
        if (route.csrf === "PART") empty.set("csrf", tokens[role]);
        const fields = route.method === "GET" ? undefined : empty;
        const answer = await visits[role](path, fields);
        const shut = /staff\/sign-in/.test(answer.url);
        assert.ok(!shut, `${role} ${path}: signed out`);
        if (may(role, route.who)) {
            assert.notEqual(answer.status, 403, `${role} ${route.method} ${path}`);
            assert.ok(answer.status < 500, `${role} ${route.method} ${path}: ${answer.status}`);
        } else {
            assert.equal(answer.status, 403, `${role} ${route.method} ${path}: ${answer.status}`);
            refused++;
        }
    }
}
assert.ok(refused >= 20, `${refused} refusals`);

// The navigation shows what the role may open, and the columns of a list are those of the role.
assert.match((await visits.auditor("/finance")).text, /href="\/finance\/audit"/);
for (const role of ["viewer", "officer", "treasurer", "approver"])
    assert.doesNotMatch((await visits[role]("/finance")).text, /href="\/finance\/audit"/, role);
assert.doesNotMatch((await visits.viewer("/finance/transactions?all=1")).text, /Người nộp/);

// Personal data.
const page = `/finance/orders/${o.id}`, first = await visits.officer(page);
const shows = (text) => text.includes(THU.name) ? "name" : text.includes(THU.id) ? "number" : "";
assert.equal(shows(first.text), "");
assert.match(first.text, /•/);
const unmask = (visit, csrf, fields) => visit("/finance/personal", { csrf, path: page, record: o.id, field: "payer_name", reason: "Đối chiếu với sao kê", ...fields });
assert.equal((await unmask(visits.officer, first.csrf, { reason: "" })).status, 400, "no reason");
assert.equal((await unmask(visits.officer, first.csrf, { path: "https://a.b/" })).status, 400);
assert.equal((await unmask(visits.officer, "none", {})).status, 403, "no token");
assert.equal(count("SELECT COUNT(*) FROM audit_log WHERE action = 'personal.show'"), 0);
const viewer = await visits.viewer(page);
assert.doesNotMatch(viewer.text, /finance\/personal/);
assert.equal((await unmask(visits.viewer, viewer.csrf, {})).status, 403);
const opened = await unmask(visits.officer, first.csrf, {});
assert.equal(opened.status, 200);
assert.ok(opened.text.includes(THU.name));
assert.ok(!opened.text.includes(THU.id), "the other field stays masked");
assert.equal(count("SELECT COUNT(*) FROM audit_log WHERE action = 'personal.show'"), 1);
assert.equal(shows((await visits.treasurer(page)).text), "", "another officer's session");
assert.doesNotMatch((await visits.officer("/finance/transactions?as=csv")).text, /Nguyễn Văn Thử/, "files stay masked");
const log = await visits.auditor("/finance/audit?action=personal");
assert.match(log.text, /staff:officer/);
assert.match(log.text, /payer_name/);
assert.match(log.text, /sao kê/);
assert.ok(!log.text.includes(THU.name), "the log has no value");
console.log(`roles: ${routes.length} routes by ${ladder.length} roles, ${refused} refusals`);
