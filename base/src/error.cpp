#include <rollcall/base/error.h>

#include <array>

namespace rollcall {
namespace {

struct CodeRow {
    Errc code;
    std::string_view name;
    std::string_view wire;
    std::string_view sentence;
};

constexpr std::array<CodeRow, 25> kCodes{{
    {Errc::resolve_failed, "resolve_failed", "", "the host name could not be resolved"},
    {Errc::connect_failed, "connect_failed", "", "no connection could be made"},
    {Errc::timed_out, "timed_out", "TIMED_OUT", "the deadline passed"},
    {Errc::connection_lost, "connection_lost", "", "the connection was lost"},
    {Errc::message_too_large, "message_too_large", "", "the message is too large"},
    {Errc::protocol_error, "protocol_error", "", "the peer does not speak MessagePack-RPC"},
    {Errc::invalid_result, "invalid_result", "", "the result has another type than asked for"},
    {Errc::shutting_down, "shutting_down", "", "shutting down"},
    {Errc::cancelled, "cancelled", "CANCELLED", "the call was cancelled"},
    {Errc::would_deadlock, "would_deadlock", "", "a blocking call on an I/O thread"},
    {Errc::no_instances, "no_instances", "", "no instance of the service is known"},
    {Errc::registry_failed, "registry_failed", "", "the registry failed"},
    {Errc::file_failed, "file_failed", "", "a file could not be read or written"},
    {Errc::invalid_argument, "invalid_argument", "", "an argument is not valid"},
    {Errc::method_not_found, "method_not_found", "NOT_FOUND", "no such method"},
    {Errc::invalid_arguments, "invalid_arguments", "INVALID_ARGUMENT", "the arguments do not fit"},
    {Errc::handler_failed, "handler_failed", "HANDLER_FAILED", "the handler failed"},
    {Errc::invalid_request, "invalid_request", "INVALID_REQUEST", "not a valid request"},
    {Errc::unauthenticated, "unauthenticated", "UNAUTHENTICATED", "a valid token is needed"},
    {Errc::unavailable, "unavailable", "UNAVAILABLE", "the peer refuses new work"},
    {Errc::overloaded, "overloaded", "OVERLOADED", "the peer is overloaded"},
    {Errc::result_too_large, "result_too_large", "RESULT_TOO_LARGE", "the result is too large"},
    {Errc::stream_failed, "stream_failed", "STREAM_FAILED", "the stream ended before its time"},
    {Errc::remote_error, "remote_error", "", "the peer answered with an error"},
    {Errc::unknown, "unknown", "", "an error that this version does not know"},
}};

const CodeRow& row_of(Errc code) noexcept {
    for (const CodeRow& row : kCodes) {
        if (row.code == code) return row;
    }
    return kCodes.back();
}

class Category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "rollcall"; }

    [[nodiscard]] std::string message(int value) const override {
        return std::string{row_of(static_cast<Errc>(value)).sentence};
    }
};

}  // namespace

std::string_view wire_name(Errc code) noexcept {
    return row_of(code).wire;
}

std::string_view name_of(Errc code) noexcept {
    return row_of(code).name;
}

Errc errc_from_wire_name(std::string_view name) noexcept {
    for (const CodeRow& row : kCodes) {
        if (!row.wire.empty() && row.wire == name) return row.code;
    }
    return Errc::unknown;
}

const std::error_category& rollcall_category() noexcept {
    static const Category kCategory;
    return kCategory;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), rollcall_category()};
}

Error::Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {
}

std::string Error::to_string() const {
    std::string text;
    if (!method_.empty()) text += "call of '" + method_ + "' ";
    if (!endpoint_.empty()) text += (method_.empty() ? "" : "at ") + endpoint_ + " ";
    if (!text.empty()) text += "failed: ";
    text += message_.empty() ? std::string{row_of(code_).sentence} : message_;
    text += " [";
    text += name_of(code_);
    text += sent_ == Sent::not_sent ? ", not sent]" : ", maybe sent]";
    return text;
}

Error& Error::set_method(std::string_view method) & {
    method_ = method;
    return *this;
}

Error& Error::set_endpoint(std::string_view endpoint) & {
    endpoint_ = endpoint;
    return *this;
}

Error& Error::set_data(std::string data) & {
    data_ = std::move(data);
    return *this;
}

Error& Error::set_sent(Sent sent) & noexcept {
    sent_ = sent;
    return *this;
}

Error&& Error::with_method(std::string_view method) && {
    return std::move(set_method(method));
}

Error&& Error::with_endpoint(std::string_view endpoint) && {
    return std::move(set_endpoint(endpoint));
}

Error&& Error::with_data(std::string data) && {
    return std::move(set_data(std::move(data)));
}

Error&& Error::with_sent(Sent sent) && noexcept {
    return std::move(set_sent(sent));
}

CallError::CallError(Error error)
    : std::runtime_error(error.to_string()),
      error_(std::make_shared<const Error>(std::move(error))) {
}

}  // namespace rollcall
