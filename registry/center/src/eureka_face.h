#pragma once
// Eureka's REST protocol, below /eureka and /eureka/v2, in JSON and XML.

#include <rollcall/base/clock.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include "center.h"
#include "eureka_lists.h"

#include <optional>
#include <span>
#include <string>

namespace rollcall::registry {

// Only on the server's I/O thread. The center must outlive it.
class EurekaFace {
public:
    explicit EurekaFace(Center& center);

    // The answer, or nothing if the path is not of this protocol.
    [[nodiscard]] std::optional<http::Response> handle(const http::Request& request, TimePoint now);

    // Writes what the answer to a list will be made of, until it is enough. False if there is more
    // to do; handle() may be called at any time.
    [[nodiscard]] bool prepare(const http::Request& request, const EurekaLists::Enough& enough);

private:
    // What a path names: a service, valid, and an id.
    struct Name {
        std::string service;
        std::string id;
    };

    using Path = std::span<const std::string>;

    // Below /eureka or /eureka/v2; empty if it is elsewhere.
    [[nodiscard]] static Path path_of(const http::Request& request);

    // eureka_face.cpp: which resource, and what is read.
    std::optional<http::Response> below_apps(
        Path path, const http::Request& request, TimePoint now
    );
    http::Response instance(const Name& name, const http::Request& request, TimePoint now);
    http::Response lists(Path path, const http::Request& request, TimePoint now);
    http::Response by_id(const std::string& id, const http::Request& request, TimePoint now);
    [[nodiscard]] EurekaLists& lists_for(const http::Request& request);
    [[nodiscard]] const LeaseRecord* find_instance(const Name& name) const;

    // eureka_writes.cpp: what changes something.
    http::Response add(const std::string& app, const http::Request& request, TimePoint now);
    http::Response beat(const Name& name, const http::Request& request, TimePoint now);
    http::Response remove(const Name& name, TimePoint now);
    http::Response set_override(const Name& name, const http::Request& request, TimePoint now);
    http::Response clear_override(const Name& name, const http::Request& request, TimePoint now);
    http::Response add_metadata(const Name& name, const http::Request& request, TimePoint now);
    http::Response modified(Instance instance, TimePoint now);

    Center& center_;
    WallClock clock_;
    EurekaLists json_;
    EurekaLists xml_;
};

// Whether a reader wants JSON: Eureka's clients get XML unless they ask for it.
[[nodiscard]] bool wants_eureka_json(const http::Request& request);

// A text of Eureka's in the format that the reader wants.
[[nodiscard]] http::Response eureka_answer(
    int status, const http::Request& request, EurekaLists::Texts body
);

}  // namespace rollcall::registry
