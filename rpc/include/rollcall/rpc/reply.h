#pragma once
// The answer to one request, from the server's side. Users need server.h only.

#include <rollcall/base/result.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// A request as a handler's adapter sees it: views of the connection's bytes.
struct Request {
    codec::Bytes method;
    codec::Bytes params;
    std::optional<std::uint32_t> id;  // none for a notification, which gets no reply
};

// Writes an error reply, or nothing if there is no id.
void write_error(
    codec::Buffer& out, std::optional<std::uint32_t> id, Errc code, std::string_view message
);
// An error that a handler returned or threw. Its own codes travel; the error of a call that it made
// itself, which names a method or an endpoint, becomes handler_failed.
void write_error(codec::Buffer& out, std::optional<std::uint32_t> id, const Error& error);

// The error reply for the exception that is being handled: a CallError as the Error in it,
// anything else is handler_failed with what().
void write_current_exception(codec::Buffer& out, std::optional<std::uint32_t> id);

namespace detail {

template <class T>
inline constexpr bool kIsResult = false;
template <class T>
inline constexpr bool kIsResult<rollcall::Result<T>> = true;

}  // namespace detail

// Writes the reply for a value that a handler returned: T, Result<T> or Result<void>.
template <class R>
void write_returned(codec::Buffer& out, std::optional<std::uint32_t> id, const R& returned) {
    if constexpr (detail::kIsResult<R>) {
        if (!returned) return write_error(out, id, returned.error());
        if constexpr (std::is_void_v<typename R::value_type>) {
            write_returned(out, id, std::monostate{});
        } else {
            write_returned(out, id, *returned);
        }
    } else {
        if (!id) return;
        codec::write_result_head(out, *id);
        codec::pack(out, returned);
    }
}

// Runs `produce` and writes what it returns or throws. A reply that fails half-way is taken back.
template <class Produce>
void write_reply(codec::Buffer& out, std::optional<std::uint32_t> id, Produce&& produce) {
    const std::size_t start = out.size();
    try {
        if constexpr (std::is_void_v<decltype(produce())>) {
            produce();
            write_returned(out, id, std::monostate{});
        } else {
            write_returned(out, id, produce());
        }
    } catch (...) {
        out.truncate(start);
        write_current_exception(out, id);
    }
}

// Where replies of handlers go that do not run inline.
class ReplySink {
public:
    // Called from any thread, exactly once per request, with the whole message (empty for a
    // notification). `self` is this sink.
    virtual void reply(
        const std::shared_ptr<ReplySink>& self,
        std::optional<std::uint32_t> id,
        std::size_t request_bytes,
        codec::Buffer&& message
    ) = 0;

protected:
    ~ReplySink() = default;
};

// The duty to answer one request. If it is destroyed unanswered (a coroutine that was dropped),
// the peer gets handler_failed: no caller waits for a reply that nobody will send.
class ReplyTicket {
public:
    ReplyTicket(
        std::shared_ptr<ReplySink> sink, std::optional<std::uint32_t> id, std::size_t request_bytes
    )
        : sink_(std::move(sink)), id_(id), request_bytes_(request_bytes) {}

    ReplyTicket(ReplyTicket&&) noexcept = default;
    ReplyTicket& operator=(ReplyTicket&&) = delete;
    ~ReplyTicket();

    [[nodiscard]] std::optional<std::uint32_t> id() const { return id_; }

    void send(codec::Buffer&& message);

private:
    std::shared_ptr<ReplySink> sink_;
    std::optional<std::uint32_t> id_;
    std::size_t request_bytes_;
};

}  // namespace rollcall::rpc
