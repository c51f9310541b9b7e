// The table: a group of rows per service. Only what changed is drawn, a few milliseconds a frame.

const kDrawMs = 12; // in one frame; what is left comes in the next
const kRowsAtOnce = 1000; // of one service; more on request
const kOpenMax = 2000; // with more instances services start folded
const kTallyMax = 60;

const collator = new Intl.Collator("en", { numeric: true });

// Strokes in fives, as one counts on paper; each has the colour of its status.
function draw_tally(drawing, service) {
    const numbers = new Map(kStatuses.map((status) => [status, 0]));
    for (const { status } of service.instances.values()) {
        numbers.set(status, numbers.get(status) + 1);
    }
    const total = service.instances.size;
    const strokes = [];
    for (const [status, number] of numbers) {
        // One stroke stands for many once they are too many, but one of a thousand still shows.
        const share = total > kTallyMax ? Math.ceil((number * kTallyMax) / total) : number;
        for (let i = 0; i < share; i++) strokes.push(status);
    }
    const shapes = new Map();
    strokes.forEach((status, i) => {
        const left = Math.floor(i / 5) * 24 + 3;
        const x = left + (i % 5) * 5;
        const stroke = i % 5 === 4 ? `M${left - 2} 12 ${left + 17} 4` : `M${x} 2V14`;
        shapes.set(status, (shapes.get(status) ?? "") + stroke);
    });
    const width = Math.ceil(strokes.length / 5) * 24;
    mark(drawing, "viewBox", `0 0 ${width} 16`);
    mark(drawing, "preserveAspectRatio", "xMinYMid");
    mark(drawing, "width", String(width));
    drawing.replaceChildren(
        ...[...shapes].map(([status, d]) => svg("path", { d, "data-status": status })),
    );
    return numbers;
}

class Group {
    constructor(service) {
        this.service = service;
        this.rows = new Map();
        this.limit = kRowsAtOnce;
        this.drawn = "";
        this.name = el("span", { class: "name" }, service.name);
        this.button = el("button", { type: "button" }, el("span", { class: "chevron" }), this.name);
        this.tally = svg("svg", { class: "tally", "aria-hidden": "true", height: "16" });
        this.sum = el("span");
        this.end_hold = el("button", { type: "button", class: "hold" }, "End hold");
        mark(this.end_hold, "aria-label", `End the hold of ${service.name}`);
        this.head = el(
            "tr",
            { role: "row", class: "service" },
            el("th", { role: "rowheader", "aria-colspan": "2" }, el("h2", {}, this.button)),
            el("td", { role: "cell", class: "strokes", "aria-colspan": "3" }, this.tally),
            el("td", { role: "cell", class: "sum" }, this.end_hold, this.sum),
        );
        this.rest = el(
            "tr",
            { role: "row", class: "rest" },
            el("td", { role: "cell" }, el("button", { type: "button", class: "quiet" })),
        );
        this.body = el("tbody", { role: "rowgroup" }, this.head);
        this.body.group = this;
    }

    get open() {
        if (filter.active && this.service.index) return this.service.open_found ?? true;
        return this.service.open ?? roll.open_by_default;
    }

    // False if time was up before everything was drawn.
    draw(deadline) {
        const { service, open } = this;
        const state = `${service.version}/${roll.view}/${open}/${this.limit}`;
        if (state === this.drawn) return true;
        const found = [...service.instances.values()].filter((one) => filter.matches(one));
        this.body.hidden = filter.active && service.index !== "" && found.length === 0;
        this.show_sum(found.length);
        mark(this.button, "aria-expanded", String(open));
        found.sort(roll.order);
        const done = this.draw_rows(open ? found.slice(0, this.limit) : [], deadline);
        this.rest.remove();
        if (done && open && found.length > this.limit) {
            say(this.rest.querySelector("button"), `Show more of ${count(found.length)}`);
            this.body.append(this.rest);
        }
        if (done) this.drawn = state;
        return done;
    }

    show_sum(found) {
        const { service } = this;
        const numbers = draw_tally(this.tally, service);
        this.end_hold.hidden = !numbers.get("held");
        if (filter.active && service.index) {
            return say(this.sum, `${count(found)} of ${count(service.total)} shown`);
        }
        const parts = [`${count(service.up)} of ${count(service.total)} up`];
        for (const status of ["draining", "held"]) {
            if (numbers.get(status)) parts.push(`${count(numbers.get(status))} ${status}`);
        }
        say(this.sum, parts.join(", "));
    }

    draw_rows(list, deadline) {
        const wanted = new Set(list.map((instance) => instance.data.id));
        for (const [id, row] of this.rows) if (!wanted.has(id)) this.drop(id, row);
        let cursor = this.head.nextSibling;
        for (const instance of list) {
            let row = this.rows.get(instance.data.id);
            if (!row) {
                if (performance.now() > deadline) return false;
                row = this.add(instance);
            }
            row.show(instance);
            if (row.node === cursor) cursor = cursor.nextSibling;
            else this.body.insertBefore(row.node, cursor);
        }
        return true;
    }

    add(instance) {
        const row = new Row(instance);
        this.rows.set(instance.data.id, row);
        roll.sight.observe(row.node);
        const age = Date.now() - new Date(instance.data.registered).getTime();
        if (age < 5000 && roll.settled) {
            row.node.classList.add("new");
            setTimeout(() => row.node.classList.remove("new"), 2500);
        }
        return row;
    }

