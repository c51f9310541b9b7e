// The inspector's page in a real browser: node page_check.js URL [TOKEN]. The server must allow
// calls. Without a token the server is stopped when this prints "stop the server".
"use strict";

const assert = require("node:assert/strict");
const { run_checks } = require("../page/browser.js");

const [url, token] = process.argv.slice(2);
const headers = { "Content-Type": "application/json" };
if (token) headers.Authorization = `Bearer ${token}`;

const call = (method, args) => fetch(`${url}/rpc/${method}`, {
    method: "POST", headers, body: JSON.stringify(args),
});
const cells = (page, method) => page.locator("#methods tbody tr", { hasText: method }).locator("td");

const shown = {
    async "methods are listed with their signatures"(page) {
        await page.locator("#methods tbody th", { hasText: "int(int,int)" }).waitFor();
        await page.locator("#state", { hasText: "serving" }).waitFor();
    },

    async "calls and errors appear without a reload"(page) {
        for (let i = 0; i < 5; i++) await (await call("add", [i, 1])).text();
        await (await call("fail", ["no"])).text();
        await page.locator("#methods tbody tr", { hasText: "add" }).locator("td:nth-child(8)",
            { hasText: "5" }).waitFor();
        const bad = cells(page, "fail").last();
        await page.waitForFunction((node) => node.textContent === "1", await bad.elementHandle());
        assert.ok((await bad.getAttribute("class")).includes("bad"));
        assert.match(await bad.getAttribute("title"), /handler_failed: 1/);
        await page.locator("#connections", { hasText: "this process" }).waitFor();
    },

    async "a page's own script may call, of the same origin"(page) {
        const answer = await page.evaluate(async (bearer) => {
            const answer = await fetch("/rpc/add", {
                method: "POST", body: "[20,22]",
                headers: { "Content-Type": "application/json", Authorization: `Bearer ${bearer}` },
            });
            return answer.text();
        }, token ?? "");
        assert.equal(answer, "42");
    },

    async "the keyboard reaches and turns every column"(page) {
        const heads = page.locator("#methods thead button:visible");
        const count = await heads.count();
        for (let i = 0; i < count; i++) {
            await heads.nth(i).focus();
            await page.keyboard.press("Enter");
            const head = page.locator("#methods thead th[aria-sort]");
            assert.equal(await head.count(), 1);
        }
        await heads.nth(0).focus();
        await page.keyboard.press("Enter");
        const first = await page.locator("#methods tbody tr").first().locator("th").textContent();
        await page.keyboard.press("Enter");
        const other = await page.locator("#methods tbody tr").first().locator("th").textContent();
        assert.notEqual(first, other);
    },

    async "nothing is wider than a telephone"(page) {
        await page.setViewportSize({ width: 360, height: 740 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 360, `${wide} px`);
        await page.setViewportSize({ width: 1280, height: 800 });
    },

    async "nothing was refused and nobody else was asked"(page, problems) {
        assert.deepEqual(problems, []);
    },
};

const ends = {
    async "a server that stops is shown as stopped"(page) {
        console.log("stop the server");
        await page.locator("#state", { hasText: "stopped" }).waitFor();
    },

    async "a lost connection is said and forgotten"(page) {
        await page.context().setOffline(true);
        await page.locator("#lost", { hasText: "Connection lost" }).waitFor();
        assert.ok((await page.locator("#lost").innerText()).includes("was so at"));
        await page.context().setOffline(false);
        await page.locator("#lost").waitFor({ state: "hidden" });
    },
};

const guarded = {
    async "the token is asked for, again if it is wrong"(page, problems) {
        await page.locator("#token").fill("wrong-token");
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => !sessionStorage.getItem("token"));
        await page.locator("#token").fill(token);
        await page.keyboard.press("Enter");
        await page.locator("#state", { hasText: "serving" }).waitFor();
        assert.ok(await page.locator("#ask").isHidden());
        // The browser logs each 401.
        assert.ok(problems.every((text) => text.includes("401")), problems.join("\n"));
        problems.length = 0;
    },
};

run_checks({ url }, token ? { ...guarded, ...shown } : { ...shown, ...ends });
