#include "contender.h"

#include <iterator>
#include <utility>

namespace rollcall::bench {

Contenders contenders() {
    Contenders all;
    for (auto* some : {epoll_contenders, asio_contenders, rollcall_contenders}) {
        Contenders more = some();
        all.insert(
            all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
        );
    }
    return all;
}

}  // namespace rollcall::bench
