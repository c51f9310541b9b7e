#include <rollcall/codec/error_codec.h>
#include <rollcall/rpc/handler.h>
#include <rollcall/rpc/reply.h>

#include <stdexcept>

namespace rollcall::rpc {

void write_error(
    codec::Buffer& out, std::optional<std::uint32_t> id, Errc code, std::string_view message
) {
    if (id) codec::write_error_response(out, *id, codec::error_text(code, message));
}

void write_error(codec::Buffer& out, std::optional<std::uint32_t> id, const Error& error) {
    // The error of a call that the handler made is, to this peer, a failed handler: what it says
    // about that call, such as "not executed", is not true of this one.
    const bool is_own = error.endpoint().empty() && error.method().empty();
    const bool is_text = error.code() == Errc::remote_error;
    // A text that looks like a code would be read as that code.
    if (is_own && is_text && codec::code_in_front(error.message()) != Errc::unknown)
        return write_error(out, id, Errc::handler_failed, error.message());
    if (is_own && (is_text || !wire_name(error.code()).empty()))
        return write_error(out, id, error.code(), error.message());
    write_error(out, id, Errc::handler_failed, error.to_string());
}

void write_current_exception(codec::Buffer& out, std::optional<std::uint32_t> id) {
    try {
        throw;
    } catch (const CallError& error) {
        write_error(out, id, error.error());
    } catch (const std::exception& error) {
        write_error(out, id, Errc::handler_failed, error.what());
    } catch (...) {
        write_error(out, id, Errc::handler_failed, "an exception that is no std::exception");
    }
}

ReplyTicket::~ReplyTicket() {
    if (!sink_) return;
    try {
        codec::Buffer out;
        write_error(
            out, id_, Errc::handler_failed, "the handler was destroyed before it had ended"
        );
        send(std::move(out));
    } catch (const std::exception&) {  // out of memory; the
        // connection's own end or the caller's deadline ends the call instead
    }
}

void ReplyTicket::send(codec::Buffer&& message) {
    const auto sink = std::move(sink_);
    sink->reply(sink, id_, request_bytes_, std::move(message));
}

void require_owned_arguments(RunOn run, bool takes_views) {
    if (run == RunOn::pool && takes_views) {
        throw std::invalid_argument{
            "a handler with RunOn::pool owns its arguments: take std::string instead of "
            "std::string_view"};
    }
}

}  // namespace rollcall::rpc
