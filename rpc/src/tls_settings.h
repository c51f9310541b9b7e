#pragma once
// What servers and clients need to begin TLS, made of their options.

#include <rollcall/base/log.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>
#include <rollcall/tls/fresh_context.h>
#include <rollcall/tls/session.h>

#include <memory>
#include <mutex>
#include <string>

namespace rollcall::rpc {

// Says a thing once until it says another.
class SaidOnce {
public:
    [[nodiscard]] bool is_new(const std::string& text);
    void forget();

private:
    std::mutex mutex_;
    std::string last_;
};

// Clients of equal options share their contexts: a thousand instances of a service are a thousand
// clients. Thread safety: any thread.
class ClientTls {
public:
    // Null if the options ask for none. Reads no file.
    [[nodiscard]] static std::shared_ptr<ClientTls> make(
        const ClientOptions& options, const Endpoint& server
    );

    // For a connected socket. Reads the files anew if they have changed; if that fails, goes on
    // with what was read before, and says so in the log. Without that, an error that names the
    // file.
    [[nodiscard]] Result<std::unique_ptr<tls::Session>> begin(int descriptor);

private:
    ClientTls(tls::ServerName name, std::shared_ptr<tls::FreshContext> context, Log log);

    const tls::ServerName name_;
    const std::shared_ptr<tls::FreshContext> context_;
    const Log log_;
    SaidOnce said_;
};

// Thread safety: any thread.
class ServerTls {
public:
    // Reads nothing yet. `server` is its name in the log.
    ServerTls(const tls::ServerOptions& options, Log log, std::string server);

    // Reads the files now. After an error the former context is used on.
    [[nodiscard]] Result<void> reload();

    // Reads them if they have changed, and says so in the log. What cannot be used, because a file
    // is half written perhaps, is tried again the next time.
    void look();

    // After the first reload() that succeeded. Throws std::bad_alloc.
    [[nodiscard]] std::unique_ptr<tls::Session> begin(int descriptor) const;

private:
    const tls::ServerOptions options_;
    const Log log_;
    const std::string server_;
    tls::FreshContext context_;
    SaidOnce said_;
};

}  // namespace rollcall::rpc
