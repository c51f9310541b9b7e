// Numbers as people read them, and rows of tables.

const kNothing = "–";

function number(n) {
    if (n === null) return kNothing;
    if (n === 0) return "0";
    if (n < 10) return n.toFixed(Number.isInteger(n) ? 0 : 1);
    return Math.round(n).toLocaleString("en");
}

function bytes(n) {
    if (n === null) return kNothing;
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit++; }
    return `${n >= 100 || unit === 0 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

function time(us) {
    if (us === null) return kNothing;
    if (us < 1000) return `${Math.round(us)} µs`;
    if (us < 1e6) return `${(us / 1000).toFixed(us < 1e5 ? 1 : 0)} ms`;
    return `${(us / 1e6).toFixed(1)} s`;
}

function age(s) {
    if (s < 60) return `${Math.floor(s)} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

const kMethodColumns = [
    { key: "name", title: "Method", text: (row) => row.name },
    { key: "rate", title: "Calls/s", text: (row) => number(row.rate) },
    { key: "error_rate", title: "Errors/s", text: (row) => number(row.error_rate), bad: true },
    { key: "in_flight", title: "In flight", text: (row) => number(row.in_flight), wide: true },
    { key: "p50", title: "p50", text: (row) => time(row.p50), old: true, wide: true },
    { key: "p99", title: "p99", text: (row) => time(row.p99), old: true },
    { key: "byte_rate", title: "Bytes/s", text: (row) => bytes(row.byte_rate), wide: true },
    { key: "calls", title: "Calls", text: (row) => number(row.calls), wide: true },
    { key: "errors", title: "Errors", text: (row) => number(row.errors), bad: true, wide: true },
];

const kConnectionColumns = [
    { key: "peer", title: "Peer", text: (row) => row.peer || "unknown" },
    { key: "age_s", title: "Connected", text: (row) => age(row.age_s) },
    { key: "kind", title: "Speaks", wide: true,
        text: (row) => (row.hello ? "Rollcall" : "plain") + (row.tls ? ", TLS" : "") },
    { key: "requests", title: "Requests", text: (row) => number(row.requests) },
    { key: "in_flight", title: "In flight", text: (row) => number(row.in_flight), wide: true },
    { key: "bytes_read", title: "Received", text: (row) => bytes(row.bytes_read), wide: true },
    { key: "bytes_written", title: "Sent", text: (row) => bytes(row.bytes_written), wide: true },
];

function element(tag, text = "", name = "") {
    const node = document.createElement(tag);
    if (text !== "") node.textContent = text;
    if (name !== "") node.className = name;
    return node;
}

// A table that can be sorted by each of its columns, by mouse and by keyboard.
class Table {
    constructor(id, columns, sorted_by, descending, empty) {
        this.columns = columns;
        this.sort = { key: sorted_by, descending };
        this.empty = empty;
        this.rows = [];
        this.body = document.querySelector(`#${id} tbody`);
        this.heads = columns.map((column) => this.head(column));
        const line = element("tr");
        line.append(...this.heads);
        document.querySelector(`#${id} thead`).append(line);
    }

    head(column) {
        const cell = element("th", "", column.wide ? "wide" : "");
        cell.scope = "col";
        const button = element("button", column.title);
        button.type = "button";
        button.addEventListener("click", () => {
            const again = this.sort.key === column.key;
            const is_name = column === this.columns[0]; // names from a to z first
            this.sort = { key: column.key, descending: again ? !this.sort.descending : !is_name };
            this.show(this.rows);
        });
        cell.append(button);
        return cell;
    }

    show(rows) {
        this.rows = rows;
        const { key, descending } = this.sort;
        this.heads.forEach((head, i) => {
            if (this.columns[i].key !== key) head.removeAttribute("aria-sort");
            else head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        });
        const order = (a, b) => (typeof a[key] === "string" || typeof b[key] === "string"
            ? String(b[key]).localeCompare(String(a[key])) : (b[key] ?? -1) - (a[key] ?? -1));
        const sorted = [...rows].sort((a, b) => (descending ? order(a, b) : order(b, a)));
        this.body.replaceChildren(...sorted.map((row) => this.line(row)));
        if (rows.length > 0) return;
        const cell = element("td", this.empty);
        cell.colSpan = this.columns.length;
        const line = element("tr", "", "empty");
        line.append(cell);
        this.body.append(line);
    }

    line(row) {
        const line = element("tr");
        this.columns.forEach((column, i) => {
            const text = column.text(row);
            const cell = element(i === 0 ? "th" : "td", text);
            if (i === 0) cell.scope = "row";
            if (i === 0 && row.signature) cell.append(element("small", row.signature));
            const mark = (name, on) => cell.classList.toggle(name, Boolean(on));
            mark("wide", column.wide);
            mark("zero", i > 0 && (text === "0" || text === kNothing || text === "0 B"));
            mark("bad", column.bad && row[column.key] > 0);
            mark("old", column.old && !row.recent && text !== kNothing);
            if (column.bad && row.errors > 0) {
                cell.title = Object.entries(row.error_names)
                    .map(([name, n]) => `${name}: ${number(n)}`).join(", ");
            }
            line.append(cell);
        });
        return line;
    }
}
