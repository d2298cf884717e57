// Debian's Node.js 18 keeps the web's cryptography to itself; client libraries look for it globally.
const { webcrypto } = require("node:crypto");
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
