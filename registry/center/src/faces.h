#pragma once
// The protocols that the registry speaks, all over one list.

#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include "center.h"
#include "eureka_face.h"
#include "header_face.h"
#include "native_api.h"

#include <optional>

namespace rollcall::registry {

// Answers that need no waiting. Only on the server's I/O thread. The center must outlive it.
class Faces {
public:
    explicit Faces(Center& center);

    // Nothing if the path is of none of them.
    [[nodiscard]] std::optional<http::Response> handle(const http::Request& request, TimePoint now);

    // Does some of the work of a long answer, until it is enough. False if there is more to do;
    // handle() may be called at any time.
    [[nodiscard]] bool prepare(const http::Request& request, const EurekaLists::Enough& enough) {
        return eureka_.prepare(request, enough);
    }

private:
    Center& center_;
    HeaderFace header_;
    NativeApi native_;
    EurekaFace eureka_;
};

}  // namespace rollcall::registry
