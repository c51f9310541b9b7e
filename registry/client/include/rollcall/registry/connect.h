#pragma once
// From the URL of a registry to the ports it offers.

#include <rollcall/base/result.h>
#include <rollcall/registry/access_options.h>
#include <rollcall/registry/announcer.h>
#include <rollcall/registry/source.h>

#include <memory>
#include <string>
#include <string_view>

namespace rollcall::registry {

// Each port has a connection of its own, so that heartbeats never queue behind reads.
struct Connection {
    std::unique_ptr<Announcer> announcer;
    std::unique_ptr<Source> source;
};

// Chooses the adapter by the scheme of the URL; dials nothing yet.
//   http://host:port[/path]                               the native API, <path>/v1
//   header+http://host:port[/path][?prefix=P][&ttl=SECONDS] the header protocol; the path is
//                                                         /myRPC/registry if none is given
//   etcd://host[:2379][,host...][/prefix][?layout=L][&ttl=SECONDS][&user=NAME][&port=PORT]
//                                                         etcd v3, through its JSON gateway
//   eureka+http://[user:password@]host:port[/path][?user=NAME][&unmarked=tcp]
//                                                         Eureka; the path is /eureka if none is
//                                                         given; the password of ?user= is the
//                                                         token
//   redis://[user:password@]host[:6379][/db][?prefix=P][&ttl=SECONDS]
//                                                         Redis, if it is built with hiredis
//   list:host:port,host:port                              fixed, to be read
//   file:/path                                            read anew when it changes
//   dns:name:port                                         the addresses of a name
// and https://, header+https://, etcds://, eureka+https:// and rediss:// alike. Those to be read,
// and layouts of etcd that are only read, have no announcer. Several registries are named as
// "http://a:1,b:2/path": one of them is used, and when it fails the next. An invalid or unsupported
// URL is an error (invalid_argument) that lists what is supported; so is a token or file that
// cannot be used.
[[nodiscard]] Result<Connection> connect(
    std::string_view url, const AccessOptions& access = AccessOptions()
);

// The URL for messages: "***" for what is in front of its last '@', which may be a user and a
// password.
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace rollcall::registry
