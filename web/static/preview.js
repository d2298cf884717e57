// The preview follows what is chosen in the form `map`; without a script its button does the same.
const form = document.getElementById("map");
const parts = ["columns", "preview"];
let timer, turn = 0;

async function refresh(within) {
    const mine = ++turn;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok || mine !== turn) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of parts) {
        const old = document.getElementById(id), next = page.getElementById(id);
        if (next && !(id === "columns" && within)) old.replaceChildren(...next.childNodes);
    }
}
form.addEventListener("input", (event) => {
    const within = document.getElementById("columns").contains(event.target);
    clearTimeout(timer);
    timer = setTimeout(() => refresh(within).catch(() => {}), 300);
});
if (document.getElementById("c_amount") && !document.getElementById("preview").children.length) refresh(true).catch(() => {});
