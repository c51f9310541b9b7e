// Pictures of an inspector's page: node inspector_screenshots.js URL FOLDER; scripts/page-screenshots
// runs it. The server is calculator-server with --admin-calls; something is called all the time.
"use strict";

const { launch } = require("./browser.js");
const { kViews } = require("./views.js");

const [url, folder] = process.argv.slice(2);
const kWindowFills = 6000; // ms: until rates and latencies have something to show

const call = (method, args) => fetch(`${url}/rpc/${method}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(args),
}).then((answer) => answer.text());

function keep_calling() {
    let turn = 0;
    return setInterval(() => {
        turn++;
        const calls = [call("add", [turn, 1]), call("echo", [{ text: "x".repeat(turn % 2000) }])];
        if (turn % 7 === 0) calls.push(call("fail", ["too bad"]));
        if (turn % 50 === 0) calls.push(call("sleep", [800]));
        if (turn % 90 === 0) calls.push(call("unheard-of", []));
        Promise.all(calls).catch(() => {});
    }, 20);
}

const states = {
    list: (page) => page.locator("#state", { hasText: "serving" }).waitFor(),
    async sorted(page) {
        await page.locator("#methods thead button").first().click();
        await page.evaluate(() => scrollTo(0, 0));
    },
    async bottom(page) {
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    },
    async away(page) {
        await page.evaluate(() => scrollTo(0, 0));
        await page.context().setOffline(true);
        await page.getByText("Connection lost: ").waitFor();
    },
};

async function take(browser, [name, viewport, colorScheme, deviceScaleFactor]) {
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor });
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForTimeout(kWindowFills);
    for (const [state, prepare] of Object.entries(states)) {
        await prepare(page);
        await page.waitForTimeout(400);
        await page.screenshot({ path: `${folder}/inspector-${name}-${state}.png` });
    }
    await context.close();
    console.log(`inspector ${name}`);
}

(async () => {
    const browser = await launch();
    const timer = keep_calling();
    for (const view of kViews) await take(browser, view);
    clearInterval(timer);
    await browser.close();
})();
