#include "interposed.h"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string_view>
#include <sys/socket.h>

namespace rollcall::tests {
namespace {

// Never destroyed: threads of the resolver may be in it when the program ends.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    int came = 0;
};

Gate& gate() {
    static auto* const one = new Gate;
    return *one;
}

std::atomic<bool> threads_refused{false};
std::atomic<std::uint16_t> self_connecting_port{0};
std::atomic<int> self_connections{0};

template <class Function>
Function* next_definition(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void hold_hung_lookups() {
    const std::lock_guard lock{gate().mutex};
    gate().open = false;
    gate().came = 0;
}

void release_hung_lookups() {
    const std::lock_guard lock{gate().mutex};
    gate().open = true;
    gate().changed.notify_all();
}

int hung_lookups() {
    const std::lock_guard lock{gate().mutex};
    return gate().came;
}

NoThreads::NoThreads() {
    threads_refused = true;
}

NoThreads::~NoThreads() {
    threads_refused = false;
}

SelfConnecting::SelfConnecting(const Endpoint& endpoint) {
    self_connections = 0;
    self_connecting_port = endpoint.port();
}

SelfConnecting::~SelfConnecting() {
    self_connecting_port = 0;
}

int SelfConnecting::count() {
    return self_connections;
}

}  // namespace rollcall::tests

using namespace rollcall::tests;

extern "C" int getaddrinfo(
    const char* node, const char* service, const addrinfo* hints, addrinfo** result
) {
    static auto* const real = next_definition<decltype(::getaddrinfo)>("getaddrinfo");
    const std::string_view name = node == nullptr ? "" : node;
    if (name == kUnknownName) return EAI_NONAME;
    if (name == kHungName) {
        std::unique_lock lock{gate().mutex};
        ++gate().came;
        gate().changed.wait(lock, [] { return gate().open; });
        return EAI_NONAME;
    }
    if (name != kTwoAddressesName) return real(node, service, hints, result);
    addrinfo* second = nullptr;
    int error = real("127.0.0.1", service, hints, &second);
    if (error == 0) error = real("127.0.0.2", service, hints, result);
    if (error == 0) (*result)->ai_next = second;
    return error;
}

extern "C" int pthread_create(
    pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument
) {
    static auto* const real = next_definition<decltype(::pthread_create)>("pthread_create");
    if (threads_refused) return EAGAIN;
    return real(thread, attributes, run, argument);
}

extern "C" int connect(int descriptor, const sockaddr* address, socklen_t length) {
    static auto* const real = next_definition<decltype(::connect)>("connect");
    sockaddr_in to{};
    const std::uint16_t port = self_connecting_port;
    if (port != 0 && length == sizeof to) {
        std::memcpy(&to, address, length);
        if (to.sin_family == AF_INET && ntohs(to.sin_port) == port) {
            const int on = 1;
            ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            if (::bind(descriptor, address, length) == 0) ++self_connections;
        }
    }
    return real(descriptor, address, length);
}
