// Does not compile: each case is a type that cannot travel, and the test that runs the compiler
// expects the sentence that says why.
#include <rollcall/codec/unpack.h>

namespace rollcall::codec {

struct WithArray {
    std::string name;
    int numbers[3] = {};
};

struct ArrayFirst {
    char name[8];
};

struct Base {
    int id = 0;
};

struct Derived : Base {
    int more = 0;
};

union Either {
    int number;
    float fraction;
};

struct WithReference {
    const std::string& name;
};

struct Uncountable {
    WithReference names[1];
};

struct TooWide {
    int a1, a2, a3, a4, a5, a6, a7, a8, b1, b2, b3, b4, b5, b6, b7, b8;
    int c1, c2, c3, c4, c5, c6, c7, c8, d1, d2, d3, d4, d5, d6, d7, d8;
    int e1, e2, e3, e4, e5, e6, e7, e8, f1, f2, f3, f4, f5, f6, f7, f8;
    int g1, g2, g3, g4, g5, g6, g7, g8, h1, h2, h3, h4, h5, h6, h7, h8;
    int one_more;
};

enum Unfixed { first, second };

struct WithPointer {
    const char* name = nullptr;
};

struct WithConst {
    const int id = 0;
};

struct Outer {
    Base base;
    MSGPACK_DEFINE(base)
};

struct WronglyMarked {
    static constexpr std::size_t rollcall_required = 2;
    int id = 0;
};

template <class T>
void send(const T& value) {
    Buffer out;
    pack(out, value);
}

template <class T>
void receive() {
    Reader reader{"\xc0"};
    T value{};
    Mismatch why;
    static_cast<void>(unpack(reader, value, why));
}

void refused(const std::string& text) {
#if defined(SEND_ARRAY)
    send(WithArray{});
#elif defined(RECEIVE_ARRAY)
    receive<WithArray>();
#elif defined(SEND_ARRAY_FIRST)
    send(ArrayFirst{});
#elif defined(SEND_DERIVED)
    send(Derived{});
#elif defined(SEND_UNION)
    send(Either{});
#elif defined(RECEIVE_REFERENCE)
    Reader reader{"\x91\xa0"};
    WithReference value{text};
    Mismatch why;
    static_cast<void>(unpack(reader, value, why));
#elif defined(SEND_UNCOUNTABLE)
    send(Uncountable{{WithReference{text}}});
#elif defined(SEND_TOO_WIDE)
    send(TooWide{});
#elif defined(RECEIVE_UNFIXED)
    receive<Unfixed>();
#elif defined(RECEIVE_POINTER)
    receive<WithPointer>();
#elif defined(SEND_POINTER)
    send(&text);
#elif defined(RECEIVE_CONST)
    receive<WithConst>();
#elif defined(SEND_IN_DEFINED)
    send(Outer{});
#elif defined(RECEIVE_IN_DEFINED)
    receive<Outer>();
#elif defined(SEND_IN_MULTISET)
    send(std::multiset<Unfixed>{});
#elif defined(RECEIVE_WRONGLY_MARKED)
    receive<WronglyMarked>();
#elif defined(RECEIVE_SPAN)
    receive<std::span<const int>>();
#endif
}

}  // namespace rollcall::codec
