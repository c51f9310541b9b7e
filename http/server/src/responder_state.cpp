#include "responder_state.h"

#include "response_head.h"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::http {

Responder::State::State(std::shared_ptr<Answers> answers, restinio::request_t& request)
    : answers_(std::move(answers)),
      connection_(std::move(restinio::impl::access_req_connection(request))),
      connection_id_(request.connection_id()),
      request_id_(request.request_id()),
      keep_alive_(request.header().should_keep_alive()),
      upgrade_(request.header().connection() == restinio::http_connection_header_t::upgrade),
      head_(request.header().method() == restinio::http_method_head()) {
    answers_->open.emplace(connection_id_, this);
    answers_->connections.busy(connection_id_);
}

Responder::State::~State() {
    if (connection_) respond(Response::error(500, "no_answer", "the request was not answered"));
}

void Responder::State::respond(const Response& response) {
    if (!connection_) return;
    const bool keep = keep_alive_ && !response.close && !answers_->stopping;
    restinio::writable_items_container_t items;
    items.emplace_back(response_head(response, keep));
    if (!head_ && status_has_body(response.status)) {
        if (response.body && !response.body->empty()) items.emplace_back(response.body);
        for (const auto& part : response.more) {
            if (!part->empty()) items.emplace_back(part);
        }
    }
    restinio::write_group_t group{std::move(items)};
    group.after_write_notificator([written = answers_->written](const auto&) {});
    close();
    // Posted, because RESTinio 0.6 reads the next request twice, and then closes, if a
    // pipelined one is answered inside its handler.
    asio::post(
        *answers_->io,
        [connection = std::exchange(connection_, nullptr),
         id = request_id_,
         keep,
         upgrade = upgrade_,
         group = std::move(group)]() mutable {
            using restinio::response_connection_attr_t;
            connection->write_response_parts(
                id,
                {restinio::response_parts_attr_t::final_parts,
                 keep ? response_connection_attr_t::connection_keepalive
                      : response_connection_attr_t::connection_close},
                std::move(group)
            );
            // RESTinio 0.6 stops looking at the times of a connection that asks for an
            // upgrade, and would wait for ever for a client that does not read.
            if (upgrade) {
                std::shared_ptr<restinio::tcp_connection_ctx_base_t> self = connection;
                connection->check_timeout(self);
            }
        }
    );
}

void Responder::State::client_gone() {
    close();
    connection_.reset();
    if (const auto gone = std::move(gone_)) gone();
}

void Responder::State::close() {
    const auto [first, last] = answers_->open.equal_range(connection_id_);
    const auto mine =
        std::find_if(first, last, [this](const auto& each) { return each.second == this; });
    if (mine != last) answers_->open.erase(mine);
    if (!answers_->open.contains(connection_id_))
        answers_->connections.idle(connection_id_, SteadyClock::now());
}

Responder::Responder(std::unique_ptr<State> state) : state_(std::move(state)) {
}

Responder::Responder(Responder&& other) noexcept = default;
Responder& Responder::operator=(Responder&& other) noexcept = default;
Responder::~Responder() = default;

void Responder::respond(const Response& response) {
    if (state_) state_->respond(response);
    state_.reset();
}

void Responder::when_gone(std::function<void()> gone) {
    if (state_) state_->when_gone(std::move(gone));
}

}  // namespace rollcall::http
