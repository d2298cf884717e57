// The ceremony of a page with a form `passkey`: what it asks stands in the form's data, what the
// authenticator answers goes into its fields, and the form is sent as any other.
const form = document.getElementById("passkey");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const credentials = (ids) => ids.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));

async function register({ challenge, rp, service, user, name, known }) {
    const made = await navigator.credentials.create({ publicKey: {
        challenge: bytes(challenge),
        rp: { id: rp, name: service },
        user: { id: bytes(user), name, displayName: name },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: credentials(known),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        attestation: "none",
        timeout: 300000,
    } });
    form.elements.client_data.value = text(made.response.clientDataJSON);
    form.elements.auth_data.value = text(made.response.getAuthenticatorData());
}

async function enter({ challenge, rp }) {
    const shown = await navigator.credentials.get({ publicKey: {
        challenge: bytes(challenge),
        rpId: rp,
        userVerification: "required",
        timeout: 300000,
    } });
    form.elements.id.value = text(shown.rawId);
    form.elements.client_data.value = text(shown.response.clientDataJSON);
    form.elements.auth_data.value = text(shown.response.authenticatorData);
    form.elements.signature.value = text(shown.response.signature);
}

form.addEventListener("submit", async (event) => {
    event.preventDefault();
    document.getElementById("passkey_failed").hidden = true;
    try {
        await (form.dataset.user ? register : enter)(form.dataset);
        form.submit();
    } catch {
        document.getElementById("passkey_failed").hidden = false;
    }
});
