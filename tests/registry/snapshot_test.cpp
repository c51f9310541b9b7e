// The registry's list on disk: whole, torn, old, locked.
#include "snapshot.h"

#include "snapshot_file.h"
#include "snapshot_keeper.h"
#include "snapshot_writer.h"
#include "support/eventually.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace rollcall::registry {
namespace {

using rollcall::tests::eventually;
using rollcall::tests::TemporaryDirectory;
using ::testing::HasSubstr;

const TimePoint kStart = TimePoint{} + std::chrono::hours{1};

Instance instance(const std::string& id) {
    Instance made;
    made.service = "calculator";
    made.id = id;
    made.address = "10.0.0.7";
    made.port = 9000;
    made.zone = "öst \"\\";
    made.meta = {{"key", "value"}};
    made.override_status = Status::draining;
    made.incarnation = "one";
    return made;
}

LeaseStore store_of(int count) {
    LeaseStore store;
    for (int i = 0; i < count; ++i)
        store.put(instance(std::to_string(i)), kStart);
    return store;
}

std::string text_of(std::uint64_t sequence, int count) {
    ListSnapshot snapshot = snapshot_of(store_of(count), kStart);
    snapshot.sequence = sequence;
    return to_text(snapshot);
}

void write(const std::string& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

TEST(Snapshot, BringsBackWhatWasListed) {
    LeaseStore before = store_of(3);
    Instance nameless = instance("nameless");
    nameless.incarnation.clear();
    before.put(nameless, kStart);
    Instance newer = instance("0");
    newer.incarnation = "two";
    newer.eureka = R"({"vipAddress":"v"})";
    before.put(newer, kStart);

    const Result<ListSnapshot> read = snapshot_from_text(to_text(snapshot_of(before, kStart)));
    ASSERT_TRUE(read) << read.error().message();
    LeaseStore after;
    EXPECT_EQ(restore(*read, after, kStart), 4U);
    for (const char* const id : {"0", "1", "2", "nameless"}) {
        const LeaseRecord* const record = after.find("calculator", id);
        ASSERT_NE(record, nullptr);
        EXPECT_EQ(*record->instance, *before.find("calculator", id)->instance);
        EXPECT_EQ(record->made_nonce, before.find("calculator", id)->made_nonce);
    }
    // The loser of before the restart loses after it, too.
    EXPECT_EQ(after.put(instance("0"), kStart).outcome, LeaseStore::PutOutcome::replaced);
}

TEST(Snapshot, GivesEveryLeaseItsWholeTime) {
    LeaseStore after;
    restore(*snapshot_from_text(text_of(1, 2)), after, kStart + std::chrono::hours{5});
    after.expire(kStart + std::chrono::hours{5} + std::chrono::milliseconds{14'999});
    EXPECT_EQ(after.instance_count(), 2U);
    after.expire(kStart + std::chrono::hours{5} + std::chrono::seconds{15});
    EXPECT_EQ(after.instance_count(), 0U);
}

TEST(Snapshot, F27_IsAnErrorWhereverItIsTorn) {
    const std::string text = text_of(1, 2);
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(snapshot_from_text(text.substr(0, size))) << size;
}

TEST(Snapshot, IsAnErrorWithAnyByteChanged) {
    const std::string text = text_of(1, 2);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(snapshot_from_text(changed)) << at;
    }
}

// It was restored, written again, and then the file could not be read.
TEST(Snapshot, LeavesOutWhatCouldNotBeListed) {
    ListSnapshot snapshot = snapshot_of(store_of(1), kStart);
    const auto add = [&](auto change) {
        Instance wrong = instance("wrong");
        wrong.ttl = std::chrono::seconds{15};
        change(wrong);
        snapshot.entries.push_back({std::make_shared<const Instance>(wrong), {}, false});
    };
    add([](Instance& each) { each.port = 1; });  // fine
    add([](Instance& each) { each.ttl = {}; });
    add([](Instance& each) { each.service = "No Service"; });
    add([](Instance& each) { each.address = "0.0.0.0"; });
    const Result<ListSnapshot> read = snapshot_from_text(to_text(snapshot));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->entries.size(), 2U);
}

TEST(SnapshotFile, KeepsTwoGenerations) {
    const TemporaryDirectory directory;
    SnapshotFile file{directory.path()};
    EXPECT_EQ(file.load().from, "");
    ASSERT_TRUE(file.save(text_of(1, 1)));
    ASSERT_TRUE(file.save(text_of(2, 2)));
    EXPECT_EQ(file.load().snapshot.entries.size(), 2U);
    EXPECT_TRUE(file.load().problems.empty());
}

TEST(SnapshotFile, F27_TornAtAnyByteTheOneBeforeIsRead) {
    const TemporaryDirectory directory;
    SnapshotFile file{directory.path()};
    ASSERT_TRUE(file.save(text_of(1, 1)));
    ASSERT_TRUE(file.save(text_of(2, 2)));
    const std::string text = text_of(2, 2);
    for (std::size_t size = 0; size < text.size(); ++size) {
        write(directory.path() + "/registry.snapshot", text.substr(0, size));
        const SnapshotFile::Loaded loaded = file.load();
        EXPECT_EQ(loaded.snapshot.entries.size(), 1U);
        ASSERT_EQ(loaded.problems.size(), 1U);
        EXPECT_THAT(loaded.problems.front(), HasSubstr("damaged"));
    }
}

TEST(SnapshotFile, ACrashBetweenTheTwoRenamesLosesNothing) {
    const TemporaryDirectory directory;
    SnapshotFile file{directory.path()};
    write(directory.path() + "/registry.snapshot.previous", text_of(1, 1));
    write(directory.path() + "/registry.snapshot.new", text_of(2, 2));
    EXPECT_EQ(file.load().snapshot.sequence, 2U);
    // Half of a new one is not worth a word.
    write(directory.path() + "/registry.snapshot.new", text_of(3, 3).substr(0, 99));
    EXPECT_EQ(file.load().snapshot.sequence, 1U);
    EXPECT_TRUE(file.load().problems.empty());
}

TEST(SnapshotFile, IsForOneProcess) {
    const TemporaryDirectory directory;
    const SnapshotFile file{directory.path()};
    try {
        const SnapshotFile second{directory.path()};
        FAIL() << "two processes would overwrite each other's";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("in use by another"));
    }
}

TEST(SnapshotFile, SaysWhyADirectoryIsNone) {
    const TemporaryDirectory directory;
    write(directory.path() + "/file", "");
    try {
        const SnapshotFile file{directory.path() + "/file"};
        FAIL() << "a file is no directory";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr(directory.path() + "/file"));
    }
}

