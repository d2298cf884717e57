// Payouts, remittances and the three-way view, as officers open them: lists that are empty say so, a
// draft of nothing is refused on its page, and who only looks cannot act.
import assert from "node:assert/strict";
import { hidden, hire, signInOfficer } from "./desk.mjs";

const officer = await signInOfficer(), viewer = await hire("xem.kho.bac", "viewer");
for (const visit of [officer, viewer])
    for (const path of ["/finance/payouts", "/finance/payouts?state=confirmed&day_from=2026-01-01", "/finance/remittances?all=1&state=draft", "/finance/threeway?all=1&only=differences", "/finance/threeway?day_from=2026-11-23"]) {
        const page = await visit(path);
        assert.equal(page.status, 200, `${path}: ${page.text}`);
        assert.doesNotMatch(page.text, />(payout|remittance|threeway)\.[a-z_]+</, path);
    }
const form = await officer("/finance/remittances");
assert.match(form.text, /name="from"/);
assert.doesNotMatch((await viewer("/finance/remittances")).text, /name="from"/);
const post = async (visit, fields) => visit("/finance/remittances", { csrf: hidden((await visit("/finance/remittances")).text, "csrf"), ...fields });
const nothing = await post(officer, { agency: "H56.14", from: "2026-01-01", to: "2026-01-02" });
assert.equal(nothing.status, 422, nothing.text);
assert.match(nothing.text, /role="alert"/);
assert.equal((await post(officer, { agency: "H56.14", from: "2026-01-02", to: "2026-01-01" })).status, 400);
assert.equal((await post(officer, { agency: "H56.14", from: "x", to: "2026-01-01" })).status, 400);
assert.equal((await post(viewer, { agency: "H56.14", from: "2026-01-01", to: "2026-01-02" })).status, 403);
for (const path of ["/finance/payouts/po1.H56.14", "/finance/payouts/nonsense", "/finance/remittances/rmt_x", "/finance/remittances/rmt_x/slip.pdf"])
    assert.equal((await officer(path)).status, 404, path);
for (const as of ["csv", "xlsx", "pdf"]) assert.equal((await officer(`/finance/payouts?as=${as}`)).status, 200, as);
console.log("payouts, remittances and the three-way view open");
