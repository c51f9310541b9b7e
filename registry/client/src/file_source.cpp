#include <rollcall/base/file.h>
#include <rollcall/base/log.h>
#include <rollcall/registry/given_sources.h>

#include "content_index.h"
#include "file_watch.h"
#include "list_file.h"

#include <algorithm>
#include <optional>
#include <sys/stat.h>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr Duration kLook = std::chrono::milliseconds{500};  // where nothing is told

// What it was may have changed since without any trace in its times, which have a grain.
constexpr auto kGrain = std::chrono::seconds{2};

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

// Nothing if it cannot be told from what is put in its place.
std::optional<FileVersion> version_of(const std::string& path) {
    struct stat now {};

    if (::stat(path.c_str(), &now) != 0) return std::nullopt;
    using namespace std::chrono;
    const auto changed = std::max(now.st_mtim.tv_sec, now.st_ctim.tv_sec);
    if (system_clock::now() < system_clock::from_time_t(changed) + kGrain) return std::nullopt;
    return FileVersion{
        now.st_dev,
        now.st_ino,
        static_cast<std::uint64_t>(now.st_size),
        {now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec}};
}

}  // namespace

FileSource::FileSource(std::string path) : path_(std::move(path)) {
}

Result<void> FileSource::look() {
    // From before the read: what is written meanwhile is another version.
    const auto now = version_of(path_);
    if (now && version_ == now) return {};
    version_.reset();
    auto list = read_list(path_);
    if (!list) return list.error();
    instances_ = *std::move(list);
    version_ = now;
    return {};
}

Result<std::vector<Snapshot>> FileSource::read(
    const std::vector<std::string>& services, Deadline /*deadline*/, std::stop_token /*stop*/
) {
    if (auto looked = look(); !looked) return looked.error();
    std::vector<Snapshot> snapshots;
    for (const std::string& service : services)
        snapshots.push_back(snapshot_of(service, instances_));
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
        const auto looked = look();
        if (looked && !instances_.empty()) {
            auto news = changed(known, instances_);
            if (!news.empty() || end.expired(now)) return news;
            unfinished_since.reset();
        } else {
            // Perhaps it is being written: an editor begins with an empty file.
            if (!unfinished_since) unfinished_since = now;
            const bool stays_so = now - *unfinished_since >= kLook || end.expired(now);
            if (stays_so && !looked) return looked.error();
            if (stays_so) {
                auto news = changed(known, instances_);
                if (!news.empty() || end.expired(now)) return news;
            }
        }
        watch.wait(Deadline::in(kLook, now).earlier(end));
    }
}

}  // namespace rollcall::registry
