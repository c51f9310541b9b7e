#pragma once
// All that was seen, and how it is told.

#include "load_process.h"
#include "verdict.h"

#include <cstdint>
#include <string>
#include <vector>

namespace rollcall::soak {

struct Moment {
    double seconds;  // since the first call by the clock
    double calls_per_second;
    Figures figures;
};

struct History {
    double capacity = 0;
    double wanted_seconds = 0;
    std::vector<Moment> moments;  // as many as each process of `course` has samples
    Figures whole;
    Course course;
    bool complete = false;           // neither interrupted nor broken off
    std::vector<std::string> ended;  // processes that should not have
};

// What findings_of() says, and what has ended.
[[nodiscard]] std::vector<std::string> all_findings(const History& history);

// On standard output.
void print_head(const History& history);
void print_moment(const History& history);  // the last one
void print_summary(const History& history);

// Throws std::runtime_error if it cannot be written. Makes the folder.
void write_json(const History& history, const std::string& file);

}  // namespace rollcall::soak
