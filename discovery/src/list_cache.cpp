#include "list_cache.h"

#include <rollcall/base/file.h>
#include <rollcall/registry/instance_json.h>

#include <algorithm>
#include <unistd.h>

namespace rollcall::discovery {
namespace {

constexpr std::size_t kBytesMax = 256 * 1024 * 1024;

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

void ListCache::write(const registry::Snapshot& list) {
    const std::string text = registry::to_json(registry::SavedList{
        list.service, unix_seconds(), {list.index, list.instances}});
    // Of this process alone, so that two writers do not share one half of a file each.
    const std::string fresh = path_ + "." + std::to_string(::getpid()) + ".new";
    Result<void> written = write_synced(fresh, text);
    if (written) written = rename_file(fresh, path_);
    if (!written && !is_failing_)
        log_.warning(
            "the list of '" + list.service + "' is not kept: " + written.error().message()
        );
    is_failing_ = !written;
}

std::optional<registry::Snapshot> ListCache::read(TimePoint now) const {
    const auto text = read_file(path_, kBytesMax);
    if (!text) {
        log_.info("there is no list from before: " + text.error().message());
        return std::nullopt;
    }
    auto saved = registry::saved_list_from_json(*text);
    if (!saved) {
        log_.warning("the list in " + path_ + " is not used: " + saved.error().message());
        return std::nullopt;
    }
    const std::chrono::seconds age{std::max<std::int64_t>(0, unix_seconds() - saved->saved)};
    if (age > age_max_) {
        log_.warning(
            "the list in " + path_ + " is not used: it is " + std::to_string(age.count()) +
            " s old, at most " + std::to_string(age_max_.count()) + " s are allowed"
        );
        return std::nullopt;
    }
    registry::Snapshot list;
    list.service = std::move(saved->service);
    list.instances = std::move(saved->list.instances);
    list.taken = now - age;
    list.origin = registry::Origin::cache;
    return list;
}

}  // namespace rollcall::discovery
