#include "contender.h"

#include <iterator>
#include <utility>

namespace rollcall::bench {

Contenders contenders() {
    Contenders all;
    const auto add = [&all](Contenders more) {
        all.insert(
            all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
        );
    };
    add(epoll_contenders());
    add(asio_contenders());
    add(rollcall_contenders());
    add(service_contenders());
#ifdef ROLLCALL_BENCH_GRPC
    add(grpc_contenders());
#endif
#ifdef ROLLCALL_BENCH_CAPNP
    add(capnp_contenders());
#endif
#ifdef ROLLCALL_BENCH_THRIFT
    add(thrift_contenders());
#endif
    return all;
}

}  // namespace rollcall::bench
