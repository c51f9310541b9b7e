#pragma once
// RESTinio's connections, configured. Included by two sources: it takes seconds to compile.

// RESTinio 0.6 uses names that Asio has deprecated.
#undef ASIO_NO_DEPRECATED

#include <rollcall/http/server.h>

#include "counted_parsing.h"
#include "stream_socket.h"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <restinio/http_server.hpp>
#include <restinio/settings.hpp>

#include <functional>
#include <memory>

namespace rollcall::http {

// How much larger than its limit a body may be and still be read whole, to be answered 413.
constexpr std::size_t kHardBodyFactor = 4;
constexpr std::size_t kHardFieldCount = 1024;
// While one request waits for its answer the next is read, so that a client that goes away
// meanwhile is noticed.
constexpr std::size_t kPipelinedRequests = 2;

using ConnectionClosed = std::function<void(restinio::connection_id_t id)>;

// Tells the loop about the end of its connections.
class Listener {
public:
    explicit Listener(ConnectionClosed closed) : closed_(std::move(closed)) {}

    void state_changed(const restinio::connection_state::notice_t& notice) noexcept {
        using restinio::connection_state::closed_t;
        if (restinio::holds_alternative<closed_t>(notice.cause())) closed_(notice.connection_id());
    }

private:
    ConnectionClosed closed_;
};

// Plain and encrypted connections are one type, so that all of this is compiled once.
struct Traits : restinio::traits_t<
                    restinio::asio_timer_manager_t,
                    restinio::null_logger_t,
                    restinio::default_request_handler_t,
                    restinio::noop_strand_t,
                    StreamSocket> {
    using connection_state_listener_t = Listener;
};

// RESTinio finds these two by the type of the socket: nothing is to be prepared.
template <class Connection, class Start, class Failed>
void prepare_connection_and_start_read(StreamSocket&, Connection&, Start start, const Failed&) {
    start();
}

inline restinio::tls_socket_t* make_tls_socket_pointer_for_state_listener(StreamSocket&) noexcept {
    return nullptr;
}

// Makes a connection of an accepted socket.
using Connections = restinio::impl::connection_factory_t<Traits>;
// Does nothing in these traits, and ignores its argument.
using Lifetime = restinio::connection_count_limit_types<Traits>::lifetime_monitor_t;

inline std::unique_ptr<Connections> make_connections(
    asio::io_context& io,
    const ServerOptions& options,
    std::function<void(restinio::request_t&)> handle,
    ConnectionClosed closed
) {
    restinio::server_settings_t<Traits> settings;
    settings.request_handler([handle = std::move(handle)](restinio::request_handle_t request) {
        handle(*request);
        return restinio::request_accepted();
    });
    settings.connection_state_listener(std::make_shared<Listener>(std::move(closed)));
    settings.read_next_http_message_timelimit(options.idle_timeout)
        .write_http_response_timelimit(options.write_timeout)
        .handle_request_timeout(options.answer_timeout)
        .max_pipelined_requests(kPipelinedRequests)
        .socket_options_setter([](auto& socket) {
            socket.set_option(asio::ip::tcp::no_delay{true});
        })
        .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                      .max_url_size(kHardHeadBytes)
                                      .max_field_name_size(kHardHeadBytes)
                                      .max_field_value_size(kHardHeadBytes)
                                      .max_field_count(kHardFieldCount)
                                      .max_body_size(options.body_bytes_max * kHardBodyFactor));
    settings.ensure_valid_connection_state_listener();
    auto timers = settings.timer_factory()->create(io);
    auto set_socket_options = settings.socket_options_setter();
    auto shared = std::make_shared<restinio::impl::connection_settings_t<Traits>>(
        settings,
        counted_parsing(restinio::impl::create_parser_settings<Traits::http_methods_mapper_t>()),
        std::move(timers)
    );
    return std::make_unique<Connections>(std::move(shared), std::move(set_socket_options));
}

}  // namespace rollcall::http
