#pragma once
// What went wrong with a call, where, and whether it may be repeated.

#include <rollcall/base/errc.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rollcall {

// Whether the peer may have executed a failed request. It decides what may be retried:
// not_sent always, maybe_sent only for idempotent methods.
enum class Sent {
    not_sent,    // certain: the peer has not executed it
    maybe_sent,  // the peer may have executed it, wholly or in part, or not at all
};

// A value; cheap to move. A class with constructors, because g++ 12 double-frees temporaries of
// aggregates with owning members in co_await expressions.
// Thread safety: as a std::string.
class [[nodiscard]] Error {
public:
    Error(Errc code, std::string message);

    [[nodiscard]] Errc code() const noexcept { return code_; }

    // What happened, without method and endpoint: "no method 'ad'; did you mean 'add'?".
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

    // The method of the call, empty if there was none.
    [[nodiscard]] const std::string& method() const noexcept { return method_; }

    // The peer, "host:port", empty if there was none.
    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

    // The peer's error object as MessagePack bytes, for errors of foreign shape; else empty.
    [[nodiscard]] const std::string& data() const noexcept { return data_; }

    [[nodiscard]] Sent sent() const noexcept { return sent_; }

    // A whole sentence with all of the above, for people.
    [[nodiscard]] std::string to_string() const;

    // Fluent setters, for whoever knows more than the place where the error was made.
    Error& set_method(std::string_view method) &;
    Error& set_endpoint(std::string_view endpoint) &;
    Error& set_data(std::string data) &;
    Error& set_sent(Sent sent) & noexcept;
    [[nodiscard]] Error&& with_method(std::string_view method) &&;
    [[nodiscard]] Error&& with_endpoint(std::string_view endpoint) &&;
    [[nodiscard]] Error&& with_data(std::string data) &&;
    [[nodiscard]] Error&& with_sent(Sent sent) && noexcept;

private:
    Errc code_;
    Sent sent_ = Sent::not_sent;
    std::string message_;
    std::string method_;
    std::string endpoint_;
    std::string data_;
};

// Thrown by Result<T>::value() for those who prefer exceptions; what() is Error::to_string().
class CallError : public std::runtime_error {
public:
    explicit CallError(Error error);

    [[nodiscard]] const Error& error() const noexcept { return *error_; }

private:
    std::shared_ptr<const Error> error_;  // shared, so that copying an exception cannot throw
};

}  // namespace rollcall
