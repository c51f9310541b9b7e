#pragma once
// What a forked child must know about objects that own threads.

#include <memory>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace rollcall {

// Remembers the process that made it. In a child forked from there, the threads of an object do not
// exist, its locks may be held by them for ever and its sockets are the parent's; so the child
// neither locks, closes nor waits for anything: it leaves the object as it is.
class HomeProcess {
public:
    // False in a forked child.
    [[nodiscard]] bool is_here() const noexcept { return pid_ == ::getpid(); }

private:
    pid_t pid_ = ::getpid();
};

// Gives the object up without destroying it, ever.
template <class T>
void abandon(std::shared_ptr<T>&& object) {
    static_cast<void>(new std::shared_ptr<T>{std::move(object)});
}

}  // namespace rollcall
