#include "stream_flow_test.h"

namespace rollcall::rpc::tests {
namespace {

TEST(StreamFlow, TwoHundredMegabytesDownTakeNoMemory) {
    flow("download", 200'000'000, std::chrono::seconds{50});
}

TEST(StreamFlow, TwoHundredMegabytesUpTakeNoMemory) {
    flow("upload", 200'000'000, std::chrono::seconds{50});
}

}  // namespace
}  // namespace rollcall::rpc::tests
