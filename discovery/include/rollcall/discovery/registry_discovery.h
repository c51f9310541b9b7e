#pragma once
// Instances as a registry lists them.

#include <rollcall/base/log.h>
#include <rollcall/discovery/discovery.h>
#include <rollcall/registry/access_options.h>
#include <rollcall/registry/source.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace rollcall::discovery {

// Times longer than a year are taken as a year.
struct RegistryDiscoveryOptions {
    // How old a list may become before the registry has to confirm it. The next request comes up to
    // a tenth earlier, so that many clients do not ask in step. A registry that can be watched
    // tells of changes at once, whatever this is; one request at a time waits for that.
    std::chrono::milliseconds refresh = std::chrono::seconds{10};
    std::chrono::milliseconds request_timeout = std::chrono::seconds{2};  // of one request
    // The soonest that a caller who waits for instances makes the next request come after the last.
    std::chrono::milliseconds hurry_gap{250};
    // A registry that comes back without its memory lists nothing at first. Its empty list does not
    // replace a full one for this time, or for the longest lease in the full one if that is longer.
    std::chrono::milliseconds empty_hold = std::chrono::seconds{15};
    // Where the last list is kept for the next start; empty: nowhere. It is read only while the
    // registry has not answered yet, and only if it was written at most `cache_age` ago. One file
    // per service: that of another is refused; several processes may share it. A new list is
    // written after it is told, once a second at most, the last one when the discovery ends.
    std::string cache_file = {};
    std::chrono::seconds cache_age = std::chrono::hours{24};
    // The token and the certificates for the registry, for the constructor that takes its URL.
    registry::AccessOptions access = {};
    Log log = {};  // the registry is away, the registry is back
};

// Keeps the list of one service fresh, in the background, on one thread per registry that all its
// discoveries in the process with the same access share. While the registry is away the last good
// list is served, as old as it may be. The last copy of the handle ends the requests that are made
// for it alone, and waits until its log, its file, its subscribers and a source of its own are no
// longer in use; except on an I/O thread and in a subscriber. After fork() the child may only
// destroy it.
class RegistryDiscovery : public Discovery {
public:
    // Starts asking at once; waits for nothing. The URL is that of registry::connect():
    // "http://host:port", "header+https://host:port/path". Throws std::invalid_argument for a URL,
    // a service name or an option that can never work.
    RegistryDiscovery(
        std::string_view url,
        std::string_view service,
        const RegistryDiscoveryOptions& options = RegistryDiscoveryOptions()
    );

    // Over another source than a URL gives; `name` stands for it in messages. The source is not
    // shared with other discoveries.
    RegistryDiscovery(
        std::unique_ptr<registry::Source> source,
        std::string_view name,
        std::string_view service,
        const RegistryDiscoveryOptions& options = RegistryDiscoveryOptions()
    );
};

}  // namespace rollcall::discovery
