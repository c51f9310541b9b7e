#include "words.h"

namespace rollcall::cli {
namespace {

bool is_option(std::string_view word) {
    if (word.size() < 2 || word[0] != '-') return false;
    const char next = word[1];
    return !(next >= '0' && next <= '9');
}

}  // namespace

Words sort_words(
    const std::vector<std::string>& words,
    const std::function<bool(std::string_view option)>& takes_value
) {
    Words sorted;
    bool options_end = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (options_end || !is_option(word)) {
            sorted.positionals.push_back(word);
        } else if (word == "--") {
            options_end = true;
        } else {
            sorted.options.push_back(word);
            if (takes_value(word) && i + 1 < words.size()) sorted.options.push_back(words[++i]);
        }
    }
    return sorted;
}

}  // namespace rollcall::cli
