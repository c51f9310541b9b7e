#include <rollcall/base/edit_distance.h>

#include <algorithm>
#include <array>

namespace rollcall {
namespace {

constexpr std::size_t kMaxCandidates = 256;
constexpr std::size_t kMaxEdits = 2;

}  // namespace

// More than `most` edits are one more, so only cells that near to the diagonal matter.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    using Row = std::array<std::size_t, kComparedBytesMax + 1>;
    a = a.substr(0, kComparedBytesMax);
    b = b.substr(0, kComparedBytesMax);
    most = std::min(most, kComparedBytesMax);
    const std::size_t too_far = most + 1;
    Row before_last;
    Row last;
    Row row;
    before_last.fill(too_far);
    last.fill(too_far);
    for (std::size_t j = 0; j <= std::min(b.size(), most); ++j)
        last[j] = j;
    std::size_t last_least = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row.fill(too_far);
        if (i <= most) row[0] = i;
        std::size_t least = row[0];
        for (std::size_t j = i > most ? i - most : 1; j <= std::min(b.size(), i + most); ++j) {
            const std::size_t substituted = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, substituted, too_far});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
            least = std::min(least, row[j]);
        }
        // A swap comes from the row before the last one.
        if (least == too_far && last_least == too_far) return too_far;
        last_least = least;
        before_last = last;
        last = row;
    }
    return last[b.size()];
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    if (name.empty() || name.size() > kComparedBytesMax) return {};
    std::string_view best;
    std::size_t best_distance = std::min(kMaxEdits, std::max<std::size_t>(1, name.size() / 3)) + 1;
    for (const std::string_view candidate :
         candidates.first(std::min(candidates.size(), kMaxCandidates))) {
        const std::size_t gap = candidate.size() > name.size() ? candidate.size() - name.size()
                                                               : name.size() - candidate.size();
        if (candidate.size() > kComparedBytesMax || gap >= best_distance) continue;
        const std::size_t found = edit_distance(name, candidate, kMaxEdits);
        if (found < best_distance) {
            best_distance = found;
            best = candidate;
        }
    }
    return best;
}

}  // namespace rollcall
