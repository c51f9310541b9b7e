#pragma once
// The frames around instances in Eureka's answers.

#include "eureka_lists.h"

#include <string>
#include <string_view>

namespace rollcall::registry {

// {"name":...,"instance":[...]} or <application>...</application>, built piece by piece.
class EurekaApplicationText {
public:
    EurekaApplicationText(EurekaFormat format, std::string_view service);

    // So much is about to be added.
    void reserve(std::size_t bytes) { text_.reserve(bytes); }

    // Where in the text the instance begins.
    std::size_t add(std::string_view instance);
    // The same with the last `word` in it replaced.
    void add(std::string_view instance, std::string_view word, std::string_view replacement);
    [[nodiscard]] std::string take() &&;

private:
    EurekaFormat format_;
    bool first_ = true;
    std::string text_;
};

// The whole answer around such applications, in parts that answers share.
class EurekaApplicationsText {
public:
    explicit EurekaApplicationsText(EurekaFormat format) : format_(format), parts_(1) {}

    void add(EurekaLists::Text application);
    [[nodiscard]] EurekaLists::Texts take(const EurekaHash& hash) &&;

private:
    const EurekaFormat format_;
    EurekaLists::Texts parts_;  // the first is left for the head
};

}  // namespace rollcall::registry
