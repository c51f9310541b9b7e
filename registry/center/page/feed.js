// What happened lately, newest first.

const kFeedMax = 200;
const kTogether = 5; // so many alike, and more, become one line

const kKinds = {
    registered: ["registered", "up"],
    changed: ["changed", "starting"],
    drained: ["drained", "draining"],
    undrained: ["undrained", "up"],
    replaced: ["replaced", "starting"],
    left: ["left", ""],
    expired: ["expired", "down"],
    held: ["held", "held"],
    released: ["no longer held", "held"],
};

const feed = {
    // `old`: from before the page was opened, so nothing to announce.
    take(events, old) {
        const lines = [];
        for (const event of events) {
            const last = lines.at(-1);
            if (last && last[0].kind === event.kind && last[0].service === event.service) {
                last.push(event);
            } else {
                lines.push([event]);
            }
        }
        const list = $("feed");
        for (const alike of lines) {
            if (!old) spoken.add(sentence_of(alike));
            if (alike.length > kTogether) list.prepend(feed_line(alike));
            else for (const event of alike) list.prepend(feed_line([event]));
        }
        while (list.childElementCount > kFeedMax) list.lastElementChild.remove();
        for (const { time } of events)
            change_times.push(old ? new Date(time).getTime() : Date.now());
        $("no-events").hidden = list.childElementCount > 0;
    },

    restarted() {
        $("feed").prepend(
            el(
                "li",
                {},
                el("span", { class: "kind" }),
                el("span", {}, "The registry was restarted"),
                el("time", {}, clock.format(new Date())),
            ),
        );
        spoken.add("The registry was restarted");
        $("no-events").hidden = true;
    },
};

const name_of = ({ service, id }) => `${service}/${id}`;

function sentence_of(alike) {
    const [{ kind, service }] = alike;
    const who =
        alike.length === 1
            ? name_of(alike[0])
            : `${plural(alike.length, "instance")} of ${service}`;
    return `${who} ${kKinds[kind]?.[0] ?? kind}`;
}

function feed_line(alike) {
    const event = alike.at(-1);
    const [words, tone] = kKinds[event.kind] ?? [event.kind, ""];
    const gone = event.kind === "left" || event.kind === "expired";
    const bar = el("span", { class: gone ? "kind gone" : "kind", "data-status": tone });
    const many = alike.length > 1;
    const what = el("span", {}, many ? `${plural(alike.length, "instance")} ${words}` : words);
    const when = el("time", { datetime: event.time }, time_of(event.time));
    const show = el("button", { type: "button" }, many ? event.service : name_of(event));
    show.dataset.query = many ? event.service : `${event.service} ${event.id}`;
    mark(show, "aria-label", `Show ${show.textContent}`);
    return el("li", {}, bar, what, when, show);
}

$("feed").addEventListener("click", ({ target }) => {
    const query = target.closest("button")?.dataset.query;
    if (query !== undefined) search_for(query);
});
