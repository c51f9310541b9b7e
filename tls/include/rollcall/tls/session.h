#pragma once
// One end of a TLS connection, over a socket that is never waited for.

#include <rollcall/base/result.h>
#include <rollcall/tls/context.h>
#include <rollcall/tls/peer_certificate.h>
#include <rollcall/tls/socket_bio.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;

namespace rollcall::tls {

struct Findings;

// What one attempt came to.
struct Step {
    enum class State {
        done,
        wants_read,   // to be tried again when there is something to read
        wants_write,  // to be tried again when there is room to write
        closed,       // the peer has said goodbye; it may still read
        cut,          // the connection ended without a goodbye: what was sent may be incomplete
        failed,       // see failure(), or `error` alone
    };

    State state = State::done;
    std::size_t bytes = 0;
    int error = 0;  // errno, of a socket that failed
};

// Whom a client expects, and what its errors name.
struct ServerName {
    std::string host;       // a name or an IP address, looked for among those in the certificate
    ClientOptions options;  // what the context was made of
    std::string if_plain;   // what to do if the server speaks no TLS: "its URL starts with http://"
};

// Costs some 13 KiB while it is idle. Never raises SIGPIPE. It does not own the descriptor, and may
// be destroyed at any time. Thread safety: one thread at a time.
class Session {
public:
    // Throws std::bad_alloc. `client_ca_file` is for what is said about clients' certificates.
    [[nodiscard]] static std::unique_ptr<Session> accept(
        int descriptor, const Context& context, std::string client_ca_file = {}
    );
    // An error if the host cannot be a name.
    [[nodiscard]] static Result<std::unique_ptr<Session>> connect(
        int descriptor, const Context& context, ServerName server
    );

    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Again until it is done. The others only after that.
    [[nodiscard]] Step handshake();
    // At most one record. What has ended stays ended.
    [[nodiscard]] Step read(char* data, std::size_t size);
    // Possibly a part. After a want again with the same bytes, and perhaps more behind them.
    [[nodiscard]] Step write(const char* data, std::size_t size);
    // Says goodbye: the peer learns that it has everything. What it sends can still be read. After
    // wants_write again.
    [[nodiscard]] Step finish();
    // The same before the end, if it can be done without waiting and nothing is half written.
    void say_goodbye();

    // Bytes can be read that are not in the socket any more, which nobody would find readable.
    [[nodiscard]] bool has_pending() const;

    // What went wrong, in plain words; nothing after a plain end, or an error of the socket.
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

    // Of a client: the server has said within the handshake that it does not want this client, so
    // that it has read nothing of what was written. In TLS 1.3 that may come after our handshake.
    [[nodiscard]] bool was_refused() const { return was_refused_; }

    // Of a server: the first bytes were those of an HTTP request.
    [[nodiscard]] bool heard_plain_http() const { return plain_http_; }

    // Of a peer that has shown one that was accepted.
    [[nodiscard]] std::optional<PeerCertificate> peer_certificate() const;

private:
    struct Free {
        void operator()(ssl_st* ssl) const noexcept;
    };

    Session(int descriptor, const Context& context);

    [[nodiscard]] Result<void> expect(const ServerName& server);
    // done when the kernel has everything.
    [[nodiscard]] Step send_rest();
    [[nodiscard]] Step step_after(int result);
    void note_failure(bool is_of_socket);

    BioSocket socket_;  // these two before ssl_, which uses them
    const std::unique_ptr<Findings> findings_;
    std::unique_ptr<ssl_st, Free> ssl_;
    std::optional<ServerName> server_;  // of a client
    std::string client_ca_file_;        // of a server
    std::optional<Step> read_end_;
    bool shaken_ = false;
    bool usable_ = false;    // shaken hands, and nothing has failed since
    bool answered_ = false;  // the peer has sent something
    bool goodbye_said_ = false;
    std::size_t in_flight_ = 0;  // bytes of a write that are encrypted, and not wholly sent
    bool was_refused_ = false;
    bool plain_http_ = false;
    std::optional<Error> failure_;
};

}  // namespace rollcall::tls
