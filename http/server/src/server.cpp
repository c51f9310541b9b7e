#include <rollcall/base/close_on_exec.h>
#include <rollcall/base/home_process.h>
#include <rollcall/base/thread.h>
#include <rollcall/http/server.h>

#include "connections.h"
#include "handshakes.h"
#include "listen.h"
#include "peer.h"
#include "request_limits.h"
#include "request_memory.h"
#include "responder_state.h"
#include "target.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>

namespace rollcall::http {
namespace {

using asio::ip::tcp;

constexpr Duration kAcceptPause = std::chrono::milliseconds{100};
// So long a client may think between two requests, whoever else wants to connect.
constexpr Duration kIdleAtLeast = std::chrono::seconds{1};
// Between two lines of the log.
constexpr Duration kNoRoomInterval = std::chrono::minutes{1};
constexpr Duration kStopPoll = std::chrono::milliseconds{2};

Request request_of(const restinio::request_t& from) {
    Request request;
    const auto& header = from.header();
    request.method = header.method().c_str();
    request.target = header.request_target();
    request.body = from.body();
    request.peer = endpoint_of(from.remote_endpoint());
    request.connection = from.connection_id();
    header.for_each_field([&](const auto& field) {
        request.headers.emplace_back(field.name(), field.value());
    });
    return request;
}

// Asked for again a little later it fits, or comes to a server that is less busy.
Response no_room() {
    Response response =
        Response::error(
            503,
            "no_room",
            "as much is being sent to this server as it can keep; send it again later"
        )
            .with_header("Retry-After", "2");
    response.close = true;
    return response;
}

}  // namespace

// Accepts by itself instead of through restinio::http_server_t, whose acceptor in 0.6 never
// accepts again after one error (EMFILE), and which cannot tell when answers have been written.
class Server::Loop {
public:
    Loop(ServerOptions options, Handler handler)
        : options_(std::move(options)),
          handler_(std::move(handler)),
          acceptor_(io_),
          accept_timer_(io_),
          handshakes_(io_, options_) {}

    ~Loop() { stop(); }

    [[nodiscard]] bool is_forked() const noexcept { return !home_.is_here(); }

    void start();
    void stop();

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

    [[nodiscard]] std::size_t connections() const { return answers_->connections.size(); }

    void post(std::function<void()> work) { asio::post(io_, std::move(work)); }

    void after(Duration delay, std::function<void()> work);

    Result<void> reload_tls();

private:
    void run();
    void accept();
    void make_room();

    [[nodiscard]] bool is_full() const {
        return connections() + handshakes_.under_way() >= options_.connections_max;
    }

    void take(tcp::socket socket);
    void serve(StreamSocket socket, const tcp::endpoint& peer);
    void connection_closed(restinio::connection_id_t id);
    void handle(restinio::request_t& raw);
    void refuse_for_room(Responder responder);
    void begin_stop();
    void finish_stop(TimePoint latest);

    const ServerOptions options_;
    const Handler handler_;
    asio::io_context io_{1};
    const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>(io_);
    tcp::acceptor acceptor_;
    asio::steady_timer accept_timer_;
    Handshakes handshakes_;
    std::unique_ptr<Connections> connections_;
    const std::shared_ptr<RequestMemory> memory_ =
        std::make_shared<RequestMemory>(options_.request_memory_max);
    std::optional<TimePoint> no_room_said_;
    bool accepting_ = false;
    bool making_room_ = false;
    bool accept_failed_ = false;  // said once
    Endpoint endpoint_;
    std::thread thread_;
    const HomeProcess home_;
};

void Server::Loop::start() {
    if (const auto ready = reload_tls(); !ready) {
        throw std::invalid_argument{ready.error().message()};
    }
    endpoint_ = listen(acceptor_, options_.listen);
    connections_ = make_connections(
        io_,
        options_,
        [this](restinio::request_t& request) { handle(request); },
        [this](restinio::connection_id_t id) { connection_closed(id); }
    );
    post([this] { accept(); });
    thread_ = start_thread("http-server", [this] { run(); });
}

void Server::Loop::run() {
    const auto work = asio::make_work_guard(io_);
    while (!io_.stopped()) {
        try {
            io_.run();
        } catch (const std::exception& error) {
            options_.log.error(std::string{"an HTTP server task failed: "} + error.what());
        }
    }
}

void Server::Loop::after(Duration delay, std::function<void()> work) {
    auto timer = std::make_shared<asio::steady_timer>(io_, delay);
    timer->async_wait([timer, work = std::move(work)](asio::error_code ec) {
        if (!ec) work();
    });
}

void Server::Loop::accept() {
    if (answers_->stopping || accepting_) return;
    if (is_full()) return make_room();
    accepting_ = true;
    acceptor_.async_accept([this](asio::error_code ec, tcp::socket socket) {
        accepting_ = false;
        if (ec == asio::error::operation_aborted) return;
        if (!ec) {
            accept_failed_ = false;
            take(std::move(socket));
            return accept();
        }
        if (!std::exchange(accept_failed_, true)) {
            options_.log.error("cannot accept connections, will try again: " + ec.message());
        }
        accepting_ = true;
        accept_timer_.expires_after(kAcceptPause);
        accept_timer_.async_wait([this](asio::error_code) {
            accepting_ = false;
            accept();
        });
    });
}

// Whoever wants to connect to a full server takes the place of the connection that has been idle
// the longest. So those that merely hold places keep nobody out.
void Server::Loop::make_room() {
    if (std::exchange(making_room_, true)) return;
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](asio::error_code ec) {
        making_room_ = false;
        if (ec || answers_->stopping) return;
        if (!is_full()) return accept();
        const auto oldest = answers_->connections.take_oldest(SteadyClock::now(), kIdleAtLeast);
        // Its end is noticed like any other, and then there is room.
        if (oldest) return void(::shutdown(*oldest, SHUT_RDWR));
        making_room_ = true;
        after(kAcceptPause, [this] {
            making_room_ = false;
            accept();
        });
    });
}

