#include <rollcall/tls/socket_bio.h>

#include <openssl/bio.h>

#include <cerrno>
#include <string_view>
#include <sys/socket.h>

namespace rollcall::tls {
namespace {

BioSocket& socket_of(BIO* bio) {
    return *static_cast<BioSocket*>(BIO_get_data(bio));
}

bool passes(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    BioSocket& socket = socket_of(bio);
    const ssize_t n = ::recv(socket.descriptor, data, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (n == 0) socket.ended = true;
    if (n < 0) {
        socket.error = errno;
        if (passes(errno)) BIO_set_retry_read(bio);
    }
    return static_cast<int>(n);
}

// What the kernel takes of it. False if the connection is broken.
bool send_some(BioSocket& socket, std::string_view bytes, std::size_t& sent) {
    sent = 0;
    while (sent < bytes.size()) {
        const ssize_t n = ::send(
            socket.descriptor, bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL
        );
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (passes(errno)) break;
            socket.error = errno;
            return false;
        }
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    BioSocket& socket = socket_of(bio);
    const std::string_view bytes{data, static_cast<std::size_t>(size)};
    std::size_t sent = 0;
    if (!send_rest(socket)) return -1;
    if (socket.unsent.empty() && !send_some(socket, bytes, sent)) return -1;
    socket.unsent += bytes.substr(sent);
    return size;
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return socket_of(bio).ended ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* new_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

bool send_rest(BioSocket& socket) {
    std::size_t sent = 0;
    const bool is_whole = send_some(socket, socket.unsent, sent);
    if (sent == socket.unsent.size()) {
        std::string{}.swap(socket.unsent);  // an idle connection holds none
    } else {
        socket.unsent.erase(0, sent);
    }
    return is_whole;
}

bio_st* new_socket_bio(BioSocket& socket) {
    static BIO_METHOD* const kMethod = new_method();  // of the process, like OpenSSL's own
    BIO* const bio = kMethod == nullptr ? nullptr : BIO_new(kMethod);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace rollcall::tls
