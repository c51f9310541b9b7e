// The parts of negotiated messages, one value each, through their readers: hellos, goaways,
// cancels, metadata and structured errors. What is read is written and read again: it must be the
// same.
#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/scanner.h>

#include "envelope.h"
#include "hello.h"

#include <cstdlib>
#include <cstring>
#include <memory>

namespace rollcall::rpc {
namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// The params of a notification, as they went out.
codec::Bytes params_of(const codec::Buffer& notification) {
    codec::Message message;
    require(!codec::parse_message(notification.view(), message));
    return message.params;
}

void try_hello(codec::Bytes value) {
    static_cast<void>(read_hello_params(value));
    const auto read = read_hello_map(value);
    if (!read) return;
    codec::Buffer out;
    write_hello_map(out, *read);
    const auto again = read_hello_map(out.view());
    require(again && again->version == read->version && again->features == read->features);
    require(again->max_message_bytes == read->max_message_bytes);
    require(again->name == read->name && again->token == read->token);
}

void try_control(codec::Bytes value) {
    if (const auto read = read_goaway(value)) {
        codec::Buffer out;
        write_goaway(out, *read);
        const auto again = read_goaway(params_of(out));
        require(again && again->reason == read->reason && again->grace_ms == read->grace_ms);
        require(again->last_id == read->last_id);
    }
    if (const auto read = read_cancel(value)) {
        codec::Buffer out;
        write_cancel(out, *read);
        require(read_cancel(params_of(out)) == read);
    }
}

void try_envelope(codec::Bytes value) {
    Envelope read;
    if (const auto wrong = read_envelope(value, read))
        return require(wrong->code() == Errc::invalid_request);
    codec::Buffer out;
    write_envelope(out, read.budget_ms, read.metadata);
    Envelope again;
    require(!read_envelope(out.view(), again));
    require(again.budget_ms == read.budget_ms && again.metadata == read.metadata);
}

Error packed_and_read(const Error& error, std::size_t max_depth) {
    codec::Buffer out;
    codec::pack_error(out, error, max_depth);
    codec::Limits limits;
    limits.max_depth = max_depth;
    codec::Scanner scanner{limits};
    require(scanner.scan(out.data(), out.size()) == codec::ScanStatus::complete);
    require(scanner.size() == out.size());
    return codec::read_packed_error(out.view());
}

void try_error(codec::Bytes value) {
    require(!codec::read_error(value).to_string().empty());
    const Error read = codec::read_packed_error(value);
    // Data that is as deep as a message may be is left out of a response, which is deeper.
    constexpr std::size_t kAround = 2;
    const std::size_t depth = codec::Limits{}.max_depth;
    const Error shallow = packed_and_read(read, depth);
    require(shallow.data().empty() || shallow.data() == read.data());
    const Error again = packed_and_read(read, depth + kAround);
    // On the wire nil is no data.
    require(again.data() == read.data() || (again.data().empty() && read.data() == codec::kNil));
    // A name that nobody knows is in front of the message, once.
    if (read.code() == Errc::unknown) return;
    require(again.code() == read.code() && again.message() == read.message());
    require(shallow.message().starts_with(read.message()));
}

}  // namespace
}  // namespace rollcall::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rollcall;
    if (size == 0) return 0;
    // A copy of exactly this size, so that a read beyond it is found.
    const std::unique_ptr<char[]> bytes{new char[size]};
    std::memcpy(bytes.get(), data, size);
    const codec::Bytes value{bytes.get(), size};
    // Readers are given what the scanner has passed.
    codec::Scanner scanner{codec::Limits{}};
    if (scanner.scan(value.data(), value.size()) != codec::ScanStatus::complete) return 0;
    if (scanner.size() != size) return 0;
    rpc::try_hello(value);
    rpc::try_control(value);
    rpc::try_envelope(value);
    rpc::try_error(value);
    return 0;
}
