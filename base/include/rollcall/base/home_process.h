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

// Like std::make_shared; but in a forked child the last owner leaves the object as it is.
template <class T, class... Arguments>
[[nodiscard]] std::shared_ptr<T> make_shared_at_home(Arguments&&... arguments) {
    return std::shared_ptr<T>{
        new T(std::forward<Arguments>(arguments)...), [home = HomeProcess{}](T* object) {
            if (home.is_here()) delete object;
        }};
}

}  // namespace rollcall
