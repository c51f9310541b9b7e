// A headless Chromium and what is done with it by the tests and by scripts/page-screenshots.
"use strict";

const { chromium } = require("playwright-core");

async function launch() {
    // Without a sandbox, because tests run as root in containers; it only sees our own page.
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"];
    return chromium.launch({ executablePath: "/usr/bin/chromium", args });
}

// One registry, as a client sees it.
class Registry {
    constructor(url, token = "") {
        this.url = url;
        this.headers = token ? { Authorization: `Bearer ${token}` } : {};
    }

    async request(method, path, body) {
        const options = { method, headers: this.headers, body: body && JSON.stringify(body) };
        const answer = await fetch(this.url + path, options);
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return text ? JSON.parse(text) : null;
    }

    // Fields beside the address and port that `port` gives; a lease of ten minutes unless told.
    register(service, port, fields = {}) {
        const instance = { address: "10.1.2.3", port, ttl: 600, ...fields };
        if (instance.ttl === null) delete instance.ttl;
        const id = fields.id ?? `${instance.address}:${port}`;
        return this.request("PUT", `/v1/services/${service}/instances/${encodeURIComponent(id)}`,
            instance);
    }

    instance(service, id) {
        return this.request("GET", `/v1/services/${service}/instances/${encodeURIComponent(id)}`);
    }

    // In turns, so that a thousand requests are not a thousand connections.
    async register_many(instances) {
        const left = [...instances];
        const worker = async () => {
            while (left.length > 0) await this.register(...left.pop());
        };
        await Promise.all(Array.from({ length: 8 }, worker));
    }
}

async function open_page(browser, registry, problems) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(10000);
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
        const ours = request.url().startsWith(registry.url) || request.url().startsWith("data:");
        if (!ours) problems.push(`a request to ${request.url()}`);
    });
    await page.goto(registry.url);
    return page;
}

// Runs { "what holds": async (page, problems) => {...} } in order, on one page; `problems` is what
// the console and the network said. Prints each that holds; the process ends with 1 at the first
// that does not.
async function run_checks(registry, checks) {
    const browser = await launch();
    const problems = [];
    try {
        const page = await open_page(browser, registry, problems);
        for (const [what, check] of Object.entries(checks)) {
            const before = performance.now();
            await check(page, problems).catch((error) => {
                throw new Error(`${what}: ${error.message}\n${problems.join("\n")}`);
            });
            console.log(`holds: ${what} (${Math.round(performance.now() - before)} ms)`);
        }
        console.log("everything holds");
    } catch (error) {
        console.error(error.message);
        process.exitCode = 1;
    } finally {
        await browser.close();
    }
}

module.exports = { launch, Registry, run_checks };
