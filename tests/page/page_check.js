// The registry's page in a real browser: node page_check.js URL. The list has to be empty, and the
// registry's default lease about a second.
"use strict";

const assert = require("node:assert/strict");
const { Registry, run_checks } = require("./browser.js");

const kControls = new Set([
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "tab", "slider",
    "DisclosureTriangle", "PopUpButton",
]);

const registry = new Registry(process.argv[2]);

const row = (page, id) => page.locator(".instance", { hasText: id });
const dialog = (page) => page.locator("#ask");

const checks = {
    async "an empty registry says how to register"(page) {
        await page.getByText("Nobody has answered yet.").waitFor();
        const command = await page.locator("#first-curl").textContent();
        assert.ok(command.includes(`${registry.url}/v1/services/`), command);
        assert.ok((await page.locator("#first-cpp").textContent()).includes(`"${registry.url}"`));
    },

    async "a server that registers appears without a reload"(page) {
        await page.evaluate(() => (window.opened_once = true));
        await registry.register("calculator", 9000, { zone: "west", version: "1.2", weight: 70 });
        await row(page, "10.1.2.3:9000").waitFor();
        const text = await row(page, "10.1.2.3:9000").innerText();
        for (const word of ["up", "west", "1.2", "70"]) assert.ok(text.includes(word), text);
        assert.ok(await page.evaluate(() => window.opened_once));
        await page.locator("#feed li", { hasText: "registered" }).first().waitFor();
    },

    async "its lease is shown"(page) {
        await page.locator(".age", { hasText: /now|\d s/ }).waitFor();
        const bar = page.locator(".instance .bar");
        const width = await bar.evaluate((node) => parseFloat(node.style.backgroundSize));
        assert.ok(width > 90 && width <= 100, `${width} %`);
    },

    async "hostile metadata stays text"(page) {
        const evil = "<img src=x onerror=alert(1)>";
        const fields = { meta: { [evil]: evil }, tags: [evil], zone: "<b>z", version: "<i>1" };
        await registry.register("hostile", 9100, { ...fields, id: `"><script>alert(1)</script>` });
        await page.getByRole("button", { name: "10.1.2.3:9100" }).click();
        await page.locator(".facts dt", { hasText: evil }).waitFor();
        const made = "img, .instance b, .instance script, .feed script, .instance i";
        assert.equal(await page.locator(made).count(), 0);
    },

    async "one that expires leaves"(page) {
        await registry.register("calculator", 9001, { ttl: 3 });
        await row(page, "10.1.2.3:9001").waitFor();
        await row(page, "10.1.2.3:9001").waitFor({ state: "detached" });
        await page.locator("#feed li", { hasText: "expired" }).waitFor();
        assert.equal(await row(page, "10.1.2.3:9000").count(), 1);
    },

    async "drain asks first"(page) {
        await page.getByRole("button", { name: /^Drain 10.1.2.3:9000 / }).click();
        await dialog(page).waitFor();
        assert.ok((await dialog(page).innerText()).includes("calculator / 10.1.2.3:9000"));
        await page.keyboard.press("Escape");
        await dialog(page).waitFor({ state: "hidden" });
        assert.equal((await registry.instance("calculator", "10.1.2.3:9000")).override, null);
    },

    async "drain and undrain work"(page) {
        await page.getByRole("button", { name: /^Drain 10.1.2.3:9000 / }).click();
        await dialog(page).getByRole("button", { name: "Drain" }).click();
        await row(page, "10.1.2.3:9000").getByText("draining").waitFor();
        assert.equal((await registry.instance("calculator", "10.1.2.3:9000")).override, "draining");
        await page.getByRole("button", { name: /^Undrain 10.1.2.3:9000 / }).click();
        await dialog(page).getByRole("button", { name: "Undrain" }).click();
        await row(page, "10.1.2.3:9000").getByText("up", { exact: true }).waitFor();
    },

    async "remove asks and works"(page) {
        await registry.register("calculator", 9002);
        await page.getByRole("button", { name: /^Remove 10.1.2.3:9002 / }).click();
        await dialog(page).getByRole("button", { name: "Remove" }).click();
        await row(page, "10.1.2.3:9002").waitFor({ state: "detached" });
        await page.locator("#feed li", { hasText: "left" }).waitFor();
    },

    async "a process that was replaced meanwhile is not removed"(page, problems) {
        await registry.register("calculator", 9003, { incarnation: "first" });
        await page.getByRole("button", { name: /^Remove 10.1.2.3:9003 / }).click();
        await page.route("**/v1/watch", () => {}); // so that the page does not learn of it
        await registry.register("calculator", 9003, { incarnation: "second" });
        await dialog(page).getByRole("button", { name: "Remove" }).click();
        await page.locator("#ask-problem", { hasText: "newer process" }).waitFor();
        await page.keyboard.press("Escape");
        await page.unroute("**/v1/watch");
        problems.splice(0, 1); // the browser itself reports the 409
        await registry.request("DELETE", "/v1/services/calculator/instances/10.1.2.3:9003");
        await page.reload();
        await row(page, "10.1.2.3:9000").waitFor();
    },

    async "search by keyboard, and the filter is kept in the address"(page) {
        await page.keyboard.press("/");
        await page.keyboard.type("west calc");
        await row(page, "10.1.2.3:9100").waitFor({ state: "detached" });
        assert.equal(await row(page, "10.1.2.3:9000").count(), 1);
        await page.reload();
        await row(page, "10.1.2.3:9000").waitFor();
        assert.equal(await page.locator(".instance").count(), 1);
        await page.keyboard.press("/");
        await page.keyboard.type("nothing");
        await page.getByText("No instance matches").waitFor();
        await page.keyboard.press("Escape");
        await row(page, "10.1.2.3:9100").waitFor();
        await page.locator(".service button").first().focus();
        await page.keyboard.press("ArrowDown");
        const focused = () => page.evaluate(() => document.activeElement.textContent);
        assert.match(await focused(), /10.1.2.3:9000/);
    },

    async "the chosen colours are remembered"(page) {
        await page.locator("#theme").click();
        await page.reload();
        const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
        assert.equal(await theme(), "light");
        const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        await page.locator("#theme").click();
        assert.equal(await theme(), "dark");
        const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.notEqual(light, dark);
    },

    async "every control has a name"(page) {
        // An open dialog makes the rest inert, so there the dialog's own are counted.
        for (const [prepare, fewest] of [[() => {}, 20], [open_ask, 2], [open_token, 3]]) {
            await prepare(page);
            const session = await page.context().newCDPSession(page);
            const { nodes } = await session.send("Accessibility.getFullAXTree");
            const controls = nodes.filter(
                (node) => !node.ignored && kControls.has(node.role?.value));
            const nameless = controls.filter((node) => !node.name?.value?.trim());
            assert.deepEqual(nameless.map((node) => node.role.value), []);
            assert.ok(controls.length >= fewest, `${controls.length} controls`);
            await session.detach();
            await page.keyboard.press("Escape");
        }
    },

    async "nothing is wider than a telephone"(page) {
        await page.setViewportSize({ width: 390, height: 844 });
        await page.locator(".instance .id button").first().click();
        await assert_fits(page, "the list");
        await page.locator("#tab-events").click();
        await page.locator("#feed li").first().waitFor();
        await assert_fits(page, "the events");
        await page.locator("#tab-roll").click();
        await page.getByRole("button", { name: /^Drain / }).first().click();
        await assert_fits(page, "a dialog");
        await page.keyboard.press("Escape");
        await page.setViewportSize({ width: 1280, height: 800 });
    },

    async "no complaint in the console, no request elsewhere"(page, problems) {
        assert.deepEqual(problems, []);
    },

    async "a registry that is away is said to be, and comes back"(page) {
        await page.context().setOffline(true);
        await page.getByText("The registry does not answer.").waitFor();
        await row(page, "10.1.2.3:9000").waitFor();
        await page.context().setOffline(false);
        await page.getByText("Live").waitFor();
        await registry.register("calculator", 9004);
        await row(page, "10.1.2.3:9004").waitFor();
    },
};

async function open_ask(page) {
    await page.getByRole("button", { name: /^Remove / }).first().click();
}

async function open_token(page) {
    await page.locator("#key").click();
}

async function assert_fits(page, what) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${what}: ${wide} px too wide`);
}

run_checks(registry, checks);
