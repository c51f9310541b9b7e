#include "events.h"

#include "wall_clock.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostAtOnce = 1000;
constexpr std::size_t kLatest = 100;

Json event_of(const Center& center, const Change& change, TimePoint now) {
    const Instance& instance = *change.instance;
    return {
        {"index", center.lists.index(change.number)},
        {"time", rfc3339(change.at, now)},
        {"kind", name_of(change.kind)},
        {"service", instance.service},
        {"id", instance.id},
        {"endpoint", instance.endpoint().to_string()},
        {"status", name_of(instance.effective_status())},
        {"via", instance.via}};
}

IndexedText list_of(std::string index, const Json& events) {
    const Json list = {{"index", index}, {"events", events}};
    return {
        std::move(index),
        std::make_shared<const std::string>(
            list.dump(-1, ' ', false, Json::error_handler_t::replace)
        )};
}

}  // namespace

std::optional<IndexedText> events_after(const Center& center, std::uint64_t number, TimePoint now) {
    const ChangeLog& changes = center.store.changes();
    Json events = Json::array();
    std::uint64_t last = number;
    for (auto each = changes.after(number); each != changes.end(); ++each) {
        if (events.size() == kMostAtOnce) break;
        last = each->number;
        if (each->kind != ChangeKind::restored) events.push_back(event_of(center, *each, now));
    }
    if (events.empty()) return std::nullopt;
    return list_of(center.lists.index(last), events);
}

IndexedText latest_events(const Center& center, TimePoint now) {
    const std::uint64_t last = center.store.index();
    const std::uint64_t from = last > kLatest ? last - kLatest : 0;
    auto events = events_after(center, from, now);
    return events ? *std::move(events) : list_of(center.lists.index(last), Json::array());
}

}  // namespace rollcall::registry
