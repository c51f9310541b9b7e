// The part of EurekaLists that tells what has changed lately.
#include "eureka_lists.h"
#include "eureka_text.h"

#include <algorithm>
#include <map>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr Duration kWindow = std::chrono::minutes{3};

// What the text of an instance says it is, outside of deltas.
constexpr std::string_view kListedAction = "ADDED";

// What happened to one instance within the window.
struct Recent {
    const Change* last = nullptr;
    bool is_new = false;  // and nothing but its registration happened
};

using ByName = std::map<std::pair<std::string_view, std::string_view>, Recent>;

ByName recent_changes(const ChangeLog& changes, TimePoint since) {
    ByName recent;
    for (auto each = changes.since(since); each != changes.end(); ++each) {
        Recent& entry = recent[{each->instance->service, each->instance->id}];
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

// The text in its service's list ends with the action, which is ADDED there.
std::string EurekaLists::changed_text(const LeaseRecord& record, std::string_view action) {
    const Fragment& all = fragment(record.instance->service);
    const auto part = std::lower_bound(
        all.parts.begin(),
        all.parts.end(),
        record.instance->id,
        [](const Part& each, const std::string& id) { return each.instance->id < id; }
    );
    const std::string_view listed = all.text_of(*part);
    const std::size_t action_at = listed.rfind(kListedAction);
    std::string text;
    text.reserve(listed.size() + action.size());
    text += listed.substr(0, action_at);
    text += action;
    text += listed.substr(action_at + kListedAction.size());
    return text;
}

EurekaLists::Delta EurekaLists::build_delta(TimePoint now) {
    const ChangeLog& changes = store_.changes();
    const TimePoint since = now - kWindow;
    const ByName recent = recent_changes(changes, since);
    std::map<std::string_view, EurekaApplicationText> applications;
    const auto add = [&](const Instance& instance, std::string_view text) {
        auto [found, added] = applications.try_emplace(instance.service, format_, instance.service);
        found->second.add(text);
    };
    for (const auto& [name, change] : recent) {
        const Instance& instance = *change.last->instance;
        const LeaseRecord* const record = store_.find(name.first, name.second);
        if (record == nullptr) {
            const std::int64_t at = clock_.milliseconds(change.last->at);
            add(instance, instance_text(instance, {at, at}, "DELETED"));
        } else {
            // A client that has an older state of it would ignore an ADDED one.
            add(instance, changed_text(*record, change.is_new ? kListedAction : "MODIFIED"));
        }
    }
    if (!covers(changes, since)) {
        // Too much has happened to remember: say all there is. What left unseen shows in the hash.
        for (const auto& [name, service] : store_.services()) {
            for (const auto& [id, record] : service.instances) {
                if (recent.contains({name, id})) continue;
                add(*record.instance, changed_text(record, "MODIFIED"));
            }
        }
    }
    EurekaApplicationsText whole{format_};
    for (auto& [service, application] : applications)
        whole.add(std::make_shared<const std::string>(std::move(application).take()));
    const auto oldest = changes.since(since);
    return {
        .built_at = store_.index(),
        .until = oldest == changes.end() ? TimePoint::max() : oldest->at + kWindow + Duration{1},
        .texts = std::move(whole).take(hash())};
}

}  // namespace rollcall::registry
