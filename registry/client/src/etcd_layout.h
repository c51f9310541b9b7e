#pragma once
// Where instances are in etcd, and as what: the ways in which people keep them there.

#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// The keys from `key` on and before `end`; an empty end: that key alone.
struct EtcdRange {
    std::string key;
    std::string end;

    friend bool operator==(const EtcdRange&, const EtcdRange&) = default;
};

// All keys that begin so; all there are for an empty prefix.
[[nodiscard]] EtcdRange keys_under(std::string_view prefix);

[[nodiscard]] bool contains(const EtcdRange& range, std::string_view key);

// The smallest range that holds all of them, and perhaps keys between them. At least one.
[[nodiscard]] EtcdRange hull_of(const std::vector<EtcdRange>& ranges);

enum class EtcdKeys {
    services,  // PREFIX/NAME/ID -> JSON with "IP", "Addr" and our fields; also reads PREFIX/NAME
    plain,     // PREFIX/ID -> host:port; knows no services
    naming,    // PREFIX/NAME/ADDR -> {"Op":0,"Addr":"host:port"}, of gRPC for Go; only read
    rpcx,      // PREFIX/Name/tcp@host:port -> weight=1&state=..., of rpcx; only read
};

// A value; pure.
class EtcdLayout {
public:
    // The prefix is taken as it is; none stands for the layout's own ("services", "server", ...).
    // `port` is that of entries that name none; 0: they are left out. An error names what there is.
    [[nodiscard]] static Result<EtcdLayout> parse(
        std::string_view name, std::optional<std::string> prefix, std::uint16_t port
    );

    [[nodiscard]] bool is_writable() const {
        return keys_ == EtcdKeys::services || keys_ == EtcdKeys::plain;
    }

    // Whether a value tells status and incarnation, or is an address alone.
    [[nodiscard]] bool has_details() const { return keys_ == EtcdKeys::services; }

    // Where the instances of a service are.
    [[nodiscard]] std::vector<EtcdRange> ranges_of(const std::string& service) const;

    [[nodiscard]] std::string key_of(const Instance& instance) const;
    [[nodiscard]] std::string value_of(const Instance& instance) const;

    // Nothing if it is no instance of that service, or none that could be called.
    [[nodiscard]] std::optional<Instance> instance_of(
        const std::string& service, std::string_view key, std::string_view value
    ) const;

private:
    EtcdLayout(EtcdKeys keys, std::string prefix, std::uint16_t port)
        : keys_(keys), prefix_(std::move(prefix)), port_(port) {}

    [[nodiscard]] std::optional<Instance> with_details(
        std::string_view rest, std::string_view value
    ) const;

    EtcdKeys keys_;
    std::string prefix_;  // ends with '/' unless it is empty
    std::uint16_t port_;
};

}  // namespace rollcall::registry
