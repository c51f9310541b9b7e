// Elements and words. Whatever comes from the registry goes through textContent or setAttribute:
// nothing here, and nothing elsewhere on the page, turns text into HTML.

const $ = (id) => document.getElementById(id);

// el("p", { class: "x", "aria-label": "y" }, "text", child)
function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
}

function svg(tag, attributes = {}) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
}

// Touches the document only if something changes: most of what is written each second is the same.
function say(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

function mark(node, name, value) {
    if (value === null) {
        if (node.hasAttribute(name)) node.removeAttribute(name);
    } else if (node.getAttribute(name) !== value) {
        node.setAttribute(name, value);
    }
}

const plain = new Intl.NumberFormat("en-GB");

function count(number) {
    return plain.format(number);
}

function plural(number, one, many = one + "s") {
    return `${count(number)} ${number === 1 ? one : many}`;
}

// How long something lasts or lies back: "2 s", "4 min", "3 d 4 h".
function span(seconds) {
    if (seconds < 100) return `${Math.max(0, Math.round(seconds))} s`;
    if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
    const hours = Math.floor(seconds / 3600);
    if (hours < 24) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

function time_of(date) {
    const moment = new Date(date);
    if (Number.isNaN(moment.getTime())) return date;
    const today = moment.toDateString() === new Date().toDateString();
    return (today ? clock : calendar).format(moment);
}

const seconds_now = () => performance.now() / 1000;

// What a screen reader hears: at most one sentence every few seconds, however much goes on.
const spoken = {
    waiting: [],
    timer: 0,
    add(sentence) {
        this.waiting.push(sentence);
        this.timer ||= setTimeout(() => {
            this.timer = 0;
            const some = this.waiting.slice(0, 3).join(". ");
            const rest = this.waiting.length - 3;
            say($("spoken"), rest > 0 ? `${some}, and ${rest} more events` : some);
            this.waiting = [];
        }, 3000);
    },
};

let toast_timer = 0;

function toast(sentence) {
    say($("toast"), sentence);
    $("toast").classList.add("on");
    clearTimeout(toast_timer);
    toast_timer = setTimeout(() => $("toast").classList.remove("on"), 4000);
}
