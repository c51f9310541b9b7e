#include "registry_poller.h"

#include <rollcall/base/thread.h>
#include <rollcall/registry/connect.h>
#include <rollcall/rpc/io_threads.h>

#include "poll_loop.h"

#include <array>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace rollcall::discovery {

std::shared_ptr<RegistryPoller> RegistryPoller::of(
    const std::string& url, const registry::AccessOptions& access
) {
    using Key = std::array<std::string, 5>;
    static std::mutex mutex;
    static std::map<Key, std::weak_ptr<RegistryPoller>> pollers;
    const std::lock_guard lock{mutex};
    std::erase_if(pollers, [](const auto& each) { return each.second.expired(); });
    const auto& tls = access.tls;
    auto& known = pollers[Key{url, access.token, tls.ca_file, tls.certificate_file, tls.key_file}];
    auto poller = known.lock();
    if (poller && poller->home_.is_here()) return poller;
    auto connection = registry::connect(url, access);
    if (!connection) throw std::invalid_argument{connection.error().message()};
    if (!connection->source)
        throw std::invalid_argument{
            "'" + registry::without_password(url) + "' has no lists to read"};
    poller = std::make_shared<RegistryPoller>(
        std::move(connection->source), "the registry " + registry::without_password(url)
    );
    known = poller;
    return poller;
}

RegistryPoller::RegistryPoller(std::unique_ptr<registry::Source> source, std::string name)
    : name_(std::move(name)), loop_(std::make_shared<PollLoop>(std::move(source), name_)) {
    thread_ = start_thread("rollcall-lists", [loop = loop_] { loop->run(); });
}

RegistryPoller::~RegistryPoller() {
    loop_->stop();
    may_wait() ? thread_.join() : thread_.detach();
}

bool RegistryPoller::may_wait() const {
    return thread_.get_id() != std::this_thread::get_id() && !rpc::IoThreads::on_io_thread();
}

void RegistryPoller::add(std::shared_ptr<PolledService> service) {
    loop_->add(std::move(service));
}

void RegistryPoller::remove(const std::shared_ptr<PolledService>& service) {
    loop_->remove(service, may_wait());
}

void RegistryPoller::hurry(PolledService& service) {
    loop_->hurry(service);
}

Result<void> RegistryPoller::refresh(PolledService& service, Deadline deadline) {
    return loop_->refresh(service, deadline);
}

}  // namespace rollcall::discovery
