#pragma once
// Waiting for something to happen to a file, or to one that is to be there.

#include <rollcall/base/deadline.h>
#include <rollcall/base/file.h>

#include <functional>
#include <stop_token>
#include <string>

namespace rollcall::registry {

// Watches the folder of the file: what is put in the place of a file has another inode, and so has
// the target of a symbolic link. One thread at a time.
class FileWatch {
public:
    // Nothing that happens from now on is missed. Without a folder, or a watch to be had, each
    // wait lasts until its deadline.
    FileWatch(const std::string& path, const std::stop_token& stop);

    // Until something has been written, moved, made or removed there, or `stop` is requested.
    void wait(Deadline deadline);

private:
    FileDescriptor events_;
    FileDescriptor stopped_;
    std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace rollcall::registry
