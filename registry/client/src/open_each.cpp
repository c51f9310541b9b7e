#include <rollcall/base/random.h>

#include "openers.h"
#include "rotation.h"

#include <algorithm>

namespace rollcall::registry {

Result<std::vector<std::string>> split_hosts(std::string_view url) {
    const std::size_t begin = url.find("://") + 3;
    const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
    const bool has_password = url.substr(begin, end - begin).find('@') != std::string_view::npos;
    std::vector<std::string> urls;
    std::size_t at = begin;
    for (;;) {
        const std::size_t comma = std::min(url.substr(0, end).find(',', at), end);
        // What looks like a host may be the first half of a password, which no message may show.
        const std::string_view host = url.substr(at, comma - at);
        if (comma != end && has_password && host.find('@') == std::string_view::npos) {
            return Error{
                Errc::invalid_argument,
                "',' in a password must be written as %2C; of several hosts each has a password of "
                "its own before its @, or none of them has one"};
        }
        std::string one{url.substr(0, begin)};
        one += host;
        one += url.substr(end);
        urls.push_back(std::move(one));
        if (comma == end) return urls;
        at = comma + 1;
    }
}

Result<Connection> open_each(
    std::string_view url,
    const AccessOptions& access,
    Result<Connection> (*open)(std::string_view url, const AccessOptions& access)
) {
    std::vector<std::unique_ptr<Announcer>> announcers;
    std::vector<std::unique_ptr<Source>> sources;
    const auto urls = split_hosts(url);
    if (!urls) return urls.error();
    for (const std::string& one : *urls) {
        Result<Connection> connection = open(one, access);
        if (!connection) return connection;
        announcers.push_back(std::move(connection->announcer));
        sources.push_back(std::move(connection->source));
    }
    Connection connection;
    if (announcers.size() == 1) {
        connection.announcer = std::move(announcers.front());
        connection.source = std::move(sources.front());
    } else {
        const auto first = static_cast<std::size_t>(random_below(announcers.size()));
        connection.announcer = std::make_unique<RotatingAnnouncer>(std::move(announcers), first);
        connection.source = std::make_unique<RotatingSource>(std::move(sources), first);
    }
    return connection;
}

}  // namespace rollcall::registry
