#pragma once
// The tokens that a server accepts, and whose they are.

#include <rollcall/base/result.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::rpc {

// Who has shown a token; handlers find it with context.attached<rpc::Principal>().
struct Principal {
    std::string name;

    friend bool operator==(const Principal&, const Principal&) = default;
};

struct TokenGrant {
    std::string token;
    std::string name;
};

// A handle; copies share the tokens, which may be replaced at any time. A token is looked for in
// constant time. Thread safety: any thread.
class TokenSet {
public:
    static constexpr std::size_t kMaxTokens = 1000;

    // Nobody's, until replaced.
    explicit TokenSet(std::size_t max_tokens = kMaxTokens);
    // Throws std::invalid_argument as replace().
    explicit TokenSet(std::vector<TokenGrant> grants, std::size_t max_tokens = kMaxTokens);

    // All of them at once. Throws std::invalid_argument, and changes nothing, if there are too many
    // or one is empty or has anything but printable ASCII in it, or spaces.
    void replace(std::vector<TokenGrant> grants) const;

    // The same from a file with lines `NAME TOKEN`, empty ones, and comments behind `#`. On an
    // error, which names the line but no token, the former tokens go on.
    [[nodiscard]] Result<void> read_file(const std::string& path) const;

    [[nodiscard]] std::optional<Principal> find(std::string_view token) const;

private:
    struct State;

    std::shared_ptr<State> state_;
};

// True for what can be a token: printable ASCII without spaces, at least one character.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

}  // namespace rollcall::rpc
