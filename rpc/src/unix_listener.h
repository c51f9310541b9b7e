#pragma once
// The file of a Unix domain socket that is listened on: made, taken over from the dead, removed.

#include "stream_socket.h"

#include <asio/basic_socket_acceptor.hpp>

#include <string>
#include <sys/types.h>

namespace rollcall::rpc {

using ListeningSocket = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

// Removes the file when it ends, if it is still the one that was made. Abstract names have none.
class UnixSocketFile {
public:
    UnixSocketFile() = default;
    UnixSocketFile(UnixSocketFile&& other) noexcept;
    UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;

    ~UnixSocketFile() { remove(); }

    // Binds the open socket and listens. What a process that was killed has left behind is
    // replaced, after an attempt to connect has shown that nobody listens there; of several servers
    // that find it at once one gets the name. Throws std::system_error that names the holder, if it
    // is taken.
    [[nodiscard]] static UnixSocketFile listen(
        ListeningSocket& socket, const Endpoint& endpoint, unsigned mode
    );

    void remove() noexcept;

private:
    std::string path_;  // empty: none
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace rollcall::rpc
