#include <rollcall/rpc/bearer_auth.h>

#include "token_cache.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

Error unauthenticated(std::string why) {
    return Error{Errc::unauthenticated, std::move(why)};
}

// The scheme's name is not case-sensitive (RFC 6750 and RFC 9110).
bool is_bearer(std::string_view text) {
    constexpr std::string_view kScheme = "bearer ";
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return text.size() >= kScheme.size() &&
           std::equal(kScheme.begin(), kScheme.end(), text.begin(), [&](char b, char a) {
               return same(a, b);
           });
}

// What is the same however tokens are checked.
class BearerAuth : public Middleware {
public:
    explicit BearerAuth(BearerAuthOptions options) : options_(std::move(options)) {
        std::sort(options_.open_methods.begin(), options_.open_methods.end());
    }

    [[nodiscard]] Entry enter(Exchange& exchange) final {
        const auto& open = options_.open_methods;
        if (std::binary_search(open.begin(), open.end(), exchange.method(), std::less<>{}))
            return Entry{};
        const auto value = exchange.metadata().find(kAuthorization);
        if (!value) {
            return unauthenticated(
                "this method needs a token: metadata 'authorization' with 'Bearer TOKEN'"
            );
        }
        if (!is_bearer(*value)) return unauthenticated("'authorization' is not 'Bearer TOKEN'");
        std::string_view token = *value;
        token.remove_prefix(std::string_view{"bearer "}.size());
        token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
        if (token.size() > options_.max_token_bytes) {
            return unauthenticated(
                "the token has " + std::to_string(token.size()) + " bytes; the limit is " +
                std::to_string(options_.max_token_bytes)
            );
        }
        if (!is_token(token)) return unauthenticated("'authorization' is not 'Bearer TOKEN'");
        return check(exchange, token);
    }

protected:
    [[nodiscard]] virtual Entry check(Exchange& exchange, std::string_view token) = 0;

    void admit(Exchange& exchange, Principal principal) const {
        exchange.attach(std::make_shared<Principal>(std::move(principal)));
        if (!options_.keep_token) exchange.remove_metadata(kAuthorization);
    }

private:
    BearerAuthOptions options_;
};

class KnownTokens final : public BearerAuth {
public:
    KnownTokens(TokenSet tokens, BearerAuthOptions options)
        : BearerAuth(std::move(options)), tokens_(std::move(tokens)) {}

private:
    [[nodiscard]] Entry check(Exchange& exchange, std::string_view token) override {
        std::optional<Principal> principal = tokens_.find(token);
        if (!principal) return unauthenticated("the token is not valid");
        admit(exchange, std::move(*principal));
        return Entry{};
    }

    const TokenSet tokens_;
};

class AskedTokens final : public BearerAuth {
public:
    AskedTokens(TokenCheck ask, const BearerAuthOptions& options)
        : BearerAuth(options), ask_(std::move(ask)) {
        if (!ask_) throw std::invalid_argument{"bearer_auth() needs a function that checks tokens"};
        if (options.keep_valid < Duration::zero() || options.max_kept == 0) {
            throw std::invalid_argument{
                "BearerAuthOptions: keep_valid must not be negative, and max_kept positive"};
        }
        if (options.keep_valid > Duration::zero())
            kept_ = std::make_unique<TokenCache>(options.keep_valid, options.max_kept);
    }

private:
    [[nodiscard]] Entry check(Exchange& exchange, std::string_view token) override {
        std::optional<Principal> known;
        if (kept_) known = kept_->find(token, SteadyClock::now());
        if (!known) return await_answer(exchange, std::string{token});
        admit(exchange, std::move(*known));
        return Entry{};
    }

    [[nodiscard]] asio::awaitable<Result<void>> await_answer(
        Exchange& exchange, std::string token
    ) {
        // From now on it counts: what was true when it was asked may not be when it answers.
        const TimePoint now = SteadyClock::now();
        auto asked = ask_(token);
        Result<Principal> principal = co_await std::move(asked);
        if (!principal) co_return std::move(principal.error());
        if (kept_) kept_->put(token, *principal, now);
        admit(exchange, std::move(*principal));
        co_return Result<void>{};
    }

    const TokenCheck ask_;
    std::unique_ptr<TokenCache> kept_;  // null: nothing is kept
};

class BearerToken final : public Middleware {
public:
    explicit BearerToken(std::function<Result<std::string>()> token) : token_(std::move(token)) {
        if (!token_) throw std::invalid_argument{"bearer_token() needs a function"};
    }

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        const bool outgoing = exchange.direction() == Direction::outgoing;
        if (!outgoing || exchange.metadata().contains(kAuthorization)) return Entry{};
        const Result<std::string> token = token_();
        if (!token) return Error{token.error()};
        if (!is_token(*token)) {
            return Error{
                Errc::invalid_argument,
                "the token for this call is not printable ASCII without spaces"};
        }
        exchange.set_metadata(kAuthorization, "Bearer " + *token);
        return Entry{};
    }

private:
    const std::function<Result<std::string>()> token_;
};

}  // namespace

MiddlewarePtr bearer_auth(TokenSet tokens, BearerAuthOptions options) {
    return std::make_shared<KnownTokens>(std::move(tokens), std::move(options));
}

MiddlewarePtr bearer_auth(TokenCheck check, BearerAuthOptions options) {
    return std::make_shared<AskedTokens>(std::move(check), options);
}

MiddlewarePtr bearer_token(std::string token) {
    if (!is_token(token))
        throw std::invalid_argument{"a token is printable ASCII without spaces, and not empty"};
    return bearer_token([token = std::move(token)]() -> Result<std::string> { return token; });
}

MiddlewarePtr bearer_token(std::function<Result<std::string>()> token) {
    return std::make_shared<BearerToken>(std::move(token));
}

}  // namespace rollcall::rpc
