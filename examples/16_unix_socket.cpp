// 15: a server on a Unix domain socket, for clients on the same machine. The file is the owner's
// alone, so that who may open it may call; the kernel says who it is.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace rpc = rollcall::rpc;

int main() {
    lesson::Lesson lesson;
    std::string folder = (std::filesystem::temp_directory_path() / "lesson-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    const std::string path = folder + "/hello.sock";

    {
        rpc::Server server{{.listen = "unix:" + path}};
        server.handle("greet", [](const std::string& who) { return "hello " + who; });
        server.start();
        const auto mode = std::filesystem::status(path).permissions();
        lesson.show(
            mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write),
            "only the owner may connect; ServerOptions::unix_mode lets others in"
        );

        rpc::Client client{"unix:" + path};
        const auto greeting = client.call(rpc::invoke<std::string>("greet", "neighbour"));
        lesson.show(greeting.has_value(), "the call succeeded: " + greeting.value_or("no"));

        rpc::Server second{{.listen = "unix:" + path}};
        try {
            second.start();
            lesson.show(false, "a second server took the name");
        } catch (const std::system_error& error) {
            lesson.show(true, std::string{"a second server is told: "} + error.what());
        }
    }
    lesson.show(!std::filesystem::exists(path), "the file goes with the server");
    std::filesystem::remove_all(folder);
    return lesson.exit_status();
}
