// The part of EurekaLists that tells what has changed lately.
#include "eureka_lists.h"
#include "eureka_text.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace rollcall::registry {
namespace {

constexpr Duration kWindow = std::chrono::minutes{3};

// What the text of an instance says it is, outside of deltas.
constexpr std::string_view kListedAction = "ADDED";

using ByService = std::map<std::string_view, std::map<std::string_view, EurekaLists::Recent>>;

ByService recent_changes(const ChangeLog& changes, TimePoint since) {
    ByService recent;
    for (auto each = changes.since(since); each != changes.end(); ++each) {
        EurekaLists::Recent& entry = recent[each->instance->service][each->instance->id];
        entry.is_new = entry.last == nullptr && each->kind == ChangeKind::registered;
        entry.last = &*each;
    }
    return recent;
}

// Whether no change since then has fallen off the ring.
bool covers(const ChangeLog& changes, TimePoint since) {
    if (changes.covers(0)) return true;
    const auto oldest = changes.after(0);
    return oldest == changes.end() || oldest->at < since;
}

}  // namespace

// What a delta says of one service: what has changed lately, and with `all` the rest, too.
EurekaLists::Text EurekaLists::delta_of(
    std::string_view service, std::span<const NamedRecent> recent, bool all
) {
    EurekaApplicationText text{format_, service};
    static const std::vector<Part> kNone;
    const bool is_listed = store_.find(service) != nullptr;
    const Fragment* const listed = is_listed ? &fragment(service) : nullptr;
    const std::vector<Part>& parts = listed != nullptr ? listed->parts : kNone;
    if (all && listed != nullptr) text.reserve(listed->text->size() + 3 * parts.size());
    const auto by_id = [](const Part& part, std::string_view id) { return part.instance->id < id; };
    auto part = parts.begin();
    const auto tell_unchanged_until = [&](auto end) {
        for (; part != end; ++part) {
            if (all) text.add(listed->text_of(*part), kListedAction, "MODIFIED");
        }
    };
    for (const auto& [id, change] : recent) {
        tell_unchanged_until(std::lower_bound(part, parts.end(), id, by_id));
        if (part == parts.end() || part->instance->id != id) {
            const std::int64_t at = clock_.milliseconds(change.last->at);
            text.add(instance_text(*change.last->instance, {at, at}, "DELETED"));
            continue;
        }
        // A client that has an older state of it would ignore an ADDED one.
        const auto action = change.is_new ? kListedAction : "MODIFIED";
        text.add(listed->text_of(*part++), kListedAction, action);
    }
    tell_unchanged_until(parts.end());
    return std::make_shared<const std::string>(std::move(text).take());
}

EurekaLists::Delta EurekaLists::build_delta(TimePoint now) {
    const ChangeLog& changes = store_.changes();
    const TimePoint since = now - kWindow;
    ByService recent = recent_changes(changes, since);
    // Too much has happened to remember: say all there is. What left unseen shows in the hash.
    const bool all = !covers(changes, since);
    if (all) {
        for (const auto& [service, record] : store_.services())
            recent.try_emplace(service);
    }
    EurekaApplicationsText whole{format_};
    for (const auto& [service, instances] : recent) {
        const std::vector<NamedRecent> named{instances.begin(), instances.end()};
        whole.add(delta_of(service, named, all));
    }
    const auto oldest = changes.since(since);
    return {
        .built_at = store_.index(),
        .until = oldest == changes.end() ? TimePoint::max() : oldest->at + kWindow + Duration{1},
        .texts = std::move(whole).take(hash())};
}

}  // namespace rollcall::registry
