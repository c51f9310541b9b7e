#include <rollcall/rpc/attachments.h>

#include <algorithm>

namespace rollcall::rpc {

void Attachments::put(std::type_index type, const void* owner, std::shared_ptr<void> value) {
    const auto same = [&](const Kept& kept) { return kept.type == type && kept.owner == owner; };
    const auto found = std::find_if(kept_.begin(), kept_.end(), same);
    if (found != kept_.end()) {
        found->value = std::move(value);
    } else {
        kept_.push_back(Kept{type, owner, std::move(value)});
    }
}

void* Attachments::find(std::type_index type, const void* owner) const noexcept {
    for (const Kept& kept : kept_) {
        if (kept.type == type && kept.owner == owner) return kept.value.get();
    }
    return nullptr;
}

}  // namespace rollcall::rpc
