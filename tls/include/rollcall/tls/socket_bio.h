#pragma once
// What OpenSSL reads from and writes to.

#include <string>

struct bio_st;

namespace rollcall::tls {

// A connected socket and how its last transfer ended.
struct BioSocket {
    int descriptor = -1;
    bool ended = false;       // the peer sends no more
    int error = 0;            // errno
    std::string unsent = {};  // what the kernel did not take yet
};

// Sends of `unsent` what the kernel takes. False if the connection is broken: `error` says how.
[[nodiscard]] bool send_rest(BioSocket& socket);

// A BIO over a socket, which it does not own and which outlives it; owned by the caller, nullptr
// without memory. OpenSSL's own writes with write(), which raises SIGPIPE when the peer has gone.
// This one does neither that nor wait: what the kernel does not take goes into `unsent`, and
// OpenSSL believes it sent. Otherwise it could not read while it waits to write: a peer's key
// update would have to be answered in the middle of a record.
[[nodiscard]] bio_st* new_socket_bio(BioSocket& socket);

}  // namespace rollcall::tls
