#include "bounded_stream.h"

#include <algorithm>

namespace rollcall::http {

ssize_t BoundedStream::read(char* data, size_t size) {
    if (size == 0 || outcome_.not_modified) return 0;
    if (framing_.at_trailers() && !trailers_dropped_) {
        if (const ssize_t end = drop_trailers(); end <= 0) return end;
    }
    if (!blank_line_.empty()) {
        *data = blank_line_.front();
        blank_line_.remove_prefix(1);
        return 1;
    }
    if (position_ == filled_) {
        if (const ssize_t end = fill(); end <= 0) return end;
    }
    const std::size_t n = std::min(size, filled_ - position_);
    std::copy_n(buffer_.data() + position_, n, data);
    position_ += n;
    framing_.feed({data, n});
    if (!count(size == 1, *data)) return -1;
    return static_cast<ssize_t>(n);
}

ssize_t BoundedStream::write(const char* data, size_t size) {
    const Transfer sent = channel_.write_all(data, size, bounds_);
    if (sent.end == IoEnd::ready) return static_cast<ssize_t>(size);
    note(sent);
    return -1;
}

ssize_t BoundedStream::fill() {
    const Transfer got = channel_.read_some(buffer_.data(), buffer_.size(), bounds_);
    if (got.end != IoEnd::ready) {
        note(got);
        return got.end == IoEnd::closed ? 0 : -1;
    }
    outcome_.answered = true;
    position_ = 0;
    filled_ = got.bytes;
    return 1;
}

// Up to and including the blank line, in whose place another one is handed out.
ssize_t BoundedStream::drop_trailers() {
    bool blank = true;  // the line so far
    for (;;) {
        if (position_ == filled_) {
            if (const ssize_t end = fill(); end <= 0) return end;
        }
        const char byte = buffer_[position_++];
        outcome_.headers_too_large = ++header_bytes_ > header_bytes_max_;
        if (outcome_.headers_too_large) return -1;
        if (byte != '\n') {
            blank = blank && byte == '\r';
        } else if (blank) {
            break;
        } else {
            blank = true;
        }
    }
    trailers_dropped_ = true;
    blank_line_ = "\r\n";
    return 1;
}

// httplib reads lines byte by byte and bodies in blocks, which is how the two are told apart.
bool BoundedStream::count(bool in_line, char byte) {
    if (!in_line) {
        in_headers_ = false;
        line_bytes_ = 0;
        return true;
    }
    outcome_.line_too_long = ++line_bytes_ > kLineBytesMax;
    outcome_.headers_too_large = in_headers_ && ++header_bytes_ > header_bytes_max_;
    if (in_headers_) line_ += byte;
    if (byte == '\n') {
        if (in_headers_) note_status();
        note_empty_header();
        line_bytes_ = 0;
        line_.clear();
    }
    return !outcome_.line_too_long && !outcome_.headers_too_large;
}

// httplib would read a body up to the end of the connection, which a server keeps alive, or
// one of the length that the header tells of the list that has not been sent.
void BoundedStream::note_status() {
    if (line_.starts_with("HTTP/1.")) is_304_ = line_.compare(8, 4, " 304") == 0;
    const bool is_end = line_ == "\r\n" || line_ == "\n";
    outcome_.not_modified = is_304_ && is_end && !outcome_.headers_too_large;
}

void BoundedStream::note_empty_header() {
    const auto colon = line_.find(':');
    if (colon == 0 || colon == std::string::npos) return;
    if (line_.find_first_not_of(" \t\r\n", colon + 1) != std::string::npos) return;
    outcome_.empty_headers.push_back(line_.substr(0, colon));
}

void BoundedStream::note(const Transfer& transfer) {
    outcome_.end = transfer.end;
    outcome_.error = transfer.error;
    outcome_.failure = channel_.failure();
}

}  // namespace rollcall::http
