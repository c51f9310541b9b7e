#pragma once
// What an example shows: a line per fact, and an exit status that says whether all were so.

#include <cstdio>
#include <string>

namespace lesson {

// One thread at a time.
class Lesson {
public:
    void show(bool holds, const std::string& fact) {
        std::printf("%s %s\n", holds ? "  " : "NOT SO:", fact.c_str());
        all_hold_ = all_hold_ && holds;
    }

    [[nodiscard]] int exit_status() const { return all_hold_ ? 0 : 1; }

private:
    bool all_hold_ = true;
};

}  // namespace lesson
