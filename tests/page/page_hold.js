// Servers of a service that fall silent together, in a real browser: node page_hold.js URL. Where
// the registry has tokens they have to be "reader-token" and "writer-token".
"use strict";

const assert = require("node:assert/strict");
const { Registry, run_checks } = require("./browser.js");

const url = process.argv[2];
const registry = new Registry(url, "writer-token");
const kSilent = 5; // fewer would expire

const button = (scope, name) => scope.getByRole("button", { name, exact: true });
const end_hold = (page) => button(page, "End the hold of calculator");
const rows = (page) => page.locator(".instance");
const dialog = (page) => page.locator("#ask");

const held = async () => (await registry.request("GET", "/v1/status")).held;

async function enter(page, token) {
    await page.locator("#token").getByLabel("Token").fill(token);
    await button(page.locator("#token"), "Use it").click();
}

const shown = {
    async "instances with leases are not held"(page) {
        if (await needs_token()) {
            await button(page, "Enter a token").click();
            await enter(page, "reader-token");
        }
        // A lease that lasts, so that its service is not held.
        await registry.register("reports", 9100);
        await page.locator(".instance", { hasText: "10.1.2.3:9100" }).waitFor();
        assert.equal(await page.locator("button.hold:visible").count(), 0);
    },

    async "those that fall silent together are marked, and say so"(page) {
        const together = Array.from({ length: kSilent }, (_, i) => 9000 + i);
        await Promise.all(together.map((port) =>
            registry.register("calculator", port, { ttl: 4 })));
        await end_hold(page).waitFor();
        await page.locator(".counter.warn", { hasText: "Held" }).waitFor();
        await page.locator("#feed li", { hasText: "held" }).first().waitFor();
        await page.waitForFunction(
            (number) => document.querySelectorAll(".instance.held").length === number, kSilent);
        assert.equal(await page.locator("button.hold:visible").count(), 1);
        assert.equal(await held(), kSilent);
    },

    async "ending the hold asks first"(page) {
        await end_hold(page).click();
        const text = await dialog(page).innerText();
        assert.ok(text.includes(`Let ${kSilent} held instances expire?`), text);
        assert.ok(text.includes("calculator"), text);
        await page.keyboard.press("Escape");
        await dialog(page).waitFor({ state: "hidden" });
        assert.equal(await held(), kSilent);
    },
};

const refused = {
    async "it takes a token to write"(page) {
        await end_hold(page).click();
        await button(dialog(page), "End the hold").click();
        await button(page.locator("#token"), "Cancel").click();
        await page.locator("#ask-problem", { hasText: "may only read" }).waitFor();
        assert.equal(await held(), kSilent);
        await button(dialog(page), "End the hold").click();
        await enter(page, "writer-token");
        await page.getByText(`${kSilent} instances of calculator expired`).waitFor();
    },
};

const open = {
    async "it ends when it is wanted"(page) {
        await end_hold(page).click();
        await button(dialog(page), "End the hold").click();
        await page.getByText(`${kSilent} instances of calculator expired`).waitFor();
    },
};

const ended = {
    async "they leave, the others stay"(page) {
        await page.locator(".instance.held").first().waitFor({ state: "detached" });
        await page.waitForFunction(() => document.querySelectorAll(".instance").length === 1);
        assert.ok((await rows(page).innerText()).includes("10.1.2.3:9100"));
        assert.equal(await page.locator("button.hold:visible").count(), 0);
        assert.equal(await held(), 0);
        const left = await registry.request("GET", "/v1/services/calculator");
        assert.deepEqual(left.instances, []);
    },

    async "nothing but refusals in the console"(_, problems) {
        assert.deepEqual(problems.filter((text) => !/status of 40[13] /.test(text)), []);
    },
};

async function needs_token() {
    return (await fetch(`${url}/v1/status`)).status === 401;
}

needs_token().then((needed) =>
    run_checks(registry, { ...shown, ...(needed ? refused : open), ...ended }));
