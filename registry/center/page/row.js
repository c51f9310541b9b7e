// One instance: a row of the table, changed in place.

const kColumns = [
    // class, heading, what it sorts by
    ["status", "Status", (instance) => kStatuses.indexOf(instance.status)],
    ["id", "Instance", (instance) => instance.endpoint],
    ["zone", "Zone", (instance) => instance.data.zone],
    ["version", "Version", (instance) => instance.data.version],
    ["weight", "Weight", (instance) => instance.data.weight],
    ["lease", "Heartbeat", (instance) => instance.lease()?.age ?? Infinity],
    ["act", "", null],
];

// Built once and cloned: a thousand rows are a thousand clones.
const row_template = (() => {
    const cell = (name, ...children) => el("td", { role: "cell", class: name }, ...children);
    const button = (name, text) => el("button", { type: "button", class: name }, text);
    return el(
        "tr",
        { role: "row", class: "instance" },
        cell("status", el("span", { class: "mark" }), el("span", {})),
        el(
            "th",
            { role: "rowheader", class: "id" },
            el(
                "button",
                { type: "button", "aria-expanded": "false" },
                el("span", { class: "chevron" }),
                el("span", { class: "at" }),
                el("span", { class: "more" }),
            ),
        ),
        cell("zone"),
        cell("version"),
        cell("weight"),
        cell("lease", el("span", { class: "bar" }), el("span", { class: "age" })),
        cell("act", button("drain", "Drain"), button("remove", "Remove")),
    );
})();

class Row {
    constructor(instance) {
        this.node = row_template.cloneNode(true);
        const [status, id, zone, version, weight, lease, act] = this.node.children;
        this.word = status.lastElementChild;
        this.button = id.firstElementChild;
        [, this.at, this.more] = this.button.children;
        Object.assign(this, { zone, version, weight });
        this.bar = lease.firstElementChild;
        this.age = lease.lastElementChild;
        [this.drain, this.remove] = act.children;
        this.facts = null;
        this.node.row = this;
        this.show(instance);
    }

    show(instance) {
        if (this.instance === instance) return;
        this.instance = instance;
        const { data, status, endpoint } = instance;
        mark(this.node, "data-status", status);
        say(this.word, status);
        say(this.at, data.scheme === "tcp" ? endpoint : `${data.scheme}://${endpoint}`);
        const other_id = data.id !== endpoint && data.id !== `tcp@${endpoint}`;
        say(this.more, [...(other_id ? [data.id] : []), ...(data.tags ?? [])].join("  "));
        say(this.zone, data.zone || "–");
        say(this.version, data.version || "–");
        say(this.weight, count(data.weight));
        const drained = data.override !== null;
        say(this.drain, drained ? "Undrain" : "Drain");
        mark(
            this.drain,
            "aria-label",
            `${drained ? "Undrain" : "Drain"} ${data.id} of ${data.service}`,
        );
        mark(this.remove, "aria-label", `Remove ${data.id} of ${data.service}`);
        if (this.facts) this.show_facts();
        this.tick();
    }

    // Time goes on.
    tick() {
        const lease = this.instance.lease();
        const { ttl, stale } = this.instance.data;
        const left = lease ? Math.min(1, Math.max(0, lease.left / ttl)) : 0;
        this.bar.style.backgroundSize = stale ? "" : `${(100 * left).toFixed(1)}% 100%`;
        this.node.classList.toggle("late", left < 0.45);
        this.node.classList.toggle("held", stale);
        say(this.age, lease ? (lease.age < 1 ? "now" : span(lease.age)) : "–");
        if (this.facts) say(this.facts.lease, this.lease_sentence(lease));
    }

    lease_sentence(lease) {
        const { ttl, stale } = this.instance.data;
        if (stale) return "ran out; the registry holds it, because too many went silent at once";
        if (!lease) return `${ttl} s`;
        return `ends in ${span(lease.left)} of ${ttl} s`;
    }

    toggle() {
        const open = !this.facts;
        mark(this.button, "aria-expanded", String(open));
        this.node.classList.toggle("open", open);
        if (open) {
            this.facts = { cell: el("td", { role: "cell", class: "facts" }), lease: el("dd") };
            this.node.append(this.facts.cell);
            this.show_facts();
            this.tick();
        } else {
            this.facts.cell.remove();
            this.facts = null;
        }
    }

    show_facts() {
        const { data } = this.instance;
        const list = el("dl");
        const fact = (name, text) => list.append(el("dt", {}, name), el("dd", {}, text));
        fact("id", data.id);
        if (data.override !== null) {
            fact("status", `${data.status}, says the server; ${data.override}, says an operator`);
        }
        fact("registered", `${time_of(data.registered)}, ${data.via}`);
        list.append(el("dt", {}, "lease"), this.facts.lease);
        fact("weight", count(data.weight));
        if (data.tags?.length) fact("tags", data.tags.join(", "));
        fact("incarnation", data.incarnation);
        for (const [key, value] of Object.entries(data.meta ?? {})) fact(key, value);
        this.facts.cell.replaceChildren(list);
    }
}
