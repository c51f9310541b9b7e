#include <rollcall/codec/mismatch.h>

namespace rollcall::codec {
namespace {

// Values nest deep if a peer wants it; the sentence about them stays one that people read.
constexpr std::size_t kLongPlace = 200;
constexpr std::size_t kKeptEnd = 80;

}  // namespace

void Mismatch::inside(std::string_view place) {
    if (where.size() > kLongPlace) {
        const std::size_t at = where.find(": ", where.size() - kKeptEnd);
        where = "..." + (at == std::string::npos ? std::string{} : where.substr(at));
    }
    where.insert(0, where.empty() ? "" : ": ");
    where.insert(0, place);
}

std::string Mismatch::to_string() const {
    return (where.empty() ? "" : where + ": ") + "expected " + expected + ", got " + got;
}

}  // namespace rollcall::codec
