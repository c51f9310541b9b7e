// The page of a registry with tokens in a real browser: node page_token.js URL. Its tokens have to
// be "reader-token" and "writer-token".
"use strict";

const assert = require("node:assert/strict");
const { Registry, run_checks } = require("./browser.js");

const registry = new Registry(process.argv[2], "writer-token");

const button = (scope, name) => scope.getByRole("button", { name, exact: true });
const row = (page) => page.locator(".instance", { hasText: "10.1.2.3:9000" });

async function enter(page, token) {
    await page.locator("#token").getByLabel("Token").fill(token);
    await button(page.locator("#token"), "Use it").click();
}

const checks = {
    async "without a token there is the page, and no list"(page) {
        await page.getByText("This registry shows its list only with a token.").waitFor();
        assert.equal(await page.locator(".instance").count(), 0);
    },

    async "a token to read shows the list"(page) {
        await button(page, "Enter a token").click();
        await enter(page, "reader-token");
        await row(page).waitFor();
        await page.getByText("Live", { exact: true }).waitFor();
        await page.locator("#feed li").first().waitFor();
    },

    async "to change something it takes one to write"(page) {
        await button(row(page), "Drain 10.1.2.3:9000 of calculator").click();
        await button(page.locator("#ask"), "Drain").click();
        await button(page.locator("#token"), "Cancel").click();
        await page.locator("#ask-problem", { hasText: "may only read" }).waitFor();
        await button(page.locator("#ask"), "Drain").click();
        await enter(page, "wrong-token");
        await page.locator("#token").getByText("The token was refused.").waitFor();
        assert.equal((await registry.instance("calculator", "10.1.2.3:9000")).override, null);
        await enter(page, "writer-token");
        await row(page).getByText("draining").waitFor();
    },

    async "it is kept in this tab until it is forgotten"(page) {
        await page.reload();
        await row(page).waitFor();
        await page.locator("#key").click();
        await button(page, "Forget it").click();
        await page.reload();
        await page.getByText("This registry shows its list only with a token.").waitFor();
    },

    async "nothing but refusals in the console"(_, problems) {
        assert.deepEqual(problems.filter((text) => !/status of 40[13] /.test(text)), []);
    },
};

registry.register("calculator", 9000).then(() => run_checks(registry, checks));
