#pragma once
// Sources without a registry: a list given by hand, a file, the addresses of a name.

#include <rollcall/http/stream.h>
#include <rollcall/registry/source.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::registry {

// The same instances for every service, for ever.
class ListSource final : public Source {
public:
    explicit ListSource(const std::vector<Endpoint>& endpoints);

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

private:
    std::vector<Instance> instances_;
};

inline constexpr std::size_t kListFileBytesMax = 16 * 1024 * 1024;

// What tells one content of a file from another.
struct FileVersion {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    std::array<std::int64_t, 4> times =
        {};  // of the content and of the entry: seconds, nanoseconds

    friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

// What a file says, whenever it is asked for; read anew if it has changed. The file holds a line
// per instance, as host:port, scheme@host:port or a JSON object, with empty lines and # comments
// between them; or the JSON text that a registry answers GET /v1/services/NAME with. Lines without
// a service are listed for each; an instance without an id has "address:port". A file that is
// missing, larger than kListFileBytesMax or not valid is an error with the path and the line.
//
// wait() hears of writes, of files put in the place of others and of files that appear, and looks
// for itself twice a second, for file systems that tell nothing. A file that is not valid is given
// half a second to become so.
class FileSource final : public Source {
public:
    explicit FileSource(std::string path);

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

    [[nodiscard]] std::size_t waits_for() const noexcept override { return 256; }

    [[nodiscard]] Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>& known,
        Duration wait,
        Deadline deadline,
        std::stop_token stop = {}
    ) override;

private:
    // Reads it if it is another one than was read last.
    [[nodiscard]] Result<void> look();

    std::string path_;
    std::vector<Instance> instances_;
    std::optional<FileVersion> version_;  // of `instances_`; none if that may have changed unseen
};

// All addresses of a host name, IPv4 and IPv6, with one port, sorted, so that the order of the
// resolver's answers does not matter. A name without an address is an error, never an empty list.
class DnsSource final : public Source {
public:
    DnsSource(Endpoint name, http::Lookup lookup = {});

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

private:
    Endpoint name_;
    http::Names names_;
};

}  // namespace rollcall::registry
