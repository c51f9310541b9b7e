// Types that msgpack-c knows travel as it says, although they are aggregates or enums.
#include <rollcall/codec/unpack.h>

#include "codec/types.h"

#include <gtest/gtest.h>
#include <msgpack.hpp>

#include <ctime>

namespace foreign {

struct Item {
    std::string name;
    int count = 1;
};

template <class T>
struct Box {
    T content{};
};

// The same members, with each way to tell msgpack-c about them.
struct Defined {
    int id = 0;
    MSGPACK_DEFINE_MAP(id)
};

struct Adapted {
    int id = 0;
};

struct AdaptedInV1 {
    int id = 0;
};

struct OnlyPacked {
    int id = 0;
};

template <class T>
struct AdaptedTemplate {
    T id{};
};

enum class AdaptedEnum : int { none };

}  // namespace foreign

MSGPACK_ADD_ENUM(foreign::AdaptedEnum)

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
    namespace adaptor {

    template <>
    struct convert<foreign::Adapted> {
        const msgpack::object& operator()(const msgpack::object& from, foreign::Adapted& to) const {
            from.convert(to.id);
            return from;
        }
    };

    template <class T>
    struct convert<foreign::AdaptedTemplate<T>> {
        const msgpack::object& operator()(
            const msgpack::object& from, foreign::AdaptedTemplate<T>& to
        ) const {
            from.convert(to.id);
            return from;
        }
    };

    template <>
    struct pack<foreign::OnlyPacked> {
        template <class Stream>
        packer<Stream>& operator()(packer<Stream>& out, const foreign::OnlyPacked& value) const {
            return out.pack(value.id);
        }
    };

    }  // namespace adaptor
}

MSGPACK_API_VERSION_NAMESPACE(v1) {
    namespace adaptor {

    template <>
    struct convert<foreign::AdaptedInV1> {
        const msgpack::object& operator()(const msgpack::object& from, foreign::AdaptedInV1& to)
            const {
            from.convert(to.id);
            return from;
        }
    };

    }  // namespace adaptor
}
}  // namespace msgpack

namespace rollcall::codec::tests {
namespace {

TEST(AdaptedTypes, TravelAsMsgpackCSays) {
    static_assert(detail::Aggregate<foreign::Item>);
    static_assert(detail::Aggregate<foreign::Box<foreign::Defined>>);
    static_assert(!detail::Aggregate<foreign::Defined>);
    static_assert(!detail::Aggregate<foreign::Adapted>);
    static_assert(!detail::Aggregate<foreign::AdaptedInV1>);
    static_assert(!detail::Aggregate<foreign::OnlyPacked>);
    static_assert(!detail::Aggregate<foreign::AdaptedTemplate<int>>);
    static_assert(!detail::Aggregate<std::array<int, 2>>);
    static_assert(!detail::Aggregate<timespec>);
    static_assert(!detail::Aggregate<msgpack::type::nil_t>);
    static_assert(!detail::Enumeration<foreign::AdaptedEnum>);
    static_assert(!detail::Enumeration<std::byte>);
    EXPECT_EQ(to_hex(packed(foreign::Defined{5})), "81 a2 69 64 05");
    EXPECT_EQ(to_hex(packed(foreign::OnlyPacked{5})), "05");
    EXPECT_EQ(to_hex(packed(foreign::Box<foreign::Defined>{{5}})), "91 81 a2 69 64 05");
    EXPECT_EQ(from<foreign::Adapted>("05").value_or(foreign::Adapted{}).id, 5);
    EXPECT_EQ(from<foreign::AdaptedInV1>("05").value_or(foreign::AdaptedInV1{}).id, 5);
    EXPECT_EQ(
        (from<foreign::AdaptedTemplate<int>>("05").value_or(foreign::AdaptedTemplate<int>{}).id), 5
    );
    EXPECT_EQ(complaint<foreign::Adapted>("91 05"), "expected foreign::Adapted, got array of 1");
    EXPECT_EQ(
        complaint<foreign::Box<foreign::Defined>>("91 05"),
        "Box<foreign::Defined>, member 1: expected foreign::Defined, got int 5"
    );
}

TEST(AdaptedTypes, AreNoViewsAsFarAsCanBeSeen) {
    static_assert(!is_view<foreign::Box<foreign::Defined>>);
    static_assert(is_view<foreign::Box<msgpack::type::raw_ref>>);
}

}  // namespace
}  // namespace rollcall::codec::tests
