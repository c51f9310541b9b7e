#include <rollcall/base/file.h>
#include <rollcall/base/secret.h>
#include <rollcall/rpc/token_set.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{8} << 20U;

using Grants = std::vector<TokenGrant>;

// The first word of the text, which loses it and the blanks behind it.
std::string_view take_word(std::string_view& text) {
    constexpr std::string_view kBlanks = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text.remove_prefix(word.size());
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return word;
}

// Nothing for a line that says nothing. Throws std::invalid_argument with what is wrong.
std::optional<TokenGrant> grant_in(std::string_view line) {
    const std::string_view name = take_word(line);
    if (name.empty() || name.starts_with('#')) return std::nullopt;
    const std::string_view token = take_word(line);
    if (!is_token(token)) throw std::invalid_argument{"expected NAME TOKEN"};
    if (!line.empty() && !line.starts_with('#'))
        throw std::invalid_argument{"there is something behind the token"};
    return TokenGrant{std::string{token}, std::string{name}};
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    const auto is_fit = [](char c) { return c > ' ' && c <= '~'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_fit);
}

struct TokenSet::State {
    explicit State(std::size_t most) : max_tokens(most) {}

    const std::size_t max_tokens;
    std::mutex mutex;
    std::shared_ptr<const Grants> grants = std::make_shared<const Grants>();
};

TokenSet::TokenSet(std::size_t max_tokens) : state_(std::make_shared<State>(max_tokens)) {
}

TokenSet::TokenSet(std::vector<TokenGrant> grants, std::size_t max_tokens) : TokenSet(max_tokens) {
    replace(std::move(grants));
}

void TokenSet::replace(std::vector<TokenGrant> grants) const {
    if (grants.size() > state_->max_tokens) {
        throw std::invalid_argument{
            "there are " + std::to_string(grants.size()) + " tokens; the limit is " +
            std::to_string(state_->max_tokens)};
    }
    for (const TokenGrant& grant : grants) {
        if (!is_token(grant.token)) {
            throw std::invalid_argument{
                "the token of '" + grant.name + "' is not printable ASCII without spaces"};
        }
    }
    auto shared = std::make_shared<const Grants>(std::move(grants));
    const std::lock_guard lock{state_->mutex};
    state_->grants.swap(shared);
}

Result<void> TokenSet::read_file(const std::string& path) const {
    Result<std::string> text = rollcall::read_file(path, kMaxFileBytes);
    if (!text) return std::move(text.error());
    Grants grants;
    std::size_t number = 0;
    try {
        for (std::string_view rest = *text; !rest.empty();) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            ++number;
            if (auto grant = grant_in(line)) grants.push_back(std::move(*grant));
        }
    } catch (const std::invalid_argument& wrong) {
        return Error{
            Errc::file_failed, path + ", line " + std::to_string(number) + ": " + wrong.what()};
    }
    try {
        replace(std::move(grants));
    } catch (const std::invalid_argument& wrong) {
        return Error{Errc::file_failed, path + ": " + wrong.what()};
    }
    return {};
}

std::optional<Principal> TokenSet::find(std::string_view token) const {
    std::shared_ptr<const Grants> grants;
    {
        const std::lock_guard lock{state_->mutex};
        grants = state_->grants;
    }
    const TokenGrant* found = nullptr;
    // All of them, wherever it is.
    for (const TokenGrant& grant : *grants) {
        if (same_secret(grant.token, token)) found = &grant;
    }
    if (found == nullptr) return std::nullopt;
    return Principal{found->name};
}

}  // namespace rollcall::rpc
