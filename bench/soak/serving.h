#pragma once
// What one server process does.

#include <rollcall/tls/options.h>

#include "contender.h"

#include <string>

namespace rollcall::soak {

struct Serving {
    std::string registry_url;
    tls::ServerOptions tls;
};

// Serves the contract on a plain port and, with request ids and traces, on an encrypted one, each
// with a registrar of its own. Tells the plain port once both are registered. Does not return.
[[noreturn]] void serve(const Serving& serving, const bench::Listening& listening);

}  // namespace rollcall::soak
