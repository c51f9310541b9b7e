#pragma once
// What a registry asks of those who talk to it.

#include <rollcall/tls/options.h>

#include <string>

namespace rollcall::registry {

// The same for whoever registers, reads lists or changes them.
struct AccessOptions {
    // From the registry's token file: one to write for servers and operators, one to read for
    // those who only look. For etcd and Eureka the password of the URL's ?user=; for etcd
    // without a user a token that it has issued. Empty: none is sent. Never part of a message or a
    // log line.
    std::string token = {};
    // For https. The files are read anew for each connection, so renewed ones are taken up.
    tls::ClientOptions tls = {};

    friend bool operator==(const AccessOptions&, const AccessOptions&) = default;
};

}  // namespace rollcall::registry
