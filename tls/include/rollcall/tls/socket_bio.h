#pragma once
// What OpenSSL reads from and writes to.

struct bio_st;

namespace rollcall::tls {

// A connected socket and how its last transfer ended.
struct BioSocket {
    int descriptor = -1;
    bool ended = false;  // the peer sends no more
    int error = 0;       // errno
};

// A BIO over a socket, which it does not own and which outlives it; owned by the caller, nullptr
// without memory. OpenSSL's own writes with write(), which raises SIGPIPE when the peer has gone.
// This one does neither that nor wait.
[[nodiscard]] bio_st* new_socket_bio(BioSocket& socket);

}  // namespace rollcall::tls
