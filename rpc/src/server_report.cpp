#include <rollcall/codec/pack.h>
#include <rollcall/rpc/server_report.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace rollcall::rpc {
namespace {

using codec::Buffer;

// A latency that is shown, in microseconds.
std::uint64_t micros(Duration time) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    return us > 0 ? static_cast<std::uint64_t>(us) : 0;
}

double seconds(Duration time) {
    return std::chrono::duration<double>(time).count();
}

// A map whose pairs are counted as they come.
class MapWriter {
public:
    template <class T>
    MapWriter& add(std::string_view key, const T& value) {
        codec::pack_str(pairs_, key);
        codec::pack(pairs_, value);
        ++size_;
        return *this;
    }

    MapWriter& add(std::string_view key, const codec::Raw& value) {
        codec::pack_str(pairs_, key);
        pairs_.append(value.bytes());
        ++size_;
        return *this;
    }

    MapWriter& add(std::string_view key, std::string_view value) {
        codec::pack_str(pairs_, key);
        codec::pack_str(pairs_, value);
        ++size_;
        return *this;
    }

    MapWriter& add(std::string_view key, const char* value) {
        return add(key, std::string_view{value});
    }

    [[nodiscard]] codec::Raw take() const {
        Buffer out;
        codec::pack_map_head(out, size_);
        out.append(pairs_.view());
        return codec::Raw{std::string{out.view()}};
    }

private:
    Buffer pairs_;
    std::size_t size_ = 0;
};

template <class Items, class Write>
codec::Raw array_of(const Items& items, Write&& write) {
    Buffer out;
    codec::pack_array_head(out, items.size());
    for (const auto& item : items)
        out.append(write(item).bytes());
    return codec::Raw{std::string{out.view()}};
}

void add_health(MapWriter& map, const ServerHealth& health) {
    map.add("status", name_of(health.status))
        .add("name", std::string_view{health.name})
        .add("version", ROLLCALL_VERSION)
        .add("uptime_s", seconds(health.uptime))
        .add("connections", health.connections)
        .add("in_flight", health.in_flight);
}

codec::Raw errors_map(const MethodStats& method) {
    MapWriter map;
    for (const auto& [name, number] : method.errors)
        map.add(name, number);
    return map.take();
}

codec::Raw method_map(const MethodStats& method) {
    return MapWriter()
        .add("name", std::string_view{method.name})
        .add("signature", std::string_view{method.signature})
        .add("idempotent", method.idempotent)
        .add("calls", method.calls())
        .add("errors", errors_map(method))
        .add("in_flight", method.in_flight)
        .add("request_bytes", method.request_bytes)
        .add("reply_bytes", method.reply_bytes)
        .add("buckets", method.latency.buckets)
        .add("sum_s", seconds(method.latency.sum))
        .add("p50_us", micros(method.latency.quantile(0.5)))
        .add("p90_us", micros(method.latency.quantile(0.9)))
        .add("p99_us", micros(method.latency.quantile(0.99)))
        .take();
}

codec::Raw connection_map(const ConnectionFacts& connection) {
    return MapWriter()
        .add("peer", std::string_view{connection.peer})
        .add("age_s", seconds(connection.age))
        .add("hello", connection.is_rollcall)
        .add("tls", connection.is_encrypted)
        .add("in_flight", connection.in_flight)
        .add("requests", connection.requests)
        .add("bytes_read", connection.bytes_read)
        .add("bytes_written", connection.bytes_written)
        .take();
}

std::vector<std::uint64_t> bounds() {
    std::vector<std::uint64_t> all;
    for (const auto bound : kLatencyBounds)
        all.push_back(static_cast<std::uint64_t>(bound.count()));
    return all;
}

}  // namespace

codec::Raw health_report(const ServerHealth& health) {
    MapWriter map;
    add_health(map, health);
    return map.take();
}

codec::Raw stats_report(
    const ServerHealth& health, const ServerStats& stats, const std::vector<MethodStats>& methods
) {
    MapWriter map;
    add_health(map, health);
    map.add("accepted", stats.accepted)
        .add("refused", stats.refused)
        .add("requests", stats.requests)
        .add("bytes_read", stats.bytes_read)
        .add("bytes_written", stats.bytes_written)
        .add("in_flight_bytes", stats.in_flight_bytes)
        .add("protocol_errors", stats.protocol_errors)
        .add("unauthenticated", stats.unauthenticated)
        .add("dropped_notifications", stats.dropped_notifications)
        .add("failed_handshakes", stats.failed_handshakes)
        .add("bounds_us", bounds())
        .add("methods", array_of(methods, method_map));
    return map.take();
}

codec::Raw connections_report(const ConnectionList& list) {
    return MapWriter()
        .add("total", list.total)
        .add("complete", list.is_complete)
        .add("connections", array_of(list.connections, connection_map))
        .take();
}

}  // namespace rollcall::rpc
