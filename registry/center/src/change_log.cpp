#include <rollcall/registry/change_log.h>

#include <algorithm>
#include <utility>

namespace rollcall::registry {

std::string_view name_of(ChangeKind kind) noexcept {
    switch (kind) {
        case ChangeKind::registered:
            return "registered";
        case ChangeKind::restored:
            return "restored";
        case ChangeKind::changed:
            return "changed";
        case ChangeKind::drained:
            return "drained";
        case ChangeKind::undrained:
            return "undrained";
        case ChangeKind::replaced:
            return "replaced";
        case ChangeKind::held:
            return "held";
        case ChangeKind::released:
            return "released";
        case ChangeKind::left:
            return "left";
        case ChangeKind::expired:
            return "expired";
    }
    return "changed";
}

bool takes_off(ChangeKind kind) noexcept {
    return kind == ChangeKind::left || kind == ChangeKind::expired;
}

std::uint64_t ChangeLog::add(
    ChangeKind kind, std::shared_ptr<const Instance> instance, TimePoint now
) {
    changes_.push_back({++last_, now, kind, std::move(instance)});
    if (changes_.size() > most_) changes_.pop_front();
    return last_;
}

bool ChangeLog::covers(std::uint64_t number) const noexcept {
    return number <= last_ && number + changes_.size() >= last_;
}

ChangeLog::Iterator ChangeLog::after(std::uint64_t number) const noexcept {
    const std::uint64_t wanted = number >= last_ ? 0 : last_ - number;
    const std::uint64_t known = std::min<std::uint64_t>(wanted, changes_.size());
    return changes_.end() - static_cast<std::ptrdiff_t>(known);
}

ChangeLog::Iterator ChangeLog::since(TimePoint moment) const noexcept {
    return std::partition_point(changes_.begin(), changes_.end(), [&](const Change& change) {
        return change.at < moment;
    });
}

}  // namespace rollcall::registry
