// The loops that keep the page true: changes by the watch, events by another, figures by polling.

const kWait = "25s";
const kParkedMs = 40000; // longer than the wait: the answer is overdue
const kBetweenMs = 150; // between two answers, so that a burst is read once
const kBetweenPerInstanceMs = 0.2; // long lists are read less often
const kStatusMs = 2000;
const kLeasesMs = 3000;

async function watch_turn() {
    const asked = performance.now();
    let read = 0;
    const body = { services: model.wanted(), wait: kWait };
    const options = { body, signal: parked.signal, timeout: kParkedMs };
    try {
        const answer = await ask("POST", "v1/watch", options);
        if (link.state !== "away") link.become("live");
        if (!answer) return;
        model.apply(answer.changed);
        for (const { instances } of Object.values(answer.changed)) read += instances?.length ?? 0;
    } catch (error) {
        if (error.status === 0) return ended(options.signal);
        if (error.code === "warming_up") link.become("warming");
        if (wants_token(error)) link.become("locked");
        throw error;
    }
    const between = Math.max(kBetweenMs, read * kBetweenPerInstanceMs);
    await pause(Math.max(0, between - (performance.now() - asked)));
}

// A parked request ended without an answer: by us, or the status loop has to find out why.
async function ended(signal) {
    if (signal.aborted) return;
    look_now();
    await pause(300);
}

let look_now = () => {};

async function status_loop() {
    for (;;) {
        await visible();
        try {
            const status = await ask("GET", "v1/status");
            if (link.state === "away" || link.state === "connecting") link.become("live");
            take_status(status);
        } catch (error) {
            if (error.status === 0 || error.status >= 500) {
                end_parked();
                await link.lost();
                continue;
            }
            if (link.state === "away") link.become("live");
        }
        await Promise.race([pause(kStatusMs), new Promise((done) => (look_now = done))]);
    }
}

let events_index = null;

async function events_turn() {
    const after = events_index === null ? "" : `&after=${encodeURIComponent(events_index)}`;
    const options = { signal: parked.signal, timeout: kParkedMs };
    try {
        const answer = await ask("GET", `v1/events?wait=${kWait}${after}`, options);
        if (!answer) return;
        feed.take(answer.events, events_index === null);
        events_index = answer.index;
    } catch (error) {
        if (error.status === 0) return ended(options.signal);
        throw error;
    }
    await pause(kBetweenMs);
}

let look_at_leases = () => {};

// Only of what is on the screen.
async function leases_turn() {
    for (const name of roll.services_in_view()) {
        const before = seconds_now();
        const path = `v1/leases?service=${encodeURIComponent(name)}`;
        const { leases } = await ask("GET", path);
        model.take_leases(name, leases, (before + seconds_now()) / 2);
    }
    roll.tick();
    await Promise.race([pause(kLeasesMs), new Promise((done) => (look_at_leases = done))]);
}

function start_live() {
    status_loop();
    repeat(watch_turn);
    repeat(events_turn);
    repeat(leases_turn);
}
