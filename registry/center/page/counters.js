// The figures at the top, each with the line of its last minutes.

const kSamples = 120; // one every two seconds
const kSamplesFirst = 30; // the width of the line before there are more

class Counter {
    constructor(id) {
        const box = $(id);
        this.box = box;
        this.value = box.querySelector("b");
        this.note = box.querySelector("small");
        this.samples = [];
        this.area = svg("path", { class: "area" });
        this.line = svg("path");
        const drawing = box.querySelector("svg");
        this.drawing = drawing;
        mark(drawing, "preserveAspectRatio", "none");
        drawing.append(this.area, this.line);
    }

    show(text, note) {
        say(this.value, text);
        if (note !== undefined) say(this.note, note);
    }

    sample(number) {
        this.samples.push(number);
        if (this.samples.length > kSamples) this.samples.shift();
        if (this.samples.length < 2) return;
        // A fleet that lost one of a thousand should show it, so the scale does not start at zero;
        // but the noise of a steady figure should not look like a storm either.
        const most = Math.max(...this.samples);
        const least = Math.min(...this.samples);
        const height = Math.max(most - least, most * 0.1, 1);
        const floor = Math.max(0, Math.min(least, (most + least - height) / 2));
        const y = (value) => (92 - (84 * (value - floor)) / height).toFixed(1);
        const width = Math.max(kSamplesFirst, this.samples.length);
        const first = width - this.samples.length;
        mark(this.drawing, "viewBox", `0 0 ${width - 1} 100`);
        const points = this.samples.map((value, i) => `${first + i} ${y(value)}`).join("L");
        mark(this.line, "d", `M${points}`);
        mark(this.area, "d", `M${first} 100L${points}L${width - 1} 100Z`);
    }
}

const counters = {
    instances: new Counter("c-instances"),
    heartbeats: new Counter("c-heartbeats"),
    watchers: new Counter("c-watchers"),
    changes: new Counter("c-changes"),
    expired: new Counter("c-expired"),
};

let last_beats = null; // {epoch, at, total}
const change_times = [];

function heartbeat_rate({ epoch, heartbeats }) {
    if (heartbeats === undefined) return null;
    const now = { epoch, at: seconds_now(), total: heartbeats, rate: null };
    if (last_beats?.epoch === epoch && now.at > last_beats.at) {
        const rate = (now.total - last_beats.total) / (now.at - last_beats.at);
        // Smoothed: ten heartbeats of one process come together.
        now.rate =
            last_beats.rate === null ? rate : last_beats.rate + 0.4 * (rate - last_beats.rate);
    }
    last_beats = now;
    return now.rate;
}

function take_status(status) {
    const beats = last_beats?.total;
    const epoch = model.status?.epoch;
    model.status = status;
    const rate = heartbeat_rate(status);
    if (rate !== null) {
        counters.heartbeats.show(count(rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate)));
        counters.heartbeats.sample(rate);
    }
    if (status.heartbeats > beats) pulse();
    if (status.watchers !== undefined) {
        counters.watchers.show(count(status.watchers));
        counters.watchers.sample(status.watchers);
    }
    if (status.expired !== undefined) {
        show_expired(status.expired, status.held ?? 0);
    }
    counters.instances.sample(status.instances);
    while (change_times.length > 0 && change_times[0] < Date.now() - 60000) change_times.shift();
    counters.changes.show(count(change_times.length));
    counters.changes.sample(change_times.length);
    if (epoch !== undefined && epoch !== status.epoch) feed.restarted();
    show_instances();
    say($("about"), `version ${status.version}, up for ${span(status.uptime)}`);
}

// What is held now is more urgent than what expired at some time.
function show_expired(expired, held) {
    const { box } = counters.expired;
    box.classList.toggle("warn", held > 0);
    say(box.querySelector("h2"), held > 0 ? "Held" : "Expired");
    if (held > 0) counters.expired.show(count(held), `and ${count(expired)} expired`);
    else counters.expired.show(count(expired), "since the start");
    counters.expired.sample(expired);
}

function show_instances() {
    let up = 0;
    let total = 0;
    for (const service of model.services.values()) {
        up += service.up;
        total += service.total;
    }
    const held = model.status?.held > 0 ? `, ${count(model.status.held)} held` : "";
    const where = plural(model.services.size, "service");
    counters.instances.show(
        count(total),
        total === 0 ? "none yet" : `${up === total ? "all" : count(up)} up${held}, in ${where}`,
    );
    document.title = model.read ? `${up}/${total} up · Rollcall` : "Rollcall";
}

function pulse() {
    const dot = $("link").firstElementChild;
    dot.classList.remove("beat");
    void dot.offsetWidth; // starts the animation anew
    dot.classList.add("beat");
}
