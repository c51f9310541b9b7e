#pragma once
// What two peers can agree on beyond plain MessagePack-RPC: docs/protocol.md.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall::rpc {

enum class Feature : std::uint8_t {
    goaway,    // understands $/goaway
    metadata,  // messages may have metadata
    errors,    // errors are [code, message, data]
    cancel,    // understands $/cancel
    streams,   // understands $/data, $/credit and $/end; implies meta and cancel
};

// By their names in a hello.
inline constexpr std::array<std::string_view, 5> kFeatureNames{
    "goaway", "meta", "errors", "cancel", "streams"};

// A set of them. A small value.
class Features {
public:
    constexpr Features() = default;

    [[nodiscard]] static constexpr Features all() {
        Features features;
        features.bits_ = (1U << kFeatureNames.size()) - 1U;
        return features;
    }

    constexpr void add(Feature feature) { bits_ |= bit(feature); }

    [[nodiscard]] constexpr bool has(Feature feature) const { return (bits_ & bit(feature)) != 0; }

    // Streams need metadata and cancellation besides.
    [[nodiscard]] constexpr bool has_streams() const {
        return has(Feature::streams) && has(Feature::metadata) && has(Feature::cancel);
    }

    [[nodiscard]] constexpr std::size_t count() const {
        std::size_t features = 0;
        for (std::size_t i = 0; i < kFeatureNames.size(); ++i)
            features += has(static_cast<Feature>(i)) ? 1U : 0U;
        return features;
    }

    friend constexpr bool operator==(Features, Features) = default;

private:
    [[nodiscard]] static constexpr std::uint32_t bit(Feature feature) {
        return 1U << static_cast<unsigned>(feature);
    }

    std::uint32_t bits_ = 0;
};

[[nodiscard]] constexpr std::optional<Feature> feature_of(std::string_view name) {
    for (std::size_t i = 0; i < kFeatureNames.size(); ++i) {
        if (kFeatureNames[i] == name) return static_cast<Feature>(i);
    }
    return std::nullopt;
}

}  // namespace rollcall::rpc
