// The page around the table: filters, colours, banners, the keyboard, and the start.

// Filters. They are kept in the address, so that a view can be passed on.
function read_filter() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    $("query").value = wanted.get("q") ?? "";
    filter.status = kStatuses.includes(wanted.get("status")) ? wanted.get("status") : "";
    filter.zone = wanted.get("zone") ?? "";
    filter.version = wanted.get("version") ?? "";
    apply_filter();
}

function apply_filter() {
    filter.words = $("query").value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = new URLSearchParams();
    if (filter.words.length > 0) kept.set("q", $("query").value.trim());
    for (const name of ["status", "zone", "version"])
        if (filter[name]) kept.set(name, filter[name]);
    const address = kept.size > 0 ? `#${kept}` : location.pathname + location.search;
    history.replaceState(null, "", address);
    for (const service of model.services.values()) service.open_found = undefined;
    show_filters();
    roll.redraw();
}

function search_for(words) {
    $("query").value = words;
    filter.status = filter.zone = filter.version = "";
    show_tab("roll");
    apply_filter();
}

const chips = new Map();

function build_chips() {
    for (const status of ["", ...kStatuses]) {
        const mark_of = el("i", { class: "mark" });
        const chip = el(
            "button",
            { type: "button", "data-status": status },
            ...(status ? [mark_of] : []),
            status || "all",
            " ",
            el("b"),
        );
        chip.addEventListener("click", () => {
            filter.status = status;
            apply_filter();
        });
        chips.set(status, chip);
        $("chips").append(chip);
    }
}

function show_filters() {
    const numbers = new Map(kStatuses.map((status) => [status, 0]));
    const zones = new Set();
    const versions = new Set();
    let all = 0;
    for (const instance of model.all()) {
        if (instance.data.zone) zones.add(instance.data.zone);
        if (instance.data.version) versions.add(instance.data.version);
        if (!filter.matches_but_status(instance)) continue;
        numbers.set(instance.status, numbers.get(instance.status) + 1);
        all++;
    }
    for (const [status, chip] of chips) {
        const number = status ? numbers.get(status) : all;
        say(chip.lastElementChild, count(number));
        mark(chip, "data-count", String(number));
        mark(chip, "aria-pressed", String(filter.status === status));
        // What there is none of takes no room, but for the usual two.
        chip.hidden = number === 0 && !["", "up", filter.status].includes(status);
    }
    show_select("zone", "All zones", zones);
    show_select("version", "All versions", versions);
    $("no-match-text").textContent = "No instance matches what you look for.";
}

function show_select(id, all, values) {
    const select = $(id);
    if (filter[id]) values.add(filter[id]);
    const sorted = [...values].sort(collator.compare);
    const known = sorted.join("\n");
    if (select.known !== known) {
        select.known = known;
        select.replaceChildren(
            el("option", { value: "" }, all),
            ...sorted.map((value) => el("option", { value }, value)),
        );
    }
    select.value = filter[id];
    select.hidden = sorted.length < 2;
}

function show_tab(tab) {
    mark($("columns"), "data-tab", tab);
    mark($("tab-roll"), "aria-pressed", String(tab === "roll"));
    mark($("tab-events"), "aria-pressed", String(tab === "events"));
}

// Colours: as the system has them, or as the user chose here.
const kThemes = { "": "as the system", light: "light", dark: "dark" };

function show_theme(theme) {
    mark(document.documentElement, "data-theme", theme || null);
    mark($("theme"), "aria-label", `Colours: ${kThemes[theme]}`);
    mark($("theme"), "title", `Colours: ${kThemes[theme]}`);
}

function next_theme() {
    const names = Object.keys(kThemes);
    const now = document.documentElement.dataset.theme ?? "";
    const theme = names[(names.indexOf(now) + 1) % names.length];
    localStorage.setItem("rollcall.theme", theme);
    show_theme(theme);
}

