#pragma once
// The methods of a server by name.

#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/handler.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::rpc {

struct MethodEntry {
    MethodEntry(std::string called, bool may_repeat, std::unique_ptr<Handler> code)
        : name(std::move(called)),
          idempotent(may_repeat),
          stream(code->stream()),
          handler(std::move(code)) {}

    const std::string name;
    const bool idempotent;
    const StreamSides stream;
    const std::unique_ptr<Handler> handler;
    CallMetrics::Method* metrics = nullptr;         // null: not counted
    mutable std::atomic<std::size_t> in_flight{0};  // if the handler has a limit
};

// Filled before the server starts, read by all I/O threads afterwards.
class MethodTable {
public:
    // Throws std::logic_error if the name is taken, reserved, empty or longer than 255 bytes.
    void add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler);

    // Adds `$/methods`: [name, signature, idempotent] of each method.
    void add_introspection();
    // Adds another method of the protocol's own. Such are not counted: to look changes nothing.
    void add_reserved(std::string_view name, std::unique_ptr<Handler> handler);

    // From now on calls are counted there, which must outlive all that is called.
    void count_in(CallMetrics& metrics);

    // All that were added, but the protocol's own, by name, as they are counted.
    [[nodiscard]] std::vector<MethodStats> stats() const;

    // From now on there is a handler for methods that nobody handles, which says so: where layers
    // stand around handlers, such requests go through them as well.
    void add_fallback();

    // Null if there is none.
    [[nodiscard]] const MethodEntry* fallback() const noexcept {
        return fallback_ ? &*fallback_ : nullptr;
    }

    [[nodiscard]] bool is_fallback(const MethodEntry& entry) const noexcept {
        return &entry == fallback();
    }

    // Null if there is none.
    [[nodiscard]] const MethodEntry* find(codec::Bytes name) const;

    // "no method 'ad'; did you mean 'add'?".
    [[nodiscard]] std::string not_found(codec::Bytes name) const;

    // True if `name` points to the name of one of its entries; it is not read otherwise.
    [[nodiscard]] bool owns(const std::string* name) const;

    // The protocol's own methods included.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    // True if a handler asks for the pool.
    [[nodiscard]] bool needs_pool() const;

private:
    struct Hash {
        using is_transparent = void;

        [[nodiscard]] std::size_t operator()(std::string_view name) const noexcept {
            return std::hash<std::string_view>{}(name);
        }
    };

    void insert(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler);

    std::unordered_map<std::string, MethodEntry, Hash, std::equal_to<>> entries_;
    std::vector<std::string_view> names_;  // of the keys, sorted; without the reserved ones
    std::optional<MethodEntry> fallback_;
};

}  // namespace rollcall::rpc
