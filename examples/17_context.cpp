// 17: what goes along with a call. Metadata both ways, a deadline that shrinks from service to
// service, and a cancellation that reaches the last of them.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <string>

namespace rpc = rollcall::rpc;
using rollcall::Result;
using namespace std::chrono_literals;

namespace {

// Waits for a minute, or until nobody waits for its answer any more.
asio::awaitable<std::string> search(
    rpc::Context& context, std::promise<void>& begun, std::promise<void>& stopped
) {
    begun.set_value();
    const auto timer =
        std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, 60s);
    const auto wake = [timer] { timer->cancel(); };
    const std::stop_callback on_stop{context.stop_token(), wake};
    asio::error_code ended;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (context.stop_token().stop_requested()) stopped.set_value();
    co_return "found";
}

// In the middle: it says nothing about deadlines, and its call has the one that is left.
asio::awaitable<Result<std::string>> pass_on(rpc::Client& library) {
    co_return co_await library.async_call(rpc::invoke<std::string>("search"));
}

}  // namespace

int main() {
    lesson::Lesson lesson;

    std::promise<void> begun;
    std::promise<void> stopped;
    rpc::Server library;
    library.handle("search", [&](rpc::Context& context) {
        return search(context, begun, stopped);
    });
    library.start();

    rpc::Client to_library{library.endpoint()};
    rpc::Server desk;
    desk.handle("ask", [&](rpc::Context&) { return pass_on(to_library); });
    desk.handle("greet", [](rpc::Context& context, const std::string& who) {
        const bool french = context.metadata().find("language") == "fr";
        context.reply_with("served-by", "desk 1");
        return (french ? "bonjour " : "hello ") + who;
    });
    desk.start();
    rpc::Client client{desk.endpoint()};

    // Metadata: there and back.
    const rpc::ReplyMetadata seen;
    const auto greet = rpc::invoke<std::string>("greet", "Ada").with("language", "fr");
    const auto greeting = client.call(greet.metadata_to(seen));
    lesson.show(greeting.value() == "bonjour Ada", "the handler read the language of the call");
    const rpc::Metadata back = seen.get();
    lesson.show(back.find("served-by") == "desk 1", "the reply says who gave it");

    // Who gives a call up gives up all that is done for it, two servers away.
    asio::cancellation_signal give_up;
    std::promise<Result<std::string>> ended;
    client.async_call(
        rpc::invoke<std::string>("ask").within(30s),
        asio::bind_cancellation_slot(
            give_up.slot(), [&](Result<std::string> result) { ended.set_value(std::move(result)); }
        )
    );
    begun.get_future().wait();
    give_up.emit(asio::cancellation_type::terminal);
    const Result<std::string> result = ended.get_future().get();
    lesson.show(!result && result.error().code() == rollcall::Errc::cancelled, "the call ended");
    const bool heard = stopped.get_future().wait_for(10s) == std::future_status::ready;
    lesson.show(heard, "the handler in the library was asked to stop");
    return lesson.exit_status();
}
