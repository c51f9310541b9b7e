// Asks the server every second and shows what it says.

const kInterval = 1000;
const kPatience = 4000; // ms for one answer
const $ = (id) => document.getElementById(id);

const methods = new Table("methods", kMethodColumns, "rate", true, "It has no methods.");
const connections = new Table("connections", kConnectionColumns, "age_s", true, "Nobody is connected.");
let heard = 0; // when it last answered

class Unauthorized extends Error {}

async function get(path) {
    const token = sessionStorage.getItem("token");
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(path, { headers, signal: AbortSignal.timeout(kPatience) });
    if (answer.status === 401) throw new Unauthorized();
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    return answer.json();
}

function show_facts(stats) {
    const facts = [
        ["Up for", age(stats.uptime_s)],
        ["Calls/s", number(total_rate("requests"))],
        ["In flight", number(stats.in_flight)],
        ["Connections", number(stats.connections)],
        ["Received/s", bytes(total_rate("bytes_read"))],
        ["Sent/s", bytes(total_rate("bytes_written"))],
    ];
    $("facts").replaceChildren(...facts.map(([title, value]) => {
        const fact = element("div");
        fact.append(element("dt", title), element("dd", value));
        return fact;
    }));
}

function show(stats, list) {
    $("name").textContent = stats.name;
    document.title = `${stats.name} · Rollcall server`;
    $("state").textContent = stats.status;
    $("state").dataset.state = stats.status;
    show_facts(stats);
    methods.show(method_rows());
    connections.show(list.connections);
    $("connection-count").textContent = list.total;
    const hidden = list.total - list.connections.length;
    $("more").hidden = hidden <= 0 && list.complete;
    $("more").textContent = list.complete ? `and ${number(hidden)} more`
        : "An I/O thread does not answer: its connections are missing here.";
}

// Only when it changes, so that it is not read out every second.
function show_link(state, text) {
    document.body.classList.toggle("stale", state === "lost");
    $("lost").hidden = state !== "lost";
    if ($("lost").textContent !== text) $("lost").textContent = text;
    $("ask").hidden = state !== "ask";
    if (state === "ok") return;
    $("state").textContent = state === "ask" ? "locked" : "connection lost";
    $("state").dataset.state = state === "ask" ? "waiting" : "lost";
}

async function look() {
    const token = sessionStorage.getItem("token");
    try {
        const [stats, list] = await Promise.all([get("/v1/stats"), get("/v1/connections")]);
        heard = Date.now();
        remember(stats, performance.now());
        show(stats, list);
        show_link("ok", "");
    } catch (error) {
        if (error instanceof Unauthorized) {
            if (sessionStorage.getItem("token") !== token) return; // another is being tried
            sessionStorage.removeItem("token");
            return show_link("ask", ""); // the form asks again
        }
        const when = heard ? ` What is below was so at ${new Date(heard).toLocaleTimeString()}.` : "";
        show_link("lost", `Connection lost: the server does not answer; trying again.${when}`);
    }
    setTimeout(look, kInterval);
}

$("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", $("token").value);
    $("token").value = "";
    look();
});

look();