// Whether what is on the screen is true.
const kLinkWords = {
    connecting: "Connecting",
    live: "Live",
    warming: "Starting",
    locked: "Locked",
    away: "Away",
};

function show_link() {
    const { state } = link;
    mark($("link"), "data-state", state);
    say($("link-text"), kLinkWords[state]);
    document.body.classList.toggle("away", state === "away");
    $("key").classList.toggle("on", link.token !== "");
    $("banner").hidden = !["away", "warming", "locked"].includes(state);
    mark($("banner"), "data-tone", state === "away" ? "strong" : "mild");
    $("banner-button").hidden = state === "warming";
    say($("banner-button"), state === "locked" ? "Enter a token" : "Try now");
    if (state === "warming") {
        say($("banner-text"), "The registry has just started and waits for its servers.");
    } else if (state === "locked") {
        say($("banner-text"), "This registry shows its list only with a token.");
    } else if (state === "away") {
        say(
            $("banner-text"),
            link.heard_at === 0
                ? "The registry does not answer."
                : "The registry does not answer. What you see is its last list.",
        );
    }
    show_countdown();
}

function show_countdown() {
    if (link.state !== "away") return say($("banner-more"), "");
    const now = seconds_now();
    const age = link.heard_at > 0 ? `It is ${span(now - link.heard_at)} old. ` : "";
    const next = Math.ceil(link.next_try - now);
    say($("banner-more"), age + (next > 0 ? `Trying again in ${next} s.` : "Trying again."));
}

function show_first() {
    const here = new URL(".", location.href).href;
    say(
        $("first-curl"),
        `curl -X PUT ${here}v1/services/hello/instances/127.0.0.1:9000 \\
    -d '{"address": "127.0.0.1", "port": 9000}'`,
    );
    say(
        $("first-cpp"),
        `rollcall::registry::Registrar registrar{
    "${here.replace(/\/$/, "")}",
    {.service = "hello", .server = server.endpoint()}};`,
    );
    const ttl = model.status?.ttl;
    say(
        $("first-lease"),
        ttl === undefined
            ? ""
            : `Its lease lasts ${ttl} s. The registrar renews it; after a curl you see it expire.`,
    );
}

async function copy(button) {
    const source = $(button.dataset.copy);
    try {
        await navigator.clipboard.writeText(source.textContent);
        toast("Copied");
    } catch {
        // Only secure pages may copy by themselves.
        getSelection().selectAllChildren(source);
        toast("Selected; copy it with your keyboard");
    }
}

document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, dialog");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        $("query").select();
        $("query").focus();
    }
    if (event.key === "Escape" && event.target === $("query")) search_for("");
});

$("query").addEventListener("input", apply_filter);
$("clear").addEventListener("click", () => search_for(""));
$("fold").addEventListener("click", () => roll.toggle_all());
$("theme").addEventListener("click", next_theme);
$("tab-roll").addEventListener("click", () => show_tab("roll"));
$("tab-events").addEventListener("click", () => show_tab("events"));
$("banner-button").addEventListener("click", () => {
    if (link.state === "locked") link.ask_token("read the list", link.token !== "");
    else link.try_now();
});
for (const id of ["zone", "version"]) {
    $(id).addEventListener("change", () => {
        filter[id] = $(id).value;
        apply_filter();
    });
}
for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button));
}
addEventListener("hashchange", read_filter);

model.changed = () => {
    if (!roll.settled) {
        const total = [...model.services.values()].reduce((sum, { total }) => sum + total, 0);
        if (total > kOpenMax) roll.open_by_default = false;
    }
    show_instances();
    show_filters();
    show_first();
    roll.schedule();
};
link.changed = show_link;

say($("host"), location.host);
show_theme(localStorage.getItem("rollcall.theme") ?? "");
build_heads();
build_chips();
read_filter();
show_first();
show_link();
setInterval(() => {
    if (document.hidden) return;
    roll.tick();
    show_countdown();
}, 1000);
start_live();
