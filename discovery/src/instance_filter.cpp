#include <rollcall/base/catching.h>
#include <rollcall/discovery/instance_filter.h>

#include <algorithm>

namespace rollcall::discovery {

bool InstanceFilter::is_set() const {
    return !tags.empty() || !version.empty() || !meta.empty() || accept;
}

bool InstanceFilter::accepts(const registry::Instance& instance) const {
    const auto has_tag = [&](const std::string& tag) {
        return std::find(instance.tags.begin(), instance.tags.end(), tag) != instance.tags.end();
    };
    const auto has_meta = [&](const auto& wanted) {
        const auto found = instance.meta.find(wanted.first);
        return found != instance.meta.end() && found->second == wanted.second;
    };
    if (!std::all_of(tags.begin(), tags.end(), has_tag)) return false;
    if (!version.empty() && version != instance.version) return false;
    if (!std::all_of(meta.begin(), meta.end(), has_meta)) return false;
    if (!accept) return true;
    const Result<bool> answer =
        catching(Errc::invalid_argument, [&]() -> Result<bool> { return accept(instance); });
    return answer && *answer;
}

}  // namespace rollcall::discovery
