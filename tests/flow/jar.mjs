// Signed requests and signed answers (RFC 9101, JARM; FAPI 2.0 Message Signing).
import assert from "node:assert/strict";
import { Browser, here } from "../fault/stage.mjs";
import * as m from "./machine.mjs";
import { ask, door, object, portal, pushed, push, query, settled } from "./pushing.mjs";

const jose = await import("jose");
const p = await portal("jar-portal", ["--par", "false"], "oidc");
const stranger = await portal("jar-stranger", ["--par", "false"], "oidc");
const f = await portal("jar-fapi", ["--signed-request", "true"]);
const jarm = await portal("jar-answers", ["--par", "false", "--response-alg", "ES256"], "oidc");
await settled();
const citizen = await new Browser().signIn();
const keys = jose.createRemoteJWKSet(new URL(`${here}/jwks`));
const direct = (p, more) => `${here}/authorize?${new URLSearchParams({ client_id: p.id, ...more })}`;

// By value: the claims are the request, and what stands outside is not used.
for (const header of [{}, { typ: "oauth-authz-req+jwt" }, { typ: "JWT" }]) {
    const answer = await citizen.visit(direct(p, { request: await object(p, ask(p, { state: "signed" }), header), state: "outside", scope: "openid" }));
    assert.equal(query(answer.next).state, "signed", `${answer.status} ${answer.next}`);
    assert.ok(query(answer.next).code && query(answer.next).iss === here);
}
const only = await citizen.visit(direct(p, { request: await object(p, (({ state, ...rest }) => rest)(ask(p))), state: "outside" }));
assert.equal(query(only.next).state, undefined, "state outside is not used");

// What is not quite right is refused, by redirect where the address outside is registered.
const none = `${m.b64(JSON.stringify({ alg: "none" }))}.${m.b64(JSON.stringify({ iss: p.id, aud: here, ...ask(p) }))}.`;
const outside = { redirect_uri: p.callback, response_type: "code", scope: "openid", state: "o" };
for (const [what, request, error] of [
    ["unsigned", none, "request_not_supported"],
    ["not a JWT", "eyJ", "invalid_request_object"],
    ["another's key", await object({ ...stranger, id: p.id, kid: p.kid }, ask(p)), "invalid_request_object"],
    ["another client", await object(p, ask(p, { client_id: stranger.id })), "invalid_request_object"],
    ["another issuer", await object(p, ask(p, { iss: stranger.id })), "invalid_request_object"],
    ["another audience", await object(p, ask(p, { aud: "https://op.example" })), "invalid_request_object"],
    ["too old", await object(p, ask(p, { exp: m.now() - 60 })), "invalid_request_object"],
    ["typ of a token", await object(p, ask(p), { typ: "at+jwt" }), "invalid_request_object"],
    ["a request within", await object(p, ask(p, { request: "x" })), "invalid_request_object"],
]) {
    const answer = await citizen.visit(direct(p, { ...outside, request }));
    assert.ok(answer.next?.startsWith(p.callback), `${what}: ${answer.status}`);
    assert.deepEqual([query(answer.next).error, query(answer.next).state, query(answer.next).iss], [error, "o", here], what);
    assert.equal((await citizen.visit(direct(p, { request }))).next, null, `${what}: no address known`);
}
const byReference = await citizen.visit(direct(p, { ...outside, request_uri: "https://jar-portal.example.vn/request" }));
assert.equal(query(byReference.next).error, "request_uri_not_supported");

// Pushed and signed, by a client that must; with an end and a beginning at most an hour apart.
const unsigned = await push(f, ask(f));
assert.equal(unsigned.json.error, "invalid_request", unsigned.text);
for (const [what, more] of [["no nbf", { nbf: undefined }], ["too long", { exp: m.now() + 3700 }], ["begun too long ago", { nbf: m.now() - 3700 }], ["begins later", { nbf: m.now() + 120 }]]) {
    const answer = await push(f, { client_id: f.id, request: await object(f, ask(f, more)) });
    assert.deepEqual([answer.status, answer.json.error], [400, "invalid_request_object"], `${what}: ${answer.text}`);
}
const uri = await pushed(f, { client_id: f.id, state: "outside", request: await object(f, ask(f, { state: "signed", nbf: m.now() + 8 })) });
assert.equal(query((await citizen.visit(door(f, uri))).next).state, "signed");

// Signed answers: code and errors, for this client, with iss.
const answerOf = async (more) => {
    const answer = await citizen.visit(direct(jarm, ask(jarm, more)));
    const token = more.response_mode === "form_post.jwt" ? answer.text.match(/name="response" value="([^"]*)"/)?.[1] : query(answer.next).response;
    assert.ok(token, `${answer.status} ${answer.next} ${answer.text.slice(0, 300)}`);
    if (answer.next) assert.deepEqual(Object.keys(query(answer.next)), ["response"]);
    const { payload } = await jose.jwtVerify(token, keys, { issuer: here, audience: jarm.id });
    assert.ok(payload.exp - m.now() <= 600);
    return payload;
};
for (const response_mode of ["jwt", "query.jwt", "form_post.jwt"]) {
    const payload = await answerOf({ response_mode });
    assert.ok(payload.code && payload.state === "inside", response_mode);
}
assert.equal((await answerOf({ response_mode: "jwt", prompt: "none", acr_values: "urn:vn:loa:4" })).error, "interaction_required");
console.log("jar: signed requests are the whole request; signed answers verify");
