// cookies.mjs - the Set-Cookie lines of an answer. Node.js 18 joins them with commas; a comma that
// begins a new cookie is followed by a name and '='.
export function setCookies(headers) {
    if (headers.getSetCookie) return headers.getSetCookie();
    return (headers.get("set-cookie") ?? "").split(/,(?=\s*[^;,=\s]+=)/).map((line) => line.trim()).filter(Boolean);
}
