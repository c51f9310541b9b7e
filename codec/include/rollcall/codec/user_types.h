#pragma once
// The way to everything that msgpack-c can convert: structs with MSGPACK_DEFINE, ext, timestamps.
// Members that are views (std::string_view, msgpack::type::raw_ref) point into the message, as view
// arguments do, but nothing can refuse them: a struct that has one is for handlers that are done
// when they return. Coroutines, pool handlers and results need structs that own their bytes.

#include <rollcall/codec/buffer.h>
#include <rollcall/codec/reader.h>
#include <rollcall/codec/timestamp.h>

#include <msgpack.hpp>

namespace rollcall::codec {

// Elements of one such argument or result. Each becomes a msgpack::object of 24 bytes whatever its
// size on the wire, so their number is limited apart from the bytes.
inline constexpr std::size_t kMaxObjectElements = std::size_t{1} << 20U;

namespace detail {

// Unpacks scanned bytes with limits into this thread's zone and calls `use` with the object.
// Throws msgpack::type_error or msgpack::unpack_error. The object dies with the call; its strings,
// binaries and ext are those of `value`.
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

#if defined(MSGPACK_NO_BOOST)
// Times as members of structs with MSGPACK_DEFINE. msgpack-c has these only together with Boost,
// and unchecked: there a peer's timestamp beyond the clock's range is undefined behaviour.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
    namespace adaptor {

    template <class Ticks>
    struct convert<rollcall::codec::SystemTime<Ticks>> {
        const msgpack::object& operator()(
            const msgpack::object& from, rollcall::codec::SystemTime<Ticks>& to
        ) const {
            if (from.type != msgpack::type::EXT ||
                from.via.ext.type() != rollcall::codec::kTimestampType) {
                throw msgpack::type_error{};
            }
            const auto timestamp =
                rollcall::codec::decode_timestamp({from.via.ext.data(), from.via.ext.size});
            if (!timestamp || !rollcall::codec::from_timestamp(*timestamp, to))
                throw msgpack::type_error{};
            return from;
        }
    };

    template <class Ticks>
    struct pack<rollcall::codec::SystemTime<Ticks>> {
        template <class Stream>
        packer<Stream>& operator()(
            packer<Stream>& out, const rollcall::codec::SystemTime<Ticks>& value
        ) const {
            const auto payload =
                rollcall::codec::encode_timestamp(rollcall::codec::to_timestamp(value));
            out.pack_ext(payload.size, rollcall::codec::kTimestampType);
            return out.pack_ext_body(
                payload.bytes.data(), static_cast<std::uint32_t>(payload.size)
            );
        }
    };

    }  // namespace adaptor
}
}  // namespace msgpack
#endif
