#include <rollcall/tls/socket_bio.h>

#include <openssl/bio.h>

#include <cerrno>
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

int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    BioSocket& socket = socket_of(bio);
    socket.unsent.append(data, static_cast<std::size_t>(size));
    return send_rest(socket) ? size : -1;
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
    bool is_whole = true;
    while (sent < socket.unsent.size()) {
        const ssize_t n = ::send(
            socket.descriptor,
            socket.unsent.data() + sent,
            socket.unsent.size() - sent,
            MSG_DONTWAIT | MSG_NOSIGNAL
        );
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            is_whole = passes(errno);
            if (!is_whole) socket.error = errno;
            break;
        }
        sent += static_cast<std::size_t>(n);
    }
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
