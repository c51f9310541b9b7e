// How wide, bright and fine the screens are that pictures of pages are taken of.
"use strict";

// Name, size, colours, pixels of the screen for one of the page.
const kViews = [
    ["desktop-light", { width: 1440, height: 900 }, "light", 1],
    ["desktop-dark", { width: 1440, height: 900 }, "dark", 1],
    ["tablet-light", { width: 1000, height: 760 }, "light", 1],
    ["phone-light", { width: 390, height: 844 }, "light", 2],
    ["phone-dark", { width: 390, height: 844 }, "dark", 2],
];

module.exports = { kViews };
