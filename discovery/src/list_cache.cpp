#include "list_cache.h"

#include <rollcall/base/file.h>
#include <rollcall/base/random.h>
#include <rollcall/registry/instance_json.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace rollcall::discovery {
namespace {

constexpr std::size_t kBytesMax = 256 * 1024 * 1024;
constexpr Duration kPause = std::chrono::seconds{1};

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

// New lists are written under a name of its own: two writers must not share one half of a file
// each, and in containers every process has the same number.
ListCache::ListCache(std::string service, std::string path, std::chrono::seconds age_max, Log log)
    : service_(std::move(service)),
      path_(std::move(path)),
      fresh_path_(path_ + "." + random_nonce() + ".new"),
      age_max_(age_max),
      log_(std::move(log)) {
}

void ListCache::write() {
    const auto list = std::exchange(unsaved_, nullptr);
    if (!list) return;
    const std::string text = registry::to_json(registry::SavedList{
        service_, unix_seconds(), {list->index, list->instances}});
    Result<void> written = write_synced(fresh_path_, text);
    if (written) written = rename_file(fresh_path_, path_);
    if (!written) {
        ::unlink(fresh_path_.c_str());
        if (!is_failing_)
            log_.warning(
                "the list of '" + service_ + "' is not kept: " + written.error().message()
            );
    }
    is_failing_ = !written;
    next_ = SteadyClock::now() + kPause;
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
    if (saved->service != service_) {
        log_.warning(
            "the list in " + path_ + " is not used: it is that of '" + printable(saved->service) +
            "', not that of '" + service_ + "'; each service needs a file of its own"
        );
        return std::nullopt;
    }
    const std::int64_t now_seconds = unix_seconds();
    const std::chrono::seconds age{
        now_seconds - std::clamp<std::int64_t>(saved->saved, 0, now_seconds)};
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
