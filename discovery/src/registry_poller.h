#pragma once
// One thread that keeps the lists of one registry fresh.

#include <rollcall/base/deadline.h>
#include <rollcall/base/home_process.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/access_options.h>
#include <rollcall/registry/source.h>

#include <memory>
#include <string>
#include <thread>

namespace rollcall::discovery {

class PollLoop;
struct PolledService;

// Owns the thread and the source, which only that uses.
class RegistryPoller {
public:
    // The poller of this process for a URL and what it takes to be let in: made at first use, ended
    // with its last user. Throws std::invalid_argument if the URL is not that of a registry one can
    // read, or a token or file cannot be used.
    [[nodiscard]] static std::shared_ptr<RegistryPoller> of(
        const std::string& url, const registry::AccessOptions& access
    );

    RegistryPoller(std::unique_ptr<registry::Source> source, std::string name);
    // Ends the request under way and waits for the thread, where that is possible.
    ~RegistryPoller();
    RegistryPoller(const RegistryPoller&) = delete;
    RegistryPoller& operator=(const RegistryPoller&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }

    // Any thread.
    void add(std::shared_ptr<PolledService> service);
    // Waits, where that is possible, until neither its log nor its file nor its subscribers are in
    // use.
    void remove(const std::shared_ptr<PolledService>& service);
    void hurry(PolledService& service);
    [[nodiscard]] Result<void> refresh(PolledService& service, Deadline deadline);

private:
    // Not on its own thread and not on one of I/O.
    [[nodiscard]] bool may_wait() const;

    const std::string name_;
    // Shared with the thread, so that a poller that ends there leaves nothing dangling.
    const std::shared_ptr<PollLoop> loop_;
    std::thread thread_;
    const HomeProcess home_;
};

}  // namespace rollcall::discovery