// A full disk: /dev/full takes nothing. The list is served on, and it is said once.
TEST(SnapshotWriter, F27_SaysOnceThatTheDiskIsFullAndGoesOn) {
    const TemporaryDirectory directory;
    SnapshotFile file{directory.path()};
    std::filesystem::create_symlink("/dev/full", directory.path() + "/registry.snapshot.new");
    rollcall::tests::KeptLog log;
    SnapshotWriter writer{file, 0, log.log()};
    for (int i = 0; i < 3; ++i) {
        writer.offer(snapshot_of(store_of(1), kStart));
        ASSERT_TRUE(eventually([&] {
            return writer.is_ready(SteadyClock::now() + std::chrono::hours{1});
        }));
    }
    EXPECT_TRUE(writer.state().is_failing);
    EXPECT_THAT(writer.state().error, HasSubstr("No space left"));
    EXPECT_EQ(log.count("No space left", LogLevel::error), 1U);
    std::filesystem::remove(directory.path() + "/registry.snapshot.new");
    writer.offer(snapshot_of(store_of(1), kStart));
    EXPECT_TRUE(eventually([&] { return !writer.state().is_failing; }));
    EXPECT_EQ(file.load().snapshot.entries.size(), 1U);
    EXPECT_EQ(log.count("written again", LogLevel::info), 1U);
}

TEST(SnapshotKeeper, WritesTheLastStateAtItsEnd) {
    const TemporaryDirectory directory;
    LeaseStore store;
    {
        SnapshotKeeper keeper{directory.path(), Log::none()};
        EXPECT_EQ(keeper.restore_into(store, kStart), 0U);
        store.put(instance("a"), kStart);
        keeper.look(store, SteadyClock::now());
        store.put(instance("b"), kStart);
        keeper.finish(store, SteadyClock::now());
    }
    LeaseStore after;
    SnapshotKeeper keeper{directory.path(), Log::none()};
    EXPECT_EQ(keeper.restore_into(after, kStart), 2U);
}

}  // namespace
}  // namespace rollcall::registry
