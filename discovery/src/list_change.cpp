#include "list_change.h"

#include <map>
#include <string_view>
#include <utility>

namespace rollcall::discovery {
namespace {

std::map<std::string_view, const registry::Instance*> by_id(const registry::Snapshot* list) {
    std::map<std::string_view, const registry::Instance*> instances;
    if (list == nullptr) return instances;
    for (const registry::Instance& instance : list->instances)
        instances.emplace(instance.id, &instance);
    return instances;
}

}  // namespace

ListChange change_between(
    const registry::Snapshot* before, std::shared_ptr<const registry::Snapshot> after
) {
    ListChange change;
    const auto old = by_id(before);
    const auto fresh = by_id(after.get());
    for (const auto& [id, instance] : fresh) {
        const auto known = old.find(id);
        if (known == old.end()) {
            change.added.push_back(*instance);
        } else if (*known->second != *instance) {
            change.changed.push_back(*instance);
        }
    }
    for (const auto& [id, instance] : old) {
        if (!fresh.contains(id)) change.removed.push_back(*instance);
    }
    change.snapshot = std::move(after);
    return change;
}

bool is_empty(const ListChange& change) {
    return change.added.empty() && change.changed.empty() && change.removed.empty();
}

void ChangeTeller::tell(std::shared_ptr<const registry::Snapshot> snapshot) {
    if (!snapshot) return;
    const std::lock_guard lock{mutex_};
    if (snapshot == told_) return;
    const bool is_first = told_ == nullptr;
    const ListChange change = change_between(told_.get(), std::move(snapshot));
    told_ = change.snapshot;
    if (is_first || !is_empty(change)) changed_(change);
}

}  // namespace rollcall::discovery
