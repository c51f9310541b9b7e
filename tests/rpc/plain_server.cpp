#include "plain_server.h"

#include <rollcall/base/thread.h>

#include "support/raw_peer.h"

#include <msgpack.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

namespace rollcall::rpc::tests {

using rollcall::tests::RawListener;
using rollcall::tests::RawPeer;

class PlainServer::Script {
public:
    explicit Script(Unknown unknown) : unknown_(unknown) {
        thread_ = start_thread("plain-server", [this] { run(); });
    }

    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    ~Script() {
        over_ = true;
        thread_.join();
    }

    RawListener listener;
    std::atomic<int> taken{0};

private:
    static constexpr Duration kLook = std::chrono::milliseconds{20};

    void run() {
        while (!over_) {
            try {
                serve(listener.accept(kLook));
            } catch (const std::runtime_error&) {  // nobody has come yet
            }
        }
    }

    void serve(RawPeer peer) {
        msgpack::unpacker unpacker;
        closed_ = false;
        while (!over_ && !closed_ && !peer.at_end()) {
            const std::string bytes = peer.receive(65536, kLook);
            unpacker.reserve_buffer(bytes.size());
            std::memcpy(unpacker.buffer(), bytes.data(), bytes.size());
            unpacker.buffer_consumed(bytes.size());
            msgpack::object_handle message;
            while (!closed_ && unpacker.next(message))
                take(peer, message.get());
        }
    }

    void take(RawPeer& peer, const msgpack::object& message) {
        const msgpack::object* const parts = message.via.array.ptr;
        const auto type = parts[0].as<int>();
        if (type == 1) {
            answer_asked(peer, parts);
        } else if (type == 0) {
            request(peer, parts[1].as<std::uint32_t>(), parts[2].as<std::string>(), parts[3]);
        }
    }

    void request(
        RawPeer& peer, std::uint32_t id, const std::string& method, const msgpack::object& params
    ) {
        const msgpack::type::nil_t nil;
        ++taken;
        if (method == "silent") return;
        if (method == "echo") return send(peer, 1, id, nil, params.via.array.ptr[0]);
        if (method == "fail") return send(peer, 1, id, params.via.array.ptr[0], nil);
        if (method == "odd")
            return send(peer, 1, id, std::map<std::string, std::string>{{"message", "odd"}}, nil);
        if (method == "tell") {
            send(peer, 2, "news", std::tuple{"x"});
            return send(peer, 1, id, nil, true);
        }
        if (method == "ask") {
            asked_for_ = id;
            return send(peer, 0, 7, params.via.array.ptr[0], std::tuple{21});
        }
        --taken;
        if (unknown_ == Unknown::refuses) send(peer, 1, id, "no such method", nil);
        if (unknown_ == Unknown::pairs) send(peer, 1, id, std::tuple{0, "no such method"}, nil);
        closed_ = unknown_ == Unknown::closes;
    }

    // What came back is the answer to who asked for it.
    void answer_asked(RawPeer& peer, const msgpack::object* parts) {
        send(peer, 1, asked_for_, parts[2], parts[3]);
    }

    template <class... Parts>
    static void send(RawPeer& peer, const Parts&... parts) {
        msgpack::sbuffer out;
        msgpack::pack(out, std::tuple<const Parts&...>{parts...});
        static_cast<void>(peer.send({out.data(), out.size()}));
    }

    const Unknown unknown_;
    std::atomic<bool> over_{false};
    bool closed_ = false;
    std::uint32_t asked_for_ = 0;
    std::thread thread_;
};

PlainServer::PlainServer(Unknown unknown) : script_(std::make_unique<Script>(unknown)) {
}

PlainServer::~PlainServer() = default;

Endpoint PlainServer::endpoint() const {
    return script_->listener.endpoint();
}

int PlainServer::taken() const {
    return script_->taken;
}

}  // namespace rollcall::rpc::tests
