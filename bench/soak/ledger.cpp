#include "ledger.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace rollcall::soak {
namespace {

void write_latencies(KindFigures& figures, const bench::Histogram& latencies) {
    figures.p50_us = latencies.quantile_us(0.5);
    figures.p99_us = latencies.quantile_us(0.99);
    figures.p999_us = latencies.quantile_us(0.999);
}

}  // namespace

std::uint64_t Figures::ended() const {
    return std::accumulate(
        kinds.begin(),
        kinds.end(),
        std::uint64_t{0},
        [](std::uint64_t sum, const KindFigures& kind) { return sum + kind.ended; }
    );
}

std::uint64_t Figures::failed() const {
    return std::accumulate(
        kinds.begin(),
        kinds.end(),
        std::uint64_t{0},
        [](std::uint64_t sum, const KindFigures& kind) { return sum + kind.failed; }
    );
}

void Ticket::end() const {
    ledger->end(*this);
}

void Ticket::fail(std::string_view why) const {
    ledger->fail(*this, why);
}

Ticket Ledger::begin(Kind kind, TimePoint intended) {
    ++in_flight_;
    return {this, kind, intended};
}

void Ledger::end(const Ticket& ticket) {
    const Duration latency = SteadyClock::now() - ticket.intended;
    const std::size_t kind = index_of(ticket.kind);
    for (Book* book : {&interval_, &whole_}) {
        ++book->ended[kind];
        book->latencies[kind].add(latency);
    }
    over();
}

void Ledger::fail(const Ticket& ticket, std::string_view why) {
    const std::string text = std::string{name_of(ticket.kind)} + ": " + std::string{why};
    for (Book* book : {&interval_, &whole_}) {
        ++book->failed[index_of(ticket.kind)];
        auto& first = book->first_failure;
        if (first.front() == '\0')
            std::copy_n(text.begin(), std::min(text.size(), first.size() - 1), first.begin());
    }
    over();
}

void Ledger::over() {
    --in_flight_;
    if (on_end_) on_end_();
}

Figures Ledger::take() {
    const Figures figures = figures_of(interval_);
    interval_ = Book{};
    return figures;
}

void Ledger::forget() {
    interval_ = Book{};
    whole_ = Book{};
}

Figures Ledger::figures_of(const Book& book) const {
    Figures figures;
    bench::Histogram quick;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        KindFigures& one = figures.kinds[kind];
        one.ended = book.ended[kind];
        one.failed = book.failed[kind];
        write_latencies(one, book.latencies[kind]);
        if (kind >= kQuickKinds) continue;
        quick.add(book.latencies[kind]);
        figures.quick.ended += one.ended;
        figures.quick.failed += one.failed;
    }
    write_latencies(figures.quick, quick);
    figures.in_flight = in_flight_;
    figures.first_failure = book.first_failure;
    return figures;
}

}  // namespace rollcall::soak
