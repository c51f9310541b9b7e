// What asks first: drain, undrain, remove, and the token.

let confirmed = null; // what the open dialog would do

function confirm_first({ title, target, text, yes, danger }, act) {
    say($("ask-title"), title);
    say($("ask-target"), target);
    say($("ask-text"), text);
    say($("ask-yes"), yes);
    say($("ask-problem"), "");
    $("ask-yes").classList.toggle("danger", Boolean(danger));
    confirmed = act;
    $("ask-yes").disabled = false;
    $("ask").showModal();
    $("ask-no").focus();
}

$("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const act = confirmed;
    $("ask-yes").disabled = true;
    say($("ask-problem"), "");
    try {
        const done = await act();
        if (confirmed === act) $("ask").close();
        toast(done);
    } catch (error) {
        if (confirmed === act) say($("ask-problem"), error.message);
        else toast(error.message);
    }
    $("ask-yes").disabled = false;
});
$("ask-no").addEventListener("click", () => $("ask").close());
$("ask").addEventListener("close", () => (confirmed = null));

// Speaks of the process that is on the screen: if a newer one took its id meanwhile, it is 409.
function change(instance, purpose, method, body) {
    const path = `${instance.path}?incarnation=${encodeURIComponent(instance.data.incarnation)}`;
    return ask_with_token(purpose, method, path, { body });
}

const shown_name = ({ data }) => `${data.service} / ${data.id}`;

function ask_to_drain(instance) {
    const { id, override } = instance.data;
    const target = shown_name(instance);
    if (override === null) {
        const text =
            "Clients choose other instances from now on. It stays on the list, and what it" +
            " is working on goes on. Undrain takes it back.";
        confirm_first({ title: "Drain this instance?", target, text, yes: "Drain" }, async () => {
            await change(instance, "drain an instance", "PATCH", { override: "draining" });
            return `${id} is draining`;
        });
    } else {
        const text =
            "What an operator said of it is forgotten, and its own word counts again:" +
            ` ${instance.data.status}.`;
        confirm_first(
            { title: "Undrain this instance?", target, text, yes: "Undrain" },
            async () => {
                await change(instance, "undrain an instance", "PATCH", { override: null });
                return `${id} is ${instance.data.status} again`;
            },
        );
    }
}

function ask_to_remove(instance) {
    const text =
        "It goes off the list at once. If its server still runs, it registers again with" +
        " its next heartbeat; to keep clients away from it, drain it instead.";
    const question = {
        title: "Remove this instance?",
        target: shown_name(instance),
        text,
        yes: "Remove",
        danger: true,
    };
    confirm_first(question, async () => {
        await change(instance, "remove an instance", "DELETE");
        return `${instance.data.id} is off the list`;
    });
}

function ask_to_end_hold(service) {
    const number = [...service.instances.values()].filter((one) => one.data.stale).length;
    const text =
        "Their leases ran out. The registry keeps them on the list, marked, because too many went" +
        " silent at once for all to have failed. End the hold if they are really gone.";
    const question = {
        title: `Let ${plural(number, "held instance")} expire?`,
        target: service.name,
        text,
        yes: "End the hold",
        danger: true,
    };
    confirm_first(question, async () => {
        const path = `v1/services/${encodeURIComponent(service.name)}/hold`;
        const { ended } = await ask_with_token("end a hold", "DELETE", path);
        return `${plural(ended, "instance")} of ${service.name} expired`;
    });
}

// The token. Several requests may want it at once; the user is asked once.
let token_asked = null; // a promise of whether there is one now

function open_token_dialog(title, text) {
    say($("token-title"), title);
    say($("token-text"), text);
    $("token-value").value = "";
    $("token-forget").hidden = !link.token;
    $("token").returnValue = "";
    $("token").showModal();
    $("token-value").focus();
}

link.ask_token = (purpose, had_one) => {
    token_asked ??= new Promise((done) => {
        const dialog = $("token");
        open_token_dialog(
            "This registry asks for a token",
            had_one
                ? `The token was refused. Another one is needed to ${purpose}.`
                : `It is needed to ${purpose}.`,
        );
        dialog.addEventListener(
            "close",
            () => {
                token_asked = null;
                done(dialog.returnValue === "yes" && link.token !== "");
            },
            { once: true },
        );
    });
    return token_asked;
};

$("token").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = $("token-value").value.trim();
    if (!/^[\x21-\x7e]+$/.test(token)) return $("token-value").focus();
    link.keep_token(token);
    $("token").close("yes");
});
$("token-no").addEventListener("click", () => $("token").close());
$("token-forget").addEventListener("click", () => {
    link.keep_token("");
    $("token").close();
});
$("key").addEventListener("click", () => {
    open_token_dialog(
        "Token",
        link.token
            ? "One is kept. Another one takes its place."
            : "It is sent with every request. Without one the page asks where it is needed.",
    );
});
