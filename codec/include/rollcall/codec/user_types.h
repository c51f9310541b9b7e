#pragma once
// The way to everything that msgpack-c can convert: structs with MSGPACK_DEFINE, ext, timestamps.

#include <rollcall/codec/buffer.h>
#include <rollcall/codec/reader.h>

#include <msgpack.hpp>

namespace rollcall::codec {

// Elements of one such argument or result. Each becomes a msgpack::object of 24 bytes whatever its
// size on the wire, so their number is limited apart from the bytes.
inline constexpr std::size_t kMaxObjectElements = std::size_t{1} << 20U;

namespace detail {

// Unpacks scanned bytes with limits into this thread's zone and calls `use` with the object.
// Throws msgpack::type_error or msgpack::unpack_error. The object dies with the call.
void with_object(Bytes value, void (*use)(const msgpack::object&, void*), void* context);

template <class T>
void convert_user_type(Bytes value, T& to) {
    with_object(
        value,
        [](const msgpack::object& object, void* out) { object.convert(*static_cast<T*>(out)); },
        &to
    );
}

}  // namespace detail
}  // namespace rollcall::codec
