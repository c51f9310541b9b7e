"use strict";

// What the numbers of two moments say about the time between them.

const kWindow = 5000; // ms that rates and latencies are taken over
const samples = []; // { at, stats }, the oldest first

function remember(stats, at) {
    const last = samples[samples.length - 1];
    // Another process: what it counted has nothing to do with what was counted before.
    if (last && stats.uptime_s < last.stats.uptime_s) samples.length = 0;
    samples.push({ at, stats });
    while (samples.length > 2 && at - samples[1].at >= kWindow) samples.shift();
}

const sum_of = (object) => Object.values(object).reduce((sum, n) => sum + n, 0);

function quantile(buckets, bounds, fraction) {
    const all = buckets.reduce((sum, n) => sum + n, 0);
    if (all === 0) return null;
    let below = 0;
    for (let i = 0; i < bounds.length; i++) {
        if (buckets[i] > 0 && below + buckets[i] >= fraction * all) {
            const low = i === 0 ? 0 : bounds[i - 1];
            return low + ((fraction * all - below) / buckets[i]) * (bounds[i] - low);
        }
        below += buckets[i];
    }
    return bounds[bounds.length - 1];
}

// The last sample with rates per second; null rates if there is only one.
function method_rows() {
    const now = samples[samples.length - 1];
    const before = samples[0];
    const seconds = (now.at - before.at) / 1000;
    const then = new Map(before.stats.methods.map((method) => [method.name, method]));
    return now.stats.methods.map((method) => {
        const old = then.get(method.name);
        const since = (value, was) => (seconds > 0 ? (value - (old ? was : 0)) / seconds : null);
        const fresh = method.buckets.map((n, i) => n - (old ? old.buckets[i] : 0));
        const recent = seconds > 0 && fresh.some((n) => n > 0);
        const errors = sum_of(method.errors);
        const bytes = method.request_bytes + method.reply_bytes;
        const over = recent ? fresh : method.buckets;
        return {
            name: method.name, signature: method.signature, calls: method.calls, errors, recent,
            error_names: method.errors, in_flight: method.in_flight,
            rate: since(method.calls, old && old.calls),
            error_rate: since(errors, old && sum_of(old.errors)),
            byte_rate: since(bytes, old && old.request_bytes + old.reply_bytes),
            p50: quantile(over, now.stats.bounds_us, 0.5),
            p99: quantile(over, now.stats.bounds_us, 0.99),
        };
    });
}

function total_rate(key) {
    const now = samples[samples.length - 1];
    const before = samples[0];
    return now === before ? null : (now.stats[key] - before.stats[key]) * 1000 / (now.at - before.at);
}
