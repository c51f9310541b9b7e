#include "stream_flow_test.h"

namespace rollcall::rpc::tests {
namespace {

TEST(StreamFlowLong, TenGigabytesDownTakeNoMemory) {
    flow("download", 10'000'000'000, std::chrono::minutes{9});
}

TEST(StreamFlowLong, TenGigabytesUpTakeNoMemory) {
    flow("upload", 10'000'000'000, std::chrono::minutes{9});
}

}  // namespace
}  // namespace rollcall::rpc::tests