void Server::Loop::take(tcp::socket socket) {
    close_on_exec(socket.native_handle());
    asio::error_code ec;
    const tcp::endpoint peer = socket.remote_endpoint(ec);
    if (ec) return;  // gone already
    if (!options_.tls.enabled()) return serve(StreamSocket{std::move(socket)}, peer);
    handshakes_.begin(std::move(socket), peer, [this, peer](std::optional<StreamSocket> done) {
        if (done) serve(*std::move(done), peer);
        accept();
    });
}

void Server::Loop::serve(StreamSocket socket, const tcp::endpoint& peer) {
    const int descriptor = socket.plain().native_handle();
    try {
        socket.count_requests(memory_);
        const auto connection =
            connections_->create_new_connection(std::move(socket), peer, Lifetime{nullptr});
        answers_->connections.add(connection->connection_id(), descriptor, SteadyClock::now());
        connection->init();
    } catch (const std::exception& error) {
        options_.log.warning(std::string{"dropped a connection: "} + error.what());
    }
}

// Before the start nothing runs on the I/O thread; what is posted then comes first.
Result<void> Server::Loop::reload_tls() {
    if (!options_.tls.enabled()) return {};
    auto context = tls::server_context(options_.tls);
    if (!context) return context.error();
    post([this, context = *std::move(context)] { handshakes_.use(context); });
    return {};
}

void Server::Loop::connection_closed(restinio::connection_id_t id) {
    answers_->connections.remove(id);
    for (auto each = answers_->open.find(id); each != answers_->open.end();
         each = answers_->open.find(id))
        each->second->client_gone();
    accept();
}

void Server::Loop::handle(restinio::request_t& raw) {
    RequestReading* const reading = RequestReading::current();
    const bool is_refused = reading != nullptr && reading->is_refused();
    Request request = request_of(raw);
    if (reading != nullptr) request.memory = reading->finish();
    Responder responder{std::make_unique<Responder::State>(answers_, raw)};
    if (is_refused) return refuse_for_room(std::move(responder));
    if (const auto refusal = beyond_limits(request, options_)) return responder.respond(*refusal);
    if (const Result<void> ok = parse_target(request.target, request); !ok) {
        return responder.respond(Response::error(400, "bad_url", ok.error().message()));
    }
    if (request.method == "HEAD") request.method = "GET";
    try {
        handler_(request, std::move(responder));
    } catch (const std::exception& error) {
        options_.log.error(
            "the handler of " + request.method + " " + printable(request.target) +
            " failed: " + error.what()
        );
    }
}

void Server::Loop::refuse_for_room(Responder responder) {
    const TimePoint now = SteadyClock::now();
    if (!no_room_said_ || now - *no_room_said_ >= kNoRoomInterval) {
        no_room_said_ = now;
        options_.log.warning(
            "requests were refused: together they would take more than " +
            std::to_string(options_.request_memory_max) + " bytes"
        );
    }
    responder.respond(no_room());
}

void Server::Loop::begin_stop() {
    acceptor_.close();
    accept_timer_.cancel();
    answers_->stopping = true;
    handshakes_.stop();
    const Response response = Response::error(503, "stopping", "this server is being stopped")
                                  .with_header("Retry-After", "1");
    while (!answers_->open.empty())
        answers_->open.begin()->second->respond(response);
    finish_stop(SteadyClock::now() + options_.stop_grace);
}

void Server::Loop::finish_stop(TimePoint latest) {
    if (answers_->written.use_count() == 1 || SteadyClock::now() >= latest) return io_.stop();
    after(kStopPoll, [this, latest] { finish_stop(latest); });
}

void Server::Loop::stop() {
    if (!thread_.joinable()) return;
    post([this] { begin_stop(); });
    thread_.join();
    for (const auto& [id, state] : answers_->open)
        state->abandon();
}

Server::Server(ServerOptions options, Handler handler)
    : loop_(std::make_shared<Loop>(std::move(options), std::move(handler))) {
}

Server::~Server() {
    if (loop_->is_forked()) {
        abandon(std::move(loop_));
    } else {
        stop();
    }
}

void Server::start() {
    loop_->start();
}

Endpoint Server::endpoint() const {
    return loop_->endpoint();
}

void Server::post(std::function<void()> work) {
    loop_->post(std::move(work));
}

void Server::after(Duration delay, std::function<void()> work) {
    loop_->after(delay, std::move(work));
}

Result<void> Server::reload_tls() {
    return loop_->reload_tls();
}

std::size_t Server::connections() const {
    return loop_->connections();
}

void Server::stop() {
    loop_->stop();
}

}  // namespace rollcall::http
