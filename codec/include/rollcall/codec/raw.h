#pragma once
// Values whose type is not known here: passed on as bytes.

#include <rollcall/codec/buffer.h>

#include <string>
#include <utility>

namespace rollcall::codec {

// One MessagePack value, owned. As a parameter it takes anything; as a result it is sent as it is.
// The default is nil.
class Raw {
public:
    Raw() : bytes_("\xc0", 1) {}

    // `bytes` must be exactly one valid value; see is_one_value().
    explicit Raw(std::string bytes) : bytes_(std::move(bytes)) {}

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

    friend bool operator==(const Raw&, const Raw&) = default;

private:
    std::string bytes_;
};

// The same without a copy: only for plain handlers that run inline, while the request is there.
class RawView {
public:
    RawView() : bytes_("\xc0", 1) {}

    explicit RawView(Bytes bytes) : bytes_(bytes) {}

    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    Bytes bytes_;
};

// True if `bytes` are one whole MessagePack value within the default limits and nothing else.
[[nodiscard]] bool is_one_value(Bytes bytes);

}  // namespace rollcall::codec
