#pragma once
// The bytes of one answer, as httplib reads them: under one deadline, within the limits of the
// client, and without the trailers that httplib takes for a broken answer.

#include <rollcall/base/error.h>

#include "channel.h"
#include "chunk_framing.h"

#include <httplib.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::http {

// httplib refuses longer lines with an error that does not say so, and matches the status line
// with std::regex, which recurses once per character: so the limit is held here.
constexpr std::size_t kLineBytesMax = CPPHTTPLIB_HEADER_MAX_LENGTH;

// What became of one request; the stream and the callbacks write it.
struct Outcome {
    IoEnd end = IoEnd::ready;
    int error = 0;
    bool answered = false;  // at least one byte came back
    bool reused = true;     // no new connection was made
    bool line_too_long = false;
    bool headers_too_large = false;
    bool body_too_large = false;
    bool not_modified = false;  // a 304 is whole, and has no body
    bool ended_by_reader = false;
    std::string exception = {};
    std::vector<std::string> empty_headers = {};  // httplib leaves out headers without a value
    std::optional<Error> dial_error = std::nullopt;
    std::optional<Error> failure = std::nullopt;  // what the channel knows about it
};

// One thread at a time; what it is given outlives it.
class BoundedStream final : public httplib::Stream {
public:
    BoundedStream(
        Channel& channel, const IoBounds& bounds, std::size_t header_max, Outcome& outcome
    )
        : channel_(channel), bounds_(bounds), header_bytes_max_(header_max), outcome_(outcome) {}

    [[nodiscard]] bool is_readable() const override { return true; }

    [[nodiscard]] bool is_writable() const override { return true; }

    ssize_t read(char* data, size_t size) override;
    ssize_t write(const char* data, size_t size) override;

    void get_remote_ip_and_port(std::string&, int&) const override {}

    void get_local_ip_and_port(std::string&, int&) const override {}

    // Nobody asks: all I/O goes through read() and write().
    [[nodiscard]] socket_t socket() const override { return -1; }

private:
    ssize_t fill();
    ssize_t drop_trailers();
    bool count(bool in_line, char byte);
    void note_status();
    void note_empty_header();
    void note(const Transfer& transfer);

    Channel& channel_;
    const IoBounds& bounds_;
    std::size_t header_bytes_max_;
    Outcome& outcome_;
    std::array<char, 4096> buffer_{};
    std::size_t position_ = 0;
    std::size_t filled_ = 0;
    ChunkFraming framing_;
    std::string line_;  // of the headers, as far as it was read
    std::size_t line_bytes_ = 0;
    std::size_t header_bytes_ = 0;
    bool in_headers_ = true;
    bool is_304_ = false;
    std::string_view blank_line_;  // what is left of the one that stands for the trailers
    bool trailers_dropped_ = false;
};

}  // namespace rollcall::http
