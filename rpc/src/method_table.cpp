#include "method_table.h"

#include <rollcall/base/edit_distance.h>
#include <rollcall/base/log.h>
#include <rollcall/codec/limits.h>

#include "hello.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace rollcall::rpc {
namespace {

// Answers requests for methods that nobody handles.
class Fallback final : public Handler {
public:
    explicit Fallback(const MethodTable& methods) : methods_(methods) {}

    [[nodiscard]] bool runs_inline() const override { return true; }

    [[nodiscard]] Result<void> run(Context& context, codec::Bytes, codec::Buffer&) override {
        return Error{Errc::method_not_found, methods_.not_found(context.method())};
    }

    void start(codec::Bytes, ReplyTicket, const HandlerExecutor&) override {}

    [[nodiscard]] RunOn run_on() const override { return RunOn::io; }

    [[nodiscard]] std::string signature() const override { return {}; }

private:
    const MethodTable& methods_;
};

}  // namespace

void MethodTable::add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) {
    if (name.empty()) throw std::logic_error{"a method needs a name"};
    if (name.size() > codec::kMaxMethodBytes) {
        throw std::logic_error{
            "a method name has at most 255 bytes: '" + printable(name, 40) + "'"};
    }
    if (name.starts_with(kReservedPrefix)) {
        throw std::logic_error{
            "method names that begin with $/ are reserved: '" + printable(name) + "'"};
    }
    if (find(name) != nullptr) {
        throw std::logic_error{"the method '" + printable(name) + "' has a handler already"};
    }
    insert(name, is_idempotent, std::move(handler));
}

void MethodTable::insert(
    std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler
) {
    const auto [entry, added] = entries_.try_emplace(
        std::string{name}, std::string{name}, is_idempotent, std::move(handler)
    );
    const std::string_view key = entry->first;
    if (added && !key.starts_with(kReservedPrefix))
        names_.insert(std::lower_bound(names_.begin(), names_.end(), key), key);
}

void MethodTable::add_introspection() {
    using Row = std::tuple<std::string, std::string, bool>;
    std::vector<Row> rows;
    for (const std::string_view name : names_) {
        const MethodEntry& entry = *find(name);
        rows.emplace_back(entry.name, entry.handler->signature(), entry.idempotent);
    }
    const auto list = [rows = std::move(rows)] { return rows; };
    add_reserved(kMethodsMethod, make_handler(list, HandlerOptions()));
}

void MethodTable::add_reserved(std::string_view name, std::unique_ptr<Handler> handler) {
    insert(name, true, std::move(handler));
}

void MethodTable::count_in(CallMetrics& metrics) {
    for (auto& [name, entry] : entries_) {
        if (!name.starts_with(kReservedPrefix)) entry.metrics = &metrics.method(name);
    }
    if (fallback_) fallback_->metrics = &metrics.method(CallMetrics::kUnknown);
}

std::vector<MethodStats> MethodTable::stats() const {
    std::vector<MethodStats> all;
    all.reserve(names_.size());
    for (const std::string_view name : names_) {
        const MethodEntry& entry = *find(name);
        MethodStats stats = entry.metrics != nullptr ? entry.metrics->read() : MethodStats();
        stats.name = entry.name;
        stats.signature = entry.handler->signature();
        stats.idempotent = entry.idempotent;
        all.push_back(std::move(stats));
    }
    return all;
}

void MethodTable::add_fallback() {
    fallback_.emplace("an unknown method", false, std::make_unique<Fallback>(*this));
}

const MethodEntry* MethodTable::find(codec::Bytes name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
}

std::string MethodTable::not_found(codec::Bytes name) const {
    std::string text = "no method '" + printable(name) + "'";
    if (names_.empty()) return text + ": there are none here";
    const std::string_view nearest = nearest_name(name, names_);
    if (!nearest.empty()) text += "; did you mean '" + std::string{nearest} + "'?";
    return text;
}

bool MethodTable::owns(const std::string* name) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
        return &entry.second.name == name;
    });
}

bool MethodTable::needs_pool() const {
    return std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
        return entry.second.handler->run_on() == RunOn::pool;
    });
}

}  // namespace rollcall::rpc
