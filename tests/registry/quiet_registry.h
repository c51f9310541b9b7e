#pragma once

#include <rollcall/registry/registry_server.h>

namespace rollcall::registry::tests {

// A registry for this machine alone, on a free port, that logs nothing.
inline RegistryServerOptions quiet() {
    RegistryServerOptions options;
    options.listen = Endpoint{"127.0.0.1", 0};
    options.log = Log::none();
    return options;
}

}  // namespace rollcall::registry::tests
