#include "hello.h"

#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>

namespace rollcall::rpc {

void write_hello_map(codec::Buffer& out, const Hello& hello) {
    const std::size_t pairs = 3 + (hello.name.empty() ? 0U : 1U) + (hello.token.empty() ? 0U : 1U) +
                              (hello.stream_window > 0 ? 1U : 0U);
    codec::pack_map_head(out, pairs);
    codec::pack_str(out, "v");
    codec::pack_unsigned(out, hello.version);
    codec::pack_str(out, "feat");
    codec::pack_array_head(out, hello.features.count());
    for (std::size_t i = 0; i < kFeatureNames.size(); ++i) {
        if (hello.features.has(static_cast<Feature>(i))) codec::pack_str(out, kFeatureNames[i]);
    }
    codec::pack_str(out, "max_msg");
    codec::pack_unsigned(out, hello.max_message_bytes);
    if (hello.stream_window > 0) {
        codec::pack_str(out, "window");
        codec::pack_unsigned(out, hello.stream_window);
    }
    if (!hello.name.empty()) {
        codec::pack_str(out, "name");
        codec::pack_str(out, hello.name);
    }
    if (!hello.token.empty()) {
        codec::pack_str(out, "token");
        codec::pack_str(out, hello.token);
    }
}

void write_hello_request_body(codec::Buffer& out, const Hello& hello) {
    codec::pack_str(out, kHelloMethod);
    codec::pack_array_head(out, 1);
    write_hello_map(out, hello);
}

namespace {

void read_features(Hello& hello, codec::Reader& list) {
    const std::uint32_t features = list.read_array().value_or(0);
    for (std::uint32_t i = 0; i < features; ++i) {
        codec::Reader name{list.skip()};
        const auto feature = feature_of(name.read_text().value_or(codec::Bytes{}));
        if (feature) hello.features.add(*feature);
    }
}

// What this version does not know, and what has another type, counts as not said.
void read_hello_field(Hello& hello, codec::Bytes name, codec::Reader& value) {
    if (name == "v") {
        hello.version = value.read_unsigned().value_or(0);
    } else if (name == "max_msg") {
        hello.max_message_bytes = value.read_unsigned().value_or(0);
    } else if (name == "window") {
        hello.stream_window = value.read_unsigned().value_or(0);
    } else if (name == "name") {
        hello.name = value.read_text().value_or(codec::Bytes{});
    } else if (name == "token") {
        hello.token = value.read_text().value_or(codec::Bytes{});
    } else if (name == "feat") {
        read_features(hello, value);
    }
}

}  // namespace

std::optional<Hello> read_hello_map(codec::Bytes map) {
    codec::Reader reader{map};
    const auto pairs = reader.read_map();
    if (!pairs) return std::nullopt;
    Hello hello;
    for (std::uint32_t i = 0; i < *pairs; ++i) {
        codec::Reader key{reader.skip()};
        codec::Reader value{reader.skip()};
        read_hello_field(hello, key.read_text().value_or(codec::Bytes{}), value);
    }
    if (hello.version == 0) return std::nullopt;
    return hello;
}

std::optional<Hello> read_hello_params(codec::Bytes params) {
    codec::Reader reader{params};
    if (reader.read_array() != 1U) return std::nullopt;
    return read_hello_map(reader.rest());
}

void write_goaway(codec::Buffer& out, const Goaway& goaway) {
    codec::write_notification_head(out);
    codec::pack_str(out, kGoawayMethod);
    codec::pack_array_head(out, 3);
    codec::pack_str(out, goaway.reason);
    codec::pack_unsigned(out, goaway.grace_ms);
    goaway.last_id ? codec::pack_unsigned(out, *goaway.last_id) : codec::pack_nil(out);
}

std::optional<Goaway> read_goaway(codec::Bytes params) {
    codec::Reader reader{params};
    if (reader.read_array().value_or(0) < 3) return std::nullopt;
    const auto reason = reader.read_text();
    if (!reason) return std::nullopt;
    const auto grace_ms = reader.read_unsigned();
    if (!grace_ms) return std::nullopt;
    Goaway goaway{std::string{*reason}, *grace_ms, std::nullopt};
    if (const auto id = reader.read_unsigned(); id && *id <= UINT32_MAX) {
        goaway.last_id = static_cast<std::uint32_t>(*id);
    } else if (!id && !reader.read_nil()) {
        return std::nullopt;
    }
    return goaway;
}

void write_cancel(codec::Buffer& out, std::uint32_t id) {
    codec::write_notification_head(out);
    codec::pack_str(out, kCancelMethod);
    codec::pack_array_head(out, 1);
    codec::pack_unsigned(out, id);
}

std::optional<std::uint32_t> read_cancel(codec::Bytes params) {
    codec::Reader reader{params};
    if (reader.read_array().value_or(0) < 1) return std::nullopt;
    const auto id = reader.read_unsigned();
    if (!id || *id > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*id);
}

}  // namespace rollcall::rpc
