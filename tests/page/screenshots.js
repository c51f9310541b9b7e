// Pictures of the registry's page: node screenshots.js URL FOLDER; scripts/page-screenshots runs it.
// Fills an empty registry with an invented fleet, keeps it alive, and takes each view.
"use strict";

const { launch, Registry } = require("./browser.js");
const { kViews } = require("./views.js");

const registry = new Registry(process.argv[2]);
const folder = process.argv[3];

const kServices = [
    ["catalog", 14], ["checkout", 23], ["images", 41], ["ledger", 5], ["mail", 3],
    ["payments", 12], ["search", 64], ["sessions", 9],
];
const kFleetSettles = 9000; // ms: until the lines of the counters have something to show

function fleet() {
    const instances = [];
    for (const [service, number] of kServices) {
        for (let i = 0; i < number; i++) {
            instances.push([service, 9000 + (i % 3), {
                address: `10.20.${i % 5}.${11 + i}`,
                zone: ["eu-west-1a", "eu-west-1b", "eu-west-1c"][i % 3],
                version: i % 9 === 4 ? "2.4.0-rc1" : "2.3.1",
                weight: i % 9 === 4 ? 20 : 100,
                tags: i % 9 === 4 ? ["canary"] : [],
                meta: { build: `9f2c1e${i}`, rack: `r${i % 12}` },
                status: i % 17 === 9 ? "starting" : i % 31 === 11 ? "down" : "up",
                ttl: 15,
            }]);
        }
    }
    return instances;
}

function keep_alive(instances) {
    let turn = 0;
    return setInterval(() => {
        const part = instances.filter((_, i) => i % 10 === turn % 10);
        turn++;
        const beats = part.map(([service, port, { address }]) => (
            { service, id: `${address}:${port}` }));
        registry.request("POST", "/v1/heartbeat", { instances: beats }).catch(() => {});
    }, 400);
}

async function take(browser, [name, viewport, colorScheme, deviceScaleFactor], states) {
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor });
    const page = await context.newPage();
    await page.goto(registry.url);
    for (const [state, prepare] of Object.entries(states)) {
        await prepare(page);
        await page.waitForTimeout(400);
        await page.screenshot({ path: `${folder}/${name}-${state}.png` });
    }
    await context.close();
    console.log(name);
}

const empty = {
    empty: (page) => page.getByText("Nobody has answered yet.").waitFor(),
};
const full = {
    async list(page) {
        await page.locator(".age", { hasText: "s" }).first().waitFor();
        await page.waitForTimeout(kFleetSettles);
    },
    open: (page) => page.locator(".instance .id button").nth(4).click(),
    ask: (page) => page.locator(".instance.open .drain").click(),
    async token(page) {
        await page.keyboard.press("Escape");
        await page.locator("#key").click();
    },
    async search(page) {
        await page.keyboard.press("Escape");
        await page.locator("#query").fill("canary eu-west-1b");
    },
    async away(page) {
        await page.locator("#query").fill("");
        await page.context().setOffline(true);
        await page.getByText("The registry does not answer.").waitFor();
        await page.evaluate(() => scrollTo(0, 0));
    },
};

(async () => {
    const browser = await launch();
    for (const view of kViews) await take(browser, view, empty);
    const instances = fleet();
    await registry.register_many(instances);
    const timer = keep_alive(instances);
    const drain = { override: "draining" };
    await registry.request("PATCH", "/v1/services/catalog/instances/10.20.2.13:9002", drain);
    await registry.request("PATCH", "/v1/services/search/instances/10.20.1.17:9000", drain);
    await registry.request("DELETE", "/v1/services/mail/instances/10.20.1.12:9001");
    for (const view of kViews) await take(browser, view, full);
    clearInterval(timer);
    await browser.close();
})();
