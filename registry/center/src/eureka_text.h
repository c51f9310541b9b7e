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

    // Where in the text the instance begins.
    std::size_t add(std::string_view instance);
    [[nodiscard]] std::string take() &&;

private:
    EurekaFormat format_;
    bool first_ = true;
    std::string text_;
};

// The whole answer around such applications.
class EurekaApplicationsText {
public:
    EurekaApplicationsText(EurekaFormat format, const EurekaHash& hash);

    void add(std::string_view application);
    [[nodiscard]] std::string take() &&;

private:
    EurekaFormat format_;
    bool first_ = true;
    std::string text_;
};

}  // namespace rollcall::registry
