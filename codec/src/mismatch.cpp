#include <rollcall/codec/mismatch.h>

namespace rollcall::codec {
namespace {

// Values nest deep if a peer wants it; the sentence about them stays one that people read.
constexpr std::size_t kLong = 300;
constexpr std::size_t kKeptEnd = 150;

}  // namespace

bool Mismatch::set(std::string_view expected, std::string_view got) {
    text_.assign("expected ").append(expected).append(", got ").append(got);
    return false;
}

void Mismatch::inside(std::string_view place) {
    if (text_.size() > kLong) {
        std::size_t at = text_.find(": ", text_.size() - kKeptEnd);
        if (at == std::string::npos) at = text_.rfind(": ");
        if (at != std::string::npos) text_.replace(0, at, "...");
    }
    text_.insert(0, ": ").insert(0, place);
}

}  // namespace rollcall::codec
