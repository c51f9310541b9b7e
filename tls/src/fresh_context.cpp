#include <rollcall/tls/fresh_context.h>

#include <sys/stat.h>
#include <utility>

namespace rollcall::tls {
namespace {

std::vector<std::string> without_empty(std::vector<std::string> names) {
    std::erase(names, "");
    return names;
}

}  // namespace

FreshContext::FreshContext(std::vector<std::string> files, Make make)
    : files_(without_empty(std::move(files))), make_(std::move(make)) {
}

Context FreshContext::get() const {
    const std::lock_guard lock{mutex_};
    return context_;
}

std::vector<FreshContext::Stamp> FreshContext::look() const {
    std::vector<Stamp> stamps;
    stamps.reserve(files_.size());
    for (const std::string& file : files_) {
        struct stat found {};

        Stamp& stamp = stamps.emplace_back();
        if (::stat(file.c_str(), &found) != 0) continue;
        constexpr std::int64_t kSecond = 1'000'000'000;
        stamp = {
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtim.tv_sec * kSecond + found.st_mtim.tv_nsec};
    }
    return stamps;
}

Result<void> FreshContext::reload_locked(std::vector<Stamp> seen) {
    // Looked at before they are read: what changes meanwhile is seen the next time.
    seen_ = std::move(seen);
    auto made = make_();
    failed_ = !made;
    if (!made) return made.error();
    context_ = *std::move(made);
    return {};
}

Result<void> FreshContext::reload() {
    const std::lock_guard lock{mutex_};
    return reload_locked(look());
}

Result<bool> FreshContext::refresh() {
    const std::lock_guard lock{mutex_};
    std::vector<Stamp> now = look();
    if (!failed_ && now == seen_) return false;
    if (auto made = reload_locked(std::move(now)); !made) return made.error();
    return true;
}

}  // namespace rollcall::tls
