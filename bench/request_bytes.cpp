#include "request_bytes.h"

#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>

namespace rollcall::bench {

std::string request_bytes(std::size_t payload_bytes) {
    codec::Buffer out;
    codec::write_request_head(out, 0x12345678);
    codec::pack_str(out, "echo");
    codec::pack_array_head(out, 1);
    codec::pack_str(out, std::string(payload_bytes, 'x'));
    return std::string{out.view()};
}

}  // namespace rollcall::bench
