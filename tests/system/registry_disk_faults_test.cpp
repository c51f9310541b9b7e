// A registry whose disk fails it (F27): files that are torn, a disk that is full. That the reader
// notices a tear at every byte is shown by Snapshot.F27_* and SnapshotFile.F27_*.
#include "registry_faults.h"
#include "support/eventually.h"
#include "support/temporary_directory.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <unistd.h>

namespace rollcall::tests {
namespace {

constexpr const char* kSnapshot = "/registry.snapshot";

std::string content(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write(const std::string& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

std::size_t occurrences(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

class RegistryDiskFaults : public RegistryFaults {
protected:
    [[nodiscard]] bool snapshot_is(const std::string& state) {
        return eventually([&] {
            const auto text = admin_->status(Deadline::in(kPatience));
            return text && text->find(R"("state":")" + state + '"') != std::string::npos;
        });
    }

    // Serves while `fill` has filled the disk, says so once, and writes again after `empty`.
    // `directory` is the data directory as this process sees it.
    void serve_with_full_disk(
        const std::string& directory,
        const std::function<void()>& fill,
        const std::function<void()>& empty
    ) {
        ASSERT_TRUE(snapshot_is("ok"));
        fill();
        for (int i = 0; i < 100; ++i) {
            const std::string body = R"({"address":"10.0.0.7","port":9,"weight":)" +
                                     std::to_string(i) + R"(,"meta":{"k":")" +
                                     std::string(1000, 'x') + "\"}}";
            ASSERT_EQ(request("PUT", path(i), body), 201);
        }
        ASSERT_TRUE(snapshot_is("failing"));
        EXPECT_NE(body("/v1/status").find("No space left"), std::string::npos);
        EXPECT_EQ(request("PUT", path(0) + "/heartbeat"), 204);
        ASSERT_EQ(request("DELETE", path(99)), 204);
        EXPECT_EQ(listed().size(), 99U);
        empty();
        ASSERT_TRUE(snapshot_is("ok"));
        ASSERT_TRUE(eventually([&] {
            const std::string text = content(directory + kSnapshot);
            return text.find(id(98)) != std::string::npos && text.find(id(99)) == std::string::npos;
        }));
        EXPECT_EQ(occurrences(process_->errors(), "No space left"), 1U) << process_->errors();
    }
};

// Two generations, the newer one torn. The whole process, at some places of the file.
TEST_F(RegistryDiskFaults, F27_WithATornFileItStartsFromTheOneBefore) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + kSnapshot;
    const auto run_once = [&](int instances) {
        start({"--data", directory.path()});
        list(instances);
        process_->signal(SIGTERM);
        ASSERT_EQ(process_->wait(), (ExitStatus{0, 0}));
    };
    run_once(1);
    const std::string before = content(file);
    std::filesystem::remove(file);
    run_once(2);
    const std::string whole = content(file);
    ASSERT_GT(whole.size(), before.size());
    for (std::size_t part = 0; part <= 16; ++part) {
        const std::size_t size = whole.size() * part / 16;
        write(file + ".previous", before);
        write(file, whole.substr(0, size));
        start({"--data", directory.path()});
        EXPECT_EQ(listed().size(), part == 16 ? 2U : 1U) << size << " of " << whole.size();
        EXPECT_EQ(request("PUT", path(0) + "/heartbeat"), 204);
        process_->kill();
    }
}

// Both are torn: it starts, empty, and says that loudly.
TEST_F(RegistryDiskFaults, F27_WithNothingButTornFilesItStartsEmpty) {
    const TemporaryDirectory directory;
    write(directory.path() + kSnapshot, "torn");
    write(directory.path() + kSnapshot + ".previous", "");
    start({"--data", directory.path()});
    EXPECT_TRUE(listed().empty());
    list(1);
    EXPECT_EQ(listed().size(), 1U);
}

// What always can be had: a file to which nothing can be written.
TEST_F(RegistryDiskFaults, F27_WithAFileThatTakesNothingItServesOn) {
    const TemporaryDirectory directory;
    const std::string next = directory.path() + kSnapshot + ".new";
    start({"--data", directory.path()});
    serve_with_full_disk(
        directory.path(),
        [&] { std::filesystem::create_symlink("/dev/full", next); },
        [&] { std::filesystem::remove(next); }
    );
}

// A disk of its own, as small as that, filled by somebody else.
TEST_F(RegistryDiskFaults, F27_WithAFullDiskItServesOn) {
    const std::string unshare =
        ::geteuid() == 0 ? "unshare --mount" : "unshare --map-root-user --mount";
    const std::string mount = "mount -t tmpfs -o size=128k none ";
    const TemporaryDirectory directory;
    const auto allowed = run({"/bin/sh", "-c", unshare + " " + mount + directory.path()});
    if (allowed.status != ExitStatus{0, 0})
        GTEST_SKIP() << "mounting is not allowed here: " << allowed.errors;
    under_ = {
        "/bin/sh",
        "-c",
        "exec " + unshare + " /bin/sh -c '" + mount + "\"$0\" && exec \"$@\"' \"$0\" \"$@\"",
        directory.path(),
        program("rollcall-registry")};
    start({"--data", directory.path()});
    const std::string seen =
        "/proc/" + std::to_string(process_->pid()) + "/root" + directory.path();
    const std::string ballast = seen + "/ballast";
    serve_with_full_disk(
        seen,
        [&] { write(ballast, std::string(1 << 20, 'x')); },
        [&] { std::filesystem::remove(ballast); }
    );
}

}  // namespace
}  // namespace rollcall::tests
