#include "chunk_framing.h"

#include <algorithm>
#include <charconv>

namespace rollcall::http {
namespace {

constexpr std::size_t kLineBytesMax = 16 * 1024;  // beyond any that the stream lets through

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

}  // namespace

void ChunkFraming::feed(std::string_view bytes) {
    while (!bytes.empty() && state_ != State::whole && state_ != State::trailers) {
        if (state_ == State::chunk) {
            const std::size_t n = std::min(left_, bytes.size());
            left_ -= n;
            bytes.remove_prefix(n);
            if (left_ == 0) state_ = State::chunk_end;
            continue;
        }
        if (line_.size() < kLineBytesMax) line_ += bytes.front();
        if (bytes.front() == '\n') end_line();
        bytes.remove_prefix(1);
    }
}

void ChunkFraming::end_line() {
    const std::string line = lower_case(line_);
    line_.clear();
    const bool blank = line == "\r\n" || line == "\n";
    if (state_ == State::chunk_end) {
        state_ = State::chunk_size;
    } else if (state_ == State::chunk_size) {
        const auto read = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
        if (read.ec != std::errc{}) {
            state_ = State::whole;
        } else {
            state_ = left_ == 0 ? State::trailers : State::chunk;
        }
    } else if (!blank) {
        if (line.starts_with("http/")) interim_ = line.find(" 100") == line.find(' ');
        if (line.starts_with("transfer-encoding:"))
            chunked_ = line.find("chunked") != std::string::npos;
    } else if (!interim_) {
        state_ = chunked_ ? State::chunk_size : State::whole;
    }
}

}  // namespace rollcall::http
