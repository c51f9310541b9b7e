// The way to the registry: requests, the token, and what is known about whether it answers.

const kAskAgainMs = [500, 1000, 2000, 4000, 8000, 10000];

// An answer that is no success. `status` 0: there was none.
class Refused extends Error {
    constructor(status, code, message, retry_after) {
        super(message);
        this.status = status;
        this.code = code;
        this.retry_after = retry_after;
    }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const link = {
    state: "connecting", // live, warming, locked, away
    heard_at: 0, // the last answer, by performance.now() in seconds
    next_try: 0,
    failures: 0,
    token: sessionStorage.getItem("rollcall.token") ?? "",
    changed: () => {},
    ask_token: async () => false, // set by the dialogs
    waiters: [], // for an answer
    token_waiters: [],

    become(state) {
        if (state === "live" || state === "warming") this.failures = 0;
        const before = this.state;
        this.state = state;
        if (state !== "away") {
            for (const go_on of this.waiters.splice(0)) go_on();
        }
        if (before !== state) this.changed();
    },

    // Until the registry answers, or the user wants to know now.
    up() {
        if (this.state !== "away") return Promise.resolve();
        return new Promise((done) => this.waiters.push(done));
    },

    // The registry did not answer; waits for the next try.
    async lost() {
        const ms = kAskAgainMs[Math.min(this.failures++, kAskAgainMs.length - 1)];
        const wait = ms * (0.8 + 0.4 * Math.random());
        this.next_try = seconds_now() + wait / 1000;
        this.become("away");
        this.changed();
        await Promise.race([pause(wait), new Promise((done) => (this.try_now = done))]);
    },

    try_now() {},

    keep_token(token) {
        this.token = token;
        if (token) sessionStorage.setItem("rollcall.token", token);
        else sessionStorage.removeItem("rollcall.token");
        for (const go_on of this.token_waiters.splice(0)) go_on();
        this.changed();
    },
};

// One request; its JSON, or null for 204 and 304. Throws Refused.
async function ask(method, path, { body, signal, timeout = 5000 } = {}) {
    const headers = {};
    if (body) headers["Content-Type"] = "application/json";
    if (link.token) headers.Authorization = `Bearer ${link.token}`;
    const stop = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    let answer;
    let content = "";
    try {
        answer = await fetch(path, {
            method,
            headers,
            signal: stop,
            cache: "no-store",
            credentials: "same-origin",
            body: body && JSON.stringify(body),
        });
        content = await answer.text();
    } catch {
        throw new Refused(0, "no_answer", "The registry does not answer.");
    }
    link.heard_at = seconds_now();
    let json = null;
    try {
        json = content ? JSON.parse(content) : null;
    } catch {
        // Something between us and the registry answered with a page of its own.
    }
    if (answer.ok || answer.status === 304) return json;
    const message = json?.message ?? `The answer was ${answer.status}.`;
    throw new Refused(
        answer.status,
        json?.error ?? "",
        message,
        Number(answer.headers.get("Retry-After")) || 0,
    );
}

const wants_token = (error) => error.status === 401 || error.status === 403;

// The same, and asks for a token where one is missing or wrong. `purpose` ends "It is needed to".
async function ask_with_token(purpose, method, path, options) {
    for (;;) {
        const used = link.token;
        try {
            return await ask(method, path, options);
        } catch (error) {
            if (!wants_token(error)) throw error;
            if (used === link.token && !(await link.ask_token(purpose, used !== ""))) throw error;
        }
    }
}

// Runs `turn` for ever. Nothing is asked while the page is hidden: parked requests of forgotten
// tabs would use up the connections that a browser allows.
async function repeat(turn) {
    let failures = 0;
    for (;;) {
        await visible();
        await link.up();
        try {
            await turn();
            failures = 0;
        } catch (error) {
            if (!(error instanceof Refused)) console.error(error);
            if (wants_token(error)) {
                await new Promise((done) => link.token_waiters.push(done));
                continue;
            }
            const ms = kAskAgainMs[Math.min(failures++, kAskAgainMs.length - 1)];
            await pause(Math.max(ms, 1000 * (error.retry_after || 0)));
        }
    }
}

// Aborted whenever parked requests should end: the page is hidden, or asks for something else.
let parked = new AbortController();

function end_parked() {
    parked.abort();
    parked = new AbortController();
}

let hidden_timer = 0;

function visible() {
    if (!document.hidden) return Promise.resolve();
    return new Promise((done) => {
        const look = () => {
            if (document.hidden) return;
            document.removeEventListener("visibilitychange", look);
            done();
        };
        document.addEventListener("visibilitychange", look);
    });
}

document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden_timer);
    if (document.hidden) hidden_timer = setTimeout(end_parked, 10000);
});
