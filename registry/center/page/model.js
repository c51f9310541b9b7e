// What is listed, as the watch tells it, and which of it the user wants to see.

// More than this is read only for services that are opened.
const kInstancesWatched = 5000;
const kServicesWatched = 250; // the registry takes 256
const kStatuses = ["up", "starting", "draining", "down", "held"];

// As Instance::effective_status() has it.
function effective_status({ via, status, override }) {
    const refuses = status === "down" || status === "starting";
    return via === "eureka" && refuses ? status : (override ?? status);
}

class Instance {
    constructor(data, text) {
        this.data = data;
        this.text = text; // to see whether it has changed
        this.age = null; // of the last heartbeat, in seconds at `measured`
        this.left = null;
        this.measured = 0;
        const at = data.address.includes(":") ? `[${data.address}]` : data.address;
        const is_unix = data.address.startsWith("unix:"); // no port
        this.endpoint = is_unix ? data.address : `${at}:${data.port}`;
        this.said = effective_status(data);
        // How it is shown and filtered. Held: kept although its lease ran out.
        this.status = data.stale ? "held" : this.said;
        const meta = Object.entries(data.meta ?? {}).map(([key, value]) => `${key}=${value}`);
        this.words = [
            data.service,
            data.id,
            this.endpoint,
            data.zone,
            data.version,
            data.scheme,
            data.via,
            ...(data.tags ?? []),
            ...meta,
        ]
            .join("\n")
            .toLowerCase();
    }

    get path() {
        const { service, id } = this.data;
        return `v1/services/${encodeURIComponent(service)}/instances/${encodeURIComponent(id)}`;
    }

    // Now, from what was measured last.
    lease() {
        if (this.age === null) return null;
        const since = (link.state === "away" ? link.heard_at : seconds_now()) - this.measured;
        return { age: this.age + Math.max(0, since), left: this.left - Math.max(0, since) };
    }
}

class Service {
    constructor(name) {
        this.name = name;
        this.up = 0;
        this.total = 0;
        this.index = ""; // of the instances; empty: they have not been read
        this.open = null; // by the user's hand
        this.instances = new Map();
        this.version = 0; // changes with whatever is shown
    }

    // Takes over a new list; instances that did not change stay the same objects.
    take(list) {
        const before = this.instances;
        this.instances = new Map();
        for (const data of list) {
            const text = JSON.stringify(data);
            const old = before.get(data.id);
            if (old?.text === text) {
                this.instances.set(data.id, old);
                continue;
            }
            const instance = new Instance(data, text);
            if (old?.data.incarnation === data.incarnation) {
                Object.assign(instance, { age: old.age, left: old.left, measured: old.measured });
            }
            this.instances.set(data.id, instance);
        }
        this.version++;
    }
}

const model = {
    index: "", // of the list of services
    services: new Map(),
    status: null,
    read: false, // whether the list has been read at all
    changes: 0,
    changed: () => {},

    // What POST /v1/watch asks for: the list of services and, within reason, their instances.
    wanted() {
        // Without a prototype: a service may be called "__proto__".
        const services = Object.assign(Object.create(null), { "*": this.index });
        let room = kInstancesWatched;
        let names = 0;
        const by_hand = (service) => (service.open ? 0 : 1);
        for (const service of [...this.services.values()].sort((a, b) => by_hand(a) - by_hand(b))) {
            room -= service.total;
            if ((room < 0 && !service.open && names > 0) || ++names > kServicesWatched) break;
            services[service.name] = service.index;
        }
        return services;
    },

    // Everything that is watched has been read once.
    complete() {
        return this.read && Object.values(this.wanted()).every((index) => index !== "");
    },

    apply(changed) {
        const { "*": list, ...services } = changed;
        if (list) this.take_services(list);
        for (const [name, { index, instances }] of Object.entries(services)) {
            const service = this.services.get(name);
            if (!service) continue;
            service.index = index;
            service.take(instances);
        }
        this.changes++;
        this.changed();
    },

    take_services({ index, services }) {
        this.index = index;
        this.read = true;
        const before = this.services;
        this.services = new Map();
        for (const { name, up, total } of services) {
            const service = before.get(name) ?? new Service(name);
            if (service.up !== up || service.total !== total) service.version++;
            Object.assign(service, { up, total });
            this.services.set(name, service);
        }
    },

    take_leases(name, leases, measured) {
        const service = this.services.get(name);
        for (const { id, age, left } of leases) {
            const instance = service?.instances.get(id);
            if (instance) Object.assign(instance, { age, left, measured });
        }
    },

    *all() {
        for (const service of this.services.values()) yield* service.instances.values();
    },
};

// What the user has asked to see.
const filter = {
    words: [],
    status: "",
    zone: "",
    version: "",

    get active() {
        return this.words.length > 0 || this.status || this.zone || this.version;
    },

    matches(instance) {
        if (this.status && instance.status !== this.status) return false;
        return this.matches_but_status(instance);
    },

    matches_but_status({ data, words }) {
        if (this.zone && data.zone !== this.zone) return false;
        if (this.version && data.version !== this.version) return false;
        return this.words.every((word) => words.includes(word));
    },
};
