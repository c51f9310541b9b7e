#include "traffic.h"

#include "contract.h"
#include "stream_traffic.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <utility>

namespace rollcall::soak {
namespace {

constexpr int kSleepMs = 1000;
constexpr auto kPatience = std::chrono::milliseconds{20};
constexpr auto kCancelAfter = std::chrono::milliseconds{5};

discovery::ServiceClientOptions plain_options(const rpc::IoThreads& io) {
    discovery::ServiceClientOptions options;
    options.client.io = io;
    return options;
}

discovery::ServiceClientOptions encrypted_options(
    const rpc::IoThreads& io, const std::string& ca_file
) {
    discovery::ServiceClientOptions options = plain_options(io);
    options.client.tls = tls::ClientOptions{ca_file};
    options.client.middleware = layers();
    return options;
}

template <class Client>
void add(
    Client& client,
    const rpc::Method<int(int, int)>& how,
    std::uint64_t number,
    const Ticket& ticket
) {
    const auto one = static_cast<int>(number % 1'000'000'000);
    client.async_call(how(one, 1), [ticket, right = one + 1](const Result<int>& sum) {
        ticket.expect(sum, right);
    });
}

// Whether it runs or has been cancelled, both handlers keep it.
struct Cancellation {
    explicit Cancellation(const asio::any_io_executor& executor) : timer(executor) {}

    asio::cancellation_signal signal;
    asio::steady_timer timer;
};

}  // namespace

Traffic::Traffic(const Addresses& addresses, rpc::IoThreads io, Ledger& ledger)
    : addresses_(addresses),
      io_(std::move(io)),
      ledger_(ledger),
      clients_([this] {
          rpc::ClientOptions options;
          options.io = io_;
          std::vector<std::unique_ptr<rpc::Client>> clients;
          for (const Endpoint& server : addresses_.servers) {
              clients.push_back(std::make_unique<rpc::Client>(server, options));
              clients.back()->handle(kAdd, [](int a, int b) { return a + b; });
          }
          return clients;
      }()),
      found_(addresses.registry_url, kService),
      found_encrypted_(addresses.registry_url, kEncryptedService),
      service_(found_, plain_options(io_)),
      encrypted_(found_encrypted_, encrypted_options(io_, addresses_.ca_file)),
      blocking_(addresses_, *clients_.front(), service_, found_encrypted_, io_) {
    for (std::size_t i = 0; i < payloads_.size(); ++i)
        payloads_[i].assign(std::size_t{64} << (10 + i), static_cast<char>('a' + i));
    const Deadline deadline = Deadline::in(std::chrono::seconds{20});
    for (const auto& client : clients_)
        client->wait_ready(deadline).value();
    service_.wait_ready(deadline).value();
    encrypted_.wait_ready(deadline).value();
}

void Traffic::start(std::uint64_t number, TimePoint intended) {
    const Ticket ticket = ledger_.begin(pick(number, intended), intended);
    switch (ticket.kind) {
        case Kind::blocking:
            return blocking_.start_blocking(number, ticket);
        case Kind::newcomer:
            return blocking_.start_newcomer(number, ticket);
        case Kind::guest:
            return blocking_.start_guest(ticket);
        case Kind::large:
            return start_large(number, ticket);
        case Kind::broadcast:
            return start_broadcast(ticket);
        case Kind::stream:
            return start_stream(client_of(number), io_.executor(), number, ticket);
        case Kind::callback:
            return add(client_of(number), kAskBack, number, ticket);
        case Kind::timed_out:
            return start_timed_out(client_of(number), ticket);
        case Kind::cancelled:
            return start_cancelled(client_of(number), ticket);
        case Kind::refused:
            return client_of(number).async_call(kRefuse(), [ticket](const Result<int>& result) {
                ticket.expect_error(result, Errc::remote_error);
            });
        default:
            return start_quick(number, ticket);
    }
}

Kind Traffic::pick(std::uint64_t number, TimePoint intended) {
    const Kind kind = kind_of(number);
    if (kind != Kind::newcomer || intended < next_guest_) return kind;
    next_guest_ = intended + kBetweenGuests;
    return Kind::guest;
}

void Traffic::start_quick(std::uint64_t number, const Ticket& ticket) {
    switch (ticket.kind) {
        case Kind::coroutine:
            return add(client_of(number), kAddLater, number, ticket);
        case Kind::pool:
            return add(client_of(number), kAddOnPool, number, ticket);
        case Kind::service:
            return add(service_, kAdd, number, ticket);
        case Kind::encrypted:
            return add(encrypted_, kAdd, number, ticket);
        default:
            return add(client_of(number), kAdd, number, ticket);
    }
}

void Traffic::start_large(std::uint64_t number, const Ticket& ticket) {
    const std::string& payload = payloads_[number % payloads_.size()];
    const auto check = [ticket, &payload](const Result<std::string>& echo) {
        ticket.expect(echo, payload);
    };
    if (number % 2 == 0) {
        service_.async_call(kEcho(payload), check);
    } else {
        client_of(number).async_call(kEcho(payload), check);
    }
}

void Traffic::start_broadcast(const Ticket& ticket) {
    service_.async_broadcast(
        kAdd(20, 22),
        discovery::BroadcastOptions(),
        [ticket](const discovery::BroadcastResult<int>& sums) {
            if (sums.error()) return ticket.fail(sums.error()->to_string());
            for (const auto& each : sums) {
                if (!each.result) return ticket.fail(each.result.error().to_string());
            }
            sums.size() == kServers ? ticket.end() : ticket.fail("it has not reached all servers");
        }
    );
}

void Traffic::start_timed_out(rpc::Client& client, const Ticket& ticket) {
    client.async_call(kSleep(kSleepMs).within(kPatience), [ticket](const Result<int>& result) {
        ticket.expect_error(result, Errc::timed_out);
    });
}

void Traffic::start_cancelled(rpc::Client& client, const Ticket& ticket) {
    const auto cancellation = std::make_shared<Cancellation>(io_.executor());
    client.async_call(
        kSleep(kSleepMs),
        asio::bind_cancellation_slot(
            cancellation->signal.slot(),
            [ticket, cancellation](const Result<int>& result) {
                ticket.expect_error(result, Errc::cancelled);
            }
        )
    );
    cancellation->timer.expires_after(kCancelAfter);
    cancellation->timer.async_wait([cancellation](const asio::error_code&) {
        cancellation->signal.emit(asio::cancellation_type::terminal);
    });
}

}  // namespace rollcall::soak
