#include <rollcall/base/file.h>
#include <rollcall/base/log.h>
#include <rollcall/registry/given_sources.h>

#include "content_index.h"
#include "file_watch.h"
#include "list_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr Duration kLook = std::chrono::milliseconds{500};  // where nothing is told

Result<std::vector<Instance>> read_list(const std::string& path) {
    const auto text = read_file(path, kListFileBytesMax);
    if (!text) return Error{Errc::registry_failed, "file:" + text.error().message()};
    auto instances = instances_in_file(*text);
    if (instances) return instances;
    return Error{
        Errc::registry_failed, "file:" + printable(path) + ", " + instances.error().message()};
}

Snapshot snapshot_of(const std::string& service, const std::vector<Instance>& all) {
    Snapshot snapshot;
    snapshot.service = service;
    for (const Instance& instance : all) {
        if (!instance.service.empty() && instance.service != service) continue;
        snapshot.instances.push_back(instance);
        snapshot.instances.back().service = service;
    }
    snapshot.index = content_index(snapshot.instances);
    snapshot.taken = SteadyClock::now();
    return snapshot;
}

std::vector<Snapshot> changed(
    const std::vector<KnownList>& known, const std::vector<Instance>& all
) {
    std::vector<Snapshot> snapshots;
    for (const KnownList& each : known) {
        Snapshot now = snapshot_of(each.service, all);
        if (now.index != each.index) snapshots.push_back(std::move(now));
    }
    return snapshots;
}

}  // namespace

FileSource::FileSource(std::string path) : path_(std::move(path)) {
}

Result<std::vector<Snapshot>> FileSource::read(
    const std::vector<std::string>& services, Deadline /*deadline*/, std::stop_token /*stop*/
) {
    const auto all = read_list(path_);
    if (!all) return all.error();
    std::vector<Snapshot> snapshots;
    for (const std::string& service : services)
        snapshots.push_back(snapshot_of(service, *all));
    return snapshots;
}

Result<std::vector<Snapshot>> FileSource::wait(
    const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
) {
    const Deadline end = Deadline::in(wait).earlier(deadline);
    FileWatch watch{path_, stop};
    std::optional<TimePoint> unfinished_since;
    for (;;) {
        if (stop.stop_requested()) return Error{Errc::cancelled, "cancelled"};
        const TimePoint now = SteadyClock::now();
        const auto all = read_list(path_);
        if (all && !all->empty()) {
            auto news = changed(known, *all);
            if (!news.empty() || end.expired(now)) return news;
            unfinished_since.reset();
        } else {
            // Perhaps it is being written: an editor begins with an empty file.
            if (!unfinished_since) unfinished_since = now;
            const bool stays_so = now - *unfinished_since >= kLook || end.expired(now);
            if (stays_so && !all) return all.error();
            if (stays_so) {
                auto news = changed(known, *all);
                if (!news.empty() || end.expired(now)) return news;
            }
        }
        watch.wait(Deadline::in(kLook, now).earlier(end));
    }
}

}  // namespace rollcall::registry