    drop(id, row) {
        if (row.node.contains(document.activeElement)) {
            const near = row.node.nextElementSibling ?? row.node.previousElementSibling;
            near?.querySelector("button")?.focus();
        }
        roll.sight.unobserve(row.node);
        roll.in_view.delete(row);
        row.node.remove();
        this.rows.delete(id);
    }

    end() {
        for (const [id, row] of this.rows) this.drop(id, row);
        this.body.remove();
    }
}

const roll = {
    groups: new Map(),
    in_view: new Set(), // rows
    view: 0, // changes with the filter and the order
    settled: false, // everything has been drawn once
    open_by_default: true,
    sorted_by: null, // [key, 1 or -1]
    frame: 0,

    order(a, b) {
        if (roll.sorted_by) {
            const [key, direction] = roll.sorted_by;
            const [x, y] = [key(a), key(b)];
            const by = typeof x === "number" ? x - y || 0 : collator.compare(x, y);
            if (by) return by * direction;
        }
        return collator.compare(a.endpoint, b.endpoint) || collator.compare(a.data.id, b.data.id);
    },

    redraw() {
        this.view++;
        this.schedule();
    },

    schedule() {
        this.frame ||= requestAnimationFrame(() => {
            this.frame = 0;
            this.draw();
        });
    },

    draw() {
        const { services } = model;
        for (const [name, group] of this.groups) {
            if (services.get(name) === group.service) continue;
            group.end();
            this.groups.delete(name);
        }
        const deadline = performance.now() + kDrawMs;
        const names = [...services.keys()].sort(collator.compare);
        let cursor = $("table").tHead.nextSibling;
        let done = true;
        for (const name of names) {
            let group = this.groups.get(name);
            if (!group) this.groups.set(name, (group = new Group(services.get(name))));
            if (group.body === cursor) cursor = cursor.nextSibling;
            else $("table").insertBefore(group.body, cursor);
            done = group.draw(deadline) && done;
        }
        if (!done) this.schedule();
        else if (model.complete()) this.settled = true;
        this.show_what_is_there();
    },

    show_what_is_there() {
        const { size } = model.services;
        const seen = [...this.groups.values()].some((group) => !group.body.hidden);
        $("table").hidden = size === 0 || !seen;
        $("loading").hidden = model.read;
        $("first").hidden = !model.read || size > 0;
        document.body.classList.toggle("empty", !$("first").hidden);
        $("no-match").hidden = size === 0 || seen;
    },

    services_in_view() {
        return new Set([...this.in_view].map((row) => row.instance.data.service));
    },

    tick() {
        for (const row of this.in_view) row.tick();
    },

    sight: new IntersectionObserver(
        (entries) => {
            const before = roll.services_in_view();
            for (const { isIntersecting, target } of entries) {
                if (isIntersecting) {
                    roll.in_view.add(target.row);
                    target.row.tick();
                } else {
                    roll.in_view.delete(target.row);
                }
            }
            for (const name of roll.services_in_view()) if (!before.has(name)) look_at_leases();
        },
        { rootMargin: "100px" },
    ),

    sort(column) {
        const [, , key] = kColumns[column];
        const [now, direction] = this.sorted_by ?? [];
        // Up, down, and back to the order by endpoint.
        this.sorted_by = now !== key ? [key, 1] : direction === 1 ? [key, -1] : null;
        [...$("heads").cells].forEach((cell, i) => {
            const said = { 1: "ascending", "-1": "descending" }[this.sorted_by?.[1]];
            mark(cell, "aria-sort", i === column && said ? said : null);
        });
        this.redraw();
    },

    toggle(group) {
        const { service } = group;
        service[filter.active && service.index ? "open_found" : "open"] = !group.open;
        if (group.open && !service.index) end_parked();
        this.schedule();
    },

    // Folds all services if any is open, else opens all.
    toggle_all() {
        const any = [...this.groups.values()].some((group) => group.open);
        this.open_by_default = !any;
        for (const { service } of this.groups.values()) {
            service.open = null;
            service.open_found = filter.active ? !any : undefined;
        }
        say($("fold"), any ? "Open all" : "Fold all");
        this.schedule();
    },
};

function build_heads() {
    kColumns.forEach(([name, title, key], column) => {
        const cell = el("th", { role: "columnheader", class: name });
        if (key) {
            const button = el("button", { type: "button" }, title);
            button.addEventListener("click", () => roll.sort(column));
            cell.append(button);
        } else {
            cell.append(el("span", { class: "unseen" }, "Actions"));
        }
        $("heads").append(cell);
    });
}

$("table").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    const group = target.closest("tbody")?.group;
    const row = target.closest(".instance")?.row;
    if (!button || !group) return;
    if (!row) {
        if (button === group.button) return roll.toggle(group);
        if (button === group.end_hold) return ask_to_end_hold(group.service);
        group.limit += kRowsAtOnce;
        return roll.schedule();
    }
    if (button === row.button) row.toggle();
    else if (button === row.drain) ask_to_drain(row.instance);
    else if (button === row.remove) ask_to_remove(row.instance);
});

// Arrows go from row to row, so that a thousand rows are not three thousand stops of the Tab key.
$("table").addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const row = event.target.closest("tr");
    if (!step || !row || row.parentElement.tagName !== "TBODY") return;
    const body = row.parentElement;
    let next = row[step];
    if (!next && body[step]?.tagName === "TBODY") {
        next =
            step === "nextElementSibling"
                ? body[step].firstElementChild
                : body[step].lastElementChild;
    }
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
});
