#pragma once
// What each command does. Each returns the exit status.

#include "settings.h"

namespace rollcall::cli {

int services(const CommandLine& line);
int instances(const CommandLine& line);
int status(const CommandLine& line);
int watch(const CommandLine& line);
int drain(const CommandLine& line);
int undrain(const CommandLine& line);
int remove_instance(const CommandLine& line);

int call(const CommandLine& line);
int broadcast(const CommandLine& line);
int methods(const CommandLine& line);
int bench(const CommandLine& line);
int health(const CommandLine& line);
int top(const CommandLine& line);

}  // namespace rollcall::cli
